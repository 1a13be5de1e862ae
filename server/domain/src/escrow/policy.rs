//! Policies: what an institution asks of positions in a region.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::PositionState;
use crate::ids::{InstitutionId, KeyId};
use crate::money::{AssetCode, Decimal};

/// What a policy demands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyRules {
    /// The states that a position may have, in the order of a life; none for all.
    pub allowed_states: Option<Vec<PositionState>>,
    /// The least amount of a position, by its currency; one that is not named has none.
    pub minimum_amounts: BTreeMap<AssetCode, Decimal>,
    /// Names that the attributes of a position must have, in order.
    pub required_metadata: Vec<String>,
    /// Whether the key that proposes a release may not approve it.
    pub four_eyes: bool,
}

impl PolicyRules {
    /// As the database keeps them, in the history too.
    pub fn to_value(&self) -> Value {
        let states = self.allowed_states.as_ref();
        let states = states.map(|all| all.iter().map(|s| s.name()).collect::<Vec<_>>());
        json!({
            "allowed_states": states,
            "minimum_amounts": self.minimums(),
            "required_metadata": self.required_metadata,
            "four_eyes": self.four_eyes,
        })
    }

    /// The least amounts as decimal strings by currency.
    pub fn minimums(&self) -> Value {
        let minimums = self.minimum_amounts.iter();
        minimums.map(|(code, least)| (code.to_string(), Value::from(least.to_string()))).collect()
    }

    /// What [`Self::to_value`] made; `None` when it is something else.
    pub fn from_value(value: &Value) -> Option<Self> {
        let texts = |value: &Value| -> Option<Vec<String>> {
            value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
        };
        let states = value.get("allowed_states")?;
        let states = if states.is_null() { None } else { Some(texts(states)?) };
        let minimums = value.get("minimum_amounts")?;
        Some(Self {
            allowed_states: match states {
                None => None,
                Some(names) => {
                    Some(names.iter().map(|s| PositionState::from_name(s)).collect::<Option<_>>()?)
                }
            },
            minimum_amounts: Self::minimums_of(minimums)?,
            required_metadata: texts(value.get("required_metadata")?)?,
            four_eyes: value.get("four_eyes")?.as_bool()?,
        })
    }

    /// What [`Self::minimums`] made.
    pub fn minimums_of(value: &Value) -> Option<BTreeMap<AssetCode, Decimal>> {
        let members = value.as_object()?.iter();
        let least = |(code, least): (&String, &Value)| {
            Some((AssetCode::parse(code).ok()?, Decimal::parse(least.as_str()?).ok()?))
        };
        members.map(least).collect()
    }
}

/// What a policy is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInstitutionPolicy {
    /// Its institution.
    pub institution: InstitutionId,
    /// The region of the templates it is for.
    pub region: String,
    /// What it demands.
    pub rules: PolicyRules,
}

/// A policy as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstitutionPolicy {
    /// Its institution.
    pub institution: InstitutionId,
    /// The region of the templates it is for.
    pub region: String,
    /// What it demands.
    pub rules: PolicyRules,
    /// How often it was set: the etag.
    pub revision: i64,
    /// When it was first set.
    pub created_at: Timestamp,
    /// When it was last set.
    pub updated_at: Timestamp,
}

/// One setting of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstitutionPolicyChange {
    /// The policy's revision after it.
    pub revision: i64,
    /// What the policy demanded before; `None` for its first setting.
    pub before: Option<PolicyRules>,
    /// What it demanded from then on.
    pub after: PolicyRules,
    /// The key that set it.
    pub key: KeyId,
    /// When.
    pub changed_at: Timestamp,
}

/// Which policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstitutionPolicyFilter {
    /// Of this institution.
    pub institution: Option<InstitutionId>,
    /// Of this region.
    pub region: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_come_back_from_the_database() {
        let all = PolicyRules {
            allowed_states: Some(vec![PositionState::Proposed, PositionState::Funded]),
            minimum_amounts: [("EUR", "10.5"), ("BTC", "0.00000001")]
                .map(|(code, least)| {
                    (AssetCode::parse(code).unwrap(), Decimal::parse(least).unwrap())
                })
                .into(),
            required_metadata: vec!["kyc".into(), "ünï".into()],
            four_eyes: true,
        };
        for rules in [all, PolicyRules::default()] {
            assert_eq!(PolicyRules::from_value(&rules.to_value()), Some(rules));
        }
    }

    #[test]
    fn what_is_no_policy_is_none() {
        let good = PolicyRules::default().to_value();
        for (name, bad) in [
            ("allowed_states", json!(["flying"])),
            ("allowed_states", json!("funded")),
            ("minimum_amounts", json!({ "EUR": 5 })),
            ("minimum_amounts", json!({ "eur": "5" })),
            ("required_metadata", json!([1])),
            ("four_eyes", json!("yes")),
        ] {
            let mut value = good.clone();
            value[name] = bad;
            assert_eq!(PolicyRules::from_value(&value), None, "{value}");
        }
        assert_eq!(PolicyRules::from_value(&json!({})), None);
    }
}
