//! The services put together: routes, reflection, health, and the way to stop.

use std::sync::Arc;

use bursar_domain::limits::MAX_MESSAGE_BYTES;
use bursar_proto::DESCRIPTOR_SET;
use bursar_proto::admin::v1::api_key_service_server::ApiKeyServiceServer;
use bursar_proto::admin::v1::server_service_server::ServerServiceServer;
use bursar_proto::admin::v1::tenant_service_server::TenantServiceServer;
use bursar_proto::audit::v1::audit_service_server::AuditServiceServer;
use bursar_proto::escrow::v1::asset_service_server::AssetServiceServer as EscrowAssetServiceServer;
use bursar_proto::escrow::v1::asset_template_service_server::AssetTemplateServiceServer;
use bursar_proto::escrow::v1::institution_service_server::InstitutionServiceServer;
use bursar_proto::escrow::v1::policy_service_server::PolicyServiceServer;
use bursar_proto::escrow::v1::position_service_server::PositionServiceServer;
use bursar_proto::ledger::v1::account_service_server::AccountServiceServer;
use bursar_proto::ledger::v1::asset_service_server::AssetServiceServer;
use bursar_proto::ledger::v1::period_service_server::PeriodServiceServer;
use bursar_proto::ledger::v1::transfer_service_server::TransferServiceServer;
use bursar_proto::operation::v1::operation_service_server::OperationServiceServer;
use bursar_proto::trace::v1::trace_service_server::TraceServiceServer;
use bursar_proto::trading::v1::cursor_service_server::CursorServiceServer;
use bursar_proto::trading::v1::decision_service_server::DecisionServiceServer;
use bursar_proto::trading::v1::execution_service_server::ExecutionServiceServer;
use bursar_proto::trading::v1::review_service_server::ReviewServiceServer;
use bursar_proto::trading::v1::strategy_service_server::StrategyServiceServer;
use bursar_store::Store;
use tokio::sync::watch;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::kernel::{ApiConfig, Kernel, Phase, RateLimits};
use crate::keys::Keys;
use crate::layers::StreamMeters;
use crate::rules::Rules;
use crate::{admin, audit, escrow, ledger, operation, trace, trading};

/// The services of Bursar, ready to be put behind a stack of [`crate::layers`]. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    pub(crate) kernel: Arc<Kernel>,
    health: HealthReporter,
    database: watch::Receiver<bool>,
    routes: Routes,
}

macro_rules! add {
    ($routes:ident, $($server:expr),+ $(,)?) => {$(
        $routes.add_service($server.max_decoding_message_size(MAX_MESSAGE_BYTES).accept_compressed(Gzip));
    )+};
}

impl Api {
    /// Reads the rules from the descriptors and builds the services, within a tokio runtime.
    /// Fails when an RPC has no complete rule.
    pub fn new(store: Store, config: ApiConfig) -> Result<Self, String> {
        let rates = watch::Sender::new(config.rates);
        let database = store.health();
        let kernel = Arc::new(Kernel {
            store,
            config,
            rules: Arc::new(Rules::load()?),
            keys: Keys::new(),
            streams: StreamMeters::new(),
            phase: watch::Sender::new(Phase::Serving),
            rates,
        });
        let health = HealthReporter::new();
        let mut routes = Routes::builder();
        add!(
            routes,
            ServerServiceServer::new(admin::Servers(kernel.clone())),
            TenantServiceServer::new(admin::Tenants(kernel.clone())),
            ApiKeyServiceServer::new(admin::ApiKeys(kernel.clone())),
            AssetServiceServer::new(ledger::Assets(kernel.clone())),
            AccountServiceServer::new(ledger::Accounts(kernel.clone())),
            TransferServiceServer::new(ledger::Transfers(kernel.clone())),
            PeriodServiceServer::new(ledger::Periods(kernel.clone())),
            EscrowAssetServiceServer::new(escrow::Assets(kernel.clone())),
            AssetTemplateServiceServer::new(escrow::AssetTemplates(kernel.clone())),
            InstitutionServiceServer::new(escrow::Institutions(kernel.clone())),
            PolicyServiceServer::new(escrow::Policies(kernel.clone())),
            PositionServiceServer::new(escrow::Positions(kernel.clone())),
            OperationServiceServer::new(operation::Operations(kernel.clone())),
            AuditServiceServer::new(audit::AuditEvents(kernel.clone())),
            TraceServiceServer::new(trace::Traces(kernel.clone())),
            StrategyServiceServer::new(trading::Strategies(kernel.clone())),
            DecisionServiceServer::new(trading::Decisions(kernel.clone())),
            ExecutionServiceServer::new(trading::Executions(kernel.clone())),
            ReviewServiceServer::new(trading::Reviews(kernel.clone())),
            CursorServiceServer::new(trading::Cursors(kernel.clone())),
        );
        routes.add_service(HealthServer::new(HealthService::from_health_reporter(health.clone())));
        let fault = |error| {
            format!("reflection cannot serve the embedded descriptors: {error}; run `make proto`")
        };
        routes.add_service(reflection().build_v1().map_err(fault)?);
        routes.add_service(reflection().build_v1alpha().map_err(fault)?);
        Ok(Self { kernel, health, database, routes: routes.routes().prepare() })
    }

    /// All services. Put them behind the layers: alone they refuse every call of Bursar's own.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// Drives the health service, until the server has stopped and nobody asks any more: spawn it.
    /// Every service, and the whole (`""`), is SERVING while the database answers and the server is not on its
    /// way to its end.
    pub async fn health_reporter(&self) {
        let mut database = self.database.clone();
        let mut phase = self.kernel.phase.subscribe();
        loop {
            let serving =
                *database.borrow_and_update() && *phase.borrow_and_update() == Phase::Serving;
            self.report(if serving { ServingStatus::Serving } else { ServingStatus::NotServing })
                .await;
            let gone = tokio::select! {
                changed = database.changed() => changed.is_err(),
                changed = phase.changed() => changed.is_err(),
            };
            if gone {
                return self.report(ServingStatus::NotServing).await;
            }
        }
    }

    /// Goes on to the next phase of the server's end.
    pub fn set_phase(&self, phase: Phase) {
        self.kernel.phase.send_replace(phase);
    }

    /// Sets the limits on the rate of calls, from the next call on.
    pub fn set_rates(&self, rates: RateLimits) {
        self.kernel.rates.send_replace(rates);
    }

    async fn report(&self, status: ServingStatus) {
        for service in self.kernel.rules.services().iter().map(String::as_str).chain([""]) {
            self.health.set_service_status(service, status).await;
        }
    }
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
