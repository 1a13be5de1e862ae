//! The table at the end.

use std::fmt::Write as _;

use crate::board::{Outcome, Outcomes};
use crate::language::Language;

/// Language by scenario: `ok`, `FAIL`, or `-` for what was not tried.
pub(crate) fn text(names: &[String], languages: &[Language], outcomes: &Outcomes) -> String {
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = format!("\n{:width$}", "scenario");
    for language in languages {
        let _ = write!(text, "  {:14}", language.name);
    }
    text.push('\n');
    let mut passed = vec![0; languages.len()];
    for name in names {
        let _ = write!(text, "{name:width$}");
        for (at, language) in languages.iter().enumerate() {
            let mark = match outcomes.get(&(language.name.clone(), name.clone())) {
                Some(Outcome::Passed) => {
                    passed[at] += 1;
                    "ok"
                }
                Some(Outcome::Failed(_)) => "FAIL",
                Some(Outcome::Skipped(_)) | None => "-",
            };
            let _ = write!(text, "  {mark:10}");
        }
        text.push('\n');
    }
    let _ = write!(text, "{:width$}", format!("of {}", names.len()));
    for count in passed {
        let _ = write!(text, "  {count:<10}");
    }
    text.push_str("\n\n");
    text
}
