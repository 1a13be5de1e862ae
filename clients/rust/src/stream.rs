//! StreamTransfers that goes on by itself after a cut.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bursar_proto::ledger::v1::transfer_service_client::TransferServiceClient;
use bursar_proto::ledger::v1::{
    NewTransfer, StreamTransfersRequest, StreamTransfersResponse, TransferResult,
};
use futures::{FutureExt as _, Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::error::Error;
use crate::ids::new_id;
use crate::layer::Connection;
use crate::retry;

/// Most transfers of one message.
const MESSAGE: usize = 500;
/// Messages that wait for the connection.
const OUTBOX: usize = 4;
/// Results that wait for the caller, beyond which no more are read.
const RESULTS: usize = 1_000;
/// Failures in a row, without any result between them, that end it.
const FAILURES: u32 = 12;

/// The results of a stream of transfers, in the order of the transfers; an error ends it.
///
/// Transfers are sent while results come, gathered into messages without waiting for more. Ids that are missing are made
/// before the first sending. When the connection ends, it is made again, and all that has no result is sent again with
/// the same ids, so that each transfer is posted once: what had been posted comes back `replayed`. Who takes no results is
/// not read from either. Dropped, it stops; transfers without a result may have been posted.
#[derive(Debug)]
pub struct TransferStream {
    results: mpsc::Receiver<Result<TransferResult, Error>>,
}

impl TransferStream {
    pub(crate) fn start<S>(
        client: TransferServiceClient<Connection>,
        source: S,
        unanswered: usize,
    ) -> Self
    where
        S: Stream<Item = NewTransfer> + Send + 'static,
    {
        let (sender, results) = mpsc::channel(RESULTS);
        let run = Run {
            client,
            source: Box::pin(source),
            drained: false,
            pending: VecDeque::new(),
            unanswered,
            results: sender,
        };
        tokio::spawn(run.all());
        Self { results }
    }

    /// The next result; `None` after the last one.
    ///
    /// # Errors
    ///
    /// What ended the stream, after the results of what was done before.
    pub async fn next(&mut self) -> Result<Option<TransferResult>, Error> {
        self.results.recv().await.transpose()
    }
}

impl Stream for TransferStream {
    type Item = Result<TransferResult, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.results.poll_recv(context)
    }
}

struct Run {
    client: TransferServiceClient<Connection>,
    source: Pin<Box<dyn Stream<Item = NewTransfer> + Send>>,
    /// Whether the source has ended.
    drained: bool,
    /// What was taken from the source and has no result, in order.
    pending: VecDeque<NewTransfer>,
    unanswered: usize,
    results: mpsc::Sender<Result<TransferResult, Error>>,
}

/// How one connection ended.
enum End {
    /// All is answered.
    Done,
    /// Nobody takes results any more.
    Left,
    /// With this, after some results or none.
    Cut { status: Status, progress: bool },
}

/// What happened next on a connection.
enum Event {
    Reply(Result<Option<StreamTransfersResponse>, Status>),
    Room(Option<mpsc::OwnedPermit<StreamTransfersRequest>>),
    New(Option<Box<NewTransfer>>),
    Left,
}

impl Run {
    async fn all(mut self) {
        let mut failures = 0;
        loop {
            let (status, progress) = match self.connect().await {
                End::Done | End::Left => return,
                End::Cut { status, progress } => (status, progress),
            };
            failures = if progress { 1 } else { failures + 1 };
            let wait = retry::wait(&status, failures);
            let Some(wait) = wait.filter(|_| failures < FAILURES) else {
                let first = self.pending.front().map_or("", |transfer| &transfer.id);
                let error = Error::from(status).with_request_id(first);
                // Nobody may be left to be told.
                let _ = self.results.send(Err(error)).await;
                return;
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.results.closed() => return,
            }
        }
    }

    /// One connection, on which all that is pending is sent again.
    async fn connect(&mut self) -> End {
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let call = self.client.stream_transfers(ReceiverStream::new(messages));
        let mut replies = match call.await {
            Ok(response) => response.into_inner(),
            Err(status) => return End::Cut { status, progress: false },
        };
        let (mut outbox, mut sent, mut progress) = (Some(outbox), 0, false);
        loop {
            if self.drained && sent == self.pending.len() {
                // The end of what is sent; the answers still come.
                outbox = None;
            }
            match self.event(&mut replies, outbox.as_ref(), sent).await {
                Event::Reply(Ok(Some(reply))) => {
                    for result in reply.results {
                        progress = true;
                        sent = sent.saturating_sub(1);
                        self.pending.pop_front();
                        if self.results.send(Ok(result)).await.is_err() {
                            return End::Left;
                        }
                    }
                }
                Event::Reply(Ok(None)) if self.drained && self.pending.is_empty() => {
                    return End::Done;
                }
                Event::Reply(Ok(None)) => {
                    let status = Status::unavailable("the server ended the stream");
                    return End::Cut { status, progress };
                }
                Event::Reply(Err(status)) => return End::Cut { status: cut(status), progress },
                Event::Room(Some(permit)) => {
                    let transfers: Vec<_> =
                        self.pending.iter().skip(sent).take(MESSAGE).cloned().collect();
                    sent += transfers.len();
                    permit.send(StreamTransfersRequest { transfers });
                }
                // The connection takes no more: its replies say why.
                Event::Room(None) => outbox = None,
                Event::New(new) => self.take(new.map(|new| *new)),
                Event::Left => return End::Left,
            }
        }
    }

    async fn event(
        &mut self,
        replies: &mut Streaming<StreamTransfersResponse>,
        outbox: Option<&mpsc::Sender<StreamTransfersRequest>>,
        sent: usize,
    ) -> Event {
        let to_send = outbox.filter(|_| sent < self.pending.len());
        let to_read = outbox.is_some() && !self.drained && self.pending.len() < self.unanswered;
        let room = async {
            match to_send {
                Some(outbox) => outbox.clone().reserve_owned().await.ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            reply = replies.message() => Event::Reply(reply),
            permit = room => Event::Room(permit),
            new = self.source.next(), if to_read => Event::New(new.map(Box::new)),
            () = self.results.closed() => Event::Left,
        }
    }

    /// Takes a transfer, and those that are there already, up to a message.
    fn take(&mut self, new: Option<NewTransfer>) {
        let mut new = Some(new);
        let room = self.unanswered.saturating_sub(self.pending.len()).min(MESSAGE);
        for _ in 0..room.max(1) {
            match new.take().or_else(|| self.source.next().now_or_never()) {
                Some(Some(mut transfer)) => {
                    if transfer.id.is_empty() {
                        transfer.id = new_id();
                    }
                    self.pending.push_back(transfer);
                }
                Some(None) => {
                    self.drained = true;
                    return;
                }
                None => return,
            }
        }
    }
}

/// A connection that ended is a server that cannot be reached, whatever HTTP/2 calls it.
fn cut(status: Status) -> Status {
    use std::error::Error as _;
    if status.source().is_some() && !crate::error::is_of_server(&status) {
        return Status::unavailable(format!("the connection ended: {}", status.message()));
    }
    match status.code() {
        Code::Unknown if status.details().is_empty() => Status::unavailable(status.message()),
        _ => status,
    }
}
