//! Executions: one function records one fill or a thousand.

use std::collections::{HashMap, HashSet};

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::{DecisionId, ExecutionId, TransferId};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::trace::TraceKind;
use bursar_domain::trading::{Execution, ExecutionFilter, NewExecution, Reported};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{Span, rows, sql};
use crate::kernel::{
    Change, Entry, Fault, Outcome, Params, Store, Tx, TxResult, Write, audit_items, col, transact,
};
use crate::ledger::{transfers_ask, transfers_told};
use crate::trace;

impl Store {
    /// Records a fill. A report of one that is recorded changes nothing, and leaves neither audit event nor request id.
    pub async fn execution_record(
        &self,
        op: &OpCtx,
        write: &Write<Reported>,
        new: NewExecution,
    ) -> Result<Outcome<Reported>> {
        let new = [new];
        transact!(self, Entry::of(op), |tx| {
            write.ask(tx, op).await?;
            let known = known(tx, op, &new).await?;
            let asked = tx.answers();
            if let Some(reply) = write.told(op, asked.first().map_or(&[], Vec::as_slice))? {
                return Ok(Outcome::Replayed(reply));
            }
            let value = record(tx, op, &new, &known).await?.pop();
            let value = value.ok_or_else(|| Fault::Other("no result of a fill".into()))??;
            if value.replayed {
                return Ok(Outcome::Fresh(value));
            }
            let ids = vec![value.execution.id.to_string()];
            let change = Change { value, resource: "execution", ids };
            write.record(tx, op, &change).await.map_err(taken)?;
            Ok(Outcome::Fresh(change.value))
        })
    }

    /// Records fills with what was asked of each, in one transaction; one result each, and none refuses another.
    pub async fn execution_record_all(
        &self,
        op: &OpCtx,
        new: &[NewExecution],
        payloads: &[Value],
    ) -> Result<Vec<Result<Reported>>> {
        transact!(self, Entry::of(op), |tx| {
            let known = known(tx, op, new).await?;
            let results = record(tx, op, new, &known).await?;
            let fresh = results.iter().zip(payloads).filter_map(|(result, payload)| {
                let reported = result.as_ref().ok().filter(|reported| !reported.replayed)?;
                Some((reported.execution.id.to_string(), payload))
            });
            let (ids, payloads): (Vec<String>, Vec<&Value>) = fresh.unzip();
            audit_items(tx, op, "execution", &ids, &payloads).await.map_err(taken)?;
            Ok(results)
        })
    }

    /// Reads an execution.
    pub async fn execution_get(&self, op: &OpCtx, id: ExecutionId) -> Result<Execution> {
        transact!(self, Entry::of(op), |tx| {
            let answers = tx.finish_read(&[(&sql::EXECUTION_GET, &[&op.tenant.0, &id.0])]).await?;
            let row = answers.iter().flatten().next();
            rows::execution(row.ok_or_else(|| Error::not_found("execution", id))?)
        })
    }

    /// Lists executions, the latest first. Cursor: time and id.
    pub async fn execution_list(
        &self,
        op: &OpCtx,
        filter: &ExecutionFilter,
        page: &PageRequest,
    ) -> Result<Page<Execution>> {
        let span = Span::of(page, filter.from, filter.to)?;
        let statement = if filter.venue_order.is_some() {
            &sql::EXECUTION_LIST_BY_ORDER
        } else if filter.decision.is_some() {
            &sql::EXECUTION_LIST_BY_DECISION
        } else if filter.venue.is_some() {
            &sql::EXECUTION_LIST_BY_VENUE
        } else {
            &sql::EXECUTION_LIST
        };
        let decision = filter.decision.map(|id| id.0);
        transact!(self, Entry::of(op), |tx| {
            let parameters: crate::kernel::Params<'_> = &[
                &op.tenant.0,
                &span.before,
                &span.before_id,
                &span.from,
                &span.to,
                &span.limit,
                &decision,
                &filter.venue,
                &filter.venue_order,
            ];
            let answers = tx.finish_read(&[(statement, parameters)]).await?;
            let found =
                answers.iter().flatten().map(rows::execution).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |e| Cursor::at(e.recorded_at, e.id)))
        })
    }
}

/// A fill by what its venue calls it.
type Order = (String, String);

fn order(fill: &NewExecution) -> Order {
    (fill.venue.clone(), fill.venue_order.clone())
}

/// Another call recorded one of them since the look-up: run again, and find it.
fn taken(fault: Fault) -> Fault {
    fault.on_unique("trading_execution_order", || Fault::Conflict)
}

/// Records what is not recorded yet, with the transaction's next flush; one result for each, in order.
async fn record(
    tx: &mut Tx,
    op: &OpCtx,
    new: &[NewExecution],
    known: &Known,
) -> TxResult<Vec<Result<Reported>>> {
    let mut fresh: Vec<Execution> = Vec::new();
    let mut by_order: HashMap<Order, usize> = HashMap::new();
    let mut results = Vec::with_capacity(new.len());
    for fill in new {
        results.push(if let Some(execution) = known.executions.get(&order(fill)) {
            replay(execution, fill)
        } else if let Some(&at) = by_order.get(&order(fill)) {
            // Reported twice in one message.
            replay(&fresh[at], fill)
        } else if let Err(error) = known.names_what_is_there(fill) {
            Err(error)
        } else {
            by_order.insert(order(fill), fresh.len());
            let execution = Execution {
                id: ExecutionId::generate(),
                fill: fill.clone(),
                recorded_at: known.now,
                key: op.actor.key,
            };
            fresh.push(execution.clone());
            Ok(Reported { execution, replayed: false })
        });
    }
    insert(tx, op, &fresh).await?;
    Ok(results)
}

