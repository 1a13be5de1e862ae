//! Commands as requests, and transfers as replies: written again, not taken from the server.

use bursar_domain::account::BalanceRule;
use bursar_domain::money::{AssetCode, Decimal, Money, Units};
use bursar_domain::posting::{Create, Post, Release, Reverse};
use bursar_domain::transfer::{After, Details, Transfer, TransferKind};
use bursar_proto::common::v1::Money as WireMoney;
use bursar_proto::ledger::v1 as pb;
use jiff::{SignedDuration, Timestamp};
use prost_types::Struct;

use crate::json::attributes;

pub(super) fn new_transfer(c: &Create) -> pb::NewTransfer {
    let timeout = c.hold.and_then(|terms| terms.timeout_seconds);
    pb::NewTransfer {
        id: c.id.to_string(),
        debit_account_id: c.debit.to_string(),
        credit_account_id: c.credit.to_string(),
        amount: Some(money(&c.amount)),
        code: c.details.code.clone(),
        external_reference: reference(&c.details),
        metadata: metadata(&c.details),
        value_date: value_date(&c.details),
        pending: c.hold.is_some(),
        timeout: timeout
            .map(|seconds| prost_types::Duration { seconds: i64::from(seconds), nanos: 0 }),
        group_id: c.group.map(|group| group.to_string()).unwrap_or_default(),
    }
}

pub(super) fn post(c: &Post) -> pb::PostTransferRequest {
    pb::PostTransferRequest {
        id: c.id.to_string(),
        pending_id: c.pending.to_string(),
        amount: c.amount.as_ref().map(money),
        release_remainder: c.release_remainder,
        value_date: value_date(&c.details),
        external_reference: reference(&c.details),
        metadata: metadata(&c.details),
        validate_only: false,
    }
}

pub(super) fn void(c: &Release) -> pb::VoidTransferRequest {
    pb::VoidTransferRequest {
        id: c.id.to_string(),
        pending_id: c.pending.to_string(),
        external_reference: reference(&c.details),
        metadata: metadata(&c.details),
        validate_only: false,
    }
}

pub(super) fn reverse(c: &Reverse) -> pb::ReverseTransferRequest {
    pb::ReverseTransferRequest {
        id: c.id.to_string(),
        transfer_id: c.original.to_string(),
        value_date: value_date(&c.details),
        external_reference: reference(&c.details),
        metadata: metadata(&c.details),
        validate_only: false,
    }
}

pub(super) fn rule(rule: BalanceRule) -> pb::BalanceRule {
    match rule {
        BalanceRule::Unlimited => pb::BalanceRule::Unlimited,
        BalanceRule::DebitsMustNotExceedCredits => pb::BalanceRule::DebitsMustNotExceedCredits,
        BalanceRule::CreditsMustNotExceedDebits => pb::BalanceRule::CreditsMustNotExceedDebits,
    }
}

/// A transfer as its first reply shows it.
pub fn transfer(t: &Transfer) -> pb::Transfer {
    let kind = match t.kind {
        TransferKind::Direct => pb::TransferKind::Direct,
        TransferKind::Pending => pb::TransferKind::Pending,
        TransferKind::Post => pb::TransferKind::Post,
        TransferKind::Void => pb::TransferKind::Void,
        TransferKind::Expire => pb::TransferKind::Expire,
        TransferKind::Reversal => pb::TransferKind::Reversal,
    };
    let amount = Money { asset: t.asset.clone(), amount: Decimal::from_units(t.amount, t.scale) };
    let expires_at = t
        .timeout_seconds
        .map(|seconds| stamp(t.posted_at + SignedDuration::from_secs(i64::from(seconds))));
    pb::Transfer {
        id: t.id.to_string(),
        kind: kind.into(),
        debit_account_id: t.debit.to_string(),
        credit_account_id: t.credit.to_string(),
        amount: Some(money(&amount)),
        code: t.code.clone(),
        external_reference: t.external_reference.clone().unwrap_or_default(),
        metadata: t.metadata.as_ref().and_then(|json| attributes(json.value().clone())),
        value_date: t.value_date.to_string(),
        posted_at: Some(stamp(t.posted_at)),
        pending_id: t.pending.map(|id| id.to_string()).unwrap_or_default(),
        reversed_id: t.reversed.map(|id| id.to_string()).unwrap_or_default(),
        group_id: t.group.map(|id| id.to_string()).unwrap_or_default(),
        debit_balance: Some(balance(&t.asset, t.scale, &t.debit_after)),
        credit_balance: Some(balance(&t.asset, t.scale, &t.credit_after)),
        key_id: t.key.to_string(),
        hold: None,
        expires_at,
    }
}

/// Totals as a transfer shows them.
pub(super) fn balance(asset: &AssetCode, scale: u8, after: &After) -> pb::Balance {
    let text = |units: Units| Decimal::from_units(units, scale).to_string();
    let t = &after.totals;
    pb::Balance {
        asset: asset.to_string(),
        debits_posted: text(t.debits_posted),
        credits_posted: text(t.credits_posted),
        debits_pending: text(t.debits_pending),
        credits_pending: text(t.credits_pending),
        posted: text(t.credits_posted - t.debits_posted),
        available: String::new(),
        version: after.version,
    }
}

pub(super) fn stamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

pub(super) fn time(at: Option<&prost_types::Timestamp>) -> Timestamp {
    let at = at.expect("a time");
    Timestamp::new(at.seconds, at.nanos).expect("a time")
}

/// An amount in units.
pub(super) fn units(text: &str, scale: u8) -> Units {
    let decimal = Decimal::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    decimal.to_units(scale).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn money(money: &Money) -> WireMoney {
    WireMoney { asset: money.asset.to_string(), amount: money.amount.to_string() }
}

fn reference(details: &Details) -> String {
    details.external_reference.clone().unwrap_or_default()
}

fn metadata(details: &Details) -> Option<Struct> {
    details.metadata.as_ref().and_then(|json| attributes(json.value().clone()))
}

fn value_date(details: &Details) -> String {
    details.value_date.map(|day| day.to_string()).unwrap_or_default()
}
