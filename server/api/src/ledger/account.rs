//! Accounts and their balances.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::account::{Account, AccountFilter};
use bursar_domain::page::{Cursor, PageRequest};
use bursar_proto::ledger::v1 as pb;
use bursar_proto::ledger::v1::account_service_server::AccountService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::convert_account::{filter, in_batch, named, new_batch, new_one, to_wire, update};
use super::{batch_ids, bounded, convert_balance, convert_statement, in_part};
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, id};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The account service.
pub(crate) struct Accounts(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl AccountService for Accounts {
    async fn create_account(
        &self,
        request: Request<pb::CreateAccountRequest>,
    ) -> Reply<pb::CreateAccountResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new_one(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |a: &Vec<_>| {
                created(a).encode_to_vec()
            })?;
            let outcome = kernel.store.account_create(&op, &write, vec![new]).await;
            reply(outcome.map_err(|error| in_part(error, "account."))?, |accounts| {
                created(&accounts)
            })
        })
        .await
    }

    async fn batch_create_accounts(
        &self,
        request: Request<pb::BatchCreateAccountsRequest>,
    ) -> Reply<pb::BatchCreateAccountsResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new_batch(&m)?;
            let len = new.len();
            let encode = |a: &Vec<_>| all_created(a).encode_to_vec();
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, encode)?;
            let outcome = kernel.store.account_create(&op, &write, new).await;
            reply(outcome.map_err(|error| in_batch(error, len))?, |accounts| all_created(&accounts))
        })
        .await
    }

    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Reply<pb::GetAccountResponse> {
        answer(request, |op, m| async move {
            let account = self.0.store.account_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetAccountResponse { account: Some(to_wire(&account)) }))
        })
        .await
    }

    async fn batch_get_accounts(
        &self,
        request: Request<pb::BatchGetAccountsRequest>,
    ) -> Reply<pb::BatchGetAccountsResponse> {
        answer(request, |op, m| async move {
            let accounts = self.0.store.account_get_batch(&op, &batch_ids(&m.ids)?).await?;
            bounded(pb::BatchGetAccountsResponse {
                accounts: accounts.iter().map(to_wire).collect(),
            })
        })
        .await
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Reply<pb::ListAccountsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let page = page_request(&op, &bytes, m.page_size, &m.page_token, 1);
            let (filter, page) = listed(m.filter.as_ref(), page)?;
            let page = fit(self.0.store.account_list(&op, &filter, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListAccountsResponse { accounts: page.items, next_page_token }))
        })
        .await
    }

    async fn update_account(
        &self,
        request: Request<pb::UpdateAccountRequest>,
    ) -> Reply<pb::UpdateAccountResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let update = update(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |a| {
                updated(a).encode_to_vec()
            })?;
            let changes = update.changes;
            let outcome = kernel
                .store
                .account_update(&op, &write, update.id, update.revision, changes)
                .await?;
            reply(outcome, |account| updated(&account))
        })
        .await
    }

    async fn close_account(
        &self,
        request: Request<pb::CloseAccountRequest>,
    ) -> Reply<pb::CloseAccountResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (id, revision) = named(&m.request_id, &m.id, &m.etag)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |a| {
                closed(a).encode_to_vec()
            })?;
            reply(kernel.store.account_close(&op, &write, id, revision).await?, |account| {
                closed(&account)
            })
        })
        .await
    }

    async fn reopen_account(
        &self,
        request: Request<pb::ReopenAccountRequest>,
    ) -> Reply<pb::ReopenAccountResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (id, revision) = named(&m.request_id, &m.id, &m.etag)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |a| {
                reopened(a).encode_to_vec()
            })?;
            reply(kernel.store.account_reopen(&op, &write, id, revision).await?, |account| {
                reopened(&account)
            })
        })
        .await
    }

    async fn get_balance(
        &self,
        request: Request<pb::GetBalanceRequest>,
    ) -> Reply<pb::GetBalanceResponse> {
        answer(request, |op, m| async move {
            let (id, as_of) = convert_balance::moment(&m)?;
            let view = self.0.store.balance_get(&op, id, as_of).await?;
            Ok(Response::new(convert_balance::view(&view)))
        })
        .await
    }

    async fn list_balances(
        &self,
        request: Request<pb::ListBalancesRequest>,
    ) -> Reply<pb::ListBalancesResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let page = page_request(&op, &bytes, m.page_size, &m.page_token, 1);
            let (filter, page) = listed(m.filter.as_ref(), page)?;
            let page = fit(self.0.store.account_list(&op, &filter, &page).await?, cursor, balance);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListBalancesResponse { balances: page.items, next_page_token }))
        })
        .await
    }

    async fn get_statement(
        &self,
        request: Request<pb::GetStatementRequest>,
    ) -> Reply<pb::GetStatementResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (range, page) = convert_statement::asked(&op, &bytes, &m)?;
            let statement = self.0.store.statement_get(&op, &range, &page).await?;
            Ok(Response::new(convert_statement::reply(&op, &bytes, statement, page.size)))
        })
        .await
    }
}

fn created(accounts: &[Account]) -> pb::CreateAccountResponse {
    pb::CreateAccountResponse { account: accounts.first().map(to_wire), replayed: false }
}

fn all_created(accounts: &[Account]) -> pb::BatchCreateAccountsResponse {
    pb::BatchCreateAccountsResponse {
        accounts: accounts.iter().map(to_wire).collect(),
        replayed: false,
    }
}

fn updated(account: &Account) -> pb::UpdateAccountResponse {
    pb::UpdateAccountResponse { account: Some(to_wire(account)), replayed: false }
}

fn closed(account: &Account) -> pb::CloseAccountResponse {
    pb::CloseAccountResponse { account: Some(to_wire(account)), replayed: false }
}

fn reopened(account: &Account) -> pb::ReopenAccountResponse {
    pb::ReopenAccountResponse { account: Some(to_wire(account)), replayed: false }
}

fn balance(account: &Account) -> pb::AccountBalance {
    let balance = convert_balance::balance(&account.balance());
    pb::AccountBalance { account_id: account.id.to_string(), balance: Some(balance) }
}

fn cursor(account: &Account) -> Cursor {
    Cursor(vec![account.id.to_string()])
}

/// The filter and page of a list, with the problems of both.
fn listed(
    m: Option<&pb::AccountFilter>,
    page: Result<PageRequest>,
) -> Result<(AccountFilter, PageRequest)> {
    let mut checks = Checks::new();
    let filter = checks.take(filter(m));
    let page = checks.take(page);
    checks.finish(|| Some((filter?, page?)))
}
