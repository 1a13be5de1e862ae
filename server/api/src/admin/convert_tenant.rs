//! Tenants on the wire.

use bursar_domain::Result;
use bursar_domain::ids::{KeyId, TenantId};
use bursar_domain::limits::{
    DEFAULT_MAX_API_KEYS, MAX_LABEL_CHARS, MAX_MAX_API_KEYS, MAX_NAME_CHARS,
    MAX_REQUESTS_PER_SECOND,
};
use bursar_domain::tenant::{Tenant, TenantLimits};
use bursar_proto::admin::v1 as pb;
use bursar_store::{NewTenant, TenantChanges};

use crate::convert::{
    Checks, Mask, etag, id, mask, name, present, request_id, to_timestamp, whole,
};

/// Label of a tenant's first key when none is given.
const FIRST_KEY_LABEL: &str = "first admin key";
/// What `UpdateTenant` can change.
const CHANGEABLE: &[&str] =
    &["name", "limits", "limits.max_api_keys", "limits.requests_per_second"];

crate::choices::choices! {
    /// State of a tenant.
    state: bursar_domain::tenant::TenantState = bursar_proto::admin::v1::TenantState {
        Active = Active, Suspended = Suspended, Deleted = Deleted,
    }
}

pub(super) fn to_tenant(tenant: &Tenant) -> pb::Tenant {
    pb::Tenant {
        id: tenant.id.to_string(),
        name: tenant.name.clone(),
        state: state::wire(tenant.state),
        limits: Some(pb::TenantLimits {
            max_api_keys: tenant.limits.max_api_keys,
            requests_per_second: tenant.limits.requests_per_second,
        }),
        etag: tenant.revision.to_string(),
        created_at: Some(to_timestamp(tenant.created_at)),
        updated_at: Some(to_timestamp(tenant.updated_at)),
    }
}

pub(super) fn new_tenant(
    message: &pb::CreateTenantRequest,
    key_id: KeyId,
    key_hash: [u8; 32],
) -> Result<NewTenant> {
    let mut checks = Checks::new();
    checks.take(request_id(&message.request_id));
    let name = checks.take(name("name", &message.name, MAX_NAME_CHARS));
    let limits = checks.take_within("limits.", limits(message.limits.as_ref()));
    let label = if message.key_label.is_empty() { FIRST_KEY_LABEL } else { &message.key_label };
    let key_label = checks.take(crate::convert::name("key_label", label, MAX_LABEL_CHARS));
    let id = TenantId::generate();
    checks.finish(|| {
        Some(NewTenant {
            id,
            name: name?,
            limits: limits?,
            key_id,
            key_label: key_label?,
            key_hash,
        })
    })
}

/// The limits given; the defaults where absent. Fields are named without a prefix.
fn limits(limits: Option<&pb::TenantLimits>) -> Result<TenantLimits> {
    let given = limits.copied().unwrap_or_default();
    let mut checks = Checks::new();
    let keys = if given.max_api_keys == 0 { DEFAULT_MAX_API_KEYS } else { given.max_api_keys };
    let keys = checks.take(whole("max_api_keys", keys, 1..=MAX_MAX_API_KEYS));
    let rate = checks.take(whole(
        "requests_per_second",
        given.requests_per_second,
        0..=MAX_REQUESTS_PER_SECOND,
    ));
    checks.finish(|| Some(TenantLimits { max_api_keys: keys?, requests_per_second: rate? }))
}

pub(super) fn tenant_changes(
    message: &pb::UpdateTenantRequest,
) -> Result<(TenantId, Option<i64>, TenantChanges)> {
    let mut checks = Checks::new();
    checks.take(request_id(&message.request_id));
    let mask = checks.take(mask("update_mask", message.update_mask.as_ref(), CHANGEABLE));
    let Some(tenant) = checks.take(present("tenant", message.tenant.as_ref())) else {
        return checks.finish(|| None);
    };
    let id = checks.take(id("tenant.id", &tenant.id));
    let revision = checks.take(etag("tenant.etag", &tenant.etag));
    let named = |path: &str| mask.as_ref().is_some_and(|mask: &Mask| mask.has(path));
    let mut changes = TenantChanges::default();
    if named("name") {
        changes.name = checks.take(name("tenant.name", &tenant.name, MAX_NAME_CHARS));
    }
    let (keys, rate) = (named("limits.max_api_keys"), named("limits.requests_per_second"));
    // Only what is named is read: a bad value beside it is the caller's business.
    let given = tenant.limits.unwrap_or_default();
    let given = pb::TenantLimits {
        max_api_keys: if keys || named("limits") { given.max_api_keys } else { 0 },
        requests_per_second: if rate || named("limits") { given.requests_per_second } else { 0 },
    };
    if let Some(limits) = checks.take_within("tenant.limits.", limits(Some(&given))) {
        changes.max_api_keys = (keys || named("limits")).then_some(limits.max_api_keys);
        changes.requests_per_second =
            (rate || named("limits")).then_some(limits.requests_per_second);
    }
    checks.finish(|| Some((id?, revision?, changes)))
}

#[cfg(test)]
#[path = "convert_tenant_tests.rs"]
mod tests;
