//! Rows of the ledger's tables as values of the domain.

use bursar_domain::account::{Account, AccountState, Balance, BalanceRule, Totals};
use bursar_domain::asset::{Asset, AssetKind};
use bursar_domain::ids::{AccountId, GroupId, InstitutionId, KeyId, TransferId};
use bursar_domain::json::Json;
use bursar_domain::money::{AssetCode, Units};
use bursar_domain::posting::Seat;
use bursar_domain::transfer::{After, Hold, HoldState, Transfer, TransferKind};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::kernel::{Columns, Fault, TxResult, col, units};

pub(super) fn scale(row: &Row) -> TxResult<u8> {
    scale_of(&mut Columns::of(row))
}

pub(super) fn amount(row: &Row, column: &str, scale: u8) -> TxResult<Units> {
    units(col(row, column)?, scale)
}

fn asset_code(from: &mut Columns<'_>, column: &str) -> TxResult<AssetCode> {
    AssetCode::parse(from.get(column)?).map_err(|e| Fault::Other(format!("stored asset {e}")))
}

fn scale_of(from: &mut Columns<'_>) -> TxResult<u8> {
    let scale: i16 = from.get("scale")?;
    u8::try_from(scale).map_err(|e| Fault::Other(format!("stored scale: {e}")))
}

