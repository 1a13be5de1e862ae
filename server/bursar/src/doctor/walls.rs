//! Row-level security of every table.

use super::facts::{Database, Facts};
use super::finding::Finding;
use bursar_migrations::inspect::Wall;

/// What puts a policy back as the migrations made it.
const RESTORE: &str =
    "`bursar migrate diff` shows the text that is missing; put it back as bursar_owner";

pub(super) fn judge(_: &Facts, database: &Database) -> Vec<Finding> {
    let walls = match &database.walls {
        Ok(walls) => walls,
        Err(why) => return vec![Finding::unseen("tables", why)],
    };
    if walls.is_empty() {
        let text = "there are no tables of Bursar";
        return vec![Finding::error("tables", text, "`bursar migrate up`")];
    }
    let mut findings: Vec<Finding> = walls.iter().flat_map(holes).collect();
    if findings.is_empty() {
        let text =
            format!("{} tables, each with forced row-level security and a policy", walls.len());
        findings.push(Finding::ok("tables", text));
    }
    findings
}

fn holes(wall: &Wall) -> Vec<Finding> {
    let table = &wall.table;
    let mut findings = Vec::new();
    if !wall.enabled {
        findings.push(Finding::error(
            table,
            "row-level security is off: every tenant sees every row",
            format!(
                "`ALTER TABLE bursar.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`"
            ),
        ));
    } else if !wall.forced {
        findings.push(Finding::error(
            table,
            "row-level security is not forced: it does not hold for the owner",
            format!("`ALTER TABLE bursar.{table} FORCE ROW LEVEL SECURITY`"),
        ));
    }
    if wall.policies == 0 {
        let text = "it has no policy that keeps tenants apart";
        findings.push(Finding::error(table, text, RESTORE));
    }
    for policy in &wall.open {
        findings.push(Finding::error(
            table,
            format!("the policy {policy} is for everybody and does not ask for the tenant"),
            format!("`DROP POLICY {policy} ON bursar.{table}`, if nobody needs it"),
        ));
    }
    findings
}
