//! Innermost, right after auth: only a call that is let in counts against its tenant, and strangers cannot use a tenant's
//! share up.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use bursar_domain::Error;
use bursar_domain::ids::TenantId;
use bursar_domain::op::OpCtx;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http::{Request, Response};
use tonic::body::Body;

use super::auth::Caller;
use super::step::{Next, Step, StepLayer, refuse};
use super::trace::TraceId;
use crate::Api;

struct Bucket {
    per_second: NonZeroU32,
    limiter: Arc<DefaultDirectRateLimiter>,
}

/// See the module.
#[derive(Default)]
pub struct TenantRate {
    // One small entry for each tenant that has a limit and has called: bounded by the number of tenants.
    buckets: Mutex<HashMap<TenantId, Bucket>>,
    clock: DefaultClock,
}

/// Holds each tenant to its calls a second on this server.
pub fn tenant_rate(_api: &Api) -> StepLayer<TenantRate> {
    StepLayer::new(TenantRate::default())
}

impl Step for TenantRate {
    const SPAN: Option<&'static str> = Some("tenant rate");

    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let op = request.extensions().get::<OpCtx>().map(|op| op.tenant);
        let limit = request
            .extensions()
            .get::<Caller>()
            .and_then(|caller| NonZeroU32::new(caller.requests_per_second));
        if let (Some(tenant), Some(per_second)) = (op, limit)
            && let Err(error) = self.take(tenant, per_second)
        {
            return refuse(&error, TraceId::of(&request));
        }
        next.run(request).await
    }
}

impl TenantRate {
    /// Takes one call from the tenant's share.
    fn take(&self, tenant: TenantId, per_second: NonZeroU32) -> Result<(), Error> {
        self.limiter(tenant, per_second).check().map_err(|refusal| Error::RateLimited {
            per_second: per_second.get(),
            retry_after: refusal.wait_time_from(self.clock.now()),
        })
    }

    fn limiter(&self, tenant: TenantId, per_second: NonZeroU32) -> Arc<DefaultDirectRateLimiter> {
        let fresh = || Bucket {
            per_second,
            limiter: Arc::new(RateLimiter::direct(Quota::per_second(per_second))),
        };
        // The map is whole even if a thread panicked while it held the lock.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(tenant).or_insert_with(fresh);
        // A changed limit takes effect as soon as the key record brings it.
        if bucket.per_second != per_second {
            *bucket = fresh();
        }
        bucket.limiter.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenant_has_its_own_share_and_a_new_limit_counts_at_once() {
        let rate = TenantRate::default();
        let (one, other) = (TenantId::generate(), TenantId::generate());
        let two = NonZeroU32::new(2).unwrap();
        assert!(rate.take(one, two).is_ok() && rate.take(one, two).is_ok());
        let Err(Error::RateLimited { per_second, retry_after }) = rate.take(one, two) else {
            panic!("the third call in the same moment was let in");
        };
        assert_eq!(per_second, 2);
        assert!(!retry_after.is_zero() && retry_after.as_millis() <= 500);
        assert!(rate.take(other, two).is_ok());
        assert!(rate.take(one, NonZeroU32::new(3).unwrap()).is_ok());
    }
}
