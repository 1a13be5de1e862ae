//! Rows of escrow's tables as values of the domain.

use std::collections::{BTreeMap, BTreeSet};

use bursar_domain::escrow::{
    Conditions, Holding, LedgerEvent, LedgerEventKind, Position, PositionEvent, PositionEventKind,
    PositionState, Proposal,
};
use bursar_domain::ids::{
    AccountId, AssetTemplateId, EscrowAssetId, EventId, InstitutionId, KeyId, PositionId,
    TransferId,
};
use bursar_domain::json::Json;
use bursar_domain::money::{AssetCode, Decimal, Units};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::kernel::{Columns, Fault, Numeric, TxResult, units};

fn scale(from: &mut Columns<'_>) -> TxResult<u8> {
    let scale: i16 = from.get("scale")?;
    u8::try_from(scale).map_err(|e| Fault::Other(format!("stored scale: {e}")))
}

fn amount(from: &mut Columns<'_>, column: &str, scale: u8) -> TxResult<Units> {
    units(from.get(column)?, scale)
}

fn currency(from: &mut Columns<'_>) -> TxResult<AssetCode> {
    AssetCode::parse(from.get("currency")?).map_err(|e| Fault::Other(format!("stored asset {e}")))
}

fn account(from: &mut Columns<'_>, column: &str) -> TxResult<Option<AccountId>> {
    Ok(from.get::<Option<Uuid>>(column)?.map(AccountId))
}

pub(super) fn position(row: &Row) -> TxResult<Position> {
    let from = &mut Columns::of(row);
    let (id, institution) =
        (PositionId(from.get("id")?), InstitutionId(from.get("institution_id")?));
    let template = AssetTemplateId(from.get("template_id")?);
    let asset = EscrowAssetId(from.get("asset_id")?);
    let holder_reference = from.get("holder_reference")?;
    let (currency, scale) = (currency(from)?, scale(from)?);
    let whole = amount(from, "amount", scale)?;
    let held = amount(from, "held", scale)?;
    let released = amount(from, "released", scale)?;
    let refunded = amount(from, "refunded", scale)?;
    let state = from.named("state", PositionState::from_name)?;
    let external_reference = from.get("external_reference")?;
    let metadata = Json::stored(from.get("metadata")?);
    let funding_account = account(from, "funding_account_id")?;
    let proposal = proposal(from, scale)?;
    Ok(Position {
        id,
        institution,
        template,
        asset,
        holder_reference,
        currency,
        scale,
        amount: whole,
        holding: Holding { state, held, released, refunded, funding_account, proposal },
        external_reference,
        metadata,
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}

fn proposal(from: &mut Columns<'_>, scale: u8) -> TxResult<Option<Proposal>> {
    let key = from.get::<Option<Uuid>>("proposal_key_id")?;
    let account = account(from, "proposal_account_id")?;
    let amount = from.get::<Option<Numeric>>("proposal_amount")?;
    let (Some(key), Some(account), Some(amount)) = (key, account, amount) else {
        return Ok(None);
    };
    Ok(Some(Proposal { key: KeyId(key), account, amount: units(amount, scale)? }))
}

pub(super) fn event(row: &Row) -> TxResult<PositionEvent> {
    let from = &mut Columns::of(row);
    let (id, institution) = (EventId(from.get("id")?), InstitutionId(from.get("institution_id")?));
    let position = PositionId(from.get("position_id")?);
    let revision = from.get("revision")?;
    let kind = from.named("kind", PositionEventKind::from_name)?;
    let previous: Option<String> = from.get("previous_state")?;
    let state = from.named("state", PositionState::from_name)?;
    let scale = scale(from)?;
    Ok(PositionEvent {
        id,
        position,
        institution,
        scale,
        revision,
        kind,
        previous: previous.and_then(|name| PositionState::from_name(&name)),
        state,
        amount: amount(from, "amount", scale)?,
        held: amount(from, "held", scale)?,
        released: amount(from, "released", scale)?,
        refunded: amount(from, "refunded", scale)?,
        account: account(from, "account_id")?,
        reason: from.get("reason")?,
        metadata: Json::stored(from.get("metadata")?),
        transfers: from.get::<Vec<Uuid>>("transfer_ids")?.into_iter().map(TransferId).collect(),
        key: KeyId(from.get("key_id")?),
        occurred_at: from.get("occurred_at")?,
    })
}

pub(super) fn ledger_event(row: &Row) -> TxResult<LedgerEvent> {
    let from = &mut Columns::of(row);
    let transfer = TransferId(from.get("id")?);
    let institution = InstitutionId(from.get("institution_id")?);
    let position = PositionId(from.get("position_id")?);
    let kind = from.named("kind", LedgerEventKind::from_name)?;
    let previous = from.named("previous_state", PositionState::from_name)?;
    let state = from.named("state", PositionState::from_name)?;
    let (debit, credit) = (AccountId(from.get("debit_id")?), AccountId(from.get("credit_id")?));
    let (currency, scale) = (currency(from)?, scale(from)?);
    Ok(LedgerEvent {
        transfer,
        position,
        institution,
        kind,
        previous,
        state,
        debit,
        credit,
        currency,
        scale,
        amount: amount(from, "amount", scale)?,
        payload: Json::stored(from.get("payload")?),
        key: KeyId(from.get("key_id")?),
        occurred_at: from.get("occurred_at")?,
    })
}

/// What an asset's template and its institution's policy say of its positions, and when that was read.
pub(super) struct Terms {
    pub(super) now: Timestamp,
    pub(super) institution: InstitutionId,
    pub(super) template: AssetTemplateId,
    pub(super) config: Json,
    pub(super) rules: Conditions,
}

pub(super) fn terms(row: &Row) -> TxResult<Terms> {
    let from = &mut Columns::of(row);
    Ok(Terms {
        now: from.get("now")?,
        institution: InstitutionId(from.get("institution_id")?),
        template: AssetTemplateId(from.get("template_id")?),
        config: Json::stored(from.get("config")?),
        rules: conditions(from)?,
    })
}

fn conditions(from: &mut Columns<'_>) -> TxResult<Conditions> {
    let states: Option<Vec<String>> = from.get("allowed_states")?;
    let minimums: Option<Value> = from.get("minimum_amounts")?;
    let required: Option<Vec<String>> = from.get("required_metadata")?;
    let four_eyes: Option<bool> = from.get("four_eyes")?;
    let odd = || Fault::Other("a stored policy has a value that no policy can have".into());
    let state = |name: String| PositionState::from_name(&name).ok_or_else(odd);
    let allowed_states: Option<BTreeSet<_>> =
        states.map(|all| all.into_iter().map(state).collect::<TxResult<_>>()).transpose()?;
    let mut minimum_amounts = BTreeMap::new();
    for (code, least) in minimums.iter().filter_map(Value::as_object).flatten() {
        let least = least.as_str().and_then(|text| Decimal::parse(text).ok());
        let (Ok(code), Some(least)) = (AssetCode::parse(code), least) else { return Err(odd()) };
        minimum_amounts.insert(code, least);
    }
    Ok(Conditions {
        allowed_states,
        minimum_amounts,
        required_metadata: required.unwrap_or_default().into_iter().collect(),
        four_eyes: four_eyes.unwrap_or(false),
    })
}
