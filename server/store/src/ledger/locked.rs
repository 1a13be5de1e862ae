//! What a batch works on, as it was read under lock.

use bursar_domain::ids::TransferId;
use bursar_domain::posting::{Batch, Book, Outcome, Submission, run};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use super::rows::{self, Recorded};
use crate::kernel::{Fault, TxResult, col};

/// The rows of a batch, and the moment they were read at.
pub(crate) struct Locked {
    /// The rows as the machine knows them.
    pub(super) book: Book,
    /// The database's clock, read after the locks.
    pub(super) now: Timestamp,
    closed_through: Option<Date>,
}

impl Locked {
    /// Takes over the locked accounts, and what is recorded under the ids; the clock and the last closed day come with
    /// the latter.
    pub(super) fn of(accounts: &[Row], known: &[Row]) -> TxResult<Self> {
        let first =
            known.first().ok_or_else(|| Fault::Other("the look-up brought no clock".into()))?;
        let (now, closed_through) = (col(first, "now")?, col(first, "closed_through")?);
        let mut book = Book::default();
        for row in accounts {
            let seat = rows::seat(row)?;
            book.seats.insert(seat.id, seat);
        }
        for row in known {
            if col::<Option<Uuid>>(row, "id")?.is_none() {
                continue;
            }
            match rows::recorded(row)? {
                Recorded::Transfer(transfer) => {
                    book.transfers.insert(transfer.id, *transfer);
                }
                Recorded::Fenced(id, _) => {
                    book.fenced.insert(id);
                }
            }
        }
        Ok(Self { book, now, closed_through })
    }

    /// What committed between the lock and the look-ups is seen, but its accounts are not locked: run again.
    pub(super) fn check(&self, originals: &[Uuid]) -> TxResult<()> {
        let book = &self.book;
        let holds = book.holds.values().map(|hold| (hold.debit, hold.credit));
        let originals = originals.iter().filter_map(|id| book.transfers.get(&TransferId(*id)));
        let mut sides = holds.chain(originals.map(|original| (original.debit, original.credit)));
        let locked = |id| book.seats.contains_key(&id);
        if sides.all(|(debit, credit)| locked(debit) && locked(credit)) {
            Ok(())
        } else {
            Err(Fault::Conflict)
        }
    }

    /// Runs the machine.
    pub(super) fn run(&mut self, submissions: &[&Submission]) -> Outcome {
        let (now, closed_through) = (self.now, self.closed_through);
        run(&mut self.book, &Batch { submissions, now, closed_through })
    }
}
