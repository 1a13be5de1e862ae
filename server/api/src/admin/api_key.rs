//! `ApiKeyService`: the keys of the caller's tenant.

use std::sync::Arc;
use std::time::Duration;

use bursar_domain::Error;
use bursar_domain::Result;
use bursar_domain::ids::{KeyId, TenantId};
use bursar_domain::key::ApiKeyText;
use bursar_domain::limits::{DEFAULT_KEY_OVERLAP, MAX_KEY_OVERLAP, MAX_LABEL_CHARS};
use bursar_domain::op::OpCtx;
use bursar_domain::page::Cursor;
use bursar_domain::role::Role;
use bursar_domain::tenant::{ApiKey, KeyState, NewApiKey};
use bursar_proto::admin::v1 as pb;
use bursar_proto::admin::v1::api_key_service_server::ApiKeyService;
use jiff::Timestamp;
use prost::Message as _;
use secrecy::ExposeSecret as _;
use tonic::{Request, Response, Status};

use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{
    Checks, duration, id, name, named, optional_id, optional_timestamp, request_id, role,
    to_optional_id, to_timestamp,
};
use crate::kernel::Kernel;

use super::new_key;

crate::choices::choices! {
    /// State of a key.
    state: bursar_domain::tenant::KeyState = bursar_proto::admin::v1::ApiKeyState {
        Active = Active, Expired = Expired, Revoked = Revoked,
    }
}

/// Server of the service.
pub(crate) struct ApiKeys(pub(crate) Arc<Kernel>);

impl ApiKeys {
    /// The text of a key that was just made: in this reply and nowhere else. One that was only tried out has none.
    fn text(&self, key: &ApiKeyText, validate_only: bool) -> String {
        let text = key.text(&self.0.config.environment);
        if validate_only { String::new() } else { text.expose_secret().to_owned() }
    }
}

#[tonic::async_trait]
impl ApiKeyService for ApiKeys {
    async fn create_api_key(
        &self,
        request: Request<pb::CreateApiKeyRequest>,
    ) -> Result<Response<pb::CreateApiKeyResponse>, Status> {
        answer(request, |op, message| async move {
            let key = new_key()?;
            let new = new_api_key(&op, &message, key.id, key.hash(&self.0.config.pepper))?;
            let encode = |made: &ApiKey| created(made).encode_to_vec();
            let write =
                write(&self.0, &op, &message, &message.request_id, message.validate_only, encode)?;
            let outcome = self.0.store.key_create(&op, &write, new).await?;
            let text = self.text(&key, message.validate_only);
            reply(outcome, |made| pb::CreateApiKeyResponse { key: text, ..created(&made) })
        })
        .await
    }

    async fn get_api_key(
        &self,
        request: Request<pb::GetApiKeyRequest>,
    ) -> Result<Response<pb::GetApiKeyResponse>, Status> {
        answer(request, |op, message| async move {
            let key = self.0.store.key_get(&op, id("id", &message.id)?).await?;
            Ok(Response::new(pb::GetApiKeyResponse { api_key: Some(to_api_key(&key)) }))
        })
        .await
    }

    async fn list_api_keys(
        &self,
        request: Request<pb::ListApiKeysRequest>,
    ) -> Result<Response<pb::ListApiKeysResponse>, Status> {
        answer(request, |op, message| async move {
            let filter = message.filter_bytes();
            let mut checks = Checks::new();
            let state = checks.take(state::optional("state", message.state));
            let page =
                checks.take(page_request(&op, &filter, message.page_size, &message.page_token, 2));
            let (state, page) = checks.finish(|| Some((state?, page?)))?;
            let page = self.0.store.key_list(&op, state, &page).await?;
            let page = fit(page, |k| Cursor::at(k.created_at, k.id), to_api_key);
            let next_page_token = page_token(&op, &filter, &page);
            Ok(Response::new(pb::ListApiKeysResponse { api_keys: page.items, next_page_token }))
        })
        .await
    }

    async fn rotate_api_key(
        &self,
        request: Request<pb::RotateApiKeyRequest>,
    ) -> Result<Response<pb::RotateApiKeyResponse>, Status> {
        answer(request, |op, message| async move {
            let (id, overlap, expires_at) = rotation(&op, &message)?;
            let key = new_key()?;
            let hash = key.hash(&self.0.config.pepper);
            let encode = |keys: &(ApiKey, ApiKey)| rotated(keys).encode_to_vec();
            let write = write(&self.0, &op, &message, &message.request_id, false, encode)?;
            let outcome =
                self.0.store.key_rotate(&op, &write, id, key.id, hash, overlap, expires_at).await?;
            reply(outcome, |keys| pb::RotateApiKeyResponse {
                key: self.text(&key, false),
                ..rotated(&keys)
            })
        })
        .await
    }

