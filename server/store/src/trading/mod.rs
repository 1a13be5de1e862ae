//! Trading: strategies, decisions, executions, reviews and cursors.

mod cursor;
mod decision;
mod execution;
mod review;
mod rows;
mod strategy;

pub(crate) mod sql {
    //! Statements of trading.
    crate::kernel::statements! {
        CURSOR_GET = "cursor_get";
        CURSOR_INSERT = "cursor_insert";
        CURSOR_LIST = "cursor_list";
        CURSOR_LOCK = "cursor_lock";
        CURSOR_UPDATE = "cursor_update";
        DECISION_GET = "decision_get";
        DECISION_INSERT = "decision_insert";
        DECISION_KNOWN = "decision_known";
        DECISION_LIST = "decision_list";
        DECISION_LIST_BY_STATE = "decision_list_by_state";
        DECISION_LIST_BY_STRATEGY = "decision_list_by_strategy";
        DECISION_LIST_BY_SYMBOL = "decision_list_by_symbol";
        DECISION_LOCK = "decision_lock";
        DECISION_UPDATE = "decision_update";
        EXECUTION_GET = "execution_get";
        EXECUTION_INSERT = "execution_insert";
        EXECUTION_KNOWN = "execution_known";
        EXECUTION_LIST = "execution_list";
        EXECUTION_LIST_BY_DECISION = "execution_list_by_decision";
        EXECUTION_LIST_BY_ORDER = "execution_list_by_order";
        EXECUTION_LIST_BY_VENUE = "execution_list_by_venue";
        REVIEW_INSERT = "review_insert";
        REVIEW_LIST = "review_list";
        REVIEW_LIST_BY_DECISION = "review_list_by_decision";
        REVIEW_LIST_BY_MODEL = "review_list_by_model";
        REVIEW_LIST_BY_VERDICT = "review_list_by_verdict";
        STRATEGY_GET = "strategy_get";
        STRATEGY_INSERT = "strategy_insert";
        STRATEGY_LIST = "strategy_list";
        STRATEGY_LIST_BY_STATE = "strategy_list_by_state";
        STRATEGY_LOCK = "strategy_lock";
        STRATEGY_SHARE = "strategy_share";
        STRATEGY_UPDATE = "strategy_update";
    }
}

use bursar_domain::page::PageRequest;
use jiff::Timestamp;
use uuid::Uuid;

use crate::kernel::{FIRST, LAST};

/// Where a list that has the latest first begins, and the times it lies within, as parameters.
struct Span {
    before: Timestamp,
    before_id: Uuid,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
}

impl Span {
    fn of(
        page: &PageRequest,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> bursar_domain::Result<Self> {
        Ok(Self {
            before: page.cursor_time(0)?.unwrap_or(LAST),
            before_id: page.cursor_part(1)?.unwrap_or(Uuid::max()),
            from: from.unwrap_or(FIRST),
            to: to.unwrap_or(LAST),
            limit: page.limit(),
        })
    }
}
