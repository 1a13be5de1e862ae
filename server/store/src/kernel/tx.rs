//! One tenant-scoped transaction. BEGIN and the tenant entry go out in the flush of its first statements, COMMIT in
//! the flush of its last: a mutation is two network round trips, a read one.

use std::time::{Duration, Instant};

use bb8::PooledConnection;
use bursar_domain::error::Error;
use bursar_domain::limits::{COMMIT_GRACE, LOCK_TIMEOUT};
use futures::future::{join, join_all};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::ahead::Ahead;
use super::columns::col;
use super::connection::{ANY_ROLE, Manager};
use super::entry::Entry;
use super::fault::{Fault, TxResult};
use super::meters::METERS;
use super::sql;
use super::statement::Stmt;
use super::timed::timed;

/// Parameters of a statement.
pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A statement with its parameters.
pub(crate) type Call<'a> = (&'static Stmt, Params<'a>);

/// Beyond the deadline, how long an answer is waited for: less than the layer above waits, so that this side, which
/// knows whether a COMMIT was sent, is the one that answers.
const ANSWER_GRACE: Duration = Duration::from_nanos(COMMIT_GRACE.subsec_nanos() as u64 / 2);
/// Most statements of one flush: `join_all` polls more than 30 futures in an order of its own, and COMMIT must come last.
const MAX_PIPELINE: usize = 30;
/// How long a ROLLBACK is waited for before its connection is given up.
const ROLLBACK_PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent yet.
    New,
    /// BEGIN was sent.
    Open,
    /// COMMIT or ROLLBACK was answered, or the connection was given up.
    Ended,
}

/// A transaction, not begun before its first statement.
pub(crate) struct Tx {
    connection: PooledConnection<'static, Manager>,
    entry: Entry,
    snapshot: bool,
    state: State,
    /// What goes out before the statements of the next flush.
    ahead: Vec<Ahead>,
    /// What those that went out so answered, until somebody takes it.
    answers: Vec<Vec<Row>>,
    since: Instant,
    /// How it ended, as the meters call it: that of a future that was dropped until something else is known.
    outcome: &'static str,
}

impl Tx {
    pub(super) fn new(connection: PooledConnection<'static, Manager>, entry: Entry) -> Self {
        let (since, outcome) = (Instant::now(), "cancelled");
        let (ahead, answers) = (Vec::new(), Vec::new());
        Self {
            connection,
            entry,
            snapshot: false,
            state: State::New,
            ahead,
            answers,
            since,
            outcome,
        }
    }

