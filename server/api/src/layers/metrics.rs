//! Inside the span, outside of everything that can refuse: what is refused counts too.
//!
//! No label names a tenant or anything a caller can make up: unknown paths share one label.

use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response};
use opentelemetry::metrics::{Counter, Histogram, UpDownCounter};
use opentelemetry::{KeyValue, global};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::exempt::is_exempt;
use super::step::{Next, Step, StepLayer};
use crate::Api;
use crate::rules::Rules;
use crate::status::DOMAIN;

/// Target of the line that each call leaves in the log.
const ACCESS: &str = "bursar::access";
/// What stands for a method that is not there, as OpenTelemetry has it.
const OTHER: &str = "_OTHER";

/// See the module.
pub struct Metrics {
    rules: Arc<Rules>,
    meters: Meters,
    /// Whether refusals, whose texts hold amounts, may stand in the log.
    log_amounts: bool,
}

struct Meters {
    duration: Histogram<f64>,
    errors: Counter<u64>,
    in_flight: UpDownCounter<i64>,
}

/// Records each call by method and status code. Made after the global meter provider was set, or nothing is recorded.
pub fn metrics(api: &Api) -> StepLayer<Metrics> {
    let meter = global::meter("bursar");
    let duration = meter
        .f64_histogram("rpc.server.call.duration")
        .with_unit("s")
        .with_description("Time from taking a call up to the head of its answer")
        .with_boundaries(vec![
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
            30.0,
        ])
        .build();
    let errors = errors();
    let in_flight = meter
        .i64_up_down_counter("bursar.rpc.in_flight")
        .with_description("Calls under way")
        .build();
    StepLayer::new(Metrics {
        rules: api.kernel.rules.clone(),
        meters: Meters { duration, errors, in_flight },
        log_amounts: api.kernel.config.log_amounts,
    })
}

fn errors() -> Counter<u64> {
    global::meter("bursar")
        .u64_counter("bursar.rpc.errors")
        .with_description(
            "Calls and streams that ended with an error, by the reason in its ErrorInfo",
        )
        .build()
}

/// What is recorded of streams, whose end comes long after the head of the answer that the layer sees.
pub(crate) struct StreamMeters {
    open: UpDownCounter<i64>,
    errors: Counter<u64>,
}

impl StreamMeters {
    /// Made after the global meter provider was set, or nothing is recorded.
    pub(crate) fn new() -> Self {
        let open = global::meter("bursar")
            .i64_up_down_counter("bursar.rpc.streams")
            .with_description("Streams that are open")
            .build();
        // There before the first one, which may be long in coming.
        open.add(0, &[]);
        Self { open, errors: errors() }
    }

    /// Counts a stream as open until the guard is dropped.
    pub(crate) fn begin(&self) -> OpenStream<'_> {
        self.open.add(1, &[]);
        OpenStream(self, Instant::now())
    }
}

/// A stream that is open.
pub(crate) struct OpenStream<'a>(&'a StreamMeters, Instant);

impl OpenStream<'_> {
    /// Records what it ended with.
    pub(crate) fn end(self, status: Option<&Status>, log_amounts: bool) {
        let seconds = self.1.elapsed().as_secs_f64();
        if let Some(status) = status {
            failed(&self.0.errors, status, seconds, log_amounts);
        } else {
            tracing::debug!(target: ACCESS, code = "OK", seconds, "call");
        }
    }
}

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        self.0.open.add(-1, &[]);
    }
}

impl Step for Metrics {
    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        self.meters.in_flight.add(1, &[]);
        let mut record = Record {
            start: Instant::now(),
            method: method_label(&self.rules, request.uri().path()).to_owned(),
            // What is recorded when the future is dropped: the caller went away.
            status: Some(Status::cancelled("")),
            layer: self,
        };
        let response = next.run(request).await;
        // A unary answer without a status in its head has OK in its trailers.
        record.status =
            Status::from_header_map(response.headers()).filter(|status| status.code() != Code::Ok);
        response
    }
}

