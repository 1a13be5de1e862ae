//! Reading one transfer.

use bursar_proto::ledger::v1::{GetTransferRequest, Hold, HoldState};
use bursar_testkit::{
    Server, assert_hidden, held, hold_of, id, invalid, make, moved, new_hold, post_part, refused,
    void,
};
use tonic::Code;

use super::{reverse, try_get, two};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let direct = moved(&tenant.operator, &from, &to, "12.5").await;
    let pending = make(&tenant.operator, new_hold(&from, &to, "10", 3_600)).await.unwrap();
    let post = post_part(&tenant.operator, &pending, "4", false).await.unwrap();
    let reversal = reverse(&tenant.operator, &direct).await.unwrap();
    let other = held(&tenant.operator, &to, &from, "1").await;
    let voided = void(&tenant.operator, &other).await.unwrap();
    for made in [&direct, &post, &reversal, &voided] {
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(&try_get(caller, &made.id).await.unwrap(), made);
        }
    }
    // A pending transfer that is read back tells what has become of its hold, and is else as it was.
    let mut read = try_get(&tenant.viewer, &pending.id).await.unwrap();
    let hold = Hold {
        pending_id: pending.id.clone(),
        debit_account_id: from.id,
        credit_account_id: to.id,
        amount: "10".into(),
        remaining: "6".into(),
        state: HoldState::Open.into(),
        expires_at: pending.expires_at,
        created_at: pending.posted_at,
    };
    assert_eq!(read.hold.take(), Some(hold));
    assert_eq!(read, pending);
    let (made, expires) = (pending.posted_at.unwrap(), pending.expires_at.unwrap());
    assert_eq!((expires.seconds - made.seconds, expires.nanos), (3_600, made.nanos));
    let ended = hold_of(&tenant.viewer, &other).await;
    assert_eq!((ended.state(), ended.expires_at), (HoldState::Voided, None));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (from, to) = two(&theirs.operator).await;
    let foreign = held(&theirs.operator, &from, &to, "10").await;
    let absent = id();
    let fault = assert_hidden(
        (try_get(&ours.viewer, &foreign.id).await, &foreign.id),
        (try_get(&ours.viewer, &absent).await, &absent),
    );
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let good = id();
    for bad in ["", "x", &good.replace('-', ""), &format!("urn:uuid:{good}")] {
        let request = GetTransferRequest { id: bad.into() };
        invalid(tenant.viewer.transfers().get_transfer(request).await, &["id"]);
    }
    refused(try_get(&tenant.viewer, &good).await, Code::NotFound, "RESOURCE_NOT_FOUND");
    // An id that was fenced is no transfer.
    let fence = bursar_proto::operation::v1::GetOperationRequest { id: good.clone(), fence: true };
    tenant.operator.operations().get_operation(fence).await.unwrap();
    refused(try_get(&tenant.viewer, &good).await, Code::NotFound, "RESOURCE_NOT_FOUND");
}
