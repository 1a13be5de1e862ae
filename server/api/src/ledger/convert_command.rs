//! What callers ask of the posting machine, one transfer at a time.

use std::time::Duration;

use bursar_domain::limits::MAX_HOLD_SECONDS;
use bursar_domain::money::Money;
use bursar_domain::posting::{Command, Create, HoldTerms, Post, Release, Reverse};
use bursar_domain::transfer::Details;
use bursar_domain::{Error, Result};
use bursar_proto::common::v1::Money as WireMoney;
use bursar_proto::ledger::v1 as pb;
use prost_types::Struct;

use crate::convert::{
    Checks, code, duration, id as uuid, json, money, optional_date, optional_id, present, reference,
};

/// The command of `CreateTransfer`.
pub(super) fn create(m: &pb::CreateTransferRequest) -> Result<Command> {
    let transfer = present("transfer", m.transfer.as_ref())?;
    let mut checks = Checks::new();
    let create = checks.take(new_transfer(transfer));
    if create.as_ref().is_some_and(|create| create.group.is_some()) {
        let problem = "links transfers of one BatchCreateTransfers call; leave it out here";
        checks.note("group_id", problem);
    }
    checks.finish(|| create.map(Command::Create)).map_err(|error| error.within("transfer."))
}

/// A new transfer; its fields are named bare.
pub(super) fn new_transfer(m: &pb::NewTransfer) -> Result<Create> {
    let mut checks = Checks::new();
    let id = checks.take(uuid("id", &m.id));
    let debit = checks.take(uuid("debit_account_id", &m.debit_account_id));
    let credit = checks.take(uuid("credit_account_id", &m.credit_account_id));
    let amount = checks.take(positive(m.amount.as_ref()));
    let code = checks.take(code("code", &m.code));
    let details = checks.take(details(&m.external_reference, m.metadata.as_ref(), &m.value_date));
    let hold = checks.take(hold(m.pending, m.timeout.as_ref()));
    let group = checks.take(optional_id("group_id", &m.group_id));
    checks.finish(|| {
        let details = Details { code: code?, ..details? };
        Some(Create {
            id: id?,
            debit: debit?,
            credit: credit?,
            amount: amount?,
            hold: hold?,
            group: group?,
            details,
        })
    })
}

/// The command of `PostTransfer`.
pub(super) fn post(m: &pb::PostTransferRequest) -> Result<Command> {
    let mut checks = Checks::new();
    let id = checks.take(uuid("id", &m.id));
    let pending = checks.take(uuid("pending_id", &m.pending_id));
    let amount = checks.take(m.amount.as_ref().map(|amount| positive(Some(amount))).transpose());
    let details = checks.take(details(&m.external_reference, m.metadata.as_ref(), &m.value_date));
    let release_remainder = m.release_remainder;
    checks.finish(|| {
        let (id, pending, amount, details) = (id?, pending?, amount?, details?);
        Some(Command::Post(Post { id, pending, amount, release_remainder, details }))
    })
}

/// The command of `VoidTransfer`.
pub(super) fn void(m: &pb::VoidTransferRequest) -> Result<Command> {
    let mut checks = Checks::new();
    let id = checks.take(uuid("id", &m.id));
    let pending = checks.take(uuid("pending_id", &m.pending_id));
    let details = checks.take(details(&m.external_reference, m.metadata.as_ref(), ""));
    checks.finish(|| Some(Command::Void(Release { id: id?, pending: pending?, details: details? })))
}

/// The command of `ReverseTransfer`.
pub(super) fn reverse(m: &pb::ReverseTransferRequest) -> Result<Command> {
    let mut checks = Checks::new();
    let id = checks.take(uuid("id", &m.id));
    let original = checks.take(uuid("transfer_id", &m.transfer_id));
    let details = checks.take(details(&m.external_reference, m.metadata.as_ref(), &m.value_date));
    checks.finish(|| {
        Some(Command::Reverse(Reverse { id: id?, original: original?, details: details? }))
    })
}

fn positive(amount: Option<&WireMoney>) -> Result<Money> {
    let amount = money("amount", amount)?;
    if !amount.amount.is_positive() {
        return Err(Error::invalid("amount.amount", "is not more than zero"));
    }
    Ok(amount)
}

fn hold(pending: bool, timeout: Option<&prost_types::Duration>) -> Result<Option<HoldTerms>> {
    let Some(timeout) = timeout else {
        return Ok(pending.then_some(HoldTerms { timeout_seconds: None }));
    };
    if !pending {
        return Err(Error::invalid(
            "timeout",
            "is only for pending transfers; set pending or leave it out",
        ));
    }
    let longest = Duration::from_secs(u64::from(MAX_HOLD_SECONDS));
    let span =
        duration("timeout", timeout, Duration::from_secs(1)..=longest, "1 second to 366 days")?;
    // Within the bounds, so its seconds fit.
    let seconds = u32::try_from(span.as_secs()).ok().filter(|_| span.subsec_nanos() == 0);
    let seconds = seconds
        .ok_or_else(|| Error::invalid("timeout", "has a part of a second; give whole seconds"))?;
    Ok(Some(HoldTerms { timeout_seconds: Some(seconds) }))
}

/// What a caller says beside the money, without a code.
fn details(
    external_reference: &str,
    metadata: Option<&Struct>,
    value_date: &str,
) -> Result<Details> {
    let mut checks = Checks::new();
    let external_reference = checks.take(reference("external_reference", external_reference));
    let metadata = checks.take(json("metadata", metadata));
    let value_date = checks.take(optional_date("value_date", value_date));
    checks.finish(|| {
        let metadata = metadata.filter(|metadata| !metadata.is_empty());
        let (external_reference, value_date) = (external_reference?, value_date?);
        Some(Details { code: String::new(), external_reference, metadata, value_date })
    })
}

#[cfg(test)]
#[path = "convert_command_tests.rs"]
pub(super) mod tests;
