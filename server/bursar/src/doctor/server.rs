//! The server, when one runs.

use super::facts::Facts;
use super::finding::{Finding, counted};
use super::limits::EXPIRY_DAYS;
use std::path::Path;

/// Seconds of a day.
const A_DAY: i64 = 86_400;

/// Status of a page that is as it should be.
pub(super) const OK: u16 = 200;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let server = &facts.server;
    let mut findings = vec![match &server.serving {
        Ok(true) => Finding::ok(&server.url, "it serves"),
        Ok(false) => Finding::error(
            &server.url,
            "its health service says NOT_SERVING",
            "see its log and /readyz; mostly the database is out of its reach (the check `connection`)",
        ),
        Err(why) if server.chosen => Finding::error(
            &server.url,
            format!("no server answers there: {why}"),
            "start one with `bursar serve`, or set BURSAR_URL to where one is",
        ),
        Err(_) => Finding::skipped(
            &server.url,
            "no server answers there",
            "name it in BURSAR_URL, to have it looked at",
        ),
    }];
    if let Some(ops) = &server.ops {
        let subject = format!("{}/readyz", server.ops_address);
        findings.push(if ops.ready.0 == OK {
            Finding::ok(subject, "ready")
        } else {
            Finding::error(
                subject,
                format!("not ready: {}", ops.ready.1.trim()),
                "see the server's log",
            )
        });
    }
    findings.extend(facts.here.certificate.iter().map(|(path, left)| certificate(path, left)));
    findings
}

fn certificate(path: &Path, left: &Result<i64, String>) -> Finding {
    let subject = path.display().to_string();
    let remedy =
        "renew it and write the new one to the same file: a server takes it over by itself";
    match left {
        Ok(seconds) if *seconds <= 0 => {
            Finding::error(subject, "the certificate has expired", remedy)
        }
        Ok(seconds) if seconds / A_DAY < EXPIRY_DAYS => {
            let text = format!("the certificate expires in {}", counted(seconds / A_DAY, "day"));
            Finding::warning(subject, text, remedy)
        }
        Ok(seconds) => {
            let text = format!("the certificate is good for {}", counted(seconds / A_DAY, "day"));
            Finding::ok(subject, text)
        }
        Err(why) => Finding::error(
            subject,
            format!("the certificate cannot be read: {why}"),
            "give a PEM file, readable for the user that runs Bursar, in BURSAR_TLS_CERT",
        ),
    }
}
