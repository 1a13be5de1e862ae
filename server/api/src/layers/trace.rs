//! Outermost: every answer, whoever makes it, must carry the trace id and be inside the span.

use http::{HeaderName, HeaderValue, Request, Response};
use tonic::body::Body;
use tracing::Instrument as _;
use uuid::Uuid;

use super::exempt::split;
use super::step::{Next, Step, StepLayer};
use crate::Api;

/// Header of every answer that names the call in the server's log.
pub const TRACE_HEADER: HeaderName = HeaderName::from_static("bursar-trace-id");

/// The id of a call, in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceId(pub(crate) Uuid);

impl TraceId {
    /// The id that the trace layer gave; nil without that layer.
    pub(super) fn of(request: &Request<Body>) -> Self {
        request.extensions().get().copied().unwrap_or(Self(Uuid::nil()))
    }
}

/// See the module.
pub struct Trace(());

/// Gives each call an id and a span.
pub fn trace(_api: &Api) -> StepLayer<Trace> {
    StepLayer::new(Trace(()))
}

impl Step for Trace {
    async fn run<S: Next>(&self, mut request: Request<Body>, next: S) -> Response<Body> {
        let id = Uuid::now_v7();
        request.extensions_mut().insert(TraceId(id));
        let (service, method) = split(request.uri().path()).unwrap_or(("unknown", "unknown"));
        let span = tracing::info_span!(
            "rpc", otel.kind = "server", rpc.system = "grpc", rpc.service = service, rpc.method = method, trace_id = %id,
        );
        let mut response = next.run(request).instrument(span).await;
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(TRACE_HEADER, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{call, through};
    use super::*;

    #[tokio::test]
    async fn the_answer_names_the_id_that_the_call_carried() {
        let layer = StepLayer::new(Trace(()));
        let response = through(&layer, call("/a.B/C"), async |request| {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(TraceId::of(&request));
            response
        })
        .await;
        let id = response.extensions().get::<TraceId>().unwrap().0.to_string();
        assert_eq!(response.headers()[TRACE_HEADER], id);
    }
}
