use bursar_proto::audit::v1::ExportCheckpointRequest;
use bursar_testkit::{Server, fault, invalid, ok};
use serde_json::Value;
use tonic::Code;

use super::seals::sealed;

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let last = sealed(&server, &tenant).await;
    for position in [0, last.position] {
        let request = ExportCheckpointRequest { position };
        let json = ok(tenant.auditor.audit().export_checkpoint(request).await).json;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["tenant_id"], tenant.id);
        assert_eq!(json["position"], last.position);
        assert_eq!(json["events"], last.events);
        assert_eq!(json["transfers"], 0);
        assert_eq!(json["hash"], last.hash);
        let at: jiff::Timestamp = json["sealed_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(at.as_microsecond(), super::micros(last.sealed_at.as_ref()));
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    sealed(&server, &one).await;
    sealed(&server, &other).await;
    let request = ExportCheckpointRequest { position: 0 };
    let json = ok(other.auditor.audit().export_checkpoint(request).await).json;
    assert!(json.contains(&other.id) && !json.contains(&one.id), "{json}");
    let beyond = ExportCheckpointRequest { position: 1_000_000 };
    fault(other.auditor.audit().export_checkpoint(beyond).await.unwrap_err()).is(
        "beyond the last",
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = ExportCheckpointRequest { position: -5 };
    invalid(tenant.auditor.audit().export_checkpoint(request).await, &["position"]);
}
