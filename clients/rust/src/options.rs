//! Where the server is, and how it is called.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderValue, Uri};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::error::{Error, Reason};

/// How often an idle connection is asked whether it is still there, and how long it may take to answer.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the server is, and how it is called. [`Options::from_env`] takes it from the environment.
#[derive(Clone)]
pub struct Options {
    url: String,
    api_key: String,
    ca_file: Option<PathBuf>,
    client_cert_file: Option<PathBuf>,
    client_key_file: Option<PathBuf>,
    pub(crate) deadline: Duration,
    pub(crate) attempts: u32,
    pub(crate) unanswered: usize,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is a secret.
        f.debug_struct("Options")
            .field("url", &self.url)
            .field("ca_file", &self.ca_file)
            .field("client_cert_file", &self.client_cert_file)
            .field("deadline", &self.deadline)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// A server at `http://host:port` (plain text) or `https://host:port` (TLS), called with an API key. An empty key is
    /// none.
    pub fn new(url: impl Into<String>, api_key: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            api_key: api_key.into(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            deadline: Duration::from_secs(10),
            attempts: 12,
            unanswered: 10_000,
        }
    }

    /// From `BURSAR_URL`, `BURSAR_API_KEY`, `BURSAR_CA_FILE`, `BURSAR_CLIENT_CERT_FILE` and `BURSAR_CLIENT_KEY_FILE`.
    ///
    /// # Errors
    ///
    /// `INVALID_CONFIG` when `BURSAR_URL` or `BURSAR_API_KEY` is not set.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let given = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let needed = |name: &str| {
            given(name)
                .ok_or_else(|| invalid(format!("{name} is not set: set it, or use Options::new")))
        };
        let mut options = Self::new(needed("BURSAR_URL")?, needed("BURSAR_API_KEY")?);
        options.ca_file = given("BURSAR_CA_FILE").map(PathBuf::from);
        options.client_cert_file = given("BURSAR_CLIENT_CERT_FILE").map(PathBuf::from);
        options.client_key_file = given("BURSAR_CLIENT_KEY_FILE").map(PathBuf::from);
        Ok(options)
    }

    /// Trusts the CA certificates of a PEM file instead of the system's.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Shows a certificate to the server: PEM files of it and of its key.
    #[must_use]
    pub fn client_cert(mut self, cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        (self.client_cert_file, self.client_key_file) = (Some(cert.into()), Some(key.into()));
        self
    }

    /// How long a call may take in all, its further tries included, unless the request has a timeout of its own; 10 s.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How often a call is tried at most, 12; 1 for no further tries.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// How many transfers of a stream may be without an answer, 10,000; beyond that its source is not read.
    #[must_use]
    pub fn unanswered(mut self, transfers: usize) -> Self {
        self.unanswered = transfers.max(1);
        self
    }

    /// The key as metadata.
    pub(crate) fn authorization(&self) -> Result<Option<HeaderValue>, Error> {
        if self.api_key.is_empty() {
            return Ok(None);
        }
        let mut value =
            HeaderValue::try_from(format!("Bearer {}", self.api_key)).map_err(|_| {
                invalid(
                    "the API key (BURSAR_API_KEY) has characters that no key has: copy it anew"
                        .into(),
                )
            })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    pub(crate) fn endpoint(&self) -> Result<Endpoint, Error> {
        let wrong = |why: &str| {
            let url = &self.url;
            invalid(format!(
                "{url:?} is no address of a server (BURSAR_URL): {why}; http://host:port and https://host:port are"
            ))
        };
        let uri: Uri = self.url.parse().map_err(|_| wrong("it is no URL"))?;
        let scheme = uri.scheme_str().unwrap_or_default();
        if !["http", "https"].contains(&scheme) {
            return Err(wrong("it has no scheme http or https"));
        }
        if uri.host().unwrap_or_default().is_empty() {
            return Err(wrong("it has no host"));
        }
        let tls = scheme == "https";
        let endpoint = Endpoint::from(uri)
            .user_agent(concat!("bursar-client-rust/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| wrong(&error.to_string()))?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE.0)
            .keep_alive_timeout(KEEPALIVE.1)
            .keep_alive_while_idle(true);
        if !tls {
            return Ok(endpoint);
        }
        let config = self.tls()?;
        endpoint.tls_config(config).map_err(|error| {
            invalid(format!(
                "the files for TLS cannot be used: {error}: {:?}",
                std::error::Error::source(&error).map(ToString::to_string)
            ))
        })
    }

    fn tls(&self) -> Result<ClientTlsConfig, Error> {
        let mut config = match &self.ca_file {
            Some(path) => {
                let pem = read(path, "BURSAR_CA_FILE")?;
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
            }
            None => ClientTlsConfig::new().with_native_roots(),
        };
        match (&self.client_cert_file, &self.client_key_file) {
            (Some(cert), Some(key)) => {
                let cert = read(cert, "BURSAR_CLIENT_CERT_FILE")?;
                let key = read(key, "BURSAR_CLIENT_KEY_FILE")?;
                config = config.identity(Identity::from_pem(cert, key));
            }
            (None, None) => {}
            _ => {
                return Err(invalid(
                    "BURSAR_CLIENT_CERT_FILE and BURSAR_CLIENT_KEY_FILE belong together: set both"
                        .into(),
                ));
            }
        }
        Ok(config)
    }
}

fn read(path: &Path, variable: &str) -> Result<Vec<u8>, Error> {
    let text = std::fs::read(path).map_err(|error| {
        invalid(format!("{} ({variable}) cannot be read: {error}", path.display()))
    })?;
    if !text.windows(11).any(|part| part == b"-----BEGIN ") {
        return Err(invalid(format!("{} ({variable}) is no PEM file", path.display())));
    }
    Ok(text)
}

fn invalid(message: String) -> Error {
    Error::own(Reason::INVALID_CONFIG, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_read_and_what_is_missing_is_named() {
        let all = |name: &str| {
            Some(match name {
                "BURSAR_URL" => "https://bursar.example:443".to_owned(),
                "BURSAR_API_KEY" => "bsr_test_key".to_owned(),
                _ => return None,
            })
        };
        assert_eq!(Options::from_lookup(all).unwrap().url, "https://bursar.example:443");
        for missing in ["BURSAR_URL", "BURSAR_API_KEY"] {
            let error = Options::from_lookup(|name| all(name).filter(|_| name != missing));
            let error = error.unwrap_err();
            assert_eq!(error.reason(), &Reason::INVALID_CONFIG);
            assert!(error.message().starts_with(missing), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for url in ["", "no url:at all", "localhost:50051", "ftp://host:1", "http://"] {
            let error = Options::new(url, "k").endpoint().unwrap_err();
            assert!(error.message().contains("BURSAR_URL"), "{url}: {error}");
        }
        let missing = Options::new("https://host:1", "k").ca_file("/no/such.pem");
        assert!(missing.endpoint().unwrap_err().message().contains("BURSAR_CA_FILE"));
        let error = Options::new("http://host:1", "a\nb").authorization().unwrap_err();
        assert!(error.message().contains("BURSAR_API_KEY") && !error.message().contains("a\nb"));
    }

    #[test]
    fn the_key_is_never_shown() {
        let options = Options::new("http://host:1", "bsr_secret");
        let shown = format!("{options:?} {:?}", options.authorization().unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }
}
