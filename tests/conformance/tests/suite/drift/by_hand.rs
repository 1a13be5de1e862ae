//! Changes of the schema by hand.

use bursar_testkit::Database;
use serde_json::{Value, json};

use super::{assert_told, bursar, text, told};

#[tokio::test]
async fn a_migrated_database_has_none() {
    let database = Database::migrated().await;
    assert_eq!(told(&database.admin_url).await, [""; 0]);
    let output = bursar(&database.admin_url, &["migrate", "diff"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("no difference"), "{output:?}");
    let output = bursar(&database.admin_url, &["migrate", "diff", "--output", "json"]).await;
    assert_eq!((output.status.code(), text(&output.stdout).trim()), (Some(0), "[]"));
}

/// The promise of the operator's surface, as an operator sees it.
#[tokio::test]
async fn the_command_names_them_and_exits_with_2() {
    let database = Database::migrated().await;
    database
        .sql(
            "DROP INDEX bursar.ledger_transfer_debit;
             ALTER POLICY tenant_own ON bursar.ledger_account USING (true);
             GRANT DELETE ON bursar.audit_event TO PUBLIC",
        )
        .await;
    let output = bursar(&database.admin_url, &["migrate", "diff", "--output", "json"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let row = |at: usize| {
        let row = &rows[at];
        [&row["kind"], &row["object"], &row["difference"]].map(|field| field.as_str().unwrap())
    };
    assert_eq!(rows.len(), 3);
    assert_eq!(row(0), ["grant", "DELETE on bursar.audit_event to PUBLIC", "unexpected"]);
    assert_eq!(rows[0]["expected"], Value::Null);
    assert_eq!(rows[0]["found"], "GRANT DELETE ON bursar.audit_event TO PUBLIC;");
    assert_eq!(row(1), ["index", "bursar.ledger_transfer_debit", "missing"]);
    assert_eq!(
        rows[1]["expected"],
        "CREATE INDEX ledger_transfer_debit ON bursar.ledger_transfer USING btree (tenant_id, debit_id, posted_at) WHERE (debit_id IS NOT NULL);"
    );
    assert_eq!(rows[1]["found"], Value::Null);
    assert_eq!(row(2), ["policy", "bursar.ledger_account.tenant_own", "changed"]);
    assert!(rows[2]["found"].as_str().unwrap().contains("USING (true)"), "{}", rows[2]);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains("in 3 things"), "{error}");

    // The remedies are SQL that an administrator can run as it stands.
    let remedy = |at: usize| rows[at]["remedy"].as_str().unwrap();
    database.sql(remedy(0).strip_prefix("take it away: ").unwrap()).await;
    database.sql(remedy(1).strip_prefix("as bursar_owner: ").unwrap()).await;
    let output = bursar(&database.admin_url, &["migrate", "diff"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let shown = text(&output.stdout);
    assert!(shown.starts_with("policy bursar.ledger_account.tenant_own: changed\n"), "{shown}");
    assert!(text(&output.stderr).contains("in one thing"), "{output:?}");
    database
        .sql(
            "ALTER POLICY tenant_own ON bursar.ledger_account
             USING (tenant_id = (SELECT tenancy.current_tenant()))",
        )
        .await;
    assert_eq!(told(&database.admin_url).await, [""; 0]);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_told_apart() {
    let nowhere = "postgres://nobody:geheim@127.0.0.1:1/bursar".into();
    let output = bursar(&nowhere, &["migrate", "diff", "--output", "json"]).await;
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(!error.to_string().contains("geheim") && output.stdout.is_empty(), "{error}");
    assert_ne!(error["error"]["message"], json!(null));
}

#[tokio::test]
async fn tables_and_what_they_are_made_of() {
    let database = Database::migrated().await;
    assert_told(
        &database,
        &[
            (
                "ALTER TABLE bursar.ref_asset ADD COLUMN market text",
                &["column bursar.ref_asset.market: unexpected"],
            ),
            (
                "ALTER TABLE bursar.audit_event ALTER COLUMN resource_id DROP NOT NULL",
                &["column bursar.audit_event.resource_id: changed"],
            ),
            (
                "ALTER TABLE bursar.ledger_account ALTER COLUMN overdraft_limit SET DEFAULT 100",
                &["column bursar.ledger_account.overdraft_limit: changed"],
            ),
            (
                "ALTER TABLE bursar.audit_event ALTER COLUMN payload SET STATISTICS 0",
                &["column bursar.audit_event.payload: changed"],
            ),
            (
                "ALTER TABLE bursar.ledger_account DROP CONSTRAINT ledger_account_debit_rule",
                &["constraint bursar.ledger_account.ledger_account_debit_rule: missing"],
            ),
            (
                "ALTER TABLE bursar.ledger_hold ADD CONSTRAINT small CHECK (amount < 9) NOT VALID",
                &["constraint bursar.ledger_hold.small: unexpected"],
            ),
            (
                "ALTER TABLE bursar.ledger_account SET (fillfactor = 90, autovacuum_enabled = off)",
                &[
                    "option bursar.ledger_account autovacuum_enabled: unexpected",
                    "option bursar.ledger_account fillfactor: changed",
                ],
            ),
            (
                "ALTER TABLE bursar.ledger_transfer SET (toast.autovacuum_enabled = off)",
                &["option bursar.ledger_transfer toast.autovacuum_enabled: unexpected"],
            ),
            (
                "ALTER TABLE bursar.operation_record SET UNLOGGED",
                &["table bursar.operation_record: changed"],
            ),
            (
                "ALTER TABLE bursar.ledger_hold NO FORCE ROW LEVEL SECURITY",
                &["row level security bursar.ledger_hold: changed"],
            ),
            (
                "ALTER TABLE bursar.operation_record DISABLE ROW LEVEL SECURITY",
                &["row level security bursar.operation_record: missing"],
            ),
            (
                "DROP POLICY jobs_expiry ON bursar.ledger_hold",
                &["policy bursar.ledger_hold.jobs_expiry: missing"],
            ),
            (
                "ALTER TABLE bursar.ledger_transfer DISABLE TRIGGER append_only",
                &["trigger bursar.ledger_transfer.append_only: changed"],
            ),
            (
                "DROP TRIGGER append_only ON bursar.audit_event",
                &["trigger bursar.audit_event.append_only: missing"],
            ),
            (
                "CREATE INDEX ON bursar.ledger_hold (amount)",
                &["index bursar.ledger_hold_amount_idx: unexpected"],
            ),
            (
                "DROP INDEX bursar.ledger_transfer_time;
                 CREATE INDEX ledger_transfer_time ON bursar.ledger_transfer (posted_at)",
                &["index bursar.ledger_transfer_time: changed"],
            ),
            (
                "COMMENT ON TABLE bursar.ledger_hold IS 'it''s; mine'; COMMENT ON INDEX bursar.ledger_hold_due IS 'x'",
                &[
                    "comment index bursar.ledger_hold_due: unexpected",
                    "comment table bursar.ledger_hold: changed",
                ],
            ),
            (
                "ALTER TABLE bursar.ref_asset REPLICA IDENTITY FULL",
                &["option bursar.ref_asset replica identity: unexpected"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn functions_owners_and_objects_of_others() {
    let database = Database::migrated().await;
    assert_told(
        &database,
        &[
            (
                "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
                 SET search_path = pg_catalog AS 'SELECT NULL::uuid'",
                &["function tenancy.current_tenant(): changed"],
            ),
            (
                "ALTER FUNCTION tenancy.find_key(uuid) SECURITY INVOKER",
                &["function tenancy.find_key(uuid): changed"],
            ),
            (
                "ALTER FUNCTION tenancy.refresh_views(uuid) RESET search_path",
                &["function tenancy.refresh_views(uuid): changed"],
            ),
            (
                "CREATE FUNCTION bursar.double(amount numeric, OUT twice numeric) LANGUAGE sql AS 'SELECT amount * 2'",
                &["function bursar.double(numeric): unexpected"],
            ),
            (
                "CREATE FUNCTION bursar.parsed() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
                &["function with a body of statements bursar.parsed: unexpected"],
            ),
            (
                "ALTER TABLE bursar.ref_asset OWNER TO bursar_platform; ALTER SCHEMA bursar OWNER TO bursar_platform",
                &["owner schema bursar: changed", "owner table bursar.ref_asset: changed"],
            ),
            ("DROP FUNCTION tenancy.ledger_open_accounts", &["function tenancy.ledger_open_accounts(uuid): missing"]),
            ("DROP TABLE bursar.ledger_hold", &["table bursar.ledger_hold: missing"]),
            ("CREATE TABLE bursar.extra (id int PRIMARY KEY)", &["table bursar.extra: unexpected"]),
            ("CREATE VIEW bursar.peek AS SELECT 1 AS one", &["view bursar.peek: unexpected"]),
            ("CREATE SEQUENCE tenancy.numbers", &["sequence tenancy.numbers: unexpected"]),
            ("CREATE DOMAIN bursar.cents AS numeric", &["type bursar.cents: unexpected"]),
            ("CREATE COLLATION bursar.posix FROM \"C\"", &["collation bursar.posix: unexpected"]),
            (
                "CREATE EXTENSION file_fdw SCHEMA public; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
                 CREATE FOREIGN TABLE bursar.\"far away\" (line text) SERVER files OPTIONS (filename '/dev/null')",
                &["foreign table bursar.\"far away\": unexpected"],
            ),
            (
                "CREATE RULE nothing AS ON INSERT TO bursar.audit_event DO INSTEAD NOTHING",
                &["rule bursar.audit_event.nothing: unexpected"],
            ),
            (
                "ALTER TABLE bursar.admin_api_key DISABLE TRIGGER ALL",
                &["foreign key with disabled triggers bursar.admin_api_key.admin_api_key_tenant_id_fkey: unexpected"],
            ),
            (
                "ALTER DEFAULT PRIVILEGES FOR ROLE bursar_owner IN SCHEMA bursar GRANT SELECT ON TABLES TO PUBLIC",
                &["default acl for role bursar_owner in schema bursar on tables: unexpected"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn rights() {
    let database = Database::migrated().await;
    let role = format!("other_of_{}", database.name);
    let name = &database.name;
    database.sql(&format!("CREATE ROLE {role}")).await;
    let by_hand = format!(
        "GRANT SELECT ON bursar.ledger_account TO PUBLIC;
         GRANT DELETE, SELECT ON bursar.audit_event TO {role} WITH GRANT OPTION;
         GRANT UPDATE (amount, remaining) ON bursar.ledger_hold TO bursar_tenant;
         REVOKE SELECT ON bursar.ref_asset FROM bursar_tenant;
         REVOKE INSERT ON bursar.ledger_transfer FROM bursar_owner;
         GRANT EXECUTE ON FUNCTION tenancy.find_key TO PUBLIC;
         GRANT EXECUTE ON FUNCTION tenancy.offboard_tenant TO {role};
         REVOKE EXECUTE ON FUNCTION tenancy.create_tenant FROM bursar_platform;
         REVOKE EXECUTE ON FUNCTION tenancy.current_tenant FROM PUBLIC;
         GRANT EXECUTE ON FUNCTION tenancy.current_tenant TO bursar_tenant;
         GRANT USAGE, CREATE ON SCHEMA bursar TO {role};
         REVOKE USAGE ON SCHEMA tenancy FROM bursar_auth;
         GRANT ALL ON migration.applied TO bursar_app; REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER
         ON migration.applied FROM bursar_app;
         GRANT CREATE ON SCHEMA public TO PUBLIC;
         REVOKE CREATE ON DATABASE {name} FROM bursar_owner;
         GRANT TEMP ON DATABASE {name} TO PUBLIC;
         GRANT CREATE ON DATABASE {name} TO {role};
         GRANT CONNECT ON DATABASE {name} TO {role}"
    );
    // PostgreSQL 17 has one right more.
    let modern = database.rows("SELECT current_setting('server_version_num')::int >= 170000").await;
    let maintain = if modern[0].get(0) {
        &["grant MAINTAIN on migration.applied to bursar_app: unexpected"][..]
    } else {
        &[]
    };
    let own = [
        format!("grant DELETE on bursar.audit_event to {role}: unexpected"),
        format!("grant SELECT on bursar.audit_event to {role}: unexpected"),
        format!("grant EXECUTE on function tenancy.offboard_tenant(uuid) to {role}: unexpected"),
        format!("grant CREATE on schema bursar to {role}: unexpected"),
        format!("grant USAGE on schema bursar to {role}: unexpected"),
        format!("database grant CREATE on database {name} to bursar_owner: missing"),
        format!("database grant TEMPORARY on database {name} to PUBLIC: unexpected"),
        format!("database grant CREATE on database {name} to {role}: unexpected"),
    ];
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    assert_told(
        &database,
        &[
            (
                &by_hand,
                &[
                    "grant SELECT on bursar.ledger_account to PUBLIC: unexpected",
                    "grant UPDATE (amount) on bursar.ledger_hold to bursar_tenant: unexpected",
                    "grant SELECT on bursar.ref_asset to bursar_tenant: missing",
                    "revoke INSERT on bursar.ledger_transfer from bursar_owner: unexpected",
                    "grant EXECUTE on function tenancy.find_key(uuid) to PUBLIC: unexpected",
                    "grant EXECUTE on function tenancy.create_tenant(uuid, text, integer, integer, uuid, text, bytea) to bursar_platform: missing",
                    "grant EXECUTE on function tenancy.current_tenant() to PUBLIC: missing",
                    "grant EXECUTE on function tenancy.current_tenant() to bursar_tenant: unexpected",
                    "grant USAGE on schema tenancy to bursar_auth: missing",
                    "grant SELECT on migration.applied to bursar_app: unexpected",
                    "grant CREATE on schema public to PUBLIC: unexpected",
                ],
            ),
            ("", &own),
            ("", maintain),
        ],
    )
    .await;
}
