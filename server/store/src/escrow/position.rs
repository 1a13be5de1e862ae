//! Positions: made, read and listed.

use bursar_domain::account::{BalanceRule, NewAccount};
use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{
    Life, NewPosition, Position, PositionEvent, PositionEventKind, PositionFilter, PositionState,
    as_of,
};
use bursar_domain::ids::{AccountId, EventId, PositionId};
use bursar_domain::json::Json;
use bursar_domain::limits::MAX_POSITION_EVENTS;
use bursar_domain::money::{AssetCode, Decimal};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use jiff::Timestamp;
use serde_json::json;

use super::event::event_insert;
use super::{rows, sql};
use crate::kernel::{
    Change, Entry, FIRST, Fault, LAST, Outcome, Stmt, Store, Tx, TxResult, Write, decimal, mutate,
    transact,
};
use crate::ledger::account_insert;

impl Store {
    /// Proposes a position, with an account of its own.
    pub async fn position_create(
        &self,
        op: &OpCtx,
        write: &Write<Position>,
        new: NewPosition,
    ) -> Result<Outcome<Position>> {
        mutate!(self, op, write, |tx| {
            let value = position_insert(tx, op, &new).await?;
            let ids = vec![value.id.to_string()];
            Ok(Change { value, resource: "position", ids })
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

async fn position_insert(tx: &mut Tx, op: &OpCtx, new: &NewPosition) -> TxResult<Position> {
    let tenant = &op.tenant.0;
    let row = tx.query_opt(&sql::POSITION_TERMS, &[tenant, &new.asset.0]).await?;
    let terms = rows::terms(&row.ok_or_else(|| Error::not_found("asset", new.asset))?)?;
    // A life that cannot be read would end with the money inside.
    Life::of(&terms.config).map_err(|error| {
        Error::invalid(
            "asset_id",
            format!("is of a template whose config {error}; correct that first"),
        )
    })?;
    let id = PositionId::generate();
    let (account, scale) = open(tx, op, id, new).await?;
    let amount = new
        .amount
        .amount
        .to_units(scale)
        .map_err(|error| Error::invalid("amount.amount", error))?;
    let currency = &new.amount.asset;
    terms.rules.check_position(currency, scale, amount, &[&new.metadata])?;
    let row = tx
        .query_opt(
            &sql::POSITION_INSERT,
            &[
                tenant,
                &id.0,
                &terms.institution.0,
                &terms.template.0,
                &new.asset.0,
                &new.holder_reference,
                &currency.as_str(),
                &i16::from(scale),
                &decimal(amount, scale),
                &new.external_reference,
                new.metadata.value(),
                &account.0,
            ],
        )
        .await
        .map_err(|fault| {
            let reference = new.external_reference.as_deref().unwrap_or_default();
            let id = format!("with external reference {reference}");
            fault.on_unique("escrow_position_reference", || {
                Error::Exists { resource: "position", id }.into()
            })
        })?;
    let position = rows::position(
        &row.ok_or_else(|| Fault::Other("an inserted position is missing".into()))?,
    )?;
    event_insert(tx, op, &created(op, &position)).await?;
    Ok(position)
}

/// Opens the account of a position; its id, and the decimal places of its asset.
async fn open(
    tx: &mut Tx,
    op: &OpCtx,
    id: PositionId,
    new: &NewPosition,
) -> TxResult<(AccountId, u8)> {
    let account = NewAccount {
        id: AccountId::generate(),
        asset: new.amount.asset.clone(),
        code: "escrow".into(),
        external_reference: None,
        metadata: Json::stored(json!({ "position_id": id.to_string() })),
        rule: BalanceRule::DebitsMustNotExceedCredits,
        overdraft_limit: Decimal::ZERO,
        // Its money is the position's: nobody moves it behind the position's back.
        reserved: true,
    };
    let opened = account_insert(tx, op, &[account]).await.map_err(|fault| match fault {
        Fault::Domain(error @ Error::Invalid(_)) => error.within("amount.").into(),
        other => other,
    })?;
    let opened =
        opened.first().ok_or_else(|| Fault::Other("an opened account is missing".into()))?;
    Ok((opened.id, opened.scale))
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
