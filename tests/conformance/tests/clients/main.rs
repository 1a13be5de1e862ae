//! What every client must do: carries `tests/conformance/scenarios` out in each language, by its driver, against a real
//! server. A trial is one scenario in one language; the end is a matrix of them. A harness of its own, because which
//! trials there are stands in data, and a language is run once for all of its trials.

// Test code: a failed set-up should say so at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod board;
mod check;
mod control;
mod driver;
mod errors;
mod language;
mod matrix;
mod relay;
mod scenarios;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::board::{Board, Outcome};
use crate::language::Language;
use crate::scenarios::Scenarios;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    if let Ok(only) = std::env::var("BURSAR_SCENARIO") {
        arguments.filter = Some(format!("::{only}"));
        arguments.exact = false;
    }
    let scenarios = Scenarios::load();
    let languages = language::wanted();
    let mut trials = check::trials(&scenarios);
    let names = scenarios.as_ref().map(Scenarios::names).unwrap_or_default();
    let board = Arc::new(Board::new());
    let mut asked = Vec::new();
    for language in &languages {
        let mut wanted = Vec::new();
        let scripts: Vec<_> =
            language.scripts().into_iter().map(|(name, _)| name.to_owned()).collect();
        for name in names.iter().chain(&scripts) {
            let trial = scenario(&board, language, name);
            if !arguments.is_filtered_out(&trial) {
                wanted.push(name.clone());
            }
            trials.push(trial);
        }
        if !wanted.is_empty() && language.lack.is_none() {
            asked.push((language.clone(), wanted));
        }
    }
    if let Ok(scenarios) = scenarios
        && !arguments.list
    {
        board.run(scenarios, asked);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        board.end();
        let mut names = names;
        names.extend(language::SCRIPTS.iter().map(|(name, _)| (*name).to_owned()));
        print!("{}", matrix::text(&names, &languages, &board.outcomes()));
    }
    conclusion.exit_code()
}

/// The trial of a scenario in a language: waits for the language's driver to have come to it.
fn scenario(board: &Arc<Board>, language: &Language, name: &str) -> Trial {
    let (board, language, scenario) = (board.clone(), language.clone(), name.to_owned());
    Trial::ignorable_test(format!("{}::{name}", language.name), move || {
        if let Some(lack) = &language.lack {
            return Ok(Completion::ignored_with(lack));
        }
        match board.outcome(&language.name, &scenario) {
            Outcome::Passed => Ok(Completion::Completed),
            Outcome::Skipped(why) => Ok(Completion::ignored_with(why)),
            Outcome::Failed(why) => Err(Failed::from(why)),
        }
    })
}
