//! The pure parts, and one real start and stop.
#![allow(clippy::expect_used, reason = "a test stops where it fails")]

use super::binaries::parse_version;
use super::cluster::Layout;
use super::pidfile::{PidFile, runs_here};
use super::settings::{choose_port, parse_port, render};
use super::{Durability, Embedded, EmbeddedConfig, EmbeddedError};
use std::net::TcpListener;
use std::time::Duration;

#[test]
fn versions_are_read_from_every_vendor() {
    let read = |text| parse_version(text).expect("a version");
    assert_eq!(read("pg_ctl (PostgreSQL) 18.6\n"), ("18.6".into(), 18));
    assert_eq!(read("pg_ctl (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), ("15.13".into(), 15));
    assert_eq!(read("pg_ctl (PostgreSQL) 19beta1\n"), ("19beta1".into(), 19));
    assert_eq!(parse_version("something else"), None);
}

#[test]
fn pid_file_is_read_at_every_stage() {
    let full = "4711\n/d/cluster\n1700000000\n5433\n\n127.0.0.1\n  123 4\nready   \n";
    let found = PidFile::parse(full).expect("a pid file");
    assert_eq!(found, PidFile { pid: 4711, port: Some(5433), ready: true, stopping: false });
    let early = PidFile::parse("4711\n/d/cluster\n").expect("a pid file");
    assert_eq!((early.port, early.ready), (None, false));
    assert!(PidFile::parse(&full.replace("ready ", "stopping")).expect("a pid file").stopping);
    assert_eq!(PidFile::parse(""), None);
    assert_eq!(PidFile::parse("-1\n"), None, "single-user mode writes a negative pid");
}

#[test]
fn a_live_process_elsewhere_is_not_our_server() {
    let me = i32::try_from(std::process::id()).expect("a pid");
    assert!(!runs_here(me, std::path::Path::new("/nowhere")));
}

#[tokio::test]
async fn ports_are_kept_when_free_and_replaced_when_taken() {
    assert_eq!(parse_port("5433\n"), Some(5433));
    assert_eq!(parse_port("80"), None);
    assert_eq!(parse_port("junk"), None);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    assert_ne!(choose_port(None, Some(port)).expect("another port"), port);
    assert!(matches!(choose_port(Some(port), None), Err(EmbeddedError::PortTaken { .. })));
    drop(taken);
    // A child that another test is just forking holds a copy of the socket until its exec.
    for _ in 0..100 {
        if choose_port(None, Some(port)).expect("a port") == port {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("port {port} is free and was not kept");
}

#[test]
fn settings_are_quoted_and_ours_are_protected() {
    let extra = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let conf = |extra: Vec<_>| render(5433, Durability::Durable, true, &extra);
    let text = conf(extra("search_path", r"it's a \ path")).expect("settings");
    assert!(text.ends_with("search_path = 'it''s a \\\\ path'\n"), "{text}");
    assert!(text.contains("fsync = 'on'") && text.contains("'pg_stat_statements'"));
    for (name, value) in [("port", "1"), ("bad name", "1"), ("", "1"), ("work_mem", "1\nfsync=off")]
    {
        assert!(matches!(conf(extra(name, value)), Err(EmbeddedError::Setting { .. })), "{name}");
    }
    let memory = render(5433, Durability::Memory, false, &[]).expect("settings");
    assert!(memory.contains("fsync = 'off'") && !memory.contains("pg_stat_statements"));
}

#[test]
fn a_cluster_of_another_major_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let layout = Layout::new(dir.path());
    std::fs::create_dir(&layout.cluster).expect("a directory");
    std::fs::write(layout.cluster.join("PG_VERSION"), "15\n").expect("a file");
    assert!(layout.check_major(15).is_ok());
    let said = layout.check_major(18).expect_err("a refusal").to_string();
    assert!(said.contains("made by PostgreSQL 15") && said.contains("BURSAR_PG_BIN"), "{said}");
}

#[test]
fn memory_never_takes_a_directory_with_something_in_it() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("mine"), "x").expect("a file");
    let said = Layout::prepare(dir.path(), Durability::Memory).expect_err("a refusal").to_string();
    assert!(said.contains("not empty"), "{said}");
    assert!(dir.path().join("mine").exists());
}

#[tokio::test]
async fn a_memory_server_starts_answers_refuses_a_second_and_leaves_nothing() {
    let mut cfg = EmbeddedConfig::for_backend(Durability::Memory);
    cfg.bin_dir = std::env::var_os("BURSAR_PG_BIN").map(Into::into);
    let server = Embedded::start(cfg.clone(), |_| {}).await.expect("a server");
    let (_, version) = bursar_migrations::identify(&server.admin_url()).await.expect("an answer");
    assert_eq!(version, server.version());

    let mut same_dir = cfg.clone();
    same_dir.durability = Durability::Durable;
    let second = Embedded::start(same_dir, |_| {}).await.expect_err("a refusal");
    assert!(matches!(second, EmbeddedError::InUse { .. }), "{second}");

    let dir = server.data_dir().to_path_buf();
    server.stop().await.expect("a stop");
    assert!(!dir.exists());
}
