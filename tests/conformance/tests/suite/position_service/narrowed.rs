//! Keys that are narrowed to one institution.

use bursar_proto::admin::v1::CreateApiKeyRequest;
use bursar_proto::common::v1::Role;
use bursar_proto::escrow::v1::{
    GetPositionRequest, ListLedgerEventsRequest, ListPositionEventsRequest, ListPositionsRequest,
    PositionFilter,
};
use bursar_testkit::{Caller, Server, TestTenant, attributes, ok, refused};
use serde_json::json;
use tonic::Code;

use super::{
    Funded, House, Refunded, Released, absent, accounts, go, gone, house, locked, new_position,
    paying, propose, to,
};

async fn narrowed(tenant: &TestTenant, house: &House) -> Caller {
    let request =
        CreateApiKeyRequest { institution_id: house.institution.clone(), ..Default::default() };
    let made = tenant.admin.make_key(Role::Operator, request).await;
    tenant.admin.with_key(&made.key)
}

#[tokio::test]
async fn sees_and_changes_its_institution_alone() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (own, other) = (house(&server, &tenant).await, house(&server, &tenant).await);
    let key = narrowed(&tenant, &own).await;
    let caller = &tenant.operator;
    let (buyer, seller) = accounts(caller).await;
    let (mine, foreign) =
        (locked(caller, &own, &buyer).await, locked(caller, &other, &buyer).await);

    ok(key.positions().get_position(GetPositionRequest { id: mine.id.clone(), as_of: None }).await);
    absent(
        key.positions()
            .get_position(GetPositionRequest { id: foreign.id.clone(), as_of: None })
            .await,
    );
    absent(key.positions().create_position(new_position(&other)).await);
    absent(go(&key, to(&foreign, Refunded)).await);
    let searched = super::CreatePositionRequest {
        metadata: attributes(json!({ "a": 1 })),
        ..new_position(&other)
    };
    ok(caller.positions().create_position(searched).await);
    for filter in [
        PositionFilter::default(),
        PositionFilter { institution_id: other.institution.clone(), ..Default::default() },
        PositionFilter { asset_id: other.asset.clone(), ..Default::default() },
        PositionFilter { metadata: attributes(json!({ "a": 1 })), ..Default::default() },
    ] {
        let request = ListPositionsRequest { filter: Some(filter.clone()), ..Default::default() };
        let found = ok(key.positions().list_positions(request).await).positions;
        let expected =
            if filter == PositionFilter::default() { vec![mine.clone()] } else { Vec::new() };
        assert_eq!(found, expected, "{filter:?}");
    }
    let events =
        ok(key.positions().list_position_events(ListPositionEventsRequest::default()).await).events;
    assert!(events.len() == 3 && events.iter().all(|event| event.position_id == mine.id));
    let events =
        ok(key.positions().list_ledger_events(ListLedgerEventsRequest::default()).await).events;
    assert!(events.len() == 1 && events[0].position_id == mine.id);

    // What the tenant's accounts hold is not its to direct; back to where it came from is no direction.
    let made = propose(&key, &own).await;
    for request in [paying(&made, Funded, &buyer, ""), paying(&mine, Released, &seller, "")] {
        let fault = refused(go(&key, request).await, Code::PermissionDenied, "PERMISSION_MISSING");
        assert_eq!(fault.meta("permission"), "ledger.transfer.write");
    }
    let back = gone(&key, to(&mine, Refunded)).await;
    assert_eq!((back.state(), &*back.refunded), (Refunded, "100"));
}

/// The database itself, whatever the service asks: rows of another institution can neither be seen nor written.
#[tokio::test]
async fn the_database_agrees() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (own, other) = (house(&server, &tenant).await, house(&server, &tenant).await);
    propose(&tenant.operator, &own).await;
    let foreign = propose(&tenant.operator, &other).await;
    let client = server.database.connect_app().await;
    let enter = format!(
        "BEGIN; SET LOCAL ROLE app_tenant_{}; SET LOCAL app.tenant_id = '{}'; SET LOCAL app.institution_id = '{}'",
        tenant.id.replace('-', ""),
        tenant.id,
        own.institution
    );
    client.batch_execute(&enter).await.unwrap();
    for (table, rows) in [
        ("escrow_institution", 1),
        ("escrow_asset_template", 1),
        ("escrow_asset", 1),
        ("escrow_position", 1),
        ("escrow_position_event", 1),
        ("escrow_ledger_event", 0),
    ] {
        let count = format!("SELECT count(*) FROM bursar.{table}");
        assert_eq!(client.query_one(&count, &[]).await.unwrap().get::<_, i64>(0), rows, "{table}");
    }
    let update =
        format!("UPDATE bursar.escrow_position SET state = 'expired' WHERE id = '{}'", foreign.id);
    assert_eq!(client.execute(&update, &[]).await.unwrap(), 0);
    let insert = format!(
        "INSERT INTO bursar.escrow_asset (tenant_id, id, institution_id, template_id, label)
         VALUES ('{}', gen_random_uuid(), '{}', '{}', 'x')",
        tenant.id, other.institution, other.template
    );
    let error = client.batch_execute(&insert).await.unwrap_err();
    assert!(error.as_db_error().unwrap().message().contains("row-level security"), "{error:?}");
}

/// Events are append-only, for the owner too.
#[tokio::test]
async fn events_never_change() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let house = house(&server, &tenant).await;
    let (buyer, _) = accounts(&tenant.operator).await;
    locked(&tenant.operator, &house, &buyer).await;
    let client = server.database.connect().await;
    for table in ["escrow_position_event", "escrow_ledger_event", "escrow_policy_change"] {
        for change in [
            format!("DELETE FROM bursar.{table}"),
            format!("UPDATE bursar.{table} SET key_id = key_id"),
        ] {
            let error = client.batch_execute(&change).await.unwrap_err();
            let text = error.as_db_error().unwrap().message();
            assert!(text.contains("append-only"), "{change}: {text}");
        }
    }
}
