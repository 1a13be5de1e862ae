//! Results on stdout, as text or as JSON; errors on stderr.

use super::failure::Failure;
use clap::ValueEnum;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// How results and errors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs: one JSON value, fields named as in the protos
    Json,
    /// For spreadsheets; only `statement` has it
    Csv,
}

/// Writes what a command found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out(Format);

impl Out {
    pub(crate) fn new(format: Format) -> Self {
        Self(format)
    }

    /// The form asked for.
    pub(crate) fn format(self) -> Format {
        self.0
    }

    /// A result with a text of its own.
    pub(crate) fn show(self, json: &Value, text: &str) -> Result<(), Failure> {
        match self.0 {
            Format::Json => print(&format!("{json:#}")),
            Format::Text | Format::Csv => print(text),
        }
    }

    /// A result that has a form of its own, whichever form others have.
    #[allow(clippy::unused_self, reason = "every result goes through it")]
    pub(crate) fn raw(self, text: &str) -> Result<(), Failure> {
        print(text)
    }

    /// A line of a result that grows before people's eyes; programs get all of it at the end, by [`Out::whole`].
    pub(crate) fn line(self, text: &str) -> Result<(), Failure> {
        if self.0 == Format::Text { print(text) } else { Ok(()) }
    }

    /// The whole of a result whose lines people have seen.
    pub(crate) fn whole(self, json: &Value) -> Result<(), Failure> {
        if self.0 == Format::Json { print(&format!("{json:#}")) } else { Ok(()) }
    }

    /// One object: a line for each field.
    pub(crate) fn object(self, value: &Value) -> Result<(), Failure> {
        let mut fields = Vec::new();
        flatten("", value, &mut fields);
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect();
        self.show(value, &lines.join("\n"))
    }

    /// Several objects: a table of these fields.
    pub(crate) fn table(self, rows: &[Value], columns: &[&str]) -> Result<(), Failure> {
        self.show(&Value::Array(rows.to_vec()), &table(rows, columns))
    }

    /// Tells of a failure; returns the exit code.
    pub(crate) fn fail(self, failure: &Failure) -> ExitCode {
        let text = match self.0 {
            Format::Text | Format::Csv => format!("error: {}", failure.message),
            Format::Json => {
                let mut error = json!({"message": failure.message});
                if let (Value::Object(error), Value::Object(details)) =
                    (&mut error, &failure.details)
                {
                    error.extend(details.clone());
                }
                json!({"error": error}).to_string()
            }
        };
        // Nobody listens when stderr is closed, and the exit code tells the rest.
        let _ = writeln!(std::io::stderr(), "{text}");
        ExitCode::from(failure.exit as u8)
    }
}

fn print(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{text}") {
        // `bursar … | head` has seen enough.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|e| Failure::failed(format!("cannot write to stdout: {e}"))),
    }
}

fn flatten(prefix: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let name =
                    if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, fields);
            }
        }
        other => fields.push((prefix.to_owned(), plain(other))),
    }
}

fn table(rows: &[Value], columns: &[&str]) -> String {
    let cell = |row: &Value, column: &str| row.get(column).map(plain).unwrap_or_default();
    let width = |column: &&str| {
        rows.iter()
            .map(|row| cell(row, column).chars().count())
            .chain([column.len()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let line = |cells: Vec<String>| {
        let mut text = String::new();
        for (cell, &width) in cells.iter().zip(&widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        text.trim_end().to_owned()
    };
    let head = line(columns.iter().map(|c| c.to_uppercase()).collect());
    let body = rows.iter().map(|row| line(columns.iter().map(|c| cell(row, c)).collect()));
    std::iter::once(head).chain(body).collect::<Vec<_>>().join("\n")
}

/// A value as people read it: `ROLE_VIEWER` is viewer, `TENANT_STATE_ACTIVE` is active.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => ["API_KEY_STATE_", "TENANT_STATE_", "ROLE_"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .map_or_else(|| text.clone(), str::to_lowercase),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up() {
        let rows = [json!({"id": "1", "state": "TENANT_STATE_ACTIVE"}), json!({"id": "22"})];
        assert_eq!(table(&rows, &["id", "state"]), "ID  STATE\n1   active\n22");
        let mut fields = Vec::new();
        flatten("", &json!({"limits": {"a": 1}, "role": "ROLE_VIEWER"}), &mut fields);
        assert_eq!(fields, [("limits.a".into(), "1".into()), ("role".into(), "viewer".into())]);
    }
}
