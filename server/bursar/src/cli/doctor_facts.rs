//! What the doctor asks the database and the server.

use super::doctor_here::Here;
use super::health::page;
use crate::config::{Backend, Config};
use crate::doctor::{
    Attempt, Database, Difference, Facts, Ops, SETTINGS, Seen, Server, role_names,
};
use crate::local::data_dir;
use crate::target::{in_use, running_url};
use bursar_migrations::inspect::{Inspector, Session, Unreachable, Unseen};
use bursar_migrations::{Migration, Runner};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;
use tokio::time::timeout;
use tonic::transport::{ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Longest wait for a server's answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// The address where a server is looked for when nobody said where.
const USUAL_URL: &str = "http://127.0.0.1:50051";

/// What the command line asks for.
pub(super) struct Asked {
    /// Judge as for production.
    pub(super) production: bool,
    /// Age of a long transaction.
    pub(super) long_transaction_seconds: u32,
    /// A proxy ends TLS.
    pub(super) behind_proxy: bool,
    /// How backups are made.
    pub(super) backups: Option<String>,
}

/// Asks everybody; with `outside` false only this machine is looked at.
pub(super) async fn gather(here: Here, asked: Asked, outside: bool) -> Facts {
    let config = &here.config;
    let (mut attempts, mut database) = (Vec::new(), None);
    let mut server = Server {
        url: config.url.clone(),
        chosen: config.url != USUAL_URL,
        serving: Err("not asked".to_owned()),
        ops_address: super::health::dial(config.ops_listen),
        ops: None,
    };
    if outside {
        (attempts, database) = look(config, asked.long_transaction_seconds).await;
        server.serving = serving(&config.url).await;
        server.ops = ops(&server).await;
    }
    Facts {
        production: asked.production,
        long_transaction_seconds: asked.long_transaction_seconds,
        behind_proxy: asked.behind_proxy,
        backups: asked.backups,
        here: here.facts(),
        attempts,
        database,
        server,
    }
}

/// The addresses that there are, the one with the most rights first.
fn addresses(config: &Config) -> Vec<(&'static str, SecretString)> {
    let mut found = Vec::new();
    if let Some(url) = &config.owner_url {
        found.push(("BURSAR_OWNER_URL", url.clone()));
    }
    if let Some(url) = config.database_url.as_ref().filter(|_| config.backend == Backend::Postgres)
    {
        found.push(("DATABASE_URL", url.clone()));
    }
    if found.is_empty() && config.backend == Backend::Embedded {
        let dir = data_dir(config);
        let running = in_use(&dir).then(|| running_url(&dir)).flatten();
        found.extend(running.map(|url| ("embedded database", url)));
    }
    found
}

async fn look(config: &Config, long_seconds: u32) -> (Vec<Attempt>, Option<Database>) {
    let (mut attempts, mut database) = (Vec::new(), None);
    for (variable, url) in addresses(config) {
        let outcome = match connect(&url).await {
            Ok((mut inspector, session)) => {
                let told = (session.login.clone(), session.tls.clone());
                if database.is_none() {
                    database = Some(ask(&mut inspector, session, &url, long_seconds).await);
                }
                inspector.close().await;
                Ok(told)
            }
            Err(error) => Err(error),
        };
        let (ssl_mode, remote) = (ssl_mode(&url), remote(&url));
        attempts.push(Attempt { variable, ssl_mode, remote, outcome });
    }
    (attempts, database)
}

async fn connect(url: &SecretString) -> Result<(Inspector, Session), Unreachable> {
    let mut inspector = Inspector::connect(url).await?;
    let session = inspector.session().await.map_err(|e| Unreachable::Other(e.to_string()))?;
    Ok((inspector, session))
}

async fn ask(
    inspector: &mut Inspector,
    session: Session,
    url: &SecretString,
    long_seconds: u32,
) -> Database {
    let owner = session.owner;
    let (mut applied, mut differences) = (None, None);
    if owner {
        applied = Some(migrations(url).await);
        differences = Some(drift(url).await);
    }
    Database {
        connections: inspector.connections().await,
        clock: inspector.clock().await,
        settings: inspector.settings(SETTINGS).await,
        role_settings: inspector.role_settings().await,
        roles: inspector.roles(&role_names()).await,
        memberships: inspector.memberships(&role_names()).await,
        tenants: inspector.tenants(owner).await,
        walls: inspector.walls().await,
        migrations: applied,
        schema_version: inspector.schema_version(owner).await,
        drift: differences,
        long: inspector.long_transactions(long_seconds).await,
        prepared: inspector.prepared().await,
        slots: inspector.slots().await,
        wraparound: inspector.wraparound().await,
        sizes: inspector.sizes().await,
        archiver: inspector.archiver().await,
        tables: inspector.tables().await,
        indexes: inspector.indexes().await,
        // The last one: it changes the search path.
        statistics: inspector.statistics().await,
        session,
    }
}

async fn migrations(url: &SecretString) -> Seen<Vec<Migration>> {
    let told = |error: bursar_migrations::Error| Unseen(error.to_string());
    let mut runner = Runner::connect(url).await.map_err(told)?;
    let status = runner.status().await.map_err(told);
    runner.close().await;
    status
}

/// What differs from what the migrations build. Migrations themselves are told one by one already.
async fn drift(url: &SecretString) -> Seen<Vec<Difference>> {
    let found = bursar_migrations::drift(url).await.map_err(|error| Unseen(error.to_string()))?;
    let told = found.iter().filter(|drift| drift.kind != "migration").map(|drift| Difference {
        subject: format!("{} {}", drift.kind, drift.object),
        text: format!("{}, compared with what the migrations build", drift.difference.as_str()),
        remedy: drift.remedy(),
    });
    Ok(told.collect())
}

async fn serving(url: &str) -> Result<bool, String> {
    let told = |error: tonic::transport::Error| {
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
    };
    let mut endpoint =
        Endpoint::from_shared(url.to_owned()).map_err(told)?.connect_timeout(PATIENCE);
    if url.starts_with("https://") {
        endpoint = endpoint.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(told)?;
    }
    let mut client = HealthClient::new(endpoint.connect().await.map_err(told)?);
    let request = HealthCheckRequest { service: String::new() };
    match timeout(PATIENCE, client.check(request)).await {
        Ok(Ok(answer)) => Ok(answer.into_inner().status() == ServingStatus::Serving),
        Ok(Err(status)) => Err(status.message().to_owned()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

async fn ops(server: &Server) -> Option<Ops> {
    let get = async |path| timeout(PATIENCE, page(server.ops_address, path)).await.ok()?.ok();
    let (ready, text) = get("/readyz").await?;
    let (metrics, _) = get("/metrics").await?;
    Some(Ops { ready: (ready.as_u16(), text), metrics: metrics.as_u16() })
}

/// `sslmode` of an address; empty when it has none.
fn ssl_mode(url: &SecretString) -> String {
    let options = url.expose_secret().split_once('?').map_or("", |(_, options)| options);
    let mode = options.split('&').find_map(|pair| pair.strip_prefix("sslmode="));
    mode.unwrap_or_default().to_owned()
}

/// Whether an address leads to another machine.
fn remote(url: &SecretString) -> bool {
    let text = url.expose_secret();
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    // A directory is a socket of this machine, whether it is written with / or with %2F.
    let near = ["127.", "localhost", "[::1]", "%2F", "%2f"];
    !host.is_empty() && !near.iter().any(|start| host.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        for (url, far, mode) in [
            ("postgres://u:p@127.0.0.1:5432/d", false, ""),
            ("postgres://u:p@localhost/d?sslmode=disable", false, "disable"),
            ("postgres://u:p@[::1]:5432/d", false, ""),
            ("postgres://u:p@%2Fvar%2Frun/d", false, ""),
            ("postgres://u:p@/d?host=/var/run", false, ""),
            ("postgres://u:p@db.example.com/d?x=1&sslmode=verify-full", true, "verify-full"),
        ] {
            let url = SecretString::from(url);
            assert_eq!((remote(&url), ssl_mode(&url).as_str()), (far, mode));
        }
    }
}
