//! What a script is: accounts, and calls about them.

use std::collections::BTreeMap;
use std::ops::Range;

use bursar_domain::account::BalanceRule;
use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::money::{AssetCode, Units};
use bursar_domain::posting::{Command, Create};
use bursar_model::Facts;

/// An account of a script.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Its id.
    pub id: AccountId,
    /// Its asset.
    pub asset: AssetCode,
    /// Decimal places of the asset.
    pub scale: u8,
    /// The limit of its balance.
    pub rule: BalanceRule,
    /// How far the rule may be passed, in units.
    pub overdraft: Units,
    /// Whether it is closed before anything happens.
    pub closed: bool,
}

/// One call.
#[derive(Debug, Clone)]
// A script has hundreds, and what is told apart by its kind reads worse in a box.
#[allow(clippy::large_enum_variant)]
pub enum Call {
    /// A single transfer of any kind.
    One(Command),
    /// A batch of new transfers.
    Batch {
        /// The transfers.
        new: Vec<Create>,
        /// The mode.
        all_or_nothing: bool,
    },
    /// `GetOperation` that fences an id.
    Fence(TransferId),
}

/// How a script is to be.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many calls.
    pub calls: usize,
    /// So many of a hundred transfers have one account on one side.
    pub hot_percent: usize,
    /// A call is about transfers of calls at least so far back, so that most are there when a crowd plays it.
    pub gap: usize,
    /// So many of a hundred calls are batches.
    pub batch_percent: usize,
    /// Whether some holds end by themselves after a second, which costs a wait for them.
    pub brief_holds: bool,
}

/// Accounts, and calls about them; the same for the same seed.
#[derive(Debug)]
pub struct Script {
    /// What it was drawn with.
    pub seed: u64,
    /// The accounts.
    pub accounts: Vec<Spec>,
    /// The calls.
    pub calls: Vec<Call>,
}

impl Script {
    /// The accounts as the model knows them.
    pub fn facts(&self) -> BTreeMap<AccountId, Facts> {
        let facts = |spec: &Spec| Facts {
            reserved: false,
            asset: spec.asset.clone(),
            scale: spec.scale,
            closed: spec.closed,
            rule: spec.rule,
            overdraft: spec.overdraft.unsigned_abs(),
        };
        self.accounts.iter().map(|spec| (spec.id, facts(spec))).collect()
    }

    /// Ids of the accounts.
    pub fn ids(&self) -> Vec<AccountId> {
        self.accounts.iter().map(|spec| spec.id).collect()
    }
}

impl Call {
    /// The transfers it asks for.
    pub fn commands(&self) -> Vec<Command> {
        match self {
            Self::One(command) => vec![command.clone()],
            Self::Batch { new, .. } => new.iter().cloned().map(Command::Create).collect(),
            Self::Fence(_) => Vec::new(),
        }
    }

    /// Those that the one at `at` stands and falls with, itself included.
    pub fn unit(&self, at: usize) -> Range<usize> {
        let Self::Batch { new, all_or_nothing } = self else { return at..at + 1 };
        if *all_or_nothing {
            return 0..new.len();
        }
        let Some(group) = new[at].group else { return at..at + 1 };
        let of_group = |create: &&Create| create.group == Some(group);
        let before = new[..at].iter().rev().take_while(of_group).count();
        let after = new[at..].iter().take_while(of_group).count();
        at - before..at + after
    }

    /// What the fields of its transfer at `at` are named with in errors.
    pub fn prefix(&self, at: usize) -> String {
        match self {
            Self::One(Command::Create(_)) => "transfer.".into(),
            Self::Batch { .. } => format!("transfers[{at}]."),
            _ => String::new(),
        }
    }
}
