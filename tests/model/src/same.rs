//! When two requests, and when two errors, are the same to a caller.

use bursar_domain::Error;
use bursar_domain::posting::Command;
use bursar_domain::transfer::Details;
use jiff::civil::Date;
use serde_json::{Value, json};

/// The fields in which two requests with the same id differ. `posting_day` is the value date that the
/// first took when it gave none.
pub fn differences(first: &Command, second: &Command, posting_day: Date) -> Vec<String> {
    let (first, second) = (body(first, posting_day), body(second, posting_day));
    if first["method"] != second["method"] {
        return vec!["id".into()];
    }
    let names = first.as_object().unwrap().keys();
    names.filter(|name| first[*name] != second[*name]).cloned().collect()
}

/// The request as its caller wrote it, by the field names of the proto.
fn body(command: &Command, posting_day: Date) -> Value {
    let mut body = match command {
        Command::Create(c) => json!({
            "method": "create",
            "debit_account_id": c.debit.to_string(),
            "credit_account_id": c.credit.to_string(),
            "amount.asset": c.amount.asset.to_string(),
            "amount.amount": c.amount.amount.to_string(),
            "pending": c.hold.is_some(),
            "timeout": c.hold.and_then(|terms| terms.timeout_seconds),
            "group_id": c.group.map(|group| group.to_string()),
        }),
        Command::Post(c) => json!({
            "method": "post",
            "pending_id": c.pending.to_string(),
            "amount": c.amount.as_ref().map(|money| format!("{} {}", money.amount, money.asset)),
            "release_remainder": c.release_remainder,
        }),
        Command::Void(c) => json!({ "method": "void", "pending_id": c.pending.to_string() }),
        Command::Expire(c) => json!({ "method": "expire", "pending_id": c.pending.to_string() }),
        Command::Reverse(c) => {
            json!({ "method": "reverse", "transfer_id": c.original.to_string() })
        }
    };
    let Details { code, external_reference, metadata, value_date } = command.details();
    body["code"] = json!(code);
    body["external_reference"] = json!(external_reference);
    body["metadata"] = metadata.as_ref().map_or(json!({}), |json| json.value().clone());
    body["value_date"] = json!(value_date.unwrap_or(posting_day).to_string());
    body
}

/// An `INVALID_FIELD` of that field, whatever its words.
pub(crate) fn invalid(field: &str) -> Error {
    Error::invalid(field, "")
}

/// Whether the machine's error is what the model expects: the facts are the same, words are its own.
pub fn same_error(machine: &Error, model: &Error) -> bool {
    match (machine, model) {
        (Error::Invalid(a), Error::Invalid(b)) => a
            .iter()
            .map(|violation| &violation.field)
            .eq(b.iter().map(|violation| &violation.field)),
        (Error::RequestIdReused { fields: a }, Error::RequestIdReused { fields: b }) => {
            // Another method: the id is named, with it whatever else the two have in common.
            if b == &["id"] {
                return a.contains(&"id".to_owned());
            }
            // Of a post's amount the machine may name the part that differs.
            let whole = |field: &String| match field.split_once('.') {
                Some((message, _)) if b.contains(&message.to_owned()) => message.to_owned(),
                _ => field.clone(),
            };
            let (mut a, mut b): (Vec<String>, Vec<String>) =
                (a.iter().map(whole).collect(), b.clone());
            a.sort();
            a.dedup();
            b.sort();
            a == b
        }
        (a, b) => a == b,
    }
}
