//! How code is written: lints, what production code never does, short handlers, limits in one place.

use std::ops::Range;

use bursar_tidy::{Findings, Source, find, hand_written, is_test_path, line_at, parse, re, some};

/// What is shipped.
const PRODUCTION: &[&str] = &["server", "migrations", "proto"];

#[test]
fn every_crate_takes_the_workspace_lints() {
    let mut findings =
        Findings::of("each crate forbids unsafe code: [lints] workspace = true in its Cargo.toml");
    let workspace = re(r"(?m)^\[lints\]\s*\n\s*workspace\s*=\s*true\s*$");
    let own = re(r#"(?m)^unsafe_code\s*=\s*"forbid"\s*$"#);
    for file in hand_written().filter(|file| file.name() == "Cargo.toml") {
        // The workspace says it for all; generated code cannot follow the other lints.
        let says = if ["Cargo.toml", "proto/Cargo.toml"].contains(&file.path.as_str()) {
            &own
        } else {
            &workspace
        };
        if !says.is_match(&file.text) {
            findings.at(
                &file.path,
                1,
                "add `[lints]` with `workspace = true` (proto: unsafe_code = \"forbid\")",
            );
        }
    }
    findings.finish();
}

#[test]
fn production_code_does_not_panic_on_purpose() {
    let mut findings = Findings::of("production code returns errors: no unwrap, no expect");
    let panics = re(r"\.\s*(?:unwrap|expect)(?:_err)?\s*\(");
    for file in PRODUCTION.iter().flat_map(|folder| some(folder, "rs")) {
        let code = parse(file).production;
        findings.each(
            &file.path,
            &code,
            &panics,
            "return an error, or use unwrap_or, let-else, `?`",
        );
    }
    findings.finish();
}

#[test]
fn only_the_command_line_prints() {
    let mut findings =
        Findings::of("only server/bursar/src/cli and the proto generator print to standard output");
    let prints = re(r"\bprint(?:ln)?!");
    for file in PRODUCTION.iter().flat_map(|folder| some(folder, "rs")) {
        if !file.under("server/bursar/src/cli") && !file.under("proto/gen") {
            findings.each(
                &file.path,
                &parse(file).production,
                &prints,
                "log it with tracing, or return it",
            );
        }
    }
    findings.finish();
}

#[test]
fn nothing_is_left_for_later() {
    let mut findings = Findings::of("what is here is finished: no notes to oneself, no stubs");
    // In pieces, or this file would break its own rule.
    let notes = re(&format!(
        r"\b(?:{}DO|FIX{}|XX{}|HA{})\b|\b(?:to{}|unimpl{})!",
        "TO", "ME", "X", "CK", "do", "emented"
    ));
    for file in hand_written() {
        findings.each(
            &file.path,
            &file.text,
            &notes,
            "do it, or open an issue and take the note out",
        );
    }
    findings.finish();
}

#[test]
fn test_modules_are_named_so() {
    let mut findings = Findings::of(
        "a file that is only there for tests is called tests.rs or x_tests.rs, so that rules know it",
    );
    let declared =
        re(r#"#\[cfg\(test\)\]\s*(?:#\[path = "([^"]+)"\]\s*)?(?:pub(?:\([a-z]+\))? )?mod (\w+);"#);
    for file in PRODUCTION.iter().flat_map(|folder| some(folder, "rs")) {
        for hit in declared.captures_iter(&file.text) {
            let name = hit
                .get(1)
                .map_or_else(|| format!("{}.rs", &hit[2]), |path| path.as_str().to_owned());
            if !is_test_path(&format!("server/{name}")) {
                let line = line_at(&file.text, hit.get(0).map_or(0, |all| all.start()));
                findings.at(&file.path, line, format!("call {name} tests.rs or <what>_tests.rs"));
            }
        }
    }
    findings.finish();
}

/// Most lines in the body of a handler.
const MAX_HANDLER_LINES: usize = 15;

#[test]
fn handlers_are_short() {
    let mut findings = Findings::of("a handler decodes, makes one call, encodes: at most 15 lines");
    let service = re(r"#\[(?:tonic::)?async_trait\]\s*impl\b");
    let handler = re(r"\basync\s+fn\s+(\w+)");
    let mut seen = 0;
    for file in some("server/api/src", "rs") {
        let source = parse(file);
        for found in service.find_iter(&source.production) {
            let body = source.braces(found.end());
            for hit in handler.captures_iter(&source.code[body.clone()]) {
                seen += 1;
                let start = body.start + hit.get(0).map_or(0, |all| all.start());
                let lines = body_lines(&source, source.braces(start));
                if lines > MAX_HANDLER_LINES {
                    let what = format!(
                        "`{}` has {lines} lines: move decoding to convert, rules to domain",
                        &hit[1]
                    );
                    findings.at(&file.path, line_at(&source.code, start), what);
                }
            }
        }
    }
    assert!(seen > 0, "no handler found in server/api/src: correct the pattern in this rule");
    findings.finish();
}

/// Lines with code in a body.
fn body_lines(source: &Source, body: Range<usize>) -> usize {
    source.code[body].lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn limits_are_in_one_place() {
    let mut findings = Findings::of(
        "limits are named constants of server/domain/src/limits.rs; a private number says in a doc comment what it is",
    );
    assert!(
        find("server/domain/src/limits.rs").is_some(),
        "server/domain/src/limits.rs is gone: correct this rule"
    );
    let number = re(
        r"^(pub(?:\([a-z ]+\))? )?const \w+: (?:[iu](?:8|16|32|64|128|size)|f64|Duration|NonZero\w*)\b",
    );
    let anonymous = re(r"\bDuration::from_(?:\w+)\((?:[2-9]|1[\d_])[\d_]*\)");
    for (folder, shared) in
        [("server/store/src", false), ("server/api/src", false), ("server/bursar/src", true)]
    {
        for file in some(folder, "rs").into_iter().filter(|file| !is_test_path(&file.path)) {
            let code = parse(file).production;
            let written: Vec<&str> = file.text.lines().collect();
            for (at, line) in code.lines().enumerate() {
                let named = number.captures(line);
                if named.as_ref().is_some_and(|hit| !shared && hit.get(1).is_some()) {
                    findings.at(
                        &file.path,
                        at + 1,
                        "a number for more than this file: move it to limits.rs",
                    );
                } else if named.is_some() && !documented(&written[..at]) {
                    findings.at(
                        &file.path,
                        at + 1,
                        "say in a doc comment what this number is and why it is so",
                    );
                } else if named.is_none()
                    && !line.contains("const ")
                    && !shared
                    && anonymous.is_match(line)
                {
                    findings.at(
                        &file.path,
                        at + 1,
                        "a time without a name: make it a constant, of limits.rs if it is a limit",
                    );
                }
            }
        }
    }
    findings.finish();
}

/// Whether a doc comment ends just before, or before the constants and attributes that stand there in one block.
fn documented(before: &[&str]) -> bool {
    let block =
        before.iter().rev().find(|line| !line.starts_with("const ") && !line.starts_with("#["));
    block.is_some_and(|line| line.starts_with("///"))
}
