//! The log of this process, on stderr.

use crate::config::{Config, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Installs the log. Once a process, from a command only: tests in one process share it.
pub(crate) fn init(config: &Config) {
    // The configuration has checked the filter.
    let filter = EnvFilter::builder().parse_lossy(&config.log_filter);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // It fails only when there is a log already, and then there is one.
    let _ = match config.log_format {
        LogFormat::Human => {
            log.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
        }
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
}
