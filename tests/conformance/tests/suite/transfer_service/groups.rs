//! Linked transfers: they succeed or fail together.

use bursar_proto::ledger::v1::{Account, BalanceRule, BatchMode, NewTransfer, TransferFilter};
use bursar_testkit::{
    Server, balance, batch, history, id, invalid, list_all, moved, new_account, new_hold,
    new_transfer, open_limited, refused, totals,
};
use tonic::Code;

use super::{item_fault, two};

const ALL: BatchMode = BatchMode::AllOrNothing;
const EACH: BatchMode = BatchMode::Independent;

fn linked(group: &str, debit: &Account, credit: &Account, amount: &str) -> NewTransfer {
    NewTransfer { group_id: group.into(), ..new_transfer(debit, credit, amount) }
}

#[tokio::test]
async fn together_in_both_modes() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    for mode in [ALL, EACH] {
        let group = id();
        let hold = NewTransfer { group_id: group.clone(), ..new_hold(&from, &to, "3", 60) };
        let new = vec![
            new_transfer(&from, &to, "1"),
            linked(&group, &from, &to, "2"),
            hold,
            linked(&group, &to, &from, "4"),
            new_transfer(&from, &to, "5"),
        ];
        let first = batch(&tenant.operator, new.clone(), mode).await.unwrap();
        assert!(first.iter().all(|result| result.error.is_none()), "{first:?}");
        let again = batch(&tenant.operator, new.clone(), mode).await.unwrap();
        assert!(again.iter().all(|result| result.replayed), "a group can be replayed: {again:?}");

        let filter = TransferFilter { group_id: group.clone(), ..Default::default() };
        let members = list_all(&tenant.viewer, filter.clone(), 2).await;
        assert!(members.iter().map(|t| &t.id).eq(new[1..4].iter().map(|new| &new.id)));
        assert!(members.iter().all(|t| t.group_id == group));
        let filter = TransferFilter { account_id: from.id.clone(), kind: 2, ..filter };
        assert_eq!(list_all(&tenant.viewer, filter, 10).await, members[1..2]);
    }
}

#[tokio::test]
async fn one_refused_member_refuses_the_group() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let wallet = open_limited(&tenant.operator, BalanceRule::DebitsMustNotExceedCredits, "0").await;
    moved(&tenant.operator, &bank, &wallet, "1").await;
    let (bad, good) = (id(), id());
    let new = vec![
        new_transfer(&wallet, &bank, "0.25"),
        // Would bring enough for everything, were it not for the third of its group.
        linked(&bad, &bank, &wallet, "100"),
        linked(&bad, &wallet, &bank, "50"),
        linked(&bad, &wallet, &bank, "50.76"),
        linked(&bad, &bank, &wallet, "9"),
        // What the refused group would have brought is not there.
        new_transfer(&wallet, &bank, "0.76"),
        linked(&good, &bank, &wallet, "2"),
        linked(&good, &wallet, &bank, "2.75"),
    ];
    let results = batch(&tenant.operator, new.clone(), EACH).await.unwrap();
    let done: Vec<_> = results.iter().map(|result| result.error.is_none()).collect();
    assert_eq!(done, [true, false, false, false, false, false, true, true]);
    for at in [1, 2, 4] {
        let fault = item_fault(&results[at]);
        assert_eq!((fault.code, fault.reason.as_str()), (Code::Aborted, "GROUP_REFUSED"));
        assert_eq!(fault.meta("index"), "3");
    }
    let fault = item_fault(&results[3]);
    assert_eq!((fault.reason.as_str(), fault.meta("available")), ("LIMIT_EXCEEDED", "50.75"));
    let fault = item_fault(&results[5]);
    assert_eq!((fault.reason.as_str(), fault.meta("available")), ("LIMIT_EXCEEDED", "0.75"));
    assert_eq!(results[7].debit_posted, "0");
    assert_eq!(history(&tenant.viewer, &wallet).await.len(), 4);

    // The refused group was never used: the same id works in a call of its own.
    let retried = vec![linked(&bad, &bank, &wallet, "1"), linked(&bad, &wallet, &bank, "0.5")];
    batch(&tenant.operator, retried, ALL).await.unwrap();
    // All or nothing: the error is that of the member.
    let group = id();
    let refused_group =
        vec![linked(&group, &bank, &wallet, "1"), linked(&group, &wallet, &bank, "99")];
    let outcome = batch(&tenant.operator, refused_group, ALL).await;
    let fault = refused(outcome, Code::FailedPrecondition, "LIMIT_EXCEEDED");
    assert_eq!((fault.meta("index"), fault.meta("available")), ("1", "1.5"));
}

#[tokio::test]
async fn a_group_is_used_once() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let group = id();
    let single = linked(&group, &from, &to, "1");
    batch(&tenant.operator, vec![single.clone()], ALL).await.unwrap();
    let other_group = NewTransfer { group_id: id(), ..single.clone() };
    let outcome = batch(&tenant.operator, vec![other_group], ALL).await;
    let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "transfers[0].group_id");

    let late = linked(&group, &from, &to, "2");
    let outcome = batch(&tenant.operator, vec![late.clone()], ALL).await;
    let fault = refused(outcome, Code::FailedPrecondition, "GROUP_EXISTS");
    assert_eq!((fault.meta("group_id"), fault.meta("index")), (&*group, "0"));
    // A member that is known does not let a new one in.
    let results = batch(&tenant.operator, vec![single, late], EACH).await.unwrap();
    assert_eq!(item_fault(&results[0]).reason, "GROUP_REFUSED");
    assert_eq!(item_fault(&results[1]).reason, "GROUP_EXISTS");
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "1", "0", "0"]);
    // Another tenant may use the same group.
    let theirs = server.tenant().await;
    let (from, to) = two(&theirs.operator).await;
    batch(&theirs.operator, vec![linked(&group, &from, &to, "1")], EACH).await.unwrap();
}

#[tokio::test]
async fn members_stand_together() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (a, b) = (id(), id());
    let new = |group: &str| linked(group, &from, &to, "1");
    for mode in [ALL, EACH] {
        let split = vec![new(&a), new(&b), new(&a), new(&b), new("")];
        let outcome = batch(&tenant.operator, split, mode).await;
        invalid(outcome, &["transfers[2].group_id", "transfers[3].group_id"]);
    }
    batch(&tenant.operator, vec![new(&a), new(&a), new(&b), new("")], EACH).await.unwrap();
    assert_eq!(history(&tenant.viewer, &to).await.len(), 4);
}
