//! How single fields are read, where reading takes more than a parse.

use super::dsn;
use super::reader::Reader;
use super::variables::{self as var, Variable};
use bursar_domain::key::MIN_PEPPER_BYTES;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Shortest password that `bootstrap` gives the service's login.
const MIN_APP_PASSWORD_CHARS: usize = 12;

pub(super) fn database_url(r: &mut Reader<'_>) -> Option<SecretString> {
    let mut found: Option<(&str, SecretString)> = None;
    for variable in [&var::DATABASE_URL, &var::PG_URL, &var::DB_DSN] {
        let Some(value) = url(r, variable) else { continue };
        match &found {
            Some((name, first)) if first.expose_secret() != value.expose_secret() => {
                r.problem(
                    variable.name,
                    format!("differs from {name}, which means the same; set only one of them"),
                );
            }
            Some(_) => {}
            None => found = Some((variable.name, value)),
        }
    }
    if let Some((_, url)) = found {
        return Some(url);
    }
    let host = r.given(&var::PGHOST)?;
    let port = r.parsed(&var::PGPORT, "a port from 1 to 65535", 1, |text| {
        text.parse::<u16>().ok().filter(|p| *p > 0)
    });
    let password = r.secret(&var::PGPASSWORD);
    let (user, database) = (r.text(&var::PGUSER), r.text(&var::PGDATABASE));
    let url = dsn::assemble(&host, &port.to_string(), &user, password.as_ref(), &database);
    let tls = [("sslmode", &var::PGSSLMODE), ("sslrootcert", &var::PGSSLROOTCERT)];
    let tls: Vec<_> = tls.iter().filter_map(|(name, v)| Some((*name, r.given(v)?))).collect();
    let url = dsn::with_options(&url, &tls);
    // The parts are right by themselves, so it can only be one of these.
    if let Err(problem) = dsn::check(&url) {
        r.problem(var::PGSSLMODE.name, problem);
    }
    Some(url)
}

pub(super) fn url(r: &mut Reader<'_>, variable: &Variable) -> Option<SecretString> {
    let url = r.secret(variable)?;
    match dsn::check(&url) {
        Ok(()) => Some(url),
        Err(problem) => {
            r.problem(variable.name, problem);
            None
        }
    }
}

pub(super) fn app_password(r: &mut Reader<'_>) -> Option<SecretString> {
    let password = r.secret(&var::BURSAR_APP_PASSWORD)?;
    let text = password.expose_secret();
    if text.len() >= MIN_APP_PASSWORD_CHARS && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Some(password);
    }
    r.problem(
        var::BURSAR_APP_PASSWORD.name,
        format!("cannot be used; give {MIN_APP_PASSWORD_CHARS} or more printable ASCII characters"),
    );
    None
}

pub(super) fn pepper(r: &mut Reader<'_>) -> Option<SecretString> {
    let pepper = r.secret(&var::BURSAR_PEPPER)?;
    if pepper.expose_secret().len() >= MIN_PEPPER_BYTES {
        return Some(pepper);
    }
    r.problem(
        var::BURSAR_PEPPER.name,
        format!("is too short; give {MIN_PEPPER_BYTES} bytes or more, such as the output of `openssl rand -hex 32`"),
    );
    None
}

pub(super) fn address(r: &mut Reader<'_>, variable: &Variable) -> SocketAddr {
    let want = format!("an IP address and a port, such as {} or 0.0.0.0:50051", variable.default);
    r.parsed(variable, &want, SocketAddr::from(([127, 0, 0, 1], 0)), |text| text.parse().ok())
}

pub(super) fn directory(r: &mut Reader<'_>, variable: &Variable) -> Option<PathBuf> {
    let path = PathBuf::from(r.given(variable)?);
    if path.is_absolute() {
        return Some(path);
    }
    r.problem(variable.name, "is not an absolute path; give the whole path, from / on");
    None
}

pub(super) fn origin(text: &str) -> Option<HeaderValue> {
    let uri: http::Uri = text.parse().ok()?;
    let plain = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
        && uri.query().is_none()
        && !text.trim_start_matches("https://").trim_start_matches("http://").contains('/');
    if plain { HeaderValue::from_str(text).ok() } else { None }
}

pub(super) fn server_url(text: &str) -> Option<String> {
    let uri: http::Uri = text.parse().ok()?;
    let plain = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.authority().is_some_and(|a| !a.as_str().contains('@'));
    plain.then(|| text.to_owned())
}
