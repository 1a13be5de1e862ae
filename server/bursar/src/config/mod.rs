//! Configuration: the environment and a file, checked as a whole.

mod demand;
mod dsn;
mod fields;
mod file;
mod reader;
mod settings;
mod telemetry;
mod transport;
mod variables;

#[cfg(test)]
mod tests;

pub use dsn::{assemble, database_of, with_database};
pub use reader::{ConfigError, Problem};
pub use settings::{Setting, Source, changes};
pub use telemetry::Telemetry;
pub(crate) use telemetry::pairs;
pub use transport::{ClientTls, TlsFiles, Transport};
pub use variables::{ALL as VARIABLES, DATABASE, Effect, Variable, reference, table};

use bursar_domain::key::env_is_valid;
use fields::{address, app_password, database_url, directory, origin, pepper, server_url, url};
use file::File;
use http::HeaderValue;
use reader::Reader;
use secrecy::SecretString;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use variables as var;

/// These crates fill a log by themselves at `info`, and it is rarely they that one looks for.
const QUIET: &str = "tokio_postgres=warn,h2=warn,hyper=warn,tower=warn,sqlx=warn,opentelemetry=off,bursar::call=error";

/// Where the data lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A private PostgreSQL on disk.
    Embedded,
    /// A private PostgreSQL on a RAM disk.
    Memory,
    /// A PostgreSQL that somebody else keeps.
    Postgres,
}

impl Backend {
    /// Its name in configuration and in `GetServerInfo`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Memory => "memory",
            Self::Postgres => "postgres",
        }
    }
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Human,
    /// One JSON object a line.
    Json,
}

/// What a command is going to do, and with it which secrets it reads and cannot do without. Others are
/// left alone: nobody should hold a secret for nothing, or fail for one that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Serve.
    Serve,
    /// Make roles, schema and first key of a server of somebody else's.
    Bootstrap,
    /// Work on the schema of the configured database.
    Schema,
    /// Show where the database is, or how to make its roles.
    Show,
    /// Call a server.
    Client,
    /// Anything that needs no secret.
    Other,
}

