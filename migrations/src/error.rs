//! What can go wrong, in words that say what to do next and never repeat an address or a password.

/// Why a migration, a bootstrap or a dump stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is not a Postgres URL.
    #[error(
        "the owner's address is not a PostgreSQL URL: write postgres://user:password@host:port/database, \
         with special characters of the password percent-encoded"
    )]
    Address,
    /// No connection came about.
    #[error(
        "cannot connect to PostgreSQL as the owner: {0}; check that it runs and that address and password are right"
    )]
    Connect(String),
    /// The roles are not there, or this login may not take `bursar_owner`.
    #[error(
        "this login cannot act as bursar_owner ({0}); run `bursar bootstrap` with an administrator's address first"
    )]
    NotBootstrapped(String),
    /// The password cannot go into a role or an address as it is.
    #[error(
        "the password of bursar_app may hold printable ASCII only, 8 characters or more: choose another one"
    )]
    Password,
    /// The database knows a migration that this program does not.
    #[error(
        "the database has migration {0}, which this version of Bursar does not know: use the version that applied it, \
         or a later one"
    )]
    Unknown(i64),
    /// A migration's text is not the one that was applied.
    #[error(
        "migration {version} ({name}) was changed after it was applied: put its text back and write a new migration \
         for the change"
    )]
    Changed {
        /// Its version.
        version: i64,
        /// Its name.
        name: String,
    },
    /// No such version to go to.
    #[error(
        "there is no migration {0}: `bursar migrate status` lists them (0 with `down` means all)"
    )]
    NoSuchVersion(i64),
    /// The message of a new migration cannot be a file's name.
    #[error(
        "the message {0:?} makes no name: write one line with letters or digits of ASCII in it, at most {1} characters"
    )]
    Message(String, usize),
    /// A new migration would not be the newest.
    #[error(
        "the version {version} is not newer than {newest}, which {folder} has already: set the clock right, or try \
         again in a second"
    )]
    NotNewest {
        /// Of the new one.
        version: i64,
        /// The newest there.
        newest: i64,
        /// The folder.
        folder: String,
    },
    /// The files of a new migration cannot be written.
    #[error("{path}: {reason}; give the migrations/sql folder of a checkout with --dir")]
    Folder {
        /// What was read or written.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// Others held a lock for longer than the retries last.
    #[error(
        "gave up on migration {0}: other transactions held the tables' locks through {1} attempts; nothing of it was \
         kept; end long transactions or try at a quieter time"
    )]
    Locked(i64, u32),
    /// Another run holds the migration lock.
    #[error("another migration of this database is running: wait for it to end, then try again")]
    Busy,
    /// A migration failed; Postgres rolled it back.
    #[error("migration {version} ({name}) failed and was rolled back: {reason}")]
    Failed {
        /// Its version.
        version: i64,
        /// Its name.
        name: String,
        /// Postgres's words.
        reason: String,
    },
    /// The schema holds objects that the dump has no text for.
    #[error("the schema dump does not cover {0}: extend migrations/src/schema")]
    NotDumpable(String),
    /// Anything else the database says.
    #[error("PostgreSQL refused: {0}")]
    Database(String),
    /// The machine has no randomness to give.
    #[error("no randomness for a password's salt: {0}")]
    Random(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(reason(&error))
    }
}

/// The message and code only: sqlx's own texts may carry statements or parts of an address.
pub(crate) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(e) => match e.code() {
            Some(code) => format!("{} ({code})", e.message()),
            None => e.message().to_owned(),
        },
        sqlx::Error::Io(e) => e.to_string(),
        sqlx::Error::Tls(_) => "TLS failed or is not built in".to_owned(),
        sqlx::Error::Protocol(text) => text.clone(),
        sqlx::Error::Configuration(_) => "an option of the address is wrong".to_owned(),
        other => format!("{:?}", std::mem::discriminant(other)),
    }
}

/// The SQLSTATE, where Postgres gave one.
pub(crate) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}
