//! Trading: strategies, their decisions, the fills of decisions, reviews of them, and cursors.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::ids::{DecisionId, ExecutionId, KeyId, ReviewId, StrategyId, TransferId};
use crate::json::Json;
use crate::money::Decimal;
use crate::refusal::Refusal;

/// Whether a strategy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyState {
    /// It takes new decisions.
    Enabled,
    /// It does not.
    Disabled,
}

impl StrategyState {
    /// Name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled].into_iter().find(|state| state.name() == name)
    }
}

/// What a strategy is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewStrategy {
    /// Its name.
    pub name: String,
    /// What it does, for people.
    pub description: String,
    /// Its definition.
    pub definition: Json,
}

/// A strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Its id.
    pub id: StrategyId,
    /// Its name.
    pub name: String,
    /// What it does, for people.
    pub description: String,
    /// Its definition.
    pub definition: Json,
    /// Whether it decides.
    pub state: StrategyState,
    /// How often it changed: the etag.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Strategy {
    /// Goes from one state to the other.
    pub fn turn(&mut self, to: StrategyState) -> Result<()> {
        if self.state == to {
            let state = self.state.name();
            return Err(Refusal::StateNotAllowed { resource: "strategy", state }.into());
        }
        self.state = to;
        Ok(())
    }
}

/// Attributes to change; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StrategyChanges {
    /// Its name.
    pub name: Option<String>,
    /// What it does, for people.
    pub description: Option<String>,
    /// Its definition.
    pub definition: Option<Json>,
}

/// Which way a trade goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeSide {
    /// It buys.
    Buy,
    /// It sells.
    Sell,
}

impl TradeSide {
    /// Name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }

    /// The side of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Buy, Self::Sell].into_iter().find(|side| side.name() == name)
    }
}

/// How far a decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionState {
    /// To be carried out.
    Planned,
    /// Carried out.
    Executed,
    /// Given up.
    Cancelled,
}

impl DecisionState {
    const ALL: [Self; 3] = [Self::Planned, Self::Executed, Self::Cancelled];

    /// Name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Executed => "executed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What a decision is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDecision {
    /// Whose it is.
    pub strategy: StrategyId,
    /// What is traded.
    pub symbol: String,
    /// Which way.
    pub side: TradeSide,
    /// How much.
    pub quantity: Decimal,
    /// As the strategy made it.
    pub decision: Json,
}

/// A trade decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// Whose it is.
    pub strategy: StrategyId,
    /// What is traded.
    pub symbol: String,
    /// Which way.
    pub side: TradeSide,
    /// How much.
    pub quantity: Decimal,
    /// As the strategy made it.
    pub decision: Json,
    /// How far it is.
    pub state: DecisionState,
    /// Why it was cancelled; empty otherwise.
    pub reason: String,
    /// How often it changed: the etag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

impl Decision {
    /// Ends a planned decision.
    pub fn end(&mut self, to: DecisionState, reason: &str) -> Result<()> {
        if self.state != DecisionState::Planned {
            let state = self.state.name();
            return Err(Refusal::StateNotAllowed { resource: "decision", state }.into());
        }
        self.state = to;
        reason.clone_into(&mut self.reason);
        Ok(())
    }
}

/// Which decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Of this strategy.
    pub strategy: Option<StrategyId>,
    /// Of this symbol.
    pub symbol: Option<String>,
    /// In this state.
    pub state: Option<DecisionState>,
    /// Recorded then or later.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub to: Option<Timestamp>,
}

/// A fill to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExecution {
    /// Of which decision.
    pub decision: DecisionId,
    /// Where.
    pub venue: String,
    /// The venue's id of it.
    pub venue_order: String,
    /// What was traded.
    pub symbol: String,
    /// Which way.
    pub side: TradeSide,
    /// How much.
    pub quantity: Decimal,
    /// At what price.
    pub price: Decimal,
    /// What the venue took.
    pub fee: Decimal,
    /// When, as the venue says.
    pub executed_at: Timestamp,
    /// The venue's report as it came.
    pub raw: Vec<u8>,
    /// The same as JSON.
    pub payload: Json,
    /// The ledger transfers it caused.
    pub transfers: Vec<TransferId>,
}

