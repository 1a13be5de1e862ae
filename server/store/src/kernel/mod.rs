//! What every domain stands on: the pool, the tenant-scoped transaction, retries, idempotency and audit.

mod address;
mod ahead;
mod attempt;
mod columns;
mod connection;
mod entry;
mod fault;
mod gather;
mod health;
mod items;
mod link;
mod meters;
mod numeric;
mod safety;
mod statement;
mod store;
mod time;
mod timed;
mod tls;
pub mod trace;
mod tx;
mod write;

pub use address::{Address, Tls, TlsMode};
pub(crate) use attempt::{Attempt, transact};
pub(crate) use columns::{Columns, col, named};
pub(crate) use entry::Entry;
pub(crate) use fault::{Fault, TxResult};
pub(crate) use gather::Gather;
pub(crate) use items::audit_items;
pub(crate) use meters::Queued;
pub(crate) use numeric::{Numeric, decimal, units};
pub(crate) use statement::{Stmt, statements};
pub use store::{Info, NewLink, Store, StoreConfig, StoreError};
pub(crate) use time::{FIRST, LAST};
pub(crate) use tx::{Params, Tx};
pub(crate) use write::{Change, audit, mutate};
pub use write::{Outcome, Write};

pub(crate) mod sql {
    //! Statements of the kernel.
    super::statements! {
        ENTER = "enter";
        TIMEOUT = "timeout";
        PROBE = "probe";
        SCHEMA_VERSION = "schema_version";
        SAFETY_LOGIN = "safety_login";
        SAFETY_TABLES = "safety_tables";
        JOB_LOCK = "job_lock";
        OPERATION_FIND = "operation_find";
        OPERATION_INSERT = "operation_insert";
        AUDIT_INSERT = "audit_insert";
    }
}
