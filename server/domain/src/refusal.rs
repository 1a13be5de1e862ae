//! The rules of the domains that a well-formed call can break.

use std::fmt;

use jiff::civil::Date;

use crate::ids::{AccountId, ExecutionId, GroupId, PositionId, StrategyId, TransferId};
use crate::money::{AssetCode, Decimal};

/// A rule that a call would break. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The amount's asset is not the account's.
    AssetMismatch {
        /// The account.
        account: AccountId,
        /// The account's asset.
        expected: AssetCode,
        /// The asset given.
        asset: AssetCode,
    },
    /// A balance rule would be broken.
    LimitExceeded {
        /// The account.
        account: AccountId,
        /// What its rule still allows.
        available: Decimal,
    },
    /// The account is closed.
    AccountClosed {
        /// The account.
        account: AccountId,
    },
    /// The account belongs to another domain, whose calls alone may move its money or change its limits.
    AccountReserved {
        /// The account.
        account: AccountId,
    },
    /// The account has a balance or holds.
    AccountNotEmpty {
        /// The account.
        account: AccountId,
    },
    /// The hold has ended.
    HoldNotOpen {
        /// The pending transfer.
        pending: TransferId,
        /// State of its hold: posted, voided or expired.
        state: &'static str,
    },
    /// The hold has less left than was asked for.
    HoldExceeded {
        /// The pending transfer.
        pending: TransferId,
        /// What is left.
        remaining: Decimal,
    },
    /// The transfer was reversed before.
    AlreadyReversed {
        /// The transfer.
        transfer: TransferId,
        /// Its reversal.
        reversal: TransferId,
    },
    /// Not a transfer that can be reversed.
    NotReversible {
        /// The transfer.
        transfer: TransferId,
        /// What it is.
        kind: &'static str,
    },
    /// A total would pass 38 digits.
    TotalOverflow {
        /// The account.
        account: AccountId,
    },
    /// The group id belongs to an earlier call.
    GroupExists {
        /// The group.
        group: GroupId,
    },
    /// The legs of a call for a whole group are not its open pending transfers.
    GroupIncomplete {
        /// The group.
        group: GroupId,
        /// Open pending transfers of the group that no leg names.
        missing: Vec<TransferId>,
        /// What legs name and the group does not have.
        foreign: Vec<TransferId>,
    },
    /// The state does not allow the change.
    StateNotAllowed {
        /// Kind of resource.
        resource: &'static str,
        /// Its state.
        state: &'static str,
    },
    /// The value date is in a closed period.
    PeriodClosed {
        /// The last closed day.
        ends_on: Date,
        /// The day asked for.
        value_date: Date,
    },
    /// The period is closed, or was skipped by one that is.
    PeriodAlreadyClosed {
        /// The last closed day.
        ends_on: Date,
    },
    /// The tenant has accounts with balances or holds.
    TenantNotEmpty {
        /// How many.
        open_accounts: i64,
    },
    /// A position's life does not go that way.
    TransitionNotAllowed {
        /// Its state.
        state: &'static str,
        /// The state asked for.
        to: &'static str,
        /// What may follow.
        allowed: Vec<&'static str>,
    },
    /// The institution's policy asks for something else.
    PolicyNotMet {
        /// The policy's field.
        rule: &'static str,
        /// What it asks for.
        wanted: String,
    },
    /// The key that proposed a release may not approve it.
    FourEyes {
        /// The position.
        position: PositionId,
    },
    /// The position holds less than was asked for.
    HoldingExceeded {
        /// The position.
        position: PositionId,
        /// What it holds.
        held: Decimal,
    },
    /// The position is not as the caller read it.
    PositionChanged {
        /// The position.
        position: PositionId,
        /// Its state now.
        state: &'static str,
        /// Its revision now.
        revision: i64,
    },
    /// The fill was recorded before with other values.
    ExecutionDiffers {
        /// The execution that has it.
        execution: ExecutionId,
        /// The fields that differ.
        fields: Vec<&'static str>,
    },
    /// The strategy is disabled.
    StrategyDisabled {
        /// The strategy.
        strategy: StrategyId,
    },
}

/// Most ids that a refusal names of each kind: it travels in a header.
const MAX_NAMED: usize = 10;

