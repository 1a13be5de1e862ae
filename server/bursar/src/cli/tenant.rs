//! `bursar tenant`: onboarding and offboarding.

use super::client::{Client, RequestId, named};
use super::confirm::confirm;
use super::failure::Failure;
use super::output::Out;
use super::tenant_calls::{Limits, State, create, list, show, update};
use crate::config::{Config, Purpose};
use bursar_proto::admin::v1::{
    DeleteTenantRequest, GetTenantRequest, ResumeTenantRequest, SuspendTenantRequest,
};
use clap::Subcommand;
use std::path::PathBuf;
use uuid::Uuid;

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

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let client = Client::from_config(&Config::from_env(Purpose::Client)?).await?;
    let mut tenants = client.tenants();
    match command {
        Command::Create { name, limits, key_label, key_file, request_id } => {
            let shown =
                create(tenants, name, &limits, key_label, key_file.as_deref(), &request_id).await?;
            out.object(&shown)
        }
        Command::Get { id } => {
            let request = GetTenantRequest { id: id.to_string() };
            show(out, tenants.get_tenant(request).await?.into_inner().tenant)
        }
        Command::List { state } => list(tenants, state, out).await,
        Command::Update { id, name, limits, etag, request_id } => {
            show(out, update(tenants, id, name, &limits, etag, &request_id).await?)
        }
        Command::Suspend { id, reason, request_id } => {
            let request_id = request_id.get();
            let request =
                SuspendTenantRequest { request_id: request_id.clone(), id: id.to_string(), reason };
            let reply = tenants.suspend_tenant(request).await.map_err(named(&request_id))?;
            show(out, reply.into_inner().tenant)
        }
        Command::Resume { id, request_id } => {
            let request_id = request_id.get();
            let request =
                ResumeTenantRequest { request_id: request_id.clone(), id: id.to_string() };
            let reply = tenants.resume_tenant(request).await.map_err(named(&request_id))?;
            show(out, reply.into_inner().tenant)
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
            let reply = tenants.delete_tenant(request).await.map_err(named(&request_id))?;
            show(out, reply.into_inner().tenant)
        }
    }
}
