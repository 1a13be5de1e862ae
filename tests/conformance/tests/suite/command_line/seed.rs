//! `bursar demo seed`: the books balance, nobody is below zero, and the same seed again changes nothing.

use std::collections::BTreeMap;

use bursar_domain::money::Decimal;
use bursar_proto::admin::v1::{ListTenantsRequest, WhoAmIRequest};
use bursar_proto::ledger::v1::TransferKind::{Direct, Expire, Pending, Post, Reversal, Void};
use bursar_proto::ledger::v1::{
    AccountBalance, ListAccountsRequest, ListBalancesRequest, TransferFilter,
};
use bursar_testkit::{Caller, Server, list_all, ok};
use serde_json::Value;

use super::{Ran, program, run};

/// More than any asset of the demo has.
const SCALE: u8 = 8;

async fn seed(server: &Server, key: &str, args: &[&str]) -> Ran {
    let mut command = program(Some(server), key);
    command.args(["demo", "seed"]).args(args);
    run(command).await
}

async fn balances(caller: &Caller) -> Vec<AccountBalance> {
    let mut request = ListBalancesRequest { page_size: 1000, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.accounts().list_balances(request.clone()).await);
        found.extend(page.balances);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

/// Ids of the accounts whose code is `customer`, with their references.
async fn customers(caller: &Caller) -> BTreeMap<String, String> {
    let mut request = ListAccountsRequest { page_size: 1000, ..Default::default() };
    let mut found = BTreeMap::new();
    loop {
        let page = ok(caller.accounts().list_accounts(request.clone()).await);
        let accounts = page.accounts.into_iter().filter(|account| account.code == "customer");
        found.extend(accounts.map(|account| (account.id, account.external_reference)));
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

fn units(text: &str) -> i128 {
    Decimal::parse(text).unwrap().to_units(SCALE).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_default_conserves_money_and_repeats() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let first = seed(&server, &tenant.admin.key_text, &["--output", "json"]).await.json(0);
    let transfers = first["transfers"].as_u64().unwrap();
    assert!(transfers > 4_000, "{first}");
    assert_eq!((first["replayed"].as_u64(), first["customers"].as_u64()), (Some(0), Some(50)));

    let customers = customers(&tenant.viewer).await;
    let found = balances(&tenant.viewer).await;
    assert_eq!(Some(found.len() as u64), first["accounts"].as_u64());
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for AccountBalance { account_id, balance } in &found {
        let balance = balance.as_ref().unwrap();
        *sums.entry(balance.asset.clone()).or_default() += units(&balance.posted);
        if let Some(name) = customers.get(account_id) {
            assert!(units(&balance.available) >= 0, "{name}: {balance:?}");
        }
    }
    let zero = ["BTC", "EUR", "POINTS", "USD"].map(|asset| (asset.to_owned(), 0));
    assert_eq!(sums.into_iter().collect::<Vec<_>>(), zero);
    assert!(customers.len() > 100, "{customers:?}");

    // Every kind of transfer is there, and they are as many as it said; what expires is the server's.
    let since = TransferFilter {
        from: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
        ..Default::default()
    };
    let all = list_all(&tenant.viewer, since, 1000).await;
    let of = |kind| all.iter().filter(|transfer| transfer.kind() == kind).count();
    for kind in [Direct, Pending, Post, Void, Reversal] {
        assert!(of(kind) > 20, "{kind:?}");
    }
    assert_eq!((all.len() - of(Expire)) as u64, transfers);
    assert!(all.iter().all(|transfer| !transfer.value_date.is_empty()));

    let again = seed(&server, &tenant.admin.key_text, &["--output", "json"]).await.json(0);
    assert_eq!(again["transfers"], first["transfers"]);
    assert_eq!(again["replayed"], first["transfers"], "the same seed is a replay: {again}");
    let kept = |balances: Vec<AccountBalance>| -> BTreeMap<_, _> {
        balances.into_iter().map(|b| (b.account_id, b.balance.unwrap().posted)).collect()
    };
    assert_eq!(kept(balances(&tenant.viewer).await), kept(found), "nothing moved");

    // More of it only adds, and another seed stands beside it.
    let more = ["--customers", "55", "--months", "7", "--output", "json"];
    let more = seed(&server, &tenant.admin.key_text, &more).await.json(0);
    assert_eq!(more["replayed"], first["transfers"], "{more}");
    assert!(more["transfers"].as_u64() > first["transfers"].as_u64());
    let other = ["--seed", "2", "--customers", "5", "--months", "1", "--output", "json"];
    let other = seed(&server, &tenant.admin.key_text, &other).await.json(0);
    assert_eq!(other["replayed"], 0, "{other}");
    let sum: i128 = balances(&tenant.viewer)
        .await
        .iter()
        .map(|b| units(&b.balance.as_ref().unwrap().posted))
        .sum();
    assert_eq!(sum, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platform_gets_a_tenant_and_its_key_in_a_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("demo.key");
    let small = ["--customers", "3", "--months", "1", "--key-file", file.to_str().unwrap()];
    let ran = seed(&server, &server.platform.key_text, &small).await;
    assert_eq!(ran.code(), 0, "{}", ran.err());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = std::fs::read_to_string(&file).unwrap();
    assert!(!ran.out().contains(key.trim()) && !ran.err().contains(key.trim()));
    let line = format!("KEY=$(cat {})", file.display());
    assert!(ran.out().contains(&line), "{}", ran.out());
    let calls = ran.out().lines().filter(|line| line.starts_with("grpcurl -")).count();
    assert_eq!(calls, 6, "{}", ran.out());

    // Again: the same tenant, by the key in the file.
    let again = seed(&server, &server.platform.key_text, &small).await;
    assert!(again.out().contains(" 0 new"), "{}", again.out());
    let who = ok(server.platform.with_key(key.trim()).server().who_am_i(WhoAmIRequest {}).await);
    assert_eq!(who.tenant_name, "Demo");
    let list = ok(server.platform.tenants().list_tenants(ListTenantsRequest::default()).await);
    assert_eq!(list.tenants.iter().filter(|tenant| tenant.name == "Demo").count(), 1);

    // A key of somebody else is not overwritten, and who may not is told so.
    std::fs::write(&file, "bsr_test_x_y_z\n").unwrap();
    let ran = seed(&server, &server.platform.key_text, &small).await;
    assert_eq!(ran.code(), 2, "{}", ran.err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "bsr_test_x_y_z\n");
    let tenant = server.tenant().await;
    let error = seed(&server, &tenant.operator.key_text, &["--output", "json"]).await.error(2);
    assert!(error["message"].as_str().unwrap().contains("role operator"), "{error}");
}

/// The lines work as they stand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_lines_work_when_pasted() {
    let grpcurl = std::process::Command::new("grpcurl").arg("-version").output();
    if grpcurl.is_err() {
        use std::io::Write as _;
        writeln!(std::io::stderr(), "skipped: grpcurl is not installed").unwrap();
        return;
    }
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let ran = seed(&server, &tenant.admin.key_text, &["--customers", "2", "--months", "1"]).await;
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let pasted = |line: &&str| line.starts_with("KEY=") || line.starts_with("grpcurl -");
    let script: Vec<_> =
        ran.out().lines().map(str::to_owned).filter(|l| pasted(&l.as_str())).collect();
    let mut command = std::process::Command::new("bash");
    command.args(["-euc", &script.join("\n")]).env("BURSAR_API_KEY", &tenant.admin.key_text);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(answers.len(), 6);
    assert_eq!(answers[3]["transfer"]["amount"]["amount"], "12.5");
}
