//! Executions: one function records one fill or a thousand.

use std::collections::{HashMap, HashSet};

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::{DecisionId, ExecutionId, TransferId};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::trace::TraceKind;
use bursar_domain::trading::{Execution, ExecutionFilter, NewExecution, Reported};
use serde_json::Value;
use uuid::Uuid;

use super::{Span, rows, sql};
use crate::kernel::{
    Change, Entry, Fault, Outcome, Store, Tx, TxResult, Write, audit_items, col, transact,
};
use crate::ledger::transfers_known;
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
            if let Some(reply) = write.replay(tx, op).await? {
                return Ok(Outcome::Replayed(reply));
            }
            let value = record(tx, op, &new).await?.pop();
            let value = value.ok_or_else(|| Fault::Other("no result of a fill".into()))??;
            if value.replayed {
                return Ok(Outcome::Fresh(value));
            }
            let ids = vec![value.execution.id.to_string()];
            let change = Change { value, resource: "execution", ids };
            write.record(tx, op, &change).await?;
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
            let results = record(tx, op, new).await?;
            let fresh = results.iter().zip(payloads).filter_map(|(result, payload)| {
                let reported = result.as_ref().ok().filter(|reported| !reported.replayed)?;
                Some((reported.execution.id.to_string(), payload))
            });
            let (ids, payloads): (Vec<String>, Vec<&Value>) = fresh.unzip();
            audit_items(tx, op, "execution", &ids, &payloads).await?;
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

/// Records what is not recorded yet, in the caller's transaction; one result for each, in order.
async fn record(tx: &mut Tx, op: &OpCtx, new: &[NewExecution]) -> TxResult<Vec<Result<Reported>>> {
    let (known, decisions) = known(tx, op, new).await?;
    let transfers: Vec<Uuid> = new.iter().flat_map(|fill| &fill.transfers).map(|id| id.0).collect();
    let transfers = if transfers.is_empty() {
        HashSet::new()
    } else {
        transfers_known(tx, op, transfers).await?
    };
    let mut fresh: Vec<(ExecutionId, &NewExecution)> = Vec::new();
    let mut by_order: HashMap<Order, usize> = HashMap::new();
    let mut results = Vec::with_capacity(new.len());
    for fill in new {
        results.push(if let Some(execution) = known.get(&order(fill)) {
            execution
                .same(fill)
                .map(|()| Found::Known(Box::new(execution.clone())))
                .map_err(Error::from)
        } else if let Some(&at) = by_order.get(&order(fill)) {
            // Reported twice in one message: compared with the first once that is written.
            Ok(Found::Twice(at))
        } else if let Err(error) = names_what_is_there(fill, &decisions, &transfers) {
            Err(error)
        } else {
            by_order.insert(order(fill), fresh.len());
            fresh.push((ExecutionId::generate(), fill));
            Ok(Found::Fresh(fresh.len() - 1))
        });
    }
    let written = insert(tx, op, &fresh).await?;
    let at = |index: usize| {
        let id = fresh.get(index).map(|(id, _)| *id);
        id.and_then(|id| written.get(&id)).ok_or_else(|| Fault::Other("a fill vanished".into()))
    };
    results
        .into_iter()
        .zip(new)
        .map(|(found, fill)| {
            Ok(match found {
                Err(error) => Err(error),
                Ok(Found::Known(execution)) => {
                    Ok(Reported { execution: *execution, replayed: true })
                }
                Ok(Found::Fresh(index)) => {
                    Ok(Reported { execution: at(index)?.clone(), replayed: false })
                }
                Ok(Found::Twice(index)) => {
                    let execution = at(index)?.clone();
                    let same = execution.same(fill).map_err(Error::from);
                    same.map(|()| Reported { execution, replayed: true })
                }
            })
        })
        .collect()
}

/// What a report is about.
enum Found {
    /// A fill that an earlier call recorded.
    Known(Box<Execution>),
    /// A new one, by its place among the new ones.
    Fresh(usize),
    /// One that an earlier report of the same call has.
    Twice(usize),
}

