//! Seals on the wire: checkpoints, and the stream of a verification.

use std::sync::Arc;

use bursar_domain::op::OpCtx;
use bursar_domain::seal::{Checkpoint, Fault, Finding, Hash, Sealed};
use bursar_domain::{Error, Result};
use bursar_proto::audit::v1 as pb;
use bursar_proto::audit::v1::verify_response::Result as Told;
use bursar_store::Verification;
use serde_json::json;
use tokio::sync::mpsc;
use tonic::{Response, Status};

use crate::convert::{Checks, id, present, timestamp, to_timestamp};
use crate::kernel::Kernel;
use crate::layers::still_may;
use crate::status::status;
use crate::streams::{self, Bounds, leaving, passed, said};

/// The messages of a verification.
pub(crate) type Messages = streams::Replies<pb::VerifyResponse>;

crate::choices::choices! {
    /// What is wrong with a row or a seal.
    fault: Fault = pb::VerifyFault {
        Changed = Changed, Missing = Missing, Inserted = Inserted, SealChanged = SealChanged,
        SealMissing = SealMissing, CheckpointDiffers = CheckpointDiffers,
    }
}

/// A place in the chain; none for the last.
pub(crate) fn position(number: i64) -> Result<Option<i64>> {
    match number {
        0 => Ok(None),
        1.. => Ok(Some(number)),
        _ => Err(Error::invalid(
            "position",
            "is negative; give a seal's position, or 0 for the last",
        )),
    }
}

/// What an auditor kept.
pub(crate) fn checkpoint(wire: &pb::Checkpoint) -> Result<Checkpoint> {
    let mut checks = Checks::new();
    let tenant = checks.take(id("tenant_id", &wire.tenant_id));
    let hash = checks.take(hash(&wire.hash));
    let sealed_at = present("sealed_at", wire.sealed_at);
    let sealed_at = checks.take(sealed_at.and_then(|at| timestamp("sealed_at", &at)));
    if wire.position < 1 {
        checks.note("position", "is not a seal's; they count from 1");
    }
    for (field, count) in [("events", wire.events), ("transfers", wire.transfers)] {
        if count < 0 {
            checks.note(field, "is negative; give the checkpoint as it was exported");
        }
    }
    let (position, events, transfers) = (wire.position, wire.events, wire.transfers);
    checks.finish(|| {
        let (tenant, hash, sealed_at) = (tenant?, hash?, sealed_at?);
        Some(Checkpoint { tenant, position, events, transfers, hash, sealed_at })
    })
}

fn hash(text: &str) -> Result<Hash> {
    let hex = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    let hash = hex.and_then(|bytes| bytes.try_into().ok());
    hash.ok_or_else(|| Error::invalid("hash", "is not 64 hexadecimal digits"))
}

pub(crate) fn to_checkpoint(point: &Checkpoint) -> pb::Checkpoint {
    pb::Checkpoint {
        tenant_id: point.tenant.to_string(),
        position: point.position,
        events: point.events,
        transfers: point.transfers,
        hash: data_encoding::HEXLOWER.encode(&point.hash),
        sealed_at: Some(to_timestamp(point.sealed_at)),
    }
}

/// A checkpoint to be kept: numbers as JSON numbers, for people read it too.
pub(crate) fn to_json(point: &Checkpoint) -> String {
    json!({
        "tenant_id": point.tenant.to_string(),
        "position": point.position,
        "events": point.events,
        "transfers": point.transfers,
        "hash": data_encoding::HEXLOWER.encode(&point.hash),
        "sealed_at": point.sealed_at.to_string(),
    })
    .to_string()
}

fn to_finding(finding: &Finding) -> pb::VerifyFinding {
    let kind = |kind| match kind {
        Sealed::Event => "audit_event",
        Sealed::Transfer => "transfer",
    };
    pb::VerifyFinding {
        fault: fault::wire(finding.fault),
        resource_type: finding.row.map_or("", |row| kind(row.0)).into(),
        resource_id: finding.row.map_or_else(String::new, |row| row.1.to_string()),
        position: finding.position,
    }
}

/// Begins to answer Verify.
pub(crate) fn verify(
    kernel: Arc<Kernel>,
    op: OpCtx,
    mut bounds: Bounds,
    state: Verification,
) -> Response<Messages> {
    streams::open(kernel.clone(), &op.clone(), |out| async move {
        let ended = tokio::select! {
            ended = go_on(&kernel, &op, state, &out) => ended,
            () = passed(bounds.until) => Err(Error::DeadlineExceeded { definite: true }),
            () = said(&mut bounds.farewell) => Err(leaving(&kernel)),
        };
        ended.map_err(|error| status(&error, op.trace_id))
    })
}

/// Step by step, as long as the key may.
async fn go_on(
    kernel: &Kernel,
    op: &OpCtx,
    mut state: Verification,
    out: &mpsc::Sender<Result<pb::VerifyResponse, Status>>,
) -> Result<()> {
    let send = async |told| {
        // Nobody is there any more: the other branch notices.
        let _ = out.send(Ok(pb::VerifyResponse { result: Some(told) })).await;
    };
    let mut findings = 0;
    while !state.is_done() {
        still_may(kernel, op).await?;
        for finding in kernel.store.audit_verify_step(&mut state).await? {
            findings += 1;
            send(Told::Finding(to_finding(&finding))).await;
        }
        let (rows_read, rows_total) = (state.rows_read, state.rows_total());
        send(Told::Progress(pb::VerifyProgress { rows_read, rows_total })).await;
    }
    let checkpoint = state.end().map(to_checkpoint);
    send(Told::Summary(pb::VerifySummary { findings, checkpoint })).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use bursar_domain::ids::TenantId;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_checkpoint_comes_back_as_it_went() {
        let point = Checkpoint {
            tenant: TenantId::generate(),
            position: 3,
            events: 2,
            transfers: 1,
            hash: [0xab; 32],
            sealed_at: Timestamp::from_microsecond(1_764_000_000_123_456).unwrap(),
        };
        assert_eq!(checkpoint(&to_checkpoint(&point)), Ok(point.clone()));
        let json: serde_json::Value = serde_json::from_str(&to_json(&point)).unwrap();
        assert_eq!((&json["position"], &json["hash"]), (&3.into(), &"ab".repeat(32).into()));
        let Err(Error::Invalid(violations)) = checkpoint(&pb::Checkpoint::default()) else {
            panic!("accepted")
        };
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["tenant_id", "hash", "sealed_at", "position"]);
    }
}
