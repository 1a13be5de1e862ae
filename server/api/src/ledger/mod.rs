//! Assets, accounts and transfers: `bursar.ledger.v1`.

mod account;
mod asset;
mod convert_account;
mod convert_balance;
mod convert_batch;
mod convert_command;
mod convert_filter;
mod convert_group;
mod convert_statement;
mod convert_stream;
mod convert_transfer;
mod period;
mod stream;
mod transfer;

use std::collections::HashMap;
use std::hash::Hash;

use bursar_domain::limits::{MAX_BATCH_GET, MAX_MESSAGE_BYTES};
use bursar_domain::{
    Error, Result, account as domain, asset as assets, ids, transfer as transfers,
};
use bursar_proto::ledger::v1 as pb;
use tonic::Response;

use crate::convert::{Checks, batch_len, id, in_part, metadata};

pub(crate) use account::Accounts;
pub(crate) use asset::Assets;
pub(crate) use convert_transfer::{operation_reply, to_wire as to_transfer};
pub(crate) use period::Periods;
pub(crate) use transfer::Transfers;

crate::choices::choices! {
    /// Kind of an asset.
    asset_kind: assets::AssetKind = pb::AssetKind { Fiat = Fiat, Crypto = Crypto, Other = Other }
    /// Whether an account takes transfers.
    account_state: domain::AccountState = pb::AccountState { Open = Open, Closed = Closed }
    /// The limit of an account's balance.
    balance_rule: domain::BalanceRule = pb::BalanceRule {
        Unlimited = Unlimited,
        DebitsMustNotExceedCredits = DebitsMustNotExceedCredits,
        CreditsMustNotExceedDebits = CreditsMustNotExceedDebits,
    }
    /// What a transfer does.
    transfer_kind: transfers::TransferKind = pb::TransferKind {
        Direct = Direct, Pending = Pending, Post = Post, Void = Void, Expire = Expire, Reversal = Reversal,
    }
    /// State of a hold.
    hold_state: transfers::HoldState = pb::HoldState { Open = Open, Posted = Posted, Voided = Voided, Expired = Expired }
    /// Which side of an account.
    account_side: transfers::Side = pb::AccountSide { Debit = Debit, Credit = Credit }
}

/// A request id, checked with the other fields so that a caller learns of all problems at once.
fn request_id(text: &str) -> Result<ids::RequestId> {
    id("request_id", text)
}

/// The ids of a batch read, 1 to [`MAX_BATCH_GET`].
fn batch_ids<T: std::str::FromStr<Err = ids::IdError>>(texts: &[String]) -> Result<Vec<T>> {
    batch_len("ids", texts.len(), MAX_BATCH_GET)?;
    let mut checks = Checks::new();
    let found: Vec<Option<T>> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| checks.take(id(&format!("ids[{at}]"), text)))
        .collect();
    checks.finish(|| found.into_iter().collect())
}

/// The reply of a batch read, unless it would pass what a client takes: metadata can be larger on the wire than as
/// JSON.
fn bounded<R: prost::Message>(reply: R) -> Result<Response<R>> {
    if reply.encoded_len() > MAX_MESSAGE_BYTES {
        let problem = format!(
            "names more than fits a reply of {MAX_MESSAGE_BYTES} bytes; ask for fewer at once"
        );
        return Err(Error::invalid("ids", problem));
    }
    Ok(Response::new(reply))
}

/// Notes each item of the list whose `field` repeats that of an earlier one.
fn note_repeats<K: Eq + Hash>(
    checks: &mut Checks,
    list: &str,
    field: &str,
    keys: impl Iterator<Item = Option<K>>,
) {
    let mut first: HashMap<K, usize> = HashMap::new();
    for (at, key) in keys.enumerate() {
        let Some(key) = key else { continue };
        let earlier = *first.entry(key).or_insert(at);
        if earlier != at {
            checks.note(
                format!("{list}[{at}].{field}"),
                format!("is that of {list}[{earlier}] too; they must differ"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Struct;

    use super::*;

    /// The fields that an error names.
    pub(super) fn fields<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
        match result {
            Err(Error::Invalid(violations)) => {
                violations.into_iter().map(|violation| violation.field).collect()
            }
            other => panic!("not refused for its fields: {other:?}"),
        }
    }

    /// The problem of the first field that an error names.
    pub(super) fn problem<T: std::fmt::Debug>(result: Result<T>) -> String {
        match result {
            Err(Error::Invalid(violations)) => violations[0].problem.clone(),
            other => panic!("not refused for its fields: {other:?}"),
        }
    }

    /// Attributes of one text.
    pub(super) fn attributes(name: &str, text: &str) -> Struct {
        let kind = Some(prost_types::value::Kind::StringValue(text.into()));
        Struct { fields: [(name.to_owned(), prost_types::Value { kind })].into() }
    }

    /// Attributes that no JSON can hold.
    pub(super) fn not_a_number() -> Struct {
        let kind = Some(prost_types::value::Kind::NumberValue(f64::NAN));
        Struct { fields: [("n".to_owned(), prost_types::Value { kind })].into() }
    }

    #[test]
    fn ids_of_a_batch() {
        let good = ids::AccountId::generate();
        assert_eq!(
            batch_ids::<ids::AccountId>(&[good.to_string(), good.to_string()]),
            Ok(vec![good, good])
        );
        assert_eq!(fields(batch_ids::<ids::AccountId>(&[])), ["ids"]);
        assert_eq!(
            fields(batch_ids::<ids::AccountId>(&vec![good.to_string(); MAX_BATCH_GET + 1])),
            ["ids"]
        );
        let two_bad = ["x".to_owned(), good.to_string(), String::new()];
        assert_eq!(fields(batch_ids::<ids::AccountId>(&two_bad)), ["ids[0]", "ids[2]"]);
    }

    #[test]
    fn a_batch_reply_has_a_bound() {
        let account =
            |bytes| pb::Account { external_reference: "x".repeat(bytes), ..pb::Account::default() };
        let reply =
            |bytes| pb::BatchGetAccountsResponse { accounts: vec![account(bytes), account(bytes)] };
        assert!(bounded(reply(10)).is_ok());
        assert_eq!(fields(bounded(reply(MAX_MESSAGE_BYTES / 2))), ["ids"]);
    }
}
