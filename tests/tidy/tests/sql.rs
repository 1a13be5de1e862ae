//! Where SQL stands: in the .sql files of the store's domains, each owned by one, each declared, each used.

use std::collections::BTreeMap;

use bursar_tidy::{
    DOMAINS, File, Findings, Literal, hand_written, line_at, parse, re, scrub, some, statements,
};
use regex::Regex;

/// What a statement begins with, and what prose does not hold in capitals.
const SQL: &str = concat!(
    r"(?s)\bSELECT\b.+\bFROM\b|\bSELECT\s+[\w.]+\s*\(|\bINSERT\s+INTO\b|\bUPDATE\s+[\w.]+\s+(?:AS\s+\w+\s+)?SET\b",
    r"|\bDELETE\s+FROM\b|\bTRUNCATE\s|\bCOPY\s+[\w.(]+.*\b(?:FROM|TO)\b|\b(?:GRANT|REVOKE)\s+.+\b(?:TO|FROM)\b",
    r"|\b(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+)?",
    r"(?:TABLE|ROLE|USER|SCHEMA|DATABASE|INDEX|VIEW|FUNCTION|POLICY|TRIGGER|TYPE|EXTENSION|SYSTEM|SEQUENCE)\b",
    // Small letters too, when the whole literal is a statement.
    r"|(?i)^\s*(?:select\s.+\sfrom\s|insert\s+into\s|update\s+[\w.]+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\()",
    r"|^\s*(?:set|show|reset)\s+(?:local\s+|session\s+)?[a-z_.]+(?:\s+(?:to|=)\s|\s*;?\s*$)",
);

/// Transaction control, which has no values and belongs to no domain.
const CONTROL: &str =
    r"^\s*(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET LOCAL ROLE|DISCARD|DEALLOCATE)\b";

/// What stands in backticks is advice to a person; SQL itself has none.
const ADVICE: &str = r"`[^`]*`";

/// Whether a literal is SQL.
fn holds(pattern: &Regex, advice: &Regex, literal: &Literal) -> bool {
    pattern.is_match(&advice.replace_all(&literal.text, "it"))
}

#[test]
fn only_the_store_and_the_migrations_hold_sql() {
    let mut findings =
        Findings::of("no SQL outside server/store and migrations, tests of those crates included");
    let (sql, advice) = (re(&format!("{SQL}|{CONTROL}")), re(ADVICE));
    for folder in ["server/domain", "server/api", "server/bursar", "proto"] {
        for file in some(folder, "rs") {
            let hits: Vec<_> = parse(file)
                .literals
                .into_iter()
                .filter(|literal| holds(&sql, &advice, literal))
                .collect();
            for hit in hits {
                findings.at(
                    &file.path,
                    hit.line,
                    "SQL in a literal: make it a statement of the store, call its function",
                );
            }
        }
    }
    let stray = hand_written().filter(|file| file.ext("sql"));
    for file in stray.filter(|file| {
        !["server/store", "migrations", "tests", "deploy"].iter().any(|at| file.under(at))
    }) {
        findings.at(&file.path, 1, "an .sql file here: it belongs to server/store or migrations");
    }
    findings.finish();
}

#[test]
fn the_stores_sql_is_in_sql_files() {
    let mut findings =
        Findings::of("in server/store SQL is in .sql files; only the kernel says BEGIN and COMMIT");
    let (sql, control, advice) = (re(SQL), re(CONTROL), re(ADVICE));
    for file in some("server/store", "rs") {
        for literal in parse(file).literals.into_iter().filter(|literal| !literal.test) {
            if holds(&sql, &advice, &literal) {
                findings.at(
                    &file.path,
                    literal.line,
                    "SQL in a literal: put it in sql/<name>.sql beside, and in statements!",
                );
            } else if control.is_match(&literal.text) && !file.under("server/store/src/kernel") {
                findings.at(
                    &file.path,
                    literal.line,
                    "transaction control: Tx in kernel/ begins and ends transactions",
                );
            }
        }
    }
    findings.finish();
}

/// Tables of the migrations by their names.
fn tables() -> Vec<String> {
    let create = re(r"(?i)^CREATE TABLE (?:IF NOT EXISTS )?bursar\.(\w+)");
    let all = some("migrations/sql", "sql").into_iter().flat_map(|file| statements(&file.text));
    all.filter_map(|statement| create.captures(&statement.text).map(|hit| hit[1].to_owned()))
        .collect()
}

