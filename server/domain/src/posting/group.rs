//! The rule of a call for a whole group of pending transfers.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::book::Book;
use super::command::Command;
use super::replay;
use crate::error::{Error, Result};
use crate::ids::{GroupId, TransferId};
use crate::refusal::Refusal;
use crate::transfer::HoldState;

/// Whether the commands, which post or void one pending transfer each, are about the group as a whole: every open
/// member, and nothing else. `members` are the group's pending transfers, whose holds the book has.
///
/// A replay tells what an earlier call did, whatever is open now, so commands that are known ask for nothing. A member
/// that is settled is left to the machine, which says how.
pub fn check_group(
    book: &Book,
    group: GroupId,
    members: &BTreeSet<TransferId>,
    commands: &[Command],
    now: Timestamp,
) -> Result<()> {
    if members.is_empty() {
        return Err(Error::not_found("group", group));
    }
    let (mut named, mut foreign, mut all_known) = (BTreeSet::new(), BTreeSet::new(), true);
    for (index, command) in commands.iter().enumerate() {
        let Some(pending) = command.pending() else {
            return Err(Error::Internal("a group is posted or voided, nothing else".into()));
        };
        if let Some(recorded) = book.transfers.get(&command.id()) {
            let fields = replay::differences(command, recorded);
            if !fields.is_empty() {
                let source = Box::new(Error::RequestIdReused { fields });
                return Err(Error::InBatch { index, source });
            }
            if !members.contains(&pending) {
                return Err(Error::RequestIdReused { fields: vec!["group_id".into()] });
            }
            continue;
        }
        all_known = false;
        if members.contains(&pending) {
            named.insert(pending);
        } else {
            foreign.insert(pending);
        }
    }
    if all_known {
        return Ok(());
    }
    let is_open = |id: &TransferId| {
        book.holds.get(id).is_some_and(|hold| {
            hold.state == HoldState::Open && hold.expires_at.is_none_or(|end| end > now)
        })
    };
    let missing: Vec<TransferId> = members.difference(&named).copied().filter(is_open).collect();
    if missing.is_empty() && foreign.is_empty() {
        return Ok(());
    }
    let foreign = foreign.into_iter().collect();
    Err(Refusal::GroupIncomplete { group, missing, foreign }.into())
}
