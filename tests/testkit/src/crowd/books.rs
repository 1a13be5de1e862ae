//! The books as anybody can read them: every account with its whole history.

use std::collections::BTreeMap;

use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::transfer::TransferKind;
use bursar_proto::ledger::v1 as pb;
use jiff::Timestamp;
use uuid::Uuid;

use super::script::{Script, Spec};
use super::totals::Four;
use super::wire;
use crate::caller::Caller;
use crate::ledger::balance;
use crate::posting::{account, history};

/// Every account of a script with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Books {
    /// The accounts.
    pub(super) ledgers: BTreeMap<AccountId, Ledger>,
    /// All transfers.
    pub(super) transfers: BTreeMap<TransferId, pb::Transfer>,
}

/// One account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ledger {
    pub(super) account: pb::Account,
    /// By version, from 1.
    pub(super) steps: Vec<TransferId>,
    /// The totals before the first step and after each.
    pub(super) totals: Vec<Four>,
}

impl Books {
    /// Reads all of it. Nothing may be posted meanwhile.
    pub async fn read(caller: &Caller, script: &Script) -> Self {
        let (mut ledgers, mut transfers) = (BTreeMap::new(), BTreeMap::new());
        for spec in &script.accounts {
            let account = account(caller, &spec.id.to_string()).await;
            let now = balance(caller, &account).await;
            assert_eq!(account.balance.as_ref(), Some(&now), "GetAccount and GetBalance agree");
            let (mut steps, mut totals) = (Vec::new(), vec![Four::default()]);
            for transfer in history(caller, &account).await {
                let id = transfer_id(&transfer.id);
                totals.push(Four::of(side(&transfer, spec.id), spec.scale));
                steps.push(id);
                if let Some(seen) = transfers.insert(id, transfer.clone()) {
                    assert_eq!(seen, transfer, "both accounts show the same transfer");
                }
            }
            ledgers.insert(spec.id, Ledger { account, steps, totals });
        }
        Self { ledgers, transfers }
    }

    /// How many transfers there are.
    pub fn len(&self) -> usize {
        self.transfers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.transfers.is_empty()
    }

    /// Each history has one order without a gap in which every step is the one before and one transfer, no rule is
    /// broken at any step, the balances are those of the last step, and debits are credits in every asset.
    pub fn check(&self, script: &Script) {
        let mut sums: BTreeMap<&str, [u128; 2]> = BTreeMap::new();
        for spec in &script.accounts {
            let ledger = &self.ledgers[&spec.id];
            self.check_steps(ledger, spec);
            let last = *ledger.totals.last().unwrap();
            let now = ledger.account.balance.as_ref().unwrap();
            assert_eq!(last, Four::of(now, spec.scale), "the last step is the balance: {now:?}");
            assert_eq!(usize::try_from(now.version), Ok(ledger.steps.len()), "{now:?}");
            let [debits, credits, debits_pending, credits_pending] = last.0;
            let posted = wire::units(&now.posted, spec.scale);
            assert_eq!(posted.cast_unsigned(), credits.wrapping_sub(debits), "{now:?}");
            assert_eq!(last.available(spec).unwrap_or_default(), now.available, "{now:?}");
            let [posted, pending] = sums.entry(spec.asset.as_str()).or_default();
            // Many totals of 38 digits pass 128 bits on the way, and still end at zero.
            *posted = posted.wrapping_add(debits).wrapping_sub(credits);
            *pending = pending.wrapping_add(debits_pending).wrapping_sub(credits_pending);
        }
        assert!(sums.values().all(|sum| *sum == [0, 0]), "debits are not credits: {sums:?}");
        for (id, transfer) in &self.transfers {
            for account in [&transfer.debit_account_id, &transfer.credit_account_id] {
                let ledger = &self.ledgers[&account_id(account)];
                let version = self.version(*id, account_id(account));
                assert_eq!(ledger.steps[version - 1], *id, "{transfer:?}");
            }
        }
    }

    fn check_steps(&self, ledger: &Ledger, spec: &Spec) {
        let mut last = Timestamp::MIN;
        for (n, id) in ledger.steps.iter().enumerate() {
            let transfer = &self.transfers[id];
            let after = side(transfer, spec.id);
            assert_eq!(
                usize::try_from(after.version),
                Ok(n + 1),
                "a gap or a double: {transfer:?}"
            );
            let at = wire::time(transfer.posted_at.as_ref());
            assert!(last < at, "times increase: {transfer:?}");
            last = at;
            let amount = transfer.amount.as_ref().unwrap();
            assert_eq!(amount.asset, spec.asset.as_str(), "{transfer:?}");
            let amount = wire::units(&amount.amount, spec.scale).unsigned_abs();
            let credit = transfer.credit_account_id == spec.id.to_string();
            let (before, totals) = (ledger.totals[n], ledger.totals[n + 1]);
            let pending = 2 + usize::from(credit);
            let released = before.0[pending].saturating_sub(totals.0[pending]);
            let (posted, reserved, release) = match kind(transfer) {
                TransferKind::Direct | TransferKind::Reversal => (amount, 0, 0),
                TransferKind::Pending => (0, amount, 0),
                TransferKind::Void | TransferKind::Expire => (0, 0, amount),
                TransferKind::Post => (amount, 0, released.max(amount)),
            };
            let wanted = before.after(credit, posted, reserved, release);
            assert_eq!(totals, wanted, "before and the transfer are after: {transfer:?}");
            assert!(!totals.breaks(spec) && !totals.overflows(), "a rule is broken: {transfer:?}");
        }
    }

    /// Whether a transfer took more from the pending total than it posted: its hold gave back a rest.
    pub(super) fn released_more(&self, transfer: &pb::Transfer) -> bool {
        let (id, [debit, _]) = (transfer_id(&transfer.id), sides(transfer));
        let (ledger, version) = (&self.ledgers[&debit], self.version(id, debit));
        let (before, after) = (ledger.totals[version - 1].0, ledger.totals[version].0);
        before[2].saturating_sub(after[2]) > after[0].saturating_sub(before[0])
    }

    /// The version that a transfer left on one of its accounts.
    pub(super) fn version(&self, id: TransferId, account: AccountId) -> usize {
        usize::try_from(side(&self.transfers[&id], account).version).unwrap()
    }
}

/// What a transfer left on one of its accounts.
pub(super) fn side(transfer: &pb::Transfer, account: AccountId) -> &pb::Balance {
    let debited = transfer.debit_account_id == account.to_string();
    let after = if debited { &transfer.debit_balance } else { &transfer.credit_balance };
    after.as_ref().unwrap()
}

/// Debited and credited account.
pub(super) fn sides(transfer: &pb::Transfer) -> [AccountId; 2] {
    [account_id(&transfer.debit_account_id), account_id(&transfer.credit_account_id)]
}

pub(super) fn kind(transfer: &pb::Transfer) -> TransferKind {
    match transfer.kind() {
        pb::TransferKind::Direct => TransferKind::Direct,
        pb::TransferKind::Pending => TransferKind::Pending,
        pb::TransferKind::Post => TransferKind::Post,
        pb::TransferKind::Void => TransferKind::Void,
        pb::TransferKind::Expire => TransferKind::Expire,
        pb::TransferKind::Reversal => TransferKind::Reversal,
        pb::TransferKind::Unspecified => panic!("a kind: {transfer:?}"),
    }
}

pub(super) fn account_id(text: &str) -> AccountId {
    AccountId(Uuid::parse_str(text).expect("a UUID"))
}

pub(super) fn transfer_id(text: &str) -> TransferId {
    TransferId(Uuid::parse_str(text).expect("a UUID"))
}
