//! PostgreSQL's settings as Bursar writes them, and the choice of its port.

use super::Durability;
use super::error::EmbeddedError;
use std::fmt::Write;
use std::net::{Ipv4Addr, TcpListener};

/// Settings on which Bursar relies and which therefore cannot be overridden.
const OURS: [&str; 8] = [
    "listen_addresses",
    "port",
    "unix_socket_directories",
    "data_directory",
    "config_file",
    "hba_file",
    "external_pid_file",
    "logging_collector",
];

/// The text of `bursar.conf`. The extra settings come last, so they win.
///
/// # Errors
/// `Setting` for a name that is not one, that is Bursar's own, or a value of several lines.
pub(super) fn render(
    port: u16,
    durability: Durability,
    statistics: bool,
    extra: &[(String, String)],
) -> Result<String, EmbeddedError> {
    let (sync, max_wal, shared_memory) = match durability {
        Durability::Durable => ("on", "1GB", "posix"),
        // WAL on a RAM disk is memory: keep little of it. Shared memory is kept in the directory
        // too, so that removing it after a kill removes everything.
        Durability::Memory => ("off", "192MB", "mmap"),
    };
    let port = port.to_string();
    let mut settings = vec![
        ("listen_addresses", "127.0.0.1"),
        ("port", &port),
        ("unix_socket_directories", ""),
        ("cluster_name", "bursar"),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
        ("max_wal_size", max_wal),
        ("dynamic_shared_memory_type", shared_memory),
        // Logical decoding can be used later without a restart.
        ("wal_level", "logical"),
        ("fsync", sync),
        ("synchronous_commit", sync),
        ("full_page_writes", sync),
        ("password_encryption", "scram-sha-256"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("log_line_prefix", "%m [%p] "),
        ("logging_collector", "off"),
    ];
    if statistics {
        settings.push(("shared_preload_libraries", "pg_stat_statements"));
    }
    for (name, value) in extra {
        let refuse =
            |reason: &str| EmbeddedError::Setting { name: name.clone(), reason: reason.into() };
        let wrong = |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.';
        if name.is_empty() || name.contains(wrong) {
            return Err(refuse("a name has letters, digits, '_' and '.' only; correct it"));
        }
        if OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
            return Err(refuse("Bursar sets it itself; remove it"));
        }
        if value.contains(['\n', '\r', '\0']) {
            return Err(refuse("its value has more than one line; correct it"));
        }
        settings.push((name, value));
    }
    let mut text = String::from("# Written by Bursar at every start; changes here are lost.\n");
    for (name, value) in settings {
        let value = value.replace('\\', "\\\\").replace('\'', "''");
        let _ = writeln!(text, "{name} = '{value}'");
    }
    Ok(text)
}

/// The port to use: the configured one, else the remembered one if it is free, else a free one.
///
/// # Errors
/// `PortTaken` for a configured port that is not free.
pub(super) fn choose_port(fixed: Option<u16>, kept: Option<u16>) -> Result<u16, EmbeddedError> {
    if let Some(port) = fixed {
        return if is_free(port) { Ok(port) } else { Err(EmbeddedError::PortTaken { port }) };
    }
    if let Some(port) = kept.filter(|p| is_free(*p)) {
        return Ok(port);
    }
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr());
    any.map(|a| a.port()).map_err(|source| EmbeddedError::File {
        action: "find a free port on",
        path: "127.0.0.1".into(),
        source,
    })
}

/// Reads a remembered port; anything else than a usable port number counts as none.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|p| *p >= 1024)
}

/// Whether the port can be listened on right now.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
