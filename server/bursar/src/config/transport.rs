//! Connections: TLS, their age and number, the rate of calls, and how they end.

use super::reader::Reader;
use super::variables::{self as var, Variable};
use std::path::PathBuf;
use std::time::Duration;

/// Longest age and idle time of a connection.
const MAX_CONNECTION_SECONDS: u32 = 24 * 3600;
/// Most connections of an address: all that there may be.
const MAX_CONNECTIONS_PER_ADDRESS: u32 = 4_096;
/// Highest limit on a rate of calls.
const MAX_RATE: u32 = 1_000_000;
/// Longest wait between NOT_SERVING and the end of connections.
const MAX_DRAIN_WAIT_SECONDS: u32 = 300;
/// That wait in front of a PostgreSQL of somebody else's, where load balancers are likely: most ask every few seconds.
const POSTGRES_DRAIN_WAIT_SECONDS: u32 = 5;

/// How callers connect, and how much they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transport {
    /// Files of TLS; plain connections without.
    pub tls: Option<TlsFiles>,
    /// How long a connection may be used; for ever without.
    pub max_connection_age: Option<Duration>,
    /// How long a connection without a new call is kept; for ever without.
    pub max_connection_idle: Option<Duration>,
    /// Most connections of one address; 0 for no limit.
    pub connections_per_address: u32,
    /// Most calls with one API key a second; 0 for no limit.
    pub key_requests_per_second: u32,
    /// Most calls with an invalid API key from one address a minute; 0 for no limit.
    pub auth_failures_per_minute: u32,
    /// How long a stopping server serves on.
    pub drain_wait: Duration,
    /// TLS of the client commands.
    pub client: ClientTls,
}

/// Files of the server's TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and its chain.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// CAs of the callers' certificates; callers need none without.
    pub client_ca: Option<PathBuf>,
}

/// Files of the client commands' TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientTls {
    /// CAs to trust; the system's without.
    pub ca: Option<PathBuf>,
    /// Certificate to present, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl Transport {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let seconds = |r: &mut Reader<'_>, variable| {
            let seconds = r.number(variable, 0, MAX_CONNECTION_SECONDS);
            (seconds > 0).then(|| Duration::from_secs(seconds.into()))
        };
        let client_ca = r.given(&var::BURSAR_TLS_CLIENT_CA).map(PathBuf::from);
        let pair = both(r, &var::BURSAR_TLS_CERT, &var::BURSAR_TLS_KEY);
        if client_ca.is_some() && pair.is_none() && !r.has_problem(&var::BURSAR_TLS_CERT) {
            let alone = "is set without BURSAR_TLS_CERT and BURSAR_TLS_KEY, so nobody is asked for a certificate; \
                         set them, or unset this";
            r.problem(var::BURSAR_TLS_CLIENT_CA.name, alone);
        }
        Self {
            tls: pair.map(|(cert, key)| TlsFiles { cert, key, client_ca }),
            max_connection_age: seconds(r, &var::BURSAR_MAX_CONNECTION_AGE_SECONDS),
            max_connection_idle: seconds(r, &var::BURSAR_MAX_CONNECTION_IDLE_SECONDS),
            connections_per_address: r.number(
                &var::BURSAR_CONNECTIONS_PER_ADDRESS,
                0,
                MAX_CONNECTIONS_PER_ADDRESS,
            ),
            key_requests_per_second: r.number(&var::BURSAR_KEY_REQUESTS_PER_SECOND, 0, MAX_RATE),
            auth_failures_per_minute: r.number(&var::BURSAR_AUTH_FAILURES_PER_MINUTE, 0, MAX_RATE),
            drain_wait: drain_wait(r),
            client: ClientTls {
                ca: r.given(&var::BURSAR_TLS_CA).map(PathBuf::from),
                identity: both(r, &var::BURSAR_TLS_CLIENT_CERT, &var::BURSAR_TLS_CLIENT_KEY),
            },
        }
    }
}

/// Two files that are of no use without each other. The problem of a missing one is noted at the first.
fn both(r: &mut Reader<'_>, cert: &Variable, key: &Variable) -> Option<(PathBuf, PathBuf)> {
    match (r.given(cert), r.given(key)) {
        (Some(cert), Some(key)) => Some((cert.into(), key.into())),
        (None, None) => None,
        (given, _) => {
            let (set, unset) = if given.is_some() { (cert, key) } else { (key, cert) };
            r.problem(
                cert.name,
                format!("{} is set and {} is not; set both, or none", set.name, unset.name),
            );
            None
        }
    }
}

fn drain_wait(r: &mut Reader<'_>) -> Duration {
    let seconds = if r.given(&var::BURSAR_DRAIN_WAIT_SECONDS).is_some() {
        r.number(&var::BURSAR_DRAIN_WAIT_SECONDS, 0, MAX_DRAIN_WAIT_SECONDS)
    } else if r.text(&var::STORE_BACKEND) == "postgres" {
        POSTGRES_DRAIN_WAIT_SECONDS
    } else {
        0
    };
    Duration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigError, Purpose};

    fn transport(set: &[(&str, &str)]) -> Result<Transport, ConfigError> {
        let look_up = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into());
        Config::from_lookup(Purpose::Other, &look_up).map(|config| config.transport)
    }

    #[test]
    fn the_wait_depends_on_what_is_likely_to_stand_before_the_server() {
        let wait = |set: &[(&str, &str)]| transport(set).map(|t| t.drain_wait.as_secs());
        assert_eq!(wait(&[]), Ok(0));
        assert_eq!(wait(&[("STORE_BACKEND", "postgres")]), Ok(5));
        let both = [("STORE_BACKEND", "postgres"), ("BURSAR_DRAIN_WAIT_SECONDS", "0")];
        assert_eq!(wait(&both), Ok(0));
        assert!(wait(&[("BURSAR_DRAIN_WAIT_SECONDS", "301")]).is_err());
    }

    #[test]
    fn zero_is_for_ever() {
        let read = transport(&[("BURSAR_MAX_CONNECTION_AGE_SECONDS", "0")]).unwrap();
        assert_eq!(read.max_connection_age, None);
        assert_eq!(read.max_connection_idle, Some(Duration::from_mins(15)));
    }

    #[test]
    fn half_a_pair_is_told_by_name() {
        let problem = |set| transport(set).unwrap_err().to_string();
        let text = problem(&[("BURSAR_TLS_KEY", "k"), ("BURSAR_TLS_CLIENT_CA", "c")]);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("BURSAR_TLS_KEY is set and BURSAR_TLS_CERT is not"), "{text}");
        let text = problem(&[("BURSAR_TLS_CLIENT_CERT", "c")]);
        assert!(text.contains("BURSAR_TLS_CLIENT_KEY is not; set both"), "{text}");
    }
}
