use super::month::Month;
use super::*;
use std::collections::{BTreeMap, BTreeSet};

const PLAN: Plan = Plan { seed: 1, customers: 30, months: 4 };

fn ids(plan: Plan) -> BTreeMap<String, String> {
    let months = plan.months().into_iter().map(|first| Month::of(plan, first));
    let mut found = BTreeMap::new();
    for month in months {
        found.extend(
            month.opening.iter().chain(&month.closing).map(|t| (t.id.clone(), format!("{t:?}"))),
        );
        found.extend(
            month.posts.iter().chain(&month.rests).map(|t| (t.id.clone(), format!("{t:?}"))),
        );
        found.extend(month.voids.iter().map(|t| (t.id.clone(), format!("{t:?}"))));
        found.extend(month.refunds.iter().map(|t| (t.id.clone(), format!("{t:?}"))));
    }
    found
}

#[test]
fn amounts_are_written_exactly() {
    assert_eq!(decimal(1205, 2), "12.05");
    assert_eq!(decimal(7, 8), "0.00000007");
    assert_eq!(decimal(7, 0), "7");
}

#[test]
fn more_customers_and_months_only_add() {
    let small = ids(PLAN);
    let months = PLAN.months().into_iter().map(|first| Month::of(PLAN, first).len());
    assert_eq!(small.len(), months.sum::<usize>(), "each id is its own");
    let large = ids(Plan { customers: 45, months: 6, ..PLAN });
    for (id, transfer) in &small {
        assert_eq!(large.get(id), Some(transfer));
    }
    let other = ids(Plan { seed: 2, ..PLAN });
    assert!(small.keys().all(|id| !other.contains_key(id)));
}

#[test]
fn everything_a_demo_shows_is_in_it() {
    let plan = Plan { customers: 50, months: 6, ..PLAN };
    let mut codes = BTreeSet::new();
    let (mut rests, mut voids, mut refunds, mut brief, mut linked) = (0, 0, 0, 0, 0);
    for first in plan.months() {
        let month = Month::of(plan, first);
        rests += month.rests.len();
        voids += month.voids.len();
        refunds += month.refunds.len();
        for transfer in month.opening.into_iter().chain(month.closing) {
            brief += usize::from(transfer.timeout.is_some_and(|timeout| timeout.seconds == 1));
            linked += usize::from(!transfer.group_id.is_empty());
            codes.insert(transfer.code);
        }
    }
    assert!(rests > 20 && voids > 20 && refunds > 20 && brief > 10 && linked > 50);
    let want = ["card", "card_fee", "exchange", "p2p", "plan_fee", "points", "rent", "salary"];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), want);
}
