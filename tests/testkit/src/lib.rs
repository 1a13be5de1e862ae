//! Servers, databases and clients for tests: the real ones. One PostgreSQL a test process, one database a test.

// Test code: a failed set-up should say so at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::print_stdout
)]

mod answers;
mod binary;
mod caller;
mod certificates;
mod clock;
pub mod crowd;
mod database;
mod errors;
mod escrow;
pub mod http;
mod json;
mod ledger;
mod log;
mod otlp;
mod posting;
mod process;
mod program;
mod proxy;
mod random;
mod raw;
mod refusals;
mod roles;
mod server;
mod stream;
pub mod trading;
mod trail;
mod wait;

pub use answers::{assert_hidden, invalid, ok, refused};
pub use binary::binary;
pub use caller::{Caller, Keyed};
pub use certificates::{Authority, Issued};
pub use clock::day;
pub use database::{Database, app_password, cluster_url, migrate, rows, sql};
pub use errors::{Fault, fault};
pub use escrow::{Estate, estate, institution, narrowed};
pub use json::{attribute_number, attributes};
pub use ledger::{balance, id, money, new_account, new_transfer};
pub use log::{keep, plant};
pub use otlp::{Receiver, SpanKind, TracedSpan};
pub use posting::{
    account, batch, held, history, hold_of, list_all, make, moved, new_hold, open, open_limited,
    post_part, totals, void,
};
pub use process::{Ended, Process};
pub use program::Program;
pub use proxy::Proxy;
pub use random::Random;
pub use roles::tenant_role;
pub use server::{PEPPER, Server, TestTenant, platform_key, platform_key_in, variables};
pub use stream::TransferStream;
pub use trail::{event, events};
pub use wait::{A_SECOND, within};
