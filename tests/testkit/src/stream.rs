//! A stream of transfers as its caller has it.

use std::time::Duration;

use bursar_proto::ledger::v1::{
    NewTransfer, StreamTransfersRequest, StreamTransfersResponse, TransferResult,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};

use crate::caller::Caller;

/// No answer takes longer, on a busy machine.
const HUNG: Duration = Duration::from_secs(40);

/// A stream that is open.
pub struct TransferStream {
    messages: Option<mpsc::Sender<StreamTransfersRequest>>,
    replies: Streaming<StreamTransfersResponse>,
    /// Results that came.
    pub acknowledged: usize,
}

impl TransferStream {
    /// Opens one without a deadline.
    pub async fn open(caller: &Caller) -> Result<Self, Status> {
        Self::open_for(caller, None).await
    }

    /// Opens one that ends by itself after that time.
    pub async fn open_for(caller: &Caller, time: Option<Duration>) -> Result<Self, Status> {
        let (messages, waiting) = mpsc::channel(1);
        let mut request = Request::new(ReceiverStream::new(waiting));
        if let Some(time) = time {
            request.set_timeout(time);
        }
        let replies = caller.transfers().stream_transfers(request).await?.into_inner();
        Ok(Self { messages: Some(messages), replies, acknowledged: 0 })
    }

    /// Sends a message; false when the stream takes no more.
    pub async fn send(&self, transfers: Vec<NewTransfer>) -> bool {
        let message = StreamTransfersRequest { transfers };
        let sent = self.messages.as_ref().expect("not ended").send(message);
        tokio::time::timeout(HUNG, sent).await.expect("the stream is read").is_ok()
    }

    /// Sends messages from a task of their own, which may have to wait for results to be read.
    pub fn sender(&self) -> mpsc::Sender<StreamTransfersRequest> {
        self.messages.clone().expect("not ended")
    }

    /// Says that no more messages come.
    pub fn end(&mut self) {
        self.messages = None;
    }

    /// The next reply; `None` at a good end. Its count must be right.
    pub async fn next(&mut self) -> Result<Option<StreamTransfersResponse>, Status> {
        let reply = self.replies.message();
        let reply = tokio::time::timeout(HUNG, reply).await.expect("an answer")?;
        if let Some(reply) = &reply {
            self.acknowledged += reply.results.len();
            assert_eq!(usize::try_from(reply.acknowledged), Ok(self.acknowledged));
            assert!(!reply.results.is_empty(), "a reply without results");
        }
        Ok(reply)
    }

    /// The next results, that many.
    pub async fn results(&mut self, count: usize) -> Vec<TransferResult> {
        let mut results = Vec::new();
        while results.len() < count {
            let reply = self.next().await.expect("no error").expect("no end");
            results.extend(reply.results);
        }
        assert_eq!(results.len(), count);
        results
    }

    /// What comes until the end, and the error it ended with.
    pub async fn rest(&mut self) -> (Vec<TransferResult>, Option<Status>) {
        let mut results = Vec::new();
        loop {
            match self.next().await {
                Ok(Some(reply)) => results.extend(reply.results),
                Ok(None) => return (results, None),
                Err(status) => return (results, Some(status)),
            }
        }
    }
}
