//! Balances of the past against a recomputation, on random histories.

use std::collections::{BTreeMap, BTreeSet};

use bursar_domain::money::Decimal;
use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::{
    Account, BalanceRule, GetBalanceResponse, HoldState, NewTransfer, ReverseTransferRequest,
    Transfer, TransferKind,
};
use bursar_testkit::{
    Caller, Random, Server, TestTenant, day, history, id, make, new_account, new_hold,
    new_transfer, ok, post_part, totals, void,
};
use prost_types::Timestamp;

use super::get_balance::read;

pub(super) fn cents(text: &str) -> i128 {
    Decimal::parse(text).unwrap().to_units(2).unwrap()
}

/// What an account's transfers, read one after the other, say its state is. `released` are the posts that released
/// what remained.
struct Model<'a> {
    account: &'a str,
    released: &'a BTreeSet<String>,
    /// Debits and credits posted, debits and credits pending.
    totals: [i128; 4],
    version: i64,
    /// By time and id, as they are listed: amount and remaining.
    holds: BTreeMap<(i64, i32, String), (i128, i128)>,
}

impl<'a> Model<'a> {
    fn new(account: &'a Account, released: &'a BTreeSet<String>) -> Self {
        Self { account: &account.id, released, totals: [0; 4], version: 0, holds: BTreeMap::new() }
    }

    fn apply(&mut self, t: &Transfer) {
        let side = usize::from(t.debit_account_id != self.account);
        let amount = cents(&t.amount.as_ref().unwrap().amount);
        self.version += 1;
        match t.kind() {
            TransferKind::Direct | TransferKind::Reversal => self.totals[side] += amount,
            TransferKind::Pending => {
                let at = t.posted_at.unwrap();
                self.holds.insert((at.seconds, at.nanos, t.id.clone()), (amount, amount));
                self.totals[side + 2] += amount;
            }
            TransferKind::Post => {
                self.totals[side] += amount;
                let rest = self.release(t, side, amount);
                if self.released.contains(&t.id) && rest > 0 {
                    self.release(t, side, rest);
                }
            }
            TransferKind::Void | TransferKind::Expire => {
                assert_eq!(self.release(t, side, amount), 0);
            }
            TransferKind::Unspecified => panic!("{t:?}"),
        }
    }

    /// Takes from the hold, and tells what remains.
    fn release(&mut self, t: &Transfer, side: usize, amount: i128) -> i128 {
        let (key, (_, remaining)) =
            self.holds.iter_mut().find(|((_, _, id), _)| *id == t.pending_id).unwrap();
        *remaining -= amount;
        let (key, rest) = (key.clone(), *remaining);
        if rest == 0 {
            self.holds.remove(&key);
        }
        self.totals[side + 2] -= amount;
        rest
    }

    #[track_caller]
    fn check(&self, reply: &GetBalanceResponse, case: &str) {
        let balance = reply.balance.as_ref().unwrap();
        assert_eq!(totals(balance).map(cents), self.totals, "{case}");
        assert_eq!(cents(&balance.posted), self.totals[1] - self.totals[0], "{case}");
        assert_eq!(balance.version, self.version, "{case}");
        let shown: Vec<_> = reply
            .holds
            .iter()
            .map(|h| (h.pending_id.as_str(), (cents(&h.amount), cents(&h.remaining))))
            .collect();
        let wanted: Vec<_> =
            self.holds.iter().map(|((_, _, id), hold)| (id.as_str(), *hold)).collect();
        assert_eq!(shown, wanted, "{case}");
        assert!(reply.holds.iter().all(|h| h.state() == HoldState::Open), "{case}");
    }
}

/// Random transfers of every kind between the accounts; returns the posts that released what remained.
pub(super) async fn play(
    random: &mut Random,
    tenant: &TestTenant,
    accounts: &[Account],
    days: &[String],
    steps: usize,
) -> BTreeSet<String> {
    let caller = &tenant.operator;
    let (mut open, mut done, mut released) = (Vec::new(), Vec::new(), BTreeSet::new());
    for _ in 0..steps {
        let (debit, credit) = random.two(accounts);
        let value_date = random.pick(days).clone();
        match random.below(9) {
            0..=2 => {
                let new = new_transfer(debit, credit, &random.cents());
                done.push(make(caller, NewTransfer { value_date, ..new }).await.unwrap());
            }
            3..=5 => {
                let seconds = [0, 3_600][random.below(2)];
                let new = new_hold(debit, credit, &random.cents(), seconds);
                open.push(make(caller, NewTransfer { value_date, ..new }).await.unwrap());
            }
            6 if !open.is_empty() => {
                let pending = &open[random.below(open.len())];
                let release = random.below(4) == 0;
                // A cent at a time is always there; the whole rest ends the hold.
                let amount = *random.pick(&["0.01", "0.01", ""]);
                let post = post_part(caller, pending, amount, release).await;
                if let Ok(post) = post {
                    if release {
                        released.insert(post.id.clone());
                    }
                    done.push(post);
                }
            }
            7 if !open.is_empty() => {
                let pending = open.swap_remove(random.below(open.len()));
                let _ended_before = void(caller, &pending).await;
            }
            8 if !done.is_empty() => {
                let original = done.swap_remove(random.below(done.len()));
                let request = ReverseTransferRequest {
                    id: id(),
                    transfer_id: original.id,
                    value_date,
                    ..Default::default()
                };
                ok(caller.transfers().reverse_transfer(request).await);
            }
            _ => {}
        }
    }
    released
}

