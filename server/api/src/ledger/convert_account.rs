//! Accounts: what callers ask for, and what they get to see.

use bursar_domain::account::{Account, AccountChanges, AccountFilter, BalanceRule, NewAccount};
use bursar_domain::ids::AccountId;
use bursar_domain::limits::{MAX_BATCH_ACCOUNTS, MAX_PAGE_BYTES};
use bursar_domain::money::Decimal;
use bursar_domain::{Error, Result};
use bursar_proto::ledger::v1 as pb;
use prost::Message as _;

use super::convert_balance::{balance, decimal as units};
use super::{account_state, balance_rule, in_part, metadata, note_repeats, request_id};
use crate::convert::{
    Checks, Mask, asset_code, batch_len, code, decimal, etag, id, json, mask, new_id,
    optional_asset_code, present, reference, to_timestamp,
};

/// What `UpdateAccount` can change.
const CHANGEABLE: &[&str] = &["code", "external_reference", "metadata", "overdraft_limit"];

/// The account of `CreateAccount`.
pub(super) fn new_one(m: &pb::CreateAccountRequest) -> Result<NewAccount> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let account = checks.take(present("account", m.account.as_ref()));
    let account = account.and_then(|account| checks.take_within("account.", new_account(account)));
    checks.finish(|| account)
}

/// The accounts of `BatchCreateAccounts`: ids and external references differ.
pub(super) fn new_batch(m: &pb::BatchCreateAccountsRequest) -> Result<Vec<NewAccount>> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    if checks.take(batch_len("accounts", m.accounts.len(), MAX_BATCH_ACCOUNTS)).is_none() {
        return checks.finish(|| None);
    }
    // The reply repeats what was sent and adds the balances: it must stay below what a client takes.
    if m.encoded_len() > MAX_PAGE_BYTES {
        checks
            .note("accounts", format!("take more than {MAX_PAGE_BYTES} bytes; send fewer at once"));
        return checks.finish(|| None);
    }
    let accounts = m.accounts.iter().enumerate();
    let new: Vec<Option<NewAccount>> = accounts
        .map(|(at, account)| checks.take_within(&format!("accounts[{at}]."), new_account(account)))
        .collect();
    note_repeats(
        &mut checks,
        "accounts",
        "id",
        new.iter().map(|new| new.as_ref().map(|new| new.id)),
    );
    let references =
        new.iter().map(|new| new.as_ref().and_then(|new| new.external_reference.as_deref()));
    note_repeats(&mut checks, "accounts", "external_reference", references);
    checks.finish(|| new.into_iter().collect())
}

/// The error of the store for a batch, its fields named as in the request. Only of several accounts does the store
/// number them itself.
pub(super) fn in_batch(error: Error, len: usize) -> Error {
    if len == 1 { in_part(error, "accounts[0].") } else { error }
}

fn new_account(m: &pb::NewAccount) -> Result<NewAccount> {
    let mut checks = Checks::new();
    let id = checks.take(new_id("id", &m.id, AccountId::generate));
    let asset = checks.take(asset_code("asset", &m.asset));
    let code = checks.take(code("code", &m.code));
    let external_reference = checks.take(reference("external_reference", &m.external_reference));
    let metadata = checks.take(json("metadata", m.metadata.as_ref()));
    let rule = checks.take(balance_rule::optional("balance_rule", m.balance_rule));
    let rule = rule.map(|rule| rule.unwrap_or(BalanceRule::Unlimited));
    let overdraft_limit = checks.take(overdraft_limit(&m.overdraft_limit));
    if rule == Some(BalanceRule::Unlimited) && overdraft_limit.is_some_and(Decimal::is_positive) {
        checks.note(
            "overdraft_limit",
            "is given without a balance_rule that it could relax; give a rule or leave it out",
        );
    }
    checks.finish(|| {
        Some(NewAccount {
            id: id?,
            asset: asset?,
            code: code?,
            external_reference: external_reference?,
            metadata: metadata?,
            rule: rule?,
            overdraft_limit: overdraft_limit?,
            // No caller's to say: the domains that reserve accounts open them themselves.
            reserved: false,
        })
    })
}

