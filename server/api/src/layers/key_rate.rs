//! After auth, which says whose key it is, and before the tenant's limit: a key that runs wild is stopped before it uses
//! up what its tenant's other keys need.

use std::num::NonZeroU32;

use bursar_domain::Error;
use bursar_domain::error::RateLimit;
use bursar_domain::ids::KeyId;
use bursar_domain::op::OpCtx;
use http::{Request, Response};
use tokio::sync::watch;
use tonic::body::Body;

use super::shares::Shares;
use super::step::{Next, Step, StepLayer, refuse};
use super::trace::TraceId;
use crate::Api;
use crate::kernel::RateLimits;

/// See the module.
pub struct KeyRate {
    shares: Shares<KeyId>,
    rates: watch::Receiver<RateLimits>,
}

/// Holds each API key to the configured calls a second on this server.
pub fn key_rate(api: &Api) -> StepLayer<KeyRate> {
    StepLayer::new(KeyRate { shares: Shares::new(), rates: api.kernel.rates.subscribe() })
}

impl Step for KeyRate {
    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let key = request.extensions().get::<OpCtx>().map(|op| op.actor.key);
        let limit = NonZeroU32::new(self.rates.borrow().key_requests_per_second);
        if let (Some(key), Some(per_second)) = (key, limit)
            && let Err(retry_after) = self.shares.take(key, per_second)
        {
            let maximum = per_second.get();
            let error = Error::RateLimited { limit: RateLimit::Key, maximum, retry_after };
            return refuse(&error, TraceId::of(&request));
        }
        next.run(request).await
    }
}
