//! What a script can say. It speaks of what is there at that moment ("half of what remains", "the
//! third open hold"), so that it still means something while it is shrunk.

use bursar_domain::money::Units;
use bursar_domain::posting::HoldTerms;
use proptest::sample::Index;

use crate::world::Spec;

/// Accounts, and what happens to them.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) accounts: Vec<Spec>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Call(Call),
    /// `UpdateAccount` with a new overdraft limit.
    Limit(Index, Units),
    Close(Index),
    Reopen(Index),
    /// `ClosePeriod` through that many days before today, when that is allowed.
    ClosePeriod(u16),
    /// `GetOperation` fences the id that the next command will have.
    FenceNext,
    /// `GetOperation` fences the id of an earlier command, when that was refused.
    FenceSent(Index),
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) wait: Wait,
    pub(crate) all_or_nothing: bool,
    pub(crate) key: u8,
    /// Whether the caller owns the reserved accounts.
    pub(crate) owner: bool,
    pub(crate) blocks: Vec<Block>,
}

/// How the clock moves before a call.
#[derive(Debug, Clone)]
pub(crate) enum Wait {
    Micros(i64),
    /// To the end of a hold, give or take a microsecond.
    Expiry(Index, i8),
}

/// Commands that stand next to each other.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) group: Option<Group>,
    pub(crate) drafts: Vec<Draft>,
}

#[derive(Debug, Clone)]
pub(crate) enum Group {
    Fresh,
    Used(Index),
}

#[derive(Debug, Clone)]
pub(crate) enum Draft {
    Create {
        debit: Index,
        credit: Partner,
        amount: Amount,
        hold: Option<HoldTerms>,
        extra: Extra,
    },
    Post {
        hold: Pick,
        part: Option<Part>,
        release_remainder: bool,
        extra: Extra,
    },
    Void {
        hold: Pick,
        extra: Extra,
    },
    Expire {
        hold: Pick,
    },
    Reverse {
        original: Pick,
        extra: Extra,
    },
    /// An earlier command again, perhaps with one field changed.
    Again {
        earlier: Index,
        change: Change,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Partner {
    /// Another account of the same asset.
    Fit(Index),
    /// Any account, the debited one and an unknown one too.
    Any(Index),
}

#[derive(Debug, Clone)]
pub(crate) enum Pick {
    /// One that fits: an open hold, or a transfer that moved money.
    Fit(Index),
    /// Any id ever sent, or an unknown one.
    Any(Index),
}

#[derive(Debug, Clone)]
pub(crate) enum Amount {
    Units(Units),
    /// What the limits of both accounts allow, and so much more.
    Limit(Units),
    /// What fills a total of the debited account to 38 digits, and so much more.
    Brim(Units),
    /// More decimal places or digits than the asset takes.
    Misfit,
    /// Of another asset.
    Foreign(Units),
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// So many percent of what remains.
    Percent(u8),
    /// What remains, and so much more.
    Remaining(Units),
    /// What was first reserved.
    Reserved,
    Misfit,
    Foreign(Units),
}

/// What a caller says beside the money.
#[derive(Debug, Clone)]
pub(crate) struct Extra {
    pub(crate) code: u8,
    pub(crate) reference: bool,
    /// None, an empty object, or one member of that value.
    pub(crate) metadata: Option<u8>,
    /// Days from today.
    pub(crate) day: Option<i16>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Nothing,
    /// Another spelling: no metadata is the empty object, no value date is the posting day.
    Spelling,
    Amount,
    Asset,
    Accounts,
    Timeout,
    Pending,
    Group,
    ValueDate,
    Code,
    Reference,
    Metadata,
    /// The other transfer that the command names.
    Target,
    Release,
    Whole,
    /// Another method with the same id.
    Method,
}
