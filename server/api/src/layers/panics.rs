//! Outside of everything that may panic, inside of what records the answer: a panic is an INTERNAL answer and a log
//! line, not a dropped connection with the calls of others on it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use http::{Request, Response};
use tonic::body::Body;

use super::step::{Next, Step, StepLayer, respond};
use super::trace::TraceId;
use crate::Api;
use crate::rules::Rules;
use crate::status::panic_status;

/// See the module.
pub struct Panics(Arc<Rules>);

/// Turns a panic below into INTERNAL. It needs a build with `panic = "unwind"`.
pub fn panics(api: &Api) -> StepLayer<Panics> {
    StepLayer::new(Panics(api.kernel.rules.clone()))
}

impl Step for Panics {
    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let TraceId(trace_id) = TraceId::of(&request);
        let path = request.uri().path().to_owned();
        // Nothing of the call is used after it: whatever state it left behind is dropped with it.
        match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => {
                tracing::error!(%trace_id, path, panic = text(&*panic), "a handler panicked");
                respond(panic_status(trace_id, self.0.is_read(&path)))
            }
        }
    }
}

/// What a panic said.
pub(crate) fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(not a text)")
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{call, outcome, through};
    use super::*;

    #[tokio::test]
    async fn a_panic_is_internal_and_indefinite_for_mutations() {
        let layer = StepLayer::new(Panics(Arc::new(Rules::load().unwrap())));
        for (method, definite) in [("CreateAccount", "false"), ("GetAccount", "true")] {
            let path = format!("/bursar.ledger.v1.AccountService/{method}");
            let response = through(&layer, call(&path), async |_| panic!("a secret")).await;
            assert_eq!(
                outcome(&response),
                (tonic::Code::Internal, "INTERNAL".into(), definite.into())
            );
            assert_eq!(response.headers()["grpc-message"], "internal%20error");
        }
    }
}
