//! Tests of the conversions of accounts.

use bursar_domain::account::{AccountState, Totals};
use bursar_domain::ids::RequestId;
use bursar_domain::money::AssetCode;
use jiff::Timestamp;
use prost_types::FieldMask;

use super::super::tests::{attributes, fields, not_a_number, problem};
use super::*;

fn request() -> pb::NewAccount {
    pb::NewAccount {
        id: AccountId::generate().to_string(),
        asset: "EUR".into(),
        code: "4000".into(),
        external_reference: "customer 7".into(),
        metadata: Some(attributes("a", "b")),
        balance_rule: pb::BalanceRule::DebitsMustNotExceedCredits.into(),
        overdraft_limit: "12.50".into(),
    }
}

fn stored(new: NewAccount) -> Account {
    Account {
        id: new.id,
        asset: new.asset,
        scale: 2,
        code: new.code,
        external_reference: new.external_reference,
        metadata: new.metadata,
        state: AccountState::Open,
        reserved: new.reserved,
        rule: new.rule,
        overdraft_limit: new.overdraft_limit.to_units(2).unwrap(),
        totals: Totals { debits_posted: 100, ..Totals::default() },
        version: 1,
        revision: 3,
        created_at: Timestamp::constant(1_800_000_000, 0),
        updated_at: Timestamp::constant(1_800_000_001, 0),
    }
}

#[test]
fn round_trip() {
    let m = request();
    let new = new_account(&m).unwrap();
    assert!(
        to_wire(&stored(NewAccount { reserved: true, ..new.clone() })).reserved && !new.reserved
    );
    let account = to_wire(&stored(new));
    assert_eq!((&account.id, &account.asset, &account.code), (&m.id, &m.asset, &m.code));
    assert_eq!(
        (&account.external_reference, &account.metadata),
        (&m.external_reference, &m.metadata)
    );
    assert_eq!((account.balance_rule, account.state()), (m.balance_rule, pb::AccountState::Open));
    assert_eq!((account.overdraft_limit.as_str(), account.etag.as_str()), ("12.5", "3"));
    let balance = account.balance.unwrap();
    assert_eq!(
        (balance.posted.as_str(), balance.available.as_str(), balance.version),
        ("-1", "11.5", 1)
    );
    assert_eq!(account.updated_at.map(|time| time.seconds), Some(1_800_000_001));
}

#[test]
fn what_is_left_out() {
    let m = pb::NewAccount { asset: "EUR".into(), ..pb::NewAccount::default() };
    let new = new_account(&m).unwrap();
    assert_eq!(new.id.0.get_version_num(), 7);
    assert_ne!(new_account(&m).unwrap().id, new.id);
    assert_eq!((new.rule, new.overdraft_limit), (BalanceRule::Unlimited, Decimal::ZERO));
    let account = to_wire(&stored(new));
    assert_eq!((account.metadata, account.external_reference.as_str()), (None, ""));
    assert_eq!(
        (account.overdraft_limit.as_str(), account.balance.unwrap().available.as_str()),
        ("0", "")
    );
    assert!(new_account(&pb::NewAccount { overdraft_limit: "0".into(), ..m }).is_ok());
}

#[test]
fn all_violations_of_a_new_account_at_once() {
    let bad = pb::NewAccount {
        id: "1".into(),
        asset: "eur".into(),
        code: "a b".into(),
        external_reference: "a\0".into(),
        metadata: Some(not_a_number()),
        balance_rule: 9,
        overdraft_limit: "1e3".into(),
    };
    let bare = [
        "id",
        "asset",
        "code",
        "external_reference",
        "metadata",
        "balance_rule",
        "overdraft_limit",
    ];
    assert_eq!(fields(new_account(&bad)), bare);
    let create =
        pb::CreateAccountRequest { account: Some(bad), ..pb::CreateAccountRequest::default() };
    let prefixed: Vec<String> = bare.iter().map(|field| format!("account.{field}")).collect();
    assert_eq!(fields(new_one(&create)), [vec!["request_id".to_owned()], prefixed].concat());
    assert_eq!(fields(new_one(&pb::CreateAccountRequest::default())), ["request_id", "account"]);
}

#[test]
fn an_overdraft_needs_a_rule_and_no_sign() {
    for rule in [pb::BalanceRule::Unspecified, pb::BalanceRule::Unlimited] {
        let m = pb::NewAccount { balance_rule: rule.into(), ..request() };
        assert_eq!(fields(new_account(&m)), ["overdraft_limit"]);
    }
    let m = pb::NewAccount { overdraft_limit: "-1".into(), ..request() };
    assert_eq!(problem(new_account(&m)), "is less than zero; give 0 or more");
}

