//! A stream of transfers: messages are sent ahead of their replies, a few at a time.

use std::collections::VecDeque;
use std::time::Instant;

use bursar_proto::ledger::v1::StreamTransfersRequest;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::call::{Worker, new_transfer};
use super::record::Book;

/// Messages that are sent ahead of their replies.
const AHEAD: usize = 4;

impl Worker {
    /// One stream, until the measured time is over: messages of so many transfers, each with a latency of its own.
    pub(super) async fn stream(&mut self, size: u32, book: &Book) -> Result<(), Status> {
        let (messages, requests) = mpsc::channel(AHEAD);
        let mut sent = VecDeque::with_capacity(AHEAD);
        let mut made = 0;
        // The first go before the call, which may have no answer until it has a request.
        while sent.len() < AHEAD {
            made += i64::from(size);
            sent.push_back((Instant::now(), made));
            let _ = messages.send(self.message(size)).await;
        }
        let replies = self.tenants[0].transfers.stream_transfers(ReceiverStream::new(requests));
        let mut replies = replies.await?.into_inner();
        let mut messages = Some(messages);
        while let Some(reply) = replies.message().await? {
            if let Some(error) = reply.results.iter().find_map(|result| result.error.as_ref()) {
                return Err(Status::unknown(format!("a transfer of a stream: {}", error.message)));
            }
            while sent.front().is_some_and(|(_, upto)| *upto <= reply.acknowledged) {
                if let Some((since, _)) = sent.pop_front() {
                    book.note(since, size, Ok(()));
                }
            }
            if Instant::now() >= book.to() {
                // The server answers what it has and ends the stream.
                messages = None;
            }
            while let Some(open) = messages.as_ref().filter(|_| sent.len() < AHEAD) {
                made += i64::from(size);
                sent.push_back((Instant::now(), made));
                if open.send(self.message(size)).await.is_err() {
                    break;
                }
            }
        }
        match sent.len() {
            0 => Ok(()),
            left => Err(Status::unknown(format!("a stream ended with {left} messages unanswered"))),
        }
    }

    fn message(&mut self, size: u32) -> StreamTransfersRequest {
        let transfer = |_| new_transfer(&self.texts.pick(&mut self.random));
        StreamTransfersRequest { transfers: (0..size).map(transfer).collect() }
    }
}
