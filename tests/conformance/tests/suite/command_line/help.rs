//! Every command explains itself, refuses what it does not know, and does both in the form that was asked for.

use std::collections::BTreeSet;
use std::process::Command;

use super::{Ran, program, run};

async fn bursar(words: &[String], more: &[&str]) -> Ran {
    let mut command: Command = program(None, "");
    command.args(words).args(more);
    run(command).await
}

/// The words of all commands, groups of them included, as the help lists them.
async fn commands() -> Vec<(Vec<String>, bool)> {
    let mut found = Vec::new();
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = waiting.pop() {
        let help = bursar(&words, &["--help"]).await;
        assert_eq!(help.code(), 0, "{words:?}: {}", help.err());
        let text = help.out();
        let listed = text.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names: Vec<String> = listed
            .take_while(|line| !line.is_empty())
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .map(str::to_owned)
            .collect();
        for name in &names {
            waiting.push([&words[..], std::slice::from_ref(name)].concat());
        }
        found.push((words, names.is_empty()));
    }
    found
}

#[tokio::test]
async fn every_command_explains_itself_and_refuses_the_unknown() {
    let all = commands().await;
    let leaves: BTreeSet<String> =
        all.iter().filter(|(_, leaf)| *leaf).map(|(words, _)| words.join(" ")).collect();
    for known in ["smoke", "demo seed", "tenant create", "import transfers", "man", "db url"] {
        assert!(leaves.contains(known), "{leaves:?}");
    }
    for (words, leaf) in &all {
        let text = bursar(words, &["--help"]).await.out();
        for part in ["Usage: bursar", "Options:", "Exit codes:\n  0  done", "See also:\n  bursar"] {
            assert!(text.contains(part), "{words:?} has no {part}: {text}");
        }
        assert!(!*leaf || text.contains("Examples:\n  "), "{words:?} has no example: {text}");
        let width = text.lines().map(|line| line.chars().count()).max();
        assert!(width < Some(200), "{words:?} has a line of {width:?} characters");

        let ran = bursar(words, &["--no-such-flag"]).await;
        assert_eq!((ran.code(), ran.out().as_str()), (2, ""), "{words:?}");
        assert!(ran.err().contains("--no-such-flag"), "{words:?}: {}", ran.err());
        let error = bursar(words, &["--no-such-flag", "--output", "json"]).await.error(2);
        assert!(
            error["message"].as_str().unwrap().contains("--no-such-flag"),
            "{words:?}: {error}"
        );
    }
}

/// Words, variables, and the exit code.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32);

/// What cannot work in this environment, with the exit code that the help promises, as text and as JSON.
#[tokio::test]
async fn failures_have_their_exit_codes_in_both_forms() {
    let nobody = [("BURSAR_URL", "http://127.0.0.1:1"), ("BURSAR_API_KEY", "bsr_dev_a_b_c")];
    let no_database = [("BURSAR_OWNER_URL", "postgres://admin:secret@127.0.0.1:1/bursar")];
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().to_str().unwrap();
    let file = dir.path().join("man");
    std::fs::write(&file, "").unwrap();
    let cases: &[Case] = &[
        (&["health"], &[("BURSAR_OPS_LISTEN", "127.0.0.1:1")], 4),
        (&["health"], &[("BURSAR_OPS_LISTEN", "nowhere")], 2),
        (&["smoke"], &nobody, 4),
        (&["smoke"], &[], 2),
        (&["demo", "seed"], &nobody, 4),
        (&["demo", "seed", "--customers", "1"], &nobody, 2),
        (&["tenant", "list"], &nobody, 4),
        (&["tenant", "get", id], &[], 2),
        (&["tenant", "update", id], &nobody, 4),
        (&["tenant", "delete", id], &nobody, 4),
        (&["key", "list"], &nobody, 4),
        (&["key", "get", "not-an-id"], &nobody, 2),
        (&["import", "transfers", "x.csv", "--map", "/no/such/map.toml"], &nobody, 2),
        (&["bootstrap"], &[("BURSAR_DATA_DIR", empty)], 2),
        (&["migrate", "status"], &no_database, 4),
        (&["db", "url"], &[("BURSAR_DATA_DIR", empty)], 2),
        (&["db", "url", "--admin"], &[("BURSAR_DATA_DIR", empty)], 1),
        (&["db", "reset"], &no_database, 2),
        (&["serve"], &[("BURSAR_MAX_CONNECTIONS", "0")], 2),
        (&["completions", "tcsh"], &[], 2),
        (&["man", file.to_str().unwrap()], &[], 1),
    ];
    for (words, variables, code) in cases {
        for json in [false, true] {
            let mut command = program(None, "");
            command.args(*words).envs(variables.iter().copied());
            // Nobody's home is looked into.
            command.env("HOME", empty);
            if json {
                command.args(["--output", "json"]);
            }
            let ran = run(command).await;
            assert_eq!((ran.code(), ran.out().as_str()), (*code, ""), "{words:?}: {}", ran.err());
            if json {
                let error = ran.error(*code);
                assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()), "{words:?}");
            } else {
                assert!(ran.err().contains("error: "), "{words:?}: {}", ran.err());
            }
            assert!(!ran.err().contains("secret"), "{words:?}: {}", ran.err());
        }
    }
}

#[tokio::test]
async fn every_command_has_a_page_of_the_manual() {
    let dir = tempfile::tempdir().unwrap();
    let into = dir.path().join("man1");
    let ran = bursar(&[], &["man", into.to_str().unwrap(), "--output", "json"]).await;
    let pages: BTreeSet<String> = ran.json(0)["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page.as_str().unwrap().to_owned())
        .collect();
    let want: BTreeSet<String> = commands()
        .await
        .into_iter()
        .map(|(words, _)| {
            let name: Vec<_> = std::iter::once("bursar".to_owned()).chain(words).collect();
            format!("{}.1", name.join("-"))
        })
        .collect();
    assert_eq!(pages, want);
    for page in &pages {
        let text = std::fs::read_to_string(into.join(page)).unwrap();
        for part in [
            ".TH ",
            ".SH NAME",
            ".SH SYNOPSIS",
            ".SH OPTIONS",
            ".SH \"EXIT CODES\"",
            ".SH \"SEE ALSO\"",
        ] {
            assert!(text.contains(part), "{page} has no {part}:\n{text}");
        }
    }
    let one = bursar(&[], &["man"]).await;
    let page = std::fs::read_to_string(into.join("bursar.1")).unwrap();
    assert_eq!((one.code(), one.out().trim_end()), (0, page.trim_end()));
}
