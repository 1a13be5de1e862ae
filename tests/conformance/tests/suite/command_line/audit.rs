//! `bursar audit` and `bursar check`: what they print, and with what they end.

use bursar_testkit::{Server, id};

use super::{Ran, program, run};
use crate::audit_service::seals::{force, sealed};
use crate::trace_service::link;

async fn bursar(server: &Server, key: &str, args: &[&str]) -> Ran {
    let mut command = program(Some(server), key);
    command.args(args);
    run(command).await
}

#[tokio::test]
async fn verify_tells_by_its_exit_code() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let key = &tenant.auditor.key_text;
    let last = sealed(&server, &tenant).await;
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept.json");
    let file = kept.to_str().unwrap();

    let printed = bursar(&server, key, &["audit", "checkpoint"]).await;
    assert_eq!(printed.json(0)["hash"], last.hash);
    std::fs::write(&kept, printed.out()).unwrap();
    let good = bursar(&server, key, &["audit", "verify", "--checkpoint", file]).await;
    assert_eq!(good.code(), 0, "{}", good.err());
    assert!(good.out().contains(&last.hash), "{}", good.out());
    let good = bursar(&server, key, &["audit", "verify", "--output", "json"]).await.json(0);
    assert_eq!(good["findings"], serde_json::json!([]));
    assert_eq!(good["checkpoint"]["hash"], last.hash);

    let row = server
        .database
        .rows("SELECT id::text FROM bursar.audit_event ORDER BY tenant_id DESC LIMIT 1");
    let row: String = row.await[0].get(0);
    force(&server, &format!("DELETE FROM bursar.audit_event WHERE id = '{row}'")).await;
    let bad = bursar(&server, key, &["audit", "verify", "--checkpoint", file]).await;
    assert_eq!(bad.code(), 1);
    assert!(bad.out().contains(&format!("missing  audit_event {row}")), "{}", bad.out());
    assert!(bad.err().contains("1 faults found"), "{}", bad.err());
    let bad = bursar(&server, key, &["audit", "verify", "--output", "json"]).await.json(1);
    assert_eq!(bad["findings"][0]["fault"], "VERIFY_FAULT_MISSING");
    assert_eq!(bad["findings"][0]["resource_id"], row);

    for text in ["", "{}", "{\"sealed_at\": \"x\"}"] {
        std::fs::write(&kept, text).unwrap();
        let args = ["audit", "verify", "--checkpoint", file, "--output", "json"];
        let refused = bursar(&server, key, &args).await.error(2);
        assert!(refused["message"].as_str().unwrap().contains("bursar audit checkpoint"));
    }
    let absent =
        bursar(&server, key, &["audit", "checkpoint", "--position", "99999", "--output", "json"]);
    assert_eq!(absent.await.error(3)["reason"], "RESOURCE_NOT_FOUND");
    let viewer = bursar(&server, &tenant.viewer.key_text, &["audit", "verify", "--output", "json"]);
    assert_eq!(viewer.await.error(3)["reason"], "PERMISSION_MISSING");
}

#[tokio::test]
async fn orphans_by_the_exit_code() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let key = &tenant.auditor.key_text;
    let none = bursar(&server, key, &["check", "orphans"]).await;
    assert_eq!((none.code(), none.out().trim()), (0, "No orphans."));
    let made = crate::trace_service::transfers(&tenant, 1).await.remove(0);
    let position = id();
    link(&server, &tenant, "position", &position, &[&made.id]).await.unwrap();
    force(&server, &format!("DELETE FROM bursar.ledger_transfer WHERE id = '{}'", made.id)).await;
    let found = bursar(&server, key, &["check", "orphans", "--output", "json"]).await.json(1);
    assert_eq!(found[0]["link"]["resource"]["id"], position);
    assert_eq!(found[0]["transfer_gone"], true);
    let found = bursar(&server, key, &["check", "orphans"]).await;
    let line = format!("position {position}  transfer {}  gone: transfer", made.id);
    assert!(found.code() == 1 && found.out().contains(&line), "{}", found.out());
}
