//! A command line that is wrong, told in the form that was asked for.

use super::failure::Failure;
use super::output::{Format, Out};
use std::ffi::OsString;
use std::process::ExitCode;

/// Tells what clap found: help and version on stdout, what is wrong on stderr.
pub(super) fn tell(error: &clap::Error, arguments: impl Iterator<Item = OsString>) -> ExitCode {
    if error.use_stderr() && asks_for_json(arguments) {
        let text = error.render().to_string();
        let mut failure = Failure::usage(text.trim_start_matches("error: ").trim_end());
        failure.details["reason"] = "USAGE".into();
        return Out::new(Format::Json).fail(&failure);
    }
    // Nobody listens when the stream is closed.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Whether the form is JSON, as far as words that could not be read tell.
fn asks_for_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<_> = arguments.collect();
    words.iter().any(|word| word == "--output=json")
        || words.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json")
}
