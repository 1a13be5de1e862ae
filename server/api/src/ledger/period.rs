//! Closed periods.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::page::Cursor;
use bursar_domain::period::Period;
use bursar_proto::ledger::v1 as pb;
use bursar_proto::ledger::v1::period_service_server::PeriodService;
use jiff::civil::Date;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::request_id;
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, date, to_timestamp};
use crate::kernel::Kernel;

/// The period service.
pub(crate) struct Periods(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl PeriodService for Periods {
    async fn close_period(
        &self,
        request: Request<pb::ClosePeriodRequest>,
    ) -> Result<Response<pb::ClosePeriodResponse>, Status> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let ends_on = ends_on(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |period| {
                closed(period).encode_to_vec()
            })?;
            let outcome = kernel.store.period_close(&op, &write, ends_on).await?;
            reply(outcome, |period| closed(&period))
        })
        .await
    }

    async fn list_periods(
        &self,
        request: Request<pb::ListPeriodsRequest>,
    ) -> Result<Response<pb::ListPeriodsResponse>, Status> {
        answer(request, |op, m| async move {
            let filter = m.filter_bytes();
            let page = page_request(&op, &filter, m.page_size, &m.page_token, 1)?;
            let page = fit(self.0.store.period_list(&op, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &filter, &page);
            Ok(Response::new(pb::ListPeriodsResponse { periods: page.items, next_page_token }))
        })
        .await
    }
}

fn ends_on(m: &pb::ClosePeriodRequest) -> Result<Date> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let ends_on = checks.take(date("ends_on", &m.ends_on));
    checks.finish(|| ends_on)
}

fn closed(period: &Period) -> pb::ClosePeriodResponse {
    pb::ClosePeriodResponse { period: Some(to_wire(period)), replayed: false }
}

fn cursor(period: &Period) -> Cursor {
    Cursor(vec![period.ends_on.to_string()])
}

fn to_wire(period: &Period) -> pb::Period {
    pb::Period {
        starts_on: period.starts_on.map(|day| day.to_string()).unwrap_or_default(),
        ends_on: period.ends_on.to_string(),
        closed_at: Some(to_timestamp(period.closed_at)),
        key_id: period.key.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use bursar_domain::ids::{KeyId, RequestId};
    use jiff::Timestamp;

    use super::super::tests::fields;
    use super::*;

    #[test]
    fn the_last_day_and_all_violations_at_once() {
        let request = |request_id: &str, ends_on: &str| pb::ClosePeriodRequest {
            request_id: request_id.into(),
            ends_on: ends_on.into(),
            validate_only: false,
        };
        let id = RequestId::generate().to_string();
        assert_eq!(ends_on(&request(&id, "2026-01-31")), Ok(Date::constant(2026, 1, 31)));
        assert_eq!(fields(ends_on(&request("x", "2026-02-30"))), ["request_id", "ends_on"]);
    }

    #[test]
    fn the_first_period_has_no_first_day() {
        let first = Period {
            starts_on: None,
            ends_on: Date::constant(2026, 1, 31),
            closed_at: Timestamp::constant(1_800_000_000, 1_000),
            key: KeyId::generate(),
        };
        let wire = to_wire(&first);
        assert_eq!((wire.starts_on.as_str(), wire.ends_on.as_str()), ("", "2026-01-31"));
        assert_eq!(wire.key_id, first.key.to_string());
        let at = prost_types::Timestamp { seconds: 1_800_000_000, nanos: 1_000 };
        assert_eq!(wire.closed_at, Some(at));
        let next = Period { starts_on: Some(Date::constant(2026, 2, 1)), ..first };
        assert_eq!(to_wire(&next).starts_on, "2026-02-01");
    }
}
