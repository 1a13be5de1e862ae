//! `StreamRecord`: one message at a time, in one transaction each. While one is recorded the transport holds the next
//! ones back, so a stream keeps one message and its reply in memory.

use std::sync::Arc;
use std::time::Instant;

use bursar_domain::limits::{KEY_CACHE, MAX_BATCH_EXECUTIONS, MAX_DEADLINE};
use bursar_domain::op::OpCtx;
use bursar_domain::trading::Reported;
use bursar_domain::{Error, Result};
use bursar_proto::trading::v1 as pb;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tonic::{Response, Status, Streaming};

use super::convert_execution::new_execution;
use crate::call::payload_of;
use crate::convert::batch_len;
use crate::kernel::Kernel;
use crate::layers::{explain, still_may};
use crate::status::{rpc_status, status};
use crate::streams::{self, Bounds, leaving, passed, said};

/// The replies of a stream.
pub(super) type Replies = streams::Replies<pb::StreamRecordResponse>;

/// Begins to answer a stream.
pub(super) fn open(
    kernel: Arc<Kernel>,
    op: OpCtx,
    bounds: Bounds,
    incoming: Streaming<pb::StreamRecordRequest>,
) -> Response<Replies> {
    streams::open(kernel.clone(), &op.clone(), |out| {
        Recorder { kernel, op, bounds, acknowledged: 0 }.run(incoming, out)
    })
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
        out: mpsc::Sender<Result<pb::StreamRecordResponse, Status>>,
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
                                        return Err(self.status(&leaving(&self.kernel)));
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
