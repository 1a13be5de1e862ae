//! /metrics counts what was done.

use bursar_testkit::{A_SECOND, TransferStream, fault, make, moved, new_transfer, within};

use super::with_accounts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_and_statements_are_counted_by_their_outcome() {
    let (program, tenant, customer, bank) = with_accounts(&[]).await;
    let before = program.page("/metrics").await;
    for _ in 0..7 {
        moved(&tenant.operator, &bank, &customer, "1").await;
    }
    for _ in 0..3 {
        let refused = make(&tenant.operator, new_transfer(&customer, &bank, "100")).await;
        assert_eq!(fault(refused.unwrap_err()).reason, "LIMIT_EXCEEDED");
    }
    let stranger = tenant.operator.with_key("bsr_test_nonsense");
    assert!(make(&stranger, new_transfer(&bank, &customer, "1")).await.is_err());
    let after = program.page("/metrics").await;

    let grew = |series: &str, labels: &[&str]| {
        value(&after, series, labels).unwrap_or(0) - value(&before, series, labels).unwrap_or(0)
    };
    let method = r#"rpc_method="bursar.ledger.v1.TransferService/CreateTransfer""#;
    let calls = |code: &str| {
        grew(
            "rpc_server_call_duration_seconds_count",
            &[method, &format!("rpc_response_status_code=\"{code}\"")],
        )
    };
    assert_eq!((calls("OK"), calls("FAILED_PRECONDITION"), calls("UNAUTHENTICATED")), (7, 3, 1));
    let errors = |reason: &str| grew("bursar_rpc_errors_total", &[&format!("reason=\"{reason}\"")]);
    assert_eq!((errors("LIMIT_EXCEEDED"), errors("KEY_INVALID")), (3, 1));
    let statement = |name: &str| {
        grew(
            "db_client_operation_duration_seconds_count",
            &[&format!("db_query_summary=\"{name}\"")],
        )
    };
    assert_eq!((statement("posting_lock"), statement("posting_insert_one")), (10, 7));
    assert!(grew("bursar_transaction_duration_seconds_count", &["outcome=\"commit\""]) >= 7);
    let lookups =
        |result: &str| grew("bursar_key_cache_lookups_total", &[&format!("result=\"{result}\"")]);
    assert_eq!(lookups("hit") + lookups("miss"), 10, "a malformed key is not looked up");
    assert_eq!(value(&after, "bursar_rpc_in_flight", &[]), Some(0));
    assert_eq!(value(&after, "bursar_database_up", &[]), Some(1));
    assert_eq!(value(&after, "bursar_transaction_ambiguous_total", &[]), Some(0));
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert_eq!(value(&after, "bursar_build_info", &[&version]), Some(1));
    assert!(!after.contains(&tenant.id), "no tenant in any label");
}

/// A stream counts as one call when it is opened, as a stream while it lasts, and its end by its reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_counted_by_their_end() {
    let (program, tenant, customer, bank) = with_accounts(&[]).await;
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    stream.send(vec![new_transfer(&bank, &customer, "1")]).await;
    stream.results(1).await;
    let during = program.page("/metrics").await;
    assert_eq!(value(&during, "bursar_rpc_streams", &[]), Some(1));
    assert_eq!(value(&during, "bursar_rpc_in_flight", &[]), Some(0));
    let method = r#"rpc_method="bursar.ledger.v1.TransferService/StreamTransfers""#;
    let count = |page: &str| value(page, "rpc_server_call_duration_seconds_count", &[method]);
    assert_eq!(count(&during), Some(1));

    stream.send(vec![]).await;
    let (_, end) = stream.rest().await;
    assert_eq!(fault(end.unwrap()).reason, "INVALID_FIELD");
    let errors = |page: &str| value(page, "bursar_rpc_errors_total", &["reason=\"INVALID_FIELD\""]);
    within(A_SECOND, "the end is counted", async || {
        errors(&program.page("/metrics").await) == Some(1)
    })
    .await;
    let after = program.page("/metrics").await;
    assert_eq!(value(&after, "bursar_rpc_streams", &[]), Some(0));
    assert_eq!(count(&after), Some(1), "its end is not a call");
}

/// The value of the one line of a series that has these labels.
pub(super) fn value(page: &str, series: &str, labels: &[&str]) -> Option<i64> {
    let mut found = page.lines().filter(|line| {
        line.strip_prefix(series).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    });
    let line = found.next()?;
    assert!(found.next().is_none(), "several lines of {series} with {labels:?}:\n{page}");
    line.rsplit_once(' ')?.1.parse().ok()
}
