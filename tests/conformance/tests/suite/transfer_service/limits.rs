//! The limits of balances.

use bursar_proto::ledger::v1::{Account, BalanceRule, NewTransfer};
use bursar_testkit::{
    Server, balance, held, make, moved, new_account, new_transfer, open_limited, post_part,
    refused, totals, void,
};
use tonic::Code;

/// A transfer that uses the room of an account, whichever rule it has.
fn draw(rule: BalanceRule, account: &Account, other: &Account, amount: &str) -> NewTransfer {
    match rule {
        BalanceRule::DebitsMustNotExceedCredits => new_transfer(account, other, amount),
        _ => new_transfer(other, account, amount),
    }
}

/// Id of the first account under the debit rule, of the second under its mirror.
fn one_of(rule: BalanceRule, first: &Account, second: &Account) -> String {
    if rule == BalanceRule::DebitsMustNotExceedCredits { &first.id } else { &second.id }.clone()
}

#[tokio::test]
async fn both_rules_to_the_last_cent() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let other = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    for rule in [BalanceRule::DebitsMustNotExceedCredits, BalanceRule::CreditsMustNotExceedDebits] {
        for limit in ["0", "10"] {
            let account = open_limited(&tenant.operator, rule, limit).await;
            // What a draw on the other account would be gives this one room.
            let fill = NewTransfer {
                debit_account_id: one_of(rule, &other, &account),
                credit_account_id: one_of(rule, &account, &other),
                ..new_transfer(&account, &other, "5.5")
            };
            make(&tenant.operator, fill).await.unwrap();
            let room = if limit == "0" { "5.5" } else { "15.5" };
            assert_eq!(balance(&tenant.viewer, &account).await.available, room);
            for pending in [false, true] {
                let over = if limit == "0" { "5.51" } else { "15.51" };
                let over = NewTransfer { pending, ..draw(rule, &account, &other, over) };
                let outcome = make(&tenant.operator, over).await;
                let fault = refused(outcome, Code::FailedPrecondition, "LIMIT_EXCEEDED");
                let facts = (fault.meta("account_id"), fault.meta("available"));
                assert_eq!(facts, (account.id.as_str(), room));
            }
            assert_eq!(balance(&tenant.viewer, &account).await.version, 1);
            make(&tenant.operator, draw(rule, &account, &other, room)).await.unwrap();
            assert_eq!(balance(&tenant.viewer, &account).await.available, "0");
            let outcome = make(&tenant.operator, draw(rule, &account, &other, "0.01")).await;
            let fault = refused(outcome, Code::FailedPrecondition, "LIMIT_EXCEEDED");
            assert_eq!(fault.meta("available"), "0");
        }
    }
}

/// What is reserved on the way out counts; what is reserved on the way in does not yet.
#[tokio::test]
async fn pending_amounts_count_against_and_not_for() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let wallet = open_limited(&tenant.operator, rule, "0").await;
    let coming = held(&tenant.operator, &bank, &wallet, "10").await;
    let early = make(&tenant.operator, new_transfer(&wallet, &bank, "0.01")).await;
    let fault = refused(early, Code::FailedPrecondition, "LIMIT_EXCEEDED");
    assert_eq!(fault.meta("available"), "0");
    post_part(&tenant.operator, &coming, "", false).await.unwrap();
    let going = held(&tenant.operator, &wallet, &bank, "10").await;
    let late = make(&tenant.operator, new_transfer(&wallet, &bank, "0.01")).await;
    refused(late, Code::FailedPrecondition, "LIMIT_EXCEEDED");
    void(&tenant.operator, &going).await.unwrap();
    moved(&tenant.operator, &wallet, &bank, "10").await;
    assert_eq!(totals(&balance(&tenant.viewer, &wallet).await), ["10", "10", "0", "0"]);
}

/// A transfer between two limited accounts obeys both, and names the one that refuses.
#[tokio::test]
async fn either_side_can_refuse() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let buyer = open_limited(&tenant.operator, BalanceRule::DebitsMustNotExceedCredits, "5").await;
    let seller = open_limited(&tenant.operator, BalanceRule::CreditsMustNotExceedDebits, "3").await;
    for (amount, refusing, available) in [("6", &buyer, "5"), ("4", &seller, "3")] {
        let outcome = make(&tenant.operator, new_transfer(&buyer, &seller, amount)).await;
        let fault = refused(outcome, Code::FailedPrecondition, "LIMIT_EXCEEDED");
        let facts = (fault.meta("account_id"), fault.meta("available"));
        assert_eq!(facts, (refusing.id.as_str(), available));
    }
    moved(&tenant.operator, &buyer, &seller, "3").await;
    assert_eq!(balance(&tenant.viewer, &buyer).await.available, "2");
    assert_eq!(balance(&tenant.viewer, &seller).await.available, "0");
}