/// The columns of the four totals, in the order of [`Totals`].
type Names = [&'static str; 4];
const PLAIN: Names = ["debits_posted", "credits_posted", "debits_pending", "credits_pending"];
const DEBIT: Names = [
    "debit_debits_posted",
    "debit_credits_posted",
    "debit_debits_pending",
    "debit_credits_pending",
];
const CREDIT: Names = [
    "credit_debits_posted",
    "credit_credits_posted",
    "credit_debits_pending",
    "credit_credits_pending",
];

fn totals(from: &mut Columns<'_>, names: &Names, scale: u8) -> TxResult<Totals> {
    let mut total = |name| units(from.get(name)?, scale);
    Ok(Totals {
        debits_posted: total(names[0])?,
        credits_posted: total(names[1])?,
        debits_pending: total(names[2])?,
        credits_pending: total(names[3])?,
    })
}

pub(super) fn asset(row: &Row) -> TxResult<Asset> {
    let from = &mut Columns::of(row);
    Ok(Asset {
        code: asset_code(from, "code")?,
        name: from.get("name")?,
        scale: scale_of(from)?,
        kind: from.named("kind", AssetKind::from_name)?,
        shared: from.get("shared")?,
        metadata: Json::stored(from.get("metadata")?),
        created_at: from.get("created_at")?,
    })
}

pub(super) fn account(row: &Row) -> TxResult<Account> {
    let from = &mut Columns::of(row);
    let id = AccountId(from.get("id")?);
    let asset = asset_code(from, "asset")?;
    let scale = scale_of(from)?;
    Ok(Account {
        id,
        asset,
        scale,
        code: from.get("code")?,
        external_reference: from.get("external_reference")?,
        metadata: Json::stored(from.get("metadata")?),
        state: from.named("state", AccountState::from_name)?,
        reserved: from.get("reserved")?,
        rule: from.named("balance_rule", BalanceRule::from_name)?,
        overdraft_limit: units(from.get("overdraft_limit")?, scale)?,
        totals: totals(from, &PLAIN, scale)?,
        version: from.get("version")?,
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}

pub(super) fn seat(row: &Row) -> TxResult<Seat> {
    let from = &mut Columns::of(row);
    let id = AccountId(from.get("id")?);
    let asset = asset_code(from, "asset")?;
    let scale = scale_of(from)?;
    Ok(Seat {
        id,
        asset,
        scale,
        rule: from.named("balance_rule", BalanceRule::from_name)?,
        overdraft_limit: units(from.get("overdraft_limit")?, scale)?,
        state: from.named("state", AccountState::from_name)?,
        reserved: from.get("reserved")?,
        totals: totals(from, &PLAIN, scale)?,
        version: from.get("version")?,
        last_posted_at: from.get("last_posted_at")?,
    })
}

/// The balance of an account now, the first columns of a row.
pub(super) fn balance_now(from: &mut Columns<'_>) -> TxResult<(AccountId, Balance)> {
    let id = AccountId(from.get("id")?);
    let asset = asset_code(from, "asset")?;
    let scale = scale_of(from)?;
    let rule = from.named("balance_rule", BalanceRule::from_name)?;
    let overdraft = units(from.get("overdraft_limit")?, scale)?;
    let totals = totals(from, &PLAIN, scale)?;
    let available = rule.available(&totals, overdraft);
    let version = from.get("version")?;
    Ok((id, Balance { asset, scale, totals, available, version }))
}

/// The balance of an account as it was, the first columns of a row; nothing before its first transfer.
pub(super) fn balance_past(from: &mut Columns<'_>) -> TxResult<Balance> {
    let asset = asset_code(from, "asset")?;
    let scale = scale_of(from)?;
    let version: Option<i64> = from.get("version")?;
    let totals = if version.is_some() { totals(from, &PLAIN, scale)? } else { Totals::default() };
    Ok(Balance { asset, scale, totals, available: None, version: version.unwrap_or(0) })
}

/// The hold that a row of a balance brings, open at that moment.
pub(super) fn open_hold(from: &mut Columns<'_>, scale: u8) -> TxResult<Option<Hold>> {
    let Some(id) = from.get::<Option<Uuid>>("hold_id")? else { return Ok(None) };
    Ok(Some(Hold {
        id: TransferId(id),
        debit: AccountId(from.get("debit_id")?),
        credit: AccountId(from.get("credit_id")?),
        scale,
        amount: units(from.get("amount")?, scale)?,
        remaining: units(from.get("remaining")?, scale)?,
        state: HoldState::Open,
        expires_at: from.get("expires_at")?,
        created_at: from.get("created_at")?,
        ended_at: None,
    }))
}

pub(super) fn hold(row: &Row) -> TxResult<Hold> {
    let from = &mut Columns::of(row);
    let id = TransferId(from.get("id")?);
    let (debit, credit) = (AccountId(from.get("debit_id")?), AccountId(from.get("credit_id")?));
    let scale = scale_of(from)?;
    Ok(Hold {
        id,
        debit,
        credit,
        scale,
        amount: units(from.get("amount")?, scale)?,
        remaining: units(from.get("remaining")?, scale)?,
        state: from.named("state", HoldState::from_name)?,
        expires_at: from.get("expires_at")?,
        created_at: from.get("created_at")?,
        ended_at: from.get("ended_at")?,
    })
}

/// What is recorded under a transfer's id.
pub(crate) enum Recorded {
    /// A transfer.
    Transfer(Box<Transfer>),
    /// A tombstone, with the time it was set.
    Fenced(TransferId, Timestamp),
}

impl Recorded {
    /// The transfer, unless it is a tombstone.
    pub(super) fn transfer(self) -> Option<Transfer> {
        match self {
            Self::Transfer(transfer) => Some(*transfer),
            Self::Fenced(..) => None,
        }
    }
}

pub(super) fn recorded(row: &Row) -> TxResult<Recorded> {
    recorded_in(&mut Columns::of(row))
}

/// A transfer with what became of its reservation.
pub(super) fn recorded_with_hold(row: &Row) -> TxResult<Recorded> {
    let from = &mut Columns::of(row);
    let mut recorded = recorded_in(from)?;
    if let Recorded::Transfer(transfer) = &mut recorded
        && let Some(amount) = from.get("hold_amount")?
    {
        let scale = transfer.scale;
        transfer.hold = Some(Hold {
            id: transfer.id,
            debit: transfer.debit,
            credit: transfer.credit,
            scale,
            amount: units(amount, scale)?,
            remaining: units(from.get("hold_remaining")?, scale)?,
            state: from.named("hold_state", HoldState::from_name)?,
            expires_at: from.get("hold_expires_at")?,
            created_at: from.get("hold_created_at")?,
            ended_at: from.get("hold_ended_at")?,
        });
    }
    Ok(recorded)
}

fn recorded_in(from: &mut Columns<'_>) -> TxResult<Recorded> {
    let id = TransferId(from.get("id")?);
    let kind: &str = from.get("kind")?;
    if kind == "fenced" {
        return Ok(Recorded::Fenced(id, from.get("posted_at")?));
    }
    let kind = TransferKind::from_name(kind)
        .ok_or_else(|| Fault::Other(format!("there is no kind of transfer {kind}")))?;
    let (debit, credit) = (AccountId(from.get("debit_id")?), AccountId(from.get("credit_id")?));
    let asset = asset_code(from, "asset")?;
    let scale = scale_of(from)?;
    let after = |from: &mut Columns<'_>, version, names| {
        Ok::<_, Fault>(After { version: from.get(version)?, totals: totals(from, names, scale)? })
    };
    Ok(Recorded::Transfer(Box::new(Transfer {
        id,
        kind,
        debit,
        credit,
        asset,
        scale,
        amount: units(from.get("amount")?, scale)?,
        code: from.get("code")?,
        external_reference: from.get("external_reference")?,
        metadata: from.get::<Option<_>>("metadata")?.map(Json::stored),
        value_date: from.get("value_date")?,
        posted_at: from.get("posted_at")?,
        pending: from.get::<Option<_>>("pending_id")?.map(TransferId),
        reversed: from.get::<Option<_>>("reversed_id")?.map(TransferId),
        group: from.get::<Option<_>>("group_id")?.map(GroupId),
        timeout_seconds: from
            .get::<Option<i32>>("timeout_seconds")?
            .and_then(|seconds| u32::try_from(seconds).ok()),
        whole: from.get("whole")?,
        release_remainder: from.get("release_remainder")?,
        key: KeyId(from.get("key_id")?),
        institution: from.get::<Option<_>>("institution_id")?.map(InstitutionId),
        debit_after: after(from, "debit_version", &DEBIT)?,
        credit_after: after(from, "credit_version", &CREDIT)?,
        hold: None,
    })))
}
