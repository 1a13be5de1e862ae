//! Outermost: every answer, whoever makes it, must carry the trace id and be inside the span.
//!
//! Two spans: one for the log, of every call, and one that is exported, of the calls that are traced. What is within
//! them makes spans only when it stands within the second.

use std::sync::Arc;

use bursar_store::spans::TARGET;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use opentelemetry::Context;
use opentelemetry::global::get_text_map_propagator;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

use super::metrics::{code_name, is_fault, method_label};
use super::step::{Next, Step, StepLayer};
use crate::Api;
use crate::rules::Rules;

/// Header of every answer that names the call in the server's log, and its trace.
pub const TRACE_HEADER: HeaderName = HeaderName::from_static("bursar-trace-id");
const TRACE_PARENT: &str = "traceparent";

/// The id of a call, in the request's extensions: the sixteen bytes of its trace's id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceId(pub(crate) Uuid);

impl TraceId {
    /// The id that the trace layer gave; nil without that layer.
    pub(super) fn of(request: &Request<Body>) -> Self {
        request.extensions().get().copied().unwrap_or(Self(Uuid::nil()))
    }
}

/// The spans of a call, in the request's extensions.
#[derive(Clone)]
pub(super) struct CallSpan {
    log: Span,
    exported: Span,
}

impl CallSpan {
    /// Notes whose call it is.
    pub(super) fn tenant(&self, tenant: &dyn std::fmt::Display) {
        self.log.record("tenant", display(tenant));
        self.exported.record("bursar.tenant", display(tenant));
    }
}

/// See the module.
pub struct Trace {
    rules: Arc<Rules>,
    sampling: f64,
}

/// Gives each call an id and its spans.
pub fn trace(api: &Api) -> StepLayer<Trace> {
    let sampling = api.kernel.config.trace_sampling;
    StepLayer::new(Trace { rules: api.kernel.rules.clone(), sampling })
}

impl Step for Trace {
    async fn run<S: Next>(&self, mut request: Request<Body>, next: S) -> Response<Body> {
        let caller = caller(request.headers());
        let method = method_label(&self.rules, request.uri().path());
        let traced = self.is_traced(caller.as_ref());
        // The exporter names a new trace, and its span stands within the log's.
        let id = (!traced).then(|| id(None, caller.as_ref()));
        let log = tracing::error_span!(
            target: "bursar::call", "call",
            method, trace_id = id.map(display), tenant = Empty, request_id = Empty,
        );
        let exported = if traced { export(&log, method, caller.clone()) } else { Span::none() };
        let id = id.unwrap_or_else(|| {
            let id = self::id(Some(&exported), caller.as_ref());
            log.record("trace_id", display(id));
            id
        });
        request.extensions_mut().insert(TraceId(id));
        request.extensions_mut().insert(CallSpan { log: log.clone(), exported: exported.clone() });
        let end = End { exported, code: Code::Cancelled };
        let mut response = end.around(next.run(request)).instrument(log).await;
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(TRACE_HEADER, value);
        }
        response
    }
}

impl Trace {
    /// The caller's decision when it has a trace, else a share of the calls.
    fn is_traced(&self, caller: Option<&SpanContext>) -> bool {
        if self.sampling <= 0.0 {
            return false;
        }
        let drawn = || {
            f64::from(getrandom::u32().unwrap_or(u32::MAX)) < self.sampling * f64::from(u32::MAX)
        };
        caller.map_or_else(drawn, SpanContext::is_sampled)
    }
}

/// The span that the caller made its call in.
fn caller(headers: &HeaderMap) -> Option<SpanContext> {
    if !headers.contains_key(TRACE_PARENT) {
        return None;
    }
    let context = get_text_map_propagator(|propagator| propagator.extract(&Carrier(headers)));
    Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
}

/// The span of the call that is exported, a child of the caller's.
fn export(log: &Span, method: &str, caller: Option<SpanContext>) -> Span {
    let span = tracing::debug_span!(
        target: TARGET, parent: log, "server",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        error.type = Empty,
        bursar.tenant = Empty,
    );
    if let Some(caller) = caller {
        // It fails only when nothing exports.
        let _ = span.set_parent(Context::new().with_remote_span_context(caller));
    }
    span
}

/// The id of the trace: the exporter's, the caller's, or a new one.
fn id(exported: Option<&Span>, caller: Option<&SpanContext>) -> Uuid {
    let exported = exported.map(|span| span.context().span().span_context().clone());
    let known = exported.as_ref().filter(|context| context.is_valid()).or(caller);
    known.map_or_else(Uuid::now_v7, |context| Uuid::from_bytes(context.trace_id().to_bytes()))
}

/// Tells the exported span how the call ended; a call whose future is dropped went away.
struct End {
    exported: Span,
    code: Code,
}

impl End {
    async fn around(mut self, call: impl Future<Output = Response<Body>>) -> Response<Body> {
        let response = call.instrument(self.exported.clone()).await;
        self.code =
            Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
        response
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if self.exported.is_none() {
            return;
        }
        let name = code_name(self.code);
        self.exported.record("rpc.response.status_code", name);
        if is_fault(self.code) {
            self.exported.record("error.type", name).record("otel.status_code", "ERROR");
        }
    }
}

struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{call, through};
    use super::*;

    fn layer(sampling: f64) -> Trace {
        Trace { rules: Arc::new(Rules::load().unwrap()), sampling }
    }

    #[tokio::test]
    async fn the_answer_names_the_id_that_the_call_carried() {
        let layer = StepLayer::new(layer(1.0));
        let response = through(&layer, call("/a.B/C"), async |request| {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(TraceId::of(&request));
            response
        })
        .await;
        let id = response.extensions().get::<TraceId>().unwrap().0.to_string();
        assert_eq!(response.headers()[TRACE_HEADER], id);
    }

    #[test]
    fn the_caller_decides_and_else_the_share() {
        use opentelemetry::trace::{SpanId, TraceFlags, TraceState};
        let of = |flags| {
            let (trace, span) = (7_u128.to_be_bytes(), 9_u64.to_be_bytes());
            let state = TraceState::default();
            let trace = opentelemetry::TraceId::from_bytes(trace);
            SpanContext::new(trace, SpanId::from_bytes(span), flags, true, state)
        };
        assert!(layer(0.001).is_traced(Some(&of(TraceFlags::SAMPLED))));
        assert!(!layer(1.0).is_traced(Some(&of(TraceFlags::default()))));
        assert!(!layer(0.0).is_traced(Some(&of(TraceFlags::SAMPLED))));
        assert!(layer(1.0).is_traced(None));
        let drawn = (0..10_000).filter(|_| layer_share().is_traced(None)).count();
        assert!((500..2_000).contains(&drawn), "{drawn} of 10000 at a tenth");
        assert_eq!(id(None, Some(&of(TraceFlags::default()))), Uuid::from_u128(7));
    }

    fn layer_share() -> &'static Trace {
        static LAYER: std::sync::LazyLock<Trace> = std::sync::LazyLock::new(|| layer(0.1));
        &LAYER
    }
}
