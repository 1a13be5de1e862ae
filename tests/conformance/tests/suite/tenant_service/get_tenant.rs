use bursar_proto::admin::v1::{GetTenantRequest, TenantState};
use bursar_testkit::{Server, fault};

use super::{get, only_the_platform_manages};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let found = get(&server, &tenant.id).await;
    assert_eq!((found.id.as_str(), found.name.as_str()), (tenant.id.as_str(), "test tenant"));
    assert_eq!((found.state(), found.etag.is_empty()), (TenantState::Active, false));
    let limits = found.limits.unwrap();
    assert_eq!((limits.max_api_keys, limits.requests_per_second), (100, 0));
    assert!(found.created_at.is_some() && found.updated_at.is_some());
}

#[tokio::test]
async fn other_tenant() {
    only_the_platform_manages(async |caller, id| {
        caller.tenants().get_tenant(GetTenantRequest { id }).await
    })
    .await;
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    for bad in [
        "",
        "x",
        "urn:uuid:0192f0c0-0000-7000-8000-000000000000",
        " 0192f0c0-0000-7000-8000-00000000000",
    ] {
        let request = GetTenantRequest { id: bad.into() };
        fault(server.platform.tenants().get_tenant(request).await.unwrap_err()).names(bad, &["id"]);
    }
}
