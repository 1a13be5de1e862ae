//! `bursar doctor`: looks at configuration, database and server, and says what is wrong and what to do.

use super::doctor_facts::{Asked, gather};
use super::doctor_here::Here;
use super::failure::{Exit, Failure};
use super::output::Out;
use crate::doctor::{self, Check, Finding, LONG_TRANSACTION_SECONDS, Level, counted};
use bursar_migrations::inspect::Unreachable;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::Value;
use std::fmt::Write as _;

/// Look for what is wrong with configuration, database and server
///
/// Changes nothing. Each finding has a level, what was seen, and a remedy: a command, SQL, or a setting. It sees most with
/// an administrator's address in BURSAR_OWNER_URL; with DATABASE_URL alone it looks as the service does, and says what it
/// could not see. Without both it looks at the embedded database of a running server.
///
/// Exits with 0 when there is no error, with 1 when there is one, with 2 when the configuration is wrong, and with 4 when
/// neither the database nor a server can be reached; the findings are printed all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bursar doctor
  bursar doctor --check rls --check roles --output json
  bursar doctor --production --behind-proxy --backups 'pgBackRest of the cluster'")]
pub(crate) struct Args {
    /// Judge as for production, with the readiness list of docs/production.md
    #[arg(long)]
    production: bool,
    /// Only this check; may be given several times
    #[arg(long = "check", value_name = "NAME", value_parser = names())]
    checks: Vec<String>,
    /// Age from which on a transaction is long
    #[arg(long, value_name = "SECONDS", default_value_t = LONG_TRANSACTION_SECONDS)]
    long_transaction_seconds: u32,
    /// A proxy ends TLS in front of the server
    #[arg(long)]
    behind_proxy: bool,
    /// How backups are made, where PostgreSQL's archiving is not used
    #[arg(long, value_name = "HOW")]
    backups: Option<String>,
}

fn names() -> PossibleValuesParser {
    let all = doctor::CHECKS.iter().map(|check| PossibleValue::new(check.name).help(check.about));
    let more = doctor::PRODUCTION
        .iter()
        .map(|check| PossibleValue::new(check.name).help(format!("production: {}", check.about)));
    PossibleValuesParser::new(all.chain(more))
}

pub(crate) async fn run(args: Args, out: Out) -> Result<(), Failure> {
    let checks = doctor::selected(args.production, &args.checks);
    let here = match Here::read() {
        Ok(here) => here,
        Err(error) => {
            show(out, &doctor::wrong(&error.0))?;
            return Err(Failure::usage("the configuration is wrong; nothing else was looked at"));
        }
    };
    let asked = Asked {
        production: args.production,
        long_transaction_seconds: args.long_transaction_seconds,
        behind_proxy: args.behind_proxy,
        backups: args.backups,
    };
    let facts = gather(here, asked, reach(&checks)).await;
    let findings = doctor::judge(&facts, &checks);
    show(out, &findings)?;
    let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
    if errors == 0 {
        return Ok(());
    }
    let silent = facts.server.serving.is_err()
        && facts.server.ops.is_none()
        && !facts.attempts.is_empty()
        && facts.attempts.iter().all(|a| matches!(a.outcome, Err(Unreachable::Silent(_))));
    if silent {
        let text = "neither the database nor a server can be reached; see the findings";
        return Err(Failure::new(Exit::Unavailable, text));
    }
    Err(Failure::failed(format!("the doctor found {}; see the findings", counted(errors, "error"))))
}

/// What has to be asked for these checks.
fn reach(checks: &[&Check]) -> bool {
    // The environment alone needs nobody to answer.
    checks.iter().any(|check| check.name != "configuration")
}

fn show(out: Out, findings: &[Finding]) -> Result<(), Failure> {
    let json: Vec<Value> = findings.iter().map(Finding::json).collect();
    out.show(&Value::Array(json), &text(findings))
}

/// The findings in groups, and a line that counts them.
fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut group = "";
    for finding in findings {
        if finding.check != group {
            group = finding.check;
            let _ = writeln!(text, "{group}");
        }
        let level = finding.level.name();
        let _ = writeln!(text, "  {level:8} {}: {}", finding.subject, finding.finding);
        if !finding.remedy.is_empty() {
            let _ = writeln!(text, "           remedy: {}", finding.remedy);
        }
    }
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let _ = write!(
        text,
        "\n{}, {}, {} skipped, {} ok",
        counted(count(Level::Error), "error"),
        counted(count(Level::Warning), "warning"),
        count(Level::Skipped),
        count(Level::Ok)
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_grouped_and_counted() {
        let finding = |check, level, remedy: &str| Finding {
            check,
            level,
            subject: "it".into(),
            finding: "is so".into(),
            remedy: remedy.into(),
        };
        let found = [
            finding("rls", Level::Error, "mend it"),
            finding("rls", Level::Ok, ""),
            finding("clock", Level::Warning, "wind it"),
        ];
        let want = "rls\n  error    it: is so\n           remedy: mend it\n  ok       it: is so\n\
                    clock\n  warning  it: is so\n           remedy: wind it\n\n\
                    1 error, 1 warning, 0 skipped, 1 ok";
        assert_eq!(text(&found), want);
    }
}
