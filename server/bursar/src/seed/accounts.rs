//! The accounts: the house's own, the merchants', and up to four a customer.

use super::people::{LANDLORD, MERCHANTS, Person};
use super::{POINTS, Plan, customer, metadata};
use bursar_proto::ledger::v1::{BalanceRule, BatchCreateAccountsRequest, NewAccount};
use prost::Message;

/// Where money comes in: the house's accounts at its banks.
pub(super) const BANK: &str = "bank:EUR";
/// What the house earns.
pub(super) const FEES: &str = "fees:EUR";
/// Where points come from.
pub(super) const POINTS_HOUSE: &str = "house:POINTS";

/// Name of the house's account through which an asset is exchanged.
pub(super) fn exchange(asset: &str) -> String {
    format!("exchange:{asset}")
}

/// One request for the house and the merchants, then one a customer.
pub(super) fn requests(plan: Plan) -> Vec<BatchCreateAccountsRequest> {
    let groups = std::iter::once(house(plan)).chain((0..plan.customers).map(|n| person(plan, n)));
    groups
        .map(|accounts| {
            let mut request = BatchCreateAccountsRequest { accounts, ..Default::default() };
            // Named by its content: the same again is a replay.
            let content = data_encoding::HEXLOWER.encode(&request.encode_to_vec());
            request.request_id = plan.id(&content);
            request
        })
        .collect()
}

fn account(plan: Plan, name: &str, asset: &str, code: &str) -> NewAccount {
    NewAccount {
        id: plan.account(name),
        asset: asset.into(),
        code: code.into(),
        external_reference: plan.reference(name),
        balance_rule: BalanceRule::Unlimited.into(),
        ..Default::default()
    }
}

fn house(plan: Plan) -> Vec<NewAccount> {
    let bank = NewAccount {
        external_reference: plan.reference("bank:DE02120300000000202051"),
        metadata: Some(metadata(&[("iban", "DE02120300000000202051"), ("bank", "Demo Bank AG")])),
        ..account(plan, BANK, "EUR", "bank")
    };
    let mut accounts = vec![bank];
    accounts.push(account(plan, FEES, "EUR", "fees"));
    accounts.push(account(plan, POINTS_HOUSE, POINTS, "points"));
    for asset in ["EUR", "USD", "BTC"] {
        accounts.push(account(plan, &exchange(asset), asset, "exchange"));
    }
    let landlord = [(LANDLORD, "homes")];
    for (name, sells) in MERCHANTS.iter().chain(&landlord) {
        accounts.push(NewAccount {
            // A merchant gives back no more than it took.
            balance_rule: BalanceRule::DebitsMustNotExceedCredits.into(),
            metadata: Some(metadata(&[("category", sells)])),
            ..account(plan, name, "EUR", "merchant")
        });
    }
    accounts
}

fn person(plan: Plan, number: u16) -> Vec<NewAccount> {
    let person = Person::of(plan, number);
    let assets = [("EUR", true), ("USD", person.dollars), ("BTC", person.bitcoin), (POINTS, true)];
    let has = assets.iter().filter(|(_, has)| *has);
    has.map(|(asset, _)| NewAccount {
        balance_rule: BalanceRule::DebitsMustNotExceedCredits.into(),
        metadata: Some(metadata(&[
            ("name", &person.name),
            ("country", person.country),
            ("plan", person.plan),
        ])),
        ..account(plan, &customer(number, asset), asset, "customer")
    })
    .collect()
}
