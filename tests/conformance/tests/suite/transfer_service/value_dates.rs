//! The day a transfer counts for.

use bursar_proto::ledger::v1::NewTransfer;
use bursar_testkit::{Server, day, history, invalid, make, new_hold, new_transfer};

use super::two;

#[tokio::test]
async fn past_days_and_tomorrow_are_taken() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let today = day(0).await;
    let (yesterday, tomorrow) = (day(-1).await, day(1).await);
    for (given, wanted) in [
        ("", today.as_str()),
        (&today, &today),
        (&yesterday, &yesterday),
        (&tomorrow, &tomorrow),
        ("1900-01-01", "1900-01-01"),
        ("2024-02-29", "2024-02-29"),
    ] {
        for new in [new_transfer(&from, &to, "1"), new_hold(&from, &to, "1", 0)] {
            let new = NewTransfer { value_date: given.into(), ..new };
            assert_eq!(make(&tenant.operator, new).await.unwrap().value_date, wanted);
        }
    }
}

#[tokio::test]
async fn other_days_are_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let future = day(2).await;
    for bad in [
        future.as_str(),
        "9999-12-31",
        "1899-12-31",
        "0001-01-01",
        "2026-02-29",
        "2026-00-10",
        "2026-13-01",
        "2026-1-1",
        "20260101",
        "2026/01/01",
        "2026-01-01T00:00:00Z",
        " 2026-01-01",
        "today",
        "01-01-2026",
        "-026-01-01",
        "２０26-01-01",
    ] {
        let new = NewTransfer { value_date: bad.into(), ..new_transfer(&from, &to, "1") };
        invalid(make(&tenant.operator, new).await, &["transfer.value_date"]);
    }
    assert!(history(&tenant.viewer, &from).await.is_empty());
}
