//! Reads variables and collects every problem, so that all are reported at once.

use super::variables::Variable;
use secrecy::SecretString;
use std::ffi::OsString;
use std::fmt;

/// One thing wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub variable: String,
    /// What is wrong and what would be right; never the value of a secret.
    pub problem: String,
}

/// All that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = if self.0.len() == 1 { "a problem" } else { "problems" };
        write!(f, "the configuration has {many}:")?;
        self.0.iter().try_for_each(|p| write!(f, "\n  {}: {}", p.variable, p.problem))
    }
}

impl std::error::Error for ConfigError {}

/// Where values come from: the environment, or a table in tests.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Reads variables from a [`Lookup`].
pub(super) struct Reader<'a> {
    lookup: Lookup<'a>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader with no problem so far.
    pub(super) fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// Notes a problem.
    pub(super) fn problem(&mut self, variable: &str, problem: impl Into<String>) {
        self.problems.push(Problem { variable: variable.to_owned(), problem: problem.into() });
    }

    /// Whether a problem with this variable, or with its file, was noted.
    pub(super) fn has_problem(&self, variable: &Variable) -> bool {
        self.problems
            .iter()
            .any(|p| p.variable.strip_suffix("_FILE").unwrap_or(&p.variable) == variable.name)
    }

    /// The value when it is set and not empty.
    pub(super) fn given(&mut self, variable: &Variable) -> Option<String> {
        self.look(variable.name)
    }

    /// The value, else the default; empty when there is neither.
    pub(super) fn text(&mut self, variable: &Variable) -> String {
        self.given(variable).unwrap_or_else(|| variable.default.to_owned())
    }

    /// The value as `parse` reads it. `want` says what would be right, after "give". With a problem
    /// noted, `stand_in` is returned, and nobody gets to use it.
    pub(super) fn parsed<T>(
        &mut self,
        variable: &Variable,
        want: &str,
        stand_in: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let text = self.text(variable);
        parse(&text).unwrap_or_else(|| {
            // The value helps to find a typing error, and these variables hold no secret.
            self.problem(variable.name, format!("'{text}' cannot be used; give {want}"));
            stand_in
        })
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, variable: &Variable, min: u32, max: u32) -> u32 {
        let want = format!("a whole number from {min} to {max}");
        self.parsed(variable, &want, min, |text| {
            text.parse().ok().filter(|n| (min..=max).contains(n))
        })
    }

    /// `true` or `false`.
    pub(super) fn switch(&mut self, variable: &Variable) -> bool {
        self.parsed(variable, "true or false", false, |text| match text {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        })
    }

    /// A secret, from the variable or from the file that `<name>_FILE` names.
    pub(super) fn secret(&mut self, variable: &Variable) -> Option<SecretString> {
        let file_variable = format!("{}_FILE", variable.name);
        let value = self.look(variable.name);
        let file = self.look(&file_variable);
        match (value, file) {
            (Some(_), Some(_)) => {
                let both = format!("is set, and {file_variable} too; set only one of them");
                self.problem(variable.name, both);
                None
            }
            (Some(value), None) => Some(value.into()),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) if !text.trim().is_empty() => Some(
                    text.strip_suffix('\n')
                        .map_or(text.as_str(), |t| t.trim_end_matches('\r'))
                        .into(),
                ),
                Ok(_) => {
                    self.problem(
                        &file_variable,
                        format!("the file {path} is empty; write the secret into it"),
                    );
                    None
                }
                Err(e) => {
                    self.problem(
                        &file_variable,
                        format!("cannot read {path}: {e}; give the path of a readable file"),
                    );
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// `value`, unless there was a problem.
    ///
    /// # Errors
    /// All problems.
    pub(super) fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        if self.problems.is_empty() { Ok(value) } else { Err(ConfigError(self.problems)) }
    }

    fn look(&mut self, name: &str) -> Option<String> {
        let Ok(text) = (self.lookup)(name)?.into_string() else {
            self.problem(name, "is not valid UTF-8; give plain text");
            return None;
        };
        Some(text)
    }
}
