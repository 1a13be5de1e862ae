//! A server in the test's own process, on a free port, on a database of its own.

use std::collections::HashMap;
use std::ffi::OsString;

use bursar::config::{Config, Purpose};
use bursar::serve::{Running, start};
use bursar_domain::ids::KeyId;
use bursar_domain::key::{ApiKeyText, Pepper};
use bursar_migrations::first_platform_key;
use bursar_proto::admin::v1::CreateTenantRequest;
use secrecy::{ExposeSecret as _, SecretString};

use crate::caller::Caller;
use crate::database::Database;
use crate::ledger::id;
use crate::log;

/// What the tests' servers hash API keys with.
pub const PEPPER: &str = "pepper-of-the-tests-pepper-of-the-tests";

/// A running server.
pub struct Server {
    /// Its database.
    pub database: Database,
    /// The server; `None` once stopped.
    pub running: Option<Running>,
    /// Calls with the platform's key.
    pub platform: Caller,
    settings: Vec<(String, String)>,
}

/// A tenant with a key of each role.
pub struct TestTenant {
    /// Its id.
    pub id: String,
    /// Calls as its admin.
    pub admin: Caller,
    /// Calls as an operator.
    pub operator: Caller,
    /// Calls as a viewer.
    pub viewer: Caller,
    /// Calls as an auditor.
    pub auditor: Caller,
}

impl Server {
    /// Starts on a fresh database.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts on a fresh database with further variables set.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_on(Database::migrated().await, settings).await
    }

    /// Starts on that database.
    pub async fn start_on(database: Database, settings: &[(&str, &str)]) -> Self {
        log::init();
        let key = platform_key(&database).await;
        let settings: Vec<_> =
            settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let running = start(&config(&database, &settings)).await.expect("the server starts");
        let platform = Caller::new(running.grpc_addr.port(), key.expose_secret());
        Self { database, running: Some(running), platform, settings }
    }

    /// Another replica on the same database.
    pub async fn replica(&self) -> Running {
        start(&config(&self.database, &self.settings)).await.expect("the replica starts")
    }

    /// Its configuration with further variables set.
    pub fn config(&self, more: &[(&str, &str)]) -> Config {
        let mut settings = self.settings.clone();
        settings.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        config(&self.database, &settings)
    }

    /// Port of gRPC.
    pub fn port(&self) -> u16 {
        self.running.as_ref().expect("running").grpc_addr.port()
    }

    /// Stops it, draining.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// A new tenant with a key of each role.
    pub async fn tenant(&self) -> TestTenant {
        TestTenant::new(&self.platform).await
    }
}

impl TestTenant {
    /// The same tenant at another server on its database.
    #[must_use]
    pub fn at(&self, port: u16) -> Self {
        let to = |caller: &Caller| Caller::new(port, &caller.key_text);
        Self {
            id: self.id.clone(),
            admin: to(&self.admin),
            operator: to(&self.operator),
            viewer: to(&self.viewer),
            auditor: to(&self.auditor),
        }
    }

    /// A new tenant on the platform's server.
    pub async fn new(platform: &Caller) -> Self {
        let made = platform
            .tenants()
            .create_tenant(CreateTenantRequest {
                request_id: id(),
                name: "test tenant".into(),
                ..Default::default()
            })
            .await
            .expect("a tenant")
            .into_inner();
        let admin = platform.with_key(&made.key);
        Self {
            id: made.tenant.expect("a tenant").id,
            operator: admin.new_key(bursar_proto::common::v1::Role::Operator).await,
            viewer: admin.new_key(bursar_proto::common::v1::Role::Viewer).await,
            auditor: admin.new_key(bursar_proto::common::v1::Role::Auditor).await,
            admin,
        }
    }
}

/// Registers a key of the platform in a database; its text, in the environment `test` with [`PEPPER`].
pub async fn platform_key(database: &Database) -> SecretString {
    platform_key_in(&database.admin_url).await
}

/// The same, in the database of an administrator's DSN.
pub async fn platform_key_in(admin_url: &SecretString) -> SecretString {
    let key = ApiKeyText::new(KeyId::generate(), [42; 32]);
    log::plant(PEPPER);
    let pepper = Pepper::new(&SecretString::from(PEPPER)).expect("long enough");
    first_platform_key(admin_url, key.id.0, "tests", &key.hash(&pepper))
        .await
        .expect("platform key");
    key.text("test")
}

/// The configuration of a server on a database; `settings` win.
fn config(database: &Database, settings: &[(String, String)]) -> Config {
    let variables = variables(database, settings);
    Config::from_lookup(Purpose::Serve, &|name| variables.get(name).map(OsString::from))
        .expect("a configuration")
}

/// The same as variables.
pub fn variables(database: &Database, settings: &[(String, String)]) -> HashMap<String, String> {
    let mut variables: HashMap<String, String> = [
        ("STORE_BACKEND", "postgres"),
        ("DATABASE_URL", database.app_url.expose_secret()),
        ("BURSAR_PEPPER", PEPPER),
        ("BURSAR_ENV", "test"),
        ("BURSAR_LISTEN", "127.0.0.1:0"),
        ("BURSAR_OPS_LISTEN", "127.0.0.1:0"),
        ("BURSAR_MAX_CONNECTIONS", "8"),
        ("BURSAR_DRAIN_SECONDS", "1"),
        ("BURSAR_DRAIN_WAIT_SECONDS", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    variables.extend(settings.iter().cloned());
    variables
}
