//! Positions: made, read and listed.

use bursar_domain::account::{BalanceRule, NewAccount};
use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{
    Holding, Life, NewPosition, Position, PositionEvent, PositionEventKind, PositionFilter,
    PositionState, as_of,
};
use bursar_domain::ids::{EventId, PositionId};
use bursar_domain::json::Json;
use bursar_domain::limits::MAX_POSITION_EVENTS;
use bursar_domain::money::{AssetCode, Decimal, Units};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Row;

use super::event::event_insert;
use super::rows::Terms;
use super::{rows, sql};
use crate::kernel::{
    Change, Entry, FIRST, Fault, LAST, Outcome, Stmt, Store, Tx, TxResult, Write, decimal, transact,
};
use crate::ledger::{account_open, asset_scale, asset_scale_ask};

impl Store {
    /// Proposes a position, with an account of its own.
    pub async fn position_create(
        &self,
        op: &OpCtx,
        write: &Write<Position>,
        new: NewPosition,
    ) -> Result<Outcome<Position>> {
        transact!(self, Entry::of(op), |tx| {
            write.ask(tx, op).await?;
            asset_scale_ask(tx, op, &new.amount.asset).await?;
            let terms = tx.query_opt(&sql::POSITION_TERMS, &[&op.tenant.0, &new.asset.0]).await?;
            let mut answers = tx.answers().into_iter();
            let mut next = || answers.next().unwrap_or_default();
            if let Some(reply) = write.told(op, &next())? {
                return Ok(Outcome::Replayed(reply));
            }
            let value = position_insert(tx, op, &new, terms.as_ref(), &next()).await?;
            let ids = vec![value.id.to_string()];
            let change = Change { value, resource: "position", ids };
            write.record(tx, op, &change).await.map_err(|fault| reference_taken(fault, &new))?;
            Ok(Outcome::Fresh(change.value))
        })
    }

    /// Reads a position with its latest events, newest first; as it was at a time, or now.
    pub async fn position_get(
        &self,
        op: &OpCtx,
        id: PositionId,
        at: Option<Timestamp>,
    ) -> Result<(Position, Vec<PositionEvent>)> {
        transact!(self, Entry::of(op), |tx| {
            let (tenant, at) = (&op.tenant.0, at.unwrap_or(LAST));
            tx.one_snapshot();
            let answers = tx
                .finish_read(&[
                    (&sql::POSITION_GET, &[tenant, &id.0]),
                    (&sql::POSITION_EVENT_LATEST, &[tenant, &id.0, &at, &MAX_POSITION_EVENTS]),
                ])
                .await?;
            let absent = || Error::not_found("position", id);
            let position = answers.first().and_then(|found| found.first()).ok_or_else(absent)?;
            let position = rows::position(position)?;
            let events = answers.iter().skip(1).flatten().map(rows::event);
            let events: Vec<PositionEvent> = events.collect::<TxResult<_>>()?;
            // Before its first event it was not there.
            let latest = events.first().ok_or_else(absent)?;
            Ok((as_of(position, latest), events))
        })
    }

    /// Lists positions by the time they were made. Cursor: time and id.
    pub async fn position_list(
        &self,
        op: &OpCtx,
        filter: &PositionFilter,
        page: &PageRequest,
    ) -> Result<Page<Position>> {
        let after = page.cursor_time(0)?.unwrap_or(FIRST);
        let after_id = page.cursor_part::<PositionId>(1)?.unwrap_or(PositionId::nil()).0;
        let (from, to, limit) =
            (filter.from.unwrap_or(FIRST), filter.to.unwrap_or(LAST), page.limit());
        let institution = filter.institution.or(op.actor.institution).map(|id| id.0);
        let (asset, template) = (filter.asset.map(|id| id.0), filter.template.map(|id| id.0));
        let currency = filter.currency.as_ref().map(AssetCode::as_str);
        let state = filter.state.map(PositionState::name);
        let metadata = filter.metadata.as_ref().map(Json::value);
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 14] = [
            &op.tenant.0,
            &after,
            &after_id,
            &from,
            &to,
            &institution,
            &asset,
            &template,
            &filter.holder_reference,
            &currency,
            &state,
            &filter.external_reference,
            &limit,
            &metadata,
        ];
        let (statement, count) = if metadata.is_some() {
            (&sql::POSITION_SEARCH, 14)
        } else {
            (listing(op, filter), 13)
        };
        transact!(self, Entry::of(op), |tx| {
            let answers = tx.finish_read(&[(statement, &params[..count])]).await?;
            let found =
                answers.iter().flatten().map(rows::position).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |position| Cursor::at(position.created_at, position.id)))
        })
    }
}

