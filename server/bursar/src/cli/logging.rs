//! The log of this process, on stderr.

use crate::config::{Config, LogFormat};
use crate::redact::redact;
use crate::telemetry;
use bursar_store::spans::TARGET;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

/// What changes the filter of the installed log.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Installs the log, and with it the way of spans to the collector. Once a process, from a command only: tests in one
/// process share it.
pub(crate) fn init(config: &Config) {
    // The configuration has checked the filter.
    let filter = EnvFilter::builder().parse_lossy(&config.log_filter);
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(Redacted);
    let lines = match config.log_format {
        LogFormat::Human => lines.with_target(false).with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let lines = lines.with_filter(filter.and(cap(config.telemetry.log_amounts)));
    let spans = telemetry::tracer().map(|tracer| {
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            // The parent is the span around; places, threads and times of rest would cost more than they tell.
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_level(false)
            .with_target(false)
            .with_filter(Targets::new().with_target(TARGET, LevelFilter::DEBUG))
    });
    // It fails only when there is a log already, and then there is one.
    if tracing_subscriber::registry().with(lines).with(spans).try_init().is_ok() {
        let _ = FILTER.set(handle);
        // Capped above all the same; this saves the driver the question, several times a statement.
        log::set_max_level(if config.telemetry.log_amounts {
            log::LevelFilter::Trace
        } else {
            log::LevelFilter::Info
        });
    }
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
}

/// Changes what is logged, in `RUST_LOG`'s language.
///
/// # Errors
/// When it cannot be read; the log goes on as it was.
pub(crate) fn set_filter(text: &str) -> Result<(), String> {
    let wrong = |error: &dyn std::fmt::Display| {
        format!(
            "RUST_LOG cannot be used ({error}); give levels such as `info` or `info,bursar=debug`"
        )
    };
    let filter = EnvFilter::builder().parse(text).map_err(|error| wrong(&error))?;
    // Without a log of ours there is nothing to change.
    let Some(handle) = FILTER.get() else { return Ok(()) };
    handle.reload(filter).map_err(|error| wrong(&error))
}

/// What may be logged at all: below info the driver prints statements and their parameters.
fn cap(log_amounts: bool) -> Targets {
    let foreign = if log_amounts { LevelFilter::TRACE } else { LevelFilter::INFO };
    Targets::new().with_default(foreign).with_target("bursar", LevelFilter::TRACE)
}

/// Stderr, without passwords and keys, should one have found its way into a line.
struct Redacted;

impl<'a> MakeWriter<'a> for Redacted {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Redacted {
    /// One whole line: the formatter writes each at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if may_hold_a_secret(&text) {
            io::stderr().write_all(clean(&text).as_bytes())?;
        } else {
            io::stderr().write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Cheap, and true for every text that [`redact`] would change.
fn may_hold_a_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["://", "pass", "bsr_"].iter().any(|sign| lower.contains(sign))
}

/// The line with what stands between its quotes, and around them, redacted piece by piece: in a line of JSON one
/// string would else reach into the next.
fn clean(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let (mut start, mut escaped) = (0, false);
    for (at, c) in line.char_indices() {
        if c == '"' && !escaped {
            out.push_str(&redact(&line[start..at]));
            out.push('"');
            start = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    out.push_str(&redact(&line[start..]));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_told() {
        assert!(set_filter("bursar=loud").unwrap_err().contains("RUST_LOG cannot be used"));
        assert!(set_filter("info,bursar=debug").is_ok());
    }

    #[test]
    fn lines_lose_their_secrets_and_keep_their_form() {
        for (line, want) in [
            (
                r#"{"a":"postgres://u:p\"w@h/d","b":"x@y"}"#,
                r#"{"a":"postgres://u:***@h/d","b":"x@y"}"#,
            ),
            (
                r#"{"url":"http://127.0.0.1:4317","b":"x@y"}"#,
                r#"{"url":"http://127.0.0.1:4317","b":"x@y"}"#,
            ),
            ("INFO key bsr_dev_abc_geheim_00 x\n", "INFO key bsr_dev_abc_*** x\n"),
            ("INFO dsn=\"host=h PassWord=geheim\"\n", "INFO dsn=\"host=h PassWord=***\"\n"),
        ] {
            assert!(may_hold_a_secret(line), "{line}");
            assert_eq!(clean(line), want);
        }
    }
}
