use super::*;
use secrecy::ExposeSecret;
use std::collections::HashMap;

fn config(purpose: Purpose, set: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let set: HashMap<&str, &str> = set.iter().copied().collect();
    Config::from_lookup(purpose, &|name| set.get(name).map(OsString::from))
}

fn problems(purpose: Purpose, set: &[(&str, &str)]) -> String {
    config(purpose, set).unwrap_err().to_string()
}

const PEPPER: &str = "0123456789abcdef0123456789abcdef";
const URL: &str = "postgres://bursar_app:geheim@db:5432/bursar";

#[test]
fn nothing_set_serves_an_embedded_database() {
    let config = config(Purpose::Serve, &[]).unwrap();
    assert_eq!(config.backend, Backend::Embedded);
    assert_eq!(config.listen.to_string(), "127.0.0.1:50051");
    assert_eq!(
        (config.env.as_str(), config.max_connections, config.request_id_days),
        ("dev", 16, 30)
    );
    assert_eq!(config.drain, Duration::from_secs(10));
    assert!(config.cors_origins.is_empty() && config.log_filter.ends_with(",info"));
}

#[test]
fn every_default_of_the_table_is_valid() {
    let set: Vec<(&str, &str)> = VARIABLES.iter().map(|v| (v.name, v.default)).collect();
    assert!(config(Purpose::Serve, &set).is_ok());
    assert!(VARIABLES.iter().all(|v| table().contains(v.name) && !v.help.is_empty()));
    assert!(VARIABLES.iter().all(|v| !v.secret || v.default.is_empty()), "a secret has no default");
}

#[test]
fn postgres_needs_an_address_and_a_pepper() {
    let text = problems(Purpose::Serve, &[("STORE_BACKEND", "postgres")]);
    assert!(
        text.contains("DATABASE_URL: is not set") && text.contains("BURSAR_PEPPER: is not set"),
        "{text}"
    );
    // The bootstrap of compose.yaml knows the administrator's address only.
    let set = [
        ("STORE_BACKEND", "postgres"),
        ("BURSAR_OWNER_URL", "postgres://postgres:geheim@db/bursar"),
        ("BURSAR_APP_PASSWORD", "long enough!"),
        ("BURSAR_PEPPER", PEPPER),
    ];
    assert!(config(Purpose::Bootstrap, &set).is_ok());
    assert!(config(Purpose::Schema, &set).is_ok());
    assert!(problems(Purpose::Bootstrap, &set[..2]).matches("is not set").count() == 2);
    assert!(problems(Purpose::Schema, &set[..1]).contains("BURSAR_OWNER_URL: is not set"));
    assert!(config(Purpose::Other, &set[..1]).is_ok());
}

#[test]
fn a_malformed_address_is_named_and_not_shown() {
    for name in ["DATABASE_URL", "PG_URL", "DB_DSN"] {
        let set = [
            ("STORE_BACKEND", "postgres"),
            (name, "postgres://u:geheim@/d"),
            ("BURSAR_PEPPER", PEPPER),
        ];
        let text = problems(Purpose::Serve, &set);
        assert!(text.contains(&format!("{name}: names no host")), "{text}");
        assert!(!text.contains("geheim") && !text.contains("is not set"), "{text}");
    }
}

#[test]
fn the_address_has_aliases_and_parts() {
    let base = [("STORE_BACKEND", "postgres"), ("BURSAR_PEPPER", PEPPER)];
    let url = |more: &[(&str, &str)]| {
        let set: Vec<_> = base.iter().chain(more).copied().collect();
        config(Purpose::Serve, &set).map(|c| c.database_url.unwrap().expose_secret().to_owned())
    };
    for name in ["DATABASE_URL", "PG_URL", "DB_DSN"] {
        assert_eq!(url(&[(name, URL)]).unwrap(), URL);
    }
    assert_eq!(url(&[("DATABASE_URL", URL), ("PG_URL", URL)]).unwrap(), URL);
    let differ =
        url(&[("DATABASE_URL", URL), ("PG_URL", "postgres://a:b@c/d")]).unwrap_err().to_string();
    assert!(differ.contains("PG_URL: differs from DATABASE_URL"), "{differ}");
    let parts = [("PGHOST", "db"), ("PGPASSWORD", "p@w"), ("PGUSER", "bursar_app")];
    assert_eq!(url(&parts).unwrap(), "postgres://bursar_app:p%40w@db:5432/bursar");
    let tls = [parts.as_slice(), &[("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", "/ca.pem")]];
    assert!(url(&tls.concat()).unwrap().ends_with("?sslmode=verify-full&sslrootcert=%2Fca.pem"));
    let odd = url(&[("PGHOST", "db"), ("PGSSLMODE", "allow")]).unwrap_err().to_string();
    assert!(odd.contains("PGSSLMODE: has the sslmode 'allow'"), "{odd}");
    assert!(url(&[("PGHOST", "db"), ("PGPORT", "x")]).unwrap_err().to_string().contains("PGPORT"));
}

