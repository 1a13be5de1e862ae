use bursar_proto::audit::v1::{Checkpoint, GetCheckpointRequest};
use bursar_testkit::{Caller, Server, fault, invalid, ok};
use tonic::Code;

use super::seals::{busy, sealed};

async fn get(caller: &Caller, position: i64) -> Checkpoint {
    ok(caller.audit().get_checkpoint(GetCheckpointRequest { position }).await).checkpoint.unwrap()
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant, 2).await;
    let last = sealed(&server, &tenant).await;
    assert_eq!((last.events, last.transfers), (5, 2));
    for caller in [&tenant.auditor, &tenant.admin] {
        assert_eq!(get(caller, 0).await, last);
        assert_eq!(get(caller, last.position).await, last);
        assert_eq!(get(caller, 1).await.position, 1);
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    busy(&one, 1).await;
    let last = sealed(&server, &one).await;
    let theirs = sealed(&server, &other).await;
    assert_eq!(get(&other.auditor, 0).await, theirs);
    assert_ne!(theirs.hash, last.hash);
    let beyond = GetCheckpointRequest { position: theirs.position.max(last.position) + 1 };
    fault(other.auditor.audit().get_checkpoint(beyond).await.unwrap_err()).is(
        "beyond the last",
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = GetCheckpointRequest { position: -1 };
    invalid(tenant.auditor.audit().get_checkpoint(request).await, &["position"]);
}
