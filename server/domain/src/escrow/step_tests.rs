use proptest::prelude::*;

use super::*;
use crate::ids::{AssetTemplateId, EscrowAssetId, InstitutionId, PositionId};
use crate::money::AssetCode;

use PositionState::{Cancelled, Disputed, Expired, Funded, Locked, Refunded, Released};

fn proposed() -> Position {
    Position {
        id: PositionId::generate(),
        institution: InstitutionId::generate(),
        template: AssetTemplateId::generate(),
        asset: EscrowAssetId::generate(),
        holder_reference: "holder".into(),
        currency: AssetCode::parse("EUR").unwrap(),
        scale: 2,
        amount: 10_000,
        holding: Holding {
            state: PositionState::Proposed,
            held: 0,
            released: 0,
            refunded: 0,
            funding_account: None,
            proposal: None,
        },
        external_reference: None,
        metadata: Json::empty(),
        revision: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn ask(
    position: &Position,
    to: PositionState,
    account: Option<AccountId>,
    amount: Option<&str>,
) -> Transition {
    Transition {
        revision: position.revision,
        to,
        reason: String::new(),
        metadata: Json::empty(),
        account,
        amount: amount.map(|text| Decimal::parse(text).unwrap()),
    }
}

fn go(position: &mut Position, ask: &Transition, rules: &Conditions, key: KeyId) -> Result<Step> {
    let done = step(position, &Life::default(), rules, ask, key)?;
    position.holding = done.holding;
    position.revision += 1;
    Ok(done)
}

/// Funded from the account that is given back.
fn funded() -> (Position, AccountId) {
    let (mut position, buyer) = (proposed(), AccountId::generate());
    let fund = ask(&position, Funded, Some(buyer), None);
    go(&mut position, &fund, &Conditions::default(), KeyId::nil()).unwrap();
    (position, buyer)
}

fn fields<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(violations)) => violations.into_iter().map(|v| v.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn money_follows_the_life() {
    let (mut position, buyer) = funded();
    assert_eq!((position.holding.held, position.holding.funding_account), (10_000, Some(buyer)));
    let rules = Conditions::default();
    let lock = ask(&position, Locked, None, None);
    assert_eq!(go(&mut position, &lock, &rules, KeyId::nil()).unwrap().leg, None);
    let seller = AccountId::generate();
    let part = ask(&position, Released, Some(seller), Some("30"));
    let done = go(&mut position, &part, &rules, KeyId::nil()).unwrap();
    assert_eq!((done.kind, done.holding.state), (PositionEventKind::PartlyReleased, Locked));
    let leg = Leg {
        kind: LedgerEventKind::Release,
        debit: position.account(),
        credit: seller,
        amount: 3_000,
    };
    assert_eq!(done.leg, Some(leg));
    let rest = ask(&position, Refunded, None, None);
    let done = go(&mut position, &rest, &rules, KeyId::nil()).unwrap();
    assert_eq!((done.kind, done.holding.state), (PositionEventKind::Moved, Refunded));
    assert_eq!(done.leg.map(|leg| (leg.credit, leg.amount)), Some((buyer, 7_000)));
    assert_eq!(
        (position.holding.held, position.holding.released, position.holding.refunded),
        (0, 3_000, 7_000)
    );
}

#[test]
fn an_end_without_release_pays_back() {
    for end in [Cancelled, Expired] {
        let (mut position, buyer) = funded();
        let end = ask(&position, end, None, None);
        let leg =
            go(&mut position, &end, &Conditions::default(), KeyId::nil()).unwrap().leg.unwrap();
        assert_eq!((leg.kind, leg.credit, leg.amount), (LedgerEventKind::Refund, buyer, 10_000));
        let mut bare = proposed();
        let end = ask(&bare, end.to, None, None);
        assert_eq!(go(&mut bare, &end, &Conditions::default(), KeyId::nil()).unwrap().leg, None);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let (mut position, _) = funded();
    let lock = ask(&position, Locked, None, None);
    let rules = Conditions::default();
    go(&mut position, &lock, &rules, KeyId::nil()).unwrap();
    let (other, own) = (Some(AccountId::generate()), Some(position.account()));
    let try_ = |ask: &Transition| step(&position, &Life::default(), &rules, ask, KeyId::nil());
    let held = Decimal::parse("100").unwrap();
    assert_eq!(
        try_(&ask(&position, Released, other, Some("100.01"))),
        Err(Refusal::HoldingExceeded { position: position.id, held }.into())
    );
    let stale = Transition { revision: 1, ..ask(&position, Released, other, None) };
    assert_eq!(
        try_(&stale),
        Err(Refusal::PositionChanged { position: position.id, state: "LOCKED", revision: 3 }.into())
    );
    for (to, account, amount, field) in [
        (Released, None, None, "account_id"),
        (Released, own, None, "account_id"),
        (Released, other, Some("0"), "amount"),
        (Released, other, Some("0.001"), "amount"),
        (Disputed, other, None, "account_id"),
        (Disputed, None, Some("1"), "amount"),
        (Expired, other, None, "account_id"),
    ] {
        assert_eq!(fields(try_(&ask(&position, to, account, amount))), [field], "{to:?}");
    }
    let new = proposed();
    let fund = |account, amount| {
        step(&new, &Life::default(), &rules, &ask(&new, Funded, account, amount), KeyId::nil())
    };
    assert_eq!(fields(fund(None, None)), ["account_id"]);
    assert_eq!(fields(fund(other, Some("1"))), ["amount"]);
}

#[test]
fn four_eyes() {
    let (mut position, _) = funded();
    let rules = Conditions { four_eyes: true, ..Conditions::default() };
    let (a, b, seller) = (KeyId::generate(), KeyId::generate(), Some(AccountId::generate()));
    let lock = ask(&position, Locked, None, None);
    go(&mut position, &lock, &rules, a).unwrap();
    let release = |position: &Position, amount| ask(position, Released, seller, amount);
    let first = release(&position, Some("40"));
    let done = go(&mut position, &first, &rules, a).unwrap();
    assert_eq!(
        (done.kind, done.leg, done.holding.state),
        (PositionEventKind::ReleaseProposed, None, Locked)
    );
    let again = release(&position, Some("40"));
    assert_eq!(
        step(&position, &Life::default(), &rules, &again, a),
        Err(Refusal::FourEyes { position: position.id }.into())
    );
    // Other terms are a new proposal, whoever makes them.
    let other = release(&position, Some("50"));
    assert_eq!(
        go(&mut position, &other, &rules, b).unwrap().holding.proposal.map(|p| p.key),
        Some(b)
    );
    let yes = release(&position, Some("50"));
    let done = go(&mut position, &yes, &rules, a).unwrap();
    assert_eq!((done.kind, done.amount), (PositionEventKind::PartlyReleased, 5_000));
    assert_eq!(position.holding.proposal, None);
    // Another event ends a proposal.
    let last = release(&position, None);
    go(&mut position, &last, &rules, a).unwrap();
    let dispute = ask(&position, Disputed, None, None);
    assert_eq!(go(&mut position, &dispute, &rules, a).unwrap().holding.proposal, None);
}

proptest! {
    /// Whatever is asked for in whatever order: what was paid in is held, released or refunded, the legs say the same
    /// as the holding, and what is at its end holds nothing.
    #[test]
    fn nothing_is_lost(asks in prop::collection::vec((0..PositionState::ALL.len(), 0..4_u8, 0..120_u8, any::<bool>()), 1..40)) {
        let mut position = proposed();
        let accounts = [None, Some(AccountId::generate()), Some(AccountId::generate()), Some(position.account())];
        let rules = Conditions { four_eyes: asks[0].3, ..Conditions::default() };
        let keys = [KeyId::generate(), KeyId::generate()];
        let mut balance = 0;
        for (state, account, amount, first) in asks {
            let amount = if amount > 100 { None } else { Some(amount.to_string()) };
            let ask = ask(&position, PositionState::ALL[state], accounts[usize::from(account)], amount.as_deref());
            let before = position.clone();
            match go(&mut position, &ask, &rules, keys[usize::from(first)]) {
                Err(_) => prop_assert_eq!(&position, &before),
                Ok(done) => {
                    prop_assert!(Life::default().allows(before.holding.state, ask.to));
                    if let Some(leg) = done.leg {
                        prop_assert!(leg.amount > 0 && leg.debit != leg.credit);
                        balance += if leg.credit == position.account() { leg.amount } else { -leg.amount };
                    }
                }
            }
            let Holding { state, held, released, refunded, .. } = position.holding;
            prop_assert_eq!(held, balance);
            prop_assert!(held >= 0 && [0, position.amount].contains(&(held + released + refunded)));
            prop_assert!(held == 0 || [Funded, Locked, Disputed].contains(&state));
        }
    }
}
