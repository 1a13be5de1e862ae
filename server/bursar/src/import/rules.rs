//! Rules of a mapping: which accounts a row moves money between, and what new accounts are like.

use super::records::Row;
use super::template::Template;
use bursar_proto::ledger::v1::BalanceRule;
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeMap;

/// Says for some rows what is debited and what is credited. The first that fits counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Values that columns must have; none fits every row.
    #[serde(default)]
    when: BTreeMap<String, OneOf>,
    /// External reference of the account to debit.
    #[serde(deserialize_with = "template")]
    pub(crate) debit: Template,
    /// External reference of the account to credit.
    #[serde(deserialize_with = "template")]
    pub(crate) credit: Template,
    /// The transfer's code; the mapping's own when not given.
    #[serde(default, deserialize_with = "optional_template")]
    pub(crate) code: Option<Template>,
}

/// One value or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOf {
    One(String),
    Many(Vec<String>),
}

impl Rule {
    /// Whether it is for this row.
    pub(crate) fn fits(&self, row: &Row) -> bool {
        self.when.iter().all(|(column, wanted)| {
            let value = row.get(column);
            match wanted {
                OneOf::One(one) => one == value,
                OneOf::Many(many) => many.iter().any(|one| one == value),
            }
        })
    }

    /// The columns it reads.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        let templates = [Some(&self.debit), Some(&self.credit), self.code.as_ref()];
        self.when
            .keys()
            .map(String::as_str)
            .chain(templates.into_iter().flatten().flat_map(Template::columns))
    }
}

/// What new accounts are like whose external reference begins so. The first that fits counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountRule {
    /// Beginning of the external reference; empty fits all.
    #[serde(default)]
    pub(crate) prefix: String,
    /// The account's code.
    #[serde(default)]
    pub(crate) code: String,
    /// Limit of its balance.
    #[serde(default)]
    limit: Limit,
    /// How far the limit may be passed.
    #[serde(default)]
    pub(crate) overdraft_limit: String,
}

/// `BalanceRule` as a mapping writes it.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    #[default]
    Unlimited,
    DebitsMustNotExceedCredits,
    CreditsMustNotExceedDebits,
}

impl AccountRule {
    pub(crate) fn balance_rule(&self) -> BalanceRule {
        match self.limit {
            Limit::Unlimited => BalanceRule::Unlimited,
            Limit::DebitsMustNotExceedCredits => BalanceRule::DebitsMustNotExceedCredits,
            Limit::CreditsMustNotExceedDebits => BalanceRule::CreditsMustNotExceedDebits,
        }
    }
}

fn template<'de, D: Deserializer<'de>>(source: D) -> Result<Template, D::Error> {
    Template::parse(&String::deserialize(source)?).map_err(de::Error::custom)
}

fn optional_template<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Template>, D::Error> {
    template(source).map(Some)
}