fn a_microsecond_before(time: Timestamp) -> Timestamp {
    match time.nanos {
        0 => Timestamp { seconds: time.seconds - 1, nanos: 999_999_000 },
        nanos => Timestamp { seconds: time.seconds, nanos: nanos - 1_000 },
    }
}

pub(super) async fn three(caller: &Caller) -> Vec<Account> {
    let mut accounts = Vec::new();
    for _ in 0..3 {
        accounts.push(new_account(caller, "EUR", BalanceRule::Unlimited).await);
    }
    accounts
}

/// Between any two transfers the balance, its version and the holds open then are what the list of transfers adds up to.
#[tokio::test]
async fn as_of_every_posting_time() {
    let mut random = Random::new();
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = three(&tenant.operator).await;
    let released = play(&mut random, &tenant, &accounts, &[String::new()], 70).await;
    for account in &accounts {
        let mut model = Model::new(account, &released);
        for transfer in history(&tenant.viewer, account).await {
            let at = transfer.posted_at.unwrap();
            let before = AsOf::PostingTime(a_microsecond_before(at));
            model.check(&read(&tenant.viewer, account, Some(before)).await, "just before");
            model.apply(&transfer);
            let reply = read(&tenant.viewer, account, Some(AsOf::PostingTime(at))).await;
            model.check(&reply, "right after");
            // The transfer itself carries the same totals.
            let side = if transfer.debit_account_id == account.id {
                transfer.debit_balance
            } else {
                transfer.credit_balance
            };
            assert_eq!(side, reply.balance);
        }
        model.check(&read(&tenant.viewer, account, None).await, "now");
    }
}

/// Spreads what was posted over the days before now, as far as the rules allow: nothing is dated more than a day ahead,
/// and nothing into a period (ending then, closed at that time) that was closed before it was posted.
pub(super) async fn spread(server: &Server, closings: &[(String, String)]) {
    let mut sql = "SET session_replication_role = replica;
         WITH moved AS (
             SELECT id, posted_at - (count(*) OVER () - row_number() OVER (ORDER BY posted_at, id))
                                    * interval '3 hours 7 minutes' AS at
             FROM bursar.ledger_transfer)
         UPDATE bursar.ledger_transfer t
         SET posted_at = moved.at, value_date = LEAST(t.value_date, (moved.at AT TIME ZONE 'UTC')::date + 1)
         FROM moved WHERE moved.id = t.id;"
        .to_owned();
    let closing = |(ends_on, closed_at): &(String, String)| {
        format!(
            "UPDATE bursar.ledger_transfer SET value_date = GREATEST(value_date, date '{ends_on}' + 1)
             WHERE posted_at > '{closed_at}';
             INSERT INTO bursar.ledger_period (tenant_id, ends_on, closed_at, key_id)
             SELECT DISTINCT tenant_id, date '{ends_on}', timestamptz '{closed_at}', key_id
             FROM bursar.ledger_transfer;"
        )
    };
    sql.extend(closings.iter().map(closing));
    sql += "UPDATE bursar.ledger_transfer SET shifted = value_date <> (posted_at AT TIME ZONE 'UTC')::date;
         UPDATE bursar.ledger_hold h
         SET created_at = (SELECT posted_at FROM bursar.ledger_transfer t WHERE t.id = h.id),
             ended_at = CASE WHEN state = 'open' THEN 'infinity' ELSE
                 (SELECT max(posted_at) FROM bursar.ledger_transfer t WHERE t.pending_id = h.id) END";
    server.database.sql(&sql).await;
}

/// The same by value date, on a history that is spread over days in the database: no test can wait for days.
#[tokio::test]
async fn by_every_value_date() {
    let mut random = Random::new();
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = three(&tenant.operator).await;
    let mut days = vec![String::new()];
    for shift in -9..=1 {
        days.push(day(shift).await);
    }
    let released = play(&mut random, &tenant, &accounts, &days, 70).await;
    spread(&server, &[]).await;
    for account in &accounts {
        let transfers = history(&tenant.viewer, account).await;
        for shift in -10..=1 {
            let day = day(shift).await;
            let mut model = Model::new(account, &released);
            for transfer in &transfers {
                if transfer.posted_at.unwrap().to_string().split('T').next().unwrap()
                    <= day.as_str()
                {
                    model.apply(transfer);
                }
            }
            for side in 0..2 {
                let counts = |t: &&Transfer| {
                    let pending_only = [TransferKind::Pending, TransferKind::Void];
                    let mine = [&t.debit_account_id, &t.credit_account_id][side] == &account.id;
                    mine && !pending_only.contains(&t.kind()) && t.value_date <= day
                };
                let amounts = transfers.iter().filter(counts).map(|t| t.amount.as_ref().unwrap());
                model.totals[side] = amounts.map(|amount| cents(&amount.amount)).sum();
            }
            let reply = read(&tenant.viewer, account, Some(AsOf::ValueDate(day.clone()))).await;
            model.check(&reply, &day);
        }
    }
}
