use bursar_proto::admin::v1::{ApiKeyState, GetApiKeyRequest, WhoAmIRequest};
use bursar_testkit::{Server, assert_hidden, fault, id, ok};
use tonic::Code;

use super::{get, new_key};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = ok(tenant.admin.keys().create_api_key(new_key()).await).api_key.unwrap();
    for caller in [&tenant.admin, &tenant.auditor] {
        assert_eq!(get(caller, &made.id).await, made);
    }
    assert_eq!(get(&tenant.admin, &made.id.to_uppercase()).await, made);
    let own = ok(tenant.viewer.server().who_am_i(WhoAmIRequest {}).await).key_id;
    assert_eq!(get(&tenant.admin, &own).await.state(), ApiKeyState::Active);
    let platform = ok(server.platform.server().who_am_i(WhoAmIRequest {}).await).key_id;
    assert_eq!(get(&server.platform, &platform).await.label, "tests");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let made = ok(one.admin.keys().create_api_key(new_key()).await).api_key.unwrap();
    let absent = id();
    for caller in [&other.admin, &other.auditor, &server.platform] {
        let ask =
            async |id: &str| caller.keys().get_api_key(GetApiKeyRequest { id: id.into() }).await;
        assert_hidden((ask(&made.id).await, &made.id), (ask(&absent).await, &absent)).is(
            "another tenant's",
            Code::NotFound,
            "RESOURCE_NOT_FOUND",
        );
    }
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for bad in
        ["", "x", "{0192f0c0-0000-7000-8000-000000000000}", "0192f0c0000070008000000000000000"]
    {
        let request = GetApiKeyRequest { id: bad.into() };
        fault(tenant.admin.keys().get_api_key(request).await.unwrap_err()).names(bad, &["id"]);
    }
}
