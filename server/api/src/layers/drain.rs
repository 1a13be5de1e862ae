//! Before anything costly: a server whose connections are closed takes no new calls. Calls under way are not touched.
//!
//! It is the last resort: the transport has told every client to go elsewhere by then, and served what crossed that
//! message on its way. Only a client that does not listen meets it.

use bursar_domain::{Error, Unavailable};
use http::{Request, Response};
use tokio::sync::watch;
use tonic::body::Body;

use super::exempt::is_exempt;
use super::step::{Next, Step, StepLayer, refuse};
use super::trace::TraceId;
use crate::Api;
use crate::kernel::Phase;

/// See the module.
pub struct Drain(watch::Receiver<Phase>);

/// Refuses new calls in [`Phase::Refusing`]; health goes on telling.
pub fn drain(api: &Api) -> StepLayer<Drain> {
    StepLayer::new(Drain(api.kernel.phase.subscribe()))
}

impl Step for Drain {
    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        if *self.0.borrow() == Phase::Refusing && !is_exempt(request.uri().path()) {
            let error = Error::Unavailable { why: Unavailable::Stopping, definite: true };
            return refuse(&error, TraceId::of(&request));
        }
        next.run(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{call, outcome, through};
    use super::*;

    #[tokio::test]
    async fn only_new_calls_in_the_last_phase_are_refused() {
        let (phase, now) = watch::channel(Phase::Serving);
        let layer = StepLayer::new(Drain(now));
        let run = |path| through(&layer, call(path), async |_| Response::new(Body::empty()));
        for served in [Phase::Serving, Phase::Leaving] {
            phase.send_replace(served);
            assert!(!run("/a.B/C").await.headers().contains_key("grpc-status"), "{served:?}");
        }
        phase.send_replace(Phase::Refusing);
        let want = (tonic::Code::Unavailable, "SHUTTING_DOWN".to_owned(), "true".to_owned());
        assert_eq!(outcome(&run("/a.B/C").await), want);
        assert!(!run("/grpc.health.v1.Health/Check").await.headers().contains_key("grpc-status"));
    }
}
