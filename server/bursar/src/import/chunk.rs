//! Lines on their way from the file to a batch.

use super::Refused;
use super::accounts::Accounts;
use super::convert::Planned;
use bursar_proto::ledger::v1::NewTransfer;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// Lines read at once.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) planned: Vec<Planned>,
    pub(crate) last_line: u64,
    /// Those of them that are not sent.
    pub(crate) refused: Vec<Refused>,
}

/// Puts the accounts' ids into the transfers; refuses those whose accounts are not there.
pub(crate) fn address(
    planned: Vec<Planned>,
    accounts: &Accounts,
    refused: &mut Vec<Refused>,
) -> Vec<(u64, NewTransfer)> {
    let mut batch = Vec::with_capacity(planned.len());
    for Planned { line, debit, credit, mut transfer } in planned {
        if let (Some(from), Some(to)) = (accounts.id(&debit), accounts.id(&credit)) {
            from.clone_into(&mut transfer.debit_account_id);
            to.clone_into(&mut transfer.credit_account_id);
            batch.push((line, transfer));
            continue;
        }
        let absent = if accounts.id(&debit).is_none() { debit } else { credit };
        let problem = format!(
            "there is no account with the external reference {absent}; make it, or set create_accounts = true in the mapping"
        );
        let (id, reason) = (transfer.id, "ACCOUNT_NOT_FOUND".into());
        refused.push(Refused { line, id, reason, problem });
    }
    batch
}

/// Refuses a second line with the same id: the server would take it for a replay.
pub(crate) fn first_of_its_id(
    planned: Planned,
    seen: &mut HashMap<Uuid, u64>,
) -> Result<Planned, Refused> {
    let id = planned.transfer.id.parse().unwrap_or_default();
    match seen.entry(id) {
        Entry::Vacant(free) => {
            free.insert(planned.line);
            Ok(planned)
        }
        Entry::Occupied(first) => Err(Refused {
            line: planned.line,
            id: planned.transfer.id,
            reason: "DUPLICATE_ID".into(),
            problem: format!(
                "has the same id as line {}; name columns in the mapping's id that tell lines apart",
                first.get()
            ),
        }),
    }
}

/// External reference and asset of every account of these transfers.
pub(crate) fn references(chunk: &[Planned]) -> impl Iterator<Item = (String, String)> {
    chunk.iter().flat_map(|planned| {
        let asset =
            planned.transfer.amount.as_ref().map(|money| money.asset.clone()).unwrap_or_default();
        [(planned.debit.clone(), asset.clone()), (planned.credit.clone(), asset)]
    })
}
