//! What changes of a resource share.

use bursar_domain::Error;

use crate::kernel::{Fault, TxResult};

/// Refuses a change of what is not as the caller read it.
pub(super) fn check_revision(
    resource: &'static str,
    id: impl std::fmt::Display,
    read: Option<i64>,
    current: i64,
) -> TxResult<()> {
    if read.is_none_or(|read| read == current) {
        return Ok(());
    }
    Err(Error::EtagMismatch { resource, id: id.to_string(), current: current.to_string() }.into())
}

/// A row that was locked a moment ago.
pub(super) fn still_there<T>(row: Option<T>) -> TxResult<T> {
    row.ok_or_else(|| Fault::Other("a locked row vanished".into()))
}
