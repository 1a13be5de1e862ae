//! Inside the span, outside of everything that can refuse: what is refused counts too.
//!
//! No label names a tenant or anything a caller can make up: unknown paths share one label.

use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response};
use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, global};
use tonic::body::Body;
use tonic::{Code, Status};

use super::exempt::{is_exempt, split};
use super::step::{Next, Step, StepLayer};
use crate::Api;
use crate::rules::Rules;

/// See the module.
pub struct Metrics {
    rules: Arc<Rules>,
    duration: Histogram<f64>,
}

/// Records `rpc.server.duration`, in seconds, by service, method and status code.
/// Made after the global meter provider was set, or nothing is recorded.
pub fn metrics(api: &Api) -> StepLayer<Metrics> {
    let duration = global::meter("bursar-api")
        .f64_histogram("rpc.server.duration")
        .with_unit("s")
        .with_description("Time from taking a call up to the head of its answer")
        .with_boundaries(vec![
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
            30.0,
        ])
        .build();
    StepLayer::new(Metrics { rules: api.kernel.rules.clone(), duration })
}

impl Step for Metrics {
    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let mut record = Record {
            start: Instant::now(),
            labels: labels(&self.rules, request.uri().path()),
            // What is recorded when the future is dropped: the caller went away.
            code: Code::Cancelled,
            duration: &self.duration,
        };
        let response = next.run(request).await;
        // A unary answer without a status in its head has OK in its trailers.
        record.code =
            Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
        response
    }
}

fn labels(rules: &Rules, path: &str) -> [KeyValue; 2] {
    let (service, method) = if is_exempt(path) {
        // What follows the prefix is whatever the caller wrote.
        (if path.starts_with("/grpc.health.") { "grpc.health" } else { "grpc.reflection" }, "any")
    } else {
        split(path).filter(|_| rules.get(path).is_some()).unwrap_or(("unknown", "unknown"))
    };
    [
        KeyValue::new("rpc.service", service.to_owned()),
        KeyValue::new("rpc.method", method.to_owned()),
    ]
}

struct Record<'a> {
    start: Instant,
    labels: [KeyValue; 2],
    code: Code,
    duration: &'a Histogram<f64>,
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let [service, method] = self.labels.clone();
        let code = KeyValue::new("rpc.grpc.status_code", i64::from(self.code as i32));
        self.duration.record(self.start.elapsed().as_secs_f64(), &[service, method, code]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_cannot_make_labels() {
        let rules = Rules::load().unwrap();
        let of = |path| labels(&rules, path).map(|label| label.value.to_string());
        assert_eq!(
            of("/bursar.admin.v1.ServerService/WhoAmI"),
            ["bursar.admin.v1.ServerService", "WhoAmI"]
        );
        assert_eq!(of("/bursar.admin.v1.ServerService/x"), ["unknown", "unknown"]);
        assert_eq!(of("/grpc.health.v1.Health/whatever/else"), ["grpc.health", "any"]);
        assert_eq!(of("/grpc.reflection.made.up/x"), ["grpc.reflection", "any"]);
        assert_eq!(of("nonsense"), ["unknown", "unknown"]);
    }
}
