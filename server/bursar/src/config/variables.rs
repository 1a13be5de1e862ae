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
    /// When a change of it takes effect.
    pub effect: Effect,
}

/// When a change of a variable takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// When the server is told to read its configuration again (SIGHUP).
    Live,
    /// When the server starts again.
    Restart,
    /// At the next command; the server does not use it.
    Command,
}

impl Effect {
    /// In words for a table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "SIGHUP",
            Self::Restart => "restart",
            Self::Command => "next command",
        }
    }
}

macro_rules! variables {
    ($($effect:ident $kind:ident $name:ident = $default:literal, $help:literal;)*) => {
        $(#[doc = $help] pub(super) const $name: Variable = Variable {
            name: stringify!($name),
            default: $default,
            help: $help,
            secret: variables!(@$kind),
            effect: Effect::$effect,
        };)*
        /// Every variable, in the order of the documentation.
        pub const ALL: &[&Variable] = &[$(&$name),*];
    };
    (@secret) => { true };
    (@plain) => { false };
}

variables! {
    Restart plain BURSAR_CONFIG = "", "File with any of these variables in TOML, such as `BURSAR_LISTEN = \"0.0.0.0:50051\"`; the environment wins over it. Secrets stand in it as `<name>_FILE` only";
    Restart plain STORE_BACKEND = "embedded", "Where the data lives: `embedded` (a private PostgreSQL), `memory` (the same on a RAM disk, gone at exit) or `postgres` (a server of yours)";
    Live secret DATABASE_URL = "", "Address of the database for the login bursar_app, `postgres://user:password@host:port/database`; needed with STORE_BACKEND=postgres. TLS by `?sslmode=verify-full&sslrootcert=/path/ca.pem` (disable, prefer, require, verify-ca or verify-full; sslcert and sslkey for a client certificate)";
    Live secret PG_URL = "", "Another name of DATABASE_URL";
    Live secret DB_DSN = "", "Another name of DATABASE_URL";
    Live plain PGHOST = "", "Host of the database, when DATABASE_URL is not set";
    Live plain PGPORT = "5432", "Its port, with PGHOST";
    Live plain PGUSER = "bursar_app", "Its login, with PGHOST";
    Live secret PGPASSWORD = "", "Its password, with PGHOST";
    Live plain PGDATABASE = "bursar", "Its database, with PGHOST";
    Live plain PGSSLMODE = "", "Its TLS, with PGHOST: `disable`, `prefer`, `require`, `verify-ca` or `verify-full`; prefer when unset";
    Live plain PGSSLROOTCERT = "", "PEM file of the authorities trusted to sign its certificate, with PGHOST; those of this machine when unset";
    Command secret BURSAR_OWNER_URL = "", "Address of the database for an administrator; only `bootstrap`, `migrate`, `db` and `doctor` use it";
    Command secret BURSAR_APP_PASSWORD = "", "Password that `bootstrap` gives the login bursar_app, 12 or more printable ASCII characters";
    Restart secret BURSAR_PEPPER = "", "Secret that API keys are hashed with, 32 bytes or more; needed with STORE_BACKEND=postgres, else made once and kept in the data directory";
    Restart plain BURSAR_ENV = "dev", "Environment, part of every API key: 2 to 16 lower-case letters and digits";
    Restart plain BURSAR_LISTEN = "127.0.0.1:50051", "Address for gRPC and gRPC-Web";
    Restart plain BURSAR_OPS_LISTEN = "127.0.0.1:50052", "Address for /livez, /readyz and /metrics";
    Live plain BURSAR_TLS_CERT = "", "File of the certificate that callers see, PEM, with the chain below the root; with BURSAR_TLS_KEY it turns TLS on, and a changed file is taken over within seconds";
    Live plain BURSAR_TLS_KEY = "", "File of its private key, PEM";
    Live plain BURSAR_TLS_CLIENT_CA = "", "File of CA certificates, PEM; when set, callers must present a certificate of one of them (mutual TLS)";
    Live plain BURSAR_MAX_CONNECTION_AGE_SECONDS = "1800", "How long a connection may be used before its client is asked to make a new one, in seconds, give or take a tenth, 0 to 86400; 0 for ever";
    Live plain BURSAR_MAX_CONNECTION_IDLE_SECONDS = "900", "How long a connection without a new call is kept, in seconds, 0 to 86400; it is closed after at most twice the time; 0 for ever";
    Live plain BURSAR_CONNECTIONS_PER_ADDRESS = "1024", "Most connections of one client address (with IPv6, of one /64), 0 to 4096; 0 for no limit but the 4096 of all; behind a proxy all clients have one address";
    Live plain BURSAR_KEY_REQUESTS_PER_SECOND = "0", "Most calls with one API key a second, on each server, 0 to 1000000; 0 for no limit";
    Live plain BURSAR_AUTH_FAILURES_PER_MINUTE = "60", "Most calls with an invalid API key from one address a minute, 0 to 1000000; 0 for no limit; above it, keys that are new to the server are refused there";
    Live plain BURSAR_DRAIN_WAIT_SECONDS = "", "How long a stopping server says NOT_SERVING and serves on, so that load balancers go elsewhere first, in seconds, 0 to 300; 5 with STORE_BACKEND=postgres when unset, else 0. On Kubernetes, terminationGracePeriodSeconds must be longer than this and BURSAR_DRAIN_SECONDS together";
    Restart plain BURSAR_DATA_DIR = "", "Directory of the embedded database and of the key files, an absolute path; $XDG_DATA_HOME/bursar or ~/.local/share/bursar when unset, for root /var/lib/bursar";
    Restart plain BURSAR_PG_BIN = "", "Directory of installed PostgreSQL programs (15 or later) for the embedded database; fetched when unset";
    Live plain BURSAR_MAX_CONNECTIONS = "16", "Most database connections for calls and jobs, 1 to 500; one more watches the database";
    Restart plain BURSAR_REQUEST_ID_DAYS = "30", "How long request ids are remembered, in days, 1 to 3650";
    Restart plain BURSAR_HEALTH_NEEDS_KEY = "false", "`true` to ask for an API key on health and reflection too";
    Live plain BURSAR_CORS_ORIGINS = "", "Origins whose pages may call by gRPC-Web, comma separated, such as https://app.example.com";
    Restart plain BURSAR_LOG = "human", "Form of the log on stderr: `human` or `json`";
    Live plain RUST_LOG = "info", "What is logged, such as `info` or `info,bursar=debug`";
    Live plain BURSAR_DRAIN_SECONDS = "10", "How long calls under way may take to end at shutdown, in seconds, 0 to 600";
    Restart plain OTEL_EXPORTER_OTLP_ENDPOINT = "", "Collector that traces and metrics are sent to by OTLP over gRPC, such as http://127.0.0.1:4317; none when unset";
    Restart secret OTEL_EXPORTER_OTLP_HEADERS = "", "Metadata for the collector, such as a key it asks for: `name=value`, comma separated";
    Restart plain OTEL_SERVICE_NAME = "bursar", "Name of this service in traces and metrics";
    Restart plain BURSAR_TRACE_SAMPLING = "0.1", "Share of the calls that are traced, 0 to 1; a caller that brings a trace of its own has decided, 0 traces none at all";
    Restart plain BURSAR_LOG_AMOUNTS = "false", "`true` to let amounts into the log: the texts of refusals, and what other crates say below info";
    Command plain TRACEPARENT = "", "Trace that the client commands' calls belong to, as the W3C's Trace Context has it";
    Command plain BURSAR_URL = "http://127.0.0.1:50051", "Server that the client commands call";
    Command secret BURSAR_API_KEY = "", "API key that the client commands present";
    Command plain BURSAR_TLS_CA = "", "File of CA certificates, PEM, that the client commands trust with an https:// BURSAR_URL; the system's when unset";
    Command plain BURSAR_TLS_CLIENT_CERT = "", "File of the certificate that the client commands present, PEM; with BURSAR_TLS_CLIENT_KEY";
    Command plain BURSAR_TLS_CLIENT_KEY = "", "File of its private key, PEM";
}

