//! A gRPC status in words: the details of google.rpc are for people too.

use super::failure::{Exit, Failure};
use crate::redact::redact;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let exit = match status.code() {
            Code::InvalidArgument | Code::OutOfRange => Exit::Usage,
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Exit::Unavailable,
            Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::ResourceExhausted => Exit::Refused,
            _ if is_lost(&status) => Exit::Unavailable,
            _ => Exit::Failed,
        };
        let (message, details) = describe(&status);
        Self { exit, message, details }
    }
}

/// Whether no answer came: the connection broke, or there was none. What a server says has no source here.
pub(crate) fn is_lost(status: &Status) -> bool {
    status.code() == Code::Unknown && std::error::Error::source(status).is_some()
}

/// The status as lines for people and as JSON for programs.
fn describe(status: &Status) -> (String, Value) {
    let details = status.get_error_details();
    let info = details.error_info();
    let reason = info.map_or("", |info| info.reason.as_str());
    let message = redact(status.message());
    let violations = details.bad_request().map_or(&[][..], |bad| &bad.field_violations);
    // The message of a wrong field repeats what the fields say below.
    let mut text = if !violations.is_empty() {
        format!("{reason}:")
    } else if reason.is_empty() {
        format!("{:?}: {message}", status.code())
    } else {
        format!("{reason}: {message}")
    };
    let mut facts = Map::new();
    let mut definite = None;
    for (name, value) in info.into_iter().flat_map(|info| &info.metadata) {
        if name == "definite" {
            definite = Some(value == "true");
        } else {
            facts.insert(name.clone(), redact(value).into());
        }
    }
    for (name, value) in &facts {
        let _ = write!(text, "\n  {name} = {}", value.as_str().unwrap_or_default());
    }
    for violation in violations {
        let _ = write!(text, "\n  {}: {}", violation.field, violation.description);
    }
    if let Some(delay) = details.retry_info().and_then(|retry| retry.retry_delay) {
        let _ = write!(text, "\n  try again in {delay:?}");
    }
    if definite == Some(false) {
        text.push_str("\n  whether the change happened is not known; the same call with the same --request-id tells");
    }
    let json = json!({
        "code": format!("{:?}", status.code()),
        "reason": reason,
        "metadata": facts,
        "definite": definite,
        "fields": violations.iter().map(|v| json!({"field": v.field, "problem": v.description})).collect::<Vec<_>>(),
    });
    (text, json)
}

/// The reason of a refusal, such as `LIMIT_EXCEEDED`; the code's name when it has none.
pub(crate) fn reason_of(status: &Status) -> String {
    match status.get_details_error_info() {
        Some(info) if !info.reason.is_empty() => info.reason,
        _ => format!("{:?}", status.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn details_are_told_in_words() {
        let mut details = ErrorDetails::new();
        details.set_error_info(
            "INVALID_FIELD",
            "bursar.dev",
            [("definite".to_owned(), "true".to_owned())],
        );
        details.add_bad_request_violation("transfer.amount.amount", "is not a decimal");
        let failure =
            Failure::from(Status::with_error_details(Code::InvalidArgument, "bad", details));
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(failure.message, "INVALID_FIELD:\n  transfer.amount.amount: is not a decimal");
        assert_eq!(failure.details["fields"][0]["field"], "transfer.amount.amount");

        let details = ErrorDetails::with_error_info(
            "CONTENTION",
            "bursar.dev",
            [("definite".to_owned(), "false".to_owned())],
        );
        let failure = Failure::from(Status::with_error_details(Code::Unavailable, "busy", details));
        assert_eq!(failure.exit, Exit::Unavailable);
        assert!(failure.message.contains("is not known"), "{}", failure.message);
        assert_eq!(Failure::from(Status::not_found("x")).exit, Exit::Refused);
        assert_eq!(reason_of(&Status::not_found("x")), "NotFound");
    }
}
