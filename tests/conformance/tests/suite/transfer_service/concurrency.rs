//! Many callers at once.

use std::collections::BTreeMap;

use bursar_domain::money::Decimal;
use bursar_proto::ledger::v1::{
    Account, BalanceRule, BatchMode, NewTransfer, Transfer, TransferFilter,
};
use bursar_testkit::{
    Caller, Random, Server, balance, batch, fault, held, history, hold_of, list_all, make, moved,
    new_account, new_transfer, ok, open_limited, post_part, refused, totals,
};
use tonic::{Code, Status};

use super::{create, reverse, two};

fn cents(text: &str) -> i128 {
    Decimal::parse(text).unwrap().to_units(2).unwrap()
}

/// The same call again while the server is too busy to take it: its id makes that safe.
async fn insist(caller: &Caller, new: &NewTransfer) -> Result<Transfer, Status> {
    loop {
        match make(caller, new.clone()).await {
            Err(status) if status.code() == Code::Unavailable => {}
            outcome => return outcome,
        }
    }
}

/// Money runs round between limited accounts: none is lost, no limit is broken, and each history has one order.
#[tokio::test]
async fn a_crowd_on_few_accounts() {
    let mut random = Random::new();
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut accounts = Vec::new();
    for (rule, limit) in [
        (BalanceRule::DebitsMustNotExceedCredits, "0"),
        (BalanceRule::DebitsMustNotExceedCredits, "25"),
        (BalanceRule::DebitsMustNotExceedCredits, "50.5"),
        (BalanceRule::CreditsMustNotExceedDebits, "100"),
    ] {
        accounts.push(open_limited(&tenant.operator, rule, limit).await);
    }
    for wallet in &accounts[..3] {
        moved(&tenant.operator, &bank, wallet, "100").await;
    }
    accounts.push(bank);
    let mut tasks = Vec::new();
    for _ in 0..32 {
        let mut plan = Vec::new();
        for _ in 0..12 {
            let (debit, credit) = random.two(&accounts);
            let pending = random.below(4) == 0;
            plan.push(NewTransfer { pending, ..new_transfer(debit, credit, &random.cents()) });
        }
        let caller = tenant.operator.clone();
        tasks.push(tokio::spawn(async move {
            let mut made = Vec::new();
            for new in plan {
                match insist(&caller, &new).await {
                    Ok(transfer) => made.push(transfer),
                    refusal => {
                        refused(refusal, Code::FailedPrecondition, "LIMIT_EXCEEDED");
                    }
                }
            }
            made
        }));
    }
    let mut made = BTreeMap::new();
    for task in tasks {
        made.extend(task.await.unwrap().into_iter().map(|t| (t.id.clone(), t)));
    }
    assert!(made.len() > 50, "most are not refused: {}", made.len());

    let mut sums = [0; 4];
    for account in &accounts {
        let history = history(&tenant.viewer, account).await;
        for (n, transfer) in history.iter().enumerate() {
            let after = side(transfer, account);
            assert_eq!(after.version, i64::try_from(n).unwrap() + 1, "versions are dense");
            keeps_its_limit(account, &totals(after).map(cents));
            if let Some(told) = made.get(&transfer.id) {
                assert_eq!(&Transfer { hold: None, ..transfer.clone() }, told, "as it was told");
            }
        }
        let time = |t: &Transfer| t.posted_at.map(|at| (at.seconds, at.nanos));
        assert!(history.windows(2).all(|two| time(&two[0]) < time(&two[1])), "times increase");
        let now = balance(&tenant.viewer, account).await;
        if let Some(last) = history.last() {
            assert_eq!(totals(side(last, account)), totals(&now));
        }
        for (sum, total) in sums.iter_mut().zip(totals(&now).map(cents)) {
            *sum += total;
        }
    }
    assert_eq!((sums[0], sums[2]), (sums[1], sums[3]), "debits are credits");
    let every = list_all(&tenant.viewer, TransferFilter::default(), 1_000).await;
    assert_eq!(every.len(), made.len() + 3, "what was told is what is there");
}

fn side<'a>(transfer: &'a Transfer, account: &Account) -> &'a bursar_proto::ledger::v1::Balance {
    let after = if transfer.debit_account_id == account.id {
        &transfer.debit_balance
    } else {
        &transfer.credit_balance
    };
    after.as_ref().unwrap()
}

