//! Posting for other domains, in their own transaction: the same locks, the same machine, the same rows. It has no flush of
//! its own for what it writes.

use bursar_domain::ids::{AccountId, TransferId};
use bursar_domain::op::OpCtx;
use bursar_domain::posting::{Batch, Book, Command, Create, Submission, run};
use bursar_domain::transfer::Transfer;
use jiff::Timestamp;
use jiff::civil::Date;

use super::posting::Wanted;
use super::writer;
use crate::kernel::{Fault, Tx, TxResult};

/// Accounts that the caller's transaction has locked, for one transfer between two of them.
pub(crate) struct Locked {
    book: Book,
    now: Timestamp,
    closed_through: Option<Date>,
}

impl Locked {
    /// Locks them in order, in one flush with what was kept for it. They stay locked until the transaction ends, so what
    /// else it locks it locks before. An account that is not there is told of by whoever posts to it.
    pub(crate) async fn take(
        tx: &mut Tx,
        op: &OpCtx,
        id: TransferId,
        accounts: &[AccountId],
    ) -> TxResult<Self> {
        let (book, now, closed_through) = Wanted::one(id, accounts).read(tx, op.tenant).await?;
        Ok(Self { book, now, closed_through })
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
        let Self { now, closed_through, .. } = self;
        let outcome =
            run(&mut self.book, &Batch { submissions: &[&submission], now, closed_through });
        let done = outcome.results.iter().flatten().next().cloned();
        let done = done.ok_or_else(|| Fault::Other("the machine gave no result".into()))??;
        writer::write(tx, op.tenant, &self.book, &outcome).await?;
        Ok(done.transfer)
    }
}
