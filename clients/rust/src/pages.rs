//! Lists as streams of their items.

use std::collections::VecDeque;
use std::future::Future;

use futures::Stream;
use tonic::{Response, Status};

use crate::error::Error;
use crate::layer::Connection;

/// A request of a method that lists. All of them have it; there is nothing to implement.
pub trait List: Clone + Send + Unpin + 'static {
    /// What is listed.
    type Item: Send + Unpin;
    /// A page of it.
    #[doc(hidden)]
    type Reply: Send;
    /// The path of the method.
    #[doc(hidden)]
    const PATH: &'static str;
    /// Asks for the page after a token.
    #[doc(hidden)]
    fn after(&mut self, token: String);
    /// Calls the method.
    #[doc(hidden)]
    fn call(
        self,
        connection: Connection,
    ) -> impl Future<Output = Result<Response<Self::Reply>, Status>> + Send;
    /// The items of a page, and the token of the next one.
    #[doc(hidden)]
    fn split(reply: Self::Reply) -> (Vec<Self::Item>, String);
}

/// The items of all pages, in order. A page is fetched when an item of it is asked for; `page_size` of the request says how
/// many come at a time.
#[derive(Debug)]
pub struct Pages<L: List> {
    connection: Connection,
    request: L,
    items: VecDeque<L::Item>,
    read: u64,
    more: bool,
}

impl<L: List> Pages<L> {
    pub(crate) fn new(connection: Connection, request: L) -> Self {
        Self { connection, request, items: VecDeque::new(), read: 0, more: true }
    }

    /// The next item; `None` after the last one.
    ///
    /// # Errors
    ///
    /// That of the call for the next page. Asking again calls again.
    pub async fn next(&mut self) -> Result<Option<L::Item>, Error> {
        // A page may be empty and not the last.
        while self.items.is_empty() && self.more {
            let reply = self.request.clone().call(self.connection.clone()).await?;
            let (items, token) = L::split(reply.into_inner());
            self.read += 1;
            self.more = !token.is_empty();
            self.items = items.into();
            self.request.after(token);
        }
        Ok(self.items.pop_front())
    }

    /// The items as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<L::Item, Error>> + Send {
        futures::stream::try_unfold(self, |mut pages| async move {
            Ok(pages.next().await?.map(|item| (item, pages)))
        })
    }

    /// How many pages were fetched so far.
    pub fn pages_read(&self) -> u64 {
        self.read
    }
}

