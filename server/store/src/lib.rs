//! The only crate that speaks SQL. One transaction a call, entered as the caller's tenant.
//!
//! Public methods are on [`Store`]: noun first, so that a list of names is a table of contents.

mod admin;
mod audit;
mod escrow;
mod kernel;
mod ledger;
mod operation;
mod trace;
mod trading;

pub use admin::{KeyRecord, NewTenant, TenantChanges};
pub use audit::Verification;
pub use kernel::trace as spans;
pub use kernel::{
    Address, Info, NewLink, Outcome, Store, StoreConfig, StoreError, Tls, TlsMode, Write,
};
pub use ledger::Submit;
pub use operation::Operation;

/// Name and text of every statement: for the tests that prepare and explain each.
pub fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        kernel::sql::ALL,
        admin::sql::ALL,
        audit::sql::ALL,
        escrow::sql::ALL,
        ledger::sql::ALL,
        operation::sql::ALL,
        trace::sql::ALL,
        trading::sql::ALL,
    ]
    .into_iter()
    .flatten()
    .map(|stmt| (stmt.name, stmt.sql))
}
