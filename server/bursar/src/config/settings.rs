//! Where each variable's value comes from, for `bursar config show` and for telling what a reload changed.

use super::dsn;
use super::file::File;
use super::reader::Lookup;
use super::variables::{ALL, Effect, Variable};
use crate::redact::{HIDDEN, redact};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The environment.
    Environment,
    /// The configuration file.
    File,
    /// A file with a secret, named by the environment or the configuration file.
    SecretFile(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment => f.write_str("environment"),
            Self::File => f.write_str("configuration file"),
            Self::SecretFile(path) => write!(f, "file {path}"),
        }
    }
}

/// A variable as it stands.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The variable.
    pub variable: &'static Variable,
    /// Where its value comes from.
    pub source: Source,
    /// Its value as it may be shown.
    pub shown: String,
    /// Tells values apart within this process and nothing else, so that no secret is kept for it.
    fingerprint: u64,
}

/// Another seed in every process: a fingerprint says nothing outside of it.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Every variable, in the order of the documentation.
pub(super) fn all(lookup: Lookup<'_>, file: &File) -> Vec<Setting> {
    ALL.iter().map(|variable| one(variable, lookup, file)).collect()
}

fn one(variable: &'static Variable, lookup: Lookup<'_>, file: &File) -> Setting {
    let name = variable.name;
    let given = |name: &str| {
        let (value, source) = file.find(name, lookup)?;
        Some((value.to_string_lossy().into_owned(), source))
    };
    let (value, source) = match given(name) {
        Some(found) => found,
        None => match given(&format!("{name}_FILE")).filter(|_| variable.secret) {
            Some((path, _)) => {
                // A file that cannot be read is told of by the check.
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                (text.trim_end().to_owned(), Source::SecretFile(path))
            }
            None => (variable.default.to_owned(), Source::Default),
        },
    };
    let fingerprint = SEED.hash_one(&value);
    let shown = if variable.secret { veil(&value.into()) } else { value };
    Setting { variable, source, shown, fingerprint }
}

/// A secret as it may be shown: an address without its password, of anything else only that it is there.
fn veil(secret: &SecretString) -> String {
    if secret.expose_secret().is_empty() {
        String::new()
    } else if dsn::check(secret).is_ok() {
        redact(secret.expose_secret())
    } else {
        HIDDEN.to_owned()
    }
}

/// Names of the variables whose value differs, those a reload applies and those that wait for a restart.
#[must_use]
pub fn changes(old: &[Setting], new: &[Setting]) -> (Vec<&'static str>, Vec<&'static str>) {
    old.iter()
        .zip(new)
        .filter(|(old, new)| old.fingerprint != new.fingerprint)
        .filter(|(old, _)| old.variable.effect != Effect::Command)
        .map(|(old, _)| old.variable)
        .fold((Vec::new(), Vec::new()), |(mut live, mut fixed), variable| {
            let names = if variable.effect == Effect::Live { &mut live } else { &mut fixed };
            names.push(variable.name);
            (live, fixed)
        })
}
