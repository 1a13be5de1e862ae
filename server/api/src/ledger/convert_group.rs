//! Calls for a whole group of pending transfers, and what became of each leg.

use bursar_domain::ids::GroupId;
use bursar_domain::limits::MAX_BATCH_TRANSFERS;
use bursar_domain::posting::{Command, Done};
use bursar_domain::{Error, Result};
use bursar_proto::ledger::v1 as pb;

use super::convert_batch::posted;
use super::convert_command::{post, void};
use super::note_repeats;
use crate::convert::{Checks, batch_len, id, optional_date};

/// The commands of `PostTransfers`.
pub(super) fn post_group(m: pb::PostTransfersRequest) -> Result<(GroupId, Vec<Command>)> {
    let mut checks = Checks::new();
    // A day that is none is told of once, not in each leg.
    let day = checks.take(optional_date("value_date", &m.value_date)).map(|_| m.value_date);
    let day = day.unwrap_or_default();
    let legs = m.legs.into_iter().map(|leg| {
        post(&pb::PostTransferRequest {
            id: leg.id,
            pending_id: leg.pending_id,
            amount: leg.amount,
            release_remainder: leg.release_remainder,
            value_date: if leg.value_date.is_empty() { day.clone() } else { leg.value_date },
            external_reference: leg.external_reference,
            metadata: leg.metadata,
            validate_only: false,
        })
    });
    whole(checks, &m.group_id, legs)
}

/// The commands of `VoidTransfers`.
pub(super) fn void_group(m: pb::VoidTransfersRequest) -> Result<(GroupId, Vec<Command>)> {
    let legs = m.legs.into_iter().map(|leg| {
        void(&pb::VoidTransferRequest {
            id: leg.id,
            pending_id: leg.pending_id,
            external_reference: leg.external_reference,
            metadata: leg.metadata,
            validate_only: false,
        })
    });
    whole(Checks::new(), &m.group_id, legs)
}

fn whole(
    mut checks: Checks,
    group_id: &str,
    legs: impl ExactSizeIterator<Item = Result<Command>>,
) -> Result<(GroupId, Vec<Command>)> {
    let group = checks.take(id("group_id", group_id));
    if checks.take(batch_len("legs", legs.len(), MAX_BATCH_TRANSFERS)).is_none() {
        return checks.finish(|| None);
    }
    let commands: Vec<Option<Command>> = legs
        .enumerate()
        .map(|(at, leg)| checks.take(leg.map_err(|error| in_leg(error, at))))
        .collect();
    let each = || commands.iter().map(Option::as_ref);
    note_repeats(&mut checks, "legs", "id", each().map(|leg| leg.map(Command::id)));
    note_repeats(&mut checks, "legs", "pending_id", each().map(|leg| leg?.pending()));
    checks.finish(|| Some((group?, commands.into_iter().collect::<Option<Vec<_>>>()?)))
}

/// The error of the whole call, its fields named as in the request.
pub(super) fn in_legs(error: Error) -> Error {
    match error {
        Error::InBatch { index, source } => {
            Error::InBatch { index, source: Box::new(in_leg(*source, index)) }
        }
        other => other,
    }
}

fn in_leg(error: Error, at: usize) -> Error {
    error.within(&format!("legs[{at}]."))
}

/// One result for each leg, in order, and whether an earlier call had made them all.
pub(super) fn settled(done: &[Done]) -> (Vec<pb::TransferResult>, bool) {
    let results = done.iter().map(|done| posted(done.transfer.id.to_string(), done)).collect();
    (results, done.iter().all(|done| done.replayed))
}

#[cfg(test)]
mod tests {
    use bursar_domain::ids::TransferId;

    use super::super::tests::{attributes, fields};
    use super::*;

    fn leg() -> pb::PostLeg {
        pb::PostLeg {
            id: TransferId::generate().to_string(),
            pending_id: TransferId::generate().to_string(),
            ..Default::default()
        }
    }

    fn request(legs: Vec<pb::PostLeg>) -> pb::PostTransfersRequest {
        let group_id = GroupId::generate().to_string();
        pb::PostTransfersRequest { group_id, legs, ..Default::default() }
    }

    #[test]
    fn legs_are_the_commands_of_single_calls() {
        let own = pb::PostLeg {
            release_remainder: true,
            value_date: "2026-02-03".into(),
            external_reference: "r".into(),
            metadata: Some(attributes("a", "b")),
            ..leg()
        };
        let m = pb::PostTransfersRequest {
            value_date: "2026-01-02".into(),
            ..request(vec![leg(), own.clone()])
        };
        let (group, commands) = post_group(m.clone()).unwrap();
        assert_eq!(group.to_string(), m.group_id);
        let days: Vec<_> =
            commands.iter().map(|c| c.details().value_date.unwrap().to_string()).collect();
        assert_eq!(days, ["2026-01-02", "2026-02-03"]);
        let single = pb::PostTransferRequest {
            id: own.id,
            pending_id: own.pending_id,
            release_remainder: true,
            value_date: own.value_date,
            external_reference: own.external_reference,
            metadata: own.metadata,
            ..Default::default()
        };
        assert_eq!(commands[1], post(&single).unwrap());
    }

    #[test]
    fn every_leg_is_checked() {
        let twin = leg();
        let m = pb::PostTransfersRequest {
            group_id: "x".into(),
            value_date: "soon".into(),
            ..request(vec![
                twin.clone(),
                pb::PostLeg { id: "?".into(), value_date: "?".into(), ..leg() },
                twin,
            ])
        };
        let want = [
            "value_date",
            "group_id",
            "legs[1].id",
            "legs[1].value_date",
            "legs[2].id",
            "legs[2].pending_id",
        ];
        assert_eq!(fields(post_group(m)), want);
        assert_eq!(fields(post_group(request(vec![]))), ["legs"]);
        let many = vec![leg(); MAX_BATCH_TRANSFERS + 1];
        assert_eq!(fields(post_group(request(many))), ["legs"]);
        let void =
            pb::VoidTransfersRequest { legs: vec![pb::VoidLeg::default()], ..Default::default() };
        assert_eq!(fields(void_group(void)), ["group_id", "legs[0].id", "legs[0].pending_id"]);
    }
}
