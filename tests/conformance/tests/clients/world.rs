//! What one language is tried against: a server with everything around it, and the keys to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bursar_proto::admin::v1::{CreateApiKeyRequest, RevokeApiKeyRequest};
use bursar_proto::common::v1::Role;
use bursar_testkit::{
    Authority, Caller, Database, Process, Proxy, TestTenant, binary, id, platform_key, variables,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio_postgres::Client;

use crate::relay::Relay;

/// How long the key lives that is to be out of date.
const BRIEF: std::time::Duration = std::time::Duration::from_millis(1_500);
/// The tests send wrong keys on purpose, more than the server's default takes from one address.
const SETTINGS: &[(&str, &str)] = &[("BURSAR_AUTH_FAILURES_PER_MINUTE", "0")];

/// One language's surroundings.
pub(crate) struct World {
    pub(crate) database: Database,
    /// The server that scenarios restart; none while it is down.
    pub(crate) plain: Arc<Mutex<Option<Process>>>,
    /// Where it listens, always.
    pub(crate) port: u16,
    pub(crate) proxy: Proxy,
    pub(crate) relay: Relay,
    /// A connection that holds a row.
    pub(crate) lock: Mutex<Option<Client>>,
    replicas: Mutex<Vec<Process>>,
    /// Bound, and never listened on: nobody else gets it.
    _closed: TcpSocket,
    setup: Value,
}

impl World {
    /// Starts it all; `folder` takes the certificates.
    pub(crate) async fn new(folder: &Path) -> Self {
        let database = Database::migrated().await;
        let platform = platform_key(&database).await;
        let plain = serve(&database, &[("BURSAR_LISTEN", "127.0.0.1:0")]).await;
        let port = plain.grpc.port();
        let proxy = Proxy::start(port).await;
        let relay = Relay::start(port).await;
        let certificates = Certificates::write(folder);
        let cert = certificates.server.as_str();
        let tls = [("BURSAR_TLS_CERT", cert), ("BURSAR_TLS_KEY", certificates.server_key.as_str())];
        let mutual = [tls[0], tls[1], ("BURSAR_TLS_CLIENT_CA", certificates.ca.as_str())];
        let (tls, mutual) = (serve(&database, &tls).await, serve(&database, &mutual).await);
        let closed = TcpSocket::new_v4().expect("a socket");
        closed.bind(([127, 0, 0, 1], 0).into()).expect("binds");
        let closed_port = closed.local_addr().expect("an address").port();

        let platform = plain.caller(platform.expose_secret());
        let (keys, tenant) = keys(&platform).await;
        let (tls_port, mutual_port) = (tls.grpc.port(), mutual.grpc.port());
        let setup = json!({
            "urls": {
                "plain": format!("http://127.0.0.1:{}", proxy.port),
                "relay": format!("http://127.0.0.1:{}", relay.port),
                "closed": format!("http://127.0.0.1:{closed_port}"),
                "tls": format!("https://localhost:{tls_port}"),
                "tls_untrusted": format!("https://localhost:{tls_port}"),
                "plain_to_tls": format!("http://localhost:{tls_port}"),
                "tls_to_plain": format!("https://localhost:{port}"),
                "mtls": format!("https://localhost:{mutual_port}"),
                "mtls_no_cert": format!("https://localhost:{mutual_port}"),
                "not_a_url": "no url:at all",
            },
            "keys": keys,
            "tenant": tenant,
            "ca_file": certificates.ca,
            "client_cert_file": certificates.client,
            "client_key_file": certificates.client_key,
        });
        Self {
            database,
            plain: Arc::new(Mutex::new(Some(plain))),
            port,
            proxy,
            relay,
            lock: Mutex::new(None),
            replicas: Mutex::new(vec![tls, mutual]),
            _closed: closed,
            setup,
        }
    }

    /// What the driver is told.
    pub(crate) fn setup(&self) -> &Value {
        &self.setup
    }

    /// Starts the server that was stopped again, where it was.
    pub(crate) async fn serve_again(&self) -> Process {
        serve(&self.database, &[("BURSAR_LISTEN", &format!("127.0.0.1:{}", self.port))]).await
    }

    /// Stops all of it, a server that a restart would bring too.
    pub(crate) async fn end(&self) {
        let replicas = std::mem::take(&mut *self.replicas.lock().await);
        let plain = self.plain.lock().await.take();
        for process in replicas.into_iter().chain(plain) {
            process.kill().await;
        }
    }
}

async fn serve(database: &Database, more: &[(&str, &str)]) -> Process {
    let settings = SETTINGS.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let mut command = Command::new(binary());
    command.arg("serve").env_clear().envs(variables(database, &settings.collect::<Vec<_>>()));
    Process::start(command).await
}

/// The keys by the names that scenarios have for them, and the tenant of most of them.
async fn keys(platform: &Caller) -> (Value, String) {
    let (tenant, other) = (TestTenant::new(platform).await, TestTenant::new(platform).await);
    let mut soon = prost_types::Timestamp::from(std::time::SystemTime::now() + BRIEF);
    // The server takes no finer times than it keeps.
    soon.nanos -= soon.nanos % 1_000;
    let brief = CreateApiKeyRequest { expires_at: Some(soon), ..Default::default() };
    let expired = tenant.admin.make_key(Role::Operator, brief).await.key;
    let revoked = tenant.admin.make_key(Role::Operator, CreateApiKeyRequest::default()).await;
    let request = RevokeApiKeyRequest { request_id: id(), id: revoked.api_key.expect("a key").id };
    tenant.admin.keys().revoke_api_key(request).await.expect("revokes");
    tokio::time::sleep(BRIEF).await;
    let keys = json!({
        "admin": tenant.admin.key_text,
        "operator": tenant.operator.key_text,
        "viewer": tenant.viewer.key_text,
        "auditor": tenant.auditor.key_text,
        "platform": platform.key_text,
        "other": other.admin.key_text,
        "revoked": revoked.key,
        "expired": expired,
        "garbage": "bsr_test_garbage",
        "none": "",
    });
    (keys, tenant.id)
}

/// Files of certificates.
struct Certificates {
    ca: String,
    server: String,
    server_key: String,
    client: String,
    client_key: String,
}

impl Certificates {
    fn write(folder: &Path) -> Self {
        let authority = Authority::new("the clients' CA");
        let issue = |name: &str| {
            let folder = folder.join(name);
            std::fs::create_dir(&folder).expect("a folder");
            let (cert, key) = authority.issue(name).write(&folder);
            (text(cert), text(key))
        };
        let (server, server_key) = issue("server");
        let (client, client_key) = issue("client");
        let ca = folder.join("ca.pem");
        std::fs::write(&ca, authority.pem()).expect("writes");
        Self { ca: text(ca), server, server_key, client, client_key }
    }
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("a path in UTF-8")
}
