//! The only crate that speaks SQL. One transaction a call, entered as the caller's tenant.
//!
//! Public methods are on [`Store`]: noun first, so that a list of names is a table of contents.

mod admin;
mod audit;
mod kernel;
mod ledger;
mod operation;

pub use admin::{KeyRecord, NewTenant, TenantChanges};
pub use kernel::{Info, Outcome, Store, StoreConfig, StoreError, Write};
pub use ledger::Submit;
pub use operation::Operation;
/// A database's address, taken apart as the driver does it: for checking one before it is used.
pub use tokio_postgres::Config as Address;

/// Name and text of every statement: for the tests that prepare and explain each.
pub fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    [kernel::sql::ALL, admin::sql::ALL, audit::sql::ALL, ledger::sql::ALL, operation::sql::ALL]
        .into_iter()
        .flatten()
        .map(|stmt| (stmt.name, stmt.sql))
}
