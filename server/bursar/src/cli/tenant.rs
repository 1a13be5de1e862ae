//! `bursar tenant`: onboarding and offboarding.

use super::client::{Client, RequestId, named};
use super::confirm::confirm;
use super::failure::Failure;
use super::output::Out;
use super::tenant_calls::{Limits, NewTenant, State, create, list, show, update};
use crate::config::{Config, Purpose};
use bursar_proto::admin::v1::{
    DeleteTenantRequest, GetTenantRequest, ResumeTenantRequest, SuspendTenantRequest,
};
use clap::Subcommand;
use uuid::Uuid;

/// Manage tenants; needs a key of the platform
///
/// A tenant is an organisation that the database itself walls off from all others. Making one gives its first admin
/// key; offboarding one ends its keys and keeps its books for the retention that the law asks for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a tenant and its first admin key
    Create(NewTenant),
    /// Show a tenant
    ///
    /// Needs a key of the platform. Shows its state and limits, and the etag that `tenant update --etag` takes. It
    /// shows nothing of the tenant's business: the platform cannot read that.
    #[command(after_help = "Example:\n  bursar tenant get 01890a5d-ac96-774b-bcce-b302099a8057")]
    Get {
        /// Id of the tenant
        id: Uuid,
    },
    /// List tenants, oldest first
    ///
    /// Needs a key of the platform. Lists all of them, those that were offboarded included, unless a state is asked
    /// for.
    #[command(after_help = "Example:\n  bursar tenant list --state suspended")]
    List {
        /// Only tenants in this state
        #[arg(long, value_enum)]
        state: Option<State>,
    },
    /// Change a tenant's name or limits
    ///
    /// Needs a key of the platform. What is not given stays as it is; new limits hold on every server within a second.
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
    ///
    /// Needs a key of the platform. Within a second every call with one of its keys is refused with TENANT_SUSPENDED,
    /// on every server; nothing is deleted, and open holds go on to expire. `bursar tenant resume` undoes it.
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
    ///
    /// Needs a key of the platform. Its keys work again within a second, on every server.
    #[command(after_help = "Example:\n  bursar tenant resume 01890a5d-ac96-774b-bcce-b302099a8057")]
    Resume {
        /// Id of the tenant
        id: Uuid,
        #[command(flatten)]
        request_id: RequestId,
    },
    /// Offboard a tenant for good: its keys end, its role and views go
    ///
    /// Needs a key of the platform, and asks first. Revokes all keys and drops the tenant's role and schema; its
    /// accounts, transfers and audit trail stay as rows that nobody can reach through a key. Refused with
    /// TENANT_NOT_EMPTY while accounts have balances or holds, unless forced. It cannot be undone.
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
    let config = Config::from_env(Purpose::Client)?;
    let client = Client::from_config(&config).await?;
    let mut tenants = client.tenants();
    match command {
        Command::Create(new) => create(tenants, new, &config.url, out).await,
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
