//! What onboarding makes for each tenant.

use super::facts::{Database, Facts};
use super::finding::{Finding, counted};

/// First version whose grants say what they are for.
const GRANT_OPTIONS_VERSION: i32 = 160_000;

pub(super) fn judge(_: &Facts, database: &Database) -> Vec<Finding> {
    let tenants = match &database.tenants {
        Ok(tenants) => tenants,
        Err(why) => return vec![Finding::unseen("tenants", why)],
    };
    let modern = database.session.version_number >= GRANT_OPTIONS_VERSION;
    let hex = |id: &str| id.replace('-', "");
    let take = |hex: &str| {
        if modern {
            format!("`GRANT app_tenant_{hex} TO bursar_app WITH INHERIT FALSE, SET TRUE`")
        } else {
            format!("`GRANT app_tenant_{hex} TO bursar_app`")
        }
    };
    let mut findings = Vec::new();
    for id in &tenants.without_role {
        let hex = hex(id);
        let (inherit, see) = (
            if modern { " WITH INHERIT TRUE, SET FALSE" } else { "" },
            format!("`GRANT USAGE ON SCHEMA tenant_{hex} TO app_tenant_{hex}`"),
        );
        findings.push(Finding::error(
            id,
            "the tenant has no role: its calls fail",
            format!(
                "as bursar_owner: `CREATE ROLE app_tenant_{hex} NOLOGIN`, `GRANT bursar_tenant TO app_tenant_{hex}{inherit}`, {}, {see}, {}",
                take(&hex),
                views(id)
            ),
        ));
    }
    for id in &tenants.without_grant {
        let text = "bursar_app may not take the tenant's role: its calls fail";
        findings.push(Finding::error(id, text, format!("as bursar_owner: {}", take(&hex(id)))));
    }
    for id in tenants.without_schema.iter().filter(|id| !tenants.without_role.contains(id)) {
        let hex = hex(id);
        findings.push(Finding::error(
            id,
            "the tenant has no schema of its own: its reporting views are gone",
            format!(
                "as bursar_owner: `CREATE SCHEMA tenant_{hex}`, `GRANT USAGE ON SCHEMA tenant_{hex} TO app_tenant_{hex}`, {}",
                views(id)
            ),
        ));
    }
    if findings.is_empty() {
        let text =
            format!("{}, each with its role and its schema", counted(tenants.count, "tenant"));
        findings.push(Finding::ok("tenants", text));
    }
    findings
}

fn views(id: &str) -> String {
    format!("`SELECT tenancy.refresh_views('{id}')`")
}
