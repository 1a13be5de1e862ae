//! Rows of the ledger's tables as values of the domain.

use bursar_domain::account::{Account, AccountState, BalanceRule, Totals};
use bursar_domain::asset::{Asset, AssetKind};
use bursar_domain::ids::{AccountId, GroupId, InstitutionId, KeyId, TransferId};
use bursar_domain::json::Json;
use bursar_domain::money::{AssetCode, Units};
use bursar_domain::posting::Seat;
use bursar_domain::transfer::{After, Hold, HoldState, Transfer, TransferKind};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::kernel::{Fault, TxResult, col, named, units};

pub(super) fn asset_code(row: &Row, column: &str) -> TxResult<AssetCode> {
    let code: String = col(row, column)?;
    AssetCode::parse(&code).map_err(|e| Fault::Other(format!("stored asset {e}")))
}

pub(super) fn scale(row: &Row) -> TxResult<u8> {
    u8::try_from(col::<i16>(row, "scale")?).map_err(|e| Fault::Other(format!("stored scale: {e}")))
}

pub(super) fn amount(row: &Row, column: &str, scale: u8) -> TxResult<Units> {
    units(col(row, column)?, scale)
}

fn totals(row: &Row, prefix: &str, scale: u8) -> TxResult<Totals> {
    let total = |name: &str| amount(row, &format!("{prefix}{name}"), scale);
    Ok(Totals {
        debits_posted: total("debits_posted")?,
        credits_posted: total("credits_posted")?,
        debits_pending: total("debits_pending")?,
        credits_pending: total("credits_pending")?,
    })
}

/// The four totals under their plain names.
pub(super) fn totals_of(row: &Row, scale: u8) -> TxResult<Totals> {
    totals(row, "", scale)
}

pub(super) fn asset(row: &Row) -> TxResult<Asset> {
    Ok(Asset {
        code: asset_code(row, "code")?,
        name: col(row, "name")?,
        scale: scale(row)?,
        kind: named(row, "kind", AssetKind::from_name)?,
        shared: col(row, "shared")?,
        metadata: Json::stored(col(row, "metadata")?),
        created_at: col(row, "created_at")?,
    })
}

pub(super) fn account(row: &Row) -> TxResult<Account> {
    let scale = scale(row)?;
    Ok(Account {
        id: AccountId(col(row, "id")?),
        asset: asset_code(row, "asset")?,
        scale,
        code: col(row, "code")?,
        external_reference: col(row, "external_reference")?,
        metadata: Json::stored(col(row, "metadata")?),
        state: named(row, "state", AccountState::from_name)?,
        rule: named(row, "balance_rule", BalanceRule::from_name)?,
        overdraft_limit: amount(row, "overdraft_limit", scale)?,
        totals: totals_of(row, scale)?,
        version: col(row, "version")?,
        revision: col(row, "revision")?,
        created_at: col(row, "created_at")?,
        updated_at: col(row, "updated_at")?,
    })
}

pub(super) fn seat(row: &Row) -> TxResult<Seat> {
    let scale = scale(row)?;
    Ok(Seat {
        id: AccountId(col(row, "id")?),
        asset: asset_code(row, "asset")?,
        scale,
        rule: named(row, "balance_rule", BalanceRule::from_name)?,
        overdraft_limit: amount(row, "overdraft_limit", scale)?,
        state: named(row, "state", AccountState::from_name)?,
        totals: totals_of(row, scale)?,
        version: col(row, "version")?,
        last_posted_at: col(row, "last_posted_at")?,
    })
}

pub(super) fn hold(row: &Row) -> TxResult<Hold> {
    let scale = scale(row)?;
    Ok(Hold {
        id: TransferId(col(row, "id")?),
        debit: AccountId(col(row, "debit_id")?),
        credit: AccountId(col(row, "credit_id")?),
        scale,
        amount: amount(row, "amount", scale)?,
        remaining: amount(row, "remaining", scale)?,
        state: named(row, "state", HoldState::from_name)?,
        expires_at: col(row, "expires_at")?,
        created_at: col(row, "created_at")?,
        ended_at: col(row, "ended_at")?,
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
    let id = TransferId(col(row, "id")?);
    if col::<String>(row, "kind")? == "fenced" {
        return Ok(Recorded::Fenced(id, col(row, "posted_at")?));
    }
    let scale = scale(row)?;
    let optional = |name: &str| col::<Option<Uuid>>(row, name);
    Ok(Recorded::Transfer(Box::new(Transfer {
        id,
        kind: named(row, "kind", TransferKind::from_name)?,
        debit: AccountId(col(row, "debit_id")?),
        credit: AccountId(col(row, "credit_id")?),
        asset: asset_code(row, "asset")?,
        scale,
        amount: amount(row, "amount", scale)?,
        code: col(row, "code")?,
        external_reference: col(row, "external_reference")?,
        metadata: col::<Option<_>>(row, "metadata")?.map(Json::stored),
        value_date: col(row, "value_date")?,
        posted_at: col(row, "posted_at")?,
        pending: optional("pending_id")?.map(TransferId),
        reversed: optional("reversed_id")?.map(TransferId),
        group: optional("group_id")?.map(GroupId),
        timeout_seconds: col::<Option<i32>>(row, "timeout_seconds")?
            .and_then(|s| u32::try_from(s).ok()),
        whole: col(row, "whole")?,
        release_remainder: col(row, "release_remainder")?,
        key: KeyId(col(row, "key_id")?),
        institution: optional("institution_id")?.map(InstitutionId),
        debit_after: After {
            version: col(row, "debit_version")?,
            totals: totals(row, "debit_", scale)?,
        },
        credit_after: After {
            version: col(row, "credit_version")?,
            totals: totals(row, "credit_", scale)?,
        },
        hold: None,
    })))
}

/// A transfer with what became of its reservation.
pub(super) fn recorded_with_hold(row: &Row) -> TxResult<Recorded> {
    let Recorded::Transfer(mut transfer) = recorded(row)? else { return recorded(row) };
    if col::<Option<String>>(row, "hold_state")?.is_some() {
        let scale = transfer.scale;
        transfer.hold = Some(Hold {
            id: transfer.id,
            debit: transfer.debit,
            credit: transfer.credit,
            scale,
            amount: amount(row, "hold_amount", scale)?,
            remaining: amount(row, "hold_remaining", scale)?,
            state: named(row, "hold_state", HoldState::from_name)?,
            expires_at: col(row, "hold_expires_at")?,
            created_at: col(row, "hold_created_at")?,
            ended_at: col(row, "hold_ended_at")?,
        });
    }
    Ok(Recorded::Transfer(transfer))
}