#[test]
fn domains_name_their_own_tables() {
    let mut findings = Findings::of(
        "files of a domain name only tables with its prefixes; it calls another domain's function for the rest",
    );
    let tables = tables();
    assert!(
        !tables.is_empty(),
        "no table found in migrations/sql: correct the pattern in this rule"
    );
    // A table, or something of it: an index, a constraint.
    let known = format!(r"\b((?:{})(?:_\w+)?)\b", tables.join("|"));
    let (in_sql, in_rust) = (re(&format!(r"\bbursar\.(\w+)|{known}")), re(&known));
    for (folder, prefixes) in DOMAINS {
        let path = format!("server/store/src/{folder}");
        for file in hand_written().filter(|file| file.under(&path)) {
            for (offset, text) in named_in(file) {
                let known = if file.ext("sql") { &in_sql } else { &in_rust };
                for hit in known.captures_iter(&text) {
                    let Some(name) = hit.iter().skip(1).flatten().next() else { continue };
                    if !prefixes.iter().any(|prefix| name.as_str().starts_with(prefix)) {
                        let line = offset + line_at(&text, name.start()) - 1;
                        let what = format!(
                            "`{}` is not one of {folder}'s ({})",
                            name.as_str(),
                            prefixes.join(", ")
                        );
                        findings.at(&file.path, line, what);
                    }
                }
            }
        }
    }
    findings.finish();
}

/// Texts of a file that can name tables, with the lines they begin at.
fn named_in(file: &File) -> Vec<(usize, String)> {
    if file.ext("sql") {
        return vec![(1, scrub(&file.text, true))];
    }
    let literals =
        parse(file).literals.into_iter().filter(|literal| !literal.test && file.ext("rs"));
    literals.map(|literal| (literal.line, literal.text)).collect()
}

/// How often each word stands in the store's code.
fn words(sources: &[(&File, String)]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (_, code) in sources {
        for word in code.split(|c: char| !c.is_alphanumeric() && c != '_') {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    counts
}

#[test]
fn statements_and_files_belong_together() {
    let mut findings = Findings::of(
        "each .sql file is declared once in the statements! of its folder, its name is unique, and it is used",
    );
    let block = re(r"(?s)\bstatements!\s*\{(.*?)\}");
    let entry = re(r#"(\w+)\s*=\s*"([^"]*)""#);
    let beginning = re(r#"\bafter\s+"([^"]*)""#);
    let sources: Vec<(&File, String)> =
        some("server/store/src", "rs").into_iter().map(|f| (f, parse(f).production)).collect();
    let used = words(&sources);
    let mut declared: BTreeMap<String, String> = BTreeMap::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (file, _) in &sources {
        for body in block.captures_iter(&file.text).filter_map(|found| found.get(1)) {
            for hit in entry.captures_iter(body.as_str()) {
                let (id, name) = (&hit[1], &hit[2]);
                let start = body.start() + hit.get(0).map_or(0, |all| all.start());
                let line = line_at(&file.text, start);
                let at = format!("{}:{line}", file.path);
                let mut say = |what: &str| findings.at(&file.path, line, format!("{id}: {what}"));
                if id != name.to_uppercase() {
                    say(&format!("its file is {name}.sql: call it {}", name.to_uppercase()));
                }
                if let Some(other) = names.insert(name.to_owned(), at.clone()) {
                    say(&format!("its name is taken by {other}: their metrics would mix"));
                }
                if used.get(id).is_none_or(|count| *count < 2) {
                    say("nothing runs it: take it out, with its file");
                }
                declared.insert(format!("{}/sql/{name}.sql", file.folder()), at);
            }
            for hit in beginning.captures_iter(body.as_str()) {
                let path = format!("{}/sql/{}.sql", file.folder(), &hit[1]);
                declared.insert(path, file.path.clone());
            }
        }
    }
    assert!(!names.is_empty(), "no statements! in server/store: correct the pattern in this rule");
    for file in some("server/store", "sql") {
        if declared.remove(&file.path).is_none() {
            findings.at(&file.path, 1, "declare it in its domain's statements!, or take it out");
        }
    }
    for (path, at) in declared {
        findings.at(&path, 1, format!("there is no such file, and {at} declares it"));
    }
    findings.finish();
}

#[test]
fn columns_are_named() {
    let mut findings =
        Findings::of("statements name their columns, so that a new column changes no reply");
    let star = re(r"(?i)\b(?:select|returning)\s+(?:distinct\s+)?(\*)|\b([a-z_]\w*)\.\*|,\s*(\*)");
    let float = re(r"(?i)\b(?:float[48]?|real|double precision|money)\b");
    for file in some("server/store", "sql") {
        let text = scrub(&file.text, true);
        for hit in star.captures_iter(&text) {
            let Some(of) = hit.iter().skip(1).flatten().next() else { continue };
            // What a function or a query in brackets gives is listed in the same statement.
            let given = format!(r"(?i)\)\s*as\s+{}\b", of.as_str());
            if of.as_str() == "*" || !re(&given).is_match(&text) {
                findings.at(&file.path, line_at(&text, of.start()), "name the columns");
            }
        }
        findings.each(&file.path, &text, &float, "money is numeric, never rounded");
        if statements(&file.text).len() != 1 {
            findings.at(&file.path, 1, "one statement a file: its name is its metric");
        }
    }
    findings.finish();
}
