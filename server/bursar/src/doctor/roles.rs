//! The roles that `bursar bootstrap` makes, as they must be.

use super::facts::{Database, Facts};
use super::finding::{Finding, Level};
use bursar_migrations::inspect::Role;

/// The platform's own tenant.
const PLATFORM: &str = "app_tenant_00000000000000000000000000000000";

/// Name, LOGIN, INHERIT, CREATEROLE.
const ROLES: &[(&str, bool, bool, bool)] = &[
    ("bursar_owner", false, true, true),
    ("bursar_app", true, false, false),
    ("bursar_auth", false, true, false),
    ("bursar_platform", false, true, false),
    ("bursar_jobs", false, true, false),
    ("bursar_search", false, true, false),
    ("bursar_tenant", false, true, false),
    (PLATFORM, false, true, false),
];

/// Group and member.
const MEMBERSHIPS: &[(&str, &str)] = &[
    ("bursar_auth", "bursar_app"),
    ("bursar_jobs", "bursar_app"),
    (PLATFORM, "bursar_app"),
    ("bursar_tenant", PLATFORM),
    ("bursar_platform", PLATFORM),
    ("bursar_search", "bursar_owner"),
];

/// The names that are asked for.
pub(crate) fn names() -> Vec<&'static str> {
    ROLES.iter().map(|(name, ..)| *name).collect()
}

pub(super) fn judge(facts: &Facts, database: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &database.roles {
        Ok(roles) => attributes(facts, roles, &mut findings),
        Err(why) => findings.push(Finding::unseen("roles", why)),
    }
    match &database.memberships {
        Ok(found) => memberships(found, &mut findings),
        Err(why) => findings.push(Finding::unseen("memberships", why)),
    }
    if findings.is_empty() {
        let text = format!("{} roles with the right attributes and memberships", ROLES.len());
        findings.push(Finding::ok("roles", text));
    }
    findings
}

fn attributes(facts: &Facts, roles: &[Role], findings: &mut Vec<Finding>) {
    for &(name, login, inherit, create_role) in ROLES {
        let Some(role) = roles.iter().find(|role| role.name == name) else {
            findings.push(Finding::error(name, "there is no such role", "`bursar bootstrap`"));
            continue;
        };
        let mut wrong: Vec<&str> = [
            (role.superuser, "NOSUPERUSER"),
            (role.create_database, "NOCREATEDB"),
            (role.replication, "NOREPLICATION"),
            (role.bypass && name != "bursar_search", "NOBYPASSRLS"),
        ]
        .into_iter()
        .filter_map(|(has, without)| has.then_some(without))
        .collect();
        for (is, wanted, with, without) in [
            (role.login, login, "LOGIN", "NOLOGIN"),
            (role.inherit, inherit, "INHERIT", "NOINHERIT"),
            (role.create_role, create_role, "CREATEROLE", "NOCREATEROLE"),
        ] {
            if is != wanted {
                wrong.push(if wanted { with } else { without });
            }
        }
        if !wrong.is_empty() {
            let wrong = wrong.join(" ");
            findings.push(Finding::error(
                name,
                format!(
                    "its attributes are not {wrong}, and the walls between tenants rest on them"
                ),
                format!("`ALTER ROLE {name} {wrong}`"),
            ));
        }
        if name == "bursar_search" && !role.bypass {
            findings.push(Finding::warning(
                name,
                "it has no BYPASSRLS: searches in JSON and text are slow",
                "as a superuser: `ALTER ROLE bursar_search BYPASSRLS`",
            ));
        }
    }
    let known = names();
    for role in roles.iter().filter(|role| !known.contains(&role.name.as_str())) {
        let name = &role.name;
        if name.starts_with("app_tenant_") {
            findings.push(Finding::error(
                name,
                "a tenant's role may log in, or has rights beyond its tenant",
                format!(
                    "`ALTER ROLE {name} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB`"
                ),
            ));
        } else if role.bypass {
            let level = if facts.production { Level::Error } else { Level::Warning };
            let text = "it bypasses row-level security: it sees every tenant's rows";
            let remedy = format!("`ALTER ROLE {name} NOBYPASSRLS`, unless it is there for backups");
            findings.push(Finding::new(level, name, text, remedy));
        }
    }
}

fn memberships(found: &[(String, String)], findings: &mut Vec<Finding>) {
    let has = |group: &str, member: &str| found.iter().any(|(g, m)| g == group && m == member);
    for (group, member) in MEMBERSHIPS {
        if !has(group, member) {
            let text = format!("it is not a member of {group}");
            findings.push(Finding::error(*member, text, "`bursar bootstrap`"));
        }
    }
    for (group, _) in found.iter().filter(|(_, member)| member == "bursar_app") {
        if !MEMBERSHIPS.contains(&(group.as_str(), "bursar_app")) {
            // What is Bursar's own opens tenants or the schema; what is PostgreSQL's own only shows more.
            let level = if group.starts_with("bursar_") { Level::Error } else { Level::Warning };
            findings.push(Finding::new(
                level,
                "bursar_app",
                format!("it is a member of {group}, which the service does not need"),
                format!("`REVOKE {group} FROM bursar_app`"),
            ));
        }
    }
}
