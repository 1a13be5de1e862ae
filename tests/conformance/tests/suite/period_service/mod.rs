//! Closed periods: nothing is dated into them.

mod close_period;
mod list_periods;
mod races;

use bursar_proto::ledger::v1::{ClosePeriodRequest, Period};
use bursar_testkit::{Caller, id, ok};

/// A request to close all days through that one.
fn through(ends_on: &str) -> ClosePeriodRequest {
    ClosePeriodRequest { request_id: id(), ends_on: ends_on.into(), validate_only: false }
}

/// Closes them.
pub(super) async fn close(admin: &Caller, ends_on: &str) -> Period {
    ok(admin.periods().close_period(through(ends_on)).await).period.unwrap()
}
