//! Bursar's schema: dated SQL migrations, the roles they need, their runner, and a text dump to compare schemas by.
//!
//! Everything here works with an administrator's or owner's address and runs before the server does or beside it;
//! the server's own login can do none of it, but look at some of what [`inspect`] asks. sqlx is used in this crate only
//! (ADR 0003).

mod bootstrap;
mod connect;
mod database;
mod drift;
mod embedded;
mod error;
pub mod inspect;
mod items;
mod keys;
mod lexer;
mod remedy;
mod revision;
mod runner;
mod schema;
mod scram;
mod status;

pub use bootstrap::{Bootstrap, bootstrap, bootstrap_sql};
pub use database::{create_database, identify};
pub use drift::{Difference, Drift, drift};
pub use embedded::{Step, latest_version, steps};
pub use error::Error;
pub use keys::first_platform_key;
pub use revision::{Revision, revision};
pub use runner::Runner;
pub use schema::dump;
pub use status::{Applied, Migration, Progress, State};
