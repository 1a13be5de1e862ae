//! A small bank under load: posts at random, and remembers what each caller was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bursar_proto::ledger::v1::{
    Account, BalanceRule, CreateTransferRequest, CreateTransferResponse, NewTransfer, Transfer,
};
use bursar_testkit::{Caller, Fault, fault, new_account, new_transfer};
use tokio::task::JoinSet;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::random::Random;

/// No call may take longer, whatever is broken.
const HUNG: Duration = Duration::from_secs(40);
/// Wait after an error, as a client would.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// Accounts without limits, and who posts between them.
#[derive(Clone)]
pub(crate) struct Bank {
    pub(crate) caller: Caller,
    pub(crate) accounts: Vec<Account>,
}

/// What a caller was told.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It was posted.
    Posted(Box<Transfer>),
    /// An error of the server's.
    Refused(Fault),
    /// The connection ended without an answer of the server's: what the transport said, for the message of an assertion.
    Silence(#[allow(dead_code)] Status),
}

/// One transfer and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) transfer: NewTransfer,
    pub(crate) answer: Answer,
}

impl Bank {
    /// Opens that many accounts.
    pub(crate) async fn open(caller: &Caller, accounts: usize) -> Self {
        let mut opened = Vec::new();
        for _ in 0..accounts {
            opened.push(new_account(caller, "EUR", BalanceRule::Unlimited).await);
        }
        Self { caller: caller.clone(), accounts: opened }
    }

    /// The same accounts through another connection.
    pub(crate) fn through(&self, caller: &Caller) -> Self {
        Self { caller: caller.clone(), accounts: self.accounts.clone() }
    }

    /// A transfer of 0.01 to 9.99 from one account to another.
    pub(crate) fn any_transfer(&self, random: &Random) -> NewTransfer {
        let from = random.index(self.accounts.len());
        let to = (from + 1 + random.index(self.accounts.len() - 1)) % self.accounts.len();
        let amount = euros(1 + i128::from(random.below(999)));
        new_transfer(&self.accounts[from], &self.accounts[to], &amount)
    }

    /// Posts it and remembers the answer.
    pub(crate) async fn post(&self, transfer: NewTransfer) -> Told {
        let answer = match self.submit(transfer.clone()).await {
            Ok(reply) => Answer::Posted(Box::new(reply.transfer.expect("a transfer"))),
            Err(status) if status.get_error_details().error_info().is_some() => {
                Answer::Refused(fault(status))
            }
            Err(status) => Answer::Silence(status),
        };
        Told { transfer, answer }
    }

    /// Posts it.
    pub(crate) async fn submit(
        &self,
        transfer: NewTransfer,
    ) -> Result<CreateTransferResponse, Status> {
        let request = CreateTransferRequest { transfer: Some(transfer), validate_only: false };
        let mut client = self.caller.transfers();
        let call = client.create_transfer(request);
        Ok(tokio::time::timeout(HUNG, call).await.expect("no call hangs")?.into_inner())
    }

    /// Starts that many tasks that post one transfer after the other.
    pub(crate) fn load(&self, tasks: usize) -> Load {
        let (stop, posted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let random = Arc::new(Random::new());
        let mut running = JoinSet::new();
        for _ in 0..tasks {
            let (bank, stop, posted, random) =
                (self.clone(), stop.clone(), posted.clone(), random.clone());
            running.spawn(async move {
                let mut told = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    told.push(bank.post(bank.any_transfer(&random)).await);
                    match told.last().expect("just pushed").answer {
                        Answer::Posted(_) => drop(posted.fetch_add(1, Ordering::Relaxed)),
                        _ => tokio::time::sleep(AFTER_ERROR).await,
                    }
                }
                told
            });
        }
        Load { stop, posted, running }
    }
}

/// Tasks that post.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    posted: Arc<AtomicUsize>,
    running: JoinSet<Vec<Told>>,
}

impl Load {
    /// Waits until that many more were posted.
    pub(crate) async fn posts(&self, more: usize) {
        let goal = self.posted.load(Ordering::Relaxed) + more;
        let reached = async {
            while self.posted.load(Ordering::Relaxed) < goal {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HUNG, reached).await.expect("the load goes on");
    }

    /// Ends the tasks after the call they are in; what all callers were told.
    pub(crate) async fn stop(mut self) -> Vec<Told> {
        self.stop.store(true, Ordering::Relaxed);
        let mut told = Vec::new();
        while let Some(part) = self.running.join_next().await {
            told.extend(part.expect("no task panics"));
        }
        told
    }
}

/// Cents as a decimal in euros.
pub(crate) fn euros(cents: i128) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

/// A decimal in euros as cents.
pub(crate) fn cents(text: &str) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let negative = whole.starts_with('-');
    let whole: i128 = whole.trim_start_matches('-').parse().unwrap_or_else(|_| panic!("{text}"));
    let part: i128 = format!("{part:0<2}").parse().unwrap_or_else(|_| panic!("{text}"));
    (whole * 100 + part) * if negative { -1 } else { 1 }
}
