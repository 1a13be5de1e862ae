//! `TenantService`: for keys of the platform.

use std::sync::Arc;

use bursar_domain::ids::KeyId;
use bursar_domain::limits::MAX_REASON_CHARS;
use bursar_domain::page::Cursor;
use bursar_domain::tenant::Tenant;
use bursar_proto::admin::v1 as pb;
use bursar_proto::admin::v1::tenant_service_server::TenantService;
use prost::Message as _;
use secrecy::ExposeSecret as _;
use tonic::{Request, Response, Status};

use super::convert_tenant::{new_tenant, state, tenant_changes, to_tenant};
use super::new_key;
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, id, line, named};
use crate::kernel::Kernel;

/// Server of the service.
pub(crate) struct Tenants(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl TenantService for Tenants {
    async fn create_tenant(
        &self,
        request: Request<pb::CreateTenantRequest>,
    ) -> Result<Response<pb::CreateTenantResponse>, Status> {
        answer(request, |op, message| async move {
            let key = new_key()?;
            let new = new_tenant(&message, key.id, key.hash(&self.0.config.pepper))?;
            let encode = |made: &(Tenant, KeyId)| created(made).encode_to_vec();
            let dry = message.validate_only;
            let write = write(&self.0, &op, &message, &message.request_id, dry, encode)?;
            let outcome = self.0.store.tenant_create(&op, &write, new).await?;
            let text = key.text(&self.0.config.environment);
            // A key that was only tried out does not exist, so it is not shown.
            let text = if dry { String::new() } else { text.expose_secret().to_owned() };
            reply(outcome, |made| pb::CreateTenantResponse { key: text, ..created(&made) })
        })
        .await
    }

    async fn get_tenant(
        &self,
        request: Request<pb::GetTenantRequest>,
    ) -> Result<Response<pb::GetTenantResponse>, Status> {
        answer(request, |op, message| async move {
            let tenant = self.0.store.tenant_get(&op, id("id", &message.id)?).await?;
            Ok(Response::new(pb::GetTenantResponse { tenant: Some(to_tenant(&tenant)) }))
        })
        .await
    }

    async fn list_tenants(
        &self,
        request: Request<pb::ListTenantsRequest>,
    ) -> Result<Response<pb::ListTenantsResponse>, Status> {
        answer(request, |op, message| async move {
            let filter = message.filter_bytes();
            let mut checks = Checks::new();
            let state = checks.take(state::optional("state", message.state));
            let page =
                checks.take(page_request(&op, &filter, message.page_size, &message.page_token, 2));
            let (state, page) = checks.finish(|| Some((state?, page?)))?;
            let page = self.0.store.tenant_list(&op, state, &page).await?;
            let page = fit(page, |t| Cursor::at(t.created_at, t.id), to_tenant);
            let next_page_token = page_token(&op, &filter, &page);
            Ok(Response::new(pb::ListTenantsResponse { tenants: page.items, next_page_token }))
        })
        .await
    }

    async fn update_tenant(
        &self,
        request: Request<pb::UpdateTenantRequest>,
    ) -> Result<Response<pb::UpdateTenantResponse>, Status> {
        answer(request, |op, message| async move {
            let (id, revision, changes) = tenant_changes(&message)?;
            let encode = |tenant: &Tenant| updated(tenant).encode_to_vec();
            let write =
                write(&self.0, &op, &message, &message.request_id, message.validate_only, encode)?;
            let outcome = self.0.store.tenant_update(&op, &write, id, revision, changes).await?;
            reply(outcome, |tenant| updated(&tenant))
        })
        .await
    }

    async fn suspend_tenant(
        &self,
        request: Request<pb::SuspendTenantRequest>,
    ) -> Result<Response<pb::SuspendTenantResponse>, Status> {
        answer(request, |op, message| async move {
            let mut checks = Checks::new();
            let id = checks.take(named(&message.request_id, &message.id));
            let reason = checks.take(line("reason", &message.reason, MAX_REASON_CHARS));
            let id = checks.finish(|| reason.and(id))?;
            let encode = |tenant: &Tenant| suspended(tenant).encode_to_vec();
            let write = write(&self.0, &op, &message, &message.request_id, false, encode)?;
            let outcome = self.0.store.tenant_suspend(&op, &write, id).await?;
            reply(outcome, |tenant| suspended(&tenant))
        })
        .await
    }

    async fn resume_tenant(
        &self,
        request: Request<pb::ResumeTenantRequest>,
    ) -> Result<Response<pb::ResumeTenantResponse>, Status> {
        answer(request, |op, message| async move {
            let id = named(&message.request_id, &message.id)?;
            let encode = |tenant: &Tenant| resumed(tenant).encode_to_vec();
            let write = write(&self.0, &op, &message, &message.request_id, false, encode)?;
            let outcome = self.0.store.tenant_resume(&op, &write, id).await?;
            reply(outcome, |tenant| resumed(&tenant))
        })
        .await
    }

    async fn delete_tenant(
        &self,
        request: Request<pb::DeleteTenantRequest>,
    ) -> Result<Response<pb::DeleteTenantResponse>, Status> {
        answer(request, |op, message| async move {
            let id = named(&message.request_id, &message.id)?;
            let encode = |tenant: &Tenant| deleted(tenant).encode_to_vec();
            let write =
                write(&self.0, &op, &message, &message.request_id, message.validate_only, encode)?;
            let outcome = self.0.store.tenant_delete(&op, &write, id, message.force).await?;
            reply(outcome, |tenant| deleted(&tenant))
        })
        .await
    }
}

/// What a stored reply says, and a fresh one apart from the secret.
fn created((tenant, key): &(Tenant, KeyId)) -> pb::CreateTenantResponse {
    pb::CreateTenantResponse {
        tenant: Some(to_tenant(tenant)),
        key_id: key.to_string(),
        key: String::new(),
        replayed: false,
    }
}

fn updated(tenant: &Tenant) -> pb::UpdateTenantResponse {
    pb::UpdateTenantResponse { tenant: Some(to_tenant(tenant)), replayed: false }
}

fn suspended(tenant: &Tenant) -> pb::SuspendTenantResponse {
    pb::SuspendTenantResponse { tenant: Some(to_tenant(tenant)), replayed: false }
}

fn resumed(tenant: &Tenant) -> pb::ResumeTenantResponse {
    pb::ResumeTenantResponse { tenant: Some(to_tenant(tenant)), replayed: false }
}

fn deleted(tenant: &Tenant) -> pb::DeleteTenantResponse {
    pb::DeleteTenantResponse { tenant: Some(to_tenant(tenant)), replayed: false }
}
