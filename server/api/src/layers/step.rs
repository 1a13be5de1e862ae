//! The shape all layers share: an async function of the request and the rest of the stack.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bursar_domain::Error;
use bursar_store::child_span;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use super::trace::TraceId;
use crate::status::status;

/// What a layer does with a call.
pub trait Step: Send + Sync + 'static {
    /// Name of its span in a traced call; none for a layer that neither waits nor refuses.
    const SPAN: Option<&'static str> = None;

    /// Answers the call, by itself or through `next`.
    fn run<S: Next>(
        &self,
        request: Request<Body>,
        next: S,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// The rest of the stack.
pub trait Next: Send + 'static {
    /// Passes the call on.
    fn run(self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
}

impl<S> Next for S
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send + 'static,
    S::Future: Send,
{
    async fn run(mut self, request: Request<Body>) -> Response<Body> {
        match self.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// A layer made of one step.
pub struct StepLayer<T>(Arc<T>);

impl<T> StepLayer<T> {
    pub(super) fn new(step: T) -> Self {
        Self(Arc::new(step))
    }
}

impl<T> Clone for StepLayer<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S, T> Layer<S> for StepLayer<T> {
    type Service = StepService<S, T>;

    fn layer(&self, inner: S) -> Self::Service {
        StepService { inner: Arc::new(inner), step: self.0.clone() }
    }
}

/// The service made of one step and what is within it. To clone it is to count two references: each call clones each
/// layer's rest of the stack.
pub struct StepService<S, T> {
    inner: Arc<S>,
    step: Arc<T>,
}

impl<S, T> Clone for StepService<S, T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), step: self.step.clone() }
    }
}

impl<S, T> Service<Request<Body>> for StepService<S, T>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
    T: Step,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    /// Always: a layer that cannot take a call refuses it, and tonic's router is always ready too.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { inner, step } = self.clone();
        Box::pin(async move {
            let span =
                T::SPAN.map_or_else(Span::none, |name| child_span!("layer", otel.name = name));
            let next = S::clone(&inner);
            Ok(step.run(request, next).instrument(span).await)
        })
    }
}

/// The answer of a layer that refuses a call.
pub(super) fn refuse(error: &Error, trace_id: TraceId) -> Response<Body> {
    respond(status(error, trace_id.0))
}

/// A status as a whole answer.
pub(super) fn respond(status: Status) -> Response<Body> {
    status.into_http()
}

#[cfg(test)]
pub(super) mod tests {
    use tower::ServiceExt as _;
    use tower::util::service_fn;

    use super::*;

    /// Runs a layer around a handler.
    pub(crate) async fn through<T: Step, F>(
        layer: &StepLayer<T>,
        request: Request<Body>,
        handler: impl Fn(Request<Body>) -> F + Clone + Send + Sync + 'static,
    ) -> Response<Body>
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let service = service_fn(move |request| {
            let answer = handler(request);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        match layer.layer(service).oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// A call of `path`.
    pub(crate) fn call(path: &str) -> Request<Body> {
        Request::builder().uri(path).body(Body::empty()).unwrap()
    }

    /// The status of an answer and its `ErrorInfo`: reason and `definite`.
    pub(crate) fn outcome(response: &Response<Body>) -> (tonic::Code, String, String) {
        use tonic_types::StatusExt as _;
        let status = Status::from_header_map(response.headers()).unwrap();
        let info = status.get_details_error_info().unwrap();
        (status.code(), info.reason, info.metadata.get("definite").cloned().unwrap_or_default())
    }
}
