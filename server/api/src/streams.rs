//! What all streams of the server share: how one is begun, what bounds it from outside, and how it ends.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bursar_domain::op::OpCtx;
use bursar_domain::{Error, Unavailable};
use futures::{FutureExt as _, Stream, stream};
use tokio::sync::mpsc;
use tokio::time::sleep_until;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::kernel::{Kernel, Phase};
use crate::layers::{Farewell, GivenDeadline, panic_text};
use crate::status::panic_status;

/// The replies of a stream.
pub(crate) type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What bounds a stream from outside.
pub(crate) struct Bounds {
    /// When the caller stops waiting, if it said so.
    pub(crate) until: Option<Instant>,
    /// Tells that its connection is to end.
    pub(crate) farewell: Option<Farewell>,
}

impl Bounds {
    /// Those of a request.
    pub(crate) fn of<T>(request: &Request<T>) -> Self {
        Self {
            until: request.extensions().get::<GivenDeadline>().map(|given| given.0),
            farewell: request.extensions().get::<Farewell>().cloned(),
        }
    }
}

/// Begins to answer a stream by `work`, which sends its replies into what it is given, and its end by what it returns.
pub(crate) fn open<T, W>(
    kernel: Arc<Kernel>,
    op: &OpCtx,
    work: impl FnOnce(mpsc::Sender<Result<T, Status>>) -> W,
) -> Response<Replies<T>>
where
    T: Send + 'static,
    W: Future<Output = Result<(), Status>> + Send + 'static,
{
    // One that waits to be taken: a caller that reads nothing holds the work up.
    let (out, mut replies) = mpsc::channel(1);
    // For the log only: the trace of the call ends with the head of its answer, and does not grow for hours.
    let span = tracing::error_span!(
        target: "bursar::call", parent: None, "stream",
        method = op.method.name, trace_id = %op.trace_id, tenant = %op.tenant, request_id = Empty,
    );
    let trace_id = op.trace_id;
    let work = work(out.clone());
    tokio::spawn(serve(kernel, work, out, trace_id).instrument(span));
    Response::new(Box::pin(stream::poll_fn(move |context| replies.poll_recv(context))))
}

/// Waits for the work, and sends what it ends with.
async fn serve<T>(
    kernel: Arc<Kernel>,
    work: impl Future<Output = Result<(), Status>>,
    out: mpsc::Sender<Result<T, Status>>,
    trace_id: uuid::Uuid,
) {
    let (open, log_amounts) = (kernel.streams.begin(), kernel.config.log_amounts);
    let work = async {
        // Nothing of the work is used after a panic. Without a status the caller would take the end for a good one.
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        let ended = ended.unwrap_or_else(|panic| {
            tracing::error!(%trace_id, panic = panic_text(&*panic), "a stream panicked");
            Err(panic_status(trace_id, false))
        });
        if let Err(status) = &ended
            && out.send(Err(status.clone())).await.is_err()
        {
            return Err(Status::cancelled(""));
        }
        ended
    };
    let ended = tokio::select! {
        ended = work => ended,
        () = out.closed() => Err(Status::cancelled("")),
    };
    open.end(ended.err().as_ref(), log_amounts);
}

/// Why a stream ends whose connection is to end.
pub(crate) fn leaving(kernel: &Kernel) -> Error {
    let serving = *kernel.phase.borrow() == Phase::Serving;
    let why = if serving { Unavailable::Connection } else { Unavailable::Stopping };
    Error::Unavailable { why, definite: true }
}

/// Waits until the caller's deadline; for ever without one.
pub(crate) async fn passed(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}

/// Waits until the connection is to end.
pub(crate) async fn said(farewell: &mut Option<Farewell>) {
    match farewell {
        Some(farewell) => farewell.said().await,
        None => std::future::pending().await,
    }
}
