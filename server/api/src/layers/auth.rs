//! Within the deadline, before anything that is done for a tenant: from here on it is known who calls and what they may.
//!
//! Permission is checked before the message is even read, so no refusal tells what exists.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use bursar_domain::error::{KeyFault, RateLimit};
use bursar_domain::ids::KeyId;
use bursar_domain::key::ApiKeyText;
use bursar_domain::limits::DEFAULT_DEADLINE;
use bursar_domain::op::{Actor, MethodRule, OpCtx};
use bursar_domain::tenant::{KeyState, TenantState};
use bursar_domain::{Error, Result};
use bursar_store::KeyRecord;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Response};
use jiff::Timestamp;
use tonic::body::Body;

use super::deadline::Deadline;
use super::exempt::is_exempt;
use super::guessing::Guessing;
use super::peer::Peer;
use super::step::{Next, Step, StepLayer, refuse};
use super::trace::{CallSpan, TraceId};
use crate::Api;
use crate::convert::now;
use crate::kernel::Kernel;

/// Facts about the caller that handlers and the layers within show or need, in the request's extensions.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The tenant's name.
    pub tenant_name: String,
    /// What the key is for.
    pub label: String,
    /// When the key stops working.
    pub expires_at: Option<Timestamp>,
    /// The tenant's limit of calls a second on this server; 0 for none.
    pub requests_per_second: u32,
}

/// See the module.
pub struct Auth {
    kernel: Arc<Kernel>,
    guessing: Guessing,
}

/// Finds out who calls, and refuses who may not.
pub fn auth(api: &Api) -> StepLayer<Auth> {
    StepLayer::new(Auth { kernel: api.kernel.clone(), guessing: Guessing::new() })
}

impl Step for Auth {
    const SPAN: Option<&'static str> = Some("auth");

    async fn run<S: Next>(&self, mut request: Request<Body>, next: S) -> Response<Body> {
        if is_exempt(request.uri().path()) && !self.kernel.config.health_needs_key {
            return next.run(request).await;
        }
        match self.admit(&mut request).await {
            Ok(()) => next.run(request).await,
            Err(error) => refuse(&error, TraceId::of(&request)),
        }
    }
}

impl Auth {
    /// Puts the call's context into the request, or says why the call may not go on.
    async fn admit(&self, request: &mut Request<Body>) -> Result<()> {
        let occurred_at = now();
        let deadline = request.extensions().get::<Deadline>().map(|deadline| deadline.0);
        let deadline = deadline.unwrap_or_else(|| Instant::now() + DEFAULT_DEADLINE);
        let given = key_text(request.headers(), &self.kernel.config.environment);
        let (key, record) = self.identify(given, Peer::of(request), deadline).await?;
        works(&record, occurred_at)?;
        // A path without a rule goes on to be refused as unknown: it reaches no handler of Bursar's.
        if let Some(rule) = self.kernel.rules.get(request.uri().path()) {
            may(&record, rule)?;
            let op = OpCtx {
                tenant: record.tenant,
                actor: Actor { key, role: record.role, institution: record.institution },
                method: rule.clone(),
                trace_id: TraceId::of(request).0,
                deadline,
                occurred_at,
            };
            if let Some(span) = request.extensions().get::<CallSpan>() {
                span.tenant(&op.tenant);
            }
            request.extensions_mut().insert(op);
            request.extensions_mut().insert(Caller {
                tenant_name: record.tenant_name.clone(),
                label: record.label.clone(),
                expires_at: record.expires_at,
                requests_per_second: record.requests_per_second,
            });
        }
        // The secret has done its work; nothing further in can print it.
        request.headers_mut().remove(AUTHORIZATION);
        Ok(())
    }

