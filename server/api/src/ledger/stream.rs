//! `StreamTransfers`: one task reads ahead, within bounds, while another posts what has gathered and sends the results.
//!
//! One submit at a time, so that results and postings keep the order of the transfers. Both tasks end with the stream:
//! what is under way when the caller goes away is given up like any other call's.

use std::sync::Arc;
use std::time::Instant;

use bursar_domain::limits::{KEY_CACHE, MAX_BATCH_TRANSFERS, MAX_DEADLINE, MAX_MESSAGE_BYTES};
use bursar_domain::op::OpCtx;
use bursar_domain::{Error, Result};
use bursar_proto::ledger::v1 as pb;
use bursar_store::Submit;
use prost::Message as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::{Response, Status, Streaming};
use tracing::{Instrument as _, Span};

use super::convert_stream::{Gathered, Item, items};
use crate::kernel::Kernel;
use crate::layers::{Farewell, explain, still_may};
use crate::status::status;
use crate::streams::{self, Bounds, leaving, passed, said};

/// How far reading runs ahead of posting, as bytes of messages.
const AHEAD_BYTES: usize = MAX_MESSAGE_BYTES;
/// A small transfer counts as so many, so that it is never more than one submit ahead either.
const LEAST_BYTES: usize = AHEAD_BYTES / MAX_BATCH_TRANSFERS;

type Request = pb::StreamTransfersRequest;
type Reply = Result<pb::StreamTransfersResponse, Status>;
/// The replies of a stream.
pub(super) type Replies = streams::Replies<pb::StreamTransfersResponse>;

/// A message that was read, with its share of the room for what is read ahead; or the end of the stream, and why.
type Read = Result<(Vec<Item>, OwnedSemaphorePermit), Status>;

/// Begins to answer a stream.
pub(super) fn open(
    kernel: Arc<Kernel>,
    op: OpCtx,
    bounds: Bounds,
    incoming: Streaming<Request>,
) -> Response<Replies> {
    streams::open(kernel.clone(), &op.clone(), |out| async move {
        Engine::start(kernel, op, bounds, incoming, out).run().await
    })
}

/// Reads messages until the caller ends the stream or the connection is to end.
async fn read(
    mut incoming: Streaming<Request>,
    queue: mpsc::Sender<Read>,
    mut farewell: Option<Farewell>,
    (kernel, op): (Arc<Kernel>, OpCtx),
) {
    let room = Arc::new(Semaphore::new(AHEAD_BYTES));
    let end = loop {
        let message = tokio::select! {
            biased;
            () = said(&mut farewell) => {
                                break status(&leaving(&kernel), op.trace_id);
            }
            message = incoming.message() => message,
        };
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) => return,
            Err(found) => break explain(&found, &op),
        };
        let items = match items(&message) {
            Ok(items) => items,
            Err(error) => break status(&error, op.trace_id),
        };
        let bytes = message.encoded_len().max(items.len() * LEAST_BYTES).min(AHEAD_BYTES);
        drop(message);
        // Neither fails: the bytes fit, and nobody closes it.
        let share = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Ok(share) = room.clone().acquire_many_owned(share).await else { return };
        if queue.send(Ok((items, share))).await.is_err() {
            return;
        }
    };
    // Behind all that was read. Nobody waits for it when the stream has ended.
    let _ = queue.send(Err(end)).await;
}

/// Posts what was read.
struct Engine {
    kernel: Arc<Kernel>,
    op: OpCtx,
    until: Option<Instant>,
    queue: mpsc::Receiver<Read>,
    /// Was taken from the queue and did not fit.
    kept: Option<Read>,
    out: mpsc::Sender<Reply>,
    acknowledged: usize,
    /// Ends with the engine.
    reader: JoinSet<()>,
}

impl Engine {
    fn start(
        kernel: Arc<Kernel>,
        op: OpCtx,
        bounds: Bounds,
        incoming: Streaming<Request>,
        out: mpsc::Sender<Reply>,
    ) -> Self {
        let (read_ahead, queue) = mpsc::channel(MAX_BATCH_TRANSFERS);
        let mut reader = JoinSet::new();
        let Bounds { until, farewell } = bounds;
        let reading = read(incoming, read_ahead, farewell, (kernel.clone(), op.clone()));
        reader.spawn(reading.instrument(Span::current()));
        Self { kernel, op, until, queue, kept: None, out, acknowledged: 0, reader }
    }

    async fn run(mut self) -> Result<(), Status> {
        while let Some(gathered) = self.gather().await? {
            let reply = self.post(gathered).await.map_err(|error| self.status(&error))?;
            // A key that is revoked while the caller reads nothing is met before the next submit.
            tokio::select! {
                sent = self.out.send(Ok(reply)) => if sent.is_err() { return Ok(()) },
                () = passed(self.until) => {
                    return Err(self.status(&Error::DeadlineExceeded { definite: false }));
                }
            }
        }
        match self.reader.join_next().await {
            Some(Err(error)) => {
                Err(self.status(&Error::Internal(format!("reading a stream: {error}"))))
            }
            _ => Ok(()),
        }
    }

    /// What has been read by now, at least one message and at most one submit; `None` at the end of the stream.
    async fn gather(&mut self) -> Result<Option<Gathered>, Status> {
        let Some((items, share)) = self.next().await? else { return Ok(None) };
        let mut gathered = Gathered::default();
        gathered.add(items);
        // Held until all is gathered: what is read meanwhile belongs to the next submit.
        let mut shares = vec![share];
        while let Ok(read) = self.queue.try_recv() {
            match read {
                Ok((items, share)) if gathered.takes(&items) => {
                    gathered.add(items);
                    shares.push(share);
                }
                other => {
                    self.kept = Some(other);
                    break;
                }
            }
        }
        Ok(Some(gathered))
    }

    /// The next message. While there is none the key is asked for, so that a revoked one ends the stream.
    async fn next(&mut self) -> Result<Option<(Vec<Item>, OwnedSemaphorePermit)>, Status> {
        if let Some(kept) = self.kept.take() {
            return kept.map(Some);
        }
        loop {
            tokio::select! {
                biased;
                read = self.queue.recv() => return read.transpose(),
                () = passed(self.until) => {
                    return Err(self.status(&Error::DeadlineExceeded { definite: true }));
                }
                () = sleep(KEY_CACHE) => match still_may(&self.kernel, &self.op).await {
                    // A stream that waits needs no database.
                    Ok(()) | Err(Error::Unavailable { .. }) => {}
                    Err(error) => return Err(self.status(&error)),
                },
            }
        }
    }

    /// Posts in one transaction, if the key still may.
    async fn post(&mut self, mut gathered: Gathered) -> Result<pb::StreamTransfersResponse> {
        still_may(&self.kernel, &self.op).await?;
        let deadline = Instant::now() + self.kernel.config.default_deadline.min(MAX_DEADLINE);
        let deadline = self.until.map_or(deadline, |until| until.min(deadline));
        let op = OpCtx { deadline, ..self.op.clone() };
        let how = Submit { all_or_nothing: false, validate_only: false };
        let commands = std::mem::take(&mut gathered.commands);
        let outcomes = if commands.is_empty() {
            Vec::new()
        } else {
            self.kernel.store.transfer_submit_batch(&op, commands, how).await?
        };
        self.acknowledged += gathered.len();
        let acknowledged = i64::try_from(self.acknowledged).unwrap_or(i64::MAX);
        Ok(pb::StreamTransfersResponse { results: gathered.results(outcomes), acknowledged })
    }

    fn status(&self, error: &Error) -> Status {
        status(error, self.op.trace_id)
    }
}
