//! One type for everything that can go wrong.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bursar_proto::errors::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Domain of the server's `ErrorInfo`.
const DOMAIN: &str = "bursar.dev";
const PREFIX: &str = "ERROR_REASON_";
/// Metadata in which the client's own layer tells the id of the call that failed.
pub(crate) const ID_HEADER: &str = "x-bursar-client-request-id";
/// Metadata in which it tells that the call changes nothing.
pub(crate) const READ_HEADER: &str = "x-bursar-client-read";

/// Why a call failed, in a word that programs can go by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason(Cow<'static, str>);

impl Reason {
    /// No server answered: there was no connection, or it ended.
    pub const UNREACHABLE: Self = Self(Cow::Borrowed("UNREACHABLE"));
    /// A number is not one that an amount can be.
    pub const INVALID_DECIMAL: Self = Self(Cow::Borrowed("INVALID_DECIMAL"));
    /// An address, a file or a key cannot be used.
    pub const INVALID_CONFIG: Self = Self(Cow::Borrowed("INVALID_CONFIG"));

    /// The word: the name of an [`ErrorReason`] without its prefix, or one of the constants here.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reason of the server; `None` for one of the client's own, or of a newer server.
    pub fn known(&self) -> Option<ErrorReason> {
        ErrorReason::from_str_name(&format!("{PREFIX}{}", self.0))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ErrorReason> for Reason {
    fn from(reason: ErrorReason) -> Self {
        let name = reason.as_str_name();
        Self(Cow::Borrowed(name.strip_prefix(PREFIX).unwrap_or(name)))
    }
}

impl PartialEq<ErrorReason> for Reason {
    fn eq(&self, other: &ErrorReason) -> bool {
        other.as_str_name().strip_prefix(PREFIX) == Some(self.as_str())
    }
}

/// A field of a request, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Its path, such as `transfer.amount.amount`.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// The resource that an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its kind, such as `account`.
    pub kind: String,
    /// Its id.
    pub name: String,
}

/// A failed call. Made from a [`Status`] by `?`, or `Error::from`.
#[derive(Clone)]
pub struct Error(Box<Parts>);

#[derive(Clone)]
struct Parts {
    code: Code,
    message: String,
    reason: Reason,
    definite: bool,
    retry_after: Option<Duration>,
    field_violations: Vec<FieldViolation>,
    resource: Option<Resource>,
    metadata: HashMap<String, String>,
    request_id: String,
}

impl Error {
    /// The code of gRPC.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What happened, for programs.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// Whether the call certainly changed nothing. When not, `GetOperation` with [`Error::request_id`] tells.
    pub fn is_definite(&self) -> bool {
        self.0.definite
    }

    /// Whether the same request, with the same ids, may succeed when it is sent again.
    pub fn is_retryable(&self) -> bool {
        match self.0.code {
            Code::Unavailable => true,
            Code::ResourceExhausted => self.0.retry_after.is_some(),
            _ => false,
        }
    }

    /// How long the server asks to wait before that.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The fields that are wrong, with INVALID_FIELD.
    pub fn field_violations(&self) -> &[FieldViolation] {
        &self.0.field_violations
    }

    /// The resource that is missing, taken or changed.
    pub fn resource(&self) -> Option<&Resource> {
        self.0.resource.as_ref()
    }

    /// What else the server says, by the names that the reason's documentation gives.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.0.metadata
    }

    /// What `GetOperation` takes, when the call changes something; empty otherwise.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// An error of the client's own, before anything was sent.
    pub(crate) fn own(reason: Reason, message: String) -> Self {
        Self(Box::new(Parts {
            code: Code::InvalidArgument,
            message,
            reason,
            definite: true,
            retry_after: None,
            field_violations: Vec::new(),
            resource: None,
            metadata: HashMap::new(),
            request_id: String::new(),
        }))
    }

    pub(crate) fn with_request_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.0.request_id);
        self
    }
}

/// Whether the server said it, and not the transport or this client.
pub(crate) fn is_of_server(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.domain == DOMAIN)
}

/// The delay that a server asks for.
pub(crate) fn delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info().and_then(|info| info.retry_delay)
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let text = |name| status.metadata().get(name).and_then(|value| value.to_str().ok());
        let read = text(READ_HEADER).is_some();
        let info = details.error_info().filter(|info| info.domain == DOMAIN).cloned();
        let (reason, mut metadata) = match info {
            Some(info) => (Reason(info.reason.into()), info.metadata),
            None => (unsaid(status.code()), HashMap::new()),
        };
        let definite = match metadata.remove("definite") {
            Some(said) => said == "true",
            None => read,
        };
        let violations = details.bad_request().map(|bad| bad.field_violations.clone());
        let violations = violations.into_iter().flatten().map(|violation| FieldViolation {
            field: violation.field,
            description: violation.description,
        });
        let resource = details.resource_info().map(|resource| Resource {
            kind: resource.resource_type.clone(),
            name: resource.resource_name.clone(),
        });
        let retry_after = details.retry_info().and_then(|info| info.retry_delay);
        Self(Box::new(Parts {
            code: status.code(),
            message: status.message().to_owned(),
            reason,
            definite,
            retry_after,
            field_violations: violations.collect(),
            resource,
            metadata,
            request_id: text(ID_HEADER).unwrap_or_default().to_owned(),
        }))
    }
}

/// The reason of what no server of Bursar's said.
fn unsaid(code: Code) -> Reason {
    match code {
        Code::DeadlineExceeded => ErrorReason::DeadlineExceeded.into(),
        Code::Cancelled => ErrorReason::Cancelled.into(),
        Code::Unavailable => Reason::UNREACHABLE,
        // What is between the client and the server, or a library: its code says what there is to say.
        other => Reason(Cow::Owned(format!("{other:?}").to_uppercase())),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.reason, self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("reason", &self.0.reason.as_str())
            .field("message", &self.0.message)
            .field("definite", &self.0.definite)
            .field("metadata", &self.0.metadata)
            .field("request_id", &self.0.request_id)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {}
