//! The configuration file: the same variables, by the same names, in TOML. The environment wins over it.

use super::reader::{Lookup, Problem};
use super::settings::Source;
use super::variables::{self as var, Variable};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// How alike two names must be for one to be taken for a slip of the other, from 0 to 1.
const ALIKE: f64 = 0.85;

/// The values of a file, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct File {
    values: BTreeMap<String, String>,
    /// What is wrong with it.
    pub(super) problems: Vec<Problem>,
}

impl File {
    /// Reads the file that `BURSAR_CONFIG` names; an empty one when it names none.
    pub(super) fn named_by(lookup: Lookup<'_>) -> Self {
        let name = var::BURSAR_CONFIG.name;
        let Some(path) = lookup(name).filter(|path| !path.is_empty()).map(PathBuf::from) else {
            return Self::default();
        };
        let problem = |problem: String| Self {
            problems: vec![Problem { variable: name.into(), problem }],
            ..Self::default()
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) => {
                let path = path.display();
                return problem(format!(
                    "cannot read {path}: {e}; give the path of a readable file"
                ));
            }
        };
        match text.parse::<toml::Table>() {
            Ok(table) => Self::of(&table),
            // The parser's own text shows the line, which may hold a secret that does not belong there.
            Err(e) => {
                let at = e.span().map_or(0, |span| span.start).min(text.len());
                let line = text[..text.floor_char_boundary(at)].lines().count().max(1);
                let path = path.display();
                problem(format!(
                    "{path} is not TOML, line {line}: {}; write lines such as BURSAR_LISTEN = \"127.0.0.1:50051\"",
                    e.message()
                ))
            }
        }
    }

    fn of(table: &toml::Table) -> Self {
        let mut file = Self::default();
        for (name, value) in table {
            match known(name).and_then(|()| text(value)) {
                Ok(text) => _ = file.values.insert(name.clone(), text),
                Err(problem) => file.problems.push(Problem { variable: name.clone(), problem }),
            }
        }
        file
    }

    /// The value of a variable and where it comes from: the environment, else this file unless the environment has
    /// another form of the same secret.
    pub(super) fn find(&self, name: &str, environment: Lookup<'_>) -> Option<(OsString, Source)> {
        // Compose and the like pass variables that nobody set as empty ones.
        let given = |name: &str| environment(name).filter(|value| !value.is_empty());
        if let Some(value) = given(name) {
            return Some((value, Source::Environment));
        }
        let value = self.values.get(name).filter(|value| !value.is_empty())?;
        let other_form = name.strip_suffix("_FILE").and_then(given);
        other_form.is_none().then(|| (value.into(), Source::File))
    }
}

/// Whether a file may hold the variable.
fn known(name: &str) -> Result<(), String> {
    let find = |name: &str| var::ALL.iter().find(|v| v.name == name);
    if name == var::BURSAR_CONFIG.name {
        return Err("names this very file; set it in the environment".into());
    }
    if let Some(secret) = name.strip_suffix("_FILE").and_then(find)
        && secret.secret
    {
        return Ok(());
    }
    match find(name) {
        Some(Variable { secret: true, .. }) => Err(format!(
            "is a secret, which does not belong into a configuration file; give {name}_FILE, or set it in the environment"
        )),
        Some(_) => Ok(()),
        None => {
            let near = |v: &&&Variable| strsim::jaro_winkler(v.name, &name.to_uppercase());
            let best = var::ALL.iter().max_by(|a, b| near(a).total_cmp(&near(b)));
            Err(match best.filter(|v| near(v) > ALIKE) {
                Some(v) => format!("is no variable of Bursar; did you mean {}?", v.name),
                None => "is no variable of Bursar; `bursar config show` lists them".into(),
            })
        }
    }
}

/// A value as the environment would have it.
fn text(value: &toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(switch) => Ok(switch.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts
                .map(|texts| texts.join(","))
                .ok_or_else(|| "holds something else than texts; give [\"one\", \"two\"]".into())
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => {
            Err("is a table or a date; give a text, a number, true, false or a list of texts"
                .into())
        }
    }
}
