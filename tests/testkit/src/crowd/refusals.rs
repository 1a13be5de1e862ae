//! Whether a refusal could be: there was a moment between the request and its answer at which it was right.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use bursar_domain::account::BalanceRule;
use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::money::Decimal;
use bursar_domain::posting::{Command, Create};
use bursar_domain::transfer::{TransferKind, utc_day};
use bursar_domain::{Error, Refusal};
use bursar_model::{Caller, Facts, Model, Verdict, differences, same_error};

use super::books::{account_id, kind, sides};
use super::drive::{Outcome, Told};
use super::proof::Proof;
use super::script::{Call, Spec};
use super::totals::Four;
use super::wire;
use crate::errors::Fault;

/// Whether a fault says what the contract says. `prefix` is what the transfer's fields are named with.
pub fn same_fault(fault: &Fault, error: &Error, prefix: &str) -> bool {
    let reason = fault.reason.as_str();
    match error {
        Error::Invalid(violations) => {
            let told = fault.fields.iter().filter_map(|field| field.strip_prefix(prefix));
            reason == "INVALID_FIELD" && told.eq(violations.iter().map(|v| v.field.as_str()))
        }
        Error::NotFound { resource, id } => {
            let words = format!("{resource} {id} was not found");
            reason == "RESOURCE_NOT_FOUND"
                && (fault.message == words || fault.message.ends_with(&format!(": {words}")))
        }
        Error::RequestIdReused { .. } => {
            let fields = fault.meta("fields").split(',');
            let fields = fields.map(|field| field.strip_prefix(prefix).unwrap_or(field).to_owned());
            let told = Error::RequestIdReused { fields: fields.collect() };
            reason == "REQUEST_ID_REUSED" && same_error(&told, error)
        }
        Error::Fenced(_) => reason == "OPERATION_FENCED",
        Error::GroupRefused { index } => {
            reason == "GROUP_REFUSED" && fault.meta("index") == index.to_string()
        }
        Error::Refused(refusal) => {
            let same = |(name, value): &(&str, String)| fault.meta(name) == value;
            reason == refusal.reason() && refusal.metadata().iter().all(same)
        }
        _ => false,
    }
}

/// One refused transfer.
struct Case<'a> {
    proof: &'a Proof<'a>,
    told: &'a Told,
    call: &'a Call,
    at: usize,
    command: Command,
    fault: &'a Fault,
}

impl Proof<'_> {
    /// Fails unless a refusal could be.
    pub(super) fn check_refusal(&self, told: &Told, at: usize, fault: &Fault) {
        let call = &self.script.calls[told.call];
        let command = call.commands().swap_remove(at);
        let case = Case { proof: self, told, call, at, command, fault };
        assert!(
            case.possible(),
            "seed {}: call {} could not be refused so: {fault:?}\n{:?}\n{told:?}",
            self.script.seed,
            told.call,
            case.command,
        );
    }

    fn spec(&self, account: AccountId) -> Option<&Spec> {
        self.script.accounts.iter().find(|spec| spec.id == account)
    }

    /// What a hold had left, and its state, when its account had that version; `None` before it was made.
    fn hold_at(
        &self,
        pending: TransferId,
        account: AccountId,
        version: usize,
    ) -> Option<(u128, &'static str)> {
        let ledger = &self.books.ledgers[&account];
        let credit = usize::from(sides(&self.books.transfers[&pending])[1] == account);
        let mut hold = None;
        for (n, id) in ledger.steps[..version].iter().enumerate() {
            let transfer = &self.books.transfers[id];
            let [before, after] = [n, n + 1].map(|at| ledger.totals[at].0[2 + credit]);
            if *id == pending {
                hold = Some((after - before, "open"));
            } else if let Some((remaining, state)) =
                hold.as_mut().filter(|_| transfer.pending_id == pending.to_string())
            {
                *remaining -= before - after;
                *state = match kind(transfer) {
                    TransferKind::Void => "voided",
                    TransferKind::Expire => "expired",
                    _ if *remaining == 0 => "posted",
                    _ => "open",
                };
            }
        }
        hold
    }
}

