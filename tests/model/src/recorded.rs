//! The rows that a history stands for.

use std::borrow::Cow;

use bursar_domain::account::Totals;
use bursar_domain::ids::AccountId;
use bursar_domain::money::Units;
use bursar_domain::posting::Command;
use bursar_domain::transfer::{After, Hold, HoldState, Transfer, utc_day};

use crate::history::{History, Line, Side};

impl History {
    /// The transfer of that line, with the balances recomputed for its moment.
    pub fn recorded(&self, at: usize) -> Transfer {
        let then = if at + 1 == self.lines.len() {
            Cow::Borrowed(self)
        } else {
            Cow::Owned(Self { lines: self.lines[..=at].to_vec(), ..self.clone() })
        };
        let Line { command, effect, .. } = &self.lines[at];
        let (details, facts) = (command.details(), &self.accounts[&effect.debit]);
        let after = |id| After { version: signed(then.version(id)), totals: then.totals(id) };
        let (whole, release_remainder) = match command {
            Command::Post(c) => (c.amount.is_none(), c.release_remainder),
            _ => (false, false),
        };
        let timeout_seconds = match command {
            Command::Create(c) => c.hold.and_then(|terms| terms.timeout_seconds),
            _ => None,
        };
        let posted_at = self.lines[at].posted_at;
        Transfer {
            id: command.id(),
            kind: effect.kind,
            debit: effect.debit,
            credit: effect.credit,
            asset: facts.asset.clone(),
            scale: facts.scale,
            amount: units(effect.amount),
            code: details.code.clone(),
            external_reference: details.external_reference.clone(),
            metadata: details.metadata.clone(),
            value_date: details.value_date.unwrap_or(utc_day(posted_at)),
            posted_at,
            pending: command.pending(),
            reversed: command.original(),
            group: command.group(),
            timeout_seconds,
            whole,
            release_remainder,
            key: self.lines[at].key,
            institution: self.lines[at].institution,
            debit_after: after(effect.debit),
            credit_after: after(effect.credit),
            hold: None,
        }
    }

    /// What has become of the hold that a line made.
    pub fn hold(&self, line: &Line) -> Hold {
        let id = line.command.id();
        Hold {
            id,
            debit: line.effect.debit,
            credit: line.effect.credit,
            scale: self.accounts[&line.effect.debit].scale,
            amount: units(line.effect.amount),
            remaining: units(self.remaining(id)),
            state: HoldState::from_name(self.hold_state(id)).unwrap(),
            expires_at: line.expires_at(),
            created_at: line.posted_at,
            ended_at: self.hold_end(id),
        }
    }

    /// The four totals of an account.
    pub fn totals(&self, account: AccountId) -> Totals {
        Totals {
            debits_posted: units(self.posted(account, Side::Debit)),
            credits_posted: units(self.posted(account, Side::Credit)),
            debits_pending: units(self.pending(account, Side::Debit)),
            credits_pending: units(self.pending(account, Side::Credit)),
        }
    }
}

fn units(total: u128) -> Units {
    Units::try_from(total).unwrap()
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}
