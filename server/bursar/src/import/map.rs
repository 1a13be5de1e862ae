//! The mapping file: which column becomes which field.

use super::records::FileFormat;
use super::rules::{AccountRule, Rule};
use super::template::Template;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Namespace of all ids that imports derive.
const IMPORTS: Uuid = Uuid::from_u128(0x0d6c_1b1e_6b0a_5f0e_9a55_62f6_2f2f_7a11);

/// What is wrong with a mapping.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// The file cannot be read.
    #[error("cannot read the mapping {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It is not TOML of the right shape.
    #[error("the mapping is wrong: {0}")]
    Toml(#[from] toml::de::Error),
    /// A value in it cannot be used.
    #[error("the mapping is wrong: {field} {problem}")]
    Value {
        /// Field of the mapping.
        field: String,
        /// What is wrong.
        problem: String,
    },
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    format: Option<FileFormat>,
    delimiter: Option<char>,
    #[serde(default)]
    create_accounts: bool,
    id: String,
    asset: String,
    amount: String,
    date: Option<WrittenDate>,
    code: Option<String>,
    external_reference: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    rule: Vec<Rule>,
    #[serde(default)]
    account: Vec<AccountRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDate {
    column: String,
    format: String,
}

/// A mapping, checked.
#[derive(Debug)]
pub struct Map {
    /// Its text: another one maps lines to other transfers.
    pub(crate) text: String,
    pub(crate) format: Option<FileFormat>,
    pub(crate) delimiter: u8,
    pub(crate) create_accounts: bool,
    /// Namespace of the transfers' ids.
    pub(crate) namespace: Uuid,
    pub(crate) id: Template,
    pub(crate) asset: Template,
    pub(crate) amount: Template,
    /// Column and format of the value date.
    pub(crate) date: Option<(String, String)>,
    pub(crate) code: Option<Template>,
    pub(crate) external_reference: Option<Template>,
    pub(crate) metadata: Vec<(String, Template)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) accounts: Vec<AccountRule>,
}

impl Map {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn read(path: &Path) -> Result<Self, MapError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| MapError::File { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a mapping.
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let written: Written = toml::from_str(text)?;
        let wrong = |field: &str, problem: &str| MapError::Value {
            field: field.to_owned(),
            problem: problem.to_owned(),
        };
        let template = |field: &str, text: &str| {
            Template::parse(text).map_err(|problem| wrong(field, &problem))
        };
        let optional = |field: &str, text: &Option<String>| {
            text.as_deref().map(|text| template(field, text)).transpose()
        };
        if written.name.is_empty() {
            return Err(wrong("name", "is empty; name the source, ids are derived from it"));
        }
        if written.rule.is_empty() {
            return Err(wrong(
                "rule",
                "is missing; write at least one [[rule]] with debit and credit",
            ));
        }
        let id = template("id", &written.id)?;
        if id.is_constant() {
            return Err(wrong(
                "id",
                "names no column; every line needs an id of its own, such as \"{trans_id}\"",
            ));
        }
        let delimiter = match written.delimiter {
            None => b',',
            Some(c) => u8::try_from(c)
                .ok()
                .filter(u8::is_ascii)
                .ok_or_else(|| wrong("delimiter", "is not an ASCII character"))?,
        };
        let mut metadata = Vec::new();
        for (name, text) in &written.metadata {
            metadata.push((name.clone(), template(&format!("metadata.{name}"), text)?));
        }
        Ok(Self {
            text: text.to_owned(),
            format: written.format,
            delimiter,
            create_accounts: written.create_accounts,
            namespace: Uuid::new_v5(&IMPORTS, written.name.as_bytes()),
            id,
            asset: template("asset", &written.asset)?,
            amount: template("amount", &written.amount)?,
            date: written.date.map(|date| (date.column, date.format)),
            code: optional("code", &written.code)?,
            external_reference: optional("external_reference", &written.external_reference)?,
            metadata,
            rules: written.rule,
            accounts: written.account,
        })
    }

    /// The columns that the mapping reads and the file does not have.
    pub(crate) fn missing<'a>(&'a self, columns: &[String]) -> Vec<&'a str> {
        let templates = [
            Some(&self.id),
            Some(&self.asset),
            Some(&self.amount),
            self.code.as_ref(),
            self.external_reference.as_ref(),
        ];
        let templates = templates
            .into_iter()
            .flatten()
            .chain(self.metadata.iter().map(|(_, template)| template));
        let named: BTreeSet<&str> = templates
            .flat_map(Template::columns)
            .chain(self.rules.iter().flat_map(Rule::columns))
            .chain(self.date.iter().map(|(column, _)| column.as_str()))
            .collect();
        named.into_iter().filter(|name| !columns.iter().any(|column| column == name)).collect()
    }
}
