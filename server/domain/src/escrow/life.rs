//! The life of a position: which state may follow which, and what an institution's policy adds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::state::PositionState;
use crate::json::Json;
use crate::money::{AssetCode, Decimal, Units};
use crate::refusal::Refusal;

use PositionState::{Cancelled, Disputed, Expired, Funded, Locked, Proposed, Refunded, Released};

/// The member of a template's `config` that narrows the life of its positions.
pub const TRANSITIONS: &str = "transitions";

/// Why a template's `config` narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// Not an object of lists.
    #[error("has `transitions` that is not an object of lists of states")]
    Shape,
    /// No such state.
    #[error("has `transitions` with the unknown state {0}; states are named as in LOCKED")]
    Unknown(String),
    /// More than the default.
    #[error("has `transitions` from {0} to {1}, which no position may do; it can only narrow")]
    Wider(&'static str, &'static str),
}

/// Which state may follow which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life(BTreeMap<PositionState, BTreeSet<PositionState>>);

impl Default for Life {
    fn default() -> Self {
        let moves: [(PositionState, &[PositionState]); 4] = [
            (Proposed, &[Funded, Cancelled, Expired]),
            (Funded, &[Locked, Disputed, Refunded, Cancelled, Expired]),
            (Locked, &[Released, Disputed, Refunded, Expired]),
            (Disputed, &[Locked, Released, Refunded]),
        ];
        Self(moves.into_iter().map(|(from, to)| (from, to.iter().copied().collect())).collect())
    }
}

impl Life {
    /// The life of positions of a template with this `config`.
    pub fn of(config: &Json) -> Result<Self, LifeError> {
        let mut life = Self::default();
        let Some(transitions) = config.value().get(TRANSITIONS) else {
            return Ok(life);
        };
        let given = transitions.as_object().ok_or(LifeError::Shape)?;
        for (from, to) in given {
            let from = state(from)?;
            let mut next = BTreeSet::new();
            for to in to.as_array().ok_or(LifeError::Shape)? {
                let to = state(to.as_str().ok_or(LifeError::Shape)?)?;
                if !life.allows(from, to) {
                    return Err(LifeError::Wider(from.label(), to.label()));
                }
                next.insert(to);
            }
            life.0.insert(from, next);
        }
        Ok(life)
    }

    /// Whether `to` may follow `from`.
    pub fn allows(&self, from: PositionState, to: PositionState) -> bool {
        self.0.get(&from).is_some_and(|next| next.contains(&to))
    }

    /// What may follow `from`.
    pub fn after(&self, from: PositionState) -> impl Iterator<Item = PositionState> {
        self.0.get(&from).into_iter().flatten().copied()
    }

    /// Refuses what may not follow.
    pub fn check(&self, from: PositionState, to: PositionState) -> Result<(), Refusal> {
        if self.allows(from, to) {
            return Ok(());
        }
        let allowed = self.after(from).map(PositionState::label).collect();
        Err(Refusal::TransitionNotAllowed { state: from.label(), to: to.label(), allowed })
    }
}

fn state(label: &str) -> Result<PositionState, LifeError> {
    PositionState::from_label(label)
        .ok_or_else(|| LifeError::Unknown(label.chars().take(40).collect()))
}

/// What an institution asks of positions of a region. The default asks for nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conditions {
    /// The states that may be entered; all when `None`. PROPOSED always may.
    pub allowed_states: Option<BTreeSet<PositionState>>,
    /// The least amount, by asset.
    pub minimum_amounts: BTreeMap<AssetCode, Decimal>,
    /// Members that the metadata must have.
    pub required_metadata: BTreeSet<String>,
    /// Whether one key proposes a release and another approves it.
    pub four_eyes: bool,
}