fn overdraft_limit(text: &str) -> Result<Decimal> {
    if text.is_empty() {
        return Ok(Decimal::ZERO);
    }
    let limit = decimal("overdraft_limit", text)?;
    if limit.is_negative() {
        return Err(Error::invalid("overdraft_limit", "is less than zero; give 0 or more"));
    }
    Ok(limit)
}

/// What `UpdateAccount` asks for.
#[derive(Debug, PartialEq)]
pub(super) struct Update {
    /// The account.
    pub(super) id: AccountId,
    /// The revision that was read; none to overwrite.
    pub(super) revision: Option<i64>,
    /// What to change.
    pub(super) changes: AccountChanges,
}

/// The change of `UpdateAccount`.
pub(super) fn update(m: &pb::UpdateAccountRequest) -> Result<Update> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let mask = checks.take(mask("update_mask", m.update_mask.as_ref(), CHANGEABLE));
    let Some(account) = checks.take(present("account", m.account.as_ref())) else {
        return checks.finish(|| None);
    };
    let id = checks.take(id("account.id", &account.id));
    let revision = checks.take(etag("account.etag", &account.etag));
    let changes = mask.and_then(|mask| checks.take_within("account.", changes(account, &mask)));
    checks.finish(|| Some(Update { id: id?, revision: revision?, changes: changes? }))
}

fn changes(account: &pb::Account, mask: &Mask) -> Result<AccountChanges> {
    let mut checks = Checks::new();
    let mut changes = AccountChanges::default();
    if mask.has("code") {
        changes.code = checks.take(code("code", &account.code));
    }
    if mask.has("external_reference") {
        changes.external_reference =
            checks.take(reference("external_reference", &account.external_reference));
    }
    if mask.has("metadata") {
        changes.metadata = checks.take(json("metadata", account.metadata.as_ref()));
    }
    if mask.has("overdraft_limit") {
        changes.overdraft_limit = checks.take(overdraft_limit(&account.overdraft_limit));
    }
    checks.finish(|| Some(changes))
}

/// The account and revision that `CloseAccount` or `ReopenAccount` names.
pub(super) fn named(
    request: &str,
    account: &str,
    revision: &str,
) -> Result<(AccountId, Option<i64>)> {
    let mut checks = Checks::new();
    checks.take(request_id(request));
    let id = checks.take(id("id", account));
    let revision = checks.take(etag("etag", revision));
    checks.finish(|| Some((id?, revision?)))
}

/// Which accounts a list asks for.
pub(super) fn filter(m: Option<&pb::AccountFilter>) -> Result<AccountFilter> {
    let Some(m) = m else { return Ok(AccountFilter::default()) };
    let mut checks = Checks::new();
    let asset = checks.take(optional_asset_code("filter.asset", &m.asset));
    let code = checks.take(code("filter.code", &m.code));
    let external_reference =
        checks.take(reference("filter.external_reference", &m.external_reference));
    let state = checks.take(account_state::optional("filter.state", m.state));
    checks.finish(|| {
        let code = code.filter(|code| !code.is_empty());
        Some(AccountFilter {
            asset: asset?,
            code,
            external_reference: external_reference?,
            state: state?,
        })
    })
}

/// An account.
pub(super) fn to_wire(account: &Account) -> pb::Account {
    pb::Account {
        id: account.id.to_string(),
        asset: account.asset.to_string(),
        code: account.code.clone(),
        external_reference: account.external_reference.clone().unwrap_or_default(),
        metadata: metadata(&account.metadata),
        state: account_state::wire(account.state),
        balance_rule: balance_rule::wire(account.rule),
        overdraft_limit: units(account.overdraft_limit, account.scale),
        balance: Some(balance(&account.balance())),
        etag: account.revision.to_string(),
        created_at: Some(to_timestamp(account.created_at)),
        updated_at: Some(to_timestamp(account.updated_at)),
        reserved: account.reserved,
    }
}

#[cfg(test)]
#[path = "convert_account_tests.rs"]
mod tests;
