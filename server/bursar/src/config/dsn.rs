//! Addresses of databases.

use bursar_store::Address;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// What a database's address looks like, for messages.
pub(super) const SHAPE: &str = "postgres://user:password@host:port/database, with special characters of the password percent-encoded (@ is %40)";

/// What must be escaped in a part of an address: all but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a text is no usable address; shows nothing of it.
///
/// # Errors
/// A sentence's end, to stand after the variable's name.
pub(super) fn check(url: &SecretString) -> Result<(), String> {
    let text = url.expose_secret();
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(format!("is not the address of a PostgreSQL database; give {SHAPE}"));
    }
    let address = Address::parse(url).map_err(|problem| format!("{problem}; give {SHAPE}"))?;
    let missing = if !address.has_host() {
        "host"
    } else if address.user().is_none() {
        "user"
    } else if address.database().is_none() {
        "database"
    } else {
        return Ok(());
    };
    Err(format!("names no {missing}; give {SHAPE}"))
}

/// An address from its parts.
pub fn assemble(
    host: &str,
    port: &str,
    user: &str,
    password: Option<&SecretString>,
    database: &str,
) -> SecretString {
    let escape = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let login = match password {
        Some(password) => format!("{}:{}", escape(user), escape(password.expose_secret())),
        None => escape(user),
    };
    // Dots and colons of a plain host stay readable; a socket's directory must be escaped.
    let host = if host.starts_with('/') {
        escape(host)
    } else if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    format!("postgres://{login}@{host}:{port}/{}", escape(database)).into()
}

/// An address without options, with these.
pub(super) fn with_options(url: &SecretString, options: &[(&str, String)]) -> SecretString {
    let mut text = url.expose_secret().to_owned();
    for (at, (name, value)) in options.iter().enumerate() {
        let mark = if at == 0 { '?' } else { '&' };
        let value = utf8_percent_encode(value, RESERVED);
        text = format!("{text}{mark}{name}={value}");
    }
    text.into()
}

/// The same address with another database.
pub fn with_database(url: &SecretString, database: &str) -> SecretString {
    let text = url.expose_secret();
    let (address, options) = text.split_once('?').map_or((text, None), |(a, o)| (a, Some(o)));
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let server = address[scheme..].find('/').map_or(address, |at| &address[..scheme + at]);
    let options = options.map(|o| format!("?{o}")).unwrap_or_default();
    format!("{server}/{}{options}", utf8_percent_encode(database, RESERVED)).into()
}

/// Name of the database that an address leads to.
pub fn database_of(url: &SecretString) -> Option<String> {
    Address::parse(url).ok()?.database().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_what_is_missing_and_nothing_else() {
        for (url, want) in [
            ("geheim", "is not the address"),
            ("mysql://u:geheim@h/d", "is not the address"),
            ("postgres://u:geheim@h:x/d", "is malformed"),
            ("postgres://u:geheim@/d", "names no host"),
            ("postgres://h/d", "names no user"),
            ("postgres://u:geheim@h", "names no database"),
        ] {
            let problem = check(&url.into()).unwrap_err();
            assert!(problem.contains(want), "{url}: {problem}");
            assert!(!problem.contains("geheim"), "{url}: {problem}");
        }
        assert_eq!(check(&"postgresql://u:p%40w@h:5432/d?connect_timeout=3".into()), Ok(()));
    }

    #[test]
    fn parts_survive_being_put_together() {
        for host in ["db.example.com", "127.0.0.1", "::1", "/var/run/postgresql"] {
            let url = assemble(host, "5433", "bursar_app", Some(&"p@s/s:w %?#".into()), "bür sar");
            assert_eq!(check(&url), Ok(()), "{host}");
            let read = Address::parse(&url).unwrap();
            assert_eq!(read.password().unwrap().expose_secret(), "p@s/s:w %?#");
            assert_eq!((read.database(), read.ports()), (Some("bür sar"), &[5433][..]));
            assert!(read.has_host(), "{host}");
        }
    }

    #[test]
    fn another_database_of_the_same_server() {
        for (url, want) in [
            ("postgres://u:p@h:1/postgres", "postgres://u:p@h:1/bursar"),
            ("postgres://u:p@h:1", "postgres://u:p@h:1/bursar"),
            ("postgres://u:p@h/x?connect_timeout=3", "postgres://u:p@h/bursar?connect_timeout=3"),
        ] {
            let url = with_database(&url.into(), "bursar");
            assert_eq!(url.expose_secret(), want);
            assert_eq!(database_of(&url).as_deref(), Some("bursar"));
        }
    }
}
