//! The comparison of two texts, without a database.

use super::*;

/// What differs when `old` in the built text is `new` instead, each in one line.
fn when(old: &str, new: &str) -> Vec<String> {
    assert_eq!(BUILT.matches(old).count(), 1, "{old}");
    let found = Items::of(&BUILT.replace(old, new));
    compare(&Items::of(BUILT), &found).iter().map(ToString::to_string).collect()
}

#[test]
fn the_built_text_is_understood_as_a_whole() {
    let items = Items::of(BUILT).0;
    assert!(!items.keys().any(|(kind, _)| kind == "statement"), "{items:?}");
    assert!(compare(&Items::of(BUILT), &Items::of(BUILT)).is_empty());
    // Each line that makes something is of one of the things.
    for (mark, kind) in [
        ("\nCREATE SCHEMA", "schema"),
        ("\nCREATE TABLE", "table"),
        ("\nCREATE OR REPLACE FUNCTION", "function"),
        ("\nCREATE POLICY", "policy"),
        ("\nCREATE TRIGGER", "trigger"),
    ] {
        let count = items.keys().filter(|key| key.0 == kind).count();
        assert_eq!(count, BUILT.matches(mark).count(), "{kind}");
    }
    let count = |marks: [&str; 2]| {
        BUILT.lines().filter(|line| marks.iter().any(|mark| line.contains(mark))).count()
    };
    let known = |kind| items.keys().filter(|key| key.0 == kind).count();
    assert_eq!(known("index"), count(["CREATE INDEX ", "CREATE UNIQUE INDEX "]));
    assert_eq!(known("constraint"), count(["    CONSTRAINT ", " ADD CONSTRAINT "]));
}

#[test]
fn a_difference_is_named() {
    assert_eq!(
        when("    asset text NOT NULL,\n", "    asset text,\n"),
        ["column bursar.ledger_account.asset: changed"]
    );
    assert_eq!(
        when(
            "    expires_at timestamp with time zone,\n    created_at timestamp with time zone NOT NULL DEFAULT now(),\n    ended_at",
            "    created_at timestamp with time zone NOT NULL DEFAULT now(),\n    ended_at"
        ),
        ["column bursar.ledger_hold.expires_at: missing"]
    );
    assert_eq!(
        when(") WITH (fillfactor=70);", ") WITH (autovacuum_enabled=off, fillfactor=70);"),
        ["option bursar.ledger_account autovacuum_enabled: unexpected"]
    );
    assert_eq!(
        when(
            "GRANT DELETE ON bursar.operation_record",
            "GRANT DELETE, UPDATE (reply, key_id) ON bursar.operation_record"
        ),
        [
            "grant UPDATE (key_id) on bursar.operation_record to bursar_jobs: unexpected",
            "grant UPDATE (reply) on bursar.operation_record to bursar_jobs: unexpected",
        ]
    );
    assert_eq!(
        when(
            "REVOKE ALL ON FUNCTION tenancy.find_key(uuid) FROM PUBLIC;",
            "GRANT EXECUTE ON FUNCTION tenancy.find_key(uuid) TO PUBLIC;"
        ),
        ["grant EXECUTE on function tenancy.find_key(uuid) to PUBLIC: unexpected"]
    );
    assert_eq!(
        when("ALTER TABLE bursar.ledger_hold FORCE ROW LEVEL SECURITY;\n", ""),
        ["row level security bursar.ledger_hold: changed"]
    );
    assert_eq!(
        when(
            "CREATE INDEX ledger_hold_due",
            "ALTER TABLE bursar.ledger_hold OWNER TO \"the boss\";\nCREATE INDEX ledger_hold_due"
        ),
        ["owner table bursar.ledger_hold: changed"]
    );
}

#[test]
fn what_hangs_on_a_missing_thing_is_not_told_again() {
    let start = BUILT.find("CREATE TABLE bursar.ref_asset (").unwrap_or_default();
    let end = BUILT[start..].find("\n\n").map_or(BUILT.len(), |end| start + end);
    assert_eq!(when(&BUILT[start..end], ""), ["table bursar.ref_asset: missing"]);
    let start = BUILT.find("CREATE OR REPLACE FUNCTION tenancy.find_key").unwrap_or_default();
    let end = BUILT[start..].find("\n\n").map_or(BUILT.len(), |end| start + end);
    assert_eq!(when(&BUILT[start..end], ""), ["function tenancy.find_key(uuid): missing"]);
}

#[test]
fn a_missing_thing_comes_with_the_sql_that_makes_it() {
    let remedy = |old: &str, new: &str| {
        let found = Items::of(&BUILT.replace(old, new));
        let drifts = compare(&Items::of(BUILT), &found);
        assert_eq!(drifts.len(), 1, "{drifts:?}");
        drifts[0].remedy()
    };
    assert_eq!(
        remedy(") WITH (fillfactor=70);", ");"),
        "as bursar_owner: ALTER TABLE bursar.ledger_account SET (fillfactor=70);"
    );
    assert_eq!(
        remedy(
            ",\n    CONSTRAINT ref_asset_scale_check CHECK (((scale >= 0) AND (scale <= 18)))",
            ""
        ),
        "as bursar_owner: ALTER TABLE bursar.ref_asset ADD CONSTRAINT ref_asset_scale_check \
         CHECK (((scale >= 0) AND (scale <= 18)));"
    );
    assert_eq!(
        remedy(
            "GRANT INSERT, SELECT ON bursar.ref_asset TO bursar_tenant;",
            "GRANT INSERT ON bursar.ref_asset TO bursar_tenant;"
        ),
        "as bursar_owner: GRANT SELECT ON bursar.ref_asset TO bursar_tenant;"
    );
    assert_eq!(
        remedy(
            "GRANT DELETE ON bursar.operation_record TO bursar_jobs;",
            "GRANT DELETE ON bursar.operation_record TO bursar_jobs;\nGRANT SELECT (\"b c\") ON bursar.ledger_hold TO x WITH GRANT OPTION;"
        ),
        "take it away: REVOKE SELECT (\"b c\") ON bursar.ledger_hold FROM x;"
    );
    assert_eq!(
        remedy(
            "GRANT DELETE ON bursar.operation_record TO bursar_jobs;",
            "GRANT DELETE ON bursar.operation_record TO bursar_jobs;\nREVOKE INSERT ON bursar.ledger_hold FROM bursar_owner;"
        ),
        "as bursar_owner: GRANT INSERT ON bursar.ledger_hold TO bursar_owner;"
    );
}

#[test]
fn tenants_roles_are_not_bootstraps() {
    let nil = "0".repeat(32);
    let remedy = |member: &str| {
        let object = format!("{member} of bursar_tenant");
        let granted = format!("GRANT bursar_tenant TO {member};");
        Drift::between("membership", &object, Some(&granted), None).map(|drift| drift.remedy())
    };
    assert!(remedy(&format!("app_tenant_{nil}")).is_some_and(|text| text.contains("bootstrap")));
    assert_eq!(
        remedy("app_tenant_1").as_deref(),
        Some("as bursar_owner: GRANT bursar_tenant TO app_tenant_1;")
    );
}