/// The whole configuration. Holds secrets, and shows none of them.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data lives.
    pub backend: Backend,
    /// Address of the database for the service's login; set with [`Backend::Postgres`] when serving.
    pub database_url: Option<SecretString>,
    /// Address of the database for an administrator.
    pub owner_url: Option<SecretString>,
    /// Password that `bootstrap` gives the service's login.
    pub app_password: Option<SecretString>,
    /// What API keys are hashed with.
    pub pepper: Option<SecretString>,
    /// Environment, part of every API key.
    pub env: String,
    /// Address for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address for /livez, /readyz and /metrics; port 0 takes a free one.
    pub ops_listen: SocketAddr,
    /// Data directory, when not the default.
    pub data_dir: Option<PathBuf>,
    /// Directory of installed PostgreSQL programs.
    pub pg_bin: Option<PathBuf>,
    /// Most database connections.
    pub max_connections: u32,
    /// How long request ids are remembered, in days.
    pub request_id_days: u32,
    /// Ask for a key on health and reflection too.
    pub health_needs_key: bool,
    /// Origins whose pages may call.
    pub cors_origins: Vec<HeaderValue>,
    /// Form of the log.
    pub log_format: LogFormat,
    /// What is logged, in `RUST_LOG`'s language.
    pub log_filter: String,
    /// How long calls under way may take to end at shutdown.
    pub drain: Duration,
    /// Traces and metrics.
    pub telemetry: Telemetry,
    /// Connections of callers, and how client commands make theirs.
    pub transport: Transport,
    /// Server that client commands call.
    pub url: String,
    /// Key that client commands present.
    pub api_key: Option<SecretString>,
    /// Every variable with where its value comes from.
    pub settings: Vec<Setting>,
    /// What is set and has no effect, in words for the log.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// All problems at once, none showing a secret.
    pub fn from_env(purpose: Purpose) -> Result<Self, ConfigError> {
        Self::from_lookup(purpose, &|name| std::env::var_os(name))
    }

    /// Every variable of the environment and its file, valid or not.
    #[must_use]
    pub fn settings_of_env() -> Vec<Setting> {
        let lookup = |name: &str| std::env::var_os(name);
        settings::all(&lookup, &File::named_by(&lookup))
    }

    /// Reads from any source of variables: tests run several configurations in one process.
    ///
    /// # Errors
    /// All problems at once, none showing a secret.
    pub fn from_lookup(
        purpose: Purpose,
        lookup: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        use Purpose::{Bootstrap, Client, Schema, Serve, Show};
        let uses = |purposes: &[Purpose]| purposes.contains(&purpose);
        let file = File::named_by(lookup);
        let given = |name: &str| file.find(name, lookup).map(|(value, _)| value);
        let mut r = Reader::new(&given);
        for problem in &file.problems {
            r.problem(&problem.variable, problem.problem.clone());
        }
        let backend = r.parsed(
            &var::STORE_BACKEND,
            "embedded, memory or postgres",
            Backend::Embedded,
            |text| {
                [Backend::Embedded, Backend::Memory, Backend::Postgres]
                    .into_iter()
                    .find(|b| b.name() == text)
            },
        );
        let mut config = Self {
            backend,
            database_url: if uses(&[Serve, Show]) { database_url(&mut r) } else { None },
            owner_url: if uses(&[Bootstrap, Schema, Show]) {
                url(&mut r, &var::BURSAR_OWNER_URL)
            } else {
                None
            },
            app_password: if uses(&[Bootstrap, Show]) { app_password(&mut r) } else { None },
            pepper: if uses(&[Serve, Bootstrap, Schema]) { pepper(&mut r) } else { None },
            env: r.parsed(&var::BURSAR_ENV, "2 to 16 lower-case letters and digits", String::new(), |text| {
                env_is_valid(text).then(|| text.to_owned())
            }),
            listen: address(&mut r, &var::BURSAR_LISTEN),
            ops_listen: address(&mut r, &var::BURSAR_OPS_LISTEN),
            data_dir: directory(&mut r, &var::BURSAR_DATA_DIR),
            pg_bin: directory(&mut r, &var::BURSAR_PG_BIN),
            max_connections: r.number(&var::BURSAR_MAX_CONNECTIONS, 1, 500),
            request_id_days: r.number(&var::BURSAR_REQUEST_ID_DAYS, 1, 3650),
            health_needs_key: r.switch(&var::BURSAR_HEALTH_NEEDS_KEY),
            cors_origins: r.parsed(
                &var::BURSAR_CORS_ORIGINS,
                "origins separated by commas, each a scheme and a host without a path, such as https://app.example.com",
                Vec::new(),
                |text| text.split(',').map(str::trim).filter(|o| !o.is_empty()).map(origin).collect(),
            ),
            log_format: r.parsed(&var::BURSAR_LOG, "human or json", LogFormat::Human, |text| match text {
                "human" => Some(LogFormat::Human),
                "json" => Some(LogFormat::Json),
                _ => None,
            }),
            log_filter: r.parsed(&var::RUST_LOG, "levels such as `info` or `info,bursar=debug`", String::new(), |text| {
                // Later directives win, so that what is asked for by name is shown.
                let filter = format!("{QUIET},{text}");
                EnvFilter::builder().parse(&filter).ok().map(|_| filter)
            }),
            drain: Duration::from_secs(r.number(&var::BURSAR_DRAIN_SECONDS, 0, 600).into()),
            telemetry: telemetry::read(&mut r),
            transport: Transport::read(&mut r),
            url: r.parsed(&var::BURSAR_URL, "an address such as http://127.0.0.1:50051", String::new(), server_url),
            api_key: if uses(&[Client]) { r.secret(&var::BURSAR_API_KEY) } else { None },
            settings: settings::all(lookup, &file),
            warnings: Vec::new(),
        };
        config.demand(purpose, &mut r);
        config.warn(purpose);
        r.finish(config)
    }
}