/// Every way to say where the database is: a problem with one is not the lack of another, and a change of one is a
/// change of the database.
pub const DATABASE: &[&Variable] = &[
    &DATABASE_URL,
    &PG_URL,
    &DB_DSN,
    &PGHOST,
    &PGPORT,
    &PGUSER,
    &PGPASSWORD,
    &PGDATABASE,
    &PGSSLMODE,
    &PGSSLROOTCERT,
];

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

/// The table as a page of documentation.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(REFERENCE_HEAD);
    for v in ALL {
        let default = if v.default.is_empty() { String::new() } else { format!("`{}`", v.default) };
        let secret = if v.secret { "secret" } else { "" };
        let help = v.help.replace('|', "\\|");
        let _ = writeln!(
            text,
            "| `{}` | {default} | {secret} | {} | {help} |",
            v.name,
            v.effect.name()
        );
    }
    text
}

const REFERENCE_HEAD: &str = "\
<!-- Written by `bursar config reference`, from server/bursar/src/config/variables.rs: do not edit; `make docs`. -->
# Configuration

Every variable may stand in the environment, or in the TOML file that `BURSAR_CONFIG` names, under the same name; the
environment wins. An empty value is the same as none. A secret comes from the environment or from a file that
`<name>_FILE` names, never from the configuration file itself.

The configuration is checked as a whole, and all that is wrong with it is told at once: at start, and by
`bursar config check`. `bursar config show` tells each value and where it comes from, secrets hidden.

On SIGHUP the server reads the configuration file and the files of secrets again. Either all of the new configuration
is right and takes effect, or none of it does and the log says why. A new database address or password is tried out
before it takes over; the connections of the old one end with the calls on them, so that no call fails. The log names
what waits for a restart.

| variable | default | kind | takes effect | what it is |
|---|---|---|---|---|
";
