//! A step in a position's life, its event and its money, in one transaction.

use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{
    LedgerEvent, Leg, Life, Position, PositionEvent, Step, Transition, event_time, step,
};
use bursar_domain::ids::{EventId, PositionId, TransferId};
use bursar_domain::json::Json;
use bursar_domain::money::{Decimal, Money};
use bursar_domain::op::OpCtx;
use bursar_domain::posting::Create;
use bursar_domain::trace::TraceKind;
use bursar_domain::transfer::Details;
use jiff::Timestamp;
use serde_json::json;

use super::event::{event_insert, ledger_event_insert};
use super::rows::Terms;
use super::{rows, sql};
use crate::kernel::{
    Change, Entry, Fault, Outcome, Params, Store, Tx, TxResult, Write, decimal, transact,
};
use crate::ledger::Locked;
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
        transact!(self, Entry::of(op), |tx| {
            let before = match read(tx, op, write, id, &ask).await? {
                Found::Before(before) => *before,
                Found::Replay(reply) => return Ok(Outcome::Replayed(reply)),
            };
            let value = position_step(tx, op, before, &ask).await?;
            let change = Change { value, resource: "position", ids: vec![id.to_string()] };
            write.record(tx, op, &change).await?;
            Ok(Outcome::Fresh(change.value))
        })
    }
}

/// What a transition begins with.
enum Found {
    /// The reply of an earlier call.
    Replay(Vec<u8>),
    /// The rows before it.
    Before(Box<Before>),
}

/// The rows before a transition, locked.
struct Before {
    position: Position,
    terms: Terms,
    /// The accounts whose money moves, as far as the call itself tells which.
    accounts: Option<Locked>,
    /// The id of the transfer, if there will be one.
    transfer: TransferId,
}

/// Locks and reads all that the call tells of, in one flush: first the position, so that calls at the same time wait for
/// each other there, then its accounts.
async fn read<T>(
    tx: &mut Tx,
    op: &OpCtx,
    write: &Write<T>,
    id: PositionId,
    ask: &Transition,
) -> TxResult<Found> {
    let params: Params<'_> = &[&op.tenant.0, &id.0];
    tx.ahead(&[(&sql::POSITION_LOCK, params)]).await?;
    write.ask(tx, op).await?;
    tx.ahead(&[(&sql::POSITION_TERMS_HELD, params)]).await?;
    let transfer = TransferId::generate();
    let accounts = if let Some(other) = ask.account {
        Some(Locked::take(tx, op, transfer, &[id.account(), other]).await?)
    } else {
        tx.pipeline(&[]).await?;
        None
    };
    let mut answers = tx.answers().into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let (position, known, terms) = (next(), next(), next());
    if let Some(reply) = write.told(op, &known)? {
        return Ok(Found::Replay(reply));
    }
    let position = position.first().ok_or_else(|| Error::not_found("position", id))?;
    let position = rows::position(position)?;
    let terms = terms.first().ok_or_else(|| Fault::Other("a position has no asset".into()))?;
    let terms = rows::terms(terms)?;
    Ok(Found::Before(Box::new(Before { position, terms, accounts, transfer })))
}

/// Decides and writes, with the transaction's next flush.
async fn position_step(
    tx: &mut Tx,
    op: &OpCtx,
    before: Before,
    ask: &Transition,
) -> TxResult<(Position, PositionEvent)> {
    let Before { position, terms, accounts, transfer } = before;
    let life = Life::of(&terms.config).map_err(|error| {
        Error::invalid("id", format!("is of a template whose config {error}; correct that first"))
    })?;
    let done = step(&position, &life, &terms.rules, ask, op.actor.key)?;
    let at = event_time(terms.now, position.updated_at);
    let transfers = if done.leg.is_some() { vec![transfer] } else { Vec::new() };
    let event = event(op, &position, &done, ask, transfers, at);
    if let Some(leg) = &done.leg {
        post(tx, op, &position, leg, (transfer, accounts)).await?;
        ledger_event_insert(tx, op, &ledger_event(&position, &event, leg, transfer)).await?;
        link(tx, op, TraceKind::Position, &[(position.id.0, transfer)]).await?;
    }
    let after = Position {
        holding: done.holding,
        revision: position.revision + 1,
        updated_at: at,
        ..position
    };
    position_update(tx, op, &after).await?;
    event_insert(tx, op, &event).await?;
    Ok((after, event))
}

/// Moves the money of a step.
async fn post(
    tx: &mut Tx,
    op: &OpCtx,
    position: &Position,
    leg: &Leg,
    (id, accounts): (TransferId, Option<Locked>),
) -> TxResult<()> {
    let amount = Decimal::from_units(leg.amount, position.scale);
    let transfer = Create {
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
    };
    // What is paid back to where it came from is known from the position only.
    let accounts = match accounts.filter(|locked| locked.has(leg.debit, leg.credit)) {
        Some(locked) => locked,
        None => Locked::take(tx, op, id, &[leg.debit, leg.credit]).await?,
    };
    accounts.post(tx, op, transfer, vec![position.account()]).await?;
    Ok(())
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

async fn position_update(tx: &mut Tx, op: &OpCtx, after: &Position) -> TxResult<()> {
    let (holding, scale) = (&after.holding, after.scale);
    let proposal = holding.proposal.as_ref();
    tx.ahead(&[(
        &sql::POSITION_UPDATE,
        &[
            &op.tenant.0,
            &after.id.0,
            &decimal(holding.held, scale),
            &decimal(holding.released, scale),
            &decimal(holding.refunded, scale),
            &holding.state.name(),
            &holding.funding_account.map(|id| id.0),
            &proposal.map(|open| open.key.0),
            &proposal.map(|open| open.account.0),
            &proposal.map(|open| decimal(open.amount, scale)),
            &after.revision,
            &after.updated_at,
        ],
    )])
    .await
}
