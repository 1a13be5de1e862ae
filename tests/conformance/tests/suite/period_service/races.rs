//! Closing while money moves: whoever comes first, what is read after the closing is final.

use std::time::Duration;

use bursar_proto::ledger::v1::{
    BalanceRule, GetStatementRequest, GetStatementResponse, NewTransfer, PostTransferRequest,
};
use bursar_testkit::{
    Caller, Random, Server, day, fault, held, id, make, moved, new_account, new_transfer, ok,
    refused, within,
};
use tonic::Code;

use super::{close, through};

/// Waits until so many of the service's connections wait for a lock of periods.
async fn waiting(server: &Server, count: i64) {
    let query = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = 'bursar_app'
                   AND wait_event_type = 'Lock' AND wait_event = 'advisory'";
    within(Duration::from_secs(5), "calls that wait for the lock", async || {
        server.database.rows(query).await[0].get::<_, i64>(0) == count
    })
    .await;
}

async fn statement(caller: &Caller, account: &str, day: &str) -> GetStatementResponse {
    let request = GetStatementRequest {
        account_id: account.into(),
        from: day.into(),
        to: day.into(),
        page_size: 1_000,
        page_token: String::new(),
    };
    ok(caller.accounts().get_statement(request).await)
}

/// A posting that read "not closed" and is held up before its commit is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_a_posting() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let yesterday = day(-1).await;

    let other = server.database.connect().await;
    let lock =
        format!("BEGIN; SELECT FROM bursar.ledger_account WHERE id = '{}' FOR UPDATE", to.id);
    other.batch_execute(&lock).await.unwrap();
    let new = NewTransfer { value_date: yesterday.clone(), ..new_transfer(&from, &to, "7") };
    let caller = tenant.operator.clone();
    let posting = tokio::spawn(async move { make(&caller, new).await });
    let held_up = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = 'bursar_app'
                     AND wait_event_type = 'Lock' AND wait_event <> 'advisory'";
    within(Duration::from_secs(5), "a posting that waits for its account", async || {
        server.database.rows(held_up).await[0].get::<_, i64>(0) == 1
    })
    .await;

    let (admin, ends_on) = (tenant.admin.clone(), yesterday.clone());
    let closing = tokio::spawn(async move { close(&admin, &ends_on).await });
    waiting(&server, 1).await;
    assert!(!closing.is_finished() && !posting.is_finished());
    other.batch_execute("COMMIT").await.unwrap();
    let posted = posting.await.unwrap().unwrap();
    closing.await.unwrap();
    let read = statement(&tenant.viewer, &to.id, &yesterday).await;
    assert!(read.closed);
    assert_eq!(read.lines.len(), 1);
    assert_eq!((&read.lines[0].transfer_id, read.lines[0].credit.as_str()), (&posted.id, "7"));
}

/// A posting waits for a closing that is held up before its commit, and is then refused: each of its forms, one that
/// finds no account too. Another tenant waits for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_posting_waits_for_closing() {
    let server = Server::start().await;
    let (tenant, neighbour) = (server.tenant().await, server.tenant().await);
    let caller = &tenant.operator;
    let from = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let pending = held(caller, &from, &to, "7").await;
    let yesterday = day(-1).await;

    let other = server.database.connect().await;
    other.batch_execute("BEGIN; LOCK TABLE bursar.ledger_period IN SHARE MODE").await.unwrap();
    let (admin, ends_on) = (tenant.admin.clone(), yesterday.clone());
    let closing = tokio::spawn(async move { close(&admin, &ends_on).await });
    let held_up = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = 'bursar_app'
                     AND wait_event_type = 'Lock' AND wait_event = 'relation'";
    within(Duration::from_secs(5), "a closing that cannot insert", async || {
        server.database.rows(held_up).await[0].get::<_, i64>(0) == 1
    })
    .await;

    let dated = NewTransfer { value_date: yesterday.clone(), ..new_transfer(&from, &to, "7") };
    let nowhere =
        NewTransfer { id: id(), debit_account_id: id(), credit_account_id: id(), ..dated.clone() };
    let mut calls = Vec::new();
    for new in [dated, nowhere] {
        let caller = caller.clone();
        calls.push(tokio::spawn(async move { make(&caller, new).await.map(drop) }));
    }
    let post = PostTransferRequest {
        id: id(),
        pending_id: pending.id,
        value_date: yesterday.clone(),
        ..Default::default()
    };
    let poster = caller.clone();
    calls.push(tokio::spawn(async move { poster.transfers().post_transfer(post).await.map(drop) }));
    // The first of them waits in the database, the others behind it.
    waiting(&server, 1).await;

    let ours = new_account(&neighbour.operator, "EUR", BalanceRule::Unlimited).await;
    let theirs = new_account(&neighbour.operator, "EUR", BalanceRule::Unlimited).await;
    moved(&neighbour.operator, &ours, &theirs, "1").await;

    assert!(!closing.is_finished());
    other.batch_execute("COMMIT").await.unwrap();
    closing.await.unwrap();
    for call in calls {
        refused(call.await.unwrap(), Code::FailedPrecondition, "PERIOD_CLOSED");
    }
    assert!(statement(&tenant.viewer, &to.id, &yesterday).await.lines.is_empty());
}

/// Random postings against closings: once a day is closed, its statement never changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_while_days_are_closed() {
    let mut random = Random::new();
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut days = Vec::new();
    for shift in -6..=-1 {
        days.push(day(shift).await);
    }
    let mut crowd = Vec::new();
    for _ in 0..8 {
        let mut plan = Vec::new();
        for _ in 0..40 {
            let value_date = random.pick(&days).clone();
            plan.push(NewTransfer { value_date, ..new_transfer(&from, &to, "0.01") });
        }
        let caller = tenant.operator.clone();
        crowd.push(tokio::spawn(async move {
            let mut made = 0;
            for new in plan {
                match make(&caller, new).await {
                    Ok(_) => made += 1,
                    Err(status) if status.code() == Code::Unavailable => {}
                    Err(status) => assert_eq!(fault(status).reason, "PERIOD_CLOSED"),
                }
            }
            made
        }));
    }
    let mut closed = Vec::new();
    for ends_on in &days {
        let outcome = tenant.admin.periods().close_period(through(ends_on)).await;
        ok(outcome);
        closed.push(statement(&tenant.viewer, &to.id, ends_on).await);
    }
    let mut made = 0;
    for task in crowd {
        made += task.await.unwrap();
    }
    for (ends_on, first) in days.iter().zip(&closed) {
        assert!(first.closed);
        assert_eq!(&statement(&tenant.viewer, &to.id, ends_on).await, first, "{ends_on}");
    }
    let lines: usize = closed.iter().map(|statement| statement.lines.len()).sum();
    assert_eq!(lines, made, "all were dated into days that are closed now");
}
