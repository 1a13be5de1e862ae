//! Messages of a stream of new transfers, and what became of each transfer.

use std::collections::{HashMap, HashSet};

use bursar_domain::ids::{GroupId, TransferId};
use bursar_domain::limits::{MAX_BATCH_TRANSFERS, MAX_PAGE_BYTES};
use bursar_domain::posting::{Command, Done};
use bursar_domain::{Error, Result};
use bursar_proto::ledger::v1 as pb;

use super::convert_batch::{apart, fit, posted, refused};
use super::convert_command::new_transfer;
use crate::convert::{batch_len, id, optional_id};

/// A transfer of a message: to be posted, or refused before anything was asked.
pub(super) type Item = Result<Command, Unread>;

/// A transfer that cannot be posted as it came.
#[derive(Debug, PartialEq)]
pub(super) struct Unread {
    /// Its id, if it has one.
    id: Option<TransferId>,
    /// What is wrong with it.
    error: Error,
}

/// The transfers of one message. What is wrong with one of them is its own matter and its group's.
pub(super) fn items(m: &pb::StreamTransfersRequest) -> Result<Vec<Item>> {
    batch_len("transfers", m.transfers.len(), MAX_BATCH_TRANSFERS)?;
    // Where each group was seen last, and the first of its members that cannot be posted.
    let mut last: HashMap<GroupId, usize> = HashMap::new();
    let mut bad: HashMap<GroupId, usize> = HashMap::new();
    let mut items: Vec<Item> = Vec::with_capacity(m.transfers.len());
    for (at, new) in m.transfers.iter().enumerate() {
        let mut create = new_transfer(new);
        // Asked for by itself: a member with another fault is a member.
        if let Ok(Some(group)) = optional_id("group_id", &new.group_id) {
            if let Some(before) = last.insert(group, at).filter(|before| before + 1 != at)
                && create.is_ok()
            {
                create = Err(Error::invalid("group_id", apart(before)));
            }
            if create.is_err() {
                bad.entry(group).or_insert(at);
            }
        }
        items.push(
            create
                .map(Command::Create)
                .map_err(|error| Unread { id: id("id", &new.id).ok(), error }),
        );
    }
    for item in &mut items {
        if let Ok(command) = item
            && let Some(&index) = command.group().and_then(|group| bad.get(&group))
        {
            *item = Err(Unread { id: Some(command.id()), error: Error::GroupRefused { index } });
        }
    }
    Ok(items)
}

/// Whole messages that are posted together.
#[derive(Default)]
pub(super) struct Gathered {
    slots: Vec<Slot>,
    groups: HashSet<GroupId>,
    /// What is to be posted.
    pub(super) commands: Vec<Command>,
}

/// Where a result belongs.
struct Slot {
    /// Position in its message.
    at: usize,
    /// The id of its command, or what it was refused for.
    what: Result<TransferId, Unread>,
}

impl Gathered {
    /// Whether another message fits. A group that both name would look like one: the second message waits, and is
    /// refused because the group is used then.
    pub(super) fn takes(&self, items: &[Item]) -> bool {
        let uses = |item: &Item| {
            let group = item.as_ref().ok().and_then(Command::group);
            group.is_some_and(|group| self.groups.contains(&group))
        };
        self.slots.len() + items.len() <= MAX_BATCH_TRANSFERS
            && (self.groups.is_empty() || !items.iter().any(uses))
    }

    /// Adds a message.
    pub(super) fn add(&mut self, items: Vec<Item>) {
        for (at, item) in items.into_iter().enumerate() {
            let what = item.map(|command| {
                let id = command.id();
                self.groups.extend(command.group());
                self.commands.push(command);
                id
            });
            self.slots.push(Slot { at, what });
        }
    }

    /// One result for each transfer, in order, from one outcome for each command.
    pub(super) fn results(self, outcomes: Vec<Result<Done>>) -> Vec<pb::TransferResult> {
        let places: Vec<usize> =
            self.slots.iter().filter(|slot| slot.what.is_ok()).map(|slot| slot.at).collect();
        let mut outcomes = outcomes.into_iter();
        let mut next = || {
            let none = || Err(Error::Internal("a command without an outcome".into()));
            outcomes.next().unwrap_or_else(none)
        };
        let mut results = Vec::with_capacity(self.slots.len());
        for Slot { at, what } in self.slots {
            results.push(match what {
                Err(Unread { id, error }) => {
                    refused(id.map(|id| id.to_string()).unwrap_or_default(), error, at)
                }
                Ok(id) => match next() {
                    Ok(done) => posted(id.to_string(), &done),
                    // A group is within one message, so its member's place there is what the caller can count.
                    Err(Error::GroupRefused { index }) => {
                        let index = places.get(index).copied().unwrap_or(index);
                        refused(id.to_string(), Error::GroupRefused { index }, at)
                    }
                    Err(error) => refused(id.to_string(), error, at),
                },
            });
        }
        fit(&mut results, MAX_PAGE_BYTES);
        results
    }

    /// How many transfers there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
#[path = "convert_stream_tests.rs"]
mod tests;
