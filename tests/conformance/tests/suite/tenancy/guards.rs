//! Functions that act for others, and tables that only grow.

use bursar_testkit::{Server, tenant_role};

use super::{tables, two};

const NIL: &str = "00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn functions_that_act_as_their_owner_are_closed_to_tenants() {
    let (server, a, _) = two().await;
    let query = "SELECT p.oid::regprocedure::text, coalesce('search_path=pg_catalog' = ANY (p.proconfig), false),
                        ARRAY(SELECT r.rolname::text FROM pg_roles r
                              WHERE NOT r.rolsuper AND r.rolname ~ '^bursar_'
                                AND has_function_privilege(r.oid, p.oid, 'EXECUTE') ORDER BY 1),
                        has_function_privilege($1::text, p.oid, 'EXECUTE')
                 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname IN ('bursar', 'tenancy') AND p.prosecdef ORDER BY 1";
    let client = server.database.connect().await;
    let found = client.query(query, &[&tenant_role(&a.id)]).await.unwrap();
    let names: Vec<&str> =
        found.iter().map(|row| row.get::<_, &str>(0).split('(').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "tenancy.create_tenant",
            "tenancy.escrow_search_asset_templates",
            "tenancy.escrow_search_assets",
            "tenancy.escrow_search_institutions",
            "tenancy.escrow_search_positions",
            "tenancy.find_key",
            "tenancy.ledger_open_accounts",
            "tenancy.offboard_tenant",
            "tenancy.ref_asset_guard",
            "tenancy.refresh_views",
            "tenancy.schema_version",
        ]
    );
    for (row, name) in found.iter().zip(names) {
        assert!(
            row.get::<_, bool>(1),
            "{name} has no fixed search_path: its caller could put tables in its way"
        );
        // Searches have the tenant's and the institution's walls in their bodies; `institution_scope` and every list's
        // `other_tenant` look over them.
        let search = name.contains("_search_");
        assert_eq!(row.get::<_, bool>(3), search, "{name}: open to tenants");
        let mut may: Vec<String> = row.get(2);
        if search {
            // Before PostgreSQL 16 the owner, who must be a member to give it functions, has its rights as well.
            may.retain(|role| role != "bursar_owner");
        }
        let want: &[&str] = match name {
            _ if search => &["bursar_search", "bursar_tenant"],
            "tenancy.find_key" | "tenancy.schema_version" => &["bursar_auth", "bursar_owner"],
            "tenancy.refresh_views" | "tenancy.ref_asset_guard" => &["bursar_owner"],
            _ => &["bursar_owner", "bursar_platform"],
        };
        assert_eq!(may, want, "{name}");
    }
}

#[tokio::test]
async fn a_tenant_that_calls_them_is_refused() {
    let (server, a, b) = two().await;
    let role = tenant_role(&a.id);
    for call in [
        format!("SELECT tenancy.find_key('{}')", a.id),
        format!("SELECT tenancy.refresh_views('{}')", b.id),
        format!("SELECT tenancy.offboard_tenant('{}')", b.id),
        format!("SELECT tenancy.ledger_open_accounts('{}')", b.id),
        format!("SELECT tenancy.create_tenant('{}', 'x', 1, 1, '{}', 'x', '')", a.id, a.id),
        "SELECT tenancy.schema_version()".to_owned(),
        "SELECT FROM migration.applied".to_owned(),
        "CREATE TABLE bursar.mine (id integer)".to_owned(),
        "CREATE TABLE public.mine (id integer)".to_owned(),
        "CREATE SCHEMA mine".to_owned(),
        "CREATE ROLE mine".to_owned(),
        "ALTER TABLE bursar.ledger_account DISABLE ROW LEVEL SECURITY".to_owned(),
    ] {
        let refused = server.database.refusal(&role, Some(&a.id), &call).await;
        assert!(matches!(&refused, Some((code, _)) if code == "42501"), "{call}: {refused:?}");
    }
    // The platform's own tenant can neither be offboarded nor made to look like another.
    let offboard = format!("SELECT tenancy.offboard_tenant('{NIL}')");
    let (code, message) =
        server.database.refusal("bursar_platform", None, &offboard).await.unwrap();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("42501", "the platform tenant cannot be offboarded")
    );
}

