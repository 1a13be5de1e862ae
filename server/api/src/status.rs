//! The one place where an error becomes a gRPC status.

use bursar_domain::error::KeyFault;
use bursar_domain::limits::{MAX_MESSAGE_BYTES, RETRY_DELAY};
use bursar_domain::{Error, Unavailable, Violation};
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use uuid::Uuid;

/// Domain of every `ErrorInfo`.
pub const DOMAIN: &str = "bursar.dev";
/// Longest message: it travels in a header, percent-encoded.
const MAX_TEXT_BYTES: usize = 600;
/// Most bytes of field violations: details travel in a header, and many clients refuse headers beyond 8 KiB.
const MAX_VIOLATION_BYTES: usize = 3_000;

/// A fault that the transport found before any handler saw the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportFault {
    /// The message could not be decoded; what tonic says of it.
    Malformed(String),
    /// The message is larger than the server takes.
    TooLarge,
    /// No such service or method.
    UnknownMethod(String),
    /// No such service, in the health service's own words.
    UnknownService(String),
    /// The caller went away.
    Cancelled,
}

/// The parts of a status, before they are encoded.
struct Parts {
    code: Code,
    reason: &'static str,
    metadata: Vec<(&'static str, String)>,
    details: ErrorDetails,
}

impl Parts {
    fn new(code: Code, reason: &'static str) -> Self {
        Self { code, reason, metadata: Vec::new(), details: ErrorDetails::new() }
    }

    fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.metadata.push((name, cut(&value.to_string())));
        self
    }

    fn retry(mut self, after: std::time::Duration) -> Self {
        self.details.set_retry_info(Some(after));
        self
    }

    fn resource(mut self, kind: &str, id: &str) -> Self {
        self.details.set_resource_info(kind, cut(id), "", "");
        self
    }

    fn status(mut self, message: &str, definite: bool) -> Status {
        let mut metadata: std::collections::HashMap<String, String> =
            self.metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        metadata.insert("definite".into(), definite.to_string());
        self.details.set_error_info(self.reason, DOMAIN, metadata);
        Status::with_error_details(self.code, cut(message), self.details)
    }
}

/// The status of an error. What is internal is logged under the trace id, and never told.
pub fn status(error: &Error, trace_id: Uuid) -> Status {
    if let Error::Internal(text) = innermost(error) {
        tracing::error!(%trace_id, error = %text, "internal error");
    }
    parts(error, trace_id).status(&message(error), error.definite())
}

/// The status of one item of a batch, for its result. Kept small: a reply may hold thousands.
pub fn rpc_status(error: &Error) -> tonic_types::Status {
    // An item has no trace of its own; a fresh id still joins the log line and the answer.
    let whole = status(error, Uuid::now_v7());
    // Written by this file a line before, so it decodes; the fallback only loses details.
    let mut small =
        tonic_types::Status::decode(whole.details()).unwrap_or_else(|_| tonic_types::Status {
            code: whole.code() as i32,
            message: whole.message().to_owned(),
            details: Vec::new(),
        });
    if matches!(error, Error::Invalid(_)) {
        // The field violations say it all; thousands of repetitions would pass the largest reply.
        small.message = "the item has invalid fields".into();
    }
    small
}

/// The status of what the transport found: the call changed nothing.
pub(crate) fn transport_status(fault: &TransportFault) -> Status {
    let (parts, message) = match fault {
        TransportFault::Malformed(text) => (
            Parts::new(Code::InvalidArgument, "MALFORMED_REQUEST"),
            format!(
                "the request could not be decoded: {text}; check it against the server's protos (reflection has them)"
            ),
        ),
        TransportFault::TooLarge => (
            Parts::new(Code::ResourceExhausted, "MESSAGE_TOO_LARGE")
                .with("maximum_bytes", &MAX_MESSAGE_BYTES),
            format!(
                "the message is larger than {MAX_MESSAGE_BYTES} bytes; split it into several calls"
            ),
        ),
        TransportFault::UnknownMethod(path) => (
            Parts::new(Code::Unimplemented, "UNKNOWN_METHOD"),
            format!("there is no {path}; reflection lists the services and methods of this server"),
        ),
        TransportFault::UnknownService(text) => {
            (Parts::new(Code::NotFound, "RESOURCE_NOT_FOUND").resource("service", ""), text.clone())
        }
        TransportFault::Cancelled => (
            Parts::new(Code::Cancelled, "CANCELLED"),
            "the caller went away before the answer".to_owned(),
        ),
    };
    parts.status(&message, *fault != TransportFault::Cancelled)
}

/// The status of a handler that panicked, which may have been after its commit.
pub(crate) fn panic_status(trace_id: Uuid, definite: bool) -> Status {
    parts(&Error::Internal(String::new()), trace_id).status("internal error", definite)
}

