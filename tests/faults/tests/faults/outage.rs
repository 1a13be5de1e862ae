//! A server whose database is behind a proxy.

use bursar_testkit::{Database, Proxy, Server};
use secrecy::ExposeSecret as _;

/// Starts a proxy in front of a fresh database, and a server behind it with further variables.
pub(crate) async fn server_with(
    settings: &[(&str, &str)],
    broken: impl FnOnce(&Proxy),
) -> (Server, Proxy) {
    let database = Database::migrated().await;
    let proxy = Proxy::start(database.port().await).await;
    broken(&proxy);
    let url = database.app_url_at(proxy.port);
    let mut all = settings.to_vec();
    all.push(("DATABASE_URL", url.expose_secret()));
    (Server::start_on(database, &all).await, proxy)
}

/// The same, with nothing broken yet.
pub(crate) async fn server() -> (Server, Proxy) {
    server_with(&[], |_| {}).await
}
