//! The one object to hold: a client of every service, on one connection.

use bursar_proto::admin::v1::api_key_service_client::ApiKeyServiceClient;
use bursar_proto::admin::v1::server_service_client::ServerServiceClient;
use bursar_proto::admin::v1::tenant_service_client::TenantServiceClient;
use bursar_proto::audit::v1::audit_service_client::AuditServiceClient;
use bursar_proto::escrow::v1::asset_service_client::AssetServiceClient as EscrowAssetServiceClient;
use bursar_proto::escrow::v1::asset_template_service_client::AssetTemplateServiceClient;
use bursar_proto::escrow::v1::institution_service_client::InstitutionServiceClient;
use bursar_proto::escrow::v1::policy_service_client::PolicyServiceClient;
use bursar_proto::escrow::v1::position_service_client::PositionServiceClient;
use bursar_proto::ledger::v1::NewTransfer;
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
use futures::Stream;

use crate::error::Error;
use crate::layer::Connection;
use crate::options::Options;
use crate::pages::{List, Pages};
use crate::stream::TransferStream;

/// A client of all services. Clones share its connection, which is made with the first call and made again when it ends.
#[derive(Debug, Clone)]
pub struct Client {
    connection: Connection,
    unanswered: usize,
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $client:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> $client<Connection> {
            $client::new(self.connection.clone())
        }
    )*};
}

impl Client {
    /// A client of the server that the environment names: see [`Options::from_env`].
    ///
    /// # Errors
    ///
    /// `INVALID_CONFIG` when something of it is missing or cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::new(&Options::from_env()?)
    }

    /// A client of a server. Must be called within a Tokio runtime; the server need not be there yet.
    ///
    /// # Errors
    ///
    /// `INVALID_CONFIG` when the address, a file or the key cannot be used.
    pub fn new(options: &Options) -> Result<Self, Error> {
        let channel = options.endpoint()?.connect_lazy();
        let key = options.authorization()?;
        let connection = Connection::new(channel, key, options.deadline, options.attempts);
        Ok(Self { connection, unanswered: options.unanswered })
    }

    /// The connection, for a generated client of your own making.
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// Lists all items of all pages: see [`Pages`].
    pub fn list<L: List>(&self, request: L) -> Pages<L> {
        Pages::new(self.connection.clone(), request)
    }

    /// Sends transfers without an end: see [`TransferStream`].
    pub fn stream_transfers<S>(&self, transfers: S) -> TransferStream
    where
        S: Stream<Item = NewTransfer> + Send + 'static,
    {
        TransferStream::start(self.transfers(), transfers, self.unanswered)
    }

    services! {
        /// Who the key is, and what the server takes.
        server: ServerServiceClient;
        /// Tenants, for keys of the platform.
        tenants: TenantServiceClient;
        /// API keys.
        api_keys: ApiKeyServiceClient;
        /// The ledger's assets: currencies and tokens.
        assets: AssetServiceClient;
        /// The ledger's accounts and their balances.
        accounts: AccountServiceClient;
        /// Transfers: the only way money moves.
        transfers: TransferServiceClient;
        /// Accounting periods.
        periods: PeriodServiceClient;
        /// What became of a call whose reply was lost.
        operations: OperationServiceClient;
        /// Institutions of the escrow domain.
        institutions: InstitutionServiceClient;
        /// Kinds of things that money is held for.
        asset_templates: AssetTemplateServiceClient;
        /// Things that money is held for.
        escrow_assets: EscrowAssetServiceClient;
        /// What institutions ask of positions.
        policies: PolicyServiceClient;
        /// Positions: money that is held.
        positions: PositionServiceClient;
        /// Strategies of the trading domain.
        strategies: StrategyServiceClient;
        /// Decisions of strategies.
        decisions: DecisionServiceClient;
        /// Reviews of decisions.
        reviews: ReviewServiceClient;
        /// Fills of decisions.
        executions: ExecutionServiceClient;
        /// Named marks of progress.
        cursors: CursorServiceClient;
        /// The trail of all changes.
        audit: AuditServiceClient;
        /// From money to what it belongs to, and back.
        traces: TraceServiceClient;
    }
}
