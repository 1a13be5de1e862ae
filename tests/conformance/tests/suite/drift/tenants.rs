//! What onboarding makes: roles, schemas, views.

use bursar_testkit::{Server, tenant_role};

use super::{assert_told, told};

#[tokio::test]
async fn a_tenants_roles_views_and_rights() {
    let mut server = Server::start().await;
    let (one, two) = (server.tenant().await.id, server.tenant().await.id);
    server.stop().await;
    let database = &server.database;
    assert_eq!(told(&database.admin_url).await, [""; 0], "onboarding is no drift");

    let (role, other) = (tenant_role(&one), tenant_role(&two));
    let (schema, second) = (role.replace("app_", ""), other.replace("app_", ""));
    let reader = format!("reader_of_{}", database.name);
    database.sql(&format!("CREATE ROLE {reader}")).await;
    let by_hand = [
        format!("GRANT SELECT ON bursar.ledger_hold TO {role}"),
        format!(
            "GRANT SELECT ON {schema}.ledger_hold TO {reader}; GRANT USAGE ON SCHEMA {schema} TO PUBLIC"
        ),
        format!("GRANT SELECT (amount) ON {schema}.ledger_transfer TO {other}"),
        format!("REVOKE SELECT ON {schema}.audit_event FROM {role}"),
        format!("DROP VIEW {schema}.ref_asset; DROP VIEW {second}.ref_asset"),
        format!("ALTER VIEW {schema}.ledger_account SET (security_invoker = false)"),
        format!(
            "CREATE OR REPLACE VIEW {second}.ledger_account WITH (security_invoker = true) AS
             SELECT * FROM bursar.ledger_account WHERE state = 'open'"
        ),
        format!("CREATE TABLE {schema}.own (id int)"),
        format!("ALTER ROLE {role} LOGIN"),
        format!("ALTER ROLE {role} SET row_security = off"),
        format!("GRANT {role} TO {reader}"),
        format!("GRANT pg_read_all_data TO {role}"),
        // Who granted it takes it away.
        format!("SET ROLE bursar_owner; REVOKE bursar_tenant FROM {other}"),
    ];
    let lines = [
        format!("grant SELECT on bursar.ledger_hold to {role}: unexpected"),
        format!("grant SELECT on {schema}.ledger_hold to {reader}: unexpected"),
        format!("grant USAGE on schema {schema} to PUBLIC: unexpected"),
        format!("grant SELECT (amount) on {schema}.ledger_transfer to {other}: unexpected"),
        format!("grant SELECT on {schema}.audit_event to {role}: missing"),
        "tenant view ref_asset: changed".to_owned(),
        "tenant view ledger_account: changed".to_owned(),
        format!("table {schema}.own: unexpected"),
        format!("role {role}: changed"),
        format!("role setting row_security of {role}: unexpected"),
        format!("membership {reader} of {role}: unexpected"),
        format!("membership {role} of pg_read_all_data: unexpected"),
        format!("membership {other} of bursar_tenant: missing"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_told(database, &[(&by_hand.join(";"), &lines)]).await;

    let drifts = bursar_migrations::drift(&database.admin_url).await.unwrap();
    let found = |name: &str| {
        let of = |drift: &&bursar_migrations::Drift| drift.object == name;
        drifts.iter().find(of).and_then(|drift| drift.found.clone()).unwrap()
    };
    let first = [&schema, &second].into_iter().min().unwrap();
    assert_eq!(found("ref_asset"), format!("missing in 2 of 2 schemas, such as {first}"));
    assert_eq!(
        found("ledger_account"),
        format!(
            "another query than SELECT * FROM bursar.ledger_account in 1 of 2 schemas, such as {second}; \
             not security_invoker in 1 of 2 schemas, such as {schema}"
        )
    );
    // Roles belong to the cluster, and its other tests go on.
    database
        .sql(&format!("REVOKE pg_read_all_data FROM {role}; REVOKE {role} FROM {reader}"))
        .await;
}