#[test]
fn all_problems_come_at_once() {
    let text = problems(
        Purpose::Serve,
        &[
            ("STORE_BACKEND", "oracle"),
            ("BURSAR_ENV", "Prod!"),
            ("BURSAR_LISTEN", "localhost"),
            ("BURSAR_OPS_LISTEN", "1"),
            ("BURSAR_DATA_DIR", "relative/dir"),
            ("BURSAR_MAX_CONNECTIONS", "501"),
            ("BURSAR_REQUEST_ID_DAYS", "0"),
            ("BURSAR_HEALTH_NEEDS_KEY", "maybe"),
            ("BURSAR_CORS_ORIGINS", "https://a.example, https://b.example/path"),
            ("BURSAR_LOG", "xml"),
            ("RUST_LOG", "bursar=loud=very"),
            ("BURSAR_DRAIN_SECONDS", "-1"),
            ("BURSAR_PEPPER", "short"),
            ("BURSAR_URL", "127.0.0.1:50051"),
        ],
    );
    assert_eq!(text.lines().count(), 15, "{text}");
    assert!(!text.contains("short\n") && !text.contains("'short'"), "a secret shows: {text}");
}

#[test]
fn only_the_secrets_that_are_used_are_read() {
    let set = [
        ("BURSAR_API_KEY_FILE", "/nowhere/x"),
        ("BURSAR_APP_PASSWORD", "short"),
        ("BURSAR_OWNER_URL", "odd"),
    ];
    assert!(config(Purpose::Serve, &set).is_ok() && config(Purpose::Other, &set).is_ok());
    assert!(problems(Purpose::Client, &set).contains("BURSAR_API_KEY_FILE: cannot read"));
    assert!(problems(Purpose::Bootstrap, &set).contains("BURSAR_APP_PASSWORD: cannot be used"));
    assert!(problems(Purpose::Schema, &set).contains("BURSAR_OWNER_URL: is not the address"));
}

#[test]
fn secrets_come_from_files_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pepper");
    std::fs::write(&path, format!("{PEPPER}\r\n")).unwrap();
    let path = path.to_str().unwrap();
    let read = config(Purpose::Serve, &[("BURSAR_PEPPER_FILE", path)]).unwrap();
    assert_eq!(read.pepper.unwrap().expose_secret(), PEPPER);

    let both = problems(Purpose::Serve, &[("BURSAR_PEPPER_FILE", path), ("BURSAR_PEPPER", PEPPER)]);
    assert!(both.contains("BURSAR_PEPPER_FILE too") && !both.contains(PEPPER), "{both}");
    let absent = problems(
        Purpose::Serve,
        &[
            ("STORE_BACKEND", "postgres"),
            ("DATABASE_URL", URL),
            ("BURSAR_PEPPER_FILE", "/nowhere/x"),
        ],
    );
    assert!(
        absent.contains("BURSAR_PEPPER_FILE: cannot read /nowhere/x")
            && absent.lines().count() == 2,
        "{absent}"
    );
    let plain = config(Purpose::Serve, &[("BURSAR_ENV_FILE", "/nowhere/x")]).unwrap();
    assert_eq!(plain.env, "dev", "only secrets come from files");
}

#[test]
fn empty_means_unset_and_debug_shows_no_secret() {
    let set = [
        ("STORE_BACKEND", ""),
        ("DATABASE_URL", URL),
        ("BURSAR_PEPPER", PEPPER),
        ("BURSAR_CORS_ORIGINS", ""),
    ];
    let config = config(Purpose::Serve, &set).unwrap();
    assert_eq!(config.backend, Backend::Embedded);
    assert!(config.warnings[0].contains("set but not used"), "{:?}", config.warnings);
    let shown = format!("{config:?}");
    assert!(!shown.contains("geheim") && !shown.contains(PEPPER), "{shown}");
}

#[test]
fn the_reference_is_up_to_date() {
    let page = include_str!("../../../../docs/configuration.md");
    assert!(page == reference(), "docs/configuration.md is stale: run `make docs`");
}

/// A configuration file with this text, and the variables that name it.
fn with_file(text: &str, set: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bursar.toml");
    std::fs::write(&path, text).unwrap();
    let mut all = vec![("BURSAR_CONFIG", path.to_str().unwrap())];
    all.extend(set);
    config(Purpose::Serve, &all)
}