/// The result of a report of what is recorded.
fn replay(execution: &Execution, fill: &NewExecution) -> Result<Reported> {
    execution.same(fill)?;
    Ok(Reported { execution: execution.clone(), replayed: true })
}

/// What there is of what the fills name.
struct Known {
    /// When that was read.
    now: Timestamp,
    executions: HashMap<Order, Execution>,
    decisions: HashSet<DecisionId>,
    transfers: HashSet<TransferId>,
}

impl Known {
    fn names_what_is_there(&self, fill: &NewExecution) -> Result<()> {
        if !self.decisions.contains(&fill.decision) {
            return Err(Error::not_found("decision", fill.decision));
        }
        match fill.transfers.iter().find(|id| !self.transfers.contains(id)) {
            Some(absent) => Err(Error::not_found("transfer", absent)),
            None => Ok(()),
        }
    }
}

/// Reads it, in one flush.
async fn known(tx: &mut Tx, op: &OpCtx, new: &[NewExecution]) -> TxResult<Known> {
    let venues: Vec<&str> = new.iter().map(|fill| fill.venue.as_str()).collect();
    let orders: Vec<&str> = new.iter().map(|fill| fill.venue_order.as_str()).collect();
    // Once each: the fills of a message are often one decision's.
    let decisions: HashSet<Uuid> = new.iter().map(|fill| fill.decision.0).collect();
    let decisions: Vec<Uuid> = decisions.into_iter().collect();
    let transfers: Vec<Uuid> = new.iter().flat_map(|fill| &fill.transfers).map(|id| id.0).collect();
    let find = [&op.tenant.0 as _, &transfers as _];
    let calls: [(_, Params<'_>); 3] = [
        (&sql::EXECUTION_KNOWN, &[&op.tenant.0, &venues, &orders]),
        (&sql::DECISION_KNOWN, &[&op.tenant.0, &decisions]),
        transfers_ask(&find),
    ];
    let calls = if transfers.is_empty() { &calls[..2] } else { &calls };
    let mut answers = tx.pipeline(calls).await?.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let executions = next().iter().map(rows::execution).collect::<TxResult<Vec<_>>>()?;
    let executions = executions.into_iter().map(|known| (order(&known.fill), known)).collect();
    let found = next();
    // Without a decision that is there nothing is recorded, at no time.
    let now = found.first().map_or(Ok(Timestamp::UNIX_EPOCH), |row| col(row, "now"))?;
    let decisions =
        found.iter().map(|row| Ok(DecisionId(col(row, "id")?))).collect::<TxResult<_>>()?;
    let transfers = transfers_told(&next())?;
    Ok(Known { now, executions, decisions, transfers })
}

/// Writes fills and their links, with the transaction's next flush.
async fn insert(tx: &mut Tx, op: &OpCtx, fresh: &[Execution]) -> TxResult<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    macro_rules! column {
        (|$one:ident| $value:expr) => {
            fresh.iter().map(|$one| $value).collect::<Vec<_>>()
        };
    }
    let amounts = |of: fn(&NewExecution) -> bursar_domain::money::Decimal| {
        fresh.iter().map(|one| rows::amount(of(&one.fill))).collect::<TxResult<Vec<_>>>()
    };
    let (quantities, prices) = (amounts(|fill| fill.quantity)?, amounts(|fill| fill.price)?);
    let fees = amounts(|fill| fill.fee)?;
    // Lists of lists have one length in PostgreSQL, so each list travels as text.
    let transfers = column!(|one| {
        let ids: Vec<String> = one.fill.transfers.iter().map(ToString::to_string).collect();
        format!("{{{}}}", ids.join(","))
    });
    tx.ahead(&[(
        &sql::EXECUTION_INSERT,
        &[
            &op.tenant.0,
            &column!(|one| one.id.0),
            &column!(|one| one.fill.decision.0),
            &column!(|one| one.fill.venue.as_str()),
            &column!(|one| one.fill.venue_order.as_str()),
            &column!(|one| one.fill.symbol.as_str()),
            &column!(|one| one.fill.side.name()),
            &quantities,
            &prices,
            &fees,
            &column!(|one| one.fill.executed_at),
            &column!(|one| one.fill.raw.as_slice()),
            &column!(|one| one.fill.payload.value()),
            &op.actor.key.0,
            &transfers,
            &column!(|one| one.recorded_at),
        ],
    )])
    .await?;
    let links = fresh
        .iter()
        .flat_map(|one| one.fill.transfers.iter().map(|transfer| (one.id.0, *transfer)));
    trace::link(tx, op, TraceKind::Execution, &links.collect::<Vec<_>>()).await
}