/// The method's full name, for the methods that there are. What follows the prefix of an exempt path is whatever the
/// caller wrote.
pub(super) fn method_label<'a>(rules: &Rules, path: &'a str) -> &'a str {
    if path.starts_with("/grpc.health.") && is_exempt(path) {
        "grpc.health.v1.Health"
    } else if is_exempt(path) {
        "grpc.reflection"
    } else if rules.get(path).is_some() {
        path.trim_start_matches('/')
    } else {
        OTHER
    }
}

/// Whether it is the server that failed, and not the caller.
pub(super) fn is_fault(code: Code) -> bool {
    use Code::{DataLoss, DeadlineExceeded, Internal, Unavailable, Unimplemented, Unknown};
    matches!(code, Unknown | DeadlineExceeded | Unimplemented | Internal | Unavailable | DataLoss)
}

/// The name of a code in the protocol.
pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

struct Record<'a> {
    start: Instant,
    method: String,
    /// The error it ended with.
    status: Option<Status>,
    layer: &'a Metrics,
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let took = self.start.elapsed();
        let meters = &self.layer.meters;
        meters.in_flight.add(-1, &[]);
        let code = code_name(self.status.as_ref().map_or(Code::Ok, Status::code));
        let system = KeyValue::new("rpc.system.name", "grpc");
        let method = KeyValue::new("rpc.method", self.method.clone());
        let response = KeyValue::new("rpc.response.status_code", code);
        let Some(status) = &self.status else {
            meters.duration.record(took.as_secs_f64(), &[system, method, response]);
            tracing::debug!(target: ACCESS, code, seconds = took.as_secs_f64(), "call");
            return;
        };
        let kind = KeyValue::new("error.type", code);
        meters.duration.record(took.as_secs_f64(), &[system, method, response, kind]);
        failed(&meters.errors, status, took.as_secs_f64(), self.layer.log_amounts);
    }
}

/// Counts a call that failed, and leaves its line: at info when the server failed, or when nobody knows what became of
/// the change.
fn failed(errors: &Counter<u64>, status: &Status, seconds: f64, log_amounts: bool) {
    let code = code_name(status.code());
    let (reason, definite) = reason(status);
    let response = KeyValue::new("rpc.response.status_code", code);
    errors.add(1, &[KeyValue::new("reason", reason.clone()), response]);
    let text = log_amounts.then(|| status.message());
    let failed = matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss);
    if failed || !definite {
        tracing::info!(target: ACCESS, code, reason, definite, seconds, text, "call");
    } else {
        tracing::debug!(target: ACCESS, code, reason, definite, seconds, text, "call");
    }
}

/// The reason of an error and whether it certainly changed nothing. Only of Bursar's own reasons, which are few.
fn reason(status: &Status) -> (String, bool) {
    let info = status.get_details_error_info().filter(|info| info.domain == DOMAIN);
    match info {
        Some(info) => {
            let definite = info.metadata.get("definite").is_none_or(|definite| definite == "true");
            (info.reason, definite)
        }
        None if status.code() == Code::Cancelled => ("CANCELLED".into(), true),
        None => ("NONE".into(), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_cannot_make_labels() {
        let rules = Rules::load().unwrap();
        let of = |path| method_label(&rules, path);
        let known = "bursar.admin.v1.ServerService/WhoAmI";
        assert_eq!(of("/bursar.admin.v1.ServerService/WhoAmI"), known);
        assert_eq!(of("/bursar.admin.v1.ServerService/x"), OTHER);
        assert_eq!(of("/grpc.health.v1.Health/whatever/else"), "grpc.health.v1.Health");
        assert_eq!(of("/grpc.reflection.made.up/x"), "grpc.reflection");
        assert_eq!(of("nonsense"), OTHER);
        let foreign = tonic_types::ErrorDetails::with_error_info("MINE", "elsewhere", []);
        let foreign = Status::with_error_details(Code::Internal, "x", foreign);
        assert_eq!(reason(&foreign), ("NONE".to_owned(), true));
    }
}
