//! Append-only by triggers and by grants: neither the owner nor any role of the service can change what was written.

use bursar_testkit::{Server, moved, tenant_role};

use super::two_accounts;

const TABLES: [(&str, &str); 6] = [
    ("audit_event", "action"),
    ("audit_seal", "hash"),
    ("ledger_transfer", "code"),
    ("trace_link", "kind"),
    ("trading_execution", "symbol"),
    ("trading_review", "verdict"),
];

fn changes(table: &str, column: &str) -> [String; 5] {
    [
        format!("UPDATE bursar.{table} SET {column} = 'x'"),
        format!("UPDATE bursar.{table} SET {column} = {column} WHERE false"),
        format!("DELETE FROM bursar.{table}"),
        format!("TRUNCATE bursar.{table} CASCADE"),
        format!(
            "MERGE INTO bursar.{table} t USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE"
        ),
    ]
}

#[tokio::test]
async fn not_even_the_owner_changes_what_was_written() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (one, two) = two_accounts(&tenant).await;
    moved(&tenant.operator, &one, &two, "5").await;
    let rows = "SELECT (SELECT json_agg(t ORDER BY id) FROM bursar.audit_event t)::text,
                       (SELECT json_agg(t ORDER BY id) FROM bursar.ledger_transfer t)::text";
    let written = async || -> (String, String) {
        let row = &server.database.rows(rows).await[0];
        (row.get(0), row.get(1))
    };
    let before = written().await;
    assert!(before.0.contains("account.create") && before.1.contains("direct"));
    let administrator =
        server.database.rows("SELECT current_user::text").await[0].get::<_, String>(0);
    let role = tenant_role(&tenant.id);
    for (table, column) in TABLES {
        for change in changes(table, column) {
            // A superuser passes grants and row-level security, and still not the trigger.
            for owner in ["bursar_owner", &administrator] {
                let (state, message) =
                    server.database.refusal(owner, None, &change).await.expect(&change);
                assert_eq!(state, "42501", "{change} as {owner}");
                assert!(
                    message.contains(&format!("{table} is append-only")),
                    "{change} as {owner}: {message}"
                );
            }
            for (role, of) in [
                (role.as_str(), Some(tenant.id.as_str())),
                (
                    "app_tenant_00000000000000000000000000000000",
                    Some("00000000-0000-0000-0000-000000000000"),
                ),
                ("bursar_jobs", None),
                ("bursar_auth", None),
                ("bursar_platform", None),
                ("bursar_search", None),
                ("bursar_tenant", None),
                ("bursar_app", None),
            ] {
                let (state, message) =
                    server.database.refusal(role, of, &change).await.expect(&change);
                assert_eq!(state, "42501", "{change} as {role}: {message}");
                assert!(message.starts_with("permission denied"), "{change} as {role}: {message}");
            }
        }
        let view = format!("UPDATE {}.{table} SET {column} = 'x'", role.replace("app_", ""));
        assert_eq!(
            server.database.refusal(&role, Some(&tenant.id), &view).await.unwrap().0,
            "42501"
        );
        let switched_off = format!("ALTER TABLE bursar.{table} DISABLE TRIGGER append_only");
        assert_eq!(
            server.database.refusal(&role, Some(&tenant.id), &switched_off).await.unwrap().0,
            "42501"
        );
    }
    assert_eq!(written().await, before);
}

/// The trail of a change is written with the change or not at all: no role can write into another tenant's.
#[tokio::test]
async fn a_tenant_writes_into_no_other_trail() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let insert = |tenant: &str| {
        format!(
            "INSERT INTO bursar.audit_event
                 (tenant_id, id, key_id, method, path, action, resource_type, resource_id, payload)
             VALUES ('{tenant}', '{id}', '{id}', 'm', 'p', 'a.b', 'r', 'i', '{{}}')",
            id = bursar_testkit::id()
        )
    };
    let role = tenant_role(&one.id);
    assert_eq!(server.database.refusal(&role, Some(&one.id), &insert(&one.id)).await, None);
    let refused = server.database.refusal(&role, Some(&one.id), &insert(&other.id)).await.unwrap();
    assert_eq!(refused.0, "42501");
    assert!(refused.1.contains("row-level security"), "{refused:?}");
}
