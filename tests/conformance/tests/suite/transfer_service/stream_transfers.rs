//! Making transfers on a stream.

use bursar_proto::ledger::v1::{NewTransfer, StreamTransfersRequest, TransferResult};
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};
use bursar_testkit::{
    Server, TransferStream, attribute_number, balance, fault, history, id, make, money, new_hold,
    new_transfer, ok, totals,
};
use prost::Message as _;
use tonic::Code;

use super::{event_of, item_fault, try_get, two};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let new: Vec<_> = ["1", "2", "3", "4", "5"].map(|n| new_transfer(&from, &to, n)).into();
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    // Answered one by one while the stream stays open.
    assert!(stream.send(new[..2].to_vec()).await);
    let mut results = stream.results(2).await;
    assert!(stream.send(new[2..3].to_vec()).await);
    results.extend(stream.results(1).await);
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "6", "0", "0"]);
    assert!(stream.send(new[3..].to_vec()).await);
    stream.end();
    let (rest, end) = stream.rest().await;
    assert!(end.is_none(), "{end:?}");
    results.extend(rest);
    for ((result, new), posted) in results.iter().zip(&new).zip(["1", "3", "6", "10", "15"]) {
        let made = try_get(&tenant.viewer, &new.id).await.unwrap();
        let wanted = TransferResult {
            id: new.id.clone(),
            replayed: false,
            posted_at: made.posted_at,
            debit_posted: format!("-{posted}"),
            credit_posted: posted.into(),
            error: None,
        };
        assert_eq!(result, &wanted);
        assert_eq!(event_of(&tenant, &new.id).await.action, "transfer.create");
        let request = GetOperationRequest { id: new.id.clone(), fence: false };
        let found = ok(tenant.operator.operations().get_operation(request).await);
        assert_eq!(found.state(), OperationState::Succeeded);
    }
    // An empty stream is a good one.
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    stream.end();
    let (rest, end) = stream.rest().await;
    assert!(rest.is_empty() && end.is_none(), "{end:?}");
}

#[tokio::test]
async fn each_for_itself() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let good = || new_transfer(&from, &to, "1");
    let known = good();
    make(&tenant.operator, known.clone()).await.unwrap();
    let message = vec![
        good(),
        NewTransfer { id: "x".into(), ..good() },
        NewTransfer { amount: money("EUR", "NaN"), code: "?".into(), ..good() },
        NewTransfer { metadata: attribute_number("n", f64::NAN), ..good() },
        NewTransfer { amount: money("USD", "1"), ..good() },
        NewTransfer { credit_account_id: from.id.clone(), ..good() },
        NewTransfer { debit_account_id: id(), ..good() },
        NewTransfer { code: "other".into(), ..known.clone() },
        known,
        new_hold(&from, &to, "1", 60),
    ];
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    let reasons = [
        "",
        "INVALID_FIELD transfers[1].id",
        "INVALID_FIELD transfers[2].amount.amount transfers[2].code",
        "INVALID_FIELD transfers[3].metadata",
        "ASSET_MISMATCH",
        "INVALID_FIELD transfers[5].credit_account_id",
        "RESOURCE_NOT_FOUND",
        "REQUEST_ID_REUSED transfers[7].code",
        "replayed",
        "",
    ];
    // The first message is posted alone; two that wait while it is may be posted together.
    for _ in 0..3 {
        assert!(stream.send(message.clone()).await);
    }
    stream.end();
    let (results, end) = stream.rest().await;
    assert!(end.is_none(), "{end:?}");
    assert_eq!(results.len(), 30);
    for (at, result) in results.iter().enumerate() {
        let told = match &result.error {
            None if result.replayed => "replayed".to_owned(),
            None => String::new(),
            Some(_) => {
                let fault = item_fault(result);
                assert_eq!(fault.meta("definite"), "true");
                let fields = [fault.fields.join(" "), fault.meta("fields").to_owned()].concat();
                [fault.reason.as_str(), &fields].join(" ").trim().to_owned()
            }
        };
        let wanted = match (at / 10, reasons[at % 10]) {
            // The same messages again: what was posted comes back as a replay.
            (1.., "") => "replayed",
            (_, reason) => reason,
        };
        assert_eq!(told, wanted, "result {at}");
        let wanted_id = if at % 10 == 1 { "" } else { &message[at % 10].id };
        assert_eq!(result.id, wanted_id);
    }
    assert_eq!(history(&tenant.viewer, &to).await.len(), 3);
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", "2", "0", "1"]);
}

