//! All that is wrong with a message, gathered.

use std::fmt::Display;

use bursar_domain::{Error, Result, Violation};

/// Gathers the violations of one message, so that a caller learns all of them at once.
#[derive(Default)]
pub(crate) struct Checks {
    violations: Vec<Violation>,
    other: Option<Error>,
}

impl Checks {
    /// Nothing wrong so far.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Keeps the value, or what is wrong with it.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => return Some(value),
            Err(Error::Invalid(violations)) => self.violations.extend(violations),
            Err(other) => self.other = self.other.take().or(Some(other)),
        }
        None
    }

    /// Keeps the value, or what is wrong with it, its fields named below `prefix` (such as `accounts[3].`).
    pub(crate) fn take_within<T>(&mut self, prefix: &str, result: Result<T>) -> Option<T> {
        self.take(result.map_err(|error| error.within(prefix)))
    }

    /// Notes a problem of a field.
    pub(crate) fn note(&mut self, field: impl Into<String>, problem: impl Display) {
        self.violations.push(Violation { field: field.into(), problem: problem.to_string() });
    }

    /// Makes the value when nothing was wrong. `make` may use `?` on what [`Self::take`] gave: all of it is there.
    pub(crate) fn finish<T>(self, make: impl FnOnce() -> Option<T>) -> Result<T> {
        if !self.violations.is_empty() {
            return Err(Error::Invalid(self.violations));
        }
        if let Some(other) = self.other {
            return Err(other);
        }
        make()
            .ok_or_else(|| Error::Internal("a value is missing though no check refused it".into()))
    }
}
