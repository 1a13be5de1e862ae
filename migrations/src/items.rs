//! The text of a schema as a list of named things, so that two texts can be compared by what they say of each thing.

use crate::lexer::{cut, split, words};
use std::collections::BTreeMap;

/// Kind and name of a thing.
pub(crate) type Key = (String, String);

/// What a text says of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// What is compared.
    pub(crate) text: String,
    /// What is shown of it when the whole thing is missing or was added.
    pub(crate) whole: String,
    /// The table, function or schema that it comes and goes with.
    pub(crate) of: Option<String>,
}

/// All things of a text by kind and name.
#[derive(Debug, Default)]
pub(crate) struct Items(pub(crate) BTreeMap<Key, Item>);

impl Items {
    /// Reads what [`crate::dump`] writes.
    pub(crate) fn of(text: &str) -> Self {
        let mut items = Self::default();
        for statement in split(text, b';') {
            let statement = without_comments(statement);
            if !statement.is_empty() {
                items.read(statement);
            }
        }
        items
    }

    /// Statements about one thing add up: a trigger, and that it is disabled.
    fn put(&mut self, kind: &str, object: &str, of: Option<&str>, text: &str) {
        let text = format!("{text};");
        let item = Item { text: text.clone(), whole: text.clone(), of: of.map(str::to_owned) };
        self.0
            .entry((kind.to_owned(), object.to_owned()))
            .and_modify(|item| {
                for of in [&mut item.text, &mut item.whole] {
                    of.push('\n');
                    of.push_str(&text);
                }
            })
            .or_insert(item);
    }

    /// What makes the thing, where that is more than what is compared.
    fn shown(&mut self, kind: &str, object: &str, whole: &str) {
        if let Some(item) = self.0.get_mut(&(kind.to_owned(), object.to_owned())) {
            item.whole = format!("{whole};");
        }
    }

