//! Asks before something is lost.

use super::failure::Failure;
use std::io::{BufRead, IsTerminal, Write};

/// Returns when the user said yes: by `--yes`, or by typing `word` at a terminal.
///
/// # Errors
/// When they did not, or there is nobody to ask.
pub(crate) fn confirm(yes: bool, what: &str, word: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("{what}; add --yes to do it without being asked")));
    }
    let mut line = String::new();
    let asked = write!(std::io::stderr(), "{what}.\nType {word} to go on: ")
        .and_then(|()| std::io::stderr().flush())
        .and_then(|()| std::io::stdin().lock().read_line(&mut line));
    asked.map_err(|e| {
        Failure::failed(format!("cannot ask: {e}; add --yes to do it without being asked"))
    })?;
    if line.trim() == word {
        return Ok(());
    }
    Err(Failure::failed("not confirmed; nothing was changed"))
}
