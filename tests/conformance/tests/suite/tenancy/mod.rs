//! Tenants are walled off in the database itself, whatever the service believes (E3), and a server refuses to run where
//! the walls do not stand.

mod config;
mod guards;
mod start;
mod walls;

use crate::position_service::{accounts, house, locked, policy};
use bursar_proto::ledger::v1::{BalanceRule, ClosePeriodRequest, CreateAssetRequest};
use bursar_proto::trading::v1::{AdvanceCursorRequest, NewExecution, RecordReviewRequest};
use bursar_testkit::{Server, TestTenant, held, id, moved, new_account, ok, trading};

use crate::audit_service::seals::sealed;
use crate::trace_service::link;

/// The reporting views of a tenant: none of keys or remembered calls.
pub(crate) const VIEWS: [&str; 22] = [
    "audit_event",
    "audit_seal",
    "escrow_asset",
    "escrow_asset_template",
    "escrow_institution",
    "escrow_institution_tag",
    "escrow_ledger_event",
    "escrow_policy",
    "escrow_policy_change",
    "escrow_position",
    "escrow_position_event",
    "ledger_account",
    "ledger_hold",
    "ledger_period",
    "ledger_transfer",
    "ref_asset",
    "trace_link",
    "trading_cursor",
    "trading_decision",
    "trading_execution",
    "trading_review",
    "trading_strategy",
];

/// A server with two tenants that have rows in every table.
async fn two() -> (Server, TestTenant, TestTenant) {
    let server = Server::start().await;
    let (a, b) = (server.tenant().await, server.tenant().await);
    for (tenant, code) in [(&a, "OWNA"), (&b, "OWNB")] {
        let asset = CreateAssetRequest {
            request_id: id(),
            code: code.into(),
            name: "own".into(),
            scale: 2,
            kind: bursar_proto::ledger::v1::AssetKind::Other.into(),
            ..Default::default()
        };
        ok(tenant.admin.assets().create_asset(asset).await);
        let from = new_account(&tenant.operator, code, BalanceRule::Unlimited).await;
        let to = new_account(&tenant.operator, code, BalanceRule::Unlimited).await;
        let transfer = moved(&tenant.operator, &from, &to, "1.00").await;
        trading(tenant, transfer.id).await;
        held(&tenant.operator, &from, &to, "2.00").await;
        let ends_on = "2000-01-31".to_owned();
        let close = ClosePeriodRequest { request_id: id(), ends_on, validate_only: false };
        ok(tenant.admin.periods().close_period(close).await);
        escrow(&server, tenant).await;
        let transfer = crate::trace_service::transfers(tenant, 1).await.remove(0);
        link(&server, tenant, "position", &id(), &[&transfer.id]).await.unwrap();
    }
    for tenant in [&a, &b] {
        sealed(&server, tenant).await;
    }
    (server, a, b)
}

/// Rows in every table of escrow, and the link of a position to its transfer.
async fn escrow(server: &Server, tenant: &TestTenant) {
    let house = house(server, tenant).await;
    policy(server, tenant, &house, "four_eyes", "false").await;
    let (tenant_id, institution) = (&tenant.id, &house.institution);
    let more = format!(
        "INSERT INTO bursar.escrow_institution_tag (tenant_id, institution_id, kind, value)
             VALUES ('{tenant_id}', '{institution}', 'region', 'EU');
         INSERT INTO bursar.escrow_policy_change (tenant_id, institution_id, region, revision, after, key_id)
             VALUES ('{tenant_id}', '{institution}', 'EU', 1, '{{}}', gen_random_uuid())"
    );
    server.database.sql(&more).await;
    let (buyer, _) = accounts(&tenant.operator).await;
    locked(&tenant.operator, &house, &buyer).await;
}

/// A row in every table of trading, and a link to the transfer.
async fn trading(tenant: &TestTenant, transfer: String) {
    let strategy = trading::strategy(&tenant.admin).await;
    let decision = trading::decision(&tenant.operator, &strategy).await;
    let fill = NewExecution { transfer_ids: vec![transfer], ..trading::new_fill(&decision) };
    trading::execution(&tenant.operator, fill).await;
    let review = RecordReviewRequest {
        request_id: id(),
        decision_id: decision.id,
        model: "m".into(),
        verdict: "v".into(),
        input_json: "1".into(),
        response_json: "2".into(),
        ..Default::default()
    };
    ok(tenant.operator.reviews().record_review(review).await);
    let name = "c".into();
    let advance =
        AdvanceCursorRequest { request_id: id(), name, position: 1, ..Default::default() };
    ok(tenant.operator.cursors().advance_cursor(advance).await);
}

/// Every table of the schema, as the catalog has them.
async fn tables(server: &Server) -> Vec<String> {
    let query = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'bursar' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1";
    let tables: Vec<String> =
        server.database.rows(query).await.iter().map(|row| row.get(0)).collect();
    assert!(tables.len() >= 8, "{tables:?}");
    tables
}