#[test]
fn a_file_holds_the_same_variables_and_the_environment_wins() {
    let text = "BURSAR_ENV = 'live'\nBURSAR_MAX_CONNECTIONS = 7\nBURSAR_HEALTH_NEEDS_KEY = true\n\
                BURSAR_CORS_ORIGINS = ['https://a.example', 'https://b.example']";
    let read = with_file(text, &[("BURSAR_ENV", "test"), ("BURSAR_MAX_CONNECTIONS", "")]).unwrap();
    assert_eq!((read.env.as_str(), read.max_connections), ("test", 7));
    assert!(read.health_needs_key && read.cors_origins.len() == 2);
    let source = |name: &str| {
        let setting = read.settings.iter().find(|s| s.variable.name == name);
        setting.map(|s| (s.source.to_string(), s.shown.clone())).unwrap()
    };
    assert_eq!(source("BURSAR_ENV"), ("environment".into(), "test".into()));
    assert_eq!(source("BURSAR_MAX_CONNECTIONS"), ("configuration file".into(), "7".into()));
    assert_eq!(source("RUST_LOG"), ("default".into(), "info".into()));
    assert_eq!(with_file("BURSAR_ENV = ''", &[]).unwrap().env, "dev", "empty is the same as none");
}

#[test]
fn a_file_is_checked_with_the_rest() {
    let text = "BURSAR_PEPPER = 'geheim-geheim-geheim-geheim-geheim'\nBURSAR_LISTENER = 'x'\nNAME = 1\n\
                BURSAR_ENV = { a = 1 }\nBURSAR_MAX_CONNECTIONS = 0\nBURSAR_CONFIG = 'y'";
    let text = with_file(text, &[("BURSAR_LOG", "xml")]).unwrap_err().to_string();
    for says in [
        "BURSAR_PEPPER: is a secret",
        "give BURSAR_PEPPER_FILE",
        "BURSAR_LISTENER: is no variable of Bursar; did you mean BURSAR_LISTEN?",
        "NAME: is no variable of Bursar; `bursar config show`",
        "BURSAR_ENV: is a table or a date",
        "BURSAR_MAX_CONNECTIONS: '0' cannot be used",
        "BURSAR_CONFIG: names this very file",
        "BURSAR_LOG: 'xml'",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    assert!(!text.contains("geheim"), "{text}");
    let broken =
        with_file("BURSAR_ENV = 'live'\nBURSAR_PEPPER = geheim", &[]).unwrap_err().to_string();
    assert!(broken.contains("is not TOML, line 2") && !broken.contains("geheim"), "{broken}");
    let absent = problems(Purpose::Serve, &[("BURSAR_CONFIG", "/nowhere/x")]);
    assert!(absent.contains("BURSAR_CONFIG: cannot read /nowhere/x"), "{absent}");
}

#[test]
fn a_secret_of_the_environment_wins_over_a_file_named_in_the_file() {
    let read =
        with_file("BURSAR_PEPPER_FILE = '/nowhere/x'", &[("BURSAR_PEPPER", PEPPER)]).unwrap();
    assert_eq!(read.pepper.unwrap().expose_secret(), PEPPER);
    let text = with_file("BURSAR_PEPPER_FILE = '/nowhere/x'", &[]).unwrap_err().to_string();
    assert!(text.contains("BURSAR_PEPPER_FILE: cannot read"), "{text}");
}

#[test]
fn what_is_shown_holds_no_secret() {
    let set = [
        ("DATABASE_URL", URL),
        ("PG_URL", "geheim"),
        ("BURSAR_PEPPER", "geheim-geheim"),
        ("BURSAR_API_KEY", "bsr_dev_1_geheim_2"),
    ];
    let lookup = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(*v));
    let all = settings::all(&lookup, &File::default());
    let shown = format!("{all:?}");
    assert!(!shown.contains("geheim"), "{shown}");
    assert!(shown.contains("postgres://bursar_app:***@db:5432/bursar"), "{shown}");
    assert_eq!(all.len(), VARIABLES.len());
}

#[test]
fn changes_are_told_apart_by_when_they_take_effect() {
    let settings = |set: &[(&'static str, &'static str)]| {
        let set = set.to_vec();
        let lookup =
            move |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(*v));
        settings::all(&lookup, &File::default())
    };
    let old = settings(&[("RUST_LOG", "info"), ("BURSAR_PEPPER", "a")]);
    let new = settings(&[("RUST_LOG", "debug"), ("BURSAR_PEPPER", "b"), ("BURSAR_API_KEY", "c")]);
    assert_eq!(changes(&old, &new), (vec!["RUST_LOG"], vec!["BURSAR_PEPPER"]));
    assert_eq!(changes(&new, &new), (vec![], vec![]));
}
