//! Plays scripts, step by step.

use bursar_domain::account::AccountState;
use bursar_domain::ids::{InstitutionId, KeyId, TransferId};
use bursar_domain::period::close;
use bursar_domain::posting::{Command, Seat};
use bursar_domain::transfer::utc_day;
use jiff::{SignedDuration, ToSpan};
use proptest::sample::Index;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseResult, TestRunner};
use uuid::Uuid;

use crate::desk::Desk;
use crate::random::script;
use crate::script::{Call, Script, Step, Wait};
use crate::world::{Scene, World, account};

/// How many scripts a property tries: few enough for any test run. `PROPTEST_CASES` overrides it.
const SCRIPTS: u32 = 150;

/// Plays random scripts and looks for one whose scenes do not pass the check. The seed of a failure
/// is kept in the tree, so that a bug once found is tried first from then on.
pub(crate) fn always(check: impl Fn(&[Scene]) -> TestCaseResult) {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proptest-regressions/posting.txt");
    let config = Config {
        cases: wanted.unwrap_or(SCRIPTS),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(seeds))),
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&script(), |script| check(&play(&script)));
    if let Err(failure) = tried {
        panic!("{failure}");
    }
}

/// Plays a script to its end; one scene for each call.
pub(crate) fn play(script: &Script) -> Vec<Scene> {
    let mut world = World::new(&script.accounts);
    script.steps.iter().filter_map(|step| take(&mut world, step)).collect()
}

fn take(world: &mut World, step: &Step) -> Option<Scene> {
    match step {
        Step::Call(call) => return Some(place(world, call)),
        Step::Limit(which, limit) => {
            let seat = some_seat(world, *which);
            let changed = Seat { overdraft_limit: *limit, ..seat.clone() };
            // UpdateAccount refuses a limit that the account already passes.
            if changed.available().is_none_or(|left| left >= 0) {
                *seat = changed;
            }
        }
        Step::Close(which) => {
            let seat = some_seat(world, *which);
            // CloseAccount refuses an account with a balance or holds.
            if seat.totals.is_empty() {
                seat.state = AccountState::Closed;
            }
        }
        Step::Reopen(which) => some_seat(world, *which).state = AccountState::Open,
        Step::ClosePeriod(ago) => {
            let ends_on = utc_day(world.now).checked_sub(i64::from(*ago).days()).unwrap();
            if close(world.closed_through, ends_on, world.now).is_ok() {
                world.closed_through = Some(ends_on);
            }
        }
        Step::FenceNext => {
            let id = world.fresh_id(0);
            world.book.fenced.insert(id);
        }
        Step::FenceSent(which) => {
            let recorded = |id: &TransferId| world.book.transfers.contains_key(id);
            let ids = world.sent.iter().map(Command::id);
            let refused: Vec<TransferId> = ids.filter(|id| !recorded(id)).collect();
            if !refused.is_empty() {
                world.book.fenced.insert(*which.get(&refused));
            }
        }
    }
    None
}

fn some_seat(world: &mut World, which: Index) -> &mut Seat {
    let id = account(which.index(world.book.seats.len()));
    world.book.seats.get_mut(&id).unwrap()
}

fn place(world: &mut World, call: &Call) -> Scene {
    world.now = match &call.wait {
        Wait::Micros(micros) => world.now + SignedDuration::from_micros(*micros),
        Wait::Expiry(which, off) => {
            let holds = world.book.holds.values();
            let mut ends: Vec<_> = holds.filter_map(|hold| hold.expires_at).collect();
            ends.sort();
            let off = SignedDuration::from_micros(i64::from(*off));
            if ends.is_empty() { world.now } else { *which.get(&ends) + off }
        }
    };
    let commands = Desk::write(world, &call.blocks);
    let key = KeyId(Uuid::from_u128(u128::from(call.key)));
    let institution = (call.key == 2).then(|| InstitutionId(Uuid::from_u128(7)));
    let all = world.book.seats.values();
    world.owned = all.filter(|seat| seat.reserved && call.owner).map(|seat| seat.id).collect();
    world.call(commands, call.all_or_nothing, key, institution)
}