impl Conditions {
    /// Refuses a state that may not be entered.
    pub fn check_state(&self, to: PositionState) -> Result<(), Refusal> {
        match &self.allowed_states {
            Some(allowed) if !allowed.contains(&to) => Err(Refusal::PolicyNotMet {
                rule: "allowed_states",
                wanted: allowed.iter().map(|state| state.label()).collect::<Vec<_>>().join(","),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses a position that is too small, or says too little. `metadata`: the position's, and the transition's.
    pub fn check_position(
        &self,
        asset: &AssetCode,
        scale: u8,
        amount: Units,
        metadata: &[&Json],
    ) -> Result<(), Refusal> {
        if let Some(minimum) = self.minimum_amounts.get(asset) {
            // A minimum that the asset cannot even carry is met by nothing.
            if minimum.to_units(scale).map_or(true, |minimum| amount < minimum) {
                let wanted = format!("{minimum} {asset}");
                return Err(Refusal::PolicyNotMet { rule: "minimum_amounts", wanted });
            }
        }
        let has = |key: &&String| {
            metadata
                .iter()
                .any(|json| json.value().get(key.as_str()).is_some_and(|v| *v != Value::Null))
        };
        let missing: Vec<&str> =
            self.required_metadata.iter().filter(|key| !has(key)).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Refusal::PolicyNotMet { rule: "required_metadata", wanted: missing.join(",") })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(value: &Value) -> Json {
        Json::checked(value.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_default_ends() {
        let life = Life::default();
        for end in [Released, Refunded, Cancelled, Expired] {
            assert_eq!(life.after(end).count(), 0, "{end:?}");
        }
        let refused = life.check(Proposed, Released);
        assert!(
            matches!(&refused, Err(Refusal::TransitionNotAllowed { state: "PROPOSED", to: "RELEASED", allowed })
                if *allowed == ["FUNDED", "CANCELLED", "EXPIRED"]),
            "{refused:?}"
        );
    }

    #[test]
    fn a_config_narrows_and_never_widens() {
        let narrow =
            Life::of(&config(&json!({ "transitions": { "LOCKED": ["RELEASED"], "FUNDED": [] } })))
                .unwrap();
        assert!(narrow.allows(Locked, Released) && !narrow.allows(Locked, Disputed));
        assert!(narrow.allows(Proposed, Funded) && narrow.after(Funded).count() == 0);
        assert_eq!(Life::of(&config(&json!({ "other": 1 }))), Ok(Life::default()));
        for (bad, error) in [
            (json!({ "transitions": [] }), LifeError::Shape),
            (json!({ "transitions": { "LOCKED": "RELEASED" } }), LifeError::Shape),
            (json!({ "transitions": { "LOCKED": [1] } }), LifeError::Shape),
            (json!({ "transitions": { "locked": [] } }), LifeError::Unknown("locked".into())),
            (
                json!({ "transitions": { "PROPOSED": ["RELEASED"] } }),
                LifeError::Wider("PROPOSED", "RELEASED"),
            ),
            (
                json!({ "transitions": { "RELEASED": ["LOCKED"] } }),
                LifeError::Wider("RELEASED", "LOCKED"),
            ),
        ] {
            assert_eq!(Life::of(&config(&bad)), Err(error), "{bad}");
        }
    }

    #[test]
    fn conditions() {
        let eur = AssetCode::parse("EUR").unwrap();
        let rules = Conditions {
            allowed_states: Some([Funded, Released].into()),
            minimum_amounts: [(eur.clone(), Decimal::parse("10.5").unwrap())].into(),
            required_metadata: ["contract".to_owned(), "kyc".to_owned()].into(),
            four_eyes: false,
        };
        assert_eq!(rules.check_state(Funded), Ok(()));
        assert_eq!(
            rules.check_state(Locked),
            Err(Refusal::PolicyNotMet { rule: "allowed_states", wanted: "FUNDED,RELEASED".into() })
        );
        let (a, b) =
            (config(&json!({ "contract": 1 })), config(&json!({ "kyc": false, "contract": null })));
        assert_eq!(rules.check_position(&eur, 2, 1_050, &[&a, &b]), Ok(()));
        assert_eq!(
            rules.check_position(&eur, 2, 1_049, &[&a, &b]),
            Err(Refusal::PolicyNotMet { rule: "minimum_amounts", wanted: "10.5 EUR".into() })
        );
        assert_eq!(
            rules.check_position(&eur, 2, 1_050, &[&b]),
            Err(Refusal::PolicyNotMet { rule: "required_metadata", wanted: "contract".into() })
        );
        assert!(
            rules.check_position(&eur, 0, 1_050, &[&a, &b]).is_err(),
            "10.5 is no amount of scale 0"
        );
    }
}
