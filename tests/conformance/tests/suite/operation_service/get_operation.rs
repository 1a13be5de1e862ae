use bursar_proto::admin::v1::{
    CreateApiKeyRequest, CreateApiKeyResponse, CreateTenantRequest, CreateTenantResponse,
    RotateApiKeyRequest, RotateApiKeyResponse, SuspendTenantRequest,
};
use bursar_proto::common::v1::Role;
use bursar_proto::ledger::v1::{
    Account, BatchCreateAccountsRequest, ClosePeriodRequest, CreateAccountRequest,
    CreateAssetRequest, NewAccount, UpdateAccountRequest,
};
use bursar_proto::operation::v1::GetOperationRequest;
use bursar_testkit::{Server, fault, id, ok};
use prost_types::FieldMask;

use super::{ask, fence, fenced, not_recorded, refusal, succeeded};

fn new_account() -> CreateAccountRequest {
    let account = NewAccount { asset: "EUR".into(), ..Default::default() };
    CreateAccountRequest { request_id: id(), account: Some(account), validate_only: false }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let admin = &tenant.admin;

    let request = new_account();
    not_recorded(&ask(admin, &request.request_id).await);
    let account = ok(admin.accounts().create_account(request.clone()).await);
    let path = "/bursar.ledger.v1.AccountService/CreateAccount";
    for caller in [admin, &tenant.operator] {
        succeeded(&ask(caller, &request.request_id).await, path, &account);
    }
    succeeded(&ask(admin, &request.request_id.to_uppercase()).await, path, &account);

    let read = account.account.clone().unwrap();
    let change = UpdateAccountRequest {
        request_id: id(),
        account: Some(Account { code: "fees".into(), ..read }),
        update_mask: Some(FieldMask { paths: vec!["code".into()] }),
        validate_only: false,
    };
    let changed = ok(admin.accounts().update_account(change.clone()).await);
    succeeded(
        &ask(admin, &change.request_id).await,
        "/bursar.ledger.v1.AccountService/UpdateAccount",
        &changed,
    );
    succeeded(&ask(admin, &request.request_id).await, path, &account);

    let new =
        |n: usize| NewAccount { asset: "USD".into(), code: format!("c{n}"), ..Default::default() };
    let batch = BatchCreateAccountsRequest {
        request_id: id(),
        accounts: (0..3).map(new).collect(),
        validate_only: false,
    };
    let made = ok(admin.accounts().batch_create_accounts(batch.clone()).await);
    succeeded(
        &ask(admin, &batch.request_id).await,
        "/bursar.ledger.v1.AccountService/BatchCreateAccounts",
        &made,
    );

    let asset = CreateAssetRequest {
        request_id: id(),
        code: "MILES".into(),
        name: "Miles".into(),
        ..Default::default()
    };
    let made = ok(admin.assets().create_asset(asset.clone()).await);
    succeeded(
        &ask(admin, &asset.request_id).await,
        "/bursar.ledger.v1.AssetService/CreateAsset",
        &made,
    );

    let period =
        ClosePeriodRequest { request_id: id(), ends_on: "2000-01-31".into(), validate_only: false };
    let made = ok(admin.periods().close_period(period.clone()).await);
    succeeded(
        &ask(admin, &period.request_id).await,
        "/bursar.ledger.v1.PeriodService/ClosePeriod",
        &made,
    );
}

/// The first reply, without the secret that it showed once.
#[tokio::test]
async fn tells_no_secret() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = CreateApiKeyRequest {
        request_id: id(),
        label: "x".into(),
        role: Role::Viewer.into(),
        ..Default::default()
    };
    let made = ok(tenant.admin.keys().create_api_key(request.clone()).await);
    let found = ask(&tenant.operator, &request.request_id).await;
    let told = CreateApiKeyResponse { key: String::new(), ..made.clone() };
    succeeded(&found, "/bursar.admin.v1.ApiKeyService/CreateApiKey", &told);

    let rotation = RotateApiKeyRequest {
        request_id: id(),
        id: made.api_key.unwrap().id,
        ..Default::default()
    };
    let made = ok(tenant.admin.keys().rotate_api_key(rotation.clone()).await);
    let told = RotateApiKeyResponse { key: String::new(), ..made };
    let found = ask(&tenant.admin, &rotation.request_id).await;
    succeeded(&found, "/bursar.admin.v1.ApiKeyService/RotateApiKey", &told);

    let request = CreateTenantRequest { request_id: id(), name: "x".into(), ..Default::default() };
    let made = ok(server.platform.tenants().create_tenant(request.clone()).await);
    let told = CreateTenantResponse { key: String::new(), ..made.clone() };
    let found = ask(&server.platform, &request.request_id).await;
    succeeded(&found, "/bursar.admin.v1.TenantService/CreateTenant", &told);
    let request = SuspendTenantRequest {
        request_id: id(),
        id: made.tenant.unwrap().id,
        reason: String::new(),
    };
    let made = ok(server.platform.tenants().suspend_tenant(request.clone()).await);
    succeeded(
        &ask(&server.platform, &request.request_id).await,
        "/bursar.admin.v1.TenantService/SuspendTenant",
        &made,
    );
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let request = new_account();
    let made = ok(one.admin.accounts().create_account(request.clone()).await);
    for caller in [&other.admin, &server.platform] {
        not_recorded(&ask(caller, &request.request_id).await);
        fenced(&fence(caller, &request.request_id).await);
    }
    let path = "/bursar.ledger.v1.AccountService/CreateAccount";
    succeeded(&ask(&one.admin, &request.request_id).await, path, &made);

    // A fence is a tenant's own: it stops nobody else's call with the same id.
    let free = new_account();
    fenced(&fence(&other.admin, &free.request_id).await);
    not_recorded(&ask(&one.admin, &free.request_id).await);
    assert!(!ok(one.admin.accounts().create_account(free).await).replayed);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for bad in ["", "x", "0192f0c0000070008000000000000000", "0192f0c0-0000-7000-8000-00000000000g"]
    {
        for fence in [false, true] {
            let request = GetOperationRequest { id: bad.into(), fence };
            fault(tenant.operator.operations().get_operation(request).await.unwrap_err())
                .names(bad, &["id"]);
        }
    }
}

#[tokio::test]
async fn what_was_refused_or_only_tried_stores_nothing() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let admin = &tenant.admin;
    let dry = CreateAccountRequest { validate_only: true, ..new_account() };
    ok(admin.accounts().create_account(dry.clone()).await);
    not_recorded(&ask(admin, &dry.request_id).await);
    let mut unknown_asset = new_account();
    unknown_asset.account.as_mut().unwrap().asset = "NOPE".into();
    assert_eq!(
        refusal(admin.accounts().create_account(unknown_asset.clone()).await).reason,
        "INVALID_FIELD"
    );
    not_recorded(&ask(admin, &unknown_asset.request_id).await);
    let forbidden = new_account();
    let refused = refusal(tenant.viewer.accounts().create_account(forbidden.clone()).await);
    assert_eq!(refused.reason, "PERMISSION_MISSING");
    not_recorded(&ask(admin, &forbidden.request_id).await);
    for used in [dry.request_id, unknown_asset.request_id, forbidden.request_id] {
        let request = CreateAccountRequest { request_id: used, ..new_account() };
        assert!(!ok(admin.accounts().create_account(request).await).replayed, "the id was free");
    }
}
