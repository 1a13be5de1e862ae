//! Closing a period, and what is refused from then on.

use bursar_proto::ledger::v1::{
    BalanceRule, BatchMode, ClosePeriodRequest, ListPeriodsRequest, NewTransfer,
    PostTransferRequest, ReverseTransferRequest, VoidTransferRequest,
};
use bursar_testkit::{
    Fault, Server, batch, day, fault, held, history, id, invalid, make, money, moved, new_account,
    new_hold, new_transfer, ok, refused,
};
use tonic::{Code, Status};

use super::{close, through};

/// What a call says that names a day in a closed period.
#[track_caller]
fn closed<T: std::fmt::Debug>(
    outcome: Result<T, Status>,
    ends_on: &str,
    value_date: &str,
) -> Fault {
    let fault = refused(outcome, Code::FailedPrecondition, "PERIOD_CLOSED");
    assert_eq!((fault.meta("ends_on"), fault.meta("value_date")), (ends_on, value_date));
    assert!(fault.message.contains("value_date"), "{fault:?}");
    fault
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (first, second) = (day(-3).await, day(-1).await);
    let periods = || tenant.admin.periods();
    let dry = ClosePeriodRequest { validate_only: true, ..through(&first) };
    let told = ok(periods().close_period(dry).await).period.unwrap();
    assert_eq!((told.starts_on.as_str(), &told.ends_on), ("", &first));
    let none = ok(tenant.viewer.periods().list_periods(ListPeriodsRequest::default()).await);
    assert_eq!(none.periods, []);

    let request = through(&first);
    let made = ok(periods().close_period(request.clone()).await);
    let period = made.period.clone().unwrap();
    assert_eq!((period.starts_on.as_str(), &period.ends_on, made.replayed), ("", &first, false));
    assert!(period.closed_at.is_some() && !period.key_id.is_empty());
    let again = ok(periods().close_period(request.clone()).await);
    assert!(again.replayed);
    assert_eq!(again.period, made.period);
    let other = ClosePeriodRequest { ends_on: second.clone(), ..request };
    let fault =
        refused(periods().close_period(other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "ends_on");

    for ends_on in [first.as_str(), "2000-01-31"] {
        let outcome = periods().close_period(through(ends_on)).await;
        let fault = refused(outcome, Code::FailedPrecondition, "PERIOD_ALREADY_CLOSED");
        assert_eq!(fault.meta("ends_on"), first);
    }
    let next = close(&tenant.admin, &second).await;
    assert_eq!((&next.starts_on, &next.ends_on), (&day(-2).await, &second));
}

/// Every way to date a transfer is refused a closed day, and given the day after, today and tomorrow.
#[tokio::test]
async fn nothing_is_dated_into_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let from = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let pending = held(caller, &from, &to, "10").await;
    let ends_on = day(-2).await;
    close(&tenant.admin, &ends_on).await;

    let create =
        |day: &str| NewTransfer { value_date: day.into(), ..new_transfer(&from, &to, "1") };
    let hold = |day: &str| NewTransfer { value_date: day.into(), ..new_hold(&from, &to, "1", 0) };
    let post = |day: &str| PostTransferRequest {
        id: id(),
        pending_id: pending.id.clone(),
        amount: money("EUR", "1"),
        value_date: day.into(),
        ..Default::default()
    };
    let reverse = |original: &str, day: &str| ReverseTransferRequest {
        id: id(),
        transfer_id: original.into(),
        value_date: day.into(),
        ..Default::default()
    };
    let mut count = 1;
    for open in [day(-1).await, day(0).await, day(1).await, String::new()] {
        make(caller, hold(&open)).await.unwrap();
        ok(caller.transfers().post_transfer(post(&open)).await);
        let original = make(caller, create(&open)).await.unwrap();
        ok(caller.transfers().reverse_transfer(reverse(&original.id, &open)).await);
        count += 4;
    }
    let original = moved(caller, &from, &to, "1").await;
    count += 1;
    for shut in [ends_on.clone(), day(-3).await, "1900-01-01".to_owned()] {
        let shut = shut.as_str();
        closed(make(caller, create(shut)).await, &ends_on, shut);
        closed(make(caller, hold(shut)).await, &ends_on, shut);
        closed(caller.transfers().post_transfer(post(shut)).await, &ends_on, shut);
        closed(
            caller.transfers().reverse_transfer(reverse(&original.id, shut)).await,
            &ends_on,
            shut,
        );
        let all = vec![create(""), create(shut)];
        let fault = closed(batch(caller, all, BatchMode::AllOrNothing).await, &ends_on, shut);
        assert_eq!(fault.meta("index"), "1");
        let each = batch(caller, vec![create(shut)], BatchMode::Independent).await.unwrap();
        assert!(each[0].error.as_ref().is_some_and(|error| error.message.contains(shut)));
    }
    assert_eq!(history(&tenant.viewer, &from).await.len(), count, "what was refused left nothing");
    // A replay is a replay, whatever was closed since.
    let request = create(&day(-1).await);
    let made = make(caller, request.clone()).await.unwrap();
    close(&tenant.admin, &day(-1).await).await;
    assert_eq!(make(caller, request).await.unwrap(), made);
    let void = VoidTransferRequest { id: id(), pending_id: pending.id, ..Default::default() };
    ok(caller.transfers().void_transfer(void).await);
}

#[tokio::test]
async fn it_never_changes() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    close(&tenant.admin, "2020-01-31").await;
    let client = server.database.connect().await;
    for change in [
        "UPDATE bursar.ledger_period SET ends_on = ends_on + 1",
        "DELETE FROM bursar.ledger_period",
    ] {
        let error = client.batch_execute(change).await.unwrap_err();
        let text = error.as_db_error().unwrap().message();
        assert!(text.contains("append-only"), "{change}: {text}");
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let ends_on = day(-1).await;
    let request = through(&ends_on);
    ok(theirs.admin.periods().close_period(request.clone()).await);
    let from = new_account(&ours.operator, "EUR", BalanceRule::Unlimited).await;
    let to = new_account(&ours.operator, "EUR", BalanceRule::Unlimited).await;
    let dated = NewTransfer { value_date: ends_on, ..new_transfer(&from, &to, "1") };
    make(&ours.operator, dated).await.unwrap();
    // Not a replay of theirs, and not in the way of theirs.
    let made = ok(ours.admin.periods().close_period(request).await);
    assert!(!made.replayed);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (today, tomorrow) = (day(0).await, day(1).await);
    for ends_on in
        [today.as_str(), &tomorrow, "9999-12-31", "", "2026-02-30", "2026-1-31", "x", "1899-12-31"]
    {
        let fault =
            invalid(tenant.admin.periods().close_period(through(ends_on)).await, &["ends_on"]);
        assert!(ends_on != today || fault.message.contains("not over"), "{fault:?}");
    }
    let bad = ClosePeriodRequest { request_id: "x".into(), ..through("x") };
    invalid(tenant.admin.periods().close_period(bad).await, &["request_id", "ends_on"]);
    let denied = tenant.operator.periods().close_period(through("2020-01-31")).await;
    assert_eq!(fault(denied.unwrap_err()).reason, "PERMISSION_MISSING");
}
