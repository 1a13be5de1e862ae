//! Which crate may use what: the walls of docs and ARCHITECTURE.md, held in Cargo.toml files and in source text.

use bursar_tidy::{DOMAINS, File, Findings, find, hand_written, line_at, parse, re, some};

/// A dependency, or all whose names begin with it and a dash; who may use it, as the start of a path; and why nobody
/// else. The longest name that fits a dependency counts. Anything not listed may be used anywhere.
const WALLS: &[(&str, &[&str], &str)] = &[
    (
        "tokio",
        &["server/store", "server/api", "server/bursar", "migrations", "clients", "tests"],
        "rules are pure",
    ),
    (
        "tonic",
        &["server/api", "server/bursar", "proto", "clients", "tests"],
        "only the api speaks gRPC",
    ),
    (
        "prost",
        &["server/api", "server/bursar", "proto", "clients", "tests"],
        "only the api knows the wire",
    ),
    (
        "tokio-postgres",
        &["server/store", "tests"],
        "only the store speaks to PostgreSQL; take store.begin(op)",
    ),
    ("bb8", &["server/store"], "only the store has a pool"),
    ("sqlx", &["migrations"], "sqlx runs the migrations, and the service has one driver"),
    ("bursar-domain", &["server", "tests"], "a client knows the protos only"),
    (
        "bursar-proto",
        &["server/api", "server/bursar", "proto/gen", "clients", "tests"],
        "the store knows no wire types",
    ),
    ("bursar-store", &["server/api", "server/bursar", "tests"], "rules know nothing of storage"),
    ("bursar-api", &["server/bursar", "tests"], "nothing below the binary serves"),
    ("bursar-migrations", &["server/bursar", "tests"], "the online path cannot change the schema"),
    ("bursar", &["server/bursar", "tests"], "the binary is the top"),
    ("bursar-model", &["tests"], "a model that the machine is compared with knows no machine"),
    (
        "bursar-testkit",
        &["tests"],
        "nothing that is shipped uses test code; put it under [dev-dependencies]",
    ),
];

/// The wall that a dependency stands behind.
fn wall(
    dependency: &str,
) -> Option<&'static (&'static str, &'static [&'static str], &'static str)> {
    let fits = |name: &str| {
        // `bursar` is a crate and not a family.
        dependency == name
            || name != "bursar"
                && dependency.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
    };
    WALLS.iter().filter(|(name, ..)| fits(name)).max_by_key(|(name, ..)| name.len())
}

fn reason(name: &str, (_, allowed, why): &(&str, &[&str], &str)) -> String {
    format!("`{name}` is for {} only: {why}", allowed.join(", "))
}

#[test]
fn manifests_keep_the_layers() {
    let mut findings = Findings::of("a crate depends only on what its layer may use");
    for file in
        hand_written().filter(|file| file.name() == "Cargo.toml" && file.path != "Cargo.toml")
    {
        for (line, name) in dependencies(file) {
            let Some(wall) = wall(&name) else { continue };
            // A part of the crate may be all that may use it: then the source rule below says which.
            let within = |allowed: &&str| {
                file.under(allowed)
                    || format!("{allowed}/").starts_with(&format!("{}/", file.folder()))
            };
            if !wall.1.iter().any(within) {
                findings.at(&file.path, line, reason(&name, wall));
            }
        }
    }
    findings.finish();
}

/// The dependencies that are shipped or run at build time, with their lines.
fn dependencies(file: &File) -> Vec<(usize, String)> {
    let manifest: toml::Table =
        file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
    let mut tables = vec![&manifest];
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(
        targets.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table),
    );
    let sections = ["dependencies", "build-dependencies"];
    let listed = tables
        .iter()
        .flat_map(|table| sections.iter().filter_map(|name| table.get(*name)?.as_table()));
    let named = listed.flat_map(|section| {
        section.iter().map(|(key, value)| {
            let renamed = value.get("package").and_then(toml::Value::as_str);
            let line = file.text.lines().position(|line| line.starts_with(key.as_str()));
            (line.map_or(1, |at| at + 1), renamed.unwrap_or(key).to_owned())
        })
    });
    named.collect()
}

#[test]
fn sources_keep_the_layers() {
    let mut findings = Findings::of("code names only the crates that its layer may use");
    // The first name of a path, and what `use` or `extern crate` takes whole.
    let head =
        re(r"(?:^|[^:\w])(?:::)?([a-z]\w*)\s*::|\b(?:use|extern crate)\s+([a-z]\w*)\s*(?:;|as\b)");
    for folder in ["server", "proto", "migrations"] {
        for file in some(folder, "rs") {
            let code = parse(file).production;
            for hit in head.captures_iter(&code) {
                let Some(name) = hit.get(1).or_else(|| hit.get(2)) else { continue };
                let Some(wall) = wall(&name.as_str().replace('_', "-")) else { continue };
                if !wall.1.iter().any(|allowed| file.under(allowed)) {
                    findings.at(
                        &file.path,
                        line_at(&code, name.start()),
                        reason(name.as_str(), wall),
                    );
                }
            }
        }
    }
    findings.finish();
}

#[test]
fn clients_use_no_server_crate() {
    let mut findings = Findings::of(
        "a client is built from the protos: it depends on nothing under server or migrations",
    );
    let path = re(r#"path\s*=\s*"[^"]*(?:server|migrations)[^"]*""#);
    for file in hand_written().filter(|file| file.under("clients") && file.name() == "Cargo.toml") {
        findings.each(&file.path, &file.text, &path, "use bursar-proto");
    }
    findings.finish();
}

#[test]
fn domains_of_the_store_call_functions_of_each_other() {
    let mut findings = Findings::of(
        "one domain never runs another's statements: it calls the other's function, in the same transaction",
    );
    // A group of imports may hold `sql` anywhere.
    let taken = re(r"\bcrate::(\w+)::(?:sql\b|\{[^}]*\bsql\b)");
    for file in some("server/store/src", "rs") {
        let own = folder_of(file);
        let code = parse(file).production;
        for hit in taken.captures_iter(&code) {
            if own != &hit[1] && &hit[1] != "kernel" {
                let line = line_at(&code, hit.get(0).map_or(0, |all| all.start()));
                findings.at(
                    &file.path,
                    line,
                    format!("statements of `{0}` here: call a function of crate::{0}", &hit[1]),
                );
            }
        }
    }
    findings.finish();
}

/// The domain that a file of the store belongs to; empty for lib.rs and the like.
fn folder_of(file: &File) -> &str {
    let inner = file.path.strip_prefix("server/store/src/").unwrap_or_default();
    inner.split_once('/').map_or("", |(folder, _)| folder)
}

#[test]
fn every_domain_is_in_the_table() {
    let mut findings = Findings::of(
        "DOMAINS in tests/tidy/src/lib.rs has each folder of server/store/src, and no other",
    );
    for file in some("server/store/src", "rs") {
        let folder = folder_of(file);
        if !folder.is_empty() && !DOMAINS.iter().any(|(name, _)| *name == folder) {
            findings.at(&file.path, 1, format!("add `{folder}` with the prefixes of its tables"));
        }
    }
    for (folder, _) in DOMAINS {
        if find(&format!("server/store/src/{folder}/mod.rs")).is_none() {
            findings.at(
                "tests/tidy/src/lib.rs",
                1,
                format!("`{folder}` is no folder any more: take it out of DOMAINS"),
            );
        }
    }
    findings.finish();
}
