//! A fence against a call that is on its way: exactly one of them wins, and everybody is told the same.

use std::time::Duration;

use bursar_proto::ledger::v1::{
    BalanceRule, CreateAccountRequest, CreateTransferRequest, ListAccountsRequest, NewAccount,
};
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};
use bursar_testkit::{
    Server, TestTenant, balance, fault, history, id, new_account, new_transfer, ok,
};
use tonic::{Response, Status};

use super::{ask, two_accounts};

const ROUNDS: u64 = 50;

/// Whether the call committed; both answers are checked against each other and against what is asked later.
async fn settle<R: std::fmt::Debug>(
    tenant: &TestTenant,
    id: &str,
    round: u64,
    call: impl Future<Output = Result<Response<R>, Status>>,
) -> bool {
    // From a fence that comes 3 milliseconds before to one that comes 3 after.
    let wait = |millis| tokio::time::sleep(Duration::from_millis(millis));
    let offset = round % 7;
    let call = async {
        wait(3_u64.saturating_sub(offset)).await;
        call.await
    };
    let fence = async {
        wait(offset.saturating_sub(3)).await;
        let request = GetOperationRequest { id: id.into(), fence: true };
        ok(tenant.admin.operations().get_operation(request).await)
    };
    let (called, answered) = tokio::join!(call, fence);
    let committed = match called {
        Ok(_) => true,
        Err(status) => {
            let fault = fault(status);
            assert_eq!(fault.reason, "OPERATION_FENCED", "round {round}: {fault:?}");
            false
        }
    };
    let wanted = if committed { OperationState::Succeeded } else { OperationState::Fenced };
    assert_eq!(answered.state(), wanted, "round {round}");
    assert_eq!(ask(&tenant.operator, id).await, answered, "round {round}: final");
    committed
}

#[tokio::test]
async fn with_transfers() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (one, two) = two_accounts(&tenant).await;
    let mut committed = 0;
    for round in 0..ROUNDS {
        let transfer = new_transfer(&one, &two, "1");
        let id = transfer.id.clone();
        let request = CreateTransferRequest { transfer: Some(transfer), validate_only: false };
        let mut client = tenant.operator.transfers();
        let call = client.create_transfer(request);
        committed += usize::from(settle(&tenant, &id, round, call).await);
    }
    assert!((1..50).contains(&committed), "both must win sometimes: {committed} of 50 committed");
    assert_eq!(balance(&tenant.viewer, &two).await.posted, committed.to_string());
    assert_eq!(history(&tenant.viewer, &one).await.len(), committed);
}

#[tokio::test]
async fn with_mutations() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let mut committed = 0;
    for round in 0..ROUNDS {
        let new = NewAccount { asset: "EUR".into(), ..Default::default() };
        let request =
            CreateAccountRequest { request_id: id(), account: Some(new), validate_only: false };
        let request_id = request.request_id.clone();
        let mut client = tenant.operator.accounts();
        let call = client.create_account(request);
        committed += usize::from(settle(&tenant, &request_id, round, call).await);
    }
    assert!((1..50).contains(&committed), "both must win sometimes: {committed} of 50 committed");
    let all = ListAccountsRequest { page_size: 1_000, ..Default::default() };
    let found = ok(tenant.viewer.accounts().list_accounts(all).await).accounts;
    assert_eq!(found.len(), committed);
}

/// The call waits for an account when the fence is asked for: the fence does not wait for the call, and stops it.
#[tokio::test]
async fn a_fence_stops_a_call_that_waits() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (one, two) = two_accounts(&tenant).await;
    let third = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let blocker = server.database.connect().await;
    let lock =
        format!("BEGIN; SELECT FROM bursar.ledger_account WHERE id = '{}' FOR UPDATE", two.id);
    blocker.batch_execute(&lock).await.unwrap();

    let transfer = new_transfer(&one, &two, "1");
    let transfer_id = transfer.id.clone();
    let caller = tenant.operator.clone();
    let call = tokio::spawn(async move {
        let request = CreateTransferRequest { transfer: Some(transfer), validate_only: false };
        caller.transfers().create_transfer(request).await.map_err(fault)
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    super::not_recorded(&ask(&tenant.operator, &transfer_id).await);
    super::fenced(&super::fence(&tenant.operator, &transfer_id).await);
    blocker.batch_execute("ROLLBACK").await.unwrap();
    let refused = call.await.unwrap().unwrap_err();
    assert_eq!(refused.reason, "OPERATION_FENCED");
    for account in [&one, &two, &third] {
        assert_eq!(balance(&tenant.viewer, account).await.posted, "0");
    }
}
