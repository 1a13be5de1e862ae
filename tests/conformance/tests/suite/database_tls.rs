//! TLS towards PostgreSQL: each `sslmode` does what libpq's does. The embedded PostgreSQL has no TLS, so this takes an
//! installed one.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use bursar::config::with_database;
use bursar::embedded::{Durability, Embedded, EmbeddedConfig};
use bursar_migrations::{Runner, bootstrap, create_database, latest_version};
use bursar_store::{Store, StoreConfig, StoreError};
use bursar_testkit::{A_SECOND, Authority, app_password, sql, within};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::NoTls;

/// An installed PostgreSQL with TLS, on a certificate for 127.0.0.1 of an authority of this test's own.
struct Site {
    cluster: Embedded,
    /// Certificates of the authority, of a client of it, and of an authority that nobody knows.
    dir: tempfile::TempDir,
    owner: SecretString,
}

/// The programs of an installed PostgreSQL.
fn installed() -> Option<PathBuf> {
    let asked = std::env::var_os("BURSAR_PG_BIN").map(PathBuf::from);
    let usual = (15..=18).map(|major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")));
    asked.into_iter().chain(usual).find(|dir| dir.join("postgres").exists())
}

impl Site {
    /// `None`, with a line, where there is no installed PostgreSQL.
    async fn start() -> Option<Self> {
        let Some(bin_dir) = installed() else {
            eprintln!("skipped: TLS towards PostgreSQL needs an installed one: make install-tools");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::new("of the tests");
        for name in ["server", "bursar_app"] {
            let issued = authority.issue(name);
            std::fs::write(dir.path().join(format!("{name}.pem")), issued.cert).unwrap();
            std::fs::write(dir.path().join(format!("{name}.key")), issued.key).unwrap();
        }
        std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
        std::fs::write(dir.path().join("other.pem"), Authority::new("nobody's").pem()).unwrap();

        let mut config = EmbeddedConfig::for_backend(Durability::Memory);
        config.bin_dir = Some(bin_dir);
        let cluster =
            Embedded::start(config, |_| {}).await.expect("the installed PostgreSQL starts");
        cluster.watch_parent().expect("the watcher starts");
        let owner = with_database(&cluster.admin_url(), "bursar");
        create_database(&owner).await.unwrap();
        bootstrap(&owner, &app_password()).await.unwrap();
        let mut runner = Runner::connect(&owner).await.unwrap();
        runner.up(None, &mut |_| {}).await.unwrap();
        runner.close().await;

        let data = cluster.data_dir().join("cluster");
        for file in ["server.pem", "server.key", "ca.pem"] {
            install(&dir.path().join(file), &data);
        }
        for set in [
            "ssl_cert_file = 'server.pem'",
            "ssl_key_file = 'server.key'",
            "ssl_ca_file = 'ca.pem'",
            "ssl = on",
        ] {
            sql(&owner, &format!("ALTER SYSTEM SET {set}")).await;
        }
        sql(&owner, "SELECT pg_reload_conf()").await;
        let site = Self { cluster, dir, owner };
        let on = "SELECT current_setting('ssl') = 'on'";
        within(A_SECOND, "it has TLS", async || site.one(on).await).await;
        Some(site)
    }

    /// The service's address with these options; `{dir}` stands for the folder of the certificates.
    fn app(&self, options: &str) -> SecretString {
        let options = options.replace("{dir}", self.dir.path().to_str().unwrap());
        let (port, password) = (self.cluster.port(), app_password());
        format!(
            "postgres://bursar_app:{}@127.0.0.1:{port}/bursar?{options}",
            password.expose_secret()
        )
        .into()
    }

    /// What a condition says of the server.
    async fn one(&self, condition: &str) -> bool {
        #[allow(clippy::disallowed_methods)]
        let (client, connection) =
            tokio_postgres::connect(self.owner.expose_secret(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(condition, &[]).await.unwrap().get(0)
    }

    /// Opens a store, and says whether its connections are protected.
    async fn protected(&self, options: &str) -> bool {
        let store = open(self.app(options)).await.unwrap_or_else(|e| panic!("{options}: {e}"));
        assert!(*store.health().borrow(), "{options}: the database does not answer");
        // Those of the store before may not have ended yet.
        self.one(
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'bursar_app' \
             ORDER BY backend_start DESC LIMIT 1",
        )
        .await
    }

    /// What is said when a running server is told to use this address.
    async fn refused(&self, options: &str) -> String {
        let store = open(self.app("sslmode=disable")).await.expect("it opens");
        let refused = store.try_link(&self.app(options), 2).await.err().expect(options).to_string();
        assert!(*store.health().borrow(), "the old address still serves");
        assert!(!refused.contains(app_password().expose_secret()), "{refused}");
        refused
    }
}

/// Copies a file to where PostgreSQL reads it, as its own.
fn install(from: &Path, data: &Path) {
    let to = data.join(from.file_name().unwrap());
    std::fs::copy(from, &to).unwrap();
    std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
    let owner = std::fs::metadata(data).unwrap();
    std::os::unix::fs::chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
}

async fn open(url: SecretString) -> Result<Store, StoreError> {
    let schema_version = latest_version();
    Store::open(StoreConfig { url, max_connections: 2, request_id_days: 30, schema_version }).await
}

#[tokio::test]
async fn each_mode_protects_as_it_says() {
    let Some(site) = Site::start().await else { return };
    for (options, protected) in [
        ("sslmode=disable", false),
        ("", true),
        ("sslmode=prefer", true),
        ("sslmode=require", true),
        ("sslmode=require&sslrootcert={dir}/ca.pem", true),
        ("sslmode=verify-ca&sslrootcert={dir}/ca.pem", true),
        ("sslmode=verify-full&sslrootcert={dir}/ca.pem", true),
    ] {
        assert_eq!(site.protected(options).await, protected, "{options}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_the_one_is_refused() {
    let Some(site) = Site::start().await else { return };
    for options in [
        "sslmode=verify-full&sslrootcert={dir}/other.pem",
        "sslmode=verify-ca&sslrootcert={dir}/other.pem",
        "sslmode=require&sslrootcert={dir}/other.pem",
        // The authorities of this machine have not signed it either.
        "sslmode=verify-full",
    ] {
        let text = site.refused(options).await;
        assert!(text.contains("invalid peer certificate"), "{options}: {text}");
    }
    // Of the right authority, for another host.
    let other = site.app("sslmode=verify-full&sslrootcert={dir}/ca.pem");
    let other = other.expose_secret().replace("127.0.0.1", "db.example.com");
    let other = SecretString::from(format!("{other}&hostaddr=127.0.0.1"));
    let store = open(site.app("sslmode=disable")).await.unwrap();
    let text = store.try_link(&other, 2).await.err().unwrap().to_string();
    assert!(text.contains("not valid for name"), "{text}");
    let any_host: SecretString = other.expose_secret().replace("verify-full", "verify-ca").into();
    store.take_over(store.try_link(&any_host, 2).await.unwrap());
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let Some(site) = Site::start().await else { return };
    std::fs::write(site.dir.path().join("empty.pem"), "").unwrap();
    for (options, says) in [
        (
            "sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
            "sslrootcert /nowhere/ca.pem cannot be read",
        ),
        ("sslmode=verify-full&sslrootcert={dir}/empty.pem", "holds no certificate in PEM form"),
        ("sslcert={dir}/bursar_app.pem&sslkey={dir}/ca.pem", "sslkey"),
        ("sslcert={dir}/bursar_app.pem&sslkey={dir}/server.key", "cannot be used together"),
    ] {
        let text = site.refused(options).await;
        assert!(text.contains(says), "{options}: {text}");
    }
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let Some(site) = Site::start().await else { return };
    let options = "sslmode=verify-full&sslrootcert={dir}/ca.pem&sslcert={dir}/bursar_app.pem&sslkey={dir}/bursar_app.key";
    let store = open(site.app(options)).await.unwrap();
    assert!(*store.health().borrow());
    let named = "SELECT bool_and(client_dn = '/CN=bursar_app') FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                 WHERE usename = 'bursar_app'";
    assert!(site.one(named).await);
}

/// The migrations have a driver of their own.
#[tokio::test]
async fn the_administrator_too_can_ask_for_it() {
    let Some(site) = Site::start().await else { return };
    let with = |authority: &str| {
        let file = site.dir.path().join(authority);
        let owner = site.owner.expose_secret();
        SecretString::from(format!("{owner}?sslmode=verify-full&sslrootcert={}", file.display()))
    };
    let runner = Runner::connect(&with("ca.pem")).await.unwrap();
    let protected = "SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE application_name = 'bursar-migrate'";
    assert!(site.one(protected).await);
    runner.close().await;
    let refused = Runner::connect(&with("other.pem")).await.unwrap_err().to_string();
    assert!(refused.contains("invalid peer certificate"), "{refused}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_it_is_asked_for() {
    let database = bursar_testkit::Database::migrated().await;
    let plain = database.app_url.expose_secret();
    let store = open(database.app_url.clone()).await.unwrap();
    let version = database.rows("SELECT current_setting('ssl')").await[0].get::<_, String>(0);
    assert_eq!(version, "off");
    for mode in ["require", "verify-full"] {
        let url = SecretString::from(format!("{plain}?sslmode={mode}"));
        let text = store.try_link(&url, 2).await.err().unwrap().to_string();
        assert!(text.contains("TLS"), "{text}");
    }
}