/// The first few ids, comma separated.
fn some(ids: &[TransferId]) -> String {
    ids.iter().take(MAX_NAMED).map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Refusal {
    /// Its reason, a name of `bursar.errors.v1.ErrorReason` without the prefix.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::AssetMismatch { .. } => "ASSET_MISMATCH",
            Self::LimitExceeded { .. } => "LIMIT_EXCEEDED",
            Self::AccountClosed { .. } => "ACCOUNT_CLOSED",
            Self::AccountReserved { .. } => "ACCOUNT_RESERVED",
            Self::AccountNotEmpty { .. } => "ACCOUNT_NOT_EMPTY",
            Self::HoldNotOpen { .. } => "HOLD_NOT_OPEN",
            Self::HoldExceeded { .. } => "HOLD_EXCEEDED",
            Self::AlreadyReversed { .. } => "ALREADY_REVERSED",
            Self::NotReversible { .. } => "NOT_REVERSIBLE",
            Self::TotalOverflow { .. } => "TOTAL_OVERFLOW",
            Self::GroupExists { .. } => "GROUP_EXISTS",
            Self::GroupIncomplete { .. } => "GROUP_INCOMPLETE",
            Self::StateNotAllowed { .. } => "STATE_NOT_ALLOWED",
            Self::PeriodClosed { .. } => "PERIOD_CLOSED",
            Self::PeriodAlreadyClosed { .. } => "PERIOD_ALREADY_CLOSED",
            Self::TenantNotEmpty { .. } => "TENANT_NOT_EMPTY",
            Self::TransitionNotAllowed { .. } => "TRANSITION_NOT_ALLOWED",
            Self::PolicyNotMet { .. } => "POLICY_NOT_MET",
            Self::FourEyes { .. } => "FOUR_EYES",
            Self::HoldingExceeded { .. } => "HOLDING_EXCEEDED",
            Self::PositionChanged { .. } => "POSITION_CHANGED",
            Self::ExecutionDiffers { .. } => "EXECUTION_DIFFERS",
            Self::StrategyDisabled { .. } => "STRATEGY_DISABLED",
        }
    }

    /// Whether another call was only faster: the caller reads again, and may ask again.
    pub const fn is_race(&self) -> bool {
        matches!(self, Self::PositionChanged { .. })
    }

    /// The facts a program needs, as documented at the reason.
    pub fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::AssetMismatch { account, expected, asset } => vec![
                ("account_id", account.to_string()),
                ("expected", expected.to_string()),
                ("asset", asset.to_string()),
            ],
            Self::LimitExceeded { account, available } => {
                vec![("account_id", account.to_string()), ("available", available.to_string())]
            }
            Self::AccountClosed { account }
            | Self::AccountReserved { account }
            | Self::AccountNotEmpty { account }
            | Self::TotalOverflow { account } => {
                vec![("account_id", account.to_string())]
            }
            Self::HoldNotOpen { pending, state } => {
                vec![("pending_id", pending.to_string()), ("state", (*state).to_owned())]
            }
            Self::HoldExceeded { pending, remaining } => {
                vec![("pending_id", pending.to_string()), ("remaining", remaining.to_string())]
            }
            Self::AlreadyReversed { transfer, reversal } => {
                vec![("transfer_id", transfer.to_string()), ("reversal_id", reversal.to_string())]
            }
            Self::NotReversible { transfer, kind } => {
                vec![("transfer_id", transfer.to_string()), ("kind", (*kind).to_owned())]
            }
            Self::GroupExists { group } => vec![("group_id", group.to_string())],
            Self::GroupIncomplete { group, missing, foreign } => vec![
                ("group_id", group.to_string()),
                ("missing", some(missing)),
                ("foreign", some(foreign)),
            ],
            Self::StateNotAllowed { state, .. } => vec![("state", (*state).to_owned())],
            Self::PeriodClosed { ends_on, value_date } => {
                vec![("ends_on", ends_on.to_string()), ("value_date", value_date.to_string())]
            }
            Self::PeriodAlreadyClosed { ends_on } => vec![("ends_on", ends_on.to_string())],
            Self::TenantNotEmpty { open_accounts } => {
                vec![("open_accounts", open_accounts.to_string())]
            }
            Self::TransitionNotAllowed { state, to, allowed } => vec![
                ("state", (*state).to_owned()),
                ("to", (*to).to_owned()),
                ("allowed", allowed.join(",")),
            ],
            Self::PolicyNotMet { rule, wanted } => {
                vec![("rule", (*rule).to_owned()), ("wanted", wanted.clone())]
            }
            Self::FourEyes { position } => vec![("position_id", position.to_string())],
            Self::HoldingExceeded { position, held } => {
                vec![("position_id", position.to_string()), ("held", held.to_string())]
            }
            Self::PositionChanged { position, state, revision } => vec![
                ("position_id", position.to_string()),
                ("state", (*state).to_owned()),
                ("current_etag", revision.to_string()),
            ],
            Self::ExecutionDiffers { execution, fields } => {
                vec![("execution_id", execution.to_string()), ("fields", fields.join(","))]
            }
            Self::StrategyDisabled { strategy } => vec![("strategy_id", strategy.to_string())],
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AssetMismatch { account, expected, asset } => {
                write!(f, "account {account} is kept in {expected}, not in {asset}")
            }
            Self::LimitExceeded { account, available } => {
                write!(f, "the limit of account {account} allows {available} more at most")
            }
            Self::AccountClosed { account } => {
                write!(f, "account {account} is closed; ReopenAccount lets it take transfers again")
            }
            Self::AccountReserved { account } => write!(
                f,
                "account {account} belongs to an escrow position; its money moves with TransitionPosition alone"
            ),
            Self::AccountNotEmpty { account } => {
                write!(f, "account {account} still has a balance or open holds; clear them first")
            }
            Self::HoldNotOpen { pending, state } => {
                write!(f, "the hold of transfer {pending} is {state} already")
            }
            Self::HoldExceeded { pending, remaining } => {
                write!(
                    f,
                    "the hold of transfer {pending} has {remaining} left, less than was asked for"
                )
            }
            Self::AlreadyReversed { transfer, reversal } => {
                write!(f, "transfer {transfer} was reversed before, by {reversal}")
            }
            Self::NotReversible { transfer, kind } => {
                write!(
                    f,
                    "transfer {transfer} is of kind {kind}; only direct and post transfers can be reversed"
                )
            }
            Self::TotalOverflow { account } => {
                write!(f, "a total of account {account} would pass 38 digits")
            }
            Self::GroupExists { group } => {
                write!(f, "group {group} was used by an earlier call; use a new group id")
            }
            Self::GroupIncomplete { group, missing, foreign } => {
                write!(
                    f,
                    "the legs are not the open pending transfers of group {group}: {} are missing, {} belong elsewhere",
                    missing.len(),
                    foreign.len()
                )
            }
            Self::StateNotAllowed { resource, state } => {
                write!(f, "the {resource} is {state}, which does not allow this")
            }
            Self::PeriodClosed { ends_on, value_date } => {
                write!(
                    f,
                    "value_date {value_date} is in a period that is closed through {ends_on}; give a later day"
                )
            }
            Self::PeriodAlreadyClosed { ends_on } => {
                write!(f, "all days through {ends_on} are closed already; a period ends after them")
            }
            Self::TenantNotEmpty { open_accounts } => {
                write!(
                    f,
                    "{open_accounts} accounts of the tenant still have balances or holds; clear them or force"
                )
            }
            Self::TransitionNotAllowed { state, to, allowed } if allowed.is_empty() => {
                write!(f, "the position is {state}, an end, and cannot become {to}")
            }
            Self::TransitionNotAllowed { state, to, allowed } => {
                let allowed = allowed.join(", ");
                write!(f, "the position is {state} and cannot become {to}; it can become {allowed}")
            }
            Self::PolicyNotMet { rule, wanted } => {
                write!(f, "the institution's policy for the region asks in {rule} for: {wanted}")
            }
            Self::FourEyes { position } => write!(
                f,
                "this key proposed the release of position {position}; another one has to approve it"
            ),
            Self::HoldingExceeded { position, held } => {
                write!(f, "position {position} holds {held}, less than was asked for")
            }
            Self::PositionChanged { position, state, revision } => write!(
                f,
                "position {position} has changed since it was read: it is {state}, its etag is now {revision}"
            ),
            Self::ExecutionDiffers { execution, fields } => {
                write!(
                    f,
                    "the venue's order was recorded before, as execution {execution}, with other values of: {}",
                    fields.join(", ")
                )
            }
            Self::StrategyDisabled { strategy } => {
                write!(f, "strategy {strategy} is disabled; EnableStrategy lets it decide again")
            }
        }
    }
}
