//! After a fence the answer is final.

use bursar_proto::admin::v1::{CreateTenantRequest, ListTenantsRequest};
use bursar_proto::audit::v1::{AuditEvent, AuditFilter, ListAuditEventsRequest};
use bursar_proto::ledger::v1::{
    BatchCreateAccountsRequest, BatchMode, CreateAccountRequest, CreateAssetRequest,
    CreateTransferRequest, ListAccountsRequest, NewAccount, NewTransfer, PostTransferRequest,
    ReverseTransferRequest, VoidTransferRequest,
};
use bursar_testkit::{
    Caller, Server, TestTenant, balance, batch, fault, held, history, id, moved, new_transfer, ok,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{ask, fence, fenced, refused_as_fenced, two_accounts};

async fn fence_events(tenant: &TestTenant) -> Vec<AuditEvent> {
    let filter = AuditFilter { action: "operation.fence".into(), ..Default::default() };
    let request = ListAuditEventsRequest { filter: Some(filter), ..Default::default() };
    ok(tenant.auditor.audit().list_audit_events(request).await).events
}

async fn accounts(caller: &Caller) -> usize {
    ok(caller.accounts().list_accounts(ListAccountsRequest::default()).await).accounts.len()
}

#[tokio::test]
async fn no_mutation_with_a_fenced_id_commits() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let admin = &tenant.admin;
    let stopped = id();
    let first = fence(admin, &stopped).await;
    fenced(&first);
    assert_eq!(ask(admin, &stopped).await, first);
    assert_eq!(fence(&tenant.operator, &stopped).await, first, "fenced once");

    let new = NewAccount { asset: "EUR".into(), ..Default::default() };
    for validate_only in [false, true] {
        let request = CreateAccountRequest {
            request_id: stopped.clone(),
            account: Some(new.clone()),
            validate_only,
        };
        refused_as_fenced(admin.accounts().create_account(request).await);
    }
    let request = BatchCreateAccountsRequest {
        request_id: stopped.clone(),
        accounts: vec![new],
        validate_only: false,
    };
    refused_as_fenced(admin.accounts().batch_create_accounts(request).await);
    let request = CreateAssetRequest {
        request_id: stopped.clone(),
        code: "MILES".into(),
        name: "Miles".into(),
        ..Default::default()
    };
    refused_as_fenced(admin.assets().create_asset(request).await);
    refused_as_fenced(
        admin
            .keys()
            .create_api_key(bursar_proto::admin::v1::CreateApiKeyRequest {
                request_id: stopped.clone(),
                label: "x".into(),
                role: 1,
                ..Default::default()
            })
            .await,
    );
    assert_eq!(ask(admin, &stopped).await, first, "refused calls change nothing");
    assert_eq!(accounts(admin).await, 0);

    let events = fence_events(&tenant).await;
    assert_eq!(events.len(), 1, "one event, though it was asked for twice");
    let event = &events[0];
    assert_eq!((event.resource_type.as_str(), &event.resource_id), ("operation", &stopped));
    assert_eq!((event.method.as_str(), &event.request_id), ("GetOperation", &stopped));
    assert_eq!(event.path, "/bursar.operation.v1.OperationService/GetOperation");

    // The platform's calls too.
    let stopped = id();
    fenced(&fence(&server.platform, &stopped).await);
    let request =
        CreateTenantRequest { request_id: stopped, name: "x".into(), ..Default::default() };
    refused_as_fenced(server.platform.tenants().create_tenant(request).await);
    let listed = ok(server.platform.tenants().list_tenants(ListTenantsRequest::default()).await);
    assert_eq!(listed.tenants.len(), 1);
}