/// Calls another macro with a line for each method that lists: package, client, request, reply, method, field of the
/// items, their type, and path.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_list {
    ($callback:ident) => {
        $callback! {
            admin api_key_service_client::ApiKeyServiceClient ListApiKeysRequest ListApiKeysResponse list_api_keys api_keys ApiKey "bursar.admin.v1.ApiKeyService/ListApiKeys";
            admin tenant_service_client::TenantServiceClient ListTenantsRequest ListTenantsResponse list_tenants tenants Tenant "bursar.admin.v1.TenantService/ListTenants";
            audit audit_service_client::AuditServiceClient ListAuditEventsRequest ListAuditEventsResponse list_audit_events events AuditEvent "bursar.audit.v1.AuditService/ListAuditEvents";
            escrow asset_service_client::AssetServiceClient ListAssetsRequest ListAssetsResponse list_assets assets Asset "bursar.escrow.v1.AssetService/ListAssets";
            escrow asset_template_service_client::AssetTemplateServiceClient ListAssetTemplatesRequest ListAssetTemplatesResponse list_asset_templates asset_templates AssetTemplate "bursar.escrow.v1.AssetTemplateService/ListAssetTemplates";
            escrow institution_service_client::InstitutionServiceClient ListInstitutionsRequest ListInstitutionsResponse list_institutions institutions Institution "bursar.escrow.v1.InstitutionService/ListInstitutions";
            escrow policy_service_client::PolicyServiceClient ListInstitutionPoliciesRequest ListInstitutionPoliciesResponse list_institution_policies policies InstitutionPolicy "bursar.escrow.v1.PolicyService/ListInstitutionPolicies";
            escrow policy_service_client::PolicyServiceClient ListInstitutionPolicyChangesRequest ListInstitutionPolicyChangesResponse list_institution_policy_changes changes InstitutionPolicyChange "bursar.escrow.v1.PolicyService/ListInstitutionPolicyChanges";
            escrow position_service_client::PositionServiceClient ListLedgerEventsRequest ListLedgerEventsResponse list_ledger_events events LedgerEvent "bursar.escrow.v1.PositionService/ListLedgerEvents";
            escrow position_service_client::PositionServiceClient ListPositionEventsRequest ListPositionEventsResponse list_position_events events PositionEvent "bursar.escrow.v1.PositionService/ListPositionEvents";
            escrow position_service_client::PositionServiceClient ListPositionsRequest ListPositionsResponse list_positions positions Position "bursar.escrow.v1.PositionService/ListPositions";
            ledger account_service_client::AccountServiceClient GetStatementRequest GetStatementResponse get_statement lines StatementLine "bursar.ledger.v1.AccountService/GetStatement";
            ledger account_service_client::AccountServiceClient ListAccountsRequest ListAccountsResponse list_accounts accounts Account "bursar.ledger.v1.AccountService/ListAccounts";
            ledger account_service_client::AccountServiceClient ListBalancesRequest ListBalancesResponse list_balances balances AccountBalance "bursar.ledger.v1.AccountService/ListBalances";
            ledger asset_service_client::AssetServiceClient ListAssetsRequest ListAssetsResponse list_assets assets Asset "bursar.ledger.v1.AssetService/ListAssets";
            ledger period_service_client::PeriodServiceClient ListPeriodsRequest ListPeriodsResponse list_periods periods Period "bursar.ledger.v1.PeriodService/ListPeriods";
            ledger transfer_service_client::TransferServiceClient ListTransfersRequest ListTransfersResponse list_transfers transfers Transfer "bursar.ledger.v1.TransferService/ListTransfers";
            trace trace_service_client::TraceServiceClient ListOrphansRequest ListOrphansResponse list_orphans orphans TraceOrphan "bursar.trace.v1.TraceService/ListOrphans";
            trading cursor_service_client::CursorServiceClient ListCursorsRequest ListCursorsResponse list_cursors cursors Cursor "bursar.trading.v1.CursorService/ListCursors";
            trading decision_service_client::DecisionServiceClient ListDecisionsRequest ListDecisionsResponse list_decisions decisions Decision "bursar.trading.v1.DecisionService/ListDecisions";
            trading execution_service_client::ExecutionServiceClient ListExecutionsRequest ListExecutionsResponse list_executions executions Execution "bursar.trading.v1.ExecutionService/ListExecutions";
            trading review_service_client::ReviewServiceClient ListReviewsRequest ListReviewsResponse list_reviews reviews Review "bursar.trading.v1.ReviewService/ListReviews";
            trading strategy_service_client::StrategyServiceClient ListStrategiesRequest ListStrategiesResponse list_strategies strategies Strategy "bursar.trading.v1.StrategyService/ListStrategies";
        }
    };
}

macro_rules! lists {
    ($($package:ident $module:ident::$client:ident $request:ident $reply:ident $method:ident $items:ident $item:ident
        $path:literal;)*) => {
        $(impl List for bursar_proto::$package::v1::$request {
            type Item = bursar_proto::$package::v1::$item;
            type Reply = bursar_proto::$package::v1::$reply;
            const PATH: &'static str = $path;

            fn after(&mut self, token: String) {
                self.page_token = token;
            }

            async fn call(self, connection: Connection) -> Result<Response<Self::Reply>, Status> {
                bursar_proto::$package::v1::$module::$client::new(connection).$method(self).await
            }

            fn split(reply: Self::Reply) -> (Vec<Self::Item>, String) {
                (reply.$items, reply.next_page_token)
            }
        })*

        #[cfg(test)]
        const PATHS: &[&str] = &[$($path),*];
    };
}

for_each_list!(lists);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_with_pages_is_here() {
        let mut listed: Vec<_> = PATHS.iter().map(|path| format!("/{path}")).collect();
        listed.sort();
        assert_eq!(listed, crate::methods::paged());
    }
}
