//! Making many transfers in one call.

use bursar_proto::ledger::v1::{
    Account, BalanceRule, BatchCreateTransfersRequest, BatchMode, NewTransfer, TransferResult,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, attribute_number, balance, batch, history, id, invalid, make,
    money, moved, new_account, new_hold, new_transfer, ok, open_limited, refused, totals,
};
use tonic::Code;

use super::{event_of, item_fault, try_get, two};

const ALL: BatchMode = BatchMode::AllOrNothing;
const EACH: BatchMode = BatchMode::Independent;

/// A wallet that cannot go below zero, with 10 euros in it, and the bank they came from.
async fn wallet(caller: &Caller) -> (Account, Account) {
    let bank = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let wallet = open_limited(caller, BalanceRule::DebitsMustNotExceedCredits, "0").await;
    moved(caller, &bank, &wallet, "10").await;
    (wallet, bank)
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (wallet, bank) = wallet(&tenant.operator).await;
    let shop = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    // Taken in order: the second spends what the first brought, the third what came back.
    let new = vec![
        NewTransfer { code: "in".into(), ..new_transfer(&bank, &wallet, "5") },
        new_transfer(&wallet, &shop, "15"),
        new_transfer(&shop, &wallet, "1"),
        new_hold(&wallet, &shop, "1", 60),
    ];
    for mode in [BatchMode::Unspecified, ALL, EACH] {
        let tried = BatchCreateTransfersRequest {
            transfers: new.clone(),
            mode: mode.into(),
            validate_only: true,
        };
        let tried = ok(tenant.operator.transfers().batch_create_transfers(tried).await);
        assert!(tried.results.iter().all(|result| result.error.is_none()));
    }
    assert_eq!(balance(&tenant.viewer, &shop).await, shop.balance.clone().unwrap());

    let first = batch(&tenant.operator, new.clone(), ALL).await.unwrap();
    let wanted = [("-15", "15"), ("0", "15"), ("14", "1"), ("1", "14")];
    for ((result, new), (debit, credit)) in first.iter().zip(&new).zip(wanted) {
        let made = try_get(&tenant.viewer, &new.id).await.unwrap();
        let wanted = TransferResult {
            id: new.id.clone(),
            replayed: false,
            posted_at: made.posted_at,
            debit_posted: debit.into(),
            credit_posted: credit.into(),
            error: None,
        };
        assert_eq!(result, &wanted);
        assert_eq!((&made.code, &made.debit_account_id), (&new.code, &new.debit_account_id));
        assert_eq!(made.debit_balance.unwrap().posted, debit);
        assert_eq!(event_of(&tenant, &new.id).await.action, "transfer.create");
    }
    // Within one account the times increase within one batch too.
    let listed = history(&tenant.viewer, &wallet).await;
    assert!(listed[1..].iter().map(|t| &t.id).eq(new.iter().map(|new| &new.id)));
    let time =
        |t: &bursar_proto::ledger::v1::Transfer| t.posted_at.map(|at| (at.seconds, at.nanos));
    assert!(listed.windows(2).all(|two| time(&two[0]) < time(&two[1])));

    for mode in [ALL, EACH] {
        let again = batch(&tenant.operator, new.clone(), mode).await.unwrap();
        let wanted: Vec<_> =
            first.iter().map(|r| TransferResult { replayed: true, ..r.clone() }).collect();
        assert_eq!(again, wanted);
    }
    assert_eq!(totals(&balance(&tenant.viewer, &wallet).await), ["15", "16", "1", "0"]);

    // Half a replay: what is known is answered as before, what is new is done.
    let mixed = vec![new[1].clone(), new_transfer(&bank, &wallet, "2"), new[0].clone()];
    let results = batch(&tenant.operator, mixed, ALL).await.unwrap();
    assert_eq!(results.iter().map(|r| r.replayed).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(
        (&results[0].debit_posted, &results[0].posted_at),
        (&first[1].debit_posted, &first[1].posted_at)
    );
    assert_eq!(results[1].credit_posted, "3");
    assert_eq!(balance(&tenant.viewer, &wallet).await.posted, "3");
}

#[tokio::test]
async fn all_or_nothing() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (wallet, bank) = wallet(&tenant.operator).await;
    let known = moved(&tenant.operator, &bank, &wallet, "0.5").await;
    let good = || new_transfer(&bank, &wallet, "1");
    let absent = id();
    let reused = NewTransfer { id: known.id.clone(), code: "x".into(), ..good() };
    let cases = [
        (new_transfer(&wallet, &bank, "12.51"), Code::FailedPrecondition, "LIMIT_EXCEEDED"),
        (
            NewTransfer { amount: money("USD", "1"), ..good() },
            Code::FailedPrecondition,
            "ASSET_MISMATCH",
        ),
        (
            NewTransfer { debit_account_id: absent.clone(), ..good() },
            Code::NotFound,
            "RESOURCE_NOT_FOUND",
        ),
        (reused, Code::AlreadyExists, "REQUEST_ID_REUSED"),
        (
            NewTransfer { credit_account_id: bank.id.clone(), ..good() },
            Code::InvalidArgument,
            "INVALID_FIELD",
        ),
    ];
    for (bad, code, reason) in cases {
        let transfers = vec![good(), good(), bad, good(), new_transfer(&wallet, &bank, "999")];
        let fault = refused(batch(&tenant.operator, transfers, ALL).await, code, reason);
        // The first that was refused is the one that is told.
        assert_eq!(fault.meta("index"), "2", "{fault:?}");
        match reason {
            "LIMIT_EXCEEDED" => assert_eq!(fault.meta("available"), "12.5"),
            "REQUEST_ID_REUSED" => {
                assert_eq!(fault.meta("fields"), "transfers[2].amount.amount,transfers[2].code");
            }
            "INVALID_FIELD" => assert_eq!(fault.fields, ["transfers[2].credit_account_id"]),
            _ => {}
        }
    }
    assert_eq!(history(&tenant.viewer, &wallet).await.len(), 2);
    assert_eq!(balance(&tenant.viewer, &wallet).await.posted, "10.5");
}

