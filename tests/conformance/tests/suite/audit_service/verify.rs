use bursar_proto::audit::v1::{Checkpoint, VerifyFault, VerifyFinding, VerifyRequest};
use bursar_testkit::{Server, invalid, ok};

use super::seals::{busy, copy, force, fresh, sealed, some, verify};

const TABLES: [(&str, &str); 2] = [("audit_event", "audit_event"), ("ledger_transfer", "transfer")];

fn rows(findings: &[VerifyFinding]) -> Vec<(VerifyFault, &str, &str)> {
    let mut rows: Vec<_> = findings
        .iter()
        .map(|f| (f.fault(), f.resource_type.as_str(), f.resource_id.as_str()))
        .collect();
    rows.sort_unstable();
    rows
}

fn wanted(
    mut rows: Vec<(VerifyFault, &'static str, String)>,
) -> Vec<(VerifyFault, &'static str, String)> {
    rows.sort_unstable();
    rows
}

fn same(findings: &[VerifyFinding], want: &[(VerifyFault, &'static str, String)]) {
    let want: Vec<_> = want.iter().map(|(f, t, id)| (*f, *t, id.as_str())).collect();
    assert_eq!(rows(findings), want);
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant, 3).await;
    let first = sealed(&server, &tenant).await;
    assert_eq!((first.tenant_id.as_str(), first.transfers), (tenant.id.as_str(), 3));
    busy(&tenant, 2).await;
    let last = sealed(&server, &tenant).await;
    assert!(last.position > first.position && last.hash != first.hash, "{first:?} {last:?}");
    for caller in [&tenant.auditor, &tenant.admin] {
        for kept in [None, Some(first.clone()), Some(last.clone())] {
            let (findings, summary) = verify(caller, kept).await;
            assert_eq!(findings, []);
            assert_eq!(summary.checkpoint.as_ref(), Some(&last));
        }
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    busy(&one, 1).await;
    busy(&other, 1).await;
    let (mine, theirs) = (sealed(&server, &one).await, sealed(&server, &other).await);
    let event = some(&server, &other, "audit_event", 0).await;
    force(&server, &format!("DELETE FROM bursar.audit_event WHERE id = '{event}'")).await;
    let (findings, summary) = verify(&one.auditor, None).await;
    assert_eq!((findings, summary.checkpoint), (vec![], Some(mine)));
    assert_eq!(verify(&other.auditor, None).await.0.len(), 1);
    let request = VerifyRequest { checkpoint: Some(theirs) };
    invalid(one.auditor.audit().verify(request).await, &["checkpoint.tenant_id"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bad = Checkpoint { position: -1, events: -1, hash: "ab".into(), ..Default::default() };
    let fields = ["tenant_id", "hash", "sealed_at", "position", "events"];
    let fields = fields.map(|field| format!("checkpoint.{field}"));
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    let request = VerifyRequest { checkpoint: Some(bad) };
    invalid(tenant.auditor.audit().verify(request).await, &fields);
}

#[tokio::test]
async fn names_what_a_superuser_changed_deleted_and_inserted() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant, 4).await;
    let kept = sealed(&server, &tenant).await;
    let mut want = Vec::new();
    for (table, kind) in TABLES {
        let [changed, deleted, copied] = [
            some(&server, &tenant, table, 0).await,
            some(&server, &tenant, table, 1).await,
            some(&server, &tenant, table, 2).await,
        ];
        let inserted = fresh();
        let column = if table == "audit_event" { "action = 'x.y'" } else { "amount = amount + 1" };
        force(&server, &format!("UPDATE bursar.{table} SET {column} WHERE id = '{changed}'")).await;
        force(&server, &format!("DELETE FROM bursar.{table} WHERE id = '{deleted}'")).await;
        // A copy with the transaction of what is sealed.
        force(&server, &copy(table, &copied, &inserted, "'{}'")).await;
        want.extend([
            (VerifyFault::Changed, kind, changed),
            (VerifyFault::Missing, kind, deleted),
            (VerifyFault::Inserted, kind, inserted),
        ]);
    }
    let want = wanted(want);
    let (findings, summary) = verify(&tenant.auditor, Some(kept.clone())).await;
    same(&findings, &want);
    assert_eq!(summary.checkpoint, Some(kept));
    assert!(findings.iter().all(|finding| finding.position > 0));
}

/// A row that was put in with a time of long ago and a transaction of today is sealed like any other, and told from them.
#[tokio::test]
async fn names_what_was_backdated() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant, 1).await;
    sealed(&server, &tenant).await;
    let mut want = Vec::new();
    for (table, kind, time) in [
        ("audit_event", "audit_event", "recorded_at"),
        ("ledger_transfer", "transfer", "posted_at"),
    ] {
        let (of, inserted) = (some(&server, &tenant, table, 0).await, fresh());
        let further = format!(
            "jsonb_build_object('xact', pg_current_xact_id()::text, '{time}', now() - interval '2 hours')"
        );
        force(&server, &copy(table, &of, &inserted, &further)).await;
        want.push((VerifyFault::Inserted, kind, inserted));
    }
    sealed(&server, &tenant).await;
    same(&verify(&tenant.auditor, None).await.0, &wanted(want));
}

/// Every column is sealed: a change of any one of them is found.
#[tokio::test]
async fn every_column_is_sealed() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant, 1).await;
    sealed(&server, &tenant).await;
    for (table, kind) in TABLES {
        let of = some(&server, &tenant, table, 0).await;
        let columns = format!(
            "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
             WHERE attrelid = 'bursar.{table}'::regclass AND attnum > 0 AND NOT attisdropped
               AND attname NOT IN ('tenant_id', 'id')"
        );
        let columns = server.database.rows(&columns).await;
        assert!(columns.len() > 10);
        for row in columns {
            let (column, of_type): (String, String) = (row.get(0), row.get(1));
            let value = match of_type.as_str() {
                "uuid" => "gen_random_uuid()".to_owned(),
                "jsonb" => "'{\"x\": 1}'".to_owned(),
                "boolean" => format!("NOT {column}"),
                "date" => format!("{column} + 1"),
                "timestamp with time zone" => format!("{column} + interval '1 microsecond'"),
                "xid8" => format!("({column}::text::bigint - 1)::text::xid8"),
                "text" if column == "kind" => "'reversal'".to_owned(),
                "text" => format!("COALESCE({column}, '') || 'x'"),
                _ => format!("COALESCE({column}, 0) + 1"),
            };
            let saved =
                format!("CREATE TABLE saved AS SELECT * FROM bursar.{table} WHERE id = '{of}'");
            server.database.sql(&saved).await;
            let change = format!("UPDATE bursar.{table} SET {column} = {value} WHERE id = '{of}'");
            force(&server, &change).await;
            let (findings, _) = verify(&tenant.auditor, None).await;
            let found = rows(&findings);
            assert!(
                found.contains(&(VerifyFault::Changed, kind, &of)),
                "{table}.{column}: {found:?}"
            );
            let back = format!(
                "DELETE FROM bursar.{table} WHERE id = '{of}';
                 INSERT INTO bursar.{table} SELECT * FROM saved; DROP TABLE saved"
            );
            force(&server, &back).await;
        }
        assert_eq!(verify(&tenant.auditor, None).await.0, []);
    }
}

