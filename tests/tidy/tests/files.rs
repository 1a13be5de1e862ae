//! The files themselves: what the top level holds, how long files are, that scripts run, that nothing names a registry.

use bursar_tidy::{File, Findings, hand_written, re, top};

/// What the top level holds, and nothing else. A new entry is a decision: it needs a reason here.
const TOP: &[&str] = &[
    // The layout of ARCHITECTURE.md.
    "Cargo.toml",
    "Cargo.lock",
    "proto",
    "server",
    "migrations",
    "clients",
    "tests",
    "deploy",
    "docs",
    // What people read first, and where they look for it.
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    // Tools look for these here and nowhere else.
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
    ".ci",
    ".dockerignore",
    ".editorconfig",
    ".gitignore",
];

#[test]
fn the_top_level_is_as_agreed() {
    let mut findings = Findings::of(
        "the top level holds what TOP in tests/tidy/tests/files.rs lists, no more and no less",
    );
    let mut missing = TOP.to_vec();
    for name in top() {
        missing.retain(|wanted| *wanted != name);
        if !TOP.contains(&name.as_str()) {
            findings.at(
                &name,
                1,
                "put it into the folder that it belongs to, or add it to TOP with a reason",
            );
        }
    }
    for name in missing {
        findings.at(name, 1, "it is missing: write it, or take it out of TOP");
    }
    findings.finish();
}

/// Length that files aim for.
const AIM_LINES: usize = 250;
/// Length that no file passes.
const MAX_LINES: usize = 500;

#[test]
fn files_are_short() {
    let mut findings = Findings::of("a hand-written file aims for 250 lines and never passes 500");
    for file in hand_written().filter(|file| is_code(file)) {
        let lines = file.text.lines().count();
        if lines > MAX_LINES {
            findings.at(
                &file.path,
                lines,
                format!("{lines} lines: split it by what its parts are about"),
            );
        } else if lines > AIM_LINES {
            println!("{}: {lines} lines, more than the {AIM_LINES} that files aim for", file.path);
        }
    }
    findings.finish();
}

/// Code that people read. Seeds in migrations and protos are as long as they must be.
fn is_code(file: &File) -> bool {
    ["rs", "sh", "py", "ts", "go", "java"].iter().any(|ext| file.ext(ext))
        || file.ext("sql") && !file.under("migrations/sql")
        || is_script(file)
}

/// Whether a file is made to be run by a shell.
fn is_script(file: &File) -> bool {
    let first = file.text.lines().next().unwrap_or_default();
    first.starts_with("#!") && first.ends_with("sh")
}

/// Scripts that do not stop at the first error, and why.
const GOES_ON: &[(&str, &str)] =
    &[(".ci/run", "runs every step, also after one that failed, and adds up the results")];

#[test]
fn scripts_stop_at_the_first_error() {
    let mut findings = Findings::of(
        "a shell script is executable and begins with `set -euo pipefail`; one to be sourced is not",
    );
    let sources_lib = re(r#"^(?:\.|source) .*/lib\.sh"?$"#);
    for file in hand_written().filter(|file| file.ext("sh") || is_script(file)) {
        let mut code = file
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let (at, first) = code.next().unwrap_or((0, ""));
        // lib.sh sets it for all that source it first.
        let stops = first == "set -euo pipefail" || sources_lib.is_match(first);
        if is_script(file) {
            if !stops && !GOES_ON.iter().any(|(path, _)| *path == file.path) {
                findings.at(&file.path, at + 1, "the first command is `set -euo pipefail` (or it sources lib.sh, which says so)");
            }
            if !file.executable {
                findings.at(&file.path, 1, "make it executable: chmod +x");
            }
        } else {
            if !file.text.starts_with("# shellcheck shell=") {
                findings.at(&file.path, 1, "a script begins with #!/usr/bin/env bash; one to be sourced with # shellcheck shell=");
            }
            if file.executable {
                findings.at(&file.path, 1, "it is there to be sourced: chmod -x");
            }
            if file.name() == "lib.sh" && !stops {
                findings.at(
                    &file.path,
                    at + 1,
                    "the first command is `set -euo pipefail`, for all that source it",
                );
            }
        }
    }
    findings.finish();
}

#[test]
fn nothing_names_a_registry() {
    let mut findings = Findings::of(
        "no package registry by its address: mirrors are configured in the tools, not here",
    );
    // In pieces, or this file would break its own rule.
    let hosts = [
        ["static", "crates", "io"].as_slice(),
        &["index", "crates", "io"],
        &["registry", "npmjs", "org"],
        &["pypi", "org"],
        &["files", "pythonhosted", "org"],
        &["repo1", "maven", "org"],
        &["repo", "maven", "apache", "org"],
        &["proxy", "golang", "org"],
        &["deb", "debian", "org"],
    ];
    let pattern = re(&format!(r"(?i)\b(?:{})\b", hosts.map(|parts| parts.join(r"\.")).join("|")));
    for file in hand_written() {
        findings.each(
            &file.path,
            &file.text,
            &pattern,
            "take the address out: the tool's own configuration knows it",
        );
    }
    findings.finish();
}
