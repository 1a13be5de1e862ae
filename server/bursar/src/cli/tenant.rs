//! `bursar tenant`: onboarding and offboarding.

use super::client::{Client, RequestId, named};
use super::confirm::confirm;
use super::failure::Failure;
use super::json::{json, json_all};
use super::key::hand_over;
use super::output::Out;
use crate::config::{Config, Purpose};
use bursar_proto::admin::v1::{
    CreateTenantRequest, DeleteTenantRequest, GetTenantRequest, ListTenantsRequest,
    ResumeTenantRequest, SuspendTenantRequest, Tenant, TenantLimits, TenantState,
    UpdateTenantRequest,
};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use uuid::Uuid;

const MESSAGE: &str = "bursar.admin.v1.Tenant";

/// Manage tenants; needs a key of the platform
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a tenant and its first admin key
    #[command(after_help = "Example:\n  bursar tenant create 'Example Ltd' --key-file example.key")]
    Create {
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
        request_id: RequestId,
    },
    /// Show a tenant
    #[command(after_help = "Example:\n  bursar tenant get 01890a5d-ac96-774b-bcce-b302099a8057")]
    Get {
        /// Id of the tenant
        id: Uuid,
    },
    /// List tenants, oldest first
    #[command(after_help = "Example:\n  bursar tenant list --state suspended")]
    List {
        /// Only tenants in this state
        #[arg(long, value_enum)]
        state: Option<State>,
    },
    /// Change a tenant's name or limits
    #[command(
        after_help = "Example:\n  bursar tenant update 01890a5d-ac96-774b-bcce-b302099a8057 --requests-per-second 500"
    )]
    Update {
        /// Id of the tenant
        id: Uuid,
        /// New name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        limits: Limits,
        /// Change it only if this is still its etag
        #[arg(long, default_value = "")]
        etag: String,
        #[command(flatten)]
        request_id: RequestId,
    },
    /// Stop all calls of a tenant; its data stays
    #[command(
        after_help = "Example:\n  bursar tenant suspend 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'unpaid'"
    )]
    Suspend {
        /// Id of the tenant
        id: Uuid,
        /// Why, for the audit trail
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        request_id: RequestId,
    },
    /// Let a suspended tenant call again
    #[command(after_help = "Example:\n  bursar tenant resume 01890a5d-ac96-774b-bcce-b302099a8057")]
    Resume {
        /// Id of the tenant
        id: Uuid,
        #[command(flatten)]
        request_id: RequestId,
    },
    /// Offboard a tenant for good: its keys end, its role and views go
    #[command(
        after_help = "Example:\n  bursar tenant delete 01890a5d-ac96-774b-bcce-b302099a8057 --yes"
    )]
    Delete {
        /// Id of the tenant
        id: Uuid,
        /// Although accounts still have balances or holds
        #[arg(long)]
        force: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        request_id: RequestId,
    },
}

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

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let client = Client::from_config(&Config::from_env(Purpose::Other)?).await?;
    let mut tenants = client.tenants();
    match command {
        Command::Create { name, limits, key_label, key_file, request_id } => {
            let request_id = request_id.get();
            let request = CreateTenantRequest {
                request_id: request_id.clone(),
                name,
                limits: Some(limits.message()),
                key_label,
                validate_only: false,
            };
            let reply =
                tenants.create_tenant(request).await.map_err(named(&request_id))?.into_inner();
            let mut shown = json(MESSAGE, &reply.tenant.unwrap_or_default())?;
            shown["key_id"] = reply.key_id.into();
            hand_over(&mut shown, reply.key, key_file.as_deref(), reply.replayed)?;
            out.object(&shown)
        }
        Command::Get { id } => {
            let request = GetTenantRequest { id: id.to_string() };
            show(out, tenants.get_tenant(request).await?.into_inner().tenant)
        }
        Command::List { state } => {
            let mut request = ListTenantsRequest {
                state: state.map_or(TenantState::Unspecified, State::message).into(),
                ..Default::default()
            };
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
        Command::Update { id, name, limits, etag, request_id } => {
            let paths = [
                ("name", name.is_some()),
                ("limits.max_api_keys", limits.max_api_keys.is_some()),
                ("limits.requests_per_second", limits.requests_per_second.is_some()),
            ];
            let paths: Vec<String> = paths
                .iter()
                .filter(|(_, given)| *given)
                .map(|(path, _)| (*path).to_owned())
                .collect();
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
            show(
                out,
                tenants
                    .update_tenant(request)
                    .await
                    .map_err(named(&request_id))?
                    .into_inner()
                    .tenant,
            )
        }
        Command::Suspend { id, reason, request_id } => {
            let request_id = request_id.get();
            let request =
                SuspendTenantRequest { request_id: request_id.clone(), id: id.to_string(), reason };
            show(
                out,
                tenants
                    .suspend_tenant(request)
                    .await
                    .map_err(named(&request_id))?
                    .into_inner()
                    .tenant,
            )
        }
        Command::Resume { id, request_id } => {
            let request_id = request_id.get();
            let request =
                ResumeTenantRequest { request_id: request_id.clone(), id: id.to_string() };
            show(
                out,
                tenants
                    .resume_tenant(request)
                    .await
                    .map_err(named(&request_id))?
                    .into_inner()
                    .tenant,
            )
        }
        Command::Delete { id, force, yes, request_id } => {
            confirm(yes, &format!("tenant {id} will be offboarded for good"), &id.to_string())?;
            let request_id = request_id.get();
            let request = DeleteTenantRequest {
                request_id: request_id.clone(),
                id: id.to_string(),
                force,
                validate_only: false,
            };
            show(
                out,
                tenants
                    .delete_tenant(request)
                    .await
                    .map_err(named(&request_id))?
                    .into_inner()
                    .tenant,
            )
        }
    }
}

fn show(out: Out, tenant: Option<Tenant>) -> Result<(), Failure> {
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
