//! What can go wrong with the embedded PostgreSQL, each with the next step.

use std::path::PathBuf;

/// Why the embedded PostgreSQL could not be obtained, started or stopped.
///
/// Every message names the problem and what to do next; none contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The PostgreSQL programs are neither cached nor could they be fetched.
    #[error(
        "cannot fetch PostgreSQL {version} from Maven Central: {reason}. Connect to the network \
         once and start again, or set BURSAR_PG_BIN to the directory of an installed PostgreSQL \
         15 or later, or set STORE_BACKEND=postgres to use a server of your own"
    )]
    Fetch {
        /// Version that was asked for.
        version: String,
        /// What the download or the unpacking said.
        reason: String,
    },
    /// The directory that should hold `initdb`, `pg_ctl` and `postgres` is of no use.
    #[error(
        "cannot use the PostgreSQL programs in {dir}: {reason}. Set BURSAR_PG_BIN to the bin \
         directory of PostgreSQL 15 or later, or leave it unset to let Bursar fetch one"
    )]
    Programs {
        /// Directory of the programs.
        dir: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file or directory could not be read or written.
    #[error(
        "cannot {action} {path}: {source}. Check its permissions and free space, or choose another \
         directory"
    )]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// File or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A directory that was configured cannot hold a cluster.
    #[error("the directory {path} cannot be used: {reason}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// Bursar is root and there is no ordinary user to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root and there is neither a user 'postgres' nor 'nobody' to \
         run it as. Start Bursar as an ordinary user, or create the user 'postgres'"
    )]
    NoUser,
    /// Another Bursar holds the data directory.
    #[error(
        "the data directory {dir} is in use by another Bursar (process {pid}). Stop that one \
         first, or give this one a data directory of its own"
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// The other process, as it wrote it down ("unknown" when it did not).
        pid: String,
    },
    /// The cluster was made by another major version of PostgreSQL.
    #[error(
        "the data in {dir} was made by PostgreSQL {found} and the programs are PostgreSQL {have}, \
         which cannot read it. Set BURSAR_PG_BIN to PostgreSQL {found}, back up, and restore into \
         a new data directory; or move the directory away to start empty"
    )]
    OtherMajor {
        /// The cluster's directory.
        dir: PathBuf,
        /// Major version that made the data.
        found: String,
        /// Major version of the programs.
        have: u32,
    },
    /// The configured port belongs to somebody else.
    #[error(
        "port {port} on 127.0.0.1 is taken by another program. Stop it, or configure another port \
         (or none: Bursar then picks a free one)"
    )]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// An extra setting is not acceptable.
    #[error("the PostgreSQL setting '{name}' cannot be used: {reason}")]
    Setting {
        /// Name of the setting.
        name: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A new cluster could not be made.
    #[error(
        "cannot make a PostgreSQL cluster in {dir}: initdb failed with {reason}. Nothing was kept; \
         check the free space (60 MB are needed) and what initdb said, then start again"
    )]
    Initdb {
        /// The data directory.
        dir: PathBuf,
        /// Exit status and what it printed.
        reason: String,
    },
    /// `pg_ctl` could not start or stop PostgreSQL.
    #[error(
        "{program} failed: {reason}. Correct what the log {log} says and start again; its last lines:\n{tail}"
    )]
    Program {
        /// Which program.
        program: &'static str,
        /// Exit status, or what it printed.
        reason: String,
        /// PostgreSQL's log file.
        log: PathBuf,
        /// Last lines of the log.
        tail: String,
    },
    /// The operating system gave no random bytes for the password.
    #[error("cannot make a password: {0}. The operating system's random source is unavailable")]
    Random(String),
}

impl EmbeddedError {
    /// For `map_err`: an I/O error with what was tried on which path.
    pub(super) fn file(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { action, path, source }
    }
}
