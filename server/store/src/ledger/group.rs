//! Posting and voiding the holds of a group as a whole: what there is to be done is read under the same locks.

use bursar_domain::error::Result;
use bursar_domain::ids::GroupId;
use bursar_domain::op::OpCtx;
use bursar_domain::posting::{Command, Done, Submission, check_group};
use uuid::Uuid;

use super::locked::Locked;
use super::posting::{all_done, commit};
use super::{rows, sql};
use crate::kernel::{Entry, Store, Tx, TxResult, transact};

impl Store {
    /// Posts or voids the holds of a group, all of them or nothing; one result for each command, in order. The error of
    /// one command is [`Error::InBatch`].
    pub async fn transfer_submit_group(
        &self,
        op: &OpCtx,
        group: GroupId,
        commands: Vec<Command>,
        validate_only: bool,
    ) -> Result<Vec<Done>> {
        let (key, institution) = (op.actor.key, op.actor.institution);
        let submission =
            Submission { commands, all_or_nothing: true, key, institution, owned: Vec::new() };
        let (submissions, commands) = (&[&submission], &submission.commands);
        let mut results = transact!(self, Entry::of(op), |tx| {
            let mut locked = read(tx, op, group, commands).await?;
            let members = locked.book.holds.keys().copied().collect();
            check_group(&locked.book, group, &members, commands, locked.now)?;
            let outcome = locked.run(submissions);
            if !validate_only {
                commit(tx, op.tenant, &locked, &outcome).await?;
            }
            Ok(outcome.results)
        })?;
        let results = results.pop().unwrap_or_default();
        all_done(&results)?;
        results.into_iter().collect()
    }
}

/// Locks the accounts of the group in order and reads the rest after the locks, in one flush.
async fn read(tx: &mut Tx, op: &OpCtx, group: GroupId, commands: &[Command]) -> TxResult<Locked> {
    let ids: Vec<Uuid> = commands.iter().map(|command| command.id().0).collect();
    let (of_group, known) = ([&op.tenant.0 as _, &group.0 as _], [&op.tenant.0 as _, &ids as _]);
    let calls: [(_, crate::kernel::Params<'_>); 3] = [
        (&sql::GROUP_LOCK, &of_group),
        (&sql::POSTING_KNOWN, &known),
        (&sql::GROUP_HOLDS, &of_group),
    ];
    let mut answers = tx.pipeline(&calls).await?.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let accounts = next();
    let mut locked = Locked::of(&accounts, &next())?;
    for row in next() {
        let hold = rows::hold(&row)?;
        locked.book.holds.insert(hold.id, hold);
    }
    locked.check(&[])?;
    Ok(locked)
}
