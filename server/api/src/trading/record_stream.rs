//! `StreamRecord`: one message at a time, in one transaction each. While one is recorded the transport holds the next
//! ones back, so a stream keeps one message and its reply in memory.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bursar_domain::limits::{KEY_CACHE, MAX_BATCH_EXECUTIONS, MAX_DEADLINE};
use bursar_domain::op::OpCtx;
use bursar_domain::trading::Reported;
use bursar_domain::{Error, Result, Unavailable};
use bursar_proto::trading::v1 as pb;
use futures::{FutureExt as _, Stream, stream};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};
use tonic::{Response, Status, Streaming};
use tracing::Instrument as _;

use super::convert_execution::new_execution;
use crate::call::payload_of;
use crate::convert::batch_len;
use crate::kernel::{Kernel, Phase};
use crate::layers::{Farewell, explain, panic_text, still_may};
use crate::status::{panic_status, rpc_status, status};

type Reply = Result<pb::StreamRecordResponse, Status>;
/// The replies of a stream.
pub(super) type Replies = Pin<Box<dyn Stream<Item = Reply> + Send>>;

/// What bounds a stream from outside.
pub(super) struct Bounds {
    /// When the caller stops waiting, if it said so.
    pub(super) until: Option<Instant>,
    /// Tells that its connection is to end.
    pub(super) farewell: Option<Farewell>,
}

/// Begins to answer a stream.
pub(super) fn open(
    kernel: Arc<Kernel>,
    op: OpCtx,
    bounds: Bounds,
    incoming: Streaming<pb::StreamRecordRequest>,
) -> Response<Replies> {
    // One that waits to be taken: a caller that reads nothing holds the work up.
    let (out, mut replies) = mpsc::channel(1);
    // For the log only: the trace of the call ends with the head of its answer, and does not grow for hours.
    let span = tracing::error_span!(
        target: "bursar::call", parent: None, "stream",
        method = op.method.name, trace_id = %op.trace_id, tenant = %op.tenant,
    );
    let recorder = Recorder { kernel, op, bounds, acknowledged: 0 };
    tokio::spawn(serve(recorder, incoming, out).instrument(span));
    Response::new(Box::pin(stream::poll_fn(move |context| replies.poll_recv(context))))
}

/// Answers the stream, and sends what it ends with.
async fn serve(
    recorder: Recorder,
    incoming: Streaming<pb::StreamRecordRequest>,
    out: mpsc::Sender<Reply>,
) {
    let kernel = recorder.kernel.clone();
    let (open, trace_id) = (kernel.streams.begin(), recorder.op.trace_id);
    let work = async {
        // Nothing of the recorder is used after a panic. Without a status the caller would take the end for a good one.
        let ended = AssertUnwindSafe(recorder.run(incoming, &out)).catch_unwind().await;
        let ended = ended.unwrap_or_else(|panic| {
            tracing::error!(%trace_id, panic = panic_text(&*panic), "a stream panicked");
            Err(panic_status(trace_id, false))
        });
        if let Err(status) = &ended {
            // Nobody is there to be told when the caller is gone.
            let _ = out.send(Err(status.clone())).await;
        }
        ended
    };
    let ended = tokio::select! {
        ended = work => ended,
        () = out.closed() => Err(Status::cancelled("")),
    };
    open.end(ended.err().as_ref(), kernel.config.log_amounts);
}

/// Records what comes.
struct Recorder {
    kernel: Arc<Kernel>,
    op: OpCtx,
    bounds: Bounds,
    acknowledged: usize,
}

impl Recorder {
    async fn run(
        mut self,
        mut incoming: Streaming<pb::StreamRecordRequest>,
        out: &mpsc::Sender<Reply>,
    ) -> Result<(), Status> {
        while let Some(message) = self.next(&mut incoming).await? {
            let reply = self.record(&message).await.map_err(|error| self.status(&error))?;
            tokio::select! {
                sent = out.send(Ok(reply)) => if sent.is_err() { return Ok(()) },
                () = passed(self.bounds.until) => {
                    return Err(self.status(&Error::DeadlineExceeded { definite: false }));
                }
            }
        }
        Ok(())
    }

    /// The next message. While there is none the key is asked for, so that a revoked one ends the stream.
    async fn next(
        &mut self,
        incoming: &mut Streaming<pb::StreamRecordRequest>,
    ) -> Result<Option<pb::StreamRecordRequest>, Status> {
        loop {
            tokio::select! {
                biased;
                () = said(&mut self.bounds.farewell) => {
                    let serving = *self.kernel.phase.borrow() == Phase::Serving;
                    let why = if serving { Unavailable::Connection } else { Unavailable::Stopping };
                    return Err(self.status(&Error::Unavailable { why, definite: true }));
                }
                message = incoming.message() => {
                    return message.map_err(|found| explain(&found, &self.op));
                }
                () = passed(self.bounds.until) => {
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

    /// Records one message in one transaction, if the key still may.
    async fn record(&mut self, m: &pb::StreamRecordRequest) -> Result<pb::StreamRecordResponse> {
        batch_len("executions", m.executions.len(), MAX_BATCH_EXECUTIONS)?;
        still_may(&self.kernel, &self.op).await?;
        let asked = payload_of(&self.kernel, &self.op, &m.encode_to_vec())?;
        let read: Vec<_> = m.executions.iter().map(new_execution).collect();
        let (mut new, mut payloads) = (Vec::new(), Vec::new());
        for (at, fill) in read.iter().enumerate() {
            if let Ok(fill) = fill {
                new.push(fill.clone());
                payloads.push(asked["executions"][at].clone());
            }
        }
        let deadline = Instant::now() + self.kernel.config.default_deadline.min(MAX_DEADLINE);
        let deadline = self.bounds.until.map_or(deadline, |until| until.min(deadline));
        let op = OpCtx { deadline, occurred_at: crate::convert::now(), ..self.op.clone() };
        let recorded = if new.is_empty() {
            Vec::new()
        } else {
            self.kernel.store.execution_record_all(&op, &new, &payloads).await?
        };
        let mut recorded = recorded.into_iter();
        let none = || Err(Error::Internal("a fill without an outcome".into()));
        let results = read.into_iter().enumerate().map(|(at, fill)| {
            let prefix = format!("executions[{at}].");
            let outcome = fill.and_then(|_| recorded.next().unwrap_or_else(none));
            result(outcome.map_err(|error| error.within(&prefix)))
        });
        let results: Vec<_> = results.collect();
        self.acknowledged += results.len();
        let acknowledged = i64::try_from(self.acknowledged).unwrap_or(i64::MAX);
        Ok(pb::StreamRecordResponse { results, acknowledged })
    }

    fn status(&self, error: &Error) -> Status {
        status(error, self.op.trace_id)
    }
}

fn result(outcome: Result<Reported>) -> pb::ExecutionResult {
    match outcome {
        Ok(Reported { execution, replayed }) => {
            pb::ExecutionResult { id: execution.id.to_string(), replayed, error: None }
        }
        Err(error) => pb::ExecutionResult { error: Some(rpc_status(&error)), ..Default::default() },
    }
}

/// Waits until the caller's deadline; for ever without one.
async fn passed(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}

/// Waits until the connection is to end.
async fn said(farewell: &mut Option<Farewell>) {
    match farewell {
        Some(farewell) => farewell.said().await,
        None => std::future::pending().await,
    }
}