/// The list by what is likely to find the fewest.
fn listing(op: &OpCtx, filter: &PositionFilter) -> &'static Stmt {
    let institution = filter.institution.or(op.actor.institution).is_some();
    if filter.external_reference.is_some() {
        &sql::POSITION_LIST_BY_REFERENCE
    } else if filter.asset.is_some() {
        &sql::POSITION_LIST_BY_ASSET
    } else if filter.holder_reference.is_some() {
        &sql::POSITION_LIST_BY_HOLDER
    } else if filter.template.is_some() {
        &sql::POSITION_LIST_BY_TEMPLATE
    } else if institution && filter.state.is_some() {
        &sql::POSITION_LIST_BY_INSTITUTION_STATE
    } else if institution {
        &sql::POSITION_LIST_BY_INSTITUTION
    } else if filter.state.is_some() {
        &sql::POSITION_LIST_BY_STATE
    } else if filter.currency.is_some() {
        &sql::POSITION_LIST_BY_CURRENCY
    } else {
        &sql::POSITION_LIST
    }
}

/// Makes a position and its account, with the transaction's next flush.
async fn position_insert(
    tx: &mut Tx,
    op: &OpCtx,
    new: &NewPosition,
    terms: Option<&Row>,
    scale: &[Row],
) -> TxResult<Position> {
    let terms = rows::terms(terms.ok_or_else(|| Error::not_found("asset", new.asset))?)?;
    // A life that cannot be read would end with the money inside.
    Life::of(&terms.config).map_err(|error| {
        Error::invalid(
            "asset_id",
            format!("is of a template whose config {error}; correct that first"),
        )
    })?;
    let currency = &new.amount.asset;
    let scale = asset_scale(currency, scale).map_err(|fault| match fault {
        Fault::Domain(error) => error.within("amount.").into(),
        other => other,
    })?;
    let amount = new
        .amount
        .amount
        .to_units(scale)
        .map_err(|error| Error::invalid("amount.amount", error))?;
    terms.rules.check_position(currency, scale, amount, &[&new.metadata])?;
    let position = proposed(new, &terms, scale, amount);
    account_open(tx, op, &own_account(&position), scale).await?;
    tx.ahead(&[(
        &sql::POSITION_INSERT,
        &[
            &op.tenant.0,
            &position.id.0,
            &position.institution.0,
            &position.template.0,
            &position.asset.0,
            &position.holder_reference,
            &currency.as_str(),
            &i16::from(scale),
            &decimal(amount, scale),
            &position.external_reference,
            position.metadata.value(),
            &position.created_at,
        ],
    )])
    .await?;
    event_insert(tx, op, &created(op, &position)).await?;
    Ok(position)
}

fn proposed(new: &NewPosition, terms: &Terms, scale: u8, amount: Units) -> Position {
    let id = PositionId::generate();
    let holding = Holding {
        state: PositionState::Proposed,
        held: 0,
        released: 0,
        refunded: 0,
        funding_account: None,
        proposal: None,
    };
    Position {
        id,
        institution: terms.institution,
        template: terms.template,
        asset: new.asset,
        holder_reference: new.holder_reference.clone(),
        currency: new.amount.asset.clone(),
        scale,
        amount,
        holding,
        external_reference: new.external_reference.clone(),
        metadata: new.metadata.clone(),
        // The same id, so that a transition can lock the account in the flush that reads the position.
        revision: 1,
        created_at: terms.now,
        updated_at: terms.now,
    }
}

/// The account that holds a position's money.
fn own_account(position: &Position) -> NewAccount {
    NewAccount {
        id: position.account(),
        asset: position.currency.clone(),
        code: "escrow".into(),
        external_reference: None,
        metadata: Json::stored(json!({ "position_id": position.id.to_string() })),
        rule: BalanceRule::DebitsMustNotExceedCredits,
        overdraft_limit: Decimal::ZERO,
        // Its money is the position's: nobody moves it behind the position's back.
        reserved: true,
    }
}

fn reference_taken(fault: Fault, new: &NewPosition) -> Fault {
    let reference = new.external_reference.as_deref().unwrap_or_default();
    let id = format!("with external reference {reference}");
    fault.on_unique("escrow_position_reference", || {
        Error::Exists { resource: "position", id }.into()
    })
}

fn created(op: &OpCtx, position: &Position) -> PositionEvent {
    PositionEvent {
        id: EventId::generate(),
        position: position.id,
        institution: position.institution,
        scale: position.scale,
        revision: position.revision,
        kind: PositionEventKind::Created,
        previous: None,
        state: position.holding.state,
        amount: 0,
        held: 0,
        released: 0,
        refunded: 0,
        account: None,
        reason: String::new(),
        metadata: Json::empty(),
        transfers: Vec::new(),
        key: op.actor.key,
        occurred_at: position.created_at,
    }
}
