//! Migrations: names, guards, and what each table must have.

use std::collections::BTreeMap;

use bursar_tidy::{
    DOMAINS, File, Findings, Part, collapse, find, line_at, parts, re, scrub, some, statements,
};

fn files() -> Vec<&'static File> {
    some("migrations/sql", "sql")
}

#[test]
fn names_are_dated_pairs() {
    let mut findings = Findings::of(
        "a migration is YYYYMMDDhhmmss_name.up.sql with its .down.sql; no two share a time",
    );
    let name = re(r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})_[a-z0-9_]+\.(?:up|down)\.sql$");
    let mut versions: BTreeMap<&str, &str> = BTreeMap::new();
    for file in files() {
        let Some(hit) = name.captures(file.name()) else {
            findings.at(
                &file.path,
                1,
                "name it like 20261121000100_tenancy.up.sql: digits, then small letters, digits, _",
            );
            continue;
        };
        let [year, month, day, hour, minute, second] =
            [1, 2, 3, 4, 5, 6].map(|part| hit[part].parse::<u32>().unwrap_or(99));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = [31, 28 + u32::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let last = days.get(month.wrapping_sub(1) as usize).copied().unwrap_or(0);
        if !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            findings.at(&file.path, 1, "its version is no date and time that exists");
        }
        let (up, down) =
            (file.path.replace(".down.sql", ".up.sql"), file.path.replace(".up.sql", ".down.sql"));
        for other in [up, down].iter().filter(|other| find(other).is_none()) {
            findings.at(&file.path, 1, format!("{other} is missing: every step goes up and down"));
        }
        let (version, rest) = file.name().split_at(14);
        let step = rest.trim_end_matches(".up.sql").trim_end_matches(".down.sql");
        if versions.insert(version, step).is_some_and(|other| other != step) {
            findings.at(&file.path, 1, "another migration has this version: take a later time");
        }
    }
    findings.finish();
}

/// What a statement is, with its guard in brackets of its own when it can have one; and what to do without it.
const GUARDS: &[(&str, &str)] = &[
    (
        r"(?i)^CREATE (?:UNLOGGED )?(?:TABLE|SCHEMA|SEQUENCE|EXTENSION|MATERIALIZED VIEW)( IF NOT EXISTS)?\b",
        "say IF NOT EXISTS",
    ),
    (r"(?i)^CREATE (?:UNIQUE )?INDEX(?: CONCURRENTLY)?( IF NOT EXISTS)?\b", "say IF NOT EXISTS"),
    (r"(?i)^CREATE( OR REPLACE)? (?:FUNCTION|PROCEDURE|AGGREGATE|VIEW)\b", "say CREATE OR REPLACE"),
    (r"(?i)^DROP (?:MATERIALIZED )?[A-Z]+(?: CONCURRENTLY)?( IF EXISTS)?\b", "say IF EXISTS"),
    (r"(?i)\bADD COLUMN( IF NOT EXISTS)?\b", "say ADD COLUMN IF NOT EXISTS"),
    (r"(?i)\bDROP (?:COLUMN|CONSTRAINT)( IF EXISTS)?\b", "say IF EXISTS"),
    (r"(?i)^INSERT INTO .*?( ON CONFLICT\b.*)?$", "a seed says ON CONFLICT"),
    (r"(?i)^CREATE (?:TYPE|DOMAIN)\b", "make it in a DO that looks whether it is there"),
    (
        r"(?i)^(?:CREATE|DROP) (?:ROLE|USER|DATABASE|OWNED)\b",
        "it belongs to the cluster: `bursar bootstrap` makes roles, and no migration drops one",
    ),
];

#[test]
fn every_statement_is_guarded() {
    let mut findings =
        Findings::of("a migration can be run again: what it makes or drops is guarded");
    let guards: Vec<_> = GUARDS.iter().map(|(pattern, advice)| (re(pattern), advice)).collect();
    // These have no guard of their own: they are dropped first.
    let hung = re(r"(?i)^CREATE (?:CONSTRAINT )?(POLICY|TRIGGER) (\w+)\b.*? ON ([\w.]+)");
    let constraint = re(r"(?i)\bADD CONSTRAINT (\w+)");
    let role = re(r"(?i)\bDROP\s+(?:ROLE|USER|OWNED)\b");
    for file in files() {
        let mut before = String::new();
        for part in statements(&file.text) {
            for (guard, advice) in &guards {
                if guard.captures_iter(&part.text).any(|hit| hit.get(1).is_none()) {
                    findings.at(&file.path, part.line, advice);
                }
            }
            before.push_str(&part.text);
            before.push(';');
            let table = hung
                .captures(&part.text)
                .map(|hit| format!("DROP {} IF EXISTS {} ON {};", &hit[1], &hit[2], &hit[3]));
            let added = constraint
                .captures(&part.text)
                .map(|hit| format!("DROP CONSTRAINT IF EXISTS {}", &hit[1]));
            for drop in table.into_iter().chain(added).filter(|drop| !before.contains(drop)) {
                findings.at(&file.path, part.line, format!("first say `{drop}`"));
            }
        }
        if file.path.ends_with(".down.sql") {
            let advice = "roles stay: other databases of the cluster may use them";
            findings.each(&file.path, &file.text, &role, advice);
        }
    }
    findings.finish();
}

