//! TLS towards callers: rustls with ring, TLS 1.2 and 1.3, HTTP/2 or HTTP/1.1 as the client asks for.

use crate::config::TlsFiles;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;
use x509_parser::parse_x509_certificate;

const CERT: &str = "BURSAR_TLS_CERT";
const KEY: &str = "BURSAR_TLS_KEY";
const CLIENT_CA: &str = "BURSAR_TLS_CLIENT_CA";
/// How long before its end a certificate is told of: most are renewed with a third of 90 days left.
const EXPIRY_NOTICE: Duration = Duration::from_hours(7 * 24);
/// Rights on a key file that nobody but its owner and group should have.
const OTHERS: u32 = 0o007;

/// Why the files of TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{variable}: cannot read {}: {problem}; give the path of a readable file", .path.display())]
    Unreadable {
        /// Variable that names it.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        problem: String,
    },
    /// A file holds something else than it should.
    #[error("{variable}: {} {problem}", .path.display())]
    Unusable {
        /// Variable that names it.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what would be right.
        problem: String,
    },
}

/// Contents of the files, or why there are none.
#[derive(Hash)]
pub(super) struct Contents {
    cert: Result<Vec<u8>, String>,
    key: Result<Vec<u8>, String>,
    client_ca: Option<Result<Vec<u8>, String>>,
}

/// What is to be used from the next handshake on.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    /// Of the contents it was made of.
    pub(super) fingerprint: u64,
    /// The server's own certificate.
    pub(super) cert: CertificateDer<'static>,
    /// What is not right, though it works.
    pub(super) warnings: Vec<String>,
}

impl Contents {
    pub(super) fn read(files: &TlsFiles) -> Self {
        let read = |path: &Path| std::fs::read(path).map_err(|e| e.to_string());
        Self {
            cert: read(&files.cert),
            key: read(&files.key),
            client_ca: files.client_ca.as_deref().map(read),
        }
    }

    /// Tells one state of the files from another without keeping the key.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Makes of them what a server needs.
    pub(super) fn load(&self, files: &TlsFiles) -> Result<Loaded, TlsError> {
        let chain = certificates(CERT, &files.cert, &self.cert)?;
        let key_pem = readable(KEY, &files.key, &self.key)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| {
            unusable(KEY, &files.key, "holds no private key in PEM form; give the key's file")
        })?;
        let mut warnings = Vec::new();
        warnings.extend(validity(&files.cert, &chain[0]));
        warnings.extend(openness(&files.key));
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable(CERT, &files.cert, e.to_string()))?;
        let builder = match (&files.client_ca, &self.client_ca) {
            (Some(path), Some(pem)) => {
                let mut roots = RootCertStore::empty();
                for ca in certificates(CLIENT_CA, path, pem)? {
                    roots.add(ca).map_err(|e| {
                        unusable(CLIENT_CA, path, format!("holds a CA that cannot be used: {e}"))
                    })?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|e| unusable(CLIENT_CA, path, e.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
            _ => builder.with_no_client_auth(),
        };
        let cert = chain[0].clone();
        let mut config = builder.with_single_cert(chain, key).map_err(|e| match e {
            rustls::Error::InconsistentKeys(_) => {
                let cert = files.cert.display();
                unusable(KEY, &files.key, format!("is not the key of the certificate in {cert}; give the two that belong together"))
            }
            e => unusable(CERT, &files.cert, format!("cannot be used: {e}")),
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let fingerprint = self.fingerprint();
        Ok(Loaded { config: Arc::new(config), fingerprint, cert, warnings })
    }
}

fn readable<'a>(
    variable: &'static str,
    path: &Path,
    contents: &'a Result<Vec<u8>, String>,
) -> Result<&'a [u8], TlsError> {
    contents.as_deref().map_err(|problem| TlsError::Unreadable {
        variable,
        path: path.to_owned(),
        problem: problem.clone(),
    })
}

fn unusable(variable: &'static str, path: &Path, problem: impl Into<String>) -> TlsError {
    TlsError::Unusable { variable, path: path.to_owned(), problem: problem.into() }
}

/// The certificates of a file, at least one.
fn certificates(
    variable: &'static str,
    path: &Path,
    contents: &Result<Vec<u8>, String>,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = readable(variable, path, contents)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|e| unusable(variable, path, format!("is not valid PEM: {e}")))?;
    if found.is_empty() {
        return Err(unusable(
            variable,
            path,
            "holds no certificate in PEM form; give one that does",
        ));
    }
    Ok(found)
}

/// What callers say to the certificate's time, or soon will.
pub(super) fn validity(path: &Path, cert: &CertificateDer<'_>) -> Option<String> {
    let (_, cert) = parse_x509_certificate(cert).ok()?;
    let (times, now) = (cert.validity(), x509_parser::time::ASN1Time::now());
    let path = path.display();
    if times.not_after < now {
        return Some(format!(
            "the certificate in {path} expired at {}; callers refuse it until it is renewed",
            times.not_after
        ));
    }
    if times.time_to_expiration().is_some_and(|left| left < EXPIRY_NOTICE) {
        return Some(format!(
            "the certificate in {path} expires at {}; renew it, or callers will refuse it",
            times.not_after
        ));
    }
    (times.not_before > now).then(|| {
        format!(
            "the certificate in {path} is not valid before {}; callers refuse it",
            times.not_before
        )
    })
}

/// Whether others can read the key.
fn openness(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & OTHERS != 0).then(|| {
        format!(
            "every user of this machine may use the key in {0}; take their rights away: chmod o-rwx {0}",
            path.display()
        )
    })
}

/// Whom the client's certificate names; the handshake has checked it.
pub(super) fn subject(stream: &TlsStream<TcpStream>) -> Option<String> {
    let (_, connection) = stream.get_ref();
    let (_, cert) = parse_x509_certificate(connection.peer_certificates()?.first()?).ok()?;
    Some(cert.subject().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use std::time::SystemTime;

    const DAY: Duration = Duration::from_hours(24);

    fn said(from: SystemTime, to: SystemTime) -> String {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (from.into(), to.into());
        let cert = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        validity(Path::new("tls.crt"), cert.der()).unwrap_or_default()
    }

    #[test]
    fn the_end_of_a_certificate_is_told_in_time() {
        let now = SystemTime::now();
        assert_eq!(said(now - DAY, now + 30 * DAY), "");
        assert!(said(now - DAY, now + 3 * DAY).contains("in tls.crt expires at"));
        assert!(said(now - 9 * DAY, now - DAY).contains("in tls.crt expired at"));
        assert!(said(now + DAY, now + 30 * DAY).contains("is not valid before"));
    }
}
