//! The calls of `bursar tenant` that take more than a line.

use super::client::{Link, RequestId, named};
use super::failure::Failure;
use super::json::{json, json_all};
use super::key::hand_over;
use super::output::Out;
use bursar_proto::admin::v1::tenant_service_client::TenantServiceClient;
use bursar_proto::admin::v1::{
    CreateTenantRequest, ListTenantsRequest, Tenant, TenantLimits, TenantState, UpdateTenantRequest,
};
use clap::{Args, ValueEnum};
use serde_json::Value;
use std::path::Path;
use uuid::Uuid;

const MESSAGE: &str = "bursar.admin.v1.Tenant";

/// What a tenant may use.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// Most live API keys
    #[arg(long, value_name = "NUMBER")]
    max_api_keys: Option<i32>,
    /// Calls a second on one server; 0 for no limit
    #[arg(long, value_name = "NUMBER")]
    requests_per_second: Option<i32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum State {
    Active,
    Suspended,
    Deleted,
}

pub(super) async fn create(
    mut tenants: TenantServiceClient<Link>,
    name: String,
    limits: &Limits,
    key_label: String,
    key_file: Option<&Path>,
    request_id: &RequestId,
) -> Result<Value, Failure> {
    let request_id = request_id.get();
    let request = CreateTenantRequest {
        request_id: request_id.clone(),
        name,
        limits: Some(limits.message()),
        key_label,
        validate_only: false,
    };
    let reply = tenants.create_tenant(request).await.map_err(named(&request_id))?.into_inner();
    let mut shown = json(MESSAGE, &reply.tenant.unwrap_or_default())?;
    shown["key_id"] = reply.key_id.into();
    hand_over(&mut shown, reply.key, key_file, reply.replayed);
    Ok(shown)
}

pub(super) async fn list(
    mut tenants: TenantServiceClient<Link>,
    state: Option<State>,
    out: Out,
) -> Result<(), Failure> {
    let state = state.map_or(TenantState::Unspecified, State::message);
    let mut request = ListTenantsRequest { state: state.into(), ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = tenants.list_tenants(request.clone()).await?.into_inner();
        found.extend(page.tenants);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    out.table(&json_all(MESSAGE, &found)?, &["id", "name", "state", "created_at"])
}

pub(super) async fn update(
    mut tenants: TenantServiceClient<Link>,
    id: Uuid,
    name: Option<String>,
    limits: &Limits,
    etag: String,
    request_id: &RequestId,
) -> Result<Option<Tenant>, Failure> {
    let paths = [
        ("name", name.is_some()),
        ("limits.max_api_keys", limits.max_api_keys.is_some()),
        ("limits.requests_per_second", limits.requests_per_second.is_some()),
    ];
    let paths: Vec<String> =
        paths.iter().filter(|(_, given)| *given).map(|(path, _)| (*path).to_owned()).collect();
    if paths.is_empty() {
        return Err(Failure::usage(
            "nothing to change; give --name, --max-api-keys or --requests-per-second",
        ));
    }
    let request_id = request_id.get();
    let tenant = Tenant {
        id: id.to_string(),
        name: name.unwrap_or_default(),
        limits: Some(limits.message()),
        etag,
        ..Default::default()
    };
    let request = UpdateTenantRequest {
        request_id: request_id.clone(),
        tenant: Some(tenant),
        update_mask: Some(prost_types::FieldMask { paths }),
        validate_only: false,
    };
    Ok(tenants.update_tenant(request).await.map_err(named(&request_id))?.into_inner().tenant)
}

pub(super) fn show(out: Out, tenant: Option<Tenant>) -> Result<(), Failure> {
    out.object(&json(MESSAGE, &tenant.unwrap_or_default())?)
}

impl Limits {
    fn message(&self) -> TenantLimits {
        TenantLimits {
            max_api_keys: self.max_api_keys.unwrap_or_default(),
            requests_per_second: self.requests_per_second.unwrap_or_default(),
        }
    }
}

impl State {
    fn message(self) -> TenantState {
        match self {
            Self::Active => TenantState::Active,
            Self::Suspended => TenantState::Suspended,
            Self::Deleted => TenantState::Deleted,
        }
    }
}
