//! Addresses of databases: a driver's URL, with libpq's options for TLS that the driver itself does not know.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

/// What is asked of TLS, in libpq's words for `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// `disable`: never.
    Disable,
    /// `prefer`: where the server has it, whoever the server is. The default, as with libpq.
    Prefer,
    /// `require`: always, whoever the server is; with `sslrootcert` the same as `verify-ca`, as with libpq.
    Require,
    /// `verify-ca`: always, and the certificate is of a trusted authority.
    VerifyCa,
    /// `verify-full`: always, and the certificate is of a trusted authority and for this host.
    VerifyFull,
}

impl TlsMode {
    const ALL: [(&'static str, Self); 5] = [
        ("disable", Self::Disable),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];
}

/// The TLS part of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// What is asked for.
    pub mode: TlsMode,
    /// `sslrootcert`: a PEM file of the trusted authorities; those of the machine when there is none.
    pub root_cert: Option<PathBuf>,
    /// `sslcert`: a PEM file of this client's certificate.
    pub cert: Option<PathBuf>,
    /// `sslkey`: a PEM file of its private key.
    pub key: Option<PathBuf>,
}

/// An address of a database, taken apart as the driver does it. Shows no secret.
#[derive(Clone)]
pub struct Address {
    pub(super) driver: Config,
    /// How the connection is protected.
    pub tls: Tls,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("hosts", &self.driver.get_hosts())
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Address {
    /// Reads a URL, `postgres://user:password@host:port/database?option=value&…`.
    ///
    /// # Errors
    /// What is wrong, to stand after the name of its variable; shows nothing of the URL but an option's value.
    pub fn parse(url: &SecretString) -> Result<Self, String> {
        let text = url.expose_secret();
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut tls = Tls { mode: TlsMode::Prefer, root_cert: None, cert: None, key: None };
        let mut rest = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = percent_decode_str(value).decode_utf8_lossy();
            let file = || Some(PathBuf::from(&*value));
            match name {
                "sslmode" => {
                    let known = TlsMode::ALL.into_iter().find(|(name, _)| *name == value);
                    tls.mode = known.map(|(_, mode)| mode).ok_or_else(|| {
                        let names = TlsMode::ALL.map(|(name, _)| name).join(", ");
                        format!("has the sslmode '{value}'; give one of {names}")
                    })?;
                }
                // libpq's word for the authorities of the machine.
                "sslrootcert" if value == "system" => tls.root_cert = None,
                "sslrootcert" => tls.root_cert = file(),
                "sslcert" => tls.cert = file(),
                "sslkey" => tls.key = file(),
                _ => rest.push(option),
            }
        }
        if tls.cert.is_some() != tls.key.is_some() {
            return Err("names only one of sslcert and sslkey; give both".into());
        }
        if tls.mode == TlsMode::Require && tls.root_cert.is_some() {
            tls.mode = TlsMode::VerifyCa;
        }
        let plain =
            if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        // The parser's own text may repeat parts of the address.
        let mut driver: Config = plain.parse().map_err(|_| "is malformed".to_owned())?;
        driver.ssl_mode(match tls.mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        });
        Ok(Self { driver, tls })
    }

    /// Whether it names a host.
    #[must_use]
    pub fn has_host(&self) -> bool {
        !self.driver.get_hosts().is_empty()
    }

    /// Its login.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.driver.get_user()
    }

    /// Name of its database.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.driver.get_dbname()
    }

    /// Its ports, in the order of the hosts.
    #[must_use]
    pub fn ports(&self) -> &[u16] {
        self.driver.get_ports()
    }

    /// Its password.
    #[must_use]
    pub fn password(&self) -> Option<SecretString> {
        self.driver.get_password().map(|bytes| String::from_utf8_lossy(bytes).into_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(options: &str) -> Result<Tls, String> {
        Address::parse(&format!("postgres://u:geheim@h/d{options}").into()).map(|a| a.tls)
    }

    #[test]
    fn options_of_tls_are_read_and_the_others_left_to_the_driver() {
        assert_eq!(tls("").unwrap().mode, TlsMode::Prefer);
        let all =
            "?connect_timeout=3&sslmode=verify-full&sslrootcert=/a%20b/ca.pem&sslcert=/c&sslkey=/k";
        let full = tls(all).unwrap();
        assert_eq!(full.mode, TlsMode::VerifyFull);
        assert_eq!(full.root_cert, Some("/a b/ca.pem".into()));
        assert_eq!((full.cert, full.key), (Some("/c".into()), Some("/k".into())));
        assert_eq!(tls("?sslmode=require").unwrap().mode, TlsMode::Require);
        assert_eq!(tls("?sslmode=require&sslrootcert=/ca").unwrap().mode, TlsMode::VerifyCa);
        assert_eq!(tls("?sslmode=verify-full&sslrootcert=system").unwrap().root_cert, None);
    }

    #[test]
    fn what_is_wrong_is_told_without_the_address() {
        for (options, says) in [
            ("?sslmode=allow", "give one of disable, prefer"),
            ("?sslcert=/c", "only one of sslcert and sslkey"),
            ("?connect_timeout=soon", "is malformed"),
            ("?nonsense=1", "is malformed"),
        ] {
            let problem = tls(options).unwrap_err();
            assert!(problem.contains(says) && !problem.contains("geheim"), "{options}: {problem}");
        }
        let shown = format!("{:?}", Address::parse(&"postgres://u:geheim@h/d".into()).unwrap());
        assert!(!shown.contains("geheim"), "{shown}");
    }
}
