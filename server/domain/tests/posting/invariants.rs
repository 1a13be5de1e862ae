//! What must hold of the machine alone, whatever the script.

use std::collections::{BTreeMap, HashMap, HashSet};

use bursar_domain::account::{BalanceRule, Totals};
use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::money::{MAX_UNITS, Units};
use bursar_domain::posting::{Batch, Book, Command, Done, Submission, run};
use bursar_domain::refusal::Refusal;
use bursar_domain::transfer::{After, Hold, HoldState, Transfer, TransferKind};
use bursar_domain::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use proptest::{prop_assert, prop_assert_eq};

use crate::play::always;
use crate::world::{Scene, difference};

#[test]
fn money_is_conserved_in_each_asset() {
    always(|scenes| {
        for scene in scenes {
            let mut sums: BTreeMap<&str, [Units; 2]> = BTreeMap::new();
            for seat in scene.after.seats.values() {
                let [posted, pending] = sums.entry(seat.asset.as_str()).or_default();
                let t = &seat.totals;
                // Several totals of 38 digits may pass an i128 on the way, and still end at zero.
                *posted = posted.wrapping_add(t.debits_posted - t.credits_posted);
                *pending = pending.wrapping_add(t.debits_pending - t.credits_pending);
            }
            prop_assert!(sums.values().all(|sum| *sum == [0, 0]), "{sums:?}");
        }
        Ok(())
    });
}

#[test]
fn no_balance_rule_is_ever_broken() {
    always(|scenes| {
        for seat in scenes.iter().flat_map(|scene| scene.after.seats.values()) {
            let t = &seat.totals;
            let (used, back) = match seat.rule {
                BalanceRule::Unlimited => continue,
                BalanceRule::DebitsMustNotExceedCredits => {
                    ([t.debits_posted, t.debits_pending], t.credits_posted)
                }
                BalanceRule::CreditsMustNotExceedDebits => {
                    ([t.credits_posted, t.credits_pending], t.debits_posted)
                }
            };
            // Two numbers of 38 digits pass an i128, but not a u128.
            let used: u128 = used.map(Units::unsigned_abs).iter().sum();
            let limit = back.unsigned_abs() + seat.overdraft_limit.unsigned_abs();
            prop_assert!(used <= limit, "{seat:?}");
        }
        Ok(())
    });
}