#[tokio::test]
async fn names_seals_that_were_touched() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant, 1).await;
    let first = sealed(&server, &tenant).await;
    busy(&tenant, 1).await;
    let last = sealed(&server, &tenant).await;
    let faults = async |kept: Option<Checkpoint>| -> Vec<(VerifyFault, i64)> {
        let (findings, _) = verify(&tenant.auditor, kept).await;
        findings
            .iter()
            .filter(|f| f.resource_id.is_empty())
            .map(|f| (f.fault(), f.position))
            .collect()
    };
    let of = |position: i64| format!("tenant_id = '{}' AND position = {position}", tenant.id);
    let kept = Checkpoint { hash: "00".repeat(32), ..first.clone() };
    assert_eq!(faults(Some(kept)).await, [(VerifyFault::CheckpointDiffers, first.position)]);
    let later = Checkpoint { position: last.position + 5, ..last.clone() };
    assert_eq!(faults(Some(later)).await, [(VerifyFault::SealMissing, last.position + 5)]);
    let touch = "UPDATE bursar.audit_seal SET sealed_at = sealed_at + interval '1 second' WHERE";
    force(&server, &format!("{touch} {}", of(last.position))).await;
    assert_eq!(faults(None).await, [(VerifyFault::SealChanged, last.position)]);
    force(&server, &format!("DELETE FROM bursar.audit_seal WHERE {}", of(first.position))).await;
    assert!(faults(None).await.contains(&(VerifyFault::SealMissing, first.position)));
}

/// A transaction that began before others and commits after they were sealed is in a later seal, and no fault.
#[tokio::test]
async fn what_commits_late_is_sealed_later() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let before = sealed(&server, &tenant).await;
    let late = server.database.connect().await;
    let id = fresh();
    late.batch_execute(&format!(
        "BEGIN; INSERT INTO bursar.audit_event
             (tenant_id, id, key_id, method, path, action, resource_type, resource_id, payload)
         VALUES ('{}', '{id}', '{id}', 'm', 'p', 'a.b', 'r', 'i', '{{}}')",
        tenant.id
    ))
    .await
    .unwrap();
    busy(&tenant, 1).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let (findings, summary) = verify(&tenant.auditor, None).await;
    // Nothing from behind the open transaction is sealed.
    assert_eq!((findings, summary.checkpoint), (vec![], Some(before)));
    late.batch_execute("COMMIT").await.unwrap();
    let after = sealed(&server, &tenant).await;
    let (findings, summary) = verify(&tenant.auditor, None).await;
    assert_eq!((findings, summary.checkpoint), (vec![], Some(after)));
}

/// The platform has a chain of its own: what it did is sealed too.
#[tokio::test]
async fn the_platforms_own() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    sealed(&server, &tenant).await;
    let (findings, summary) = verify(&server.platform, None).await;
    assert_eq!(findings, []);
    let point = summary.checkpoint.unwrap();
    assert!(point.events > 0 && point.tenant_id.starts_with("00000000-"), "{point:?}");
    let _ = ok(server.platform.audit().verify(VerifyRequest { checkpoint: Some(point) }).await);
}