#[test]
fn tables_are_walled_by_tenant() {
    let mut findings = Findings::of(
        "a table is bursar.<domain>_x, keyed by tenant_id first, with forced row-level security and a policy in its migration",
    );
    let create =
        re(r"(?i)^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?([\w.]+)(?: PARTITION OF)?");
    let key = re(r"(?i)\bPRIMARY KEY \(\s*(\w+)");
    for file in files() {
        let all = statements(&file.text);
        let said = |pattern: &str| all.iter().any(|part| re(pattern).is_match(&part.text));
        for table in &all {
            let Some(hit) =
                create.captures(&table.text).filter(|hit| !hit[0].ends_with("PARTITION OF"))
            else {
                continue;
            };
            let full = &hit[1];
            let mut say =
                |what: &str| findings.at(&file.path, table.line, format!("{full}: {what}"));
            let short = full.strip_prefix("bursar.").unwrap_or_default();
            let owner = |(_, prefixes): &&(&str, &[&str])| {
                prefixes.iter().any(|prefix| short.starts_with(prefix))
            };
            if !DOMAINS.iter().any(|domain| owner(&domain)) {
                say(
                    "name it bursar.<prefix>_x with a prefix of DOMAINS in tests/tidy/src/lib.rs, or add the domain there",
                );
            }
            let columns = parts(table, false);
            let first = columns.first().map_or("", |column| column.text.as_str());
            if !first.starts_with("tenant_id uuid NOT NULL") {
                say("its first column is `tenant_id uuid NOT NULL`");
            }
            let keyed = columns
                .iter()
                .any(|column| key.captures(&column.text).is_some_and(|hit| &hit[1] == "tenant_id"));
            if !keyed && !first.contains("PRIMARY KEY") {
                say("its primary key begins with tenant_id");
            }
            let name = full.replace('.', r"\.");
            for words in ["ENABLE", "FORCE"] {
                if !said(&format!(r"(?i)^ALTER TABLE {name} .*\b{words} ROW LEVEL SECURITY")) {
                    say(&format!("add `ALTER TABLE {full} {words} ROW LEVEL SECURITY`"));
                }
            }
            if !said(&format!(
                r"(?i)^CREATE POLICY \w+ ON {name} .*\(SELECT tenancy\.current_tenant\(\)\)"
            )) {
                say("add a policy on tenant_id = (SELECT tenancy.current_tenant())");
            }
        }
    }
    findings.finish();
}

#[test]
fn columns_have_exact_types() {
    let mut findings = Findings::of(
        "times are timestamptz that default to now(); days are value dates and ends of periods; nothing is a float",
    );
    let create = re(r"(?i)^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?[\w.]+ \(");
    let added = re(r"(?i)^.*\bADD COLUMN (?:IF NOT EXISTS )?");
    let float = re(r"(?i)\b(?:float[48]?|real|double\s+precision|money)\b");
    let ranked = re(r"(?i)\bmarket_cap_rank\b");
    for file in files() {
        for part in statements(&file.text) {
            if create.is_match(&part.text) {
                for column in &parts(&part, false) {
                    check_column(file, column, &collapse(&column.raw), &mut findings);
                }
            }
            for column in parts(&part, true).iter().filter(|column| added.is_match(&column.text)) {
                check_column(
                    file,
                    column,
                    &added.replace(&collapse(&column.raw), ""),
                    &mut findings,
                );
            }
        }
        let text = scrub(&file.text, true);
        findings.each(&file.path, &text, &float, "it rounds; amounts are numeric");
        findings.each(
            &file.path,
            &text,
            &ranked,
            "promise A8: provider metadata lives in extra_json, never in a column",
        );
    }
    findings.finish();
}

/// Looks at the time of one column; `written` is its definition.
fn check_column(file: &File, column: &Part, written: &str, findings: &mut Findings) {
    let mut words = written.split_whitespace();
    let (name, kind) =
        (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_lowercase());
    let mut say = |what: &str| findings.at(&file.path, column.line, format!("{name}: {what}"));
    let kind = kind.split(['(', ',']).next().unwrap_or_default();
    let ends = name == "ended_at" && written.contains("DEFAULT 'infinity'");
    match kind {
        "timestamp" | "time" | "timetz" => {
            say("make it timestamptz: a moment, the same everywhere");
        }
        "date" if !["value_date", "starts_on", "ends_on"].contains(&name) => {
            say("only value dates and the ends of periods are days; a moment is timestamptz");
        }
        "timestamptz"
            if written.contains("NOT NULL") && !written.contains("DEFAULT now()") && !ends =>
        {
            say("add DEFAULT now()");
        }
        _ => {}
    }
}

#[test]
fn no_provider_metadata_in_statements() {
    let mut findings =
        Findings::of("promise A8: provider metadata lives in extra_json, never in a column");
    let ranked = re(r"(?i)\bmarket_cap_rank\b");
    for file in some("server/store", "sql") {
        findings.each(
            &file.path,
            &scrub(&file.text, true),
            &ranked,
            "read it as extra_json ->> '…'",
        );
    }
    let schema = find("migrations/schema.sql").map_or("", |file| file.text.as_str());
    let text = scrub(schema, true);
    for hit in ranked.find_iter(&text) {
        findings.at("migrations/schema.sql", line_at(&text, hit.start()), "a column by that name");
    }
    findings.finish();
}