#[test]
fn totals_stay_within_38_digits() {
    always(|scenes| {
        for seat in scenes.iter().flat_map(|scene| scene.after.seats.values()) {
            let t = &seat.totals;
            for total in [t.debits_posted, t.credits_posted, t.debits_pending, t.credits_pending] {
                prop_assert!((0..=MAX_UNITS).contains(&total), "{seat:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn holds_add_up_to_the_pending_totals() {
    always(|scenes| {
        for Scene { after: book, .. } in scenes {
            for (id, seat) in &book.seats {
                let sum = |side: fn(&Hold) -> AccountId| -> Units {
                    let holds = book.holds.values().filter(|hold| side(hold) == *id);
                    holds.map(|hold| hold.remaining).sum()
                };
                prop_assert_eq!(sum(|hold| hold.debit), seat.totals.debits_pending);
                prop_assert_eq!(sum(|hold| hold.credit), seat.totals.credits_pending);
            }
            for hold in book.holds.values() {
                let posts = book.transfers.values().filter(|t| t.kind == TransferKind::Post);
                let parts = posts.filter(|post| post.pending == Some(hold.id));
                let posted: Units = parts.map(|part| part.amount).sum();
                prop_assert!((0..=hold.amount - posted).contains(&hold.remaining), "{hold:?}");
                prop_assert_eq!(hold.state == HoldState::Open, hold.remaining > 0);
                prop_assert_eq!(hold.state == HoldState::Open, hold.ended_at.is_none());
            }
        }
        Ok(())
    });
}

#[test]
fn a_history_counts_from_1_and_its_times_increase() {
    always(|scenes| {
        for Scene { after: book, .. } in scenes.iter().rev().take(1) {
            for (account, seat) in &book.seats {
                let history = history(book, *account);
                let versions: Vec<i64> = history.iter().map(|(after, _)| after.version).collect();
                prop_assert_eq!(versions, (1..=seat.version).collect::<Vec<i64>>());
                let times: Vec<Timestamp> = history.iter().map(|(_, t)| t.posted_at).collect();
                prop_assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn each_transfer_carries_the_totals_it_left() {
    always(|scenes| {
        for Scene { after: book, .. } in scenes.iter().rev().take(1) {
            for account in book.seats.keys() {
                let mut sums = Totals::default();
                let mut reserved: HashMap<TransferId, Units> = HashMap::new();
                for (after, transfer) in history(book, *account) {
                    let (posted, pending) = changes(transfer, &mut reserved);
                    if transfer.debit == *account {
                        sums.debits_posted += posted;
                        sums.debits_pending += pending;
                    } else {
                        sums.credits_posted += posted;
                        sums.credits_pending += pending;
                    }
                    prop_assert_eq!(after.totals, sums, "after {:?}", transfer);
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_transfer_is_reversed_at_most_once() {
    always(|scenes| {
        for Scene { after: book, .. } in scenes.iter().rev().take(1) {
            let mut reversed = HashSet::new();
            for reversal in book.transfers.values().filter(|t| t.kind == TransferKind::Reversal) {
                let original = &book.transfers[&reversal.reversed.unwrap()];
                prop_assert!(reversed.insert(original.id), "{original:?} is reversed twice");
                prop_assert!(matches!(original.kind, TransferKind::Direct | TransferKind::Post));
                prop_assert_eq!(reversal.amount, original.amount);
                prop_assert_eq!(reversal.debit, original.credit);
                prop_assert_eq!(reversal.credit, original.debit);
            }
        }
        Ok(())
    });
}

#[test]
fn a_refusal_changes_nothing() {
    always(|scenes| {
        for scene in scenes {
            // Without what was refused, the call leaves the same rows.
            let mut book = scene.before.clone();
            again(&mut book, scene, &accepted(scene), scene.now);
            book.groups.clone_from(&scene.after.groups);
            prop_assert_eq!(difference(&book, &scene.after), None);
            // What was refused, sent alone and refused again, leaves the rows as they are.
            let both = scene.commands.iter().zip(&scene.results);
            for (command, _) in both.filter(|(_, result)| result.is_err()) {
                let mut book = scene.before.clone();
                let results = again(&mut book, scene, std::slice::from_ref(command), scene.now);
                if results[0].is_err() {
                    prop_assert_eq!(difference(&book, &scene.before), None);
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_replay_changes_nothing_and_returns_the_first_transfer() {
    always(|scenes| {
        for scene in scenes {
            let mut book = scene.after.clone();
            let later = scene.now + SignedDuration::from_hours(30);
            let submission = submission(scene, &accepted(scene), false);
            let submissions = &[&submission];
            let mut outcome =
                run(&mut book, &Batch { submissions, now: later, closed_through: None });
            prop_assert_eq!(difference(&book, &scene.after), None);
            prop_assert_eq!(outcome.fresh().count(), 0);
            prop_assert!(outcome.seats.is_empty() && outcome.holds.is_empty());
            let again = outcome.results.remove(0);
            for (first, second) in scene.results.iter().flatten().zip(again) {
                prop_assert_eq!(second.as_ref().map(|done| done.replayed), Ok(true));
                prop_assert_eq!(Ok(&first.transfer), second.as_ref().map(|done| &done.transfer));
            }
        }
        Ok(())
    });
}

#[test]
fn an_outcome_names_every_row_to_write() {
    always(|scenes| {
        for Scene { before, after, seats, holds, fresh, .. } in scenes {
            for (id, seat) in &after.seats {
                prop_assert!(before.seats[id] == *seat || seats.contains(id), "{seat:?}");
                let touching = fresh.iter().filter(|t| t.debit == *id || t.credit == *id);
                let times: Vec<Timestamp> = touching.map(|t| t.posted_at).collect();
                prop_assert!(times.is_sorted(), "{times:?} is the order of the inserts");
            }
            for (id, hold) in &after.holds {
                prop_assert!(before.holds.get(id) == Some(hold) || holds.contains(id), "{hold:?}");
            }
            // A name without a row could not be written.
            prop_assert!(seats.iter().all(|id| after.seats.contains_key(id)));
            prop_assert!(holds.iter().all(|id| after.holds.contains_key(id)));
            let mut rows = before.transfers.clone();
            for transfer in fresh {
                prop_assert_eq!(rows.insert(transfer.id, transfer.clone()), None);
            }
            prop_assert_eq!(&rows, &after.transfers);
        }
        Ok(())
    });
}

#[test]
fn callers_of_one_batch_get_what_each_would_get_alone() {
    always(|scenes| {
        for scene in scenes {
            if scene.all_or_nothing || scene.commands.iter().any(|c| c.group().is_some()) {
                continue;
            }
            let alone = scene.commands.iter().map(std::slice::from_ref);
            let submissions: Vec<Submission> =
                alone.enumerate().map(|(at, c)| submission(scene, c, at % 2 == 0)).collect();
            let mut book = scene.before.clone();
            let outcome = run(&mut book, &gathered(scene, &submissions.iter().collect::<Vec<_>>()));
            let results: Vec<Result<Done>> = outcome.results.into_iter().flatten().collect();
            prop_assert_eq!(&results, &scene.results);
            prop_assert_eq!(difference(&book, &scene.after), None);
            prop_assert_eq!(&outcome.seats, &scene.seats);
        }
        Ok(())
    });
}

#[test]
fn a_group_of_one_caller_is_closed_to_the_next_of_its_batch() {
    always(|scenes| {
        for scene in scenes.iter().filter(|scene| !scene.all_or_nothing) {
            let Some(group) = scene.fresh.iter().find_map(|done| done.group) else { continue };
            let mut late = scene.commands.iter().find(|c| c.group() == Some(group)).cloned();
            if let Some(Command::Create(create)) = &mut late {
                create.id = TransferId::generate();
            }
            let late = late.into_iter().collect::<Vec<_>>();
            let submissions =
                [submission(scene, &scene.commands, false), submission(scene, &late, false)];
            let mut book = scene.before.clone();
            let outcome = run(&mut book, &gathered(scene, &submissions.iter().collect::<Vec<_>>()));
            let exists = Err(Error::Refused(Refusal::GroupExists { group }));
            prop_assert_eq!(&outcome.results[1][0], &exists);
        }
        Ok(())
    });
}

/// The commands that were not refused.
fn accepted(scene: &Scene) -> Vec<Command> {
    let both = scene.commands.iter().zip(&scene.results);
    both.filter(|(_, result)| result.is_ok()).map(|(command, _)| command.clone()).collect()
}

/// A call's own commands, or some of them, as a submission.
fn submission(scene: &Scene, commands: &[Command], all_or_nothing: bool) -> Submission {
    let (key, institution, owned) = (scene.key, scene.institution, scene.owned.clone());
    Submission { commands: commands.to_vec(), all_or_nothing, key, institution, owned }
}

/// Submissions as one batch, at the time of a call.
fn gathered<'a>(scene: &Scene, submissions: &'a [&'a Submission]) -> Batch<'a> {
    Batch { submissions, now: scene.now, closed_through: scene.closed_through }
}

/// Runs commands of a call once more, each for itself.
fn again(
    book: &mut Book,
    scene: &Scene,
    commands: &[Command],
    now: Timestamp,
) -> Vec<Result<Done>> {
    let submission = submission(scene, commands, false);
    let submissions = &[&submission];
    let closed_through = scene.closed_through;
    run(book, &Batch { submissions, now, closed_through }).results.remove(0)
}

/// An account's transfers by version, each with what it left there.
fn history(book: &Book, account: AccountId) -> Vec<(After, &Transfer)> {
    let side = |transfer: &Transfer| {
        if transfer.debit == account {
            Some(transfer.debit_after)
        } else {
            (transfer.credit == account).then_some(transfer.credit_after)
        }
    };
    let mut lines: Vec<(After, &Transfer)> =
        book.transfers.values().filter_map(|transfer| Some((side(transfer)?, transfer))).collect();
    lines.sort_by_key(|(after, _)| after.version);
    lines
}

/// How a transfer changes the posted and the pending total; `reserved` is what holds have left.
fn changes(transfer: &Transfer, reserved: &mut HashMap<TransferId, Units>) -> (Units, Units) {
    let amount = transfer.amount;
    let Some(pending) = transfer.pending else {
        if transfer.kind != TransferKind::Pending {
            return (amount, 0);
        }
        reserved.insert(transfer.id, amount);
        return (0, amount);
    };
    let left = reserved.get_mut(&pending).unwrap();
    let released = if transfer.release_remainder { *left } else { amount };
    *left -= released;
    (if transfer.kind == TransferKind::Post { amount } else { 0 }, -released)
}
