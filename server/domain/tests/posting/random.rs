//! How often a random script says what.

use bursar_domain::account::{AccountState, BalanceRule};
use bursar_domain::money::{MAX_UNITS, Units};
use bursar_domain::posting::HoldTerms;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::script::{
    Amount, Block, Call, Change, Draft, Extra, Group, Part, Partner, Pick, Script, Step, Wait,
};
use crate::world::Spec;

fn units() -> impl Strategy<Value = Units> {
    prop_oneof![
        12 => 1..=9_i128,
        16 => 1..=5_000_i128,
        1 => -5..=0_i128,
        4 => (1..=4_i128, 0..=9_i128).prop_map(|(part, less)| MAX_UNITS / part - less),
    ]
}

fn overdraft() -> impl Strategy<Value = Units> {
    prop_oneof![
        4 => Just(0),
        4 => 1..=2_000_i128,
        2 => (1..=3_i128, 0..=9_i128).prop_map(|(part, less)| MAX_UNITS / part - less),
    ]
}

fn spec() -> impl Strategy<Value = Spec> {
    let rule = prop_oneof![
        3 => Just(BalanceRule::Unlimited),
        3 => Just(BalanceRule::DebitsMustNotExceedCredits),
        2 => Just(BalanceRule::CreditsMustNotExceedDebits),
    ];
    let state = prop_oneof![24 => Just(AccountState::Open), 1 => Just(AccountState::Closed)];
    let asset = prop_oneof![6 => Just(0_usize), 1 => Just(1), 3 => Just(2)];
    let reserved = prop_oneof![9 => Just(false), 1 => Just(true)];
    (asset, rule, overdraft(), state, reserved).prop_map(
        |(asset, rule, overdraft, state, reserved)| Spec {
            asset,
            rule,
            overdraft,
            state,
            reserved,
        },
    )
}

fn extra() -> impl Strategy<Value = Extra> {
    let day = prop_oneof![
        40 => Just(None),
        20 => (-400..=1_i16).prop_map(Some),
        1 => (2..=9_i16).prop_map(Some),
    ];
    let metadata = prop_oneof![3 => Just(None), 1 => (0..=2_u8).prop_map(Some)];
    (0..=1_u8, any::<bool>(), metadata, day).prop_map(|(code, reference, metadata, day)| Extra {
        code,
        reference,
        metadata,
        day,
    })
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        15 => any::<Index>().prop_map(Pick::Fit),
        1 => any::<Index>().prop_map(Pick::Any),
    ]
}

fn create() -> impl Strategy<Value = Draft> {
    let partner = prop_oneof![
        30 => any::<Index>().prop_map(Partner::Fit),
        1 => any::<Index>().prop_map(Partner::Any),
    ];
    let amount = prop_oneof![
        30 => units().prop_map(Amount::Units),
        6 => (-9..=1_i128).prop_map(Amount::Limit),
        2 => (-9..=1_i128).prop_map(Amount::Brim),
        1 => Just(Amount::Misfit),
        1 => units().prop_map(Amount::Foreign),
    ];
    let timeout = prop_oneof![1 => Just(None), 2 => (1..=4_u32).prop_map(Some)];
    let terms = timeout.prop_map(|timeout_seconds| HoldTerms { timeout_seconds });
    let hold = option::of(terms);
    (any::<Index>(), partner, amount, hold, extra()).prop_map(
        |(debit, credit, amount, hold, extra)| Draft::Create { debit, credit, amount, hold, extra },
    )
}

fn post() -> impl Strategy<Value = Draft> {
    let part = prop_oneof![
        9 => (1..=100_u8).prop_map(Part::Percent),
        6 => (-1..=1_i128).prop_map(Part::Remaining),
        2 => Just(Part::Reserved),
        1 => Just(Part::Misfit),
        1 => units().prop_map(Part::Foreign),
    ];
    (pick(), option::of(part), any::<bool>(), extra()).prop_map(
        |(hold, part, release_remainder, extra)| Draft::Post {
            hold,
            part,
            release_remainder,
            extra,
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    let field = select(vec![
        Change::Amount,
        Change::Asset,
        Change::Accounts,
        Change::Timeout,
        Change::Pending,
        Change::Group,
        Change::ValueDate,
        Change::Code,
        Change::Reference,
        Change::Metadata,
        Change::Target,
        Change::Release,
        Change::Whole,
        Change::Method,
    ]);
    prop_oneof![3 => Just(Change::Nothing), 1 => Just(Change::Spelling), 4 => field]
}

fn draft() -> impl Strategy<Value = Draft> {
    prop_oneof![
        9 => create(),
        5 => post(),
        2 => (pick(), extra()).prop_map(|(hold, extra)| Draft::Void { hold, extra }),
        2 => pick().prop_map(|hold| Draft::Expire { hold }),
        3 => (pick(), extra()).prop_map(|(original, extra)| Draft::Reverse { original, extra }),
        3 => (any::<Index>(), change())
            .prop_map(|(earlier, change)| Draft::Again { earlier, change }),
    ]
}

fn block() -> impl Strategy<Value = Block> {
    let group = prop_oneof![
        6 => Just(Group::Fresh),
        1 => any::<Index>().prop_map(Group::Used),
    ];
    prop_oneof![
        3 => draft().prop_map(|draft| Block { group: None, drafts: vec![draft] }),
        1 => (group, vec(prop_oneof![4 => create(), 1 => draft()], 1..4))
            .prop_map(|(group, drafts)| Block { group: Some(group), drafts }),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let wait = prop_oneof![
        4 => (0..=2_i64).prop_map(Wait::Micros),
        4 => (1..=3_000_000_i64).prop_map(Wait::Micros),
        1 => (1..=3_i64).prop_map(|days| Wait::Micros(days * 86_400_000_000)),
        2 => (1..=9_000_000_i64).prop_map(|back| Wait::Micros(-back)),
        3 => (any::<Index>(), -1..=1_i8).prop_map(|(hold, off)| Wait::Expiry(hold, off)),
    ];
    let mode = prop_oneof![5 => Just(false), 1 => Just(true)];
    (wait, mode, 0..=2_u8, any::<bool>(), vec(block(), 1..5)).prop_map(
        |(wait, all_or_nothing, key, owner, blocks)| Call {
            wait,
            all_or_nothing,
            key,
            owner,
            blocks,
        },
    )
}

/// Any script.
pub(crate) fn script() -> impl Strategy<Value = Script> {
    let step = prop_oneof![
        16 => call().prop_map(Step::Call),
        1 => (any::<Index>(), overdraft()).prop_map(|(account, limit)| Step::Limit(account, limit)),
        1 => any::<Index>().prop_map(Step::Close),
        2 => any::<Index>().prop_map(Step::Reopen),
        1 => prop_oneof![1..=3_u16, 1..=400_u16].prop_map(Step::ClosePeriod),
        1 => Just(Step::FenceNext),
        1 => any::<Index>().prop_map(Step::FenceSent),
    ];
    (vec(spec(), 3..7), vec(step, 1..24)).prop_map(|(accounts, steps)| Script { accounts, steps })
}
