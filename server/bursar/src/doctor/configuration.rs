//! The environment, and the files that it names.

use super::facts::{Facts, Pepper};
use super::finding::{Finding, Level, counted};
use crate::config::Problem;

/// All that the permissions of a secret's file may allow.
const WIDEST_MODE: u32 = 0o640;
/// What would let everybody on the machine read or change it.
const OTHERS: u32 = 0o007;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let here = &facts.here;
    let mut findings = Vec::new();
    // An operator's machine may hold an administrator's address and nothing else.
    let level = if facts.production { Level::Error } else { Level::Warning };
    findings.extend(here.problems.iter().map(|found| problem(level, found)));
    for warning in &here.warnings {
        let (what, remedy) = warning.split_once("; ").unwrap_or((warning, "take it out"));
        findings.push(Finding::warning("environment", what, remedy));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("environment", "a server starts with it"));
    }
    for file in &here.files {
        let path = file.path.display();
        if file.mode & 0o777 & !WIDEST_MODE == 0 {
            continue;
        }
        let (level, who) = if file.mode & OTHERS == 0 {
            (Level::Warning, "its group may change it")
        } else {
            (Level::Error, "everybody on this machine may get at it")
        };
        findings.push(Finding::new(
            level,
            path.to_string(),
            format!("the file holds a secret and has mode {:04o}: {who}", file.mode & 0o7777),
            format!("`chmod 600 {path}`; for a secret that Kubernetes mounts, defaultMode 0440"),
        ));
    }
    if !here.files.is_empty() && findings.iter().all(|f| !f.finding.contains("has mode")) {
        let count = counted(here.files.len(), "file");
        findings.push(Finding::ok("secrets", format!("{count}, closed to others")));
    }
    if here.pepper != Pepper::Unset {
        findings.push(Finding::ok("BURSAR_PEPPER", "it is long enough"));
    }
    findings
}

/// A problem of the environment: what it is stands before the first semicolon, what to do behind it.
pub(super) fn problem(level: Level, found: &Problem) -> Finding {
    let (what, remedy) = found.problem.split_once("; ").unwrap_or((&found.problem, "correct it"));
    let what = format!("{what}: a server does not start with it");
    Finding::new(level, &found.variable, what, remedy)
}
