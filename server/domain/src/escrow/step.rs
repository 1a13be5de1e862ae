//! One step in the life of a position: what is asked for in, what changes and what moves out.

use jiff::Timestamp;

use super::life::{Conditions, Life};
use super::position::{
    Holding, LedgerEventKind, Position, PositionEvent, PositionEventKind, Proposal,
};
use super::state::PositionState;
use crate::error::{Error, Result};
use crate::ids::{AccountId, KeyId};
use crate::json::Json;
use crate::money::{Decimal, Units};
use crate::refusal::Refusal;

/// What a transition asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The revision that was read.
    pub revision: i64,
    /// Where to.
    pub to: PositionState,
    /// Why.
    pub reason: String,
    /// What else there is to say.
    pub metadata: Json,
    /// The account that pays or is paid.
    pub account: Option<AccountId>,
    /// How much of what is held; all when `None`.
    pub amount: Option<Decimal>,
}

/// Money to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// What for.
    pub kind: LedgerEventKind,
    /// Account to debit.
    pub debit: AccountId,
    /// Account to credit.
    pub credit: AccountId,
    /// How much, more than 0.
    pub amount: Units,
}

/// What a transition does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What happened.
    pub kind: PositionEventKind,
    /// What the position is after it.
    pub holding: Holding,
    /// The money that moves with it.
    pub leg: Option<Leg>,
    /// How much is moved or proposed.
    pub amount: Units,
    /// The account on the other side of it.
    pub account: Option<AccountId>,
}

/// Decides what a transition by `key` does to the position, or refuses it.
pub fn step(
    position: &Position,
    life: &Life,
    rules: &Conditions,
    ask: &Transition,
    key: KeyId,
) -> Result<Step> {
    let now = &position.holding;
    if ask.revision != position.revision {
        return Err(Refusal::PositionChanged {
            position: position.id,
            state: now.state.label(),
            revision: position.revision,
        }
        .into());
    }
    life.check(now.state, ask.to)?;
    rules.check_state(ask.to)?;
    if ask.account == Some(position.account()) {
        return Err(Error::invalid("account_id", "is the position's own account; name another"));
    }
    let after = Holding { state: ask.to, proposal: None, ..*now };
    match ask.to {
        PositionState::Funded => fund(position, rules, ask, after),
        PositionState::Released => release(position, rules, ask, after, key),
        PositionState::Refunded => {
            let account = ask.account.or(now.funding_account);
            let account = account.ok_or_else(|| Error::invalid("account_id", "is missing"))?;
            pay(position, ask, after, (LedgerEventKind::Refund, account))
        }
        // What is held goes back; there is nothing to say about it.
        PositionState::Cancelled | PositionState::Expired => {
            bare(ask)?;
            match now.funding_account.filter(|_| now.held > 0) {
                Some(account) => pay(position, ask, after, (LedgerEventKind::Refund, account)),
                None => Ok(moved(after)),
            }
        }
        PositionState::Proposed | PositionState::Locked | PositionState::Disputed => {
            bare(ask)?;
            Ok(moved(after))
        }
    }
}

fn moved(holding: Holding) -> Step {
    Step { kind: PositionEventKind::Moved, holding, leg: None, amount: 0, account: None }
}

/// Refuses an account or an amount where no money is the caller's to direct.
fn bare(ask: &Transition) -> Result<()> {
    let problem = |field, given| {
        if given {
            Err(Error::invalid(
                field,
                format!("is given, but not for {}; leave it out", ask.to.label()),
            ))
        } else {
            Ok(())
        }
    };
    problem("account_id", ask.account.is_some())?;
    problem("amount", ask.amount.is_some())
}

fn named(ask: &Transition) -> Result<AccountId> {
    let problem = format!("is missing; {} needs the account on the other side", ask.to.label());
    ask.account.ok_or_else(|| Error::invalid("account_id", problem))
}

