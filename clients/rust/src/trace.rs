//! The caller's trace, in the metadata of its calls, as the W3C's Trace Context has it.

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

/// Adds the current context's span, when there is one and the caller gave none.
pub(crate) fn inject(headers: &mut HeaderMap) {
    let context = Context::current();
    let span = context.span().span_context().clone();
    if !span.is_valid() || headers.contains_key("traceparent") {
        return;
    }
    let flags = span.trace_flags().to_u8();
    let parent = format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id());
    if let Ok(parent) = HeaderValue::try_from(parent) {
        headers.insert("traceparent", parent);
    }
    let state = span.trace_state().header();
    if let Ok(state) = HeaderValue::try_from(state.as_str())
        && !state.is_empty()
    {
        headers.insert("tracestate", state);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    #[test]
    fn the_current_span_goes_along() {
        let mut headers = HeaderMap::new();
        inject(&mut headers);
        assert!(headers.is_empty(), "no span, no header");
        let (trace, span) = (TraceId::from(7_u128), SpanId::from(9_u64));
        let span = SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::default());
        let _guard = Context::new().with_remote_span_context(span).attach();
        inject(&mut headers);
        let wanted = "00-00000000000000000000000000000007-0000000000000009-01";
        assert_eq!(headers["traceparent"], wanted);
    }
}