#[tokio::test]
async fn each_for_itself() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (wallet, bank) = wallet(&tenant.operator).await;
    let known = new_transfer(&bank, &wallet, "0.5");
    make(&tenant.operator, known.clone()).await.unwrap();
    let absent = id();
    let transfers = vec![
        new_transfer(&wallet, &bank, "4"),
        new_transfer(&wallet, &bank, "7"),
        known.clone(),
        NewTransfer { code: "x".into(), ..known },
        NewTransfer { debit_account_id: absent.clone(), ..new_transfer(&bank, &wallet, "1") },
        NewTransfer { credit_account_id: wallet.id.clone(), ..new_transfer(&wallet, &bank, "1") },
        new_transfer(&wallet, &bank, "0.001"),
        new_transfer(&wallet, &bank, "6.5"),
    ];
    // One id twice in a call is a mistake of the caller's.
    let twice = batch(&tenant.operator, transfers.clone(), EACH).await;
    invalid(twice, &["transfers[3].id"]);
    let mut transfers = transfers;
    transfers.remove(3);

    let results = batch(&tenant.operator, transfers.clone(), EACH).await.unwrap();
    assert!(results.iter().zip(&transfers).all(|(result, new)| result.id == new.id));
    let done: Vec<_> = results.iter().map(|result| result.error.is_none()).collect();
    assert_eq!(done, [true, false, true, false, false, false, true]);
    assert!(results.iter().enumerate().all(|(at, result)| result.replayed == (at == 2)));
    assert_eq!((results[0].debit_posted.as_str(), results[6].debit_posted.as_str()), ("6.5", "0"));
    let fault = item_fault(&results[1]);
    assert_eq!((fault.code, fault.reason.as_str()), (Code::FailedPrecondition, "LIMIT_EXCEEDED"));
    assert_eq!((fault.meta("account_id"), fault.meta("available")), (&*wallet.id, "6.5"));
    let fault = item_fault(&results[3]);
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert!(fault.message.contains(&absent));
    for (at, field) in [(4, "credit_account_id"), (5, "amount.amount")] {
        let fault = item_fault(&results[at]);
        assert_eq!((fault.code, fault.reason.as_str()), (Code::InvalidArgument, "INVALID_FIELD"));
        assert_eq!(fault.fields, [format!("transfers[{at}].{field}")]);
    }
    assert_eq!(balance(&tenant.viewer, &wallet).await.posted, "0");
    assert_eq!(history(&tenant.viewer, &wallet).await.len(), 4);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (own, spare) = two(&ours.operator).await;
    let (foreign, bank) = two(&theirs.operator).await;
    let taken = moved(&theirs.operator, &bank, &foreign, "1").await;
    let absent = id();
    let call = |id: &str| {
        let bad = NewTransfer { credit_account_id: id.into(), ..new_transfer(&own, &spare, "5") };
        vec![new_transfer(&own, &spare, "1"), bad]
    };
    let ask = async |id: &str| batch(&ours.operator, call(id), ALL).await;
    let fault = assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    assert_eq!((fault.reason.as_str(), fault.meta("index")), ("RESOURCE_NOT_FOUND", "1"));
    let told = |results: Vec<TransferResult>, id: &str| {
        let fault = item_fault(&results[1]);
        (fault.code, fault.reason, fault.message.replace(id, "ID"))
    };
    assert_eq!(
        told(batch(&ours.operator, call(&foreign.id), EACH).await.unwrap(), &foreign.id),
        told(batch(&ours.operator, call(&absent), EACH).await.unwrap(), &absent),
    );
    let same = NewTransfer { id: taken.id.clone(), ..new_transfer(&own, &spare, "7") };
    assert!(!batch(&ours.operator, vec![same], ALL).await.unwrap()[0].replayed);
    assert_eq!(history(&theirs.viewer, &foreign).await, [taken]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let good = || new_transfer(&from, &to, "5");
    let group = id();
    let grouped = || NewTransfer { group_id: group.clone(), ..good() };
    let twin = good();
    let cases: Vec<(Vec<NewTransfer>, &[&str])> = vec![
        (vec![], &["transfers"]),
        (vec![twin.clone(), good(), twin.clone(), twin], &["transfers[2].id", "transfers[3].id"]),
        (vec![grouped(), good(), grouped()], &["transfers[2].group_id"]),
        (
            vec![
                NewTransfer { id: "x".into(), ..good() },
                good(),
                NewTransfer { amount: money("EUR", "NaN"), code: "?".into(), ..good() },
                NewTransfer { metadata: attribute_number("n", f64::NAN), ..good() },
                NewTransfer { amount: None, value_date: "?".into(), ..good() },
            ],
            &[
                "transfers[0].id",
                "transfers[2].amount.amount",
                "transfers[2].code",
                "transfers[3].metadata",
                "transfers[4].amount",
                "transfers[4].value_date",
            ],
        ),
    ];
    for (transfers, fields) in cases {
        for mode in [ALL, EACH] {
            invalid(batch(&tenant.operator, transfers.clone(), mode).await, fields);
        }
    }
    let mode =
        BatchCreateTransfersRequest { transfers: vec![good()], mode: 3, ..Default::default() };
    invalid(tenant.operator.transfers().batch_create_transfers(mode).await, &["mode"]);
    let both = BatchCreateTransfersRequest { mode: -1, ..Default::default() };
    let outcome = tenant.operator.transfers().batch_create_transfers(both).await;
    invalid(outcome, &["mode", "transfers"]);
    assert!(history(&tenant.viewer, &from).await.is_empty());
}