    async fn revoke_api_key(
        &self,
        request: Request<pb::RevokeApiKeyRequest>,
    ) -> Result<Response<pb::RevokeApiKeyResponse>, Status> {
        answer(request, |op, message| async move {
            let id = named(&message.request_id, &message.id)?;
            let encode = |key: &ApiKey| revoked(key).encode_to_vec();
            let write = write(&self.0, &op, &message, &message.request_id, false, encode)?;
            let outcome = self.0.store.key_revoke(&op, &write, id).await?;
            reply(outcome, |key| revoked(&key))
        })
        .await
    }
}

/// What a stored reply says, and a fresh one apart from the secret.
fn created(key: &ApiKey) -> pb::CreateApiKeyResponse {
    pb::CreateApiKeyResponse { api_key: Some(to_api_key(key)), key: String::new(), replayed: false }
}

/// As [`created`].
fn rotated((successor, old): &(ApiKey, ApiKey)) -> pb::RotateApiKeyResponse {
    pb::RotateApiKeyResponse {
        api_key: Some(to_api_key(successor)),
        key: String::new(),
        old_api_key: Some(to_api_key(old)),
        replayed: false,
    }
}

fn revoked(key: &ApiKey) -> pb::RevokeApiKeyResponse {
    pb::RevokeApiKeyResponse { api_key: Some(to_api_key(key)), replayed: false }
}

fn to_api_key(key: &ApiKey) -> pb::ApiKey {
    pb::ApiKey {
        id: key.id.to_string(),
        label: key.label.clone(),
        role: role::wire(key.role),
        institution_id: to_optional_id(key.institution),
        state: state::wire(KeyState::at(Timestamp::now(), key.expires_at, key.revoked_at)),
        expires_at: key.expires_at.map(to_timestamp),
        revoked_at: key.revoked_at.map(to_timestamp),
        successor_id: to_optional_id(key.successor),
        created_at: Some(to_timestamp(key.created_at)),
    }
}

fn new_api_key(
    op: &OpCtx,
    message: &pb::CreateApiKeyRequest,
    id: KeyId,
    hash: [u8; 32],
) -> Result<NewApiKey> {
    let mut checks = Checks::new();
    checks.take(request_id(&message.request_id));
    let label = checks.take(name("label", &message.label, MAX_LABEL_CHARS));
    let role =
        checks.take(role::required("role", message.role).and_then(|role| may_make(op, role)));
    let institution = checks.take(optional_id("institution_id", &message.institution_id));
    let expires_at = checks.take(expiry(op, message.expires_at.as_ref()));
    checks.finish(|| {
        Some(NewApiKey {
            id,
            label: label?,
            role: role?,
            institution: institution?,
            hash,
            expires_at: expires_at?,
        })
    })
}

/// A key makes none above itself: platform keys make platform keys, in the platform's tenant; admins all others.
fn may_make(op: &OpCtx, role: Role) -> Result<Role> {
    let platform = op.actor.role == Role::Platform && op.tenant == TenantId::PLATFORM;
    if platform == (role == Role::Platform) {
        return Ok(role);
    }
    let allowed = if platform {
        "ROLE_PLATFORM"
    } else {
        "ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN or ROLE_AUDITOR"
    };
    Err(Error::invalid("role", format!("cannot be given by this key; give {allowed}")))
}

/// An expiry in the future, or none.
fn expiry(op: &OpCtx, time: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>> {
    let expires_at = optional_timestamp("expires_at", time)?;
    if expires_at.is_some_and(|time| time <= op.occurred_at) {
        return Err(Error::invalid(
            "expires_at",
            "is not in the future; leave it out for a key that does not expire",
        ));
    }
    Ok(expires_at)
}

fn rotation(
    op: &OpCtx,
    message: &pb::RotateApiKeyRequest,
) -> Result<(KeyId, Duration, Option<Timestamp>)> {
    let mut checks = Checks::new();
    let id = checks.take(named(&message.request_id, &message.id));
    let overlap = message.overlap.as_ref().map_or(Ok(DEFAULT_KEY_OVERLAP), |overlap| {
        duration("overlap", overlap, Duration::ZERO..=MAX_KEY_OVERLAP, "0 seconds to 30 days")
    });
    let overlap = checks.take(overlap);
    let expires_at = checks.take(expiry(op, message.expires_at.as_ref()));
    checks.finish(|| Some((id?, overlap?, expires_at?)))
}

#[cfg(test)]
#[path = "api_key_tests.rs"]
mod tests;
