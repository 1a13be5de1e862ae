//! The database did the work, or not, and its answer to the COMMIT is lost.

use std::time::Duration;

use bursar_proto::operation::v1::OperationState;
use bursar_testkit::{Fault, Proxy, Server, fault, new_transfer};
use tokio::task::JoinHandle;
use tonic::Code;

use crate::bank::{Answer, Bank, Told, cents};
use crate::database::{Held, INSERTING, count, terminate};
use crate::outage;
use crate::random::Random;
use crate::settle::{operation, recorded, replay, settle};
use crate::watch::{serving, until};

const SOON: Duration = Duration::from_secs(10);

/// A server with a transfer whose last flush, COMMIT included, waits in the database.
async fn waiting() -> (Server, Proxy, Bank, JoinHandle<Told>, Held, Vec<Told>) {
    let (server, proxy) = outage::server_with(&[("BURSAR_MAX_CONNECTIONS", "2")], |_| {}).await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 2).await;
    // Each connection has prepared its statements then: to prepare an INSERT takes the lock too.
    let load = bank.load(4);
    load.posts(40).await;
    let before = load.stop().await;
    assert!(before.iter().all(|one| matches!(one.answer, Answer::Posted(_))));
    let held = Held::transfers(&server.database).await;
    let transfer = new_transfer(&bank.accounts[0], &bank.accounts[1], "12.50");
    let other = bank.clone();
    let call = tokio::spawn(async move { other.post(transfer).await });
    until("the insert waits", SOON, async || count(&server.database, INSERTING).await == 1).await;
    (server, proxy, bank, call, held, before)
}

/// What the caller was told, once it works again.
async fn ambiguous(told: Told, bank: &Bank) -> Told {
    let Answer::Refused(fault) = &told.answer else { panic!("{told:?}") };
    assert_eq!((fault.code, fault.reason.as_str()), (Code::Unavailable, "DATABASE_UNAVAILABLE"));
    assert_eq!(fault.meta("definite"), "false");
    assert!(fault.retry_delay.is_some() && fault.message.contains("GetOperation"), "{fault:?}");
    until("serving", SOON, async || serving(&bank.caller).await).await;
    told
}

/// The same for a call whose connection was cut.
async fn cut_off(call: JoinHandle<Told>, proxy: &Proxy, bank: &Bank) -> Told {
    let told = tokio::time::timeout(SOON, call).await.expect("an answer").unwrap();
    // The server tries to cancel what it left behind. That is lost as well.
    tokio::time::sleep(Duration::from_millis(200)).await;
    proxy.mend();
    ambiguous(told, bank).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_had_committed() {
    let (server, proxy, bank, call, held, mut all) = waiting().await;
    proxy.freeze();
    held.release().await;
    let sql = "SELECT FROM bursar.ledger_transfer WHERE amount = 12.5";
    until("it committed", SOON, async || server.database.rows(sql).await.len() == 1).await;
    proxy.cut();
    let told = cut_off(call, &proxy, &bank).await;
    let there =
        recorded(&operation(&bank.caller, &told.transfer.id, false).await).expect("it committed");
    assert_eq!(cents(&there.amount.as_ref().unwrap().amount), 1250);
    replay(&bank, &told.transfer, Some(there)).await;
    // Fencing comes too late and says so.
    assert_eq!(
        operation(&bank.caller, &told.transfer.id, true).await.state(),
        OperationState::Succeeded
    );
    all.push(told);
    let tally = settle(&bank, &all).await;
    assert_eq!((tally.had_committed, tally.open()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_had_not_committed() {
    let (server, _proxy, bank, call, held, mut all) = waiting().await;
    assert!(terminate(&server.database).await >= 1);
    let told = ambiguous(call.await.unwrap(), &bank).await;
    held.release().await;
    let found = operation(&bank.caller, &told.transfer.id, false).await;
    assert_eq!((found.state(), found.reply.clone()), (OperationState::NotRecorded, None));
    replay(&bank, &told.transfer, None).await;
    all.push(told);
    let tally = settle(&bank, &all).await;
    assert_eq!((tally.had_committed, tally.open()), (1, 1));
}

/// The caller asks while the database still works at it: NOT_RECORDED is not final, and with `fence` it waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_still_under_way() {
    let (server, proxy, bank, call, held, _) = waiting().await;
    proxy.cut();
    let told = cut_off(call, &proxy, &bank).await;
    assert_eq!(
        operation(&bank.caller, &told.transfer.id, false).await.state(),
        OperationState::NotRecorded
    );
    assert_eq!(
        count(&server.database, INSERTING).await,
        1,
        "PostgreSQL does not notice that nobody listens"
    );
    let fence = {
        let (caller, id) = (bank.caller.clone(), told.transfer.id.clone());
        tokio::spawn(async move { operation(&caller, &id, true).await })
    };
    until("the fence waits too", SOON, async || count(&server.database, INSERTING).await == 2)
        .await;
    held.release().await;
    let last = fence.await.unwrap();
    let posted = bank.submit(told.transfer.clone()).await;
    match last.state() {
        OperationState::Succeeded => {
            let posted = posted.expect("a replay");
            assert!(posted.replayed && posted.transfer == recorded(&last), "{posted:?}");
        }
        OperationState::Fenced => {
            let refused: Fault = fault(posted.expect_err("fenced"));
            assert_eq!(
                (refused.code, refused.reason.as_str()),
                (Code::Aborted, "OPERATION_FENCED")
            );
        }
        other => panic!("not final: {other:?}"),
    }
    assert_eq!(
        operation(&bank.caller, &told.transfer.id, false).await.state(),
        last.state(),
        "and stays so"
    );
}

/// Answers get lost at any moment of a call, until each outcome was seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_any_moment() {
    let (server, proxy) = outage::server().await;
    let tenant = server.tenant().await;
    let bank = Bank::open(&tenant.operator, 4).await;
    let random = Random::new();
    let (mut told, mut ambiguous) = (Vec::new(), 0);
    for round in 0..200 {
        let load = bank.load(4);
        load.posts(4).await;
        tokio::time::sleep(Duration::from_micros(random.below(8_000))).await;
        proxy.lose_answers();
        tokio::time::sleep(Duration::from_millis(30)).await;
        proxy.mend();
        let part = load.stop().await;
        ambiguous += part
            .iter()
            .filter(
                |one| matches!(&one.answer, Answer::Refused(f) if f.meta("definite") == "false"),
            )
            .count();
        assert!(part.iter().all(|one| !matches!(one.answer, Answer::Silence(_))));
        told.extend(part);
        until("serving", SOON, async || serving(&bank.caller).await).await;
        if ambiguous >= 2 && round >= 4 {
            break;
        }
    }
    assert!(ambiguous > 0, "no answer to a COMMIT was lost in {} calls", told.len());
    let tally = settle(&bank, &told).await;
    // Which of them had committed is chance; the tests above have one of each.
    assert_eq!(tally.open(), ambiguous, "{tally:?}");
}
