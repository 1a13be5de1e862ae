//! Reads of many callers at once, which share their queries: each is answered for itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bursar_domain::money::Decimal;
use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::{
    Account, Balance, BalanceRule, GetBalanceRequest, GetBalanceResponse,
};
use bursar_testkit::http::{frame, send};
use bursar_testkit::{
    Caller, Random, Server, TestTenant, fault, history, id, make, new_account, new_hold,
    new_transfer, ok, post_part, refused, totals, void, within,
};
use http::{Method, Request, Version};
use prost::Message as _;
use tonic::{Code, Status};

const ACCOUNTS: usize = 6;
const MOVERS: usize = 4;
const READERS: usize = 12;

async fn read(caller: &Caller, account: &str) -> Result<GetBalanceResponse, Status> {
    let request = GetBalanceRequest { account_id: account.into(), as_of: None };
    caller.accounts().get_balance(request).await.map(tonic::Response::into_inner)
}

fn cents(text: &str) -> i128 {
    Decimal::parse(text).unwrap().to_units(2).unwrap()
}

/// The side of a transfer, or what was read, in one form: totals without what only the present knows.
fn state(balance: &Balance) -> [String; 4] {
    totals(balance).map(str::to_owned)
}

/// Moves, reserves, posts and voids, and reads its own writes.
async fn work(caller: Caller, accounts: Arc<Vec<Account>>, rounds: usize) {
    let mut random = Random::new();
    for _ in 0..rounds {
        let (from, to) = random.two(&accounts);
        let made = if random.below(3) == 0 {
            let held = make(&caller, new_hold(from, to, "2", 0)).await.unwrap();
            match random.below(3) {
                0 => void(&caller, &held).await.unwrap(),
                1 => post_part(&caller, &held, "0.5", false).await.unwrap(),
                _ => held,
            }
        } else {
            make(&caller, new_transfer(from, to, &random.cents())).await.unwrap()
        };
        let now = read(&caller, &from.id).await.unwrap().balance.unwrap();
        let left = made.debit_balance.unwrap().version;
        assert!(now.version >= left, "{} was answered with {left} before {}", from.id, now.version);
    }
}

