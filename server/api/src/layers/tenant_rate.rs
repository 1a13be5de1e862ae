//! Innermost, after the key's own limit: only a call that is let in counts against its tenant, and neither strangers nor
//! one key that runs wild can use a tenant's share up.

use std::num::NonZeroU32;

use bursar_domain::Error;
use bursar_domain::error::RateLimit;
use bursar_domain::ids::TenantId;
use bursar_domain::op::OpCtx;
use http::{Request, Response};
use tonic::body::Body;

use super::auth::Caller;
use super::shares::Shares;
use super::step::{Next, Step, StepLayer, refuse};
use super::trace::TraceId;
use crate::Api;

/// See the module.
pub struct TenantRate(Shares<TenantId>);

/// Holds each tenant to its calls a second on this server.
pub fn tenant_rate(_api: &Api) -> StepLayer<TenantRate> {
    StepLayer::new(TenantRate(Shares::new()))
}

impl Step for TenantRate {
    const SPAN: Option<&'static str> = Some("tenant rate");

    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let tenant = request.extensions().get::<OpCtx>().map(|op| op.tenant);
        let limit = request
            .extensions()
            .get::<Caller>()
            .and_then(|caller| NonZeroU32::new(caller.requests_per_second));
        if let (Some(tenant), Some(per_second)) = (tenant, limit)
            && let Err(retry_after) = self.0.take(tenant, per_second)
        {
            let maximum = per_second.get();
            let error = Error::RateLimited { limit: RateLimit::Tenant, maximum, retry_after };
            return refuse(&error, TraceId::of(&request));
        }
        next.run(request).await
    }
}
