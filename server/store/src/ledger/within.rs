//! Posting for other domains, in their own transaction: the same locks, the same machine, the same rows.

use std::slice::from_ref;

use bursar_domain::ids::AccountId;
use bursar_domain::op::OpCtx;
use bursar_domain::posting::{Batch, Command, Submission, run};
use bursar_domain::transfer::Transfer;

use super::posting::{Wanted, taken};
use super::writer;
use crate::kernel::{Tx, TxResult};

/// Runs commands with new ids in the caller's transaction, all or none, and leaves it open. The accounts stay locked
/// until it ends, so what else it locks it locks before. `owned` are the caller's own reserved accounts that they touch.
pub(crate) async fn post_within(
    tx: &mut Tx,
    op: &OpCtx,
    commands: Vec<Command>,
    owned: Vec<AccountId>,
) -> TxResult<Vec<Transfer>> {
    let (key, institution) = (op.actor.key, op.actor.institution);
    let submission = Submission { commands, all_or_nothing: true, key, institution, owned };
    let (mut book, now, closed_through) =
        Wanted::of(from_ref(&submission)).read(tx, op.tenant).await?;
    let outcome = run(&mut book, &Batch { submissions: &[&submission], now, closed_through });
    let mut transfers = Vec::with_capacity(submission.commands.len());
    for result in outcome.results.iter().flatten() {
        transfers.push(result.clone()?.transfer);
    }
    writer::write(tx, op.tenant, &book, &outcome).await.map_err(taken)?;
    Ok(transfers)
}
