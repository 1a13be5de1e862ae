//! All that is judged, as plain values.

use crate::config::{Backend, Problem};
use bursar_migrations::Migration;
use bursar_migrations::inspect::{
    Archiver, Connections, Index, LongTransaction, Prepared, Role, Session, Sizes, Slot,
    Statistics, Table, Tenants, Unreachable, Unseen, Wall,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// An answer of the database, or why there is none.
pub type Seen<T> = Result<T, Unseen>;

/// Everything.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Whether to judge as for production.
    pub production: bool,
    /// Age of a transaction that is long, in seconds.
    pub long_transaction_seconds: u32,
    /// The operator says that a proxy ends TLS before Bursar.
    pub behind_proxy: bool,
    /// The operator says how backups are made instead of by archiving.
    pub backups: Option<String>,
    /// This machine.
    pub here: Here,
    /// One for each address that is configured.
    pub attempts: Vec<Attempt>,
    /// The database, seen with the most rights that there are.
    pub database: Option<Database>,
    /// The server.
    pub server: Server,
}

/// Where the pepper comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pepper {
    /// A file that a variable names.
    File,
    /// A variable.
    Variable,
    /// Nowhere; the embedded database keeps one of its own.
    Unset,
}

/// A file that holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Where it is.
    pub path: PathBuf,
    /// Its permissions.
    pub mode: u32,
}

/// Room on a disk, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// The directory.
    pub path: PathBuf,
    /// What is left.
    pub free_bytes: u64,
    /// What there is.
    pub total_bytes: u64,
}

/// What this machine knows.
#[derive(Debug, Clone)]
pub struct Here {
    /// Where the data lives.
    pub backend: Backend,
    /// Why a server would not start with this environment.
    pub problems: Vec<Problem>,
    /// What is set and has no effect.
    pub warnings: Vec<String>,
    /// Files of secrets.
    pub files: Vec<Files>,
    /// Where the pepper comes from.
    pub pepper: Pepper,
    /// BURSAR_ENV.
    pub env: String,
    /// Connections of the pool, and the one that watches.
    pub pool: i32,
    /// Whether the log is JSON.
    pub json_log: bool,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Whether it speaks TLS to its callers.
    pub callers_tls: bool,
    /// The file of its certificate and the seconds until that expires, or why they are not known.
    pub certificate: Option<(PathBuf, Result<i64, String>)>,
    /// The data directory of the embedded database.
    pub data_dir: PathBuf,
    /// Room for the embedded database.
    pub space: Option<Space>,
}

/// A try to connect.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The variable with the address.
    pub variable: &'static str,
    /// `sslmode` of the address; empty when it has none.
    pub ssl_mode: String,
    /// Whether the address leads to another machine.
    pub remote: bool,
    /// Who is logged in, and the version of TLS.
    pub outcome: Result<(String, String), Unreachable>,
}

/// Something that is not as the migrations build it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is, and its name.
    pub subject: String,
    /// How it differs.
    pub text: String,
    /// What to do.
    pub remedy: String,
}

/// What the database said.
#[derive(Debug, Clone)]
pub struct Database {
    /// The server and the login that asked.
    pub session: Session,
    /// Places for connections.
    pub connections: Seen<Connections>,
    /// Round trip, and how far its clock is ahead, in milliseconds.
    pub clock: Seen<(Duration, i64)>,
    /// Settings that are judged.
    pub settings: Seen<BTreeMap<String, String>>,
    /// Settings of the service's login.
    pub role_settings: Seen<BTreeMap<String, String>>,
    /// Roles.
    pub roles: Seen<Vec<Role>>,
    /// Memberships, as (group, member).
    pub memberships: Seen<Vec<(String, String)>>,
    /// Tenants.
    pub tenants: Seen<Tenants>,
    /// Row-level security.
    pub walls: Seen<Vec<Wall>>,
    /// Migrations, for an administrator.
    pub migrations: Option<Seen<Vec<Migration>>>,
    /// The newest migration.
    pub schema_version: Seen<Option<i64>>,
    /// Differences from what the migrations build, for an administrator.
    pub drift: Option<Seen<Vec<Difference>>>,
    /// Long transactions.
    pub long: Seen<Vec<LongTransaction>>,
    /// Prepared transactions.
    pub prepared: Seen<Vec<Prepared>>,
    /// Replication slots.
    pub slots: Seen<Vec<Slot>>,
    /// The oldest database and its age.
    pub wraparound: Seen<(String, i64)>,
    /// Sizes.
    pub sizes: Seen<Sizes>,
    /// Archiving.
    pub archiver: Seen<Archiver>,
    /// Tables.
    pub tables: Seen<Vec<Table>>,
    /// Indexes.
    pub indexes: Seen<Vec<Index>>,
    /// Statement statistics.
    pub statistics: Seen<Statistics>,
}

/// The operator's port of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ops {
    /// Status and text of /readyz.
    pub ready: (u16, String),
    /// Status of /metrics.
    pub metrics: u16,
}

/// What a server said, if one runs.
#[derive(Debug, Clone)]
pub struct Server {
    /// BURSAR_URL.
    pub url: String,
    /// Whether somebody chose that address.
    pub chosen: bool,
    /// Whether gRPC's health service says SERVING, or why it said nothing.
    pub serving: Result<bool, String>,
    /// BURSAR_OPS_LISTEN.
    pub ops_address: SocketAddr,
    /// What answered there.
    pub ops: Option<Ops>,
}