    fn read(&mut self, all: &str) {
        match words(all).as_slice() {
            // That PUBLIC has no right is seen by the grant that is not there.
            ["SET", ..] | ["REVOKE", "ALL", .., "FROM", "PUBLIC"] => {}
            ["CREATE", "SCHEMA", "IF", "NOT", "EXISTS", name] => {
                self.put("schema", name, None, all);
            }
            ["CREATE", "TABLE", name, ..] | ["CREATE", "UNLOGGED", "TABLE", name, ..] => {
                self.table(name, all);
            }
            ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE", signature, ..] => {
                let name = by_types(signature);
                self.put("function", &name, Some(schema_of(&name)), all);
            }
            ["CREATE", "INDEX", name, "ON", table, ..]
            | ["CREATE", "UNIQUE", "INDEX", name, "ON", table, ..] => {
                self.put("index", &format!("{}.{name}", schema_of(table)), Some(table), all);
            }
            ["CREATE", "POLICY", name, "ON", table, ..] => {
                self.put("policy", &format!("{table}.{name}"), Some(table), all);
            }
            ["CREATE", "TRIGGER", name, ..] | ["CREATE", "CONSTRAINT", "TRIGGER", name, ..] => {
                let table = cut(all, "ON").and_then(|(_, rest)| words(rest).first().copied());
                let table = table.unwrap_or_default();
                self.put("trigger", &format!("{table}.{name}"), Some(table), all);
            }
            ["ALTER", kind @ ("SCHEMA" | "FUNCTION" | "TABLE"), name, "OWNER", "TO", ..] => {
                let object = format!("{} {name}", kind.to_lowercase());
                self.put("owner", &object, Some(name), all);
            }
            ["ALTER", "TABLE", table, "ENABLE" | "FORCE", "ROW", "LEVEL", "SECURITY"] => {
                self.put("row level security", table, Some(table), all);
            }
            ["ALTER", "TABLE", table, .., "TRIGGER", name] => {
                self.put("trigger", &format!("{table}.{name}"), Some(table), all);
            }
            ["ALTER", "TABLE", table, "ADD", "CONSTRAINT", name, ..] => {
                self.put("constraint", &format!("{table}.{name}"), Some(table), all);
            }
            ["ALTER", "TABLE", table, "ALTER", "COLUMN", column, ..] => {
                self.put("column", &format!("{table}.{column}"), Some(table), all);
            }
            ["ALTER", "TABLE", table, "REPLICA", "IDENTITY", ..] => {
                self.put("option", &format!("{table} replica identity"), Some(table), all);
            }
            ["COMMENT", "ON", ..] => self.comment(all),
            ["GRANT", ..] => self.rights("grant", "TO", all),
            ["REVOKE", ..] => self.rights("revoke", "FROM", all),
            _ => self.put("statement", all, None, all),
        }
    }

    /// A table is its columns, constraints and options, each a thing of its own.
    fn table(&mut self, name: &str, all: &str) {
        let (all_but_options, options) = cut(all, "WITH").unwrap_or((all, ""));
        let mut parts = words(all_but_options);
        let body = parts.iter().position(|part| part.starts_with('('));
        let body = body.map_or("", |at| parts.remove(at));
        self.put("table", name, Some(schema_of(name)), &parts.join(" "));
        self.shown("table", name, all);
        for part in split(unwrapped(body), b',') {
            let (kind, part_name, add) = match words(part).as_slice() {
                ["CONSTRAINT", constraint, ..] => ("constraint", *constraint, "ADD"),
                [column, ..] => ("column", *column, "ADD COLUMN"),
                [] => continue,
            };
            let object = format!("{name}.{part_name}");
            self.put(kind, &object, Some(name), part);
            self.shown(kind, &object, &format!("ALTER TABLE {name} {add} {part}"));
        }
        for option in split(unwrapped(options), b',') {
            let (option_name, _) = option.split_once('=').unwrap_or((option, ""));
            let object = format!("{name} {option_name}");
            self.put("option", &object, Some(name), option);
            self.shown("option", &object, &format!("ALTER TABLE {name} SET ({option})"));
        }
    }

    fn comment(&mut self, all: &str) {
        let said = cut(all, "IS").and_then(|(on, _)| cut(on, "ON"));
        let (kind, name) = said.and_then(|(_, object)| object.split_once(' ')).unwrap_or(("", all));
        let of = cut(name, "ON").map_or(name, |(_, table)| table);
        // A column and an index name their table or schema in front.
        let of = match kind {
            "COLUMN" => of.rsplit_once('.').map_or(of, |(table, _)| table),
            _ => of,
        };
        self.put("comment", &format!("{} {name}", kind.to_lowercase()), Some(of), all);
    }

    /// One thing for each right, so that one that was added by hand is named alone.
    fn rights(&mut self, kind: &'static str, to: &str, all: &str) {
        let parsed = cut(all, "ON").and_then(|(verb_and_rights, rest)| {
            let (_, rights) = verb_and_rights.split_once(' ')?;
            let (object, grantee) = cut(rest, to)?;
            Some((rights, object, grantee))
        });
        let Some((rights, object, grantee)) = parsed else {
            return self.put("statement", all, None, all);
        };
        let (role, option) = cut(grantee, "WITH").unwrap_or((grantee, ""));
        let option = if option.is_empty() { "" } else { " WITH GRANT OPTION" };
        let (class, name) = object.split_once(' ').unwrap_or(("", object));
        let named = if class.is_empty() {
            name.to_owned()
        } else {
            format!("{} {name}", class.to_lowercase())
        };
        for right in split(rights, b',').into_iter().flat_map(by_column) {
            let (verb, way) = (kind.to_uppercase(), to.to_lowercase());
            let text = format!("{verb} {right} ON {object} {to} {role}{option}");
            self.put(kind, &format!("{right} on {named} {way} {role}"), Some(name), &text);
        }
    }
}

/// `UPDATE (a, b)` is two rights.
fn by_column(right: &str) -> Vec<String> {
    match right.split_once(" (") {
        Some((verb, columns)) => {
            let columns = split(columns.trim_end_matches(')'), b',');
            columns.iter().map(|column| format!("{verb} ({column})")).collect()
        }
        None => vec![right.to_owned()],
    }
}

/// What brackets hold.
fn unwrapped(text: &str) -> &str {
    text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text)
}

fn schema_of(name: &str) -> &str {
    split(name, b'.').first().copied().unwrap_or_default()
}

/// First words of types that have more than one.
const TYPE_WORDS: &[&str] = &["double", "character", "timestamp", "time", "bit", "interval"];

/// `f(a uuid, b text DEFAULT '')` as GRANT and ALTER name it: `f(uuid, text)`.
fn by_types(signature: &str) -> String {
    let Some((name, arguments)) = signature.split_once('(') else { return signature.to_owned() };
    let arguments = split(arguments.strip_suffix(')').unwrap_or(arguments), b',');
    let types = arguments.iter().filter_map(|argument| {
        let argument = cut(argument, "DEFAULT").map_or(*argument, |(before, _)| before);
        let mut parts = words(argument);
        match parts.first().copied() {
            Some("OUT") => return None,
            Some("INOUT" | "VARIADIC" | "IN") => drop(parts.remove(0)),
            _ => {}
        }
        if parts.len() > 1 && !TYPE_WORDS.contains(&parts[0]) {
            parts.remove(0);
        }
        Some(parts.join(" "))
    });
    format!("{name}({})", types.collect::<Vec<_>>().join(", "))
}

fn without_comments(mut statement: &str) -> &str {
    while statement.starts_with("--") {
        statement = statement.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    statement
}