    /// Notes how it ends: with the fault, or else with what was done.
    pub(super) fn note(&mut self, fault: Option<&Fault>) -> &'static str {
        self.outcome = match fault {
            None if self.state == State::Ended => "commit",
            None => "rollback",
            Some(fault) => fault.outcome(),
        };
        self.outcome
    }

    /// All statements see one state of the database. To be asked for before the first.
    pub(crate) fn one_snapshot(&mut self) {
        self.snapshot = true;
    }

    /// Runs a statement.
    pub(crate) async fn query(
        &mut self,
        stmt: &'static Stmt,
        params: Params<'_>,
    ) -> TxResult<Vec<Row>> {
        let mut rows = self.pipeline(&[(stmt, params)]).await?;
        Ok(rows.pop().unwrap_or_default())
    }

    /// Runs a statement that finds one row or none.
    pub(crate) async fn query_opt(
        &mut self,
        stmt: &'static Stmt,
        params: Params<'_>,
    ) -> TxResult<Option<Row>> {
        Ok(self.query(stmt, params).await?.into_iter().next())
    }

    /// Runs statements in one flush, in order.
    pub(crate) async fn pipeline(&mut self, calls: &[Call<'_>]) -> TxResult<Vec<Vec<Row>>> {
        let deadline = self.entry.deadline + ANSWER_GRACE;
        // The server's own timeout answers first unless the network is gone.
        match tokio::time::timeout_at(deadline.into(), self.flush(calls, None)).await {
            Ok(rows) => rows,
            Err(_) => Err(self.give_up()),
        }
    }

    /// Keeps statements for the front of the next flush, in order. What they answer is there after it; a write among them
    /// must raise when it misses what it must hit, for COMMIT may be in that flush.
    pub(crate) async fn ahead(&mut self, calls: &[Call<'_>]) -> TxResult<()> {
        self.role_first(calls).await?;
        for (stmt, params) in calls {
            let prepared = self.connection.prepare(&self.entry.role, stmt).await?;
            self.ahead.push(Ahead::new(stmt, prepared, params)?);
        }
        Ok(())
    }

    /// Takes what the statements that were kept so far have answered, in order.
    pub(crate) fn answers(&mut self) -> Vec<Vec<Row>> {
        std::mem::take(&mut self.answers)
    }

    /// Runs the last statements of a read and ends the transaction, in one flush.
    pub(crate) async fn finish_read(&mut self, calls: &[Call<'_>]) -> TxResult<Vec<Vec<Row>>> {
        self.finish(calls, Fault::Lost).await
    }

    /// Runs the last statements of a mutation and commits, in one flush. The statements must raise when they miss
    /// what they must hit: nobody looks before COMMIT.
    pub(crate) async fn finish_write(&mut self, calls: &[Call<'_>]) -> TxResult<Vec<Vec<Row>>> {
        self.finish(calls, Fault::Ambiguous).await
    }

    async fn finish(&mut self, calls: &[Call<'_>], lost: Fault) -> TxResult<Vec<Vec<Row>>> {
        let deadline = self.entry.deadline + ANSWER_GRACE;
        let ambiguous = matches!(lost, Fault::Ambiguous);
        match tokio::time::timeout_at(deadline.into(), self.flush(calls, Some(lost))).await {
            Ok(rows) => rows,
            Err(_) if ambiguous => {
                self.give_up();
                Err(Error::DeadlineExceeded { definite: false }.into())
            }
            Err(_) => Err(self.give_up()),
        }
    }

    /// The connection does not answer: nothing more is sent on it.
    fn give_up(&mut self) -> Fault {
        self.state = State::Ended;
        Fault::Timeout
    }

    /// Whether this transaction holds the advisory lock of a job: one replica at a time does.
    pub(crate) async fn job_is_mine(&mut self, job: i64) -> TxResult<bool> {
        let row = self.query_opt(&sql::JOB_LOCK, &[&job]).await?;
        row.map_or(Ok(false), |row| col(&row, "mine"))
    }

    /// Undoes what was done; the connection goes back to the pool, or is given up when it does not answer.
    pub(crate) async fn rollback(&mut self) {
        if self.state == State::Open {
            let rollback = timed("rollback", self.connection.client.batch_execute("ROLLBACK"));
            if matches!(tokio::time::timeout(ROLLBACK_PATIENCE, rollback).await, Ok(Ok(()))) {
                self.connection.in_transaction = false;
            }
            self.state = State::Ended;
        }
    }

    /// Sends what is needed before `calls`, then the calls, then COMMIT when `end` says what losing its answer means.
    async fn flush(&mut self, calls: &[Call<'_>], end: Option<Fault>) -> TxResult<Vec<Vec<Row>>> {
        self.role_first(calls).await?;
        self.send(calls, end).await
    }

    /// Takes the role when a statement is yet to be prepared: the login itself may see nothing. Round trips that a
    /// connection makes once in its life.
    async fn role_first(&mut self, calls: &[Call<'_>]) -> TxResult<()> {
        let known = |call: &Call<'_>| self.connection.knows(&self.entry.role, call.0);
        if self.state == State::New && !calls.iter().all(known) {
            self.send(&[], None).await?;
        }
        Ok(())
    }

    async fn send(&mut self, calls: &[Call<'_>], end: Option<Fault>) -> TxResult<Vec<Vec<Row>>> {
        let remaining = self.entry.deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(Fault::Timeout);
        }
        let begin = self.state == State::New;
        let opening = if begin { &sql::ENTER } else { &sql::TIMEOUT };
        let first = self.connection.prepare(ANY_ROLE, opening).await?;
        let ahead = std::mem::take(&mut self.ahead);
        let kept: Vec<_> = ahead.iter().map(Ahead::params).collect();
        let mut prepared: Vec<(Statement, &'static str, Params<'_>)> =
            Vec::with_capacity(ahead.len() + calls.len());
        for (one, params) in ahead.iter().zip(&kept) {
            prepared.push((one.prepared.clone(), one.name, params));
        }
        for (stmt, params) in calls {
            let known = self.connection.prepare(&self.entry.role, stmt).await?;
            prepared.push((known, stmt.name, params));
        }
        if self.connection.client.is_closed() {
            return Err(Fault::Lost);
        }
        if prepared.len() > MAX_PIPELINE {
            return Err(Fault::Other(format!("{} statements in one flush", prepared.len())));
        }

        let millis = |time: Duration| time.as_millis().max(1).to_string();
        let (statement_timeout, lock_timeout) =
            (millis(remaining), millis(remaining.min(LOCK_TIMEOUT)));
        let entry: [&(dyn ToSql + Sync); 5] = [
            &self.entry.role,
            &self.entry.tenant,
            &self.entry.institution,
            &statement_timeout,
            &lock_timeout,
        ];
        let later: [&(dyn ToSql + Sync); 1] = [&statement_timeout];

        self.state = State::Open;
        self.connection.in_transaction = true;
        let client = &self.connection.client;
        // READ ONLY is left out: it would refuse row locks that a consistent read may want later.
        let begin_text =
            if self.snapshot { "BEGIN ISOLATION LEVEL REPEATABLE READ" } else { "BEGIN" };
        let opening = async {
            if begin {
                let (a, b) = join(
                    timed("begin", client.batch_execute(begin_text)),
                    timed(sql::ENTER.name, client.query(&first, &entry)),
                )
                .await;
                a.and(b.map(drop))
            } else if self.entry.shared {
                Ok(())
            } else {
                timed(sql::TIMEOUT.name, client.query(&first, &later)).await.map(drop)
            }
        };
        let work = join_all(
            prepared
                .iter()
                .map(|(prepared, name, params)| timed(name, client.query(prepared, params))),
        );
        let commits = end.is_some();
        let closing = async {
            if commits { timed("commit", client.batch_execute("COMMIT")).await } else { Ok(()) }
        };
        // join, never try_join: every answer must be read, and COMMIT after a failed statement answers Ok although
        // it rolled back, so only all of them together mean success. Polled in order, they are sent in order.
        let (opened, (rows, closed)) = join(opening, join(work, closing)).await;

        let mut answers = Vec::with_capacity(rows.len());
        let kept = ahead.len();
        let no_role = opened.as_ref().is_err_and(|error| self.entry.lacks_role(error));
        let mut failed = opened.err();
        for result in rows {
            match result {
                Ok(rows) => answers.push(rows),
                Err(error) if failed.is_none() => failed = Some(error),
                Err(_) => {}
            }
        }
        if failed.is_none() {
            failed = closed.err();
        }
        let Some(error) = failed else {
            if commits {
                self.ended();
            }
            let own = answers.split_off(kept);
            self.answers.extend(answers);
            return Ok(own);
        };
        let answered = error.as_db_error().is_some();
        if commits && answered && !client.is_closed() {
            // The server refused a statement and took COMMIT as ROLLBACK.
            self.ended();
        }
        if no_role {
            return Err(Fault::NoRole);
        }
        match (Fault::from(error), end) {
            // The server may have run everything and only its answers are missing.
            (Fault::Lost, Some(lost)) => Err(lost),
            (fault, _) => Err(fault),
        }
    }

    fn ended(&mut self) {
        self.state = State::Ended;
        self.connection.in_transaction = false;
    }
}

/// A future dropped in mid-transaction: what still runs is cancelled, and the pool discards the connection.
impl Drop for Tx {
    fn drop(&mut self) {
        METERS.transaction(self.outcome, self.since.elapsed());
        if self.connection.in_transaction {
            let token = self.connection.client.cancel_token();
            let tls = self.connection.tls.clone();
            tokio::spawn(async move {
                // Nothing to tell anybody when it fails: the statement timeout ends the work all the same.
                let _ = token.cancel_query(tls).await;
            });
        }
    }
}
