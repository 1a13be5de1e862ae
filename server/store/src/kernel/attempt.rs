//! The loop around a transaction: runs it again after a conflict, with bounded, jittered pauses, inside the deadline.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bursar_domain::error::{Error, Result};
use bursar_domain::limits::MAX_TX_RETRIES;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::entry::Entry;
use super::fault::{Fault, TxResult};
use super::meters::METERS;
use super::store::Store;
use super::trace::child_span;
use super::tx::Tx;

/// Runs a block in a transaction, again after a conflict. The block ends the transaction with `finish_read` or
/// `finish_write`; one that it leaves open is rolled back.
///
/// A macro, because the compiler cannot prove the futures of async closures to be `Send`.
macro_rules! transact {
    ($store:expr, $entry:expr, |$tx:ident| $body:block) => {{
        let mut attempt = crate::kernel::Attempt::new($store, $entry);
        loop {
            let fault = match attempt.begin().await {
                Ok(mut transaction) => {
                    let $tx = &mut transaction;
                    let body = async { $body };
                    let result: crate::kernel::TxResult<_> =
                        tracing::Instrument::instrument(body, attempt.span()).await;
                    attempt.end(transaction, result.as_ref().err()).await;
                    match result {
                        Ok(value) => break Ok(value),
                        Err(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            if let Err(error) = attempt.settle(fault).await {
                break Err::<_, bursar_domain::Error>(error);
            }
        }
    }};
}
pub(crate) use transact;

/// The tries of one transaction.
pub(crate) struct Attempt<'a> {
    store: &'a Store,
    entry: Entry,
    tries: u32,
    /// Around one try, from the wait for its connection to its end.
    span: Span,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(store: &'a Store, entry: Entry) -> Self {
        Self { store, entry, tries: 0, span: Span::none() }
    }

    /// A transaction on a connection of the pool.
    pub(crate) async fn begin(&mut self) -> TxResult<Tx> {
        self.span = child_span!("transaction", bursar.tries = self.tries, outcome = Empty);
        self.store.begin(&self.entry).instrument(self.span.clone()).await
    }

    /// The span of the present try.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Ends the transaction of the present try, if its block did not.
    pub(crate) async fn end(&self, mut transaction: Tx, fault: Option<&Fault>) {
        self.span.record("outcome", transaction.note(fault));
        transaction.rollback().instrument(self.span.clone()).await;
    }

    /// Waits before the next try, or says that there is none: never after a COMMIT whose answer is missing.
    pub(crate) async fn settle(&mut self, fault: Fault) -> Result<(), Error> {
        let reason = match &fault {
            Fault::Conflict => "conflict",
            Fault::Stale => {
                self.store.0.schema_epoch.fetch_add(1, Ordering::Relaxed);
                "stale"
            }
            // The pool may hold more connections that died with this one.
            Fault::Lost => {
                self.store.0.suspicion.notify_one();
                "lost"
            }
            Fault::Denied(_) if self.tries == 0 => "denied",
            Fault::Ambiguous => {
                self.store.0.suspicion.notify_one();
                return Err(fault.into_error());
            }
            _ => return Err(fault.into_error()),
        };
        // The span of the try is over; the pause is not part of it.
        self.span = Span::none();
        self.tries += 1;
        let pause = pause(self.tries);
        if self.tries > MAX_TX_RETRIES || Instant::now() + pause >= self.entry.deadline {
            return Err(fault.into_error());
        }
        METERS.retry(reason);
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Grows from 4 ms to half a second, half of it random, so that those who met do not meet again.
fn pause(tries: u32) -> Duration {
    let ceiling = Duration::from_millis(2 << tries.min(8));
    let random = getrandom::u32().unwrap_or(0);
    ceiling / 2 + ceiling.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
}
