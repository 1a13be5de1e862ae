//! `ServerService`: who the caller is, and what the server is.

use std::sync::Arc;

use bursar_domain::Error;
use bursar_domain::limits::{MAX_BATCH_TRANSFERS, MAX_MESSAGE_BYTES, MAX_PAGE_SIZE};
use bursar_proto::admin::v1::server_service_server::ServerService;
use bursar_proto::admin::v1::{
    GetServerInfoRequest, GetServerInfoResponse, WhoAmIRequest, WhoAmIResponse,
};
use bursar_store::Info;
use tonic::{Request, Response, Status};

use crate::ApiConfig;
use crate::call::answer;
use crate::convert::{now, role, to_optional_id, to_timestamp};
use crate::kernel::Kernel;
use crate::layers::Caller;

/// Server of the service.
pub(crate) struct Servers(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl ServerService for Servers {
    async fn who_am_i(
        &self,
        request: Request<WhoAmIRequest>,
    ) -> Result<Response<WhoAmIResponse>, Status> {
        let caller = request.extensions().get::<Caller>().cloned();
        answer(request, |op, _| async move {
            let caller =
                caller.ok_or_else(|| Error::Internal("the auth layer left no caller".into()))?;
            Ok(Response::new(WhoAmIResponse {
                tenant_id: op.tenant.to_string(),
                tenant_name: caller.tenant_name,
                key_id: op.actor.key.to_string(),
                label: caller.label,
                role: role::wire(op.actor.role),
                institution_id: to_optional_id(op.actor.institution),
                expires_at: caller.expires_at.map(to_timestamp),
            }))
        })
        .await
    }

    async fn get_server_info(
        &self,
        request: Request<GetServerInfoRequest>,
    ) -> Result<Response<GetServerInfoResponse>, Status> {
        answer(request, |_, _| async move {
            let info = self.0.store.info()?;
            Ok(Response::new(server_info(&self.0.config, info)))
        })
        .await
    }
}

fn server_info(config: &ApiConfig, database: Info) -> GetServerInfoResponse {
    GetServerInfoResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: database.schema_version,
        postgres_version: database.postgres_version,
        store_backend: config.store_backend.clone(),
        environment: config.environment.clone(),
        now: Some(to_timestamp(now())),
        max_batch_items: wire(MAX_BATCH_TRANSFERS),
        max_page_size: wire(MAX_PAGE_SIZE),
        max_message_bytes: wire(MAX_MESSAGE_BYTES),
        request_id_days: i32::try_from(config.request_id_days).unwrap_or(i32::MAX),
    }
}

fn wire(limit: usize) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}
