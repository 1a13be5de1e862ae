//! The four totals of an account as numbers, and what a transfer does to them.

use bursar_domain::account::BalanceRule;
use bursar_domain::ids::AccountId;
use bursar_domain::money::{Decimal, MAX_UNITS, Units};
use bursar_domain::posting::Create;
use bursar_proto::ledger::v1::Balance;

use super::script::Spec;
use super::wire;

/// Debits and credits posted, debits and credits pending.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Four(pub(super) [u128; 4]);

impl Four {
    pub(super) fn of(balance: &Balance, scale: u8) -> Self {
        let units = |text: &str| wire::units(text, scale).unsigned_abs();
        Self([
            units(&balance.debits_posted),
            units(&balance.credits_posted),
            units(&balance.debits_pending),
            units(&balance.credits_pending),
        ])
    }

    /// After a movement on one side; `release` is what its hold gives back.
    pub(super) fn after(self, credit: bool, posted: u128, reserved: u128, release: u128) -> Self {
        let side = usize::from(credit);
        let mut totals = self.0;
        totals[side] += posted;
        totals[2 + side] = totals[2 + side] + reserved - release;
        Self(totals)
    }

    /// After a new transfer, for an account that it touches.
    pub(super) fn with(self, account: AccountId, create: &Create, units: u128) -> Self {
        let (posted, reserved) = if create.hold.is_some() { (0, units) } else { (units, 0) };
        let mut totals = self;
        for (touched, credit) in [(create.debit, false), (create.credit, true)] {
            if touched == account {
                totals = totals.after(credit, posted, reserved, 0);
            }
        }
        totals
    }

    /// What counts against the rule, and what it must not pass; `None` without one.
    pub(super) fn limit(self, spec: &Spec) -> Option<(u128, u128)> {
        let [debits, credits, debits_pending, credits_pending] = self.0;
        let overdraft = spec.overdraft.unsigned_abs();
        match spec.rule {
            BalanceRule::Unlimited => None,
            BalanceRule::DebitsMustNotExceedCredits => {
                Some((debits + debits_pending, credits + overdraft))
            }
            BalanceRule::CreditsMustNotExceedDebits => {
                Some((credits + credits_pending, debits + overdraft))
            }
        }
    }

    /// Whether the rule is broken.
    pub(super) fn breaks(self, spec: &Spec) -> bool {
        self.limit(spec).is_some_and(|(used, limit)| used > limit)
    }

    /// What the rule still allows, as a refusal names it.
    pub(super) fn available(self, spec: &Spec) -> Option<String> {
        let (used, limit) = self.limit(spec)?;
        let most = MAX_UNITS.unsigned_abs();
        let left = Units::try_from(limit.saturating_sub(used).min(most)).unwrap();
        Some(Decimal::from_units(left, spec.scale).to_string())
    }

    /// Whether a total has more than 38 digits.
    pub(super) fn overflows(self) -> bool {
        self.0.into_iter().any(|total| total > MAX_UNITS.unsigned_abs())
    }
}