#[test]
fn batches() {
    let batch = |accounts| pb::BatchCreateAccountsRequest {
        request_id: RequestId::generate().to_string(),
        accounts,
        validate_only: false,
    };
    let plain =
        pb::NewAccount { id: String::new(), external_reference: String::new(), ..request() };
    assert_eq!(new_batch(&batch(vec![plain.clone(), plain.clone()])).unwrap().len(), 2);
    assert_eq!(fields(new_batch(&batch(vec![]))), ["accounts"]);
    let many = vec![plain.clone(); MAX_BATCH_ACCOUNTS + 1];
    assert!(problem(new_batch(&batch(many))).contains("1 to 200"));
    let large = Some(attributes("a", &"x".repeat(MAX_PAGE_BYTES)));
    let large = batch(vec![pb::NewAccount { metadata: large, ..plain.clone() }]);
    assert!(problem(new_batch(&large)).contains("send fewer at once"));
    let twice = batch(vec![request(), plain.clone(), request()]);
    assert_eq!(fields(new_batch(&twice)), ["accounts[2].external_reference"]);
    let same = request();
    let twice =
        batch(vec![same.clone(), pb::NewAccount { external_reference: String::new(), ..same }]);
    assert_eq!(fields(new_batch(&twice)), ["accounts[1].id"]);
    let bad = pb::NewAccount { asset: String::new(), code: "ü".into(), ..plain };
    assert_eq!(
        fields(new_batch(&batch(vec![request(), bad]))),
        ["accounts[1].asset", "accounts[1].code"]
    );
}

#[test]
fn errors_of_the_store_name_fields_of_the_batch() {
    let asset = || Error::invalid("asset", "is unknown");
    assert_eq!(in_batch(asset(), 1), Error::invalid("accounts[0].asset", "is unknown"));
    let named = Error::invalid("accounts[3].asset", "is unknown");
    assert_eq!(in_batch(named.clone(), 4), named);
}

fn an_update(paths: &[&str], account: pb::Account) -> pb::UpdateAccountRequest {
    pb::UpdateAccountRequest {
        request_id: RequestId::generate().to_string(),
        account: Some(account),
        update_mask: Some(FieldMask { paths: paths.iter().map(|&path| path.to_owned()).collect() }),
        validate_only: false,
    }
}

#[test]
fn updates_change_what_the_mask_names() {
    let id = AccountId::generate();
    let account = pb::Account {
        id: id.to_string(),
        etag: "4".into(),
        code: "x".into(),
        ..pb::Account::default()
    };
    let read = update(&an_update(&["code"], account.clone())).unwrap();
    let changes = AccountChanges { code: Some("x".into()), ..AccountChanges::default() };
    assert_eq!(read, Update { id, revision: Some(4), changes });
    // Named but empty: cleared.
    let account = pb::Account { etag: String::new(), ..account };
    let read = update(&an_update(&["external_reference", "metadata", "overdraft_limit"], account))
        .unwrap();
    assert_eq!(read.revision, None);
    assert_eq!(read.changes.code, None);
    assert_eq!(read.changes.external_reference, Some(None));
    assert!(read.changes.metadata.unwrap().is_empty());
    assert_eq!(read.changes.overdraft_limit, Some(Decimal::ZERO));
}

#[test]
fn bad_updates() {
    let good = pb::Account { id: AccountId::generate().to_string(), ..pb::Account::default() };
    for paths in [&[][..], &["state"], &["code", "id"], &["*"]] {
        let refused = update(&an_update(paths, good.clone()));
        assert!(
            problem(refused).contains("code, external_reference, metadata, overdraft_limit"),
            "{paths:?}"
        );
    }
    let bad = pb::Account {
        id: "x".into(),
        etag: "W/3".into(),
        code: "a b".into(),
        external_reference: "x".repeat(201),
        metadata: Some(not_a_number()),
        overdraft_limit: "-1".into(),
        ..pb::Account::default()
    };
    let parts = ["id", "etag", "code", "external_reference", "metadata", "overdraft_limit"];
    let want: Vec<String> = parts.iter().map(|part| format!("account.{part}")).collect();
    assert_eq!(fields(update(&an_update(CHANGEABLE, bad))), want);
    let empty = update(&pb::UpdateAccountRequest::default());
    assert_eq!(fields(empty), ["request_id", "update_mask", "account"]);
}

#[test]
fn named_accounts() {
    let (request, account) = (RequestId::generate().to_string(), AccountId::generate());
    assert_eq!(named(&request, &account.to_string(), "12"), Ok((account, Some(12))));
    assert_eq!(named(&request, &account.to_string(), ""), Ok((account, None)));
    assert_eq!(fields(named("", "", "01")), ["request_id", "id", "etag"]);
}

#[test]
fn filters() {
    assert_eq!(filter(None), Ok(AccountFilter::default()));
    assert_eq!(filter(Some(&pb::AccountFilter::default())), Ok(AccountFilter::default()));
    let m = pb::AccountFilter {
        asset: "EUR".into(),
        code: "4000".into(),
        external_reference: "r".into(),
        state: pb::AccountState::Closed.into(),
    };
    let want = AccountFilter {
        asset: AssetCode::parse("EUR").ok(),
        code: Some("4000".into()),
        external_reference: Some("r".into()),
        state: Some(AccountState::Closed),
    };
    assert_eq!(filter(Some(&m)), Ok(want));
    let bad = pb::AccountFilter {
        asset: "e".into(),
        code: "a b".into(),
        external_reference: "\n".into(),
        state: 7,
    };
    let want = ["filter.asset", "filter.code", "filter.external_reference", "filter.state"];
    assert_eq!(fields(filter(Some(&bad))), want);
}