/// Reads accounts of its tenant until the work is done; some that are absent or another's among them.
async fn watch(
    caller: Caller,
    accounts: Arc<Vec<Account>>,
    foreign: String,
    done: Arc<AtomicBool>,
) -> Vec<(String, GetBalanceResponse)> {
    let (mut random, mut seen) = (Random::new(), Vec::new());
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    while !done.load(Ordering::Relaxed) {
        match random.below(6) {
            0 => drop(refused(read(&caller, &id()).await, Code::NotFound, "RESOURCE_NOT_FOUND")),
            1 => drop(refused(read(&caller, &foreign).await, Code::NotFound, "RESOURCE_NOT_FOUND")),
            _ => {
                let account = &random.pick(&accounts).id;
                let found = read(&caller, account).await.unwrap();
                let version = found.balance.as_ref().unwrap().version;
                let before = last.insert(account.clone(), version).unwrap_or(0);
                assert!(version >= before, "{account} went back from {before} to {version}");
                seen.push((account.clone(), found));
            }
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reader_sees_one_state_while_money_moves() {
    let server = Server::start().await;
    let mut tenants = Vec::new();
    for _ in 0..3 {
        let tenant = server.tenant().await;
        let mut accounts = Vec::new();
        for _ in 0..ACCOUNTS {
            accounts.push(new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await);
        }
        tenants.push((tenant, Arc::new(accounts)));
    }
    let done = Arc::new(AtomicBool::new(false));
    let (mut movers, mut readers) = (Vec::new(), Vec::new());
    for (at, (tenant, accounts)) in tenants.iter().enumerate() {
        let foreign = tenants[(at + 1) % tenants.len()].1[0].id.clone();
        for _ in 0..MOVERS {
            movers.push(tokio::spawn(work(tenant.operator.clone(), accounts.clone(), 15)));
        }
        for _ in 0..READERS {
            let (caller, accounts) = (tenant.viewer.clone(), accounts.clone());
            readers.push(tokio::spawn(watch(caller, accounts, foreign.clone(), done.clone())));
        }
    }
    for mover in movers {
        mover.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);

    let mut states: BTreeMap<(String, i64), [String; 4]> = BTreeMap::new();
    for (tenant, accounts) in &tenants {
        for account in accounts.iter() {
            states.insert((account.id.clone(), 0), ["0"; 4].map(str::to_owned));
            for transfer in history(&tenant.viewer, account).await {
                let debited = transfer.debit_account_id == account.id;
                let side = if debited { &transfer.debit_balance } else { &transfer.credit_balance };
                let side = side.as_ref().unwrap();
                states.insert((account.id.clone(), side.version), state(side));
            }
        }
    }
    let mut answers = 0;
    for reader in readers {
        for (account, found) in reader.await.unwrap() {
            let balance = found.balance.unwrap();
            let left = states.get(&(account.clone(), balance.version));
            assert_eq!(Some(&state(&balance)), left, "{account} at {}", balance.version);
            // The holds are those of the same moment.
            let (mut debits, mut credits) = (0, 0);
            for hold in &found.holds {
                let part =
                    if hold.debit_account_id == account { &mut debits } else { &mut credits };
                *part += cents(&hold.remaining);
            }
            let pending = (cents(&balance.debits_pending), cents(&balance.credits_pending));
            assert_eq!((debits, credits), pending, "{account} at {}", balance.version);
            answers += 1;
        }
    }
    assert!(answers > 3 * READERS, "the readers read: {answers}");
}

/// Times of the past and accounts of all kinds in one query: each answer is that of its own question.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_past_is_that_of_its_own_question() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let mut accounts = Vec::new();
    for _ in 0..4 {
        accounts.push(new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await);
    }
    let accounts = Arc::new(accounts);
    work(tenant.operator.clone(), accounts.clone(), 30).await;
    let mut calls = Vec::new();
    for account in accounts.iter() {
        for transfer in history(&tenant.viewer, account).await {
            let caller = tenant.viewer.clone();
            let as_of = transfer.posted_at.map(AsOf::PostingTime);
            let request =
                GetBalanceRequest { account_id: account.id.clone(), as_of: as_of.clone() };
            let debited = transfer.debit_account_id == account.id;
            let side = if debited { transfer.debit_balance } else { transfer.credit_balance };
            let call = async move { ok(caller.accounts().get_balance(request).await) };
            calls.push((side.unwrap(), tokio::spawn(call)));
            let (caller, absent) = (tenant.viewer.clone(), id());
            tokio::spawn(async move {
                let request = GetBalanceRequest { account_id: absent, as_of };
                let answer = caller.accounts().get_balance(request).await;
                refused(answer, Code::NotFound, "RESOURCE_NOT_FOUND");
            });
        }
    }
    assert!(calls.len() >= 60);
    for (side, call) in calls {
        let found = call.await.unwrap();
        let balance = found.balance.unwrap();
        assert_eq!((state(&balance), balance.version), (state(&side), side.version));
        let held: i128 = found.holds.iter().map(|hold| cents(&hold.remaining)).sum();
        assert_eq!(held, cents(&balance.debits_pending) + cents(&balance.credits_pending));
    }
}

/// A call that brings a deadline of its own, as no client library sends it: the server's word counts.
async fn with_timeout(
    server: &Server,
    tenant: &TestTenant,
    account: &str,
    timeout: &str,
) -> (Option<Status>, Duration) {
    let message = GetBalanceRequest { account_id: account.into(), as_of: None };
    let port = server.port();
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://127.0.0.1:{port}/bursar.ledger.v1.AccountService/GetBalance"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout)
        .header("authorization", format!("Bearer {}", tenant.viewer.key_text))
        .body(frame(&message.encode_to_vec()))
        .unwrap();
    let begun = Instant::now();
    let answer = send(port, Version::HTTP_2, request).await.grpc_status();
    (answer.filter(|status| status.code() != Code::Ok), begun.elapsed())
}

/// The first query waits for a lock, the others behind it: who has no time left is told, and takes nobody along; who
/// goes away neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_spoils_nothing_for_the_others() {
    let server = Server::start().await;
    let (tenant, other) = (server.tenant().await, server.tenant().await);
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let second = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let busy = server.database.connect().await;
    busy.batch_execute("BEGIN; LOCK TABLE bursar.ledger_account IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();

    let patient = |account: &Account| {
        let (caller, account) = (tenant.viewer.clone(), account.id.clone());
        tokio::spawn(async move { read(&caller, &account).await })
    };
    // This one's query is in flight, and its caller goes away; the next ones stand in the queue.
    let first = patient(&account);
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = 'bursar_app' AND wait_event_type = 'Lock'";
    let locked = async || {
        let rows = server.database.rows(waiting).await;
        let count: i64 = rows[0].get(0);
        usize::try_from(count).unwrap()
    };
    within(Duration::from_secs(5), "one query waits", async || locked().await == 1).await;
    let gone: Vec<_> = (0..4).map(|_| patient(&second)).collect();
    let stay: Vec<_> = [&account, &second, &account].map(patient).into();
    let absent = {
        let caller = tenant.viewer.clone();
        tokio::spawn(async move { read(&caller, &id()).await })
    };
    for (status, took) in [
        with_timeout(&server, &tenant, &second.id, "300m").await,
        with_timeout(&server, &tenant, &id(), "200m").await,
    ] {
        let fault = fault(status.unwrap());
        assert_eq!((fault.code, fault.meta("definite")), (Code::DeadlineExceeded, "true"));
        assert!(took < Duration::from_millis(1_500), "{took:?}");
    }
    first.abort();
    for call in gone {
        call.abort();
    }
    assert_eq!(locked().await, 1, "one query of the tenant stands for all of them");
    // Another tenant's queue is another: it waits for the lock by itself, not behind them.
    let theirs = {
        let caller = other.viewer.clone();
        tokio::spawn(async move { read(&caller, &id()).await })
    };
    within(Duration::from_secs(5), "theirs waits too", async || locked().await == 2).await;
    busy.batch_execute("COMMIT").await.unwrap();
    for call in stay {
        assert_eq!(call.await.unwrap().unwrap().balance.unwrap().version, 0);
    }
    refused(absent.await.unwrap(), Code::NotFound, "RESOURCE_NOT_FOUND");
    refused(theirs.await.unwrap(), Code::NotFound, "RESOURCE_NOT_FOUND");
    assert_eq!(locked().await, 0);
}
