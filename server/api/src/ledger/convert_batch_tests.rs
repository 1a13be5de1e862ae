//! Tests of the conversions of batches.

use bursar_domain::Refusal;
use bursar_domain::account::Totals;
use bursar_domain::ids::TransferId;
use bursar_domain::transfer::{After, Transfer, TransferKind};

use super::super::convert_command::tests::new_request;
use super::super::convert_transfer::tests::some_transfer;
use super::super::tests::{fields, problem};
use super::*;

fn of(transfers: Vec<pb::NewTransfer>) -> pb::BatchCreateTransfersRequest {
    pb::BatchCreateTransfersRequest { transfers, ..pb::BatchCreateTransfersRequest::default() }
}

fn ids(commands: &[Command]) -> Vec<TransferId> {
    commands.iter().map(Command::id).collect()
}

#[test]
fn modes() {
    for (mode, all_or_nothing) in [
        (pb::BatchMode::Unspecified, true),
        (pb::BatchMode::AllOrNothing, true),
        (pb::BatchMode::Independent, false),
    ] {
        let m = pb::BatchCreateTransfersRequest {
            mode: mode.into(),
            validate_only: true,
            ..of(vec![new_request()])
        };
        let (commands, how) = batch(&m).unwrap();
        assert_eq!(
            (commands.len(), how.all_or_nothing, how.validate_only),
            (1, all_or_nothing, true)
        );
    }
    let bad = pb::BatchCreateTransfersRequest { mode: 3, ..of(vec![]) };
    assert_eq!(fields(batch(&bad)), ["mode", "transfers"]);
}

#[test]
fn sizes() {
    let many: Vec<_> = (0..=MAX_BATCH_TRANSFERS).map(|_| new_request()).collect();
    assert!(problem(batch(&of(many.clone()))).contains("1 to 8190"));
    assert_eq!(batch(&of(many[1..].to_vec())).unwrap().0.len(), MAX_BATCH_TRANSFERS);
    assert_eq!(fields(batch(&of(vec![]))), ["transfers"]);
}

#[test]
fn ids_differ_and_every_item_is_checked() {
    let first = new_request();
    let bad = pb::NewTransfer {
        amount: None,
        timeout: Some(prost_types::Duration::default()),
        ..new_request()
    };
    let again = pb::NewTransfer { id: first.id.clone(), ..new_request() };
    let m = of(vec![first.clone(), bad, again.clone(), again]);
    let want =
        ["transfers[1].amount", "transfers[1].timeout", "transfers[2].id", "transfers[3].id"];
    assert_eq!(fields(batch(&m)), want);
    let upper = pb::NewTransfer { id: first.id.to_uppercase(), ..new_request() };
    assert_eq!(fields(batch(&of(vec![first, upper]))), ["transfers[1].id"]);
}

#[test]
fn groups_stand_together() {
    let (a, b) = (GroupId::generate().to_string(), GroupId::generate().to_string());
    let groups = |groups: &[&str]| {
        of(groups
            .iter()
            .map(|&group| pb::NewTransfer { group_id: group.into(), ..new_request() })
            .collect())
    };
    assert!(batch(&groups(&["", &a, &a, "", &b, &b, &b])).is_ok());
    assert_eq!(
        fields(batch(&groups(&[&a, &b, &a, &a, &b]))),
        ["transfers[2].group_id", "transfers[4].group_id"]
    );
    assert_eq!(fields(batch(&groups(&[&a, "", &a]))), ["transfers[2].group_id"]);
}

#[test]
fn errors_of_a_whole_batch_name_its_fields() {
    let source = Box::new(Error::invalid("value_date", "lies in the future"));
    let Error::InBatch { index, source } = in_batch(Error::InBatch { index: 7, source }) else {
        panic!("another error");
    };
    assert_eq!(
        (index, *source),
        (7, Error::invalid("transfers[7].value_date", "lies in the future"))
    );
    assert_eq!(in_batch(Error::TenantSuspended), Error::TenantSuspended);
}

fn commands(count: usize) -> Vec<Command> {
    batch(&of((0..count).map(|_| new_request()).collect())).unwrap().0
}

fn info(status: &tonic_types::Status) -> ErrorInfo {
    let info = status
        .details
        .iter()
        .find(|detail| detail.type_url.ends_with("google.rpc.ErrorInfo"))
        .unwrap();
    ErrorInfo::decode(info.value.as_slice()).unwrap()
}

#[test]
fn results_in_order() {
    let commands = commands(3);
    let totals = |debits_posted, credits_posted| Totals {
        debits_posted,
        credits_posted,
        ..Totals::default()
    };
    let transfer = Transfer {
        debit_after: After { version: 1, totals: totals(1_250, 0) },
        credit_after: After { version: 1, totals: totals(0, 10_000) },
        ..some_transfer(TransferKind::Direct)
    };
    let outcomes = vec![
        Ok(Done { transfer, replayed: true }),
        Err(Error::RequestIdReused { fields: vec!["code".into()] }),
        Err(Refusal::HoldNotOpen { pending: TransferId::nil(), state: "voided" }.into()),
    ];
    let reply = results(&ids(&commands), outcomes).results;
    let ids: Vec<String> = commands.iter().map(|command| command.id().to_string()).collect();
    assert_eq!(reply.iter().map(|result| result.id.clone()).collect::<Vec<_>>(), ids);
    assert_eq!((reply[0].debit_posted.as_str(), reply[0].credit_posted.as_str()), ("-12.5", "100"));
    assert!(reply[0].replayed && reply[0].error.is_none());
    assert_eq!(reply[0].posted_at.map(|time| time.nanos), Some(7_000));
    let reused = reply[1].error.as_ref().unwrap();
    assert_eq!((reused.code, info(reused).metadata["fields"].as_str()), (6, "transfers[1].code"));
    let closed = reply[2].error.as_ref().unwrap();
    assert_eq!((closed.code, info(closed).reason.as_str()), (9, "HOLD_NOT_OPEN"));
    assert_eq!(
        (reply[2].posted_at, reply[2].debit_posted.as_str(), reply[2].replayed),
        (None, "", false)
    );
}

#[test]
fn the_largest_reply_fits() {
    let commands = commands(MAX_BATCH_TRANSFERS);
    let reused = || Error::RequestIdReused { fields: vec!["external_reference".into(); 12] };
    let reply = results(&ids(&commands), commands.iter().map(|_| Err(reused())).collect());
    assert!(reply.encoded_len() < MAX_PAGE_BYTES, "{} bytes", reply.encoded_len());
    let status = reply.results[8_189].error.as_ref().unwrap();
    assert_eq!((status.code, status.details.len()), (6, 1));
    let info = info(status);
    assert_eq!((info.reason.as_str(), info.metadata.len()), ("REQUEST_ID_REUSED", 1));
    assert_eq!(info.metadata["definite"], "true");
}
