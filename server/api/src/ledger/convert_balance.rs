//! Balances and holds: the moment asked for, and what callers see of it.

use bursar_domain::Result;
use bursar_domain::account::{AsOf, Balance, BalanceView, Totals};
use bursar_domain::ids::AccountId;
use bursar_domain::money::{AssetCode, Decimal, Units};
use bursar_domain::transfer::{After, Hold};
use bursar_proto::ledger::v1 as pb;
use bursar_proto::ledger::v1::get_balance_request::AsOf as WireAsOf;

use super::hold_state;
use crate::convert::{Checks, date, id, timestamp, to_timestamp};

/// Units of an asset as the canonical decimal text.
pub(super) fn decimal(units: Units, scale: u8) -> String {
    Decimal::from_units(units, scale).to_string()
}

/// The totals of an account now or then.
pub(super) fn balance(balance: &Balance) -> pb::Balance {
    let available =
        balance.available.map(|units| decimal(units, balance.scale)).unwrap_or_default();
    pb::Balance {
        available,
        ..totals(&balance.asset, balance.scale, &balance.totals, balance.version)
    }
}

/// The totals of one side right after a transfer.
pub(super) fn after(asset: &AssetCode, scale: u8, after: &After) -> pb::Balance {
    totals(asset, scale, &after.totals, after.version)
}

/// The account and moment of `GetBalance`.
pub(super) fn moment(m: &pb::GetBalanceRequest) -> Result<(AccountId, AsOf)> {
    let mut checks = Checks::new();
    let id = checks.take(id("account_id", &m.account_id));
    let as_of = checks.take(match &m.as_of {
        None => Ok(AsOf::Now),
        Some(WireAsOf::PostingTime(time)) => timestamp("posting_time", time).map(AsOf::PostingTime),
        Some(WireAsOf::ValueDate(day)) => date("value_date", day).map(AsOf::ValueDate),
    });
    checks.finish(|| Some((id?, as_of?)))
}

/// The reply of `GetBalance`.
pub(super) fn view(view: &BalanceView) -> pb::GetBalanceResponse {
    pb::GetBalanceResponse {
        balance: Some(balance(&view.balance)),
        holds: view.holds.iter().map(hold).collect(),
        holds_truncated: view.truncated,
    }
}

/// A reservation.
pub(super) fn hold(hold: &Hold) -> pb::Hold {
    pb::Hold {
        pending_id: hold.id.to_string(),
        debit_account_id: hold.debit.to_string(),
        credit_account_id: hold.credit.to_string(),
        amount: decimal(hold.amount, hold.scale),
        remaining: decimal(hold.remaining, hold.scale),
        state: hold_state::wire(hold.state),
        expires_at: hold.expires_at.map(to_timestamp),
        created_at: Some(to_timestamp(hold.created_at)),
    }
}

fn totals(asset: &AssetCode, scale: u8, totals: &Totals, version: i64) -> pb::Balance {
    pb::Balance {
        asset: asset.to_string(),
        debits_posted: decimal(totals.debits_posted, scale),
        credits_posted: decimal(totals.credits_posted, scale),
        debits_pending: decimal(totals.debits_pending, scale),
        credits_pending: decimal(totals.credits_pending, scale),
        posted: decimal(totals.posted(), scale),
        available: String::new(),
        version,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use bursar_domain::ids::TransferId;
    use bursar_domain::transfer::HoldState;
    use jiff::Timestamp;
    use jiff::civil::Date;

    use super::super::tests::fields;
    use super::*;

    pub(in super::super) fn some_hold(id: TransferId) -> Hold {
        Hold {
            id,
            debit: AccountId::generate(),
            credit: AccountId::generate(),
            scale: 2,
            amount: 1_000,
            remaining: 250,
            state: HoldState::Open,
            expires_at: Some(Timestamp::constant(1_800_000_060, 5_000)),
            created_at: Timestamp::constant(1_800_000_000, 5_000),
            ended_at: None,
        }
    }

    fn some_balance(available: Option<Units>) -> Balance {
        let totals = Totals {
            debits_posted: 1_250,
            credits_posted: 1_000,
            debits_pending: 5,
            credits_pending: 100,
        };
        Balance { asset: AssetCode::parse("EUR").unwrap(), scale: 2, totals, available, version: 7 }
    }

    #[test]
    fn balances_are_canonical_decimals() {
        let wire = balance(&some_balance(Some(-5)));
        let want = pb::Balance {
            asset: "EUR".into(),
            debits_posted: "12.5".into(),
            credits_posted: "10".into(),
            debits_pending: "0.05".into(),
            credits_pending: "1".into(),
            posted: "-2.5".into(),
            available: "-0.05".into(),
            version: 7,
        };
        assert_eq!(wire, want);
        assert_eq!(balance(&some_balance(None)).available, "");
    }

    #[test]
    fn a_view_has_its_holds() {
        let id = TransferId::generate();
        let ended =
            Hold { remaining: 0, state: HoldState::Expired, expires_at: None, ..some_hold(id) };
        let holds = vec![some_hold(id), ended];
        let wire = view(&BalanceView { balance: some_balance(None), holds, truncated: true });
        assert!(wire.holds_truncated && wire.balance.is_some());
        assert_eq!(
            (wire.holds[0].amount.as_str(), wire.holds[0].remaining.as_str()),
            ("10", "2.5")
        );
        assert_eq!(wire.holds[0].pending_id, id.to_string());
        assert_eq!(wire.holds[0].state(), pb::HoldState::Open);
        assert_eq!(
            wire.holds[0].expires_at,
            Some(prost_types::Timestamp { seconds: 1_800_000_060, nanos: 5_000 })
        );
        assert_eq!(
            (wire.holds[1].remaining.as_str(), wire.holds[1].state()),
            ("0", pb::HoldState::Expired)
        );
        assert_eq!(wire.holds[1].expires_at, None);
    }

    #[test]
    fn moments_of_a_balance() {
        let account = AccountId::generate();
        let at = |as_of| pb::GetBalanceRequest { account_id: account.to_string(), as_of };
        assert_eq!(moment(&at(None)), Ok((account, AsOf::Now)));
        let time = prost_types::Timestamp { seconds: 1_800_000_000, nanos: 1_000 };
        let posted = AsOf::PostingTime(Timestamp::constant(1_800_000_000, 1_000));
        assert_eq!(moment(&at(Some(WireAsOf::PostingTime(time)))), Ok((account, posted)));
        let day = AsOf::ValueDate(Date::constant(1993, 1, 31));
        assert_eq!(moment(&at(Some(WireAsOf::ValueDate("1993-01-31".into())))), Ok((account, day)));
        let fine = prost_types::Timestamp { seconds: 1, nanos: 1 };
        assert_eq!(fields(moment(&at(Some(WireAsOf::PostingTime(fine))))), ["posting_time"]);
        let bad = pb::GetBalanceRequest {
            account_id: "x".into(),
            as_of: Some(WireAsOf::ValueDate(String::new())),
        };
        assert_eq!(fields(moment(&bad)), ["account_id", "value_date"]);
    }
}
