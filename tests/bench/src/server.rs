//! The server under test: a release build of `bursar serve`, a process of its own.

use std::collections::HashMap;
use std::path::Path;

use bursar_testkit::{PEPPER, Program, app_password, platform_key_in};
use secrecy::{ExposeSecret as _, SecretString};

use crate::cluster::Cluster;

/// What the server runs with, apart from its defaults.
pub(crate) const SETTINGS: &[(&str, &str)] = &[("RUST_LOG", "warn,bursar=info")];

/// A database with Bursar's schema and the key of its platform.
pub(crate) struct Home {
    database: String,
    port: u16,
    key: SecretString,
}

impl Home {
    /// Makes that database.
    pub(crate) async fn make(cluster: &Cluster, database: &str) -> Self {
        cluster.create_migrated(database).await;
        let key = platform_key_in(&cluster.url(database)).await;
        Self { database: database.to_owned(), port: cluster.port(), key }
    }

    /// Name of the database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Starts a server on it and waits until it serves.
    pub(crate) async fn serve(&self, program: &Path) -> Program {
        let url = format!(
            "postgres://bursar_app:{}@127.0.0.1:{}/{}",
            app_password().expose_secret(),
            self.port,
            self.database
        );
        let mut variables: HashMap<String, String> = [
            ("STORE_BACKEND", "postgres"),
            ("DATABASE_URL", url.as_str()),
            ("BURSAR_PEPPER", PEPPER),
            ("BURSAR_ENV", "test"),
            ("BURSAR_LISTEN", "127.0.0.1:0"),
            ("BURSAR_OPS_LISTEN", "127.0.0.1:0"),
            ("BURSAR_DRAIN_SECONDS", "1"),
            ("BURSAR_DRAIN_WAIT_SECONDS", "0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        variables.extend(SETTINGS.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        // So that a server can be tried with other settings: whoever sets them says so beside the figures.
        variables.extend(std::env::vars().filter(|(name, _)| PASSED.contains(&name.as_str())));
        Program::run(program, variables, &self.key).await
    }
}

/// Variables that go through to the server.
const PASSED: &[&str] = &["BURSAR_MAX_CONNECTIONS", "RUST_LOG"];
