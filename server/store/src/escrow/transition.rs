//! A step in a position's life, its event and its money, in one transaction.

use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{
    LedgerEvent, Leg, Life, Position, PositionEvent, Step, Transition, event_time, step,
};
use bursar_domain::ids::{EventId, PositionId, TransferId};
use bursar_domain::json::Json;
use bursar_domain::money::{Decimal, Money};
use bursar_domain::op::OpCtx;
use bursar_domain::posting::{Command, Create};
use bursar_domain::trace::TraceKind;
use bursar_domain::transfer::Details;
use jiff::Timestamp;
use serde_json::json;

use super::event::{event_insert, ledger_event_insert};
use super::{rows, sql};
use crate::kernel::{Change, Fault, Outcome, Store, Tx, TxResult, Write, decimal, mutate};
use crate::ledger::post_within;
use crate::trace::link;

impl Store {
    /// Moves a position to another state, and its money with it.
    pub async fn position_transition(
        &self,
        op: &OpCtx,
        write: &Write<(Position, PositionEvent)>,
        id: PositionId,
        ask: Transition,
    ) -> Result<Outcome<(Position, PositionEvent)>> {
        // Accounts are the tenant's: a key of one institution must not direct money of others'.
        if op.actor.institution.is_some() && ask.account.is_some() {
            return Err(Error::PermissionDenied {
                permission: "ledger.transfer.write".into(),
                role: op.actor.role,
            });
        }
        mutate!(self, op, write, |tx| {
            let value = position_step(tx, op, id, &ask).await?;
            Ok(Change { value, resource: "position", ids: vec![id.to_string()] })
        })
    }
}

async fn position_step(
    tx: &mut Tx,
    op: &OpCtx,
    id: PositionId,
    ask: &Transition,
) -> TxResult<(Position, PositionEvent)> {
    let params: crate::kernel::Params<'_> = &[&op.tenant.0, &id.0];
    let answers =
        tx.pipeline(&[(&sql::POSITION_LOCK, params), (&sql::POSITION_TERMS_HELD, params)]).await?;
    let mut first = answers.iter().map(|found| found.first());
    let position = first.next().flatten().ok_or_else(|| Error::not_found("position", id))?;
    let position = rows::position(position)?;
    let terms =
        first.next().flatten().ok_or_else(|| Fault::Other("a position has no asset".into()))?;
    let terms = rows::terms(terms)?;
    let life = Life::of(&terms.config).map_err(|error| {
        Error::invalid("id", format!("is of a template whose config {error}; correct that first"))
    })?;
    let done = step(&position, &life, &terms.rules, ask, op.actor.key)?;
    let transfers = match &done.leg {
        Some(leg) => vec![post(tx, op, &position, leg).await?],
        None => Vec::new(),
    };
    let at = event_time(terms.now, position.updated_at);
    let event = event(op, &position, &done, ask, transfers, at);
    let after = position_update(tx, op, &position, &done, at).await?;
    event_insert(tx, op, &event).await?;
    if let (Some(leg), Some(transfer)) = (&done.leg, event.transfers.first()) {
        ledger_event_insert(tx, op, &ledger_event(&position, &event, leg, *transfer)).await?;
        link(tx, op, TraceKind::Position, id.0, &event.transfers).await?;
    }
    Ok((after, event))
}

/// Moves the money of a step.
async fn post(tx: &mut Tx, op: &OpCtx, position: &Position, leg: &Leg) -> TxResult<TransferId> {
    let id = TransferId::generate();
    let amount = Decimal::from_units(leg.amount, position.scale);
    let command = Command::Create(Create {
        id,
        debit: leg.debit,
        credit: leg.credit,
        amount: Money { asset: position.currency.clone(), amount },
        hold: None,
        group: None,
        details: Details {
            code: format!("escrow.{}", leg.kind.name()),
            metadata: Some(Json::stored(json!({ "position_id": position.id.to_string() }))),
            ..Details::default()
        },
    });
    post_within(tx, op, vec![command], vec![position.account]).await?;
    Ok(id)
}

fn event(
    op: &OpCtx,
    position: &Position,
    done: &Step,
    ask: &Transition,
    transfers: Vec<TransferId>,
    at: Timestamp,
) -> PositionEvent {
    PositionEvent {
        id: EventId::generate(),
        position: position.id,
        institution: position.institution,
        scale: position.scale,
        revision: position.revision + 1,
        kind: done.kind,
        previous: Some(position.holding.state),
        state: done.holding.state,
        amount: done.amount,
        held: done.holding.held,
        released: done.holding.released,
        refunded: done.holding.refunded,
        account: done.account,
        reason: ask.reason.clone(),
        metadata: ask.metadata.clone(),
        transfers,
        key: op.actor.key,
        occurred_at: at,
    }
}

fn ledger_event(
    position: &Position,
    event: &PositionEvent,
    leg: &Leg,
    transfer: TransferId,
) -> LedgerEvent {
    LedgerEvent {
        transfer,
        position: position.id,
        institution: position.institution,
        kind: leg.kind,
        previous: position.holding.state,
        state: event.state,
        debit: leg.debit,
        credit: leg.credit,
        currency: position.currency.clone(),
        scale: position.scale,
        amount: leg.amount,
        payload: event.metadata.clone(),
        key: event.key,
        occurred_at: event.occurred_at,
    }
}

async fn position_update(
    tx: &mut Tx,
    op: &OpCtx,
    position: &Position,
    done: &Step,
    at: Timestamp,
) -> TxResult<Position> {
    let (after, scale) = (&done.holding, position.scale);
    let proposal = after.proposal.as_ref();
    let row = tx
        .query_opt(
            &sql::POSITION_UPDATE,
            &[
                &op.tenant.0,
                &position.id.0,
                &decimal(after.held, scale),
                &decimal(after.released, scale),
                &decimal(after.refunded, scale),
                &after.state.name(),
                &after.funding_account.map(|id| id.0),
                &proposal.map(|open| open.key.0),
                &proposal.map(|open| open.account.0),
                &proposal.map(|open| decimal(open.amount, scale)),
                &at,
            ],
        )
        .await?;
    rows::position(&row.ok_or_else(|| Fault::Other("a locked position vanished".into()))?)
}
