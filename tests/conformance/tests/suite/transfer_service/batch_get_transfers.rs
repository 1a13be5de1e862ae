//! Reading many transfers.

use bursar_proto::ledger::v1::{BatchGetTransfersRequest, BatchMode, Transfer};
use bursar_testkit::{
    Caller, Server, assert_hidden, batch, held, id, invalid, moved, new_transfer, post_part,
    refused,
};
use tonic::{Code, Status};

use super::{try_get, two};

async fn read(caller: &Caller, ids: Vec<String>) -> Result<Vec<Transfer>, Status> {
    let request = BatchGetTransfersRequest { ids };
    Ok(caller.transfers().batch_get_transfers(request).await?.into_inner().transfers)
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let pending = held(&tenant.operator, &from, &to, "10").await;
    let post = post_part(&tenant.operator, &pending, "4", false).await.unwrap();
    let direct = moved(&tenant.operator, &from, &to, "1").await;
    let ids = vec![direct.id.clone(), pending.id.clone(), post.id.clone(), direct.id.clone()];
    let found = read(&tenant.viewer, ids.clone()).await.unwrap();
    let mut wanted = Vec::new();
    for id in &ids {
        wanted.push(try_get(&tenant.viewer, id).await.unwrap());
    }
    assert_eq!(found, wanted);
    assert_eq!(found[1].hold.as_ref().unwrap().remaining, "6");

    let many: Vec<_> = (0..200).map(|_| new_transfer(&from, &to, "0.01")).collect();
    batch(&tenant.operator, many.clone(), BatchMode::AllOrNothing).await.unwrap();
    let ids: Vec<_> = many.iter().rev().map(|new| new.id.clone()).collect();
    let found = read(&tenant.viewer, ids.clone()).await.unwrap();
    assert!(found.iter().map(|transfer| &transfer.id).eq(&ids));

    let (first, second) = (id(), id());
    let outcome = read(&tenant.viewer, vec![direct.id, first.clone(), second]).await;
    let fault = refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
    assert!(fault.message.contains(&first), "{fault:?}");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (from, to) = two(&theirs.operator).await;
    let foreign = moved(&theirs.operator, &from, &to, "10").await.id;
    let (from, to) = two(&ours.operator).await;
    let own = moved(&ours.operator, &from, &to, "10").await.id;
    let absent = id();
    let fault = assert_hidden(
        (read(&ours.viewer, vec![own.clone(), foreign.clone()]).await, &foreign),
        (read(&ours.viewer, vec![own, absent.clone()]).await, &absent),
    );
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let cases: Vec<(Vec<String>, &[&str])> = vec![
        (vec![], &["ids"]),
        (vec![id(); 201], &["ids"]),
        (vec![String::new(), id(), "x".into()], &["ids[0]", "ids[2]"]),
    ];
    for (ids, fields) in cases {
        invalid(read(&tenant.viewer, ids).await, fields);
    }
}
