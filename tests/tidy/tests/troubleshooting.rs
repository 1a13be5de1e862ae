//! docs/troubleshooting.md quotes messages: each stands in the code, to the letter.

use bursar_tidy::{File, Findings, find, parse, re, some};

/// Marks the parts of a message that differ from case to case.
const ANYTHING: char = '…';
/// Fewest letters that must be quoted between two such parts, once: less would fit anywhere.
const MIN_QUOTED_CHARS: usize = 9;

/// The string literals of what is shipped, as they are at run time: lines joined, escapes undone.
fn texts() -> Vec<String> {
    let joined = re(r"\\\n\s*");
    ["server", "migrations"]
        .iter()
        .flat_map(|folder| some(folder, "rs"))
        .flat_map(|file| parse(file).literals)
        .filter(|literal| !literal.test)
        .map(|literal| joined.replace_all(&literal.text, "").replace("\\\"", "\""))
        .collect()
}

/// The headings that quote a message, with their lines.
fn quoted(file: &File) -> Vec<(usize, &str)> {
    let lines = file.text.lines().enumerate();
    lines.filter_map(|(at, line)| Some((at + 1, line.strip_prefix("### ")?.trim()))).collect()
}

/// Whether the parts stand in the text in this order.
fn holds(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn quoted_messages_are_in_the_code() {
    let mut findings =
        Findings::of("each message that docs/troubleshooting.md quotes stands in the code so");
    let path = "docs/troubleshooting.md";
    let file = find(path).unwrap_or_else(|| panic!("{path} is gone: correct this rule"));
    let (texts, headings) = (texts(), quoted(file));
    assert!(headings.len() > 20, "few headings in {path}: correct the pattern in this rule");
    for (line, heading) in headings {
        let parts: Vec<&str> =
            heading.split(ANYTHING).map(str::trim).filter(|part| !part.is_empty()).collect();
        if !parts.iter().any(|part| part.chars().count() >= MIN_QUOTED_CHARS) {
            findings.at(path, line, "too little of a message to be looked for: quote more of it");
        } else if !texts.iter().any(|text| holds(text, &parts)) {
            findings.at(path, line, format!("no message says `{heading}`: quote it as it is now"));
        }
    }
    findings.finish();
}
