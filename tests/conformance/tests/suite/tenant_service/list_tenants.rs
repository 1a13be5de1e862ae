use bursar_proto::admin::v1::{ListTenantsRequest, Tenant, TenantState};
use bursar_testkit::{Server, fault, ok};
use tonic::Code;

use super::{deletion, refusal, suspension};

async fn in_state(server: &Server, state: TenantState) -> Vec<String> {
    let request = ListTenantsRequest { state: state.into(), ..Default::default() };
    ids(ok(server.platform.tenants().list_tenants(request).await).tenants)
}

fn ids(tenants: Vec<Tenant>) -> Vec<String> {
    tenants.into_iter().map(|tenant| tenant.id).collect()
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    assert!(
        in_state(&server, TenantState::Unspecified).await.is_empty(),
        "the platform is no tenant"
    );
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(server.tenant().await);
    }
    let all: Vec<String> = made.iter().map(|tenant| tenant.id.clone()).collect();
    assert_eq!(in_state(&server, TenantState::Unspecified).await, all, "oldest first");
    ok(server.platform.tenants().suspend_tenant(suspension(&made[1])).await);
    ok(server.platform.tenants().delete_tenant(deletion(&made[2])).await);
    assert_eq!(in_state(&server, TenantState::Unspecified).await, all);
    assert_eq!(in_state(&server, TenantState::Active).await, [all[0].clone(), all[3].clone()]);
    assert_eq!(in_state(&server, TenantState::Suspended).await, [all[1].clone()]);
    assert_eq!(in_state(&server, TenantState::Deleted).await, [all[2].clone()]);

    for page_size in 1..=4 {
        let mut request = ListTenantsRequest { page_size, ..Default::default() };
        let mut found = Vec::new();
        loop {
            let page = ok(server.platform.tenants().list_tenants(request.clone()).await);
            assert!(page.tenants.len() <= usize::try_from(page_size).unwrap());
            found.extend(ids(page.tenants));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(found, all, "pages of {page_size}");
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for caller in [&tenant.admin, &tenant.operator, &tenant.viewer, &tenant.auditor] {
        let refused = refusal(caller.tenants().list_tenants(ListTenantsRequest::default()).await);
        refused.is("a tenant's key", Code::PermissionDenied, "PERMISSION_MISSING");
        assert_eq!(refused.meta("permission"), "admin.tenant.read");
    }
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    server.tenant().await;
    server.tenant().await;
    let first = ListTenantsRequest { page_size: 1, ..Default::default() };
    let token = ok(server.platform.tenants().list_tenants(first.clone()).await).next_page_token;
    let suspended = TenantState::Suspended.into();
    let cases: [(&str, ListTenantsRequest, &[&str]); 5] = [
        ("unknown state", ListTenantsRequest { state: 4, ..Default::default() }, &["state"]),
        (
            "negative size",
            ListTenantsRequest { page_size: -1, ..Default::default() },
            &["page_size"],
        ),
        (
            "garbage",
            ListTenantsRequest { page_token: "AAAA".into(), ..Default::default() },
            &["page_token"],
        ),
        (
            "other filter",
            ListTenantsRequest { state: suspended, page_token: token, page_size: 1 },
            &["page_token"],
        ),
        (
            "both",
            ListTenantsRequest { state: -2, page_size: i32::MIN, ..Default::default() },
            &["state", "page_size"],
        ),
    ];
    for (case, request, fields) in cases {
        fault(server.platform.tenants().list_tenants(request).await.unwrap_err())
            .names(case, fields);
    }
}
