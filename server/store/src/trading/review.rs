//! Reviews of decisions.

use bursar_domain::error::{Error, Result};
use bursar_domain::ids::ReviewId;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use bursar_domain::trading::{NewReview, Review, ReviewFilter};

use super::{Span, rows, sql};
use crate::kernel::{Change, Entry, Outcome, Store, TxResult, Write, mutate, transact};

impl Store {
    /// Records a review.
    pub async fn review_record(
        &self,
        op: &OpCtx,
        write: &Write<Review>,
        new: NewReview,
    ) -> Result<Outcome<Review>> {
        let id = ReviewId::generate();
        mutate!(self, op, write, |tx| {
            let decisions = vec![new.decision.0];
            let known = tx.query(&sql::DECISION_KNOWN, &[&op.tenant.0, &decisions]).await?;
            if known.is_empty() {
                return Err(Error::not_found("decision", new.decision).into());
            }
            let row = tx
                .query_opt(
                    &sql::REVIEW_INSERT,
                    &[
                        &op.tenant.0,
                        &id.0,
                        &new.decision.0,
                        &new.model,
                        &new.verdict,
                        new.input.value(),
                        new.response.value(),
                        &new.latency_ms,
                        &new.input_tokens,
                        &new.output_tokens,
                        &op.actor.key.0,
                    ],
                )
                .await?;
            let value = rows::review(&rows::one(row)?)?;
            Ok(Change { value, resource: "review", ids: vec![id.to_string()] })
        })
    }

    /// Lists reviews, the latest first. Cursor: time and id.
    pub async fn review_list(
        &self,
        op: &OpCtx,
        filter: &ReviewFilter,
        page: &PageRequest,
    ) -> Result<Page<Review>> {
        let span = Span::of(page, filter.from, filter.to)?;
        let statement = if filter.decision.is_some() {
            &sql::REVIEW_LIST_BY_DECISION
        } else if filter.model.is_some() {
            &sql::REVIEW_LIST_BY_MODEL
        } else if filter.verdict.is_some() {
            &sql::REVIEW_LIST_BY_VERDICT
        } else {
            &sql::REVIEW_LIST
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
                &filter.model,
                &filter.verdict,
            ];
            let answers = tx.finish_read(&[(statement, parameters)]).await?;
            let found = answers.iter().flatten().map(rows::review).collect::<TxResult<Vec<_>>>()?;
            Ok(Page::cut(found, page.size, |review| Cursor::at(review.created_at, review.id)))
        })
    }
}
