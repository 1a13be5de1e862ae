//! The trail of everything that changed something.

mod append_only;
mod every_rpc;
mod export_checkpoint;
mod filters;
mod get_audit_event;
mod get_checkpoint;
mod list_audit_events;
pub(crate) mod seals;
mod transfers;
mod verify;

use bursar_proto::audit::v1::{
    AuditEvent, AuditFilter, GetAuditEventRequest, ListAuditEventsRequest,
};
use bursar_proto::ledger::v1::{Account, BalanceRule};
use bursar_testkit::{Caller, TestTenant, new_account, ok};
use prost_types::Timestamp;
use prost_types::value::Kind;
use serde_json::{Map, Value, json};

/// Every event that the filter lets through, newest first, read in pages of that size.
async fn paged(caller: &Caller, filter: AuditFilter, page_size: i32) -> Vec<AuditEvent> {
    let mut request =
        ListAuditEventsRequest { filter: Some(filter), page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.audit().list_audit_events(request.clone()).await);
        assert!(page.events.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.events);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return found;
        }
    }
}

async fn list(caller: &Caller, filter: AuditFilter) -> Vec<AuditEvent> {
    paged(caller, filter, 1_000).await
}

async fn get(caller: &Caller, id: &str) -> AuditEvent {
    let request = GetAuditEventRequest { id: id.into() };
    ok(caller.audit().get_audit_event(request).await).event.unwrap()
}

/// Microseconds since 1970.
fn micros(time: Option<&Timestamp>) -> i64 {
    let time = time.expect("a time");
    time.seconds * 1_000_000 + i64::from(time.nanos / 1_000)
}

fn recorded(event: &AuditEvent) -> i64 {
    micros(event.recorded_at.as_ref())
}

fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

fn actions(events: &[AuditEvent]) -> Vec<&str> {
    events.iter().map(|event| event.action.as_str()).collect()
}

fn ids(events: &[AuditEvent]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}

/// What an event says was asked, as JSON.
fn payload(event: &AuditEvent) -> Value {
    Value::Object(object(event.payload.as_ref().expect("a payload")))
}

fn object(members: &prost_types::Struct) -> Map<String, Value> {
    members
        .fields
        .iter()
        .map(|(name, member)| (name.clone(), value(member.kind.as_ref())))
        .collect()
}

fn value(kind: Option<&Kind>) -> Value {
    match kind.expect("a kind") {
        Kind::NullValue(_) => Value::Null,
        Kind::BoolValue(flag) => json!(flag),
        Kind::NumberValue(number) => json!(number),
        Kind::StringValue(text) => json!(text),
        Kind::ListValue(list) => list.values.iter().map(|item| value(item.kind.as_ref())).collect(),
        Kind::StructValue(members) => Value::Object(object(members)),
    }
}

async fn two_accounts(tenant: &TestTenant) -> (Account, Account) {
    let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    (one, new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await)
}
