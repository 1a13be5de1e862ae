//! Decisions.

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::DecisionId;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::refusal::Refusal;
use bursar_domain::trading::{Decision, DecisionFilter, DecisionState, NewDecision, StrategyState};

use super::{Span, rows, sql};
use crate::kernel::{Change, Entry, Outcome, Store, TxResult, Write, mutate, named, transact};

impl Store {
    /// Records what an enabled strategy plans.
    pub async fn decision_create(
        &self,
        op: &OpCtx,
        write: &Write<Decision>,
        new: NewDecision,
    ) -> Result<Outcome<Decision>> {
        let id = DecisionId::generate();
        mutate!(self, op, write, |tx| {
            let strategy = new.strategy;
            let row = tx.query_opt(&sql::STRATEGY_SHARE, &[&op.tenant.0, &strategy.0]).await?;
            let row = row.ok_or_else(|| Error::not_found("strategy", strategy))?;
            if named(&row, "state", StrategyState::from_name)? == StrategyState::Disabled {
                return Err(Refusal::StrategyDisabled { strategy }.into());
            }
            let quantity = rows::amount(new.quantity)?;
            let row = tx
                .query_opt(
                    &sql::DECISION_INSERT,
                    &[
                        &op.tenant.0,
                        &id.0,
                        &strategy.0,
                        &new.symbol,
                        &new.side.name(),
                        &quantity,
                        new.decision.value(),
                    ],
                )
                .await?;
            let value = rows::decision(&rows::one(row)?)?;
            Ok(Change { value, resource: "decision", ids: vec![id.to_string()] })
        })
    }

    /// Ends a planned decision.
    pub async fn decision_end(
        &self,
        op: &OpCtx,
        write: &Write<Decision>,
        (id, revision): (DecisionId, Option<i64>),
        to: DecisionState,
        reason: &str,
    ) -> Result<Outcome<Decision>> {
        mutate!(self, op, write, |tx| {
            let row = tx.query_opt(&sql::DECISION_LOCK, &[&op.tenant.0, &id.0]).await?;
            let row = row.ok_or_else(|| Error::not_found("decision", id))?;
            let mut decision = rows::decision(&row)?;
            if revision.is_some_and(|read| read != decision.revision) {
                let (id, current) = (id.to_string(), decision.revision.to_string());
                return Err(Error::EtagMismatch { resource: "decision", id, current }.into());
            }
            decision.end(to, reason)?;
            let state = decision.state.name();
            let parameters: crate::kernel::Params<'_> =
                &[&op.tenant.0, &id.0, &state, &decision.reason];
            let row = tx.query_opt(&sql::DECISION_UPDATE, parameters).await?;
            let value = rows::decision(&rows::one(row)?)?;
            Ok(Change { value, resource: "decision", ids: vec![id.to_string()] })
        })
    }

    /// Reads a decision.
    pub async fn decision_get(&self, op: &OpCtx, id: DecisionId) -> Result<Decision> {
        transact!(self, Entry::of(op), |tx| {
            let answers = tx.finish_read(&[(&sql::DECISION_GET, &[&op.tenant.0, &id.0])]).await?;
            let row = answers.iter().flatten().next();
            rows::decision(row.ok_or_else(|| Error::not_found("decision", id))?)
        })
    }

    /// Lists decisions, the latest first. Cursor: time and id.
    pub async fn decision_list(
        &self,
        op: &OpCtx,
        filter: &DecisionFilter,
        page: &PageRequest,
    ) -> Result<Page<Decision>> {
        let span = Span::of(page, filter.from, filter.to)?;
        let statement = if filter.strategy.is_some() {
            &sql::DECISION_LIST_BY_STRATEGY
        } else if filter.symbol.is_some() {
            &sql::DECISION_LIST_BY_SYMBOL
        } else if filter.state.is_some() {
            &sql::DECISION_LIST_BY_STATE
        } else {
            &sql::DECISION_LIST
        };
        let strategy = filter.strategy.map(|id| id.0);
        let state = filter.state.map(DecisionState::name);
        transact!(self, Entry::of(op), |tx| {
            let parameters: crate::kernel::Params<'_> = &[
                &op.tenant.0,
                &span.before,
                &span.before_id,
                &span.from,
                &span.to,
                &span.limit,
                &strategy,
                &filter.symbol,
                &state,
            ];
            let answers = tx.finish_read(&[(statement, parameters)]).await?;
            let found =
                answers.iter().flatten().map(rows::decision).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |decision| Cursor::at(decision.created_at, decision.id)))
        })
    }
}