impl Case<'_> {
    fn possible(&self) -> bool {
        match self.fault.reason.as_str() {
            "INVALID_FIELD" | "ASSET_MISMATCH" | "ACCOUNT_CLOSED" => self.always(),
            "RESOURCE_NOT_FOUND" => self.always() || self.not_yet(),
            "LIMIT_EXCEEDED" => self.some_version(|spec, before, after| {
                after.breaks(spec)
                    && before.available(spec).as_deref() == Some(self.fault.meta("available"))
            }),
            "TOTAL_OVERFLOW" => self.some_version(|_, _, after| after.overflows()),
            "HOLD_NOT_OPEN" | "HOLD_EXCEEDED" => self.hold(),
            "ALREADY_REVERSED" => self.already_reversed(),
            "NOT_REVERSIBLE" => self.target().is_some_and(|target| {
                let told = Refusal::NotReversible {
                    transfer: target,
                    kind: kind(&self.proof.books.transfers[&target]).name(),
                };
                same_fault(self.fault, &told.into(), "") && self.seen(target)
            }),
            "REQUEST_ID_REUSED" => self.id_reused(),
            "GROUP_EXISTS" => self.group_exists(),
            "OPERATION_FENCED" => {
                let id = self.command.id();
                self.proof.fences.contains(&id) && !self.proof.books.transfers.contains_key(&id)
            }
            "GROUP_REFUSED" => self.group_refused(),
            _ => false,
        }
    }

    fn window(&self, account: AccountId) -> RangeInclusive<usize> {
        self.proof.window(account, self.told.last_asked, self.told.told)
    }

    /// The transfer that the command is about, when it is in the books.
    fn target(&self) -> Option<TransferId> {
        let id = self.command.pending().or(self.command.original())?;
        self.proof.books.transfers.contains_key(&id).then_some(id)
    }

    /// Whether a transfer may have been there already.
    fn seen(&self, id: TransferId) -> bool {
        let account = sides(&self.proof.books.transfers[&id])[0];
        self.proof.books.version(id, account) <= *self.window(account).end()
    }

    /// Refused whatever the balances: the model refuses it so on empty books.
    fn always(&self) -> bool {
        let key = bursar_domain::ids::KeyId::nil();
        let caller = Caller { now: self.told.at, key, institution: None, closed_through: None };
        let mut model = Model::default();
        // Limits have no say here: a hold that the command is about must be made first.
        let free = |facts| Facts { rule: BalanceRule::Unlimited, ..facts };
        let facts = self.proof.script.facts().into_iter().map(|(id, facts)| (id, free(facts)));
        model.learn(facts.collect(), HashSet::new());
        if let Some(target) = self.target() {
            model.call(&[self.proof.origins[&target].command.clone()], false, caller);
        }
        let verdict = model.call(std::slice::from_ref(&self.command), false, caller).remove(0);
        let Verdict::Refused(errors) = verdict else { return false };
        let prefix = self.call.prefix(self.at);
        // With the transfer it is about in the books, that it is absent is no answer for always.
        let absent = |error: &Error| matches!(error, Error::NotFound { resource, .. } if *resource != "account");
        errors
            .iter()
            .filter(|error| !absent(error) || self.target().is_none_or(|_| self.other_kind()))
            .any(|error| same_fault(self.fault, error, &prefix))
    }

    /// Whether it asks for a hold of what is none.
    fn other_kind(&self) -> bool {
        let transfers = &self.proof.books.transfers;
        let pending = self.command.pending().and_then(|id| transfers.get(&id));
        pending.is_some_and(|transfer| kind(transfer) != TransferKind::Pending)
    }

    /// What it is about was not there yet.
    fn not_yet(&self) -> bool {
        let Some(target) = self.target() else { return false };
        let what = if self.command.pending().is_some() { "pending transfer" } else { "transfer" };
        let account = sides(&self.proof.books.transfers[&target])[0];
        same_fault(self.fault, &Error::not_found(what, target), "")
            && self.proof.books.version(target, account) > *self.window(account).start()
    }

    /// Whether it was so at some version of the account that the refusal names, with what its unit had done before.
    fn some_version(&self, so: impl Fn(&Spec, Four, Four) -> bool) -> bool {
        let account = account_id(self.fault.meta("account_id"));
        let Some(spec) = self.proof.spec(account) else { return false };
        self.window(account).any(|version| {
            let before = self.before(spec, version);
            self.after(spec, version, before).is_some_and(|after| so(spec, before, after))
        })
    }

    fn before(&self, spec: &Spec, version: usize) -> Four {
        let books = self.proof.books;
        let mut totals = books.ledgers[&spec.id].totals[version];
        for earlier in &self.call.commands()[self.call.unit(self.at).start..self.at] {
            let Command::Create(create) = earlier else { continue };
            let touches = [create.debit, create.credit].contains(&spec.id);
            let there = books.transfers.get(&create.id).is_some_and(|stored| {
                sides(stored).contains(&spec.id) && books.version(create.id, spec.id) <= version
            });
            if touches && !there {
                totals = totals.with(spec.id, create, units(create, spec.scale).unwrap_or(0));
            }
        }
        totals
    }

    fn after(&self, spec: &Spec, version: usize, before: Four) -> Option<Four> {
        let books = self.proof.books;
        match &self.command {
            Command::Create(c) => Some(before.with(spec.id, c, units(c, spec.scale)?)),
            Command::Post(c) => {
                let (remaining, _) = self.proof.hold_at(self.target()?, spec.id, version)?;
                let part = c.amount.as_ref().map(|money| money.amount.to_units(spec.scale));
                let amount =
                    part.map_or(Some(remaining), |units| Some(units.ok()?.unsigned_abs()))?;
                let release = if c.release_remainder { remaining } else { amount };
                let credit = sides(&books.transfers[&c.pending])[1] == spec.id;
                Some(before.after(credit, amount, 0, release))
            }
            Command::Reverse(_) => {
                let original = &books.transfers[&self.target()?];
                let amount = wire::units(&original.amount.as_ref()?.amount, spec.scale);
                Some(before.after(sides(original)[0] == spec.id, amount.unsigned_abs(), 0, 0))
            }
            Command::Void(_) | Command::Expire(_) => None,
        }
    }

    fn hold(&self) -> bool {
        let Some(pending) = self.target().filter(|_| self.command.pending().is_some()) else {
            return false;
        };
        let stored = &self.proof.books.transfers[&pending];
        let account = sides(stored)[0];
        let scale = self.proof.spec(account).unwrap().scale;
        let over =
            stored.expires_at.as_ref().is_some_and(|end| wire::time(Some(end)) <= self.told.at);
        self.window(account).any(|version| {
            let Some((remaining, state)) = self.proof.hold_at(pending, account, version) else {
                return false;
            };
            if state == "open" && over {
                // Expired is expired, whether or not the job has come by.
                let late = Refusal::HoldNotOpen { pending, state: "expired" };
                if same_fault(self.fault, &late.into(), "") {
                    return true;
                }
            }
            if state != "open" {
                return same_fault(self.fault, &Refusal::HoldNotOpen { pending, state }.into(), "");
            }
            let Command::Post(post) = &self.command else { return false };
            let wanted = post.amount.as_ref().and_then(|money| money.amount.to_units(scale).ok());
            let remaining = remaining.cast_signed();
            let told =
                Refusal::HoldExceeded { pending, remaining: Decimal::from_units(remaining, scale) };
            wanted.is_some_and(|wanted| wanted > remaining)
                && same_fault(self.fault, &told.into(), "")
        })
    }

    fn already_reversed(&self) -> bool {
        let Some(transfer) = self.command.original() else { return false };
        let mut all = self.proof.books.transfers.iter();
        let reversal = all.find(|(_, stored)| stored.reversed_id == transfer.to_string());
        reversal.is_some_and(|(reversal, _)| {
            let told = Refusal::AlreadyReversed { transfer, reversal: *reversal };
            same_fault(self.fault, &told.into(), "") && self.seen(*reversal)
        })
    }

    fn id_reused(&self) -> bool {
        let id = self.command.id();
        let Some(stored) = self.proof.books.transfers.get(&id) else { return false };
        let day = utc_day(wire::time(stored.posted_at.as_ref()));
        let fields = differences(&self.proof.origins[&id].command, &self.command, day);
        let told = Error::RequestIdReused { fields: fields.clone() };
        !fields.is_empty()
            && same_fault(self.fault, &told, &self.call.prefix(self.at))
            && self.seen(id)
    }

    /// Another call has used the group: one of the transfers that this one did not make.
    fn group_exists(&self) -> bool {
        let Some(group) = self.command.group() else { return false };
        let mut all = self.proof.books.transfers.iter();
        let told = Refusal::GroupExists { group };
        same_fault(self.fault, &told.into(), "")
            && all.any(|(id, stored)| stored.group_id == group.to_string() && self.seen(*id))
    }

    fn group_refused(&self) -> bool {
        let index: usize = self.fault.meta("index").parse().expect("an index");
        let fellow = self.call.unit(self.at).contains(&index) && index != self.at;
        let first = self.told.outcomes.get(index);
        fellow && matches!(first, Some(Outcome::Refused(fault)) if fault.reason != "GROUP_REFUSED")
    }
}

fn units(create: &Create, scale: u8) -> Option<u128> {
    create.amount.amount.to_units(scale).ok().map(i128::unsigned_abs)
}