fn keeps_its_limit(account: &Account, totals: &[i128; 4]) {
    let limit = cents(&account.overdraft_limit);
    let [debits, credits, debits_pending, credits_pending] = totals;
    let left = match account.balance_rule() {
        BalanceRule::DebitsMustNotExceedCredits => credits + limit - debits - debits_pending,
        BalanceRule::CreditsMustNotExceedDebits => debits + limit - credits - credits_pending,
        _ => 0,
    };
    assert!(left >= 0, "the limit of {} is broken: {totals:?}", account.id);
}

#[tokio::test]
async fn one_id_many_calls() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let request = create(new_transfer(&from, &to, "5"));
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let (caller, request) = (tenant.operator.clone(), request.clone());
            tokio::spawn(async move { ok(caller.transfers().create_transfer(request).await) })
        })
        .collect();
    let mut replies = Vec::new();
    for call in calls {
        replies.push(call.await.unwrap());
    }
    assert_eq!(replies.iter().filter(|reply| !reply.replayed).count(), 1);
    assert!(replies.iter().all(|reply| reply.transfer == replies[0].transfer));
    assert_eq!(balance(&tenant.viewer, &to).await.posted, "5");
}

/// Calls on different accounts share no lock: only the id tells that they are one.
#[tokio::test]
async fn one_id_many_bodies() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let mut calls = Vec::new();
    let id = bursar_testkit::id();
    for _ in 0..12 {
        let (from, to) = two(&tenant.operator).await;
        let new = NewTransfer { id: id.clone(), ..new_transfer(&from, &to, "5") };
        let caller = tenant.operator.clone();
        calls.push(tokio::spawn(async move { make(&caller, new).await }));
    }
    let mut made = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => made += 1,
            refusal => {
                let fault = refused(refusal, Code::AlreadyExists, "REQUEST_ID_REUSED");
                let fields = "transfer.debit_account_id,transfer.credit_account_id";
                assert_eq!(fault.meta("fields"), fields);
            }
        }
    }
    assert_eq!(made, 1);
    assert_eq!(list_all(&tenant.viewer, TransferFilter::default(), 10).await.len(), 1);
}

/// Two callers send the same batch, and a third overlaps both: each transfer is made once.
#[tokio::test]
async fn overlapping_batches() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let new: Vec<_> = (0..300).map(|_| new_transfer(&from, &to, "0.01")).collect();
    let mut calls = Vec::new();
    for range in [0..200, 0..200, 100..300, 100..300, 50..250] {
        let (caller, part) = (tenant.operator.clone(), new[range].to_vec());
        calls.push(tokio::spawn(async move { batch(&caller, part, BatchMode::Independent).await }));
    }
    let mut fresh = 0;
    for call in calls {
        let results = call.await.unwrap().unwrap();
        assert!(results.iter().all(|result| result.error.is_none()));
        fresh += results.iter().filter(|result| !result.replayed).count();
    }
    assert_eq!(fresh, 300);
    assert_eq!(balance(&tenant.viewer, &to).await.posted, "3");
}

#[tokio::test]
async fn a_hold_is_spent_once() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let pending = held(&tenant.operator, &from, &to, "10").await;
    let calls: Vec<_> = (0..24)
        .map(|_| {
            let (caller, pending) = (tenant.operator.clone(), pending.clone());
            tokio::spawn(async move { post_part(&caller, &pending, "1", false).await })
        })
        .collect();
    let mut posted = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => posted += 1,
            refusal => drop(refused(refusal, Code::FailedPrecondition, "HOLD_NOT_OPEN")),
        }
    }
    assert_eq!(posted, 10);
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "10", "0", "0"]);
    assert_eq!(hold_of(&tenant.viewer, &pending).await.remaining, "0");
}

#[tokio::test]
async fn a_transfer_is_reversed_once() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let original = moved(&tenant.operator, &from, &to, "10").await;
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let (caller, original) = (tenant.operator.clone(), original.clone());
            tokio::spawn(async move { reverse(&caller, &original).await })
        })
        .collect();
    let mut reversals = Vec::new();
    let mut named = Vec::new();
    for call in calls {
        match call.await.unwrap() {
            Ok(reversal) => reversals.push(reversal.id),
            Err(status) => named.push(fault(status)),
        }
    }
    assert_eq!(reversals.len(), 1);
    for fault in named {
        assert_eq!(
            (fault.code, fault.reason.as_str()),
            (Code::FailedPrecondition, "ALREADY_REVERSED")
        );
        assert_eq!(fault.meta("reversal_id"), reversals[0]);
    }
    assert_eq!(balance(&tenant.viewer, &to).await.posted, "0");
}