fn fund(position: &Position, rules: &Conditions, ask: &Transition, after: Holding) -> Result<Step> {
    let account = named(ask)?;
    if ask.amount.is_some() {
        return Err(Error::invalid(
            "amount",
            "is given, but a position is funded in whole; leave it out",
        ));
    }
    // Asked for again: the policy may be another than when the position was made.
    let said = [&position.metadata, &ask.metadata];
    rules.check_position(&position.currency, position.scale, position.amount, &said)?;
    let amount = position.amount;
    let leg =
        Leg { kind: LedgerEventKind::Funding, debit: account, credit: position.account(), amount };
    let holding = Holding { held: amount, funding_account: Some(account), ..after };
    Ok(Step { leg: Some(leg), amount, account: Some(account), ..moved(holding) })
}

fn release(
    position: &Position,
    rules: &Conditions,
    ask: &Transition,
    after: Holding,
    key: KeyId,
) -> Result<Step> {
    let account = named(ask)?;
    let paid = pay(position, ask, after, (LedgerEventKind::Release, account))?;
    if !rules.four_eyes {
        return Ok(paid);
    }
    let wanted = Proposal { key, account, amount: paid.amount };
    match position.holding.proposal {
        Some(open) if (open.account, open.amount) == (account, paid.amount) => {
            if open.key == key {
                return Err(Refusal::FourEyes { position: position.id }.into());
            }
            Ok(paid)
        }
        _ => Ok(Step {
            kind: PositionEventKind::ReleaseProposed,
            holding: Holding { proposal: Some(wanted), ..position.holding },
            leg: None,
            ..paid
        }),
    }
}

/// Pays out of what is held, all of it or a part.
fn pay(
    position: &Position,
    ask: &Transition,
    mut after: Holding,
    (kind, account): (LedgerEventKind, AccountId),
) -> Result<Step> {
    let now = &position.holding;
    let amount = match ask.amount {
        None => now.held,
        Some(amount) => {
            amount.to_units(position.scale).map_err(|error| Error::invalid("amount", error))?
        }
    };
    if amount <= 0 {
        return Err(Error::invalid("amount", "is not more than zero"));
    }
    if amount > now.held {
        let held = Decimal::from_units(now.held, position.scale);
        return Err(Refusal::HoldingExceeded { position: position.id, held }.into());
    }
    after.held -= amount;
    let (sum, partly) = match kind {
        LedgerEventKind::Release => (&mut after.released, PositionEventKind::PartlyReleased),
        _ => (&mut after.refunded, PositionEventKind::PartlyRefunded),
    };
    *sum += amount;
    let whole = after.held == 0;
    if !whole {
        after.state = now.state;
    }
    let leg = Leg { kind, debit: position.account(), credit: account, amount };
    let kind = if whole { PositionEventKind::Moved } else { partly };
    Ok(Step { kind, holding: after, leg: Some(leg), amount, account: Some(account) })
}

/// The position as it was right after `event`, the last one up to that time.
pub fn as_of(mut position: Position, event: &PositionEvent) -> Position {
    let proposed = event.kind == PositionEventKind::ReleaseProposed;
    let proposal = event.account.filter(|_| proposed);
    // Once funded, what was paid in is somewhere.
    let funded = event.held + event.released + event.refunded > 0;
    position.holding = Holding {
        state: event.state,
        held: event.held,
        released: event.released,
        refunded: event.refunded,
        funding_account: position.holding.funding_account.filter(|_| funded),
        proposal: proposal.map(|account| Proposal {
            key: event.key,
            account,
            amount: event.amount,
        }),
    };
    position.revision = event.revision;
    position.updated_at = event.occurred_at;
    position
}

/// When the next event is: now, and later than the one before, so that a time names one state.
pub fn event_time(now: Timestamp, last: Timestamp) -> Timestamp {
    let next = last.checked_add(jiff::SignedDuration::from_micros(1)).unwrap_or(last);
    now.max(next)
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
