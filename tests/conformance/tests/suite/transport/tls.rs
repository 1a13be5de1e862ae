//! TLS and mutual TLS: who is let in, what a browser gets, and certificates that change.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bursar::config::{Config, Purpose};
use bursar::serve::start;
use bursar_proto::admin::v1::{WhoAmIRequest, WhoAmIResponse};
use bursar_testkit::http::{frame, frames, send, send_on};
use bursar_testkit::{Authority, Caller, Issued, Server, binary, within};
use http::{Request, StatusCode, Version};
use prost::Message as _;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring, version};
use tokio_rustls::{TlsConnector, rustls};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// Two looks at the files, and some time for a busy machine.
const TAKEN_OVER: Duration = Duration::from_secs(10);

/// A server with TLS, and what it was given.
struct Secured {
    server: Server,
    authority: Authority,
    dir: TempDir,
}

impl Secured {
    async fn start(more: &[(&str, &str)]) -> Self {
        let (authority, dir) = (Authority::new("the bank's CA"), tempfile::tempdir().unwrap());
        let (cert, key) = authority.issue("bursar").write(dir.path());
        let mut settings = vec![
            ("BURSAR_TLS_CERT", cert.to_str().unwrap()),
            ("BURSAR_TLS_KEY", key.to_str().unwrap()),
        ];
        settings.extend(more);
        Self { server: Server::start_with(&settings).await, authority, dir }
    }

    fn caller(&self, tls: ClientTlsConfig) -> Caller {
        let endpoint = Endpoint::from_shared(format!("https://localhost:{}", self.server.port()));
        let endpoint = endpoint.unwrap().tls_config(tls).unwrap();
        Caller::at(&endpoint, &self.server.platform.key_text)
    }

