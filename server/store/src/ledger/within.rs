//! Posting for other domains, in their own transaction: the same locks, the same machine, the same rows. It has no flush of
//! its own for what it writes.

use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::op::OpCtx;
use bursar_domain::posting::{Command, Create, Submission};
use bursar_domain::transfer::Transfer;

use super::locked::Locked;
use super::posting::Wanted;
use super::writer;
use crate::kernel::{Fault, Tx, TxResult};

impl Locked {
    /// Locks the accounts of one transfer in order, in one flush with what was kept for it. They stay locked until the
    /// transaction ends, so what else it locks it locks before. An account that is not there is told of by whoever posts
    /// to it.
    pub(crate) async fn take(
        tx: &mut Tx,
        op: &OpCtx,
        id: TransferId,
        accounts: &[AccountId],
    ) -> TxResult<Self> {
        Wanted::one(id, accounts).read(tx, op.tenant).await
    }

    /// Whether both sides are among them.
    pub(crate) fn has(&self, debit: AccountId, credit: AccountId) -> bool {
        [debit, credit].iter().all(|side| self.book.seats.contains_key(side))
    }

    /// Makes the transfer; its rows go out with the transaction's next flush. `owned` are the caller's own reserved
    /// accounts that it touches.
    pub(crate) async fn post(
        mut self,
        tx: &mut Tx,
        op: &OpCtx,
        transfer: Create,
        owned: Vec<AccountId>,
    ) -> TxResult<Transfer> {
        let (key, institution) = (op.actor.key, op.actor.institution);
        let commands = vec![Command::Create(transfer)];
        let submission = Submission { commands, all_or_nothing: true, key, institution, owned };
        let outcome = self.run(&[&submission]);
        let done = outcome.results.iter().flatten().next().cloned();
        let done = done.ok_or_else(|| Fault::Other("the machine gave no result".into()))??;
        writer::write(tx, op.tenant, &self.book, &outcome).await?;
        Ok(done.transfer)
    }
}
