//! An earlier command with one field changed, as a caller would send it who uses an id twice.

use bursar_domain::ids::GroupId;
use bursar_domain::json::Json;
use bursar_domain::money::{AssetCode, Decimal, Money};
use bursar_domain::posting::{Command, Create, HoldTerms, Post, Release};
use bursar_domain::transfer::{Details, Transfer, utc_day};
use uuid::Uuid;

use crate::script::Change;
use crate::world::{World, account, asset, transfer};

/// The command with another value in one field; as it is when it has no such field.
pub(crate) fn changed(world: &World, mut command: Command, change: Change) -> Command {
    let recorded = world.book.transfers.get(&command.id());
    let today = utc_day(world.now);
    let details = details_mut(&mut command);
    match change {
        Change::Spelling => {
            details.metadata = match details.metadata.take() {
                None => Some(Json::empty()),
                Some(json) => Some(json).filter(|json| !json.is_empty()),
            };
            if let Some(posting_day) = recorded.map(|done| utc_day(done.posted_at)) {
                details.value_date = match details.value_date {
                    None => Some(posting_day),
                    Some(day) => Some(day).filter(|day| *day != posting_day),
                };
            }
        }
        Change::ValueDate if details.value_date.is_some() => details.value_date = None,
        Change::ValueDate => details.value_date = today.yesterday().ok(),
        Change::Code => details.code.push('x'),
        Change::Reference if details.external_reference.is_some() => {
            details.external_reference = None;
        }
        Change::Reference => details.external_reference = Some("other".into()),
        Change::Metadata => details.metadata = Some(Json::stored(serde_json::json!({ "n": 9 }))),
        _ => return with_other_money(command, change, recorded),
    }
    command
}

fn details_mut(command: &mut Command) -> &mut Details {
    match command {
        Command::Create(c) => &mut c.details,
        Command::Post(c) => &mut c.details,
        Command::Void(c) | Command::Expire(c) => &mut c.details,
        Command::Reverse(c) => &mut c.details,
    }
}

fn with_other_money(mut command: Command, change: Change, recorded: Option<&Transfer>) -> Command {
    let other = transfer(u128::from(u64::MAX));
    match (change, &mut command) {
        (
            Change::Amount,
            Command::Create(Create { amount, .. })
            | Command::Post(Post { amount: Some(amount), .. }),
        ) => {
            amount.amount = other_amount(amount.amount);
        }
        (
            Change::Asset,
            Command::Create(Create { amount, .. })
            | Command::Post(Post { amount: Some(amount), .. }),
        ) => {
            amount.asset = other_asset(&amount.asset);
        }
        (Change::Accounts, Command::Create(c)) => {
            c.credit = account(usize::from(c.credit == account(0)));
        }
        (Change::Timeout, Command::Create(Create { hold: Some(terms), .. })) => {
            terms.timeout_seconds = Some(terms.timeout_seconds.unwrap_or(0) + 1);
        }
        (Change::Pending, Command::Create(c)) if c.hold.is_some() => c.hold = None,
        (Change::Pending, Command::Create(c)) => c.hold = Some(HoldTerms { timeout_seconds: None }),
        (Change::Group, Command::Create(c)) if c.group.is_some() => c.group = None,
        (Change::Group, Command::Create(c)) => c.group = Some(GroupId(Uuid::from_u128(1))),
        (Change::Whole, Command::Post(c)) if c.amount.is_some() => c.amount = None,
        (Change::Whole, Command::Post(c)) => {
            // As much as all was at that time: still another request.
            c.amount = recorded.map(|done| Money {
                asset: done.asset.clone(),
                amount: Decimal::from_units(done.amount, done.scale),
            });
        }
        (Change::Release, Command::Post(c)) => c.release_remainder = !c.release_remainder,
        (Change::Target, Command::Post(c)) => c.pending = other,
        (Change::Target, Command::Void(c) | Command::Expire(c)) => c.pending = other,
        (Change::Target, Command::Reverse(c)) => c.original = other,
        (Change::Method, Command::Void(c)) => return Command::Expire(c.clone()),
        (Change::Method, c) => {
            let (id, pending, details) =
                (c.id(), c.pending().unwrap_or(other), c.details().clone());
            return Command::Void(Release { id, pending, details });
        }
        _ => {}
    }
    command
}

fn other_amount(amount: Decimal) -> Decimal {
    let one = Decimal::from_units(1, 0);
    if amount == one { Decimal::from_units(2, 0) } else { one }
}

fn other_asset(code: &AssetCode) -> AssetCode {
    asset(usize::from(*code == asset(0)))
}
