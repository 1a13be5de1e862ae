//! Batches of new transfers, and what became of each.

use std::collections::HashMap;

use bursar_domain::ids::{GroupId, TransferId};
use bursar_domain::limits::{MAX_BATCH_TRANSFERS, MAX_PAGE_BYTES};
use bursar_domain::posting::{Command, Create, Done};
use bursar_domain::{Error, Result};
use bursar_proto::ledger::v1 as pb;
use bursar_store::Submit;
use prost::Message as _;
use tonic_types::pb::ErrorInfo;

use super::convert_balance::decimal;
use super::convert_command::new_transfer;
use super::note_repeats;
use crate::choices::not_one_of;
use crate::convert::{Checks, batch_len, to_timestamp};
use crate::status::rpc_status;

/// The commands of `BatchCreateTransfers`, and how to run them: ids differ, and the members of a group stand next to
/// each other.
pub(super) fn batch(m: &pb::BatchCreateTransfersRequest) -> Result<(Vec<Command>, Submit)> {
    let mut checks = Checks::new();
    let all_or_nothing = checks.take(all_or_nothing(m.mode));
    if checks.take(batch_len("transfers", m.transfers.len(), MAX_BATCH_TRANSFERS)).is_none() {
        return checks.finish(|| None);
    }
    let transfers = m.transfers.iter().enumerate();
    let new: Vec<Option<Create>> = transfers
        .map(|(at, new)| checks.take(new_transfer(new).map_err(|error| in_item(error, at))))
        .collect();
    note_repeats(
        &mut checks,
        "transfers",
        "id",
        new.iter().map(|new| new.as_ref().map(|new| new.id)),
    );
    note_split_groups(&mut checks, new.iter().map(|new| new.as_ref().and_then(|new| new.group)));
    checks.finish(|| {
        let commands =
            new.into_iter().map(|new| new.map(Command::Create)).collect::<Option<Vec<_>>>()?;
        Some((commands, Submit { all_or_nothing: all_or_nothing?, validate_only: m.validate_only }))
    })
}

/// The error of a whole batch, its fields named as in the request.
pub(super) fn in_batch(error: Error) -> Error {
    match error {
        Error::InBatch { index, source } => {
            Error::InBatch { index, source: Box::new(in_item(*source, index)) }
        }
        other => other,
    }
}

/// One result for each command, in the order of their ids.
pub(super) fn results(
    ids: &[TransferId],
    outcomes: Vec<Result<Done>>,
) -> pb::BatchCreateTransfersResponse {
    let outcomes = ids.iter().zip(outcomes).enumerate();
    let mut results: Vec<_> = outcomes
        .map(|(at, (id, outcome))| {
            let id = id.to_string();
            match outcome {
                Ok(done) => posted(id, &done),
                Err(error) => refused(id, error, at),
            }
        })
        .collect();
    fit(&mut results, MAX_PAGE_BYTES);
    pb::BatchCreateTransfersResponse { results }
}

/// The result of a transfer that was refused at that place of its message.
pub(super) fn refused(id: String, error: Error, at: usize) -> pb::TransferResult {
    let error = Some(rpc_status(&in_item(error, at)));
    pb::TransferResult { id, error, ..pb::TransferResult::default() }
}

/// The result of a transfer that was posted.
pub(super) fn posted(id: String, done: &Done) -> pb::TransferResult {
    let transfer = &done.transfer;
    pb::TransferResult {
        id,
        replayed: done.replayed,
        posted_at: Some(to_timestamp(transfer.posted_at)),
        debit_posted: decimal(transfer.debit_after.totals.posted(), transfer.scale),
        credit_posted: decimal(transfer.credit_after.totals.posted(), transfer.scale),
        error: None,
    }
}

fn in_item(error: Error, at: usize) -> Error {
    error.within(&format!("transfers[{at}]."))
}

fn all_or_nothing(mode: i32) -> Result<bool> {
    match pb::BatchMode::try_from(mode) {
        Ok(pb::BatchMode::Unspecified | pb::BatchMode::AllOrNothing) => Ok(true),
        Ok(pb::BatchMode::Independent) => Ok(false),
        Err(_) => {
            let names = [pb::BatchMode::AllOrNothing, pb::BatchMode::Independent]
                .map(|mode| mode.as_str_name());
            Err(not_one_of("mode", mode, &names))
        }
    }
}

/// Notes each transfer that comes back to a group after another stood between.
fn note_split_groups(checks: &mut Checks, groups: impl Iterator<Item = Option<GroupId>>) {
    let mut last: HashMap<GroupId, usize> = HashMap::new();
    for (at, group) in groups.enumerate() {
        let Some(group) = group else { continue };
        if let Some(before) = last.insert(group, at).filter(|before| before + 1 != at) {
            checks.note(format!("transfers[{at}].group_id"), apart(before));
        }
    }
}

/// What is wrong with a member of a group whose last one stands further back.
pub(super) fn apart(before: usize) -> String {
    format!(
        "is that of transfers[{before}], which is not next to it; put the members of a group together"
    )
}

/// Leaves of each refusal only its code and reason when the reply would pass `max` bytes: thousands of refusals that
/// each name many fields would be more than a client takes.
pub(super) fn fit(results: &mut [pb::TransferResult], max: usize) {
    // The tag and the length of a repeated field take at most 5 bytes each.
    let bytes: usize = results.iter().map(|result| result.encoded_len() + 10).sum();
    if bytes <= max {
        return;
    }
    for status in results.iter_mut().filter_map(|result| result.error.as_mut()) {
        status.message = "refused; send this transfer in a smaller batch for the details".into();
        status.details.retain_mut(|detail| {
            if !detail.type_url.ends_with("google.rpc.ErrorInfo") {
                return false;
            }
            let Ok(mut info) = ErrorInfo::decode(detail.value.as_slice()) else { return false };
            info.metadata.retain(|name, _| name == "definite");
            detail.value = info.encode_to_vec();
            true
        });
    }
}

#[cfg(test)]
#[path = "convert_batch_tests.rs"]
mod tests;
