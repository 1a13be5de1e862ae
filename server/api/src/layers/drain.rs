//! Before anything costly: a server that is stopping only says so. Calls under way are not touched.

use bursar_domain::{Error, Unavailable};
use http::{Request, Response};
use tokio::sync::watch;
use tonic::body::Body;

use super::exempt::is_exempt;
use super::step::{Next, Step, StepLayer, refuse};
use super::trace::TraceId;
use crate::Api;

/// See the module.
pub struct Drain(watch::Receiver<bool>);

/// Refuses new calls once [`Api::set_stopping`] was called; health goes on telling.
pub fn drain(api: &Api) -> StepLayer<Drain> {
    StepLayer::new(Drain(api.kernel.stopping.subscribe()))
}

impl Step for Drain {
    const SPAN: Option<&'static str> = Some("drain");

    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        if *self.0.borrow() && !is_exempt(request.uri().path()) {
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
    async fn only_new_calls_after_the_signal_are_refused() {
        let (stop, stopping) = watch::channel(false);
        let layer = StepLayer::new(Drain(stopping));
        let run = |path| through(&layer, call(path), async |_| Response::new(Body::empty()));
        assert!(!run("/a.B/C").await.headers().contains_key("grpc-status"));
        stop.send_replace(true);
        let want = (tonic::Code::Unavailable, "SHUTTING_DOWN".to_owned(), "true".to_owned());
        assert_eq!(outcome(&run("/a.B/C").await), want);
        assert!(!run("/grpc.health.v1.Health/Check").await.headers().contains_key("grpc-status"));
    }
}
