//! One PostgreSQL a test process, in memory unless `BURSAR_TEST_DURABLE` is set; one database a test, cloned from a
//! migrated template.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use bursar::embedded::{Durability, Embedded, EmbeddedConfig};
use bursar_migrations::{Runner, bootstrap};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls, Row};

use crate::log::plant;

const TEMPLATE: &str = "bursar_template";
const APP_PASSWORD: &str = "app-password-of-the-tests";

struct Cluster {
    server: Embedded,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

async fn cluster() -> &'static Cluster {
    CLUSTER
        .get_or_init(|| async {
            let mut config = EmbeddedConfig::for_backend(Durability::Memory);
            config.bin_dir = std::env::var_os("BURSAR_PG_BIN").map(PathBuf::from);
            config.settings.push(("max_connections".into(), "400".into()));
            let server =
                Embedded::start(config, |_| {}).await.expect("the tests' PostgreSQL starts");
            // A test process never stops it: the watcher does, once the process is gone.
            server.watch_parent().expect("the watcher starts");
            let cluster = Cluster { server };
            plant(APP_PASSWORD);
            let admin = cluster.url("postgres");
            plant(admin.expose_secret().split([':', '@']).nth(2).expect("a password"));
            sql(&admin, &format!("CREATE DATABASE {TEMPLATE}")).await;
            migrate(&cluster.url(TEMPLATE)).await;
            cluster
        })
        .await
}

/// Makes the roles and the schema of Bursar in an empty database.
pub async fn migrate(url: &SecretString) {
    bootstrap(url, &app_password()).await.expect("bootstrap");
    let mut runner = Runner::connect(url).await.expect("the runner connects");
    runner.up(None, &mut |_| {}).await.expect("the migrations run");
    runner.close().await;
}

impl Cluster {
    fn url(&self, database: &str) -> SecretString {
        let admin = self.server.admin_url();
        let text = admin.expose_secret();
        let (base, _) = text.rsplit_once('/').expect("a URL with a database");
        SecretString::from(format!("{base}/{database}"))
    }
}

/// DSN of the administrator in that database of the tests' PostgreSQL.
pub async fn cluster_url(database: &str) -> SecretString {
    cluster().await.url(database)
}

/// Password of the service's login, which all databases of the tests share.
pub fn app_password() -> SecretString {
    SecretString::from(APP_PASSWORD)
}

/// Runs SQL at once as whoever the DSN names, and panics with the server's message when it fails.
pub async fn sql(url: &SecretString, text: &str) {
    let client = connect(url).await;
    client.batch_execute(text).await.unwrap_or_else(|e| panic!("{text}: {}", describe(&e)));
}

/// Rows of a query as whoever the DSN names.
pub async fn rows(url: &SecretString, text: &str) -> Vec<Row> {
    let client = connect(url).await;
    client.query(text, &[]).await.unwrap_or_else(|e| panic!("{text}: {}", describe(&e)))
}

/// A plain connection, outside of everything that Bursar does.
pub(crate) async fn connect(url: &SecretString) -> Client {
    #[allow(clippy::disallowed_methods)]
    let (client, connection) =
        tokio_postgres::connect(url.expose_secret(), NoTls).await.expect("connects");
    tokio::spawn(connection);
    client
}

fn describe(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| format!("{} {}", db.code().code(), db.message()))
}

/// A database of one test's own.
pub struct Database {
    /// Its name.
    pub name: String,
    /// DSN of the administrator.
    pub admin_url: SecretString,
    /// DSN of the service's login.
    pub app_url: SecretString,
}

impl Database {
    /// A database with all migrations.
    pub async fn migrated() -> Self {
        let database = Self::make(TEMPLATE).await;
        // A clone has the template's objects but not its rights on the database itself.
        let name = &database.name;
        database
            .sql(&format!(
                "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO bursar_app;
                 GRANT CREATE ON DATABASE {name} TO bursar_owner"
            ))
            .await;
        database
    }

    /// A database with nothing in it but the rights that `bursar bootstrap` gives.
    pub async fn empty() -> Self {
        let database = Self::bare().await;
        bootstrap(&database.admin_url, &app_password()).await.expect("bootstrap");
        database
    }

    /// A database as `CREATE DATABASE` makes it: Bursar's roles are in the cluster, and have no rights on it.
    pub async fn bare() -> Self {
        Self::make("template0").await
    }

    async fn make(template: &str) -> Self {
        let cluster = cluster().await;
        let name =
            format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        sql(&cluster.url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let app = format!(
            "postgres://bursar_app:{APP_PASSWORD}@127.0.0.1:{}/{name}",
            cluster.server.port()
        );
        Self { admin_url: cluster.url(&name), app_url: SecretString::from(app), name }
    }

    /// Runs SQL as the administrator.
    pub async fn sql(&self, text: &str) {
        sql(&self.admin_url, text).await;
    }

    /// Rows of a query as the administrator.
    pub async fn rows(&self, text: &str) -> Vec<Row> {
        rows(&self.admin_url, text).await
    }

    /// A plain connection as the administrator.
    pub async fn connect(&self) -> Client {
        connect(&self.admin_url).await
    }

    /// A plain connection as the service's login.
    pub async fn connect_app(&self) -> Client {
        connect(&self.app_url).await
    }

    /// Port of the tests' PostgreSQL.
    pub async fn port(&self) -> u16 {
        cluster().await.server.port()
    }

    /// The service's DSN through another address, such as a proxy's.
    pub fn app_url_at(&self, port: u16) -> SecretString {
        SecretString::from(format!(
            "postgres://bursar_app:{APP_PASSWORD}@127.0.0.1:{port}/{}",
            self.name
        ))
    }
}