    /// Whose key the call brings, counting invalid ones against the address that they come from.
    async fn identify(
        &self,
        key: Result<ApiKeyText>,
        peer: Option<Peer>,
        deadline: Instant,
    ) -> Result<(KeyId, Arc<KeyRecord>)> {
        let limit = NonZeroU32::new(self.kernel.rates.borrow().auth_failures_per_minute);
        let (Some(peer), Some(per_minute)) = (peer, limit) else {
            return self.look_up(key?, deadline).await;
        };
        if let Some(retry_after) = self.guessing.wait(peer) {
            let proven =
                key.as_ref().is_ok_and(|k| self.guessing.is_proven(k, &self.kernel.config.pepper));
            // Who brings no key at all guesses nothing.
            if !proven && key.as_ref().err() != Some(&Error::Unauthenticated(KeyFault::Missing)) {
                let maximum = per_minute.get();
                return Err(Error::RateLimited { limit: RateLimit::Address, maximum, retry_after });
            }
        }
        let found = match key {
            Ok(key) => self.look_up(key, deadline).await,
            Err(fault) => Err(fault),
        };
        match &found {
            Ok((id, record)) => self.guessing.proved(*id, &record.hash),
            Err(Error::Unauthenticated(KeyFault::Invalid)) => {
                self.guessing.failed(peer, per_minute);
            }
            Err(_) => {}
        }
        found
    }

    /// The record of a key, if its secret is right.
    async fn look_up(&self, key: ApiKeyText, deadline: Instant) -> Result<(KeyId, Arc<KeyRecord>)> {
        let look_up = self.kernel.keys.find(&self.kernel.store, key.id);
        let record = tokio::time::timeout_at(deadline.into(), look_up).await;
        let record = record.map_err(|_| Error::DeadlineExceeded { definite: true })??;
        // An unknown key is compared with nothing, so that it takes as long as a wrong secret.
        let hash = record.as_ref().map(|record| record.hash.as_slice()).unwrap_or_default();
        let matches = key.matches(&self.kernel.config.pepper, hash);
        let record = record.filter(|_| matches).ok_or(Error::Unauthenticated(KeyFault::Invalid))?;
        Ok((key.id, record))
    }
}

/// Whether the key of a call that goes on and on may still do what it does. From the cache, as for a new call.
pub(crate) async fn still_may(kernel: &Kernel, op: &OpCtx) -> Result<()> {
    let record = kernel.keys.find(&kernel.store, op.actor.key).await?;
    let record = record.ok_or(Error::Unauthenticated(KeyFault::Revoked))?;
    works(&record, now())?;
    may(&record, &op.method)
}

/// The key of `authorization: Bearer <key>`.
fn key_text(headers: &HeaderMap, environment: &str) -> Result<ApiKeyText> {
    let header = headers.get(AUTHORIZATION).ok_or(Error::Unauthenticated(KeyFault::Missing))?;
    let invalid = Error::Unauthenticated(KeyFault::Invalid);
    let Some((scheme, text)) = header.to_str().ok().and_then(|value| value.split_once(' ')) else {
        return Err(invalid);
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::Unauthenticated(KeyFault::Missing));
    }
    ApiKeyText::parse(text.trim(), environment).ok_or(invalid)
}

/// Whether the key and its tenant are in force.
fn works(record: &KeyRecord, now: Timestamp) -> Result<()> {
    match KeyState::at(now, record.expires_at, record.revoked_at) {
        KeyState::Active => {}
        KeyState::Expired => return Err(Error::Unauthenticated(KeyFault::Expired)),
        KeyState::Revoked => return Err(Error::Unauthenticated(KeyFault::Revoked)),
    }
    match record.tenant_state {
        TenantState::Active => Ok(()),
        TenantState::Suspended => Err(Error::TenantSuspended),
        // Offboarding revokes the keys; this covers the moment before the cache knows.
        TenantState::Deleted => Err(Error::Unauthenticated(KeyFault::Revoked)),
    }
}

/// Whether the key may call the RPC.
fn may(record: &KeyRecord, rule: &MethodRule) -> Result<()> {
    let in_scope = record.institution.is_none() || rule.institution_scope;
    if rule.roles.contains(&record.role) && in_scope {
        return Ok(());
    }
    Err(Error::PermissionDenied { permission: rule.permission.clone(), role: record.role })
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