fn names_what_is_there(
    fill: &NewExecution,
    decisions: &HashSet<DecisionId>,
    transfers: &HashSet<TransferId>,
) -> Result<()> {
    if !decisions.contains(&fill.decision) {
        return Err(Error::not_found("decision", fill.decision));
    }
    match fill.transfers.iter().find(|id| !transfers.contains(id)) {
        Some(absent) => Err(Error::not_found("transfer", absent)),
        None => Ok(()),
    }
}

/// What is recorded of the fills, and which of their decisions are there.
async fn known(
    tx: &mut Tx,
    op: &OpCtx,
    new: &[NewExecution],
) -> TxResult<(HashMap<Order, Execution>, HashSet<DecisionId>)> {
    let venues: Vec<&str> = new.iter().map(|fill| fill.venue.as_str()).collect();
    let orders: Vec<&str> = new.iter().map(|fill| fill.venue_order.as_str()).collect();
    let decisions: Vec<Uuid> = new.iter().map(|fill| fill.decision.0).collect();
    let answers = tx
        .pipeline(&[
            (&sql::EXECUTION_KNOWN, &[&op.tenant.0, &venues, &orders]),
            (&sql::DECISION_KNOWN, &[&op.tenant.0, &decisions]),
        ])
        .await?;
    let mut answers = answers.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let executions = next().iter().map(rows::execution).collect::<TxResult<Vec<_>>>()?;
    let executions = executions.into_iter().map(|known| (order(&known.fill), known)).collect();
    let decisions =
        next().iter().map(|row| Ok(DecisionId(col(row, "id")?))).collect::<TxResult<_>>()?;
    Ok((executions, decisions))
}

async fn insert(
    tx: &mut Tx,
    op: &OpCtx,
    fresh: &[(ExecutionId, &NewExecution)],
) -> TxResult<HashMap<ExecutionId, Execution>> {
    if fresh.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! column {
        (|$fill:ident| $value:expr) => {
            fresh.iter().map(|(_, $fill)| $value).collect::<Vec<_>>()
        };
    }
    let ids: Vec<Uuid> = fresh.iter().map(|(id, _)| id.0).collect();
    let amounts = |of: fn(&NewExecution) -> bursar_domain::money::Decimal| {
        fresh.iter().map(|(_, fill)| rows::amount(of(fill))).collect::<TxResult<Vec<_>>>()
    };
    let (quantities, prices) = (amounts(|fill| fill.quantity)?, amounts(|fill| fill.price)?);
    let fees = amounts(|fill| fill.fee)?;
    // Lists of lists have one length in PostgreSQL, so each list travels as text.
    let transfers = column!(|fill| {
        let ids: Vec<String> = fill.transfers.iter().map(ToString::to_string).collect();
        format!("{{{}}}", ids.join(","))
    });
    let inserted = tx
        .query(
            &sql::EXECUTION_INSERT,
            &[
                &op.tenant.0,
                &ids,
                &column!(|fill| fill.decision.0),
                &column!(|fill| fill.venue.as_str()),
                &column!(|fill| fill.venue_order.as_str()),
                &column!(|fill| fill.symbol.as_str()),
                &column!(|fill| fill.side.name()),
                &quantities,
                &prices,
                &fees,
                &column!(|fill| fill.executed_at),
                &column!(|fill| fill.raw.as_slice()),
                &column!(|fill| fill.payload.value()),
                &op.actor.key.0,
                &transfers,
            ],
        )
        .await
        // Another call recorded one of them since the look-up: run again, and find it.
        .map_err(|fault| fault.on_unique("trading_execution_order", || Fault::Conflict))?;
    for (id, fill) in fresh.iter().filter(|(_, fill)| !fill.transfers.is_empty()) {
        trace::link(tx, op, TraceKind::Execution, id.0, &fill.transfers).await?;
    }
    let inserted = inserted.iter().map(rows::execution).collect::<TxResult<Vec<_>>>()?;
    Ok(inserted.into_iter().map(|execution| (execution.id, execution)).collect())
}
