//! What a refused call says.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// A status, taken apart.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its code.
    pub code: Code,
    /// Reason of its `ErrorInfo`; empty when it has none.
    pub reason: String,
    /// Fields of its `BadRequest`.
    pub fields: Vec<String>,
    /// Metadata of its `ErrorInfo`.
    pub metadata: std::collections::HashMap<String, String>,
    /// Its message.
    pub message: String,
    /// Whether it says how long to wait.
    pub retry_delay: Option<std::time::Duration>,
}

impl Fault {
    /// What its metadata holds under that name.
    pub fn meta(&self, name: &str) -> &str {
        self.metadata.get(name).map_or("", String::as_str)
    }
}

/// Takes a status apart.
#[allow(clippy::needless_pass_by_value)]
pub fn fault(status: Status) -> Fault {
    let details = status.get_error_details();
    let info = details.error_info().cloned();
    assert!(info.is_some(), "every error carries an ErrorInfo, this one none: {status:?}");
    let info = info.unwrap();
    assert_eq!(info.domain, "bursar.dev", "{status:?}");
    assert!(
        matches!(info.metadata.get("definite").map(String::as_str), Some("true" | "false")),
        "{status:?}"
    );
    Fault {
        code: status.code(),
        reason: info.reason,
        fields: details.bad_request().map_or_else(Vec::new, |bad| {
            bad.field_violations.iter().map(|violation| violation.field.clone()).collect()
        }),
        metadata: info.metadata.into_iter().collect(),
        message: status.message().to_owned(),
        retry_delay: details.retry_info().and_then(|info| info.retry_delay),
    }
}
