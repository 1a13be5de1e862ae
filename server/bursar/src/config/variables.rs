//! The table of all environment variables: name, default, what it is for, whether it is a secret.
#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "the help texts are shown to people as they are"
)]

use std::fmt::Write as _;

/// One environment variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Used when it is unset or empty; empty when there is none.
    pub default: &'static str,
    /// What it is for, with unit and bounds.
    pub help: &'static str,
    /// A secret: never printed, and `<name>_FILE` may name a file that holds it.
    pub secret: bool,
}

macro_rules! variables {
    ($($kind:ident $name:ident = $default:literal, $help:literal;)*) => {
        $(#[doc = $help] pub(super) const $name: Variable = Variable {
            name: stringify!($name),
            default: $default,
            help: $help,
            secret: variables!(@$kind),
        };)*
        /// Every variable, in the order of the documentation.
        pub const ALL: &[&Variable] = &[$(&$name),*];
    };
    (@secret) => { true };
    (@plain) => { false };
}

variables! {
    plain STORE_BACKEND = "embedded", "Where the data lives: `embedded` (a private PostgreSQL), `memory` (the same on a RAM disk, gone at exit) or `postgres` (a server of yours)";
    secret DATABASE_URL = "", "Address of the database for the login bursar_app, `postgres://user:password@host:port/database`; needed with STORE_BACKEND=postgres";
    secret PG_URL = "", "Another name of DATABASE_URL";
    secret DB_DSN = "", "Another name of DATABASE_URL";
    plain PGHOST = "", "Host of the database, when DATABASE_URL is not set";
    plain PGPORT = "5432", "Its port, with PGHOST";
    plain PGUSER = "bursar_app", "Its login, with PGHOST";
    secret PGPASSWORD = "", "Its password, with PGHOST";
    plain PGDATABASE = "bursar", "Its database, with PGHOST";
    secret BURSAR_OWNER_URL = "", "Address of the database for an administrator; only `bootstrap`, `migrate` and `db` use it";
    secret BURSAR_APP_PASSWORD = "", "Password that `bootstrap` gives the login bursar_app, 12 or more printable ASCII characters";
    secret BURSAR_PEPPER = "", "Secret that API keys are hashed with, 32 bytes or more; needed with STORE_BACKEND=postgres, else made once and kept in the data directory";
    plain BURSAR_ENV = "dev", "Environment, part of every API key: 2 to 16 lower-case letters and digits";
    plain BURSAR_LISTEN = "127.0.0.1:50051", "Address for gRPC and gRPC-Web";
    plain BURSAR_OPS_LISTEN = "127.0.0.1:50052", "Address for /livez and /readyz";
    plain BURSAR_DATA_DIR = "", "Directory of the embedded database and of the key files, an absolute path; $XDG_DATA_HOME/bursar or ~/.local/share/bursar when unset, for root /var/lib/bursar";
    plain BURSAR_PG_BIN = "", "Directory of installed PostgreSQL programs (15 or later) for the embedded database; fetched when unset";
    plain BURSAR_MAX_CONNECTIONS = "16", "Most database connections for calls and jobs, 1 to 500; one more watches the database";
    plain BURSAR_REQUEST_ID_DAYS = "30", "How long request ids are remembered, in days, 1 to 3650";
    plain BURSAR_HEALTH_NEEDS_KEY = "false", "`true` to ask for an API key on health and reflection too";
    plain BURSAR_CORS_ORIGINS = "", "Origins whose pages may call by gRPC-Web, comma separated, such as https://app.example.com";
    plain BURSAR_LOG = "human", "Form of the log on stderr: `human` or `json`";
    plain RUST_LOG = "info", "What is logged, such as `info` or `info,bursar=debug`";
    plain BURSAR_DRAIN_SECONDS = "10", "How long calls under way may take to end at shutdown, in seconds, 0 to 600";
    plain BURSAR_URL = "http://127.0.0.1:50051", "Server that the client commands call";
    secret BURSAR_API_KEY = "", "API key that the client commands present";
}

/// The table as text for `--help`.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("Environment variables:\n");
    for v in ALL {
        let default =
            if v.default.is_empty() { String::new() } else { format!(" [{}]", v.default) };
        let file =
            if v.secret { " (secret; or a file named by the same name with _FILE)" } else { "" };
        let _ = write!(text, "  {}{default}\n      {}{file}\n", v.name, v.help);
    }
    text
}
