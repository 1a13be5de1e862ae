//! The database's address under each of its names, and what is said when it is of no use (C7).

use std::ffi::OsString;
use std::io::Write as _;

use bursar::config::{Config, Purpose};
use bursar::serve::start;
use bursar_testkit::{Database, app_password};
use secrecy::ExposeSecret as _;

use super::start::config;

/// What is wrong with a server's variables.
fn problems(variables: &[(&str, &str)]) -> String {
    let lookup = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    };
    Config::from_lookup(Purpose::Serve, &lookup).unwrap_err().to_string()
}

const BASE: (&str, &str) = ("STORE_BACKEND", "postgres");
const PEPPER: (&str, &str) = ("BURSAR_PEPPER", "pepper-of-the-tests-pepper-of-the-tests");

#[test]
fn a_malformed_address_names_its_variable_and_shows_nothing() {
    for name in ["DATABASE_URL", "PG_URL", "DB_DSN"] {
        for (address, problem) in [
            ("geheim", "is not the address of a PostgreSQL database"),
            ("mysql://u:geheim@h/d", "is not the address of a PostgreSQL database"),
            ("host=h user=u password=geheim", "is not the address of a PostgreSQL database"),
            ("postgres://u:geheim@h:port/d", "is malformed"),
            ("postgres://u:geheim@/d", "names no host"),
            ("postgres://geheim.example/d", "names no user"),
            ("postgres://u:geheim@h", "names no database"),
        ] {
            let text = problems(&[BASE, PEPPER, (name, address)]);
            assert!(text.contains(&format!("{name}: {problem}")), "{address}: {text}");
            assert!(text.contains("give postgres://user:password@host:port/database"), "{text}");
            assert!(!text.contains("geheim"), "{address}: {text}");
        }
    }
}

#[test]
fn a_missing_address_names_the_variables_that_could_hold_it() {
    let text = problems(&[BASE, PEPPER]);
    assert!(text.contains("DATABASE_URL") && text.contains("is not set"), "{text}");
    let text = problems(&[BASE]);
    assert!(text.contains("DATABASE_URL") && text.contains("BURSAR_PEPPER"), "all at once: {text}");
    let text = problems(&[BASE, PEPPER, ("PGHOST", "h"), ("PGPORT", "geheim")]);
    assert!(text.contains("PGPORT"), "{text}");
}

#[tokio::test]
async fn every_name_of_the_address_works() {
    let database = Database::migrated().await;
    let url = database.app_url.expose_secret();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{url}").unwrap();
    let mut password = tempfile::NamedTempFile::new().unwrap();
    writeln!(password, "{}", app_password().expose_secret()).unwrap();
    let (file, password) = (file.path().to_str().unwrap(), password.path().to_str().unwrap());
    let secret = app_password();
    let port = database.port().await.to_string();
    let parts = [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", port.as_str()),
        ("PGUSER", "bursar_app"),
        ("PGDATABASE", &database.name),
    ];
    let ways: Vec<Vec<(&str, &str)>> = vec![
        vec![("DATABASE_URL", url)],
        vec![("PG_URL", url)],
        vec![("DB_DSN", url)],
        vec![("DATABASE_URL", url), ("PG_URL", url), ("DB_DSN", url)],
        vec![("DATABASE_URL_FILE", file)],
        vec![("PG_URL_FILE", file)],
        vec![("DB_DSN_FILE", file)],
        [&parts[..], &[("PGPASSWORD", secret.expose_secret())]].concat(),
        [&parts[..], &[("PGPASSWORD_FILE", password)]].concat(),
    ];
    for way in ways {
        let names: Vec<_> = way.iter().map(|(name, _)| *name).collect();
        let running =
            start(&config(&way)).await.unwrap_or_else(|error| panic!("{names:?}: {error}"));
        running.stop().await;
    }
}

#[test]
fn two_addresses_that_differ_are_refused() {
    let (one, two) = ("postgres://u:geheim@h/d", "postgres://u:geheim@h/other");
    let text = problems(&[BASE, PEPPER, ("DATABASE_URL", one), ("DB_DSN", two)]);
    assert!(
        text.contains("DB_DSN: differs from DATABASE_URL") && !text.contains("geheim"),
        "{text}"
    );
    let text = problems(&[BASE, PEPPER, ("DATABASE_URL_FILE", "/nowhere/geheim.txt")]);
    assert!(text.contains("DATABASE_URL_FILE: cannot read /nowhere/geheim.txt"), "{text}");
}
