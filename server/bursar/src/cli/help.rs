//! What the long help of every command ends with, made in one place: exit codes, environment, see also. The pages of
//! the manual are made of the same.

use crate::config::VARIABLES;
use clap::Command;
use std::fmt::Write as _;

/// What the exit codes mean.
pub(super) const EXIT_CODES: &str = "  0  done
  1  failed; import transfers: some lines were refused; smoke: a step failed; doctor: an error was found;
     audit verify, check orphans: a fault was found
  2  the command line, the configuration, or a value in it is wrong; migrate diff: something differs
  3  the server answered no: not found, not allowed, in the wrong state
  4  the server or the database cannot be reached, or did not answer in time";

/// What every client command reads.
const CLIENT: &[&str] = &["BURSAR_URL", "BURSAR_API_KEY"];
/// What commands that work on the database read.
const DATABASE: &[&str] =
    &["STORE_BACKEND", "BURSAR_OWNER_URL", "BURSAR_DATA_DIR", "BURSAR_PG_BIN"];

/// The variables that a command reads, by its first word. `serve` shows all of them by itself.
fn variables(first: &str) -> &'static [&'static str] {
    match first {
        "tenant" | "key" | "statement" | "period" | "audit" | "check" | "import" | "smoke" => {
            CLIENT
        }
        "demo" => &["BURSAR_URL", "BURSAR_API_KEY", "BURSAR_DATA_DIR"],
        "health" => &["BURSAR_OPS_LISTEN"],
        "bootstrap" => &[
            "BURSAR_OWNER_URL",
            "BURSAR_APP_PASSWORD",
            "BURSAR_PEPPER",
            "BURSAR_ENV",
            "BURSAR_DATA_DIR",
        ],
        "migrate" | "db" => DATABASE,
        "config" => &["BURSAR_CONFIG"],
        _ => &[],
    }
}

/// A part of the help below the options: its heading, and its lines.
pub(super) type Section = (String, String);

/// The parts of a command's help below its options. `path` holds its words, `bursar` being the first.
pub(super) fn sections(command: &Command, path: &[String], siblings: &[String]) -> Vec<Section> {
    let own = command.get_after_long_help().or_else(|| command.get_after_help());
    let mut sections = split(&own.map(ToString::to_string).unwrap_or_default());
    let mut add = |heading: &str, text: String| {
        let there = sections.iter().any(|(found, _)| found == heading);
        if !there && !text.is_empty() {
            sections.push((heading.to_owned(), text));
        }
    };
    add("Exit codes", EXIT_CODES.to_owned());
    let first = path.get(1).map_or("", String::as_str);
    add("Environment", environment(variables(first)));
    add("See also", see_also(command, path, siblings));
    sections
}

/// Headings that own text may have; `Example:` may stand at the end of a sentence too.
const HEADINGS: [&str; 5] =
    ["Examples", "Exit codes", "Environment variables", "Mapping", "See also"];

/// Own text by its headings; what stands before them are notes.
fn split(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        let words = line.strip_suffix(':').unwrap_or_default();
        let (note, words) = words.rsplit_once(". ").unwrap_or(("", words));
        let words = if words == "Example" { "Examples" } else { words };
        let heading = HEADINGS.contains(&words);
        let note = if heading { note } else { line };
        if !note.is_empty() || !heading {
            if sections.is_empty() {
                sections.push(("Notes".into(), String::new()));
            }
            if let Some((_, text)) = sections.last_mut() {
                text.push_str(note);
                text.push_str(if heading { ".\n" } else { "\n" });
            }
        }
        if heading {
            sections.push((words.to_owned(), String::new()));
        }
    }
    for (_, text) in &mut sections {
        text.truncate(text.trim_end().len());
    }
    sections.retain(|(_, text)| !text.is_empty());
    sections
}

fn environment(names: &[&str]) -> String {
    let mut text = String::new();
    for variable in VARIABLES.iter().filter(|variable| names.contains(&variable.name)) {
        let default = match variable.default {
            "" => String::new(),
            default => format!(" [{default}]"),
        };
        let file = if variable.secret { "; secret, or a file named by it with _FILE" } else { "" };
        let _ = writeln!(text, "  {}{default}\n      {}{file}", variable.name, variable.help);
    }
    text.truncate(text.trim_end().len());
    text
}

fn see_also(command: &Command, path: &[String], siblings: &[String]) -> String {
    let below = command.get_subcommands().filter(|c| c.get_name() != "help");
    let mut pages: Vec<String> =
        below.map(|c| format!("{}-{}(1)", path.join("-"), c.get_name())).collect();
    if let Some((_, above)) = path.split_last().filter(|(_, above)| !above.is_empty()) {
        // Those of the first level are all of the program, which its own page lists.
        let beside = siblings.iter().filter(|name| above.len() > 1 && path.last() != Some(name));
        pages.push(format!("{}(1)", above.join("-")));
        pages.extend(beside.map(|name| format!("{}-{name}(1)", above.join("-"))));
    }
    format!("  {}", pages.join(", "))
}

/// The command line with the long help of every command made whole.
pub(super) fn whole(command: Command) -> Command {
    extend(command, &[], &[])
}

fn extend(command: Command, above: &[String], siblings: &[String]) -> Command {
    let mut path = above.to_vec();
    path.push(command.get_name().to_owned());
    let sections = sections(&command, &path, siblings);
    let text: Vec<_> =
        sections.iter().map(|(heading, text)| format!("{heading}:\n{text}")).collect();
    let names: Vec<_> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    command.after_long_help(text.join("\n\n")).mut_subcommands(|c| extend(c, &path, &names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_text_is_split_by_its_headings() {
        let found = split(
            "Stop it first. Example:\n  a\n\nMore fields: b.\n\nEnvironment variables:\n  C\n",
        );
        let want = [
            ("Notes", "Stop it first."),
            ("Examples", "  a\n\nMore fields: b."),
            ("Environment variables", "  C"),
        ];
        let want = want.map(|(heading, text)| (heading.to_owned(), text.to_owned()));
        assert_eq!(found, want);
        assert!(split("").is_empty());
    }

    #[test]
    fn variables_that_are_named_exist() {
        for first in ["tenant", "demo", "health", "bootstrap", "migrate"] {
            for name in variables(first) {
                assert!(VARIABLES.iter().any(|variable| variable.name == *name), "{name}");
            }
        }
    }
}