#[tokio::test]
async fn append_only_tables_only_grow() {
    let (server, a, _) = two().await;
    for (table, column) in [("audit_event", "action"), ("ledger_transfer", "code")] {
        let change = |what: &str| match what {
            "UPDATE" => format!("UPDATE bursar.{table} SET {column} = 'forged'"),
            "DELETE" => format!("DELETE FROM bursar.{table}"),
            _ => format!("TRUNCATE bursar.{table}"),
        };
        let before =
            server.database.rows(&format!("SELECT t::text FROM bursar.{table} t ORDER BY 1")).await;
        for what in ["UPDATE", "DELETE", "TRUNCATE"] {
            // No role of the service may: rights.
            for (role, tenant) in
                [(tenant_role(&a.id), Some(a.id.as_str())), (tenant_role(NIL), Some(NIL))]
            {
                let (code, message) =
                    server.database.refusal(&role, tenant, &change(what)).await.unwrap();
                assert!(
                    code == "42501" && message.contains("permission denied"),
                    "{role}: {code} {message}"
                );
            }
            for role in
                ["bursar_jobs", "bursar_auth", "bursar_search", "bursar_tenant", "bursar_platform"]
            {
                let (code, message) =
                    server.database.refusal(role, None, &change(what)).await.unwrap();
                assert!(
                    code == "42501" && message.contains("permission denied"),
                    "{role}: {code} {message}"
                );
            }
            // Nor the owner, nor an administrator, unless they take the trigger away first.
            for role in ["bursar_owner", "none"] {
                let (code, message) =
                    server.database.refusal(role, None, &change(what)).await.unwrap();
                assert_eq!(
                    (code.as_str(), message),
                    ("42501", format!("{table} is append-only: {what} refused")),
                    "{role}"
                );
            }
        }
        let after =
            server.database.rows(&format!("SELECT t::text FROM bursar.{table} t ORDER BY 1")).await;
        let texts = |rows: &[tokio_postgres::Row]| {
            rows.iter().map(|row| row.get(0)).collect::<Vec<String>>()
        };
        assert!(!before.is_empty());
        assert_eq!(texts(&after), texts(&before));
    }
}

#[tokio::test]
async fn nobody_but_retention_deletes_anything() {
    let server = Server::start().await;
    let query = "SELECT c.relname::text, a.grantee::regrole::text
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
                 WHERE n.nspname = 'bursar' AND a.privilege_type IN ('DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES')
                   AND a.grantee <> c.relowner ORDER BY 1, 2";
    let rights: Vec<(String, String)> =
        server.database.rows(query).await.iter().map(|row| (row.get(0), row.get(1))).collect();
    // Regions and verticals are attributes of an institution, and change with it.
    let known = [("escrow_institution_tag", "bursar_tenant"), ("operation_record", "bursar_jobs")];
    assert_eq!(rights, known.map(|(table, role)| (table.to_owned(), role.to_owned())));
}

#[tokio::test]
async fn every_table_is_walled_and_keyed_by_tenant() {
    let server = Server::start().await;
    let query = "SELECT c.relname::text, c.relrowsecurity, c.relforcerowsecurity,
                        (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid),
                        (SELECT a.attname::text FROM pg_index i JOIN pg_attribute a
                         ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisprimary),
                        pg_get_userbyid(c.relowner)::text
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'bursar' AND c.relkind IN ('r', 'p')";
    let found = server.database.rows(query).await;
    assert_eq!(found.len(), tables(&server).await.len());
    for row in found {
        let table: &str = row.get(0);
        assert!(
            row.get::<_, bool>(1) && row.get::<_, bool>(2),
            "{table}: row-level security is not forced"
        );
        assert!(row.get::<_, i64>(3) > 0, "{table} has no policy");
        assert_eq!(
            row.get::<_, Option<&str>>(4),
            Some("tenant_id"),
            "{table}: the key begins with another column"
        );
        assert_eq!(row.get::<_, &str>(5), "bursar_owner", "{table}");
    }
}

/// Policies that let a role see every tenant's rows are few, and for roles that no call of a tenant runs as.
#[tokio::test]
async fn policies_without_a_tenant_are_for_named_roles() {
    let server = Server::start().await;
    let query = "SELECT c.relname::text, p.polname::text,
                        ARRAY(SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END FROM unnest(p.polroles) r)
                 FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
                 WHERE coalesce(pg_get_expr(p.polqual, p.polrelid), '') !~ 'current_tenant'
                   AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') !~ 'current_tenant' ORDER BY 1, 2";
    let found: Vec<(String, String, Vec<String>)> = server
        .database
        .rows(query)
        .await
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    let shown: Vec<_> = found
        .iter()
        .map(|(table, policy, roles)| format!("{table} {policy} {}", roles.join(",")))
        .collect();
    assert_eq!(
        shown,
        [
            "admin_api_key owner_all bursar_owner",
            "admin_tenant owner_all bursar_owner",
            "admin_tenant platform_all bursar_platform",
            "audit_event jobs_sealing bursar_jobs",
            "audit_seal jobs_sealing bursar_jobs",
            "ledger_account owner_count bursar_owner",
            "ledger_hold jobs_expiry bursar_jobs",
            "ledger_transfer jobs_sealing bursar_jobs",
            "operation_record jobs_retention bursar_jobs",
            "ref_asset owner_all bursar_owner",
        ]
    );
}
