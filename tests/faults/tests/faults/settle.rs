//! After the fault: every call has an outcome, it is what its caller was told, and the books are the sum of what committed.

use std::collections::HashMap;
use std::sync::Arc;

use bursar_proto::ledger::v1::{Account, CreateTransferResponse, NewTransfer, Transfer};
use bursar_proto::operation::v1::{GetOperationRequest, GetOperationResponse, OperationState};
use bursar_testkit::{Caller, Fault, balance, history};
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::Code;

use crate::bank::{Answer, Bank, Told, cents};

/// Calls at once while settling.
const LANES: usize = 8;

/// How many calls ended in which way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// The caller was told that it was posted.
    pub(crate) posted: usize,
    /// The caller was told that nothing changed.
    pub(crate) definite: usize,
    /// The caller was told to ask, or was told nothing; it had committed.
    pub(crate) had_committed: usize,
    /// The same, and it had not.
    pub(crate) had_not: usize,
}

impl Tally {
    /// Calls without a definite answer.
    pub(crate) fn open(&self) -> usize {
        self.had_committed + self.had_not
    }
}

/// Settles every call as its caller would, and checks the books. Whatever was not posted and is not known to be absent
/// is sent again, so that it is posted once in the end.
pub(crate) async fn settle(bank: &Bank, told: &[Told]) -> Tally {
    let told: Arc<Vec<Told>> = Arc::new(told.to_vec());
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let (bank, told) = (bank.clone(), told.clone());
        lanes.spawn(async move {
            let mut tally = Tally::default();
            let mut committed = Vec::new();
            for (at, one) in told.iter().enumerate().skip(lane).step_by(LANES) {
                committed.extend(outcome(&bank, one, at % 10 == 0, &mut tally).await);
            }
            (tally, committed)
        });
    }
    let (mut tally, mut committed) = (Tally::default(), HashMap::new());
    while let Some(lane) = lanes.join_next().await {
        let (part, transfers) = lane.expect("no call fails once all works again");
        tally.posted += part.posted;
        tally.definite += part.definite;
        tally.had_committed += part.had_committed;
        tally.had_not += part.had_not;
        committed.extend(transfers.into_iter().map(|t| (t.id.clone(), t)));
    }
    eprintln!("{tally:?}");
    for account in &bank.accounts {
        books(&bank.caller, account, &committed).await;
    }
    tally
}

/// The transfer, when it is in the books by now.
async fn outcome(bank: &Bank, told: &Told, thorough: bool, tally: &mut Tally) -> Option<Transfer> {
    let id = &told.transfer.id;
    let found = operation(&bank.caller, id, false).await;
    match &told.answer {
        Answer::Posted(first) => {
            tally.posted += 1;
            assert_eq!(
                recorded(&found).as_ref(),
                Some(first.as_ref()),
                "acknowledged and not there: {told:?}"
            );
            if thorough {
                let again = bank.submit(told.transfer.clone()).await.expect("a replay");
                assert!(
                    again.replayed && again.transfer.as_ref() == Some(first.as_ref()),
                    "{again:?} {told:?}"
                );
            }
            return Some((**first).clone());
        }
        Answer::Refused(fault) => {
            honest(fault);
            if fault.meta("definite") == "true" {
                tally.definite += 1;
                assert_eq!(
                    found.state(),
                    OperationState::NotRecorded,
                    "said to be absent and there: {told:?}"
                );
                return None;
            }
        }
        Answer::Silence(_) => {}
    }
    let there = recorded(&found);
    *(if there.is_some() { &mut tally.had_committed } else { &mut tally.had_not }) += 1;
    Some(replay(bank, &told.transfer, there).await)
}

/// Sends it again: the first reply when it had committed, a fresh one when not.
pub(crate) async fn replay(
    bank: &Bank,
    transfer: &NewTransfer,
    there: Option<Transfer>,
) -> Transfer {
    let again = bank.submit(transfer.clone()).await.expect("a replay");
    assert_eq!(again.replayed, there.is_some(), "{transfer:?}");
    let posted = again.transfer.expect("a transfer");
    assert!(there.is_none_or(|there| there == posted), "{transfer:?}");
    posted
}

/// What `GetOperation` says.
pub(crate) async fn operation(caller: &Caller, id: &str, fence: bool) -> GetOperationResponse {
    let request = GetOperationRequest { id: id.to_owned(), fence };
    caller.operations().get_operation(request).await.expect("an outcome").into_inner()
}

/// The transfer of its reply.
pub(crate) fn recorded(found: &GetOperationResponse) -> Option<Transfer> {
    let reply = found.reply.as_ref()?;
    assert_eq!(found.state(), OperationState::Succeeded);
    assert_eq!(found.method, "/bursar.ledger.v1.TransferService/CreateTransfer");
    CreateTransferResponse::decode(reply.value.as_slice()).expect("a reply").transfer
}

/// An error that a broken database may cause, in full.
pub(crate) fn honest(fault: &Fault) {
    match (fault.code, fault.reason.as_str()) {
        (
            Code::Unavailable,
            "DATABASE_UNAVAILABLE" | "POOL_EXHAUSTED" | "CONTENTION" | "SHUTTING_DOWN",
        ) => {
            assert!(fault.retry_delay.is_some(), "UNAVAILABLE says when to try again: {fault:?}");
        }
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED") => {}
        _ => panic!("not an error of a broken database: {fault:?}"),
    }
}

/// Totals, versions and the whole history of one account against what committed.
async fn books(caller: &Caller, account: &Account, committed: &HashMap<String, Transfer>) {
    let mine =
        |t: &&Transfer| t.debit_account_id == account.id || t.credit_account_id == account.id;
    let sum = |side: fn(&Transfer) -> &String| -> i128 {
        let touching = committed.values().filter(|t| *side(t) == account.id);
        touching.map(|t| cents(&t.amount.as_ref().expect("an amount").amount)).sum()
    };
    let (debits, credits) = (sum(|t| &t.debit_account_id), sum(|t| &t.credit_account_id));
    let now = balance(caller, account).await;
    assert_eq!(
        (cents(&now.debits_posted), cents(&now.credits_posted)),
        (debits, credits),
        "{}",
        account.id
    );
    assert_eq!(cents(&now.posted), credits - debits, "{}", account.id);
    assert_eq!(
        usize::try_from(now.version).expect("a count"),
        committed.values().filter(mine).count()
    );

    let mut balance = 0;
    let history = history(caller, account).await;
    for (at, transfer) in history.iter().enumerate() {
        let amount = cents(&transfer.amount.as_ref().expect("an amount").amount);
        let (after, change) = if transfer.debit_account_id == account.id {
            (transfer.debit_balance.as_ref(), -amount)
        } else {
            (transfer.credit_balance.as_ref(), amount)
        };
        let after = after.expect("a balance");
        balance += change;
        assert_eq!(
            after.version,
            i64::try_from(at + 1).expect("a count"),
            "a gap or a double in {}",
            account.id
        );
        assert_eq!(cents(&after.posted), balance, "{transfer:?}");
        assert!(committed.contains_key(&transfer.id), "nobody posted {transfer:?}");
    }
    assert_eq!(history.len(), usize::try_from(now.version).expect("a count"));
}
