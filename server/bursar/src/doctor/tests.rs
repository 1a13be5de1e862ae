//! Facts in, findings out: what is healthy, and one change at a time.

use super::*;
use crate::config::Backend;
use bursar_migrations::inspect::{
    Archiver, Connections, Index, LongTransaction, Role, Session, Sizes, Slot, Slow, Statistics,
    Table, Tenants, Unreachable, Unseen, Wall,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// A tenant's id.
const TENANT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn role(name: &str) -> Role {
    let (login, create_role) = (name == "bursar_app", name == "bursar_owner");
    let bypass = name == "bursar_search";
    Role { name: name.into(), login, inherit: !login, create_role, bypass, ..Role::default() }
}

fn pairs(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn database() -> Database {
    let platform = "app_tenant_00000000000000000000000000000000";
    let memberships = [
        ("bursar_auth", "bursar_app"),
        ("bursar_jobs", "bursar_app"),
        (platform, "bursar_app"),
        ("bursar_tenant", platform),
        ("bursar_platform", platform),
        ("bursar_search", "bursar_owner"),
    ];
    Database {
        session: Session {
            version_number: 180_006,
            version: "18.6".into(),
            login: "postgres".into(),
            superuser: true,
            sees_activity: true,
            sees_settings: true,
            owner: true,
            ..Session::default()
        },
        connections: Ok(Connections {
            max: 100,
            reserved: 3,
            used: 40,
            servers: 34,
            machines: 2,
            login_limit: -1,
        }),
        clock: Ok((Duration::from_micros(300), 12)),
        settings: Ok(pairs(&[
            ("archive_command", "cp %p /archive/%f"),
            ("archive_mode", "on"),
            ("autovacuum", "on"),
            ("data_checksums", "on"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("log_min_duration_statement", "-1"),
            ("log_statement", "none"),
            ("password_encryption", "scram-sha-256"),
            ("ssl", "on"),
            ("synchronous_commit", "on"),
            ("wal_level", "replica"),
        ])),
        role_settings: Ok(pairs(&[
            ("plan_cache_mode", "force_generic_plan"),
            ("idle_in_transaction_session_timeout", "60s"),
        ])),
        roles: Ok(role_names().into_iter().map(role).collect()),
        memberships: Ok(memberships.map(|(g, m)| (g.to_owned(), m.to_owned())).into()),
        tenants: Ok(Tenants { count: 1, ..Tenants::default() }),
        walls: Ok(vec![Wall {
            table: "ledger_hold".into(),
            enabled: true,
            forced: true,
            policies: 1,
            open: vec![],
        }]),
        migrations: Some(Ok(Vec::new())),
        schema_version: Ok(Some(bursar_migrations::latest_version())),
        drift: Some(Ok(Vec::new())),
        long: Ok(Vec::new()),
        prepared: Ok(Vec::new()),
        slots: Ok(Vec::new()),
        wraparound: Ok(("bursar".into(), 200_000_000)),
        sizes: Ok(Sizes { database: 1 << 30, temporary: 0, wal: Some(1 << 24) }),
        archiver: Ok(Archiver { count: 9, last_seconds: Some(60), failing: false }),
        tables: Ok(vec![Table {
            name: "ledger_hold".into(),
            live: 1_000_000,
            index_scans: 1_000_000,
            ..Table::default()
        }]),
        indexes: Ok(vec![index("ledger_hold_due")]),
        statistics: Ok(Statistics::Counted(Vec::new())),
    }
}

fn index(name: &str) -> Index {
    Index {
        name: name.into(),
        table: "ledger_hold".into(),
        valid: true,
        bytes: 1 << 30,
        scans: 9,
        unique: false,
    }
}

fn healthy() -> Facts {
    let attempt = Attempt {
        variable: "DATABASE_URL",
        ssl_mode: "verify-full".into(),
        remote: true,
        outcome: Ok(("bursar_app".into(), "TLSv1.3".into())),
    };
    Facts {
        production: true,
        long_transaction_seconds: LONG_TRANSACTION_SECONDS,
        behind_proxy: true,
        backups: None,
        here: Here {
            backend: Backend::Postgres,
            problems: Vec::new(),
            warnings: Vec::new(),
            files: vec![Files { path: "/run/secrets/pepper".into(), mode: 0o100_440 }],
            pepper: Pepper::File,
            env: "prod".into(),
            pool: 17,
            json_log: true,
            listen: ([0, 0, 0, 0], 50051).into(),
            callers_tls: false,
            certificate: None,
            data_dir: "/var/lib/bursar".into(),
            space: Some(Space {
                path: "/var/lib/bursar".into(),
                free_bytes: 1 << 40,
                total_bytes: 1 << 41,
            }),
        },
        attempts: vec![attempt],
        database: Some(database()),
        server: Server {
            url: "http://127.0.0.1:50051".into(),
            chosen: false,
            serving: Ok(true),
            ops_address: ([127, 0, 0, 1], 50052).into(),
            ops: Some(Ops { ready: (200, "ok".into()), metrics: 200 }),
        },
    }
}

#[test]
fn what_is_healthy_is_ready_for_production() {
    let facts = healthy();
    let findings = judge(&facts, &selected(true, &[]));
    for finding in &findings {
        // What only people can check is never done.
        let by_hand = finding.check == "alerts";
        assert!(
            finding.level == Level::Ok || by_hand && finding.level == Level::Skipped,
            "{finding:?}"
        );
    }
    for check in CHECKS.iter().chain(PRODUCTION) {
        assert!(findings.iter().any(|f| f.check == check.name), "{} says nothing", check.name);
    }
}

#[test]
fn names_are_told_once_and_select() {
    let mut names: Vec<&str> = CHECKS.iter().chain(PRODUCTION).map(|check| check.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert_eq!(selected(false, &[]).len(), CHECKS.len());
    assert_eq!(selected(false, &["pepper".into()])[0].name, "pepper");
}

type Change = fn(&mut Facts, &mut Database);
type Case = (Change, &'static str, Level, &'static str, &'static str);

/// A change to what is healthy, and the one finding that it makes: check, level, subject, part of the remedy.
#[rustfmt::skip]
const CASES: &[Case] = &[
    (|f, _| f.here.files[0].mode = 0o100_644, "configuration", Level::Error, "/run/secrets/pepper", "`chmod 600 /run/secrets/pepper`"),
    (|f, _| f.here.files[0].mode = 0o100_660, "configuration", Level::Warning, "/run/secrets/pepper", "chmod 600"),
    (|f, _| f.here.warnings.push("it is set; take it out".into()), "configuration", Level::Warning, "environment", "take it out"),
    (|f, _| f.attempts[0].outcome = Err(Unreachable::Full("x".into())), "connection", Level::Error, "DATABASE_URL", "max_connections = 200"),
    (|f, _| f.attempts[0].outcome = Err(Unreachable::Tls("x".into())), "connection", Level::Error, "DATABASE_URL", "sslrootcert"),
    (|f, _| f.attempts[0].outcome = Ok(("bursar_app".into(), String::new())), "connection", Level::Warning, "DATABASE_URL", "sslmode=verify-full"),
    (|_, d| d.clock = Ok((Duration::from_millis(50), 0)), "connection", Level::Warning, "round trip", "the same zone"),
    (|_, d| d.connections = Ok(Connections { max: 100, reserved: 3, used: 97, servers: 0, machines: 0, login_limit: -1 }), "connection", Level::Error, "max_connections", "`ALTER SYSTEM SET max_connections = 200`"),
    (|_, d| d.connections = Ok(Connections { max: 100, reserved: 3, used: 90, servers: 90, machines: 2, login_limit: -1 }), "connection", Level::Warning, "max_connections", "BURSAR_MAX_CONNECTIONS"),
    (|_, d| d.connections = Ok(Connections { max: 100, reserved: 3, used: 60, servers: 20, machines: 4, login_limit: -1 }), "connection", Level::Warning, "max_connections", "a pooler"),
    (|_, d| d.connections = Ok(Connections { max: 100, reserved: 3, used: 40, servers: 34, machines: 2, login_limit: 20 }), "connection", Level::Warning, "bursar_app", "CONNECTION LIMIT -1"),
    (|_, d| { d.session.version_number = 180_003; d.session.version = "18.3".into(); }, "versions", Level::Warning, "PostgreSQL 18.3", "no dump is needed"),
    (|_, d| { d.session.version_number = 140_020; d.session.version = "14.20".into(); }, "versions", Level::Error, "PostgreSQL 14.20", "pg_upgrade"),
    (|_, d| { d.session.version_number = 190_000; d.session.version = "19.0".into(); }, "versions", Level::Warning, "PostgreSQL 19.0", "PostgreSQL 18"),
    (|_, d| d.schema_version = Ok(Some(1)), "versions", Level::Error, concat!("bursar ", env!("CARGO_PKG_VERSION")), "`bursar migrate up`"),
    (|_, d| d.schema_version = Ok(Some(i64::MAX)), "versions", Level::Error, concat!("bursar ", env!("CARGO_PKG_VERSION")), "a later one"),
    (|_, d| d.roles.as_mut().unwrap()[1].inherit = true, "roles", Level::Error, "bursar_app", "`ALTER ROLE bursar_app NOINHERIT`"),
    (|_, d| d.roles.as_mut().unwrap()[2].bypass = true, "roles", Level::Error, "bursar_auth", "NOBYPASSRLS"),
    (|_, d| drop(d.roles.as_mut().unwrap().remove(4)), "roles", Level::Error, "bursar_jobs", "`bursar bootstrap`"),
    (|_, d| d.roles.as_mut().unwrap().push(Role { bypass: true, name: "report".into(), ..Role::default() }), "roles", Level::Error, "report", "`ALTER ROLE report NOBYPASSRLS`"),
    (|_, d| d.memberships.as_mut().unwrap().push(("pg_monitor".into(), "bursar_app".into())), "roles", Level::Warning, "bursar_app", "`REVOKE pg_monitor FROM bursar_app`"),
    (|_, d| d.tenants.as_mut().unwrap().without_grant.push(TENANT.into()), "tenants", Level::Error, TENANT, "WITH INHERIT FALSE, SET TRUE"),
    (|_, d| d.walls.as_mut().unwrap().clear(), "rls", Level::Error, "tables", "`bursar migrate up`"),
    (|_, d| d.drift = Some(Ok(vec![Difference { subject: "index i".into(), text: "missing".into(), remedy: "make it".into() }])), "migrations", Level::Error, "index i", "make it"),
    (|_, d| d.migrations = None, "migrations", Level::Skipped, "migrations", "BURSAR_OWNER_URL"),
    (|_, d| d.clock = Ok((Duration::ZERO, -1_500)), "clock", Level::Warning, "clock", "set-ntp"),
    (|_, d| d.clock = Ok((Duration::ZERO, 7_000)), "clock", Level::Error, "clock", "chronyc"),
    (|f, _| f.here.space.as_mut().unwrap().free_bytes = 1 << 30, "disk", Level::Warning, "/var/lib/bursar", "BURSAR_DATA_DIR"),
    (|_, d| d.sizes.as_mut().unwrap().wal = None, "disk", Level::Skipped, "log", "`GRANT pg_monitor TO postgres`"),
    (|_, d| d.long = Ok(vec![LongTransaction { pid: 7, state: "active".into(), ..LongTransaction::default() }]), "transactions", Level::Warning, "process 7", "pg_terminate_backend(7)"),
    (|_, d| d.slots = Ok(vec![Slot { name: "s".into(), bytes: 5 << 30, ..Slot::default() }]), "transactions", Level::Error, "replication slot s", "pg_drop_replication_slot('s')"),
    (|_, d| d.wraparound = Ok(("bursar".into(), 1_900_000_000)), "transactions", Level::Error, "database bursar", "FREEZE"),
    (|_, d| d.statistics = Ok(Statistics::NotLoaded), "statements", Level::Warning, "pg_stat_statements", "shared_preload_libraries"),
    (|_, d| d.statistics = Ok(Statistics::Counted(vec![slow(50_000, 1)])), "statements", Level::Warning, "SELECT 1", "no index is missing"),
    (|_, d| d.statistics = Ok(Statistics::Counted(vec![slow(10, 500)])), "statements", Level::Warning, "SELECT 1", "EXPLAIN"),
    (|_, d| d.tables.as_mut().unwrap()[0].dead = 900_000, "tables", Level::Warning, "ledger_hold", "`VACUUM (ANALYZE) bursar.ledger_hold`"),
    (|_, d| d.tables.as_mut().unwrap()[0].changes = 9_000_000, "tables", Level::Warning, "ledger_hold", "`autovacuum`"),
    (|_, d| d.indexes.as_mut().unwrap()[0].scans = 0, "tables", Level::Warning, "ledger_hold_due", "by a migration"),
    (|_, d| set(d, "wal_level", "minimal"), "settings", Level::Warning, "wal_level", "wal_level = logical"),
    (|_, d| set(d, "password_encryption", "md5"), "settings", Level::Warning, "password_encryption", "scram-sha-256"),
    (|_, d| set(d, "log_parameter_max_length_on_error", "64"), "settings", Level::Warning, "log_parameter_max_length_on_error", "= 0`"),
    (|_, d| d.role_settings = Ok(pairs(&[("idle_in_transaction_session_timeout", "60s")])), "settings", Level::Warning, "plan_cache_mode", "`bursar bootstrap`"),
    (|f, _| f.server.serving = Ok(false), "server", Level::Error, "http://127.0.0.1:50051", "/readyz"),
    (|f, _| f.server.ops.as_mut().unwrap().ready = (503, "no".into()), "server", Level::Error, "127.0.0.1:50052/readyz", "log"),
    (|f, _| f.here.certificate = Some(("/c.pem".into(), Ok(-1))), "server", Level::Error, "/c.pem", "renew it"),
    (|f, _| f.here.certificate = Some(("/c.pem".into(), Ok(86_400 * 13))), "server", Level::Warning, "/c.pem", "renew it"),
    (|f, _| f.here.certificate = Some(("/c.pem".into(), Err("no".into()))), "server", Level::Error, "/c.pem", "BURSAR_TLS_CERT"),
    (|_, d| drop(d.role_settings.as_mut().unwrap().insert("synchronous_commit".into(), "off".into())), "settings", Level::Error, "bursar_app", "`ALTER ROLE bursar_app RESET synchronous_commit`"),
    (|_, d| d.session.sees_activity = false, "statements", Level::Skipped, "pg_stat_statements", "`GRANT pg_monitor TO postgres`"),
    (|f, _| f.here.backend = Backend::Embedded, "backend", Level::Error, "STORE_BACKEND", "STORE_BACKEND=postgres"),
    (|f, _| f.here.env = "dev".into(), "environment", Level::Error, "BURSAR_ENV", "`prod`"),
    (|f, _| f.here.pepper = Pepper::Unset, "pepper", Level::Error, "BURSAR_PEPPER", "BURSAR_PEPPER_FILE"),
    (|f, _| f.attempts[0].outcome = Ok(("postgres".into(), "TLSv1.3".into())), "login", Level::Error, "DATABASE_URL", "bursar_app"),
    (|_, d| set(d, "fsync", "off"), "durability", Level::Error, "fsync", "`ALTER SYSTEM SET fsync = on`"),
    (|_, d| set(d, "data_checksums", "off"), "checksums", Level::Error, "data_checksums", "pg_checksums"),
    (|_, d| set(d, "ssl", "off"), "tls-database", Level::Error, "ssl", "ssl = on"),
    (|f, _| f.attempts[0].ssl_mode = "require".into(), "tls-database", Level::Error, "DATABASE_URL", "sslmode=verify-full"),
    (|f, _| f.behind_proxy = false, "tls-callers", Level::Error, "BURSAR_LISTEN", "--behind-proxy"),
    (|_, d| set(d, "archive_mode", "off"), "backups", Level::Error, "archive_mode", "--backups"),
    (|_, d| set(d, "archive_command", ""), "backups", Level::Error, "archive_command", "pgBackRest"),
    (|_, d| d.archiver.as_mut().unwrap().failing = true, "backups", Level::Error, "pg_stat_archiver", "archive_command"),
    (|_, d| d.archiver.as_mut().unwrap().last_seconds = Some(90_000), "backups", Level::Error, "pg_stat_archiver", "archive_timeout"),
    (|_, d| d.tenants.as_mut().unwrap().unlimited = 1, "rate-limits", Level::Warning, "requests_per_second", "--requests-per-second"),
    (|f, _| f.here.pool = 40, "headroom", Level::Error, "max_connections", "BURSAR_MAX_CONNECTIONS"),
    (|_, d| { d.session.version_number = 150_001; d.session.version = "15.1".into(); }, "minor-version", Level::Error, "PostgreSQL 15.1", "no dump is needed"),
    (|_, d| d.statistics = Ok(Statistics::NotMade), "statement-statistics", Level::Warning, "pg_stat_statements", "shared_preload_libraries"),
    (|_, d| d.connections.as_mut().unwrap().machines = 1, "replicas", Level::Warning, "servers", "two servers"),
    (|f, _| f.here.json_log = false, "log-form", Level::Warning, "BURSAR_LOG", "BURSAR_LOG=json"),
    (|f, _| f.server.ops.as_mut().unwrap().metrics = 404, "metrics", Level::Error, "127.0.0.1:50052/metrics", "Prometheus"),
    (|_, d| d.walls = Err(Unseen("no".into())), "rls", Level::Skipped, "tables", "BURSAR_OWNER_URL"),
];

fn slow(blocks: i64, mean_ms: i64) -> Slow {
    Slow { text: "SELECT 1".into(), calls: 100, mean_ms, rows: 1, blocks }
}

fn set(database: &mut Database, name: &str, value: &str) {
    database.settings.as_mut().unwrap().insert(name.into(), value.into());
}

#[test]
fn each_fault_has_its_finding_and_its_remedy() {
    for (at, (change, check, level, subject, remedy)) in CASES.iter().enumerate() {
        let mut facts = healthy();
        let mut database = facts.database.take().unwrap();
        change(&mut facts, &mut database);
        facts.database = Some(database);
        let findings = judge(&facts, &selected(true, &[(*check).to_owned()]));
        let found: Vec<_> = findings.iter().filter(|finding| finding.level != Level::Ok).collect();
        assert_eq!(found.len(), 1, "case {at}, {check} {subject}: {findings:?}");
        assert_eq!((found[0].level, found[0].subject.as_str()), (*level, *subject), "{found:?}");
        assert!(found[0].remedy.contains(remedy), "{remedy}: {found:?}");
    }
}

#[test]
fn without_production_less_is_an_error() {
    let mut facts = healthy();
    let mut database = facts.database.take().unwrap();
    set(&mut database, "fsync", "off");
    facts.database = Some(database);
    facts.production = false;
    let level = |facts: &Facts| judge(facts, &selected(false, &["settings".into()]))[0].level;
    assert_eq!(level(&facts), Level::Warning);
    facts.here.backend = Backend::Memory;
    assert_eq!(level(&facts), Level::Ok, "a RAM disk is not durable anyway");
}

#[test]
fn without_a_database_the_rest_is_looked_at() {
    let facts = Facts { database: None, attempts: Vec::new(), ..healthy() };
    let findings = judge(&facts, &selected(false, &[]));
    let of = |check: &str| findings.iter().find(|finding| finding.check == check).unwrap();
    assert_eq!(of("connection").level, Level::Warning);
    assert_eq!((of("rls").level, of("server").level), (Level::Skipped, Level::Ok));
}

/// docs/production.md has a row for each check of the readiness list, and no other.
#[test]
fn the_readiness_list_is_documented() {
    let text = include_str!("../../../../docs/production.md");
    let rows: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
        .collect();
    let names: Vec<&str> = PRODUCTION.iter().map(|check| check.name).collect();
    assert_eq!(rows, names);
}
