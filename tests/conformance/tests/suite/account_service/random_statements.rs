//! Statements against a naive model, on random histories over days and closings.

use bursar_domain::money::Decimal;
use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::{Account, GetStatementResponse, Transfer, TransferKind};
use bursar_testkit::{Random, Server, day, history};

use super::get_balance::read;
use super::get_statement::{joined, of, pages};
use super::past_balances::{cents, play, spread, three};

/// What moved an account's money. Ordered as a statement is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Move {
    day: String,
    at: (i64, i32),
    id: String,
    /// 0 debits the account, 1 credits it.
    side: usize,
    cents: i128,
}

fn moves(account: &Account, transfers: &[Transfer]) -> Vec<Move> {
    let kinds = [TransferKind::Direct, TransferKind::Post, TransferKind::Reversal];
    let moving = transfers.iter().filter(|t| kinds.contains(&t.kind()));
    let mut moves: Vec<_> = moving
        .map(|t| Move {
            day: t.value_date.clone(),
            at: t.posted_at.map(|at| (at.seconds, at.nanos)).unwrap(),
            id: t.id.clone(),
            side: usize::from(t.debit_account_id != account.id),
            cents: cents(&t.amount.as_ref().unwrap().amount),
        })
        .collect();
    moves.sort();
    moves
}

fn text(cents: i128) -> String {
    Decimal::from_units(cents, 2).to_string()
}

/// Debits, credits and their difference, as balances tell them.
fn sums(totals: [i128; 2]) -> [String; 3] {
    [text(totals[0]), text(totals[1]), text(totals[1] - totals[0])]
}

#[track_caller]
fn check(
    account: &Account,
    transfers: &[Transfer],
    from: &str,
    to: &str,
    read: &GetStatementResponse,
) {
    let told = |balance: &Option<bursar_proto::ledger::v1::StatementBalance>| {
        let balance = balance.clone().unwrap();
        [balance.debits_posted, balance.credits_posted, balance.posted]
    };
    let mut totals = [0; 2];
    let (mut opening, mut lines) = (sums(totals), Vec::new());
    for Move { day, id, side, cents, .. } in moves(account, transfers) {
        if day.as_str() > to {
            break;
        }
        totals[side] += cents;
        if day.as_str() < from {
            opening = sums(totals);
        } else {
            let mut sides = [String::new(), String::new()];
            sides[side] = text(cents);
            lines.push((id, day, sides, text(totals[1] - totals[0])));
        }
    }
    let case = format!("{} from {from} to {to}", account.id);
    assert_eq!(told(&read.opening), opening, "{case}");
    assert_eq!(told(&read.closing), sums(totals), "{case}");
    let seen: Vec<_> = read
        .lines
        .iter()
        .map(|l| {
            let sides = [l.debit.clone(), l.credit.clone()];
            (l.transfer_id.clone(), l.value_date.clone(), sides, l.posted.clone())
        })
        .collect();
    assert_eq!(seen, lines, "{case}");
}

#[tokio::test]
async fn any_days_in_pages_of_any_size() {
    let mut random = Random::new();
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = three(&tenant.operator).await;
    let mut days = Vec::new();
    for shift in -11..=1 {
        days.push(day(shift).await);
    }
    let mut named = days[2..].to_vec();
    named.push(String::new());
    play(&mut random, &tenant, &accounts, &named, 80).await;
    // Closed three days after their end, so that some were posted meanwhile.
    let closing = |end: usize| (days[end].clone(), format!("{} 12:00:00+00", days[end + 3]));
    spread(&server, &[closing(2), closing(4), closing(6)]).await;
    for account in &accounts {
        let transfers = history(&tenant.viewer, account).await;
        for _ in 0..12 {
            let one = random.below(days.len());
            let other = random.below(days.len());
            let (from, to) = (&days[one.min(other)], &days[one.max(other)]);
            let size = i32::try_from(1 + random.below(7)).unwrap();
            let whole = joined(pages(&tenant.viewer, &of(account, from, to), size).await);
            check(account, &transfers, from, to, &whole);
            assert_eq!(whole.closed, to <= &days[6]);
            let then = read(&tenant.viewer, account, Some(AsOf::ValueDate(to.clone()))).await;
            assert_eq!(then.balance.unwrap().posted, whole.closing.unwrap().posted);
        }
    }
}