#[tokio::test]
async fn groups() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let (a, b, c, d) = (id(), id(), id(), id());
    let member =
        |group: &str| NewTransfer { group_id: group.into(), ..new_transfer(&from, &to, "1") };
    let refused = |group: &str| NewTransfer { amount: money("USD", "1"), ..member(group) };
    let malformed = |group: &str| NewTransfer { amount: None, ..member(group) };
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    stream.send(vec![member(&a), member(&a), member("")]).await;
    stream.send(vec![member(""), member(&b), refused(&b), member(&b)]).await;
    stream.send(vec![malformed(""), member(&c), malformed(&c)]).await;
    // Split within a message, and over two of them.
    stream.send(vec![member(&d), member(""), member(&d)]).await;
    stream.send(vec![member(&a)]).await;
    stream.end();
    let (results, end) = stream.rest().await;
    assert!(end.is_none(), "{end:?}");
    let told: Vec<_> = results
        .iter()
        .map(|result| {
            if result.error.is_none() {
                return "posted".to_owned();
            }
            let fault = item_fault(result);
            format!("{} {}{}", fault.reason, fault.meta("index"), fault.fields.join(","))
        })
        .collect();
    let wanted = [
        "posted",
        "posted",
        "posted",
        "posted",
        "GROUP_REFUSED 2",
        "ASSET_MISMATCH ",
        "GROUP_REFUSED 2",
        "INVALID_FIELD transfers[0].amount",
        "GROUP_REFUSED 2",
        "INVALID_FIELD transfers[2].amount",
        "GROUP_REFUSED 2",
        "posted",
        "INVALID_FIELD transfers[2].group_id",
        "GROUP_EXISTS ",
    ];
    assert_eq!(told, wanted);
    assert_eq!(history(&tenant.viewer, &to).await.len(), 5);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (own, spare) = two(&ours.operator).await;
    let (foreign, bank) = two(&theirs.operator).await;
    let taken = new_transfer(&bank, &foreign, "1");
    make(&theirs.operator, taken.clone()).await.unwrap();
    let absent = id();
    let credit =
        |id: &str| NewTransfer { credit_account_id: id.into(), ..new_transfer(&own, &spare, "5") };
    let same_id = NewTransfer { id: taken.id, ..new_transfer(&own, &spare, "7") };
    let mut stream = TransferStream::open(&ours.operator).await.unwrap();
    stream.send(vec![credit(&foreign.id), credit(&absent), same_id]).await;
    let results = stream.results(3).await;
    let told = |at: usize, id: &str| {
        let fault = item_fault(&results[at]);
        assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        fault.message.replace(id, "ID")
    };
    assert_eq!(told(0, &foreign.id), told(1, &absent));
    assert!(results[2].error.is_none() && !results[2].replayed);
    assert_eq!(history(&theirs.viewer, &foreign).await.len(), 1);
}

/// Only a message that is none ends the stream, after the results of those before it.
#[tokio::test]
async fn bad_input() {
    const PATH: &str = "/bursar.ledger.v1.TransferService/StreamTransfers";
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let good = || new_transfer(&from, &to, "1");
    let small = NewTransfer { id: "x".into(), ..Default::default() };
    let large = vec![NewTransfer { code: "x".repeat(5 << 20), ..good() }];
    for (bad, code, reason) in [
        (vec![], Code::InvalidArgument, "INVALID_FIELD"),
        (vec![small; 8_191], Code::InvalidArgument, "INVALID_FIELD"),
        (large, Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
    ] {
        let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
        stream.send(vec![good()]).await;
        stream.send(bad).await;
        // Behind it: it is not read any more.
        let (after, behind) = (stream.sender(), StreamTransfersRequest { transfers: vec![good()] });
        let after = tokio::spawn(async move { after.send(behind).await.is_ok() });
        let (results, end) = stream.rest().await;
        assert_eq!(results.len(), 1);
        let fault = fault(end.unwrap());
        fault.is(reason, code, reason);
        if code == Code::InvalidArgument {
            fault.names("a message", &["transfers"]);
        }
        after.abort();
    }
    assert_eq!(history(&tenant.viewer, &to).await.len(), 3);
    let garbage = tenant.operator.call_bytes(PATH, &[0xff; 8]).await.unwrap_err();
    fault(garbage).is("garbage", Code::InvalidArgument, "MALFORMED_REQUEST");
    let message = StreamTransfersRequest { transfers: vec![] }.encode_to_vec();
    let empty = tenant.operator.call_bytes(PATH, &message).await.unwrap_err();
    fault(empty).names("an empty message", &["transfers"]);
    let viewer = TransferStream::open(&tenant.viewer).await.map(|_| ()).unwrap_err();
    fault(viewer).is("a viewer", Code::PermissionDenied, "PERMISSION_MISSING");
}