    /// What a careful client does.
    fn trusting(&self) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.authority.pem()))
    }

    async fn connect(&self, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(("127.0.0.1", self.server.port())).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    fn config(&self, versions: &[&'static rustls::SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap())
            .unwrap();
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// The certificate that a new connection sees.
    async fn seen(&self) -> Vec<u8> {
        let stream = self.connect(self.config(&[&version::TLS13])).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }
}

fn der(issued: &Issued) -> Vec<u8> {
    CertificateDer::from_pem_slice(issued.cert.as_bytes()).unwrap().to_vec()
}

async fn who(caller: &Caller) -> Result<WhoAmIResponse, tonic::Status> {
    caller.server().who_am_i(WhoAmIRequest {}).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn who_trusts_the_ca_gets_in_and_who_does_not_stays_out() {
    let secured = Secured::start(&[]).await;
    let me = who(&secured.caller(secured.trusting())).await.expect("the CA is the right one");
    assert_eq!(me.label, "tests");

    let other = Authority::new("somebody else's CA").pem();
    let wary = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(other));
    assert!(who(&secured.caller(wary)).await.is_err(), "the client refuses the server");

    let plain = Caller::new(secured.server.port(), &secured.server.platform.key_text);
    assert!(who(&plain).await.is_err(), "no plain call on a port with TLS");
    who(&secured.caller(secured.trusting())).await.expect("the server goes on");
}

#[tokio::test]
async fn both_versions_of_tls_and_of_http_are_spoken() {
    let secured = Secured::start(&[("BURSAR_CORS_ORIGINS", "https://app.example.com")]).await;
    for version in [&version::TLS12, &version::TLS13] {
        for (protocol, http) in [("h2", Version::HTTP_2), ("http/1.1", Version::HTTP_11)] {
            let mut config = secured.config(&[version]);
            config.alpn_protocols = vec![protocol.into()];
            let stream = secured.connect(config).await.expect("a handshake");
            assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
            let request = Request::post("https://localhost/bursar.admin.v1.ServerService/WhoAmI")
                .header("host", "localhost")
                .header("origin", "https://app.example.com")
                .header("content-type", "application/grpc-web+proto")
                .header("authorization", format!("Bearer {}", secured.server.platform.key_text));
            let answer = send_on(stream, http, request.body(frame(&[])).unwrap()).await;
            assert_eq!((answer.status, answer.version), (StatusCode::OK, http));
            assert_eq!(answer.headers["access-control-allow-origin"], "https://app.example.com");
            let reply = WhoAmIResponse::decode(frames(&answer.body)[0].1.as_slice()).unwrap();
            assert_eq!(reply.label, "tests");
        }
    }
    let mut other = secured.config(&[&version::TLS13]);
    other.alpn_protocols = vec!["spdy/3".into()];
    assert!(secured.connect(other).await.is_err(), "nothing that the server does not speak");
}

#[tokio::test]
async fn with_mutual_tls_only_certificates_of_the_ca_get_in() {
    let (clients, dir) = (Authority::new("the clients' CA"), tempfile::tempdir().unwrap());
    let ca = dir.path().join("clients.crt");
    std::fs::write(&ca, clients.pem()).unwrap();
    let secured = Secured::start(&[("BURSAR_TLS_CLIENT_CA", ca.to_str().unwrap())]).await;
    let with = |issued: Issued| {
        secured.caller(secured.trusting().identity(Identity::from_pem(issued.cert, issued.key)))
    };
    who(&with(clients.issue("payments"))).await.expect("a certificate of the CA");
    assert!(who(&secured.caller(secured.trusting())).await.is_err(), "no certificate");
    assert!(who(&with(Authority::new("the clients' CA").issue("payments"))).await.is_err());
    assert!(who(&with(clients.issue_expired("payments"))).await.is_err(), "out of date");

    // The program: its commands present one, and the health check needs none.
    let (cert, key) = clients.issue("operator").write(dir.path());
    let trusted = secured.dir.path().join("ca.crt");
    std::fs::write(&trusted, secured.authority.pem()).unwrap();
    let run = async |arguments: &[&str], files: &[(&str, &Path)]| {
        let mut command = Command::new(binary());
        for variable in bursar::config::VARIABLES {
            command.env_remove(variable.name).env_remove(format!("{}_FILE", variable.name));
        }
        let running = secured.server.running.as_ref().unwrap();
        command
            .args(arguments)
            .env("BURSAR_URL", format!("https://localhost:{}", running.grpc_addr.port()))
            .env("BURSAR_OPS_LISTEN", running.ops_addr.to_string())
            .env("BURSAR_API_KEY", &secured.server.platform.key_text)
            .envs(files.iter().copied());
        let output = command.output().await.expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let ca = ("BURSAR_TLS_CA", trusted.as_path());
    let (cert, key) =
        (("BURSAR_TLS_CLIENT_CERT", cert.as_path()), ("BURSAR_TLS_CLIENT_KEY", key.as_path()));
    let done = run(&["tenant", "list"], &[ca, cert, key]).await;
    assert_eq!(done.0, Some(0), "{}", done.1);
    let done = run(&["health"], &[]).await;
    assert_eq!(done.0, Some(0), "{}", done.1);
    let (code, said) = run(&["tenant", "list"], &[cert, key]).await;
    assert!(code == Some(4) && said.contains("cannot reach https://localhost"), "{said}");
    let (code, said) = run(&["tenant", "list"], &[ca]).await;
    assert!(code != Some(0), "{said}");
    let (code, said) = run(&["tenant", "list"], &[ca, cert]).await;
    assert!(code == Some(2) && said.contains("BURSAR_TLS_CLIENT_KEY is not"), "{said}");
    let (code, said) = run(&["tenant", "list"], &[("BURSAR_TLS_CA", Path::new("/nowhere"))]).await;
    assert!(code == Some(2) && said.contains("BURSAR_TLS_CA: cannot read /nowhere"), "{said}");
}

#[tokio::test]
async fn a_changed_certificate_is_for_new_connections() {
    let secured = Secured::start(&[]).await;
    let before = secured.seen().await;
    let old = secured.caller(secured.trusting());
    who(&old).await.expect("an old connection");

    let next = secured.authority.issue("bursar of tomorrow");
    next.write(secured.dir.path());
    within(TAKEN_OVER, "the new certificate", async || secured.seen().await == der(&next)).await;
    assert_ne!(before, der(&next));
    who(&old).await.expect("the old connection goes on");

    // What cannot be used is not.
    let broken = Issued { cert: "nonsense".into(), key: next.key.clone() };
    broken.write(secured.dir.path());
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(secured.seen().await, der(&next));
    let stranger = Issued { key: secured.authority.issue("x").key, cert: next.cert.clone() };
    stranger.write(secured.dir.path());
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(secured.seen().await, der(&next));
    who(&secured.caller(secured.trusting())).await.expect("a new connection");

    let last = secured.authority.issue("bursar, repaired");
    last.write(secured.dir.path());
    within(TAKEN_OVER, "the repaired one", async || secured.seen().await == der(&last)).await;
    who(&old).await.expect("the old connection still goes on");
}

#[tokio::test]
async fn slow_handshakes_hold_nobody_up() {
    let secured = Secured::start(&[]).await;
    let address: SocketAddr = ([127, 0, 0, 1], secured.server.port()).into();
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let caller = secured.caller(secured.trusting());
    let call = who(&caller);
    tokio::time::timeout(Duration::from_secs(5), call).await.expect("an answer").expect("a call");
    // And they do not keep their places.
    let mut first = silent.swap_remove(0);
    let end = tokio::io::AsyncReadExt::read_u8(&mut first);
    let end =
        tokio::time::timeout(Duration::from_mins(1), end).await.expect("the bound is 10 seconds");
    assert!(end.is_err());
}

#[tokio::test]
async fn the_operators_port_stays_plain() {
    let secured = Secured::start(&[]).await;
    let ops = secured.server.running.as_ref().unwrap().ops_addr.port();
    let request = Request::get("/readyz").header("host", "probe").body(Vec::new()).unwrap();
    assert_eq!(send(ops, Version::HTTP_11, request).await.status, StatusCode::OK);
}

/// Takes the given files; fails with words, or starts on a database that is not there.
async fn told(files: &[(&str, &Path)]) -> Result<(), String> {
    let base = [
        ("STORE_BACKEND", "postgres"),
        ("DATABASE_URL", "postgres://bursar_app:geheim@127.0.0.1:1/bursar"),
        ("BURSAR_PEPPER", "0123456789abcdef0123456789abcdef"),
        ("BURSAR_LISTEN", "127.0.0.1:0"),
        ("BURSAR_OPS_LISTEN", "127.0.0.1:0"),
        ("BURSAR_DRAIN_WAIT_SECONDS", "0"),
    ];
    let config = Config::from_lookup(Purpose::Serve, &|name| {
        let file = files.iter().find(|(n, _)| *n == name).map(|(_, path)| path.as_os_str().into());
        file.or_else(|| base.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()))
    })
    .map_err(|error| error.to_string())?;
    let running = start(&config).await.map_err(|error| error.to_string())?;
    running.stop().await;
    Ok(())
}

#[tokio::test]
async fn files_that_cannot_be_used_stop_the_start_with_the_reason() {
    let (authority, dir) = (Authority::new("a CA"), tempfile::tempdir().unwrap());
    let (cert, key) = authority.issue("bursar").write(dir.path());
    let (cert, key) = (("BURSAR_TLS_CERT", cert.as_path()), ("BURSAR_TLS_KEY", key.as_path()));
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let other_key = file("other.key", &authority.issue("x").key);
    let nonsense = file("nonsense", "nonsense");
    let nowhere = Path::new("/nowhere/x");
    let cases: &[(&[(&str, &Path)], &str)] = &[
        (&[cert], "BURSAR_TLS_CERT is set and BURSAR_TLS_KEY is not; set both, or none"),
        (&[key], "BURSAR_TLS_KEY is set and BURSAR_TLS_CERT is not; set both, or none"),
        (&[("BURSAR_TLS_CLIENT_CA", &nonsense)], "BURSAR_TLS_CLIENT_CA: is set without"),
        (&[("BURSAR_TLS_CERT", nowhere), key], "BURSAR_TLS_CERT: cannot read /nowhere/x"),
        (&[cert, ("BURSAR_TLS_KEY", nowhere)], "BURSAR_TLS_KEY: cannot read /nowhere/x"),
        (&[("BURSAR_TLS_CERT", &nonsense), key], "holds no certificate in PEM form"),
        (&[cert, ("BURSAR_TLS_KEY", &nonsense)], "holds no private key in PEM form"),
        (&[cert, ("BURSAR_TLS_KEY", &other_key)], "is not the key of the certificate in"),
        (&[cert, key, ("BURSAR_TLS_CLIENT_CA", &nonsense)], "holds no certificate in PEM form"),
        (&[cert, key, ("BURSAR_TLS_CLIENT_CA", nowhere)], "BURSAR_TLS_CLIENT_CA: cannot read"),
    ];
    for (files, want) in cases {
        let said = told(files).await.expect_err(want);
        assert!(said.contains(want), "{said}");
    }
    told(&[cert, key]).await.expect("the right files");
}

/// An old certificate is better than none: its callers decide, and the log says so.
#[tokio::test]
async fn an_expired_certificate_is_served_and_refused_by_callers() {
    let (authority, dir) = (Authority::new("a CA"), tempfile::tempdir().unwrap());
    let (cert, key) = authority.issue_expired("bursar").write(dir.path());
    let settings =
        [("BURSAR_TLS_CERT", cert.to_str().unwrap()), ("BURSAR_TLS_KEY", key.to_str().unwrap())];
    let server = Server::start_with(&settings).await;
    let secured = Secured { server, authority, dir };
    assert!(who(&secured.caller(secured.trusting())).await.is_err());
    let next = secured.authority.issue("bursar");
    next.write(secured.dir.path());
    let caller = secured.caller(secured.trusting());
    within(TAKEN_OVER, "the renewed certificate", async || who(&caller).await.is_ok()).await;
}
