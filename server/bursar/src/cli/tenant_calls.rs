//! The calls of `bursar tenant` that take more than a line.

use super::client::{Link, RequestId, named};
use super::failure::Failure;
use super::hand_over::hand_over;
use super::json::{json, json_all};
use super::manifest::{self, Subject};
use super::output::Out;
use bursar_proto::admin::v1::tenant_service_client::TenantServiceClient;
use bursar_proto::admin::v1::{
    CreateTenantRequest, ListTenantsRequest, Tenant, TenantLimits, TenantState, UpdateTenantRequest,
};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
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

/// Make a tenant and its first admin key
///
/// Needs a key of the platform. In one transaction it makes the tenant with its database role, its schema of reporting
/// views, and an admin key, whose text is shown this once: printed, written to a file, or as a Kubernetes Secret
/// ready for kubeseal or SOPS. With that key, `bursar key create` makes the keys of services.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bursar tenant create 'Example Ltd' --key-file example.key
  bursar tenant create 'Example Ltd' --namespace payments --manifest \\
    | kubeseal --format yaml > sealed.yaml")]
pub(crate) struct NewTenant {
    /// Name for people
    name: String,
    #[command(flatten)]
    limits: Limits,
    /// Label of the first key
    #[arg(long, default_value = "")]
    key_label: String,
    /// Write the key to this file, readable by its owner only, instead of printing it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    #[command(flatten)]
    manifest: manifest::Args,
    #[command(flatten)]
    request_id: RequestId,
}

pub(super) async fn create(
    mut tenants: TenantServiceClient<Link>,
    new: NewTenant,
    url: &str,
    out: Out,
) -> Result<(), Failure> {
    new.manifest.check()?;
    let request_id = new.request_id.get();
    let request = CreateTenantRequest {
        request_id: request_id.clone(),
        name: new.name.clone(),
        limits: Some(new.limits.message()),
        key_label: new.key_label,
        validate_only: false,
    };
    let reply = tenants.create_tenant(request).await.map_err(named(&request_id))?.into_inner();
    let tenant = reply.tenant.unwrap_or_default();
    let mut shown = json(MESSAGE, &tenant)?;
    shown["key_id"] = reply.key_id.clone().into();
    if new.manifest.wanted() {
        let subject =
            Subject { tenant_id: &tenant.id, key_id: &reply.key_id, label: &new.name, url };
        return new.manifest.hand_over(out, shown, &subject, reply.key, reply.replayed);
    }
    hand_over(out, shown, reply.key, new.key_file.as_deref(), reply.replayed)
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