/// A fill as it is recorded: append-only.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// What was recorded.
    pub fill: NewExecution,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By which key.
    pub key: KeyId,
}

impl Execution {
    /// Whether another report is of the same fill. Its raw form may differ: a venue stamps what it sends again.
    pub fn same(&self, report: &NewExecution) -> Result<(), Refusal> {
        let known = &self.fill;
        let fields: Vec<&'static str> = [
            ("decision_id", known.decision == report.decision),
            ("symbol", known.symbol == report.symbol),
            ("side", known.side == report.side),
            ("quantity", known.quantity == report.quantity),
            ("price", known.price == report.price),
            ("fee", known.fee == report.fee),
            ("executed_at", known.executed_at == report.executed_at),
            ("transfer_ids", known.transfers == report.transfers),
        ]
        .into_iter()
        .filter_map(|(field, same)| (!same).then_some(field))
        .collect();
        if fields.is_empty() {
            return Ok(());
        }
        Err(Refusal::ExecutionDiffers { execution: self.id, fields })
    }
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// The fill as it is recorded.
    pub execution: Execution,
    /// Whether an earlier report had it.
    pub replayed: bool,
}

/// Which executions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// Of this decision.
    pub decision: Option<DecisionId>,
    /// At this venue.
    pub venue: Option<String>,
    /// With this id of the venue's.
    pub venue_order: Option<String>,
    /// Recorded then or later.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub to: Option<Timestamp>,
}

/// A review to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReview {
    /// Of which decision.
    pub decision: DecisionId,
    /// By which model.
    pub model: String,
    /// What it concluded.
    pub verdict: String,
    /// What it was asked.
    pub input: Json,
    /// What it answered.
    pub response: Json,
    /// How long it took.
    pub latency_ms: i64,
    /// Tokens of what it was asked.
    pub input_tokens: i64,
    /// Tokens of what it answered.
    pub output_tokens: i64,
}

/// A review of a decision: append-only.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// What was recorded.
    pub review: NewReview,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By which key.
    pub key: KeyId,
}

/// Which reviews.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewFilter {
    /// Of this decision.
    pub decision: Option<DecisionId>,
    /// By this model.
    pub model: Option<String>,
    /// With this verdict.
    pub verdict: Option<String>,
    /// Recorded then or later.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub to: Option<Timestamp>,
}

/// A named mark of progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub position: i64,
    /// Whether its last move was forced.
    pub forced: bool,
    /// Why its last move was forced; empty when it was not.
    pub reason: String,
    /// When it was first moved.
    pub created_at: Timestamp,
    /// When it was last moved.
    pub updated_at: Timestamp,
}

/// A move of a cursor that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// On, from where the caller believes it to stand.
    Advance {
        /// Where the caller believes it to stand.
        expected: i64,
        /// Beyond that.
        position: i64,
    },
    /// Anywhere, from wherever it stands.
    Force {
        /// Where to.
        position: i64,
        /// Why.
        reason: String,
    },
}

impl Move {
    /// Where the cursor stands after it. One that was never moved stands at 0; only by force does it go back.
    pub fn from(&self, name: &str, stands: Option<i64>) -> Result<i64> {
        let stands = stands.unwrap_or(0);
        match self {
            Self::Advance { expected, .. } if *expected != stands => Err(Error::EtagMismatch {
                resource: "cursor",
                id: name.to_owned(),
                current: stands.to_string(),
            }),
            Self::Advance { expected, position } if position <= expected => Err(Error::invalid(
                "position",
                format!("is not beyond {expected}; ForceCursor moves a cursor back"),
            )),
            Self::Advance { position, .. } | Self::Force { position, .. } => Ok(*position),
        }
    }
}

#[cfg(test)]
#[path = "trading_tests.rs"]
mod tests;
