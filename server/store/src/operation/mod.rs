//! What became of a call whose reply was lost; and forgetting calls after their time.

use std::time::Instant;

use bursar_domain::error::Result;
use bursar_domain::limits::{DEFAULT_DEADLINE, RETENTION_BATCH};
use bursar_domain::op::OpCtx;
use bursar_domain::transfer::Transfer;
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::kernel::{Entry, Fault, Store, TxResult, audit, col, sql as kernel_sql, transact};
use crate::ledger::{Recorded, transfer_fence, transfer_find};

pub(crate) mod sql {
    //! Statements on remembered operations.
    crate::kernel::statements! {
        OPERATION_FENCE = "operation_fence";
        OPERATION_FORGET = "operation_forget";
    }
}

/// What became of a call.
#[derive(Debug)]
pub enum Operation {
    /// A mutation that committed.
    Call {
        /// Path of the RPC.
        path: String,
        /// Bytes of its first reply.
        reply: Vec<u8>,
        /// When.
        recorded_at: Timestamp,
    },
    /// A transfer that committed.
    Transfer(Box<Transfer>),
    /// Fenced at that time: it never will.
    Fenced(Timestamp),
    /// Nothing is recorded under the id.
    NotRecorded,
}

impl Store {
    /// Tells what is recorded under an id; with `fence`, also makes sure that nothing can be recorded later when
    /// nothing is.
    pub async fn operation_get(&self, op: &OpCtx, id: Uuid, fence: bool) -> Result<Operation> {
        transact!(self, Entry::of(op), |tx| {
            let row = tx.query_opt(&kernel_sql::OPERATION_FIND, &[&op.tenant.0, &id]).await?;
            if let Some(row) = row {
                return call(&row);
            }
            match transfer_find(tx, op, id).await? {
                Some(Recorded::Transfer(transfer)) => return Ok(Operation::Transfer(transfer)),
                Some(Recorded::Fenced(_, at)) => return Ok(Operation::Fenced(at)),
                None if !fence => return Ok(Operation::NotRecorded),
                None => {}
            }
            // A call under way holds the key of its row: these inserts wait for it, and meet it when they run again.
            transfer_fence(tx, op, id).await?;
            let key = op.actor.key.0;
            let row = tx
                .query_opt(&sql::OPERATION_FENCE, &[&op.tenant.0, &id, &key])
                .await
                .map_err(|fault| fault.on_unique("operation_record_pkey", || Fault::Conflict))?;
            let at = col(&row.ok_or_else(|| Fault::Other("no row".into()))?, "recorded_at")?;
            let payload = json!({ "id": id.to_string(), "fence": true });
            audit(tx, op, ("operation", id.to_string()), &payload, id).await?;
            Ok(Operation::Fenced(at))
        })
    }

    /// Forgets operations older than the configured days; returns how many. One replica at a time does it.
    ///
    /// # Errors
    /// UNAVAILABLE while the database is down.
    pub async fn operations_forget(&self) -> Result<u64> {
        let days = i32::try_from(self.request_id_days()).unwrap_or(i32::MAX);
        transact!(self, Entry::role("bursar_jobs", Instant::now() + DEFAULT_DEADLINE), |tx| {
            if !tx.job_is_mine(OPERATIONS_FORGET).await? {
                return Ok(0);
            }
            let answers =
                tx.finish_write(&[(&sql::OPERATION_FORGET, &[&days, &RETENTION_BATCH])]).await?;
            let row = answers.first().and_then(|rows| rows.first());
            let forgotten = row.map_or(Ok(0), |row| col::<i64>(row, "forgotten"))?;
            Ok(u64::try_from(forgotten).unwrap_or(0))
        })
    }
}

/// Names the job among the advisory locks.
const OPERATIONS_FORGET: i64 = 0x6275_7273_0002;

fn call(row: &Row) -> TxResult<Operation> {
    let recorded_at = col(row, "recorded_at")?;
    let (path, reply) =
        (col::<Option<String>>(row, "method")?, col::<Option<Vec<u8>>>(row, "reply")?);
    Ok(match path.zip(reply) {
        Some((path, reply)) => Operation::Call { path, reply, recorded_at },
        None => Operation::Fenced(recorded_at),
    })
}
