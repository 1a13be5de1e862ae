//! Strategies.

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::StrategyId;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::trading::{NewStrategy, Strategy, StrategyChanges, StrategyState};

use super::{rows, sql};
use crate::kernel::{Change, Entry, Fault, Outcome, Store, TxResult, Write, mutate, transact};

impl Store {
    /// Adds a strategy.
    pub async fn strategy_create(
        &self,
        op: &OpCtx,
        write: &Write<Strategy>,
        new: NewStrategy,
    ) -> Result<Outcome<Strategy>> {
        let id = StrategyId::generate();
        mutate!(self, op, write, |tx| {
            let definition = new.definition.value();
            let row = tx
                .query_opt(
                    &sql::STRATEGY_INSERT,
                    &[&op.tenant.0, &id.0, &new.name, &new.description, definition],
                )
                .await
                .map_err(|fault| name_taken(fault, &new.name))?;
            let value = rows::strategy(&rows::one(row)?)?;
            Ok(Change { value, resource: "strategy", ids: vec![id.to_string()] })
        })
    }

    /// Reads a strategy.
    pub async fn strategy_get(&self, op: &OpCtx, id: StrategyId) -> Result<Strategy> {
        transact!(self, Entry::of(op), |tx| {
            let answers = tx.finish_read(&[(&sql::STRATEGY_GET, &[&op.tenant.0, &id.0])]).await?;
            let row = answers.iter().flatten().next();
            rows::strategy(row.ok_or_else(|| Error::not_found("strategy", id))?)
        })
    }

    /// Lists strategies by id. Cursor: the id.
    pub async fn strategy_list(
        &self,
        op: &OpCtx,
        state: Option<StrategyState>,
        page: &PageRequest,
    ) -> Result<Page<Strategy>> {
        let after: StrategyId = page.cursor_part(0)?.unwrap_or(StrategyId::nil());
        let (limit, state) = (page.limit(), state.map(StrategyState::name));
        transact!(self, Entry::of(op), |tx| {
            let answers = match &state {
                None => {
                    let parameters: crate::kernel::Params<'_> = &[&op.tenant.0, &after.0, &limit];
                    tx.finish_read(&[(&sql::STRATEGY_LIST, parameters)]).await?
                }
                Some(state) => {
                    let parameters: crate::kernel::Params<'_> =
                        &[&op.tenant.0, &after.0, &limit, state];
                    tx.finish_read(&[(&sql::STRATEGY_LIST_BY_STATE, parameters)]).await?
                }
            };
            let found =
                answers.iter().flatten().map(rows::strategy).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |strategy| Cursor(vec![strategy.id.to_string()])))
        })
    }

    /// Changes attributes.
    pub async fn strategy_update(
        &self,
        op: &OpCtx,
        write: &Write<Strategy>,
        (id, revision): (StrategyId, Option<i64>),
        changes: StrategyChanges,
    ) -> Result<Outcome<Strategy>> {
        self.strategy_change(op, write, id, revision, |strategy| {
            if let Some(name) = &changes.name {
                strategy.name.clone_from(name);
            }
            if let Some(description) = &changes.description {
                strategy.description.clone_from(description);
            }
            if let Some(definition) = &changes.definition {
                strategy.definition = definition.clone();
            }
            Ok(())
        })
        .await
    }

    /// Enables or disables.
    pub async fn strategy_turn(
        &self,
        op: &OpCtx,
        write: &Write<Strategy>,
        (id, revision): (StrategyId, Option<i64>),
        to: StrategyState,
    ) -> Result<Outcome<Strategy>> {
        self.strategy_change(op, write, id, revision, |strategy| strategy.turn(to)).await
    }

    /// Reads the strategy under lock, applies `change` and writes it back.
    async fn strategy_change(
        &self,
        op: &OpCtx,
        write: &Write<Strategy>,
        id: StrategyId,
        revision: Option<i64>,
        change: impl Fn(&mut Strategy) -> Result<()> + Sync,
    ) -> Result<Outcome<Strategy>> {
        mutate!(self, op, write, |tx| {
            let row = tx.query_opt(&sql::STRATEGY_LOCK, &[&op.tenant.0, &id.0]).await?;
            let row = row.ok_or_else(|| Error::not_found("strategy", id))?;
            let mut strategy = rows::strategy(&row)?;
            if revision.is_some_and(|read| read != strategy.revision) {
                let (id, current) = (id.to_string(), strategy.revision.to_string());
                return Err(Error::EtagMismatch { resource: "strategy", id, current }.into());
            }
            change(&mut strategy)?;
            let row = tx
                .query_opt(
                    &sql::STRATEGY_UPDATE,
                    &[
                        &op.tenant.0,
                        &id.0,
                        &strategy.name,
                        &strategy.description,
                        strategy.definition.value(),
                        &strategy.state.name(),
                    ],
                )
                .await
                .map_err(|fault| name_taken(fault, &strategy.name))?;
            let value = rows::strategy(&rows::one(row)?)?;
            Ok(Change { value, resource: "strategy", ids: vec![id.to_string()] })
        })
    }
}

fn name_taken(fault: Fault, name: &str) -> Fault {
    let id = format!("with the name {name}");
    fault.on_unique("trading_strategy_name", || Error::Exists { resource: "strategy", id }.into())
}
