//! `bursar smoke` finds a good server good, a bad one bad, and leaves nothing behind.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use bursar_proto::admin::v1::{ListTenantsRequest, TenantState};
use bursar_proto::ledger::v1::{AccountState, ListAccountsRequest};
use bursar_testkit::{Caller, Proxy, Server, ok, within};
use serde_json::Value;

use super::{Ran, program, run};

async fn smoke(server: &Server, key: &str, args: &[&str]) -> Ran {
    let mut command = program(Some(server), key);
    command.arg("smoke").args(args);
    run(command).await
}

/// Status of each step by its name.
fn statuses(steps: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    steps.as_array().unwrap().iter().map(|s| (text(&s["step"]), text(&s["status"]))).collect()
}

fn with(statuses: &BTreeMap<String, String>, status: &str) -> Vec<String> {
    statuses.iter().filter(|(_, found)| *found == status).map(|(name, _)| name.clone()).collect()
}

async fn accounts(caller: &Caller) -> Vec<(AccountState, String)> {
    let list = ok(caller.accounts().list_accounts(ListAccountsRequest::default()).await);
    list.accounts
        .into_iter()
        .map(|account| (account.state(), account.balance.unwrap().posted))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platform_gets_tenants_that_go_again() {
    let server = Server::start().await;
    let ran = smoke(&server, &server.platform.key_text, &["--output", "json"]).await;
    let found = statuses(&ran.json(0));
    assert_eq!(found.len(), 25, "{found:?}");
    assert_eq!(with(&found, "ok").len(), 25, "{found:?}");
    let list = ok(server.platform.tenants().list_tenants(ListTenantsRequest::default()).await);
    let mine: Vec<_> = list.tenants.iter().filter(|t| t.name.starts_with("bursar smoke")).collect();
    assert_eq!(mine.len(), 2);
    assert!(mine.iter().all(|tenant| tenant.state() == TenantState::Deleted), "{mine:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_gets_two_accounts_that_end_empty_and_closed() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let ran = smoke(&server, &tenant.admin.key_text, &["--output", "json"]).await;
    assert_eq!(with(&statuses(&ran.json(0)), "skipped"), ["other tenant", "tenant offboarded"]);
    let closed = (AccountState::Closed, "0".to_owned());
    assert_eq!(accounts(&tenant.viewer).await, [closed.clone(), closed]);

    let other = server.tenant().await;
    let ran = smoke(&server, &other.operator.key_text, &["--output", "json"]).await;
    let skipped = ["accounts closed", "asset", "audit", "other tenant", "tenant offboarded"];
    assert_eq!(with(&statuses(&ran.json(0)), "skipped"), skipped);
    let open = (AccountState::Open, "0".to_owned());
    assert_eq!(accounts(&other.viewer).await, [open.clone(), open]);

    let kept = server.tenant().await;
    let ran = smoke(&server, &kept.admin.key_text, &["--keep"]).await;
    assert_eq!(ran.code(), 0, "{}", ran.err());
    assert!(ran.err().contains("kept: accounts"), "{}", ran.err());
    assert!(ran.out().contains("all is well"), "{}", ran.out());
    let balances: Vec<_> = accounts(&kept.viewer).await.into_iter().map(|(_, b)| b).collect();
    assert_eq!(balances, ["-25", "25"]);
}

/// A server whose database posts nothing any more after the first transfer: what is there goes all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_fails_is_named_and_cleaned_up_after() {
    let server = Server::start().await;
    // A fault planted under the server: holds cannot be kept.
    server
        .database
        .sql(
            "CREATE FUNCTION public.no_holds() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
             CREATE TRIGGER no_holds BEFORE INSERT ON bursar.ledger_hold
               FOR EACH ROW EXECUTE FUNCTION public.no_holds()",
        )
        .await;
    let ran = smoke(&server, &server.platform.key_text, &["--output", "json"]).await;
    let steps = ran.json(1);
    let found = statuses(&steps);
    assert_eq!(with(&found, "failed"), ["hold"], "{found:?}");
    assert_eq!(found["post"], "skipped");
    for name in ["money back", "accounts closed", "tenant offboarded"] {
        assert_eq!(found[name], "ok", "{found:?}");
    }
    let error = ran.error(1);
    assert_eq!(
        (error["step"].as_str(), error["expected"].as_str()),
        (Some("hold"), Some("a hold"))
    );
    assert!(error["found"].as_str().unwrap().starts_with("INTERNAL"), "{error}");
    assert!(error["advice"].as_str().unwrap().contains("log"), "{error}");
    assert!(!ran.err().contains("planted"), "no word of the database: {}", ran.err());
    let list = ok(server.platform.tenants().list_tenants(ListTenantsRequest::default()).await);
    let left = list.tenants.iter().filter(|t| t.name.starts_with("bursar smoke"));
    assert!(left.into_iter().all(|tenant| tenant.state() == TenantState::Deleted));
}

/// Ctrl-C in the middle of a call that does not end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_takes_back_what_was_made() {
    let server = Server::start().await;
    server
        .database
        .sql(
            "CREATE FUNCTION public.slow_holds() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$;
             CREATE TRIGGER slow_holds BEFORE INSERT ON bursar.ledger_hold
               FOR EACH ROW EXECUTE FUNCTION public.slow_holds()",
        )
        .await;
    let mut command = program(Some(&server), &server.platform.key_text);
    command.args(["smoke", "--output", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let sleeping = "SELECT 1 FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let asleep = async || !server.database.rows(sleeping).await.is_empty();
    within(Duration::from_secs(20), "the call that does not end", asleep).await;
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let ran = Ran(output.await.unwrap());
    let found = statuses(&ran.json(1));
    assert_eq!(with(&found, "failed"), ["hold"], "{found:?}");
    assert_eq!(ran.error(1)["found"], "an interrupt");
    let list = ok(server.platform.tenants().list_tenants(ListTenantsRequest::default()).await);
    let left: Vec<_> = list.tenants.iter().filter(|t| t.name.starts_with("bursar smoke")).collect();
    assert_eq!(left.len(), 1);
    assert!(left.iter().all(|tenant| tenant.state() == TenantState::Deleted), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_or_cannot_reach_it_is_told() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let ran = smoke(&server, &tenant.viewer.key_text, &[]).await;
    assert_eq!(ran.code(), 1);
    assert!(ran.err().contains("step 'key'"), "{}", ran.err());
    assert!(ran.err().contains("role platform, admin or operator"), "{}", ran.err());
    assert!(accounts(&tenant.viewer).await.is_empty());

    let unknown = smoke(&server, "bsr_test_x_y_z", &["--output", "json"]).await;
    assert_eq!(unknown.error(1)["step"], "key");

    let proxy = Proxy::start(server.port()).await;
    proxy.cut();
    let mut command = program(None, &tenant.admin.key_text);
    command.args(["smoke", "--output", "json"]);
    command.env("BURSAR_URL", format!("http://127.0.0.1:{}", proxy.port));
    let ran = run(command).await;
    assert_eq!(ran.code(), 4, "{}", ran.err());
}