/// The exhaustive match: code, reason, and details of every variant.
fn parts(error: &Error, trace_id: Uuid) -> Parts {
    match error {
        Error::Invalid(violations) => {
            let mut parts = Parts::new(Code::InvalidArgument, "INVALID_FIELD");
            add_violations(&mut parts.details, violations);
            parts
        }
        Error::Unauthenticated(fault) => Parts::new(
            Code::Unauthenticated,
            match fault {
                KeyFault::Missing => "KEY_MISSING",
                KeyFault::Invalid => "KEY_INVALID",
                KeyFault::Expired => "KEY_EXPIRED",
                KeyFault::Revoked => "KEY_REVOKED",
            },
        ),
        Error::PermissionDenied { permission, role } => {
            Parts::new(Code::PermissionDenied, "PERMISSION_MISSING")
                .with("permission", permission)
                .with("role", role)
        }
        Error::TenantSuspended => Parts::new(Code::PermissionDenied, "TENANT_SUSPENDED"),
        Error::NotFound { resource, id } => {
            Parts::new(Code::NotFound, "RESOURCE_NOT_FOUND").resource(resource, id)
        }
        Error::Exists { resource, id } => {
            Parts::new(Code::AlreadyExists, "RESOURCE_EXISTS").resource(resource, id)
        }
        Error::RequestIdReused { fields } => {
            Parts::new(Code::AlreadyExists, "REQUEST_ID_REUSED").with("fields", &fields.join(","))
        }
        Error::Fenced(_) => Parts::new(Code::Aborted, "OPERATION_FENCED"),
        Error::EtagMismatch { resource, id, current } => Parts::new(Code::Aborted, "ETAG_MISMATCH")
            .with("current_etag", current)
            .resource(resource, id),
        Error::Refused(refusal) => Parts {
            metadata: refusal.metadata(),
            ..Parts::new(
                if refusal.is_race() { Code::Aborted } else { Code::FailedPrecondition },
                refusal.reason(),
            )
        },
        Error::GroupRefused { index } => {
            Parts::new(Code::Aborted, "GROUP_REFUSED").with("index", index)
        }
        Error::InBatch { index, source } => parts(source, trace_id).with("index", index),
        Error::RateLimited { limit, retry_after, .. } => {
            Parts::new(Code::ResourceExhausted, "RATE_LIMITED")
                .with("limit", &limit.name())
                .retry(*retry_after)
        }
        Error::QueueFull { maximum, retry_after } => {
            Parts::new(Code::ResourceExhausted, "QUEUE_FULL")
                .with("maximum", maximum)
                .retry(*retry_after)
        }
        Error::QuotaReached { limit, maximum } => {
            Parts::new(Code::ResourceExhausted, "QUOTA_REACHED")
                .with("limit", limit)
                .with("maximum", maximum)
        }
        Error::Unavailable { why, .. } => Parts::new(
            Code::Unavailable,
            match why {
                Unavailable::Database => "DATABASE_UNAVAILABLE",
                Unavailable::Pool => "POOL_EXHAUSTED",
                Unavailable::Contention => "CONTENTION",
                Unavailable::Connection => "CONNECTION_ENDING",
                Unavailable::Stopping => "SHUTTING_DOWN",
            },
        )
        .retry(RETRY_DELAY),
        Error::DeadlineExceeded { .. } => Parts::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        Error::Internal(_) => Parts::new(Code::Internal, "INTERNAL").with("trace_id", &trace_id),
    }
}

fn innermost(error: &Error) -> &Error {
    match error {
        Error::InBatch { source, .. } => innermost(source),
        other => other,
    }
}

/// The text for the caller.
fn message(error: &Error) -> String {
    match (error, innermost(error)) {
        (_, Error::Internal(_)) => "internal error".to_owned(),
        // Only the first few: the details have the others.
        (Error::Invalid(all), _) if all.len() > 3 => {
            let first = Error::Invalid(all.iter().take(3).cloned().collect());
            format!("{first}; and {} more", all.len() - 3)
        }
        _ => error.to_string(),
    }
}

fn add_violations(details: &mut ErrorDetails, violations: &[Violation]) {
    let mut bytes = 0;
    for (at, violation) in violations.iter().enumerate() {
        let (field, problem) = (cut(&violation.field), cut(&violation.problem));
        bytes += field.len() + problem.len();
        if at > 0 && bytes > MAX_VIOLATION_BYTES {
            details.add_bad_request_violation(
                "",
                format!("and {} more; correct these first", violations.len() - at),
            );
            return;
        }
        details.add_bad_request_violation(field, problem);
    }
}

/// At most [`MAX_TEXT_BYTES`] of a text.
fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT_BYTES {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(MAX_TEXT_BYTES)])
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