#[tokio::test]
async fn no_transfer_with_a_fenced_id_commits() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let operator = &tenant.operator;
    let (one, two) = two_accounts(&tenant).await;
    let before = moved(operator, &one, &two, "7").await;
    let hold = held(operator, &one, &two, "5").await;
    let state = (balance(operator, &one).await, balance(operator, &two).await);
    let stopped = id();
    fenced(&fence(operator, &stopped).await);

    let with_id = |validate_only| CreateTransferRequest {
        transfer: Some(NewTransfer { id: stopped.clone(), ..new_transfer(&one, &two, "1") }),
        validate_only,
    };
    refused_as_fenced(operator.transfers().create_transfer(with_id(false)).await);
    refused_as_fenced(operator.transfers().create_transfer(with_id(true)).await);
    let post = PostTransferRequest {
        id: stopped.clone(),
        pending_id: hold.id.clone(),
        ..Default::default()
    };
    refused_as_fenced(operator.transfers().post_transfer(post).await);
    let void = VoidTransferRequest {
        id: stopped.clone(),
        pending_id: hold.id.clone(),
        ..Default::default()
    };
    refused_as_fenced(operator.transfers().void_transfer(void).await);
    let back = ReverseTransferRequest {
        id: stopped.clone(),
        transfer_id: before.id.clone(),
        ..Default::default()
    };
    refused_as_fenced(operator.transfers().reverse_transfer(back).await);
    assert_eq!((balance(operator, &one).await, balance(operator, &two).await), state);
    assert_eq!(history(&tenant.viewer, &one).await.len(), 2, "the tombstone is no transfer");
    let get = bursar_proto::ledger::v1::GetTransferRequest { id: stopped.clone() };
    fault(tenant.viewer.transfers().get_transfer(get).await.unwrap_err()).is(
        "none",
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
}

#[tokio::test]
async fn a_fenced_id_stops_its_batch_or_only_itself() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let operator = &tenant.operator;
    let (one, two) = two_accounts(&tenant).await;
    let stopped = id();
    fenced(&fence(operator, &stopped).await);
    let transfers = || {
        let mut three: Vec<_> = (0..3).map(|_| new_transfer(&one, &two, "1")).collect();
        three[1].id.clone_from(&stopped);
        three
    };
    let refused = fault(batch(operator, transfers(), BatchMode::AllOrNothing).await.unwrap_err());
    refused.is("all", Code::Aborted, "OPERATION_FENCED");
    assert_eq!(refused.meta("index"), "1");
    assert_eq!(balance(operator, &two).await.posted, "0");

    let results = batch(operator, transfers(), BatchMode::Independent).await.unwrap();
    assert!(results[0].error.is_none() && results[2].error.is_none());
    let error = results[1].error.clone().unwrap();
    let status = Status::with_details(
        Code::Aborted,
        error.message.clone(),
        prost::Message::encode_to_vec(&error).into(),
    );
    assert_eq!(error.code, Code::Aborted as i32);
    assert_eq!(status.get_details_error_info().unwrap().reason, "OPERATION_FENCED");
    assert_eq!(balance(operator, &two).await.posted, "2");
}

#[tokio::test]
async fn what_has_committed_is_told_and_not_fenced() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let operator = &tenant.operator;
    let (one, two) = two_accounts(&tenant).await;
    let transfer = CreateTransferRequest {
        transfer: Some(new_transfer(&one, &two, "3")),
        validate_only: false,
    };
    let moved = ok(operator.transfers().create_transfer(transfer.clone()).await);
    let transfer_id = transfer.transfer.as_ref().unwrap().id.clone();
    let new = NewAccount { asset: "EUR".into(), ..Default::default() };
    let account =
        CreateAccountRequest { request_id: id(), account: Some(new), validate_only: false };
    let opened = ok(operator.accounts().create_account(account.clone()).await);

    super::succeeded(
        &fence(operator, &transfer_id).await,
        "/bursar.ledger.v1.TransferService/CreateTransfer",
        &moved,
    );
    super::succeeded(
        &fence(operator, &account.request_id).await,
        "/bursar.ledger.v1.AccountService/CreateAccount",
        &opened,
    );
    assert!(fence_events(&tenant).await.is_empty());
    assert!(ok(operator.transfers().create_transfer(transfer).await).replayed);
    assert!(ok(operator.accounts().create_account(account).await).replayed);
}
