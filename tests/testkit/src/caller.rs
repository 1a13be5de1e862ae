//! Clients that present a key.

use std::time::Duration;

use bursar_proto::admin::v1::api_key_service_client::ApiKeyServiceClient;
use bursar_proto::admin::v1::server_service_client::ServerServiceClient;
use bursar_proto::admin::v1::tenant_service_client::TenantServiceClient;
use bursar_proto::admin::v1::{CreateApiKeyRequest, CreateApiKeyResponse};
use bursar_proto::audit::v1::audit_service_client::AuditServiceClient;
use bursar_proto::common::v1::Role;
use bursar_proto::escrow::v1::asset_service_client::AssetServiceClient as EscrowAssetServiceClient;
use bursar_proto::escrow::v1::asset_template_service_client::AssetTemplateServiceClient;
use bursar_proto::escrow::v1::institution_service_client::InstitutionServiceClient;
use bursar_proto::escrow::v1::policy_service_client::PolicyServiceClient;
use bursar_proto::escrow::v1::position_service_client::PositionServiceClient;
use bursar_proto::ledger::v1::account_service_client::AccountServiceClient;
use bursar_proto::ledger::v1::asset_service_client::AssetServiceClient;
use bursar_proto::ledger::v1::period_service_client::PeriodServiceClient;
use bursar_proto::ledger::v1::transfer_service_client::TransferServiceClient;
use bursar_proto::operation::v1::operation_service_client::OperationServiceClient;
use bursar_proto::trace::v1::trace_service_client::TraceServiceClient;
use bursar_proto::trading::v1::cursor_service_client::CursorServiceClient;
use bursar_proto::trading::v1::decision_service_client::DecisionServiceClient;
use bursar_proto::trading::v1::execution_service_client::ExecutionServiceClient;
use bursar_proto::trading::v1::review_service_client::ReviewServiceClient;
use bursar_proto::trading::v1::strategy_service_client::StrategyServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

use crate::ledger::id;
use crate::log;

/// Puts the key into the metadata of each call.
#[derive(Clone)]
pub struct Keyed(Option<MetadataValue<Ascii>>);

impl Interceptor for Keyed {
    fn call(
        &mut self,
        mut request: tonic::Request<()>,
    ) -> Result<tonic::Request<()>, tonic::Status> {
        if let Some(key) = &self.0 {
            request.metadata_mut().insert("authorization", key.clone());
        }
        Ok(request)
    }
}

/// Calls one server with one key.
#[derive(Clone)]
pub struct Caller {
    channel: Channel,
    key: Keyed,
    /// The key's text; empty for none.
    pub key_text: String,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident: $client:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> $client<InterceptedService<Channel, Keyed>> {
            $client::with_interceptor(self.channel.clone(), self.key.clone())
        }
    )*};
}

impl Caller {
    /// Calls the server at that port of this machine.
    pub fn new(port: u16, key: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}"))
            .expect("an address")
            .connect_timeout(Duration::from_secs(5));
        Self::at(&endpoint, key)
    }

    /// Calls the server at that endpoint, which may have TLS.
    pub fn at(endpoint: &Endpoint, key: &str) -> Self {
        Self { channel: endpoint.connect_lazy(), key: keyed(key), key_text: key.to_owned() }
    }

    /// The same connection with another key; none when it is empty.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { channel: self.channel.clone(), key: keyed(key), key_text: key.to_owned() }
    }

    /// A new key of that role, made by this caller.
    pub async fn new_key(&self, role: Role) -> Self {
        let made = self.make_key(role, CreateApiKeyRequest::default()).await;
        self.with_key(&made.key)
    }

    /// A new key of that role, made by this caller, with the further fields of `request`.
    pub async fn make_key(&self, role: Role, request: CreateApiKeyRequest) -> CreateApiKeyResponse {
        let request = CreateApiKeyRequest {
            request_id: id(),
            label: format!("{role:?}"),
            role: role.into(),
            ..request
        };
        self.keys().create_api_key(request).await.expect("a key").into_inner()
    }

    /// The bare connection.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    clients! {
        /// Client of `ServerService`.
        server: ServerServiceClient;
        /// Client of `TenantService`.
        tenants: TenantServiceClient;
        /// Client of `ApiKeyService`.
        keys: ApiKeyServiceClient;
        /// Client of `AssetService`.
        assets: AssetServiceClient;
        /// Client of `AccountService`.
        accounts: AccountServiceClient;
        /// Client of `TransferService`.
        transfers: TransferServiceClient;
        /// Client of `PeriodService`.
        periods: PeriodServiceClient;
        /// Client of `PositionService`.
        positions: PositionServiceClient;
        /// Client of escrow's `AssetService`.
        escrow_assets: EscrowAssetServiceClient;
        /// Client of `AssetTemplateService`.
        asset_templates: AssetTemplateServiceClient;
        /// Client of `InstitutionService`.
        institutions: InstitutionServiceClient;
        /// Client of `PolicyService`.
        policies: PolicyServiceClient;
        /// Client of `OperationService`.
        operations: OperationServiceClient;
        /// Client of `AuditService`.
        audit: AuditServiceClient;
        /// Client of `TraceService`.
        traces: TraceServiceClient;
        /// Client of `StrategyService`.
        strategies: StrategyServiceClient;
        /// Client of `DecisionService`.
        decisions: DecisionServiceClient;
        /// Client of `ExecutionService`.
        executions: ExecutionServiceClient;
        /// Client of `ReviewService`.
        reviews: ReviewServiceClient;
        /// Client of `CursorService`.
        cursors: CursorServiceClient;
    }
}

fn keyed(key: &str) -> Keyed {
    // bsr_<env>_<keyid>_<secret>_<checksum>: the id may be logged.
    if let Some(secret) = key.split('_').nth(3) {
        log::plant(secret);
    }
    Keyed((!key.is_empty()).then(|| format!("Bearer {key}").parse().expect("a header value")))
}
