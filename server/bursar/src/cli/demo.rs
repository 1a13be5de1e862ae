//! `bursar serve --demo`: a tenant to try things with, made through gRPC like any other.

use super::client::Client;
use super::demo_lines::{KeyFrom, Scene, lines};
use super::failure::Failure;
use super::health::dial;
use crate::config::Config;
use crate::files::{read_line, write_private};
use crate::local::{PLATFORM_KEY_FILE, data_dir};
use crate::serve::Running;
use bursar_proto::admin::v1::{CreateTenantRequest, WhoAmIRequest};
use bursar_proto::common::v1::Money;
use bursar_proto::ledger::v1::{
    BalanceRule, BatchCreateAccountsRequest, CreateTransferRequest, GetAccountRequest, NewAccount,
    NewTransfer,
};
use secrecy::SecretString;
use std::path::Path;
use tonic::Code;
use uuid::Uuid;

/// File of the demo tenant's key in the data directory.
pub(crate) const KEY_FILE: &str = "demo.key";
/// A customer's account. The ids are fixed, so that documentation can name them.
const ALICE: &str = "a11ce000-0000-4000-8000-000000000001";
/// Another customer's account.
const BOB: &str = "b0b00000-0000-4000-8000-000000000002";
/// The account that money comes in by.
const BANK: &str = "ba2c0000-0000-4000-8000-000000000003";
/// Asset of all three.
const ASSET: &str = "EUR";
/// The transfer that gives Alice something to spend.
const OPENING: &str = "09e20000-0000-4000-8000-000000000004";
const OPENING_AMOUNT: &str = "1000";

/// Makes what is missing of the demo; returns calls to try.
pub(crate) async fn prepare(config: &Config, running: &Running) -> Result<String, Failure> {
    if config.transport.tls.is_some() {
        return Err(Failure::usage(
            "the demo is for plain connections; unset BURSAR_TLS_CERT and BURSAR_TLS_KEY",
        ));
    }
    let dir = running.data_dir().map_or_else(|| data_dir(config), Path::to_owned);
    let address = dial(running.grpc_addr);
    let url = format!("http://{address}");
    let key_file = dir.join(KEY_FILE);
    let client = match existing(&url, &key_file).await? {
        Some(client) => client,
        None => create(&platform(&url, &dir).await?, &key_file).await?,
    };
    accounts(&client).await?;
    Ok(lines(&Scene {
        ready: "The demo tenant is ready: Alice has 1000 EUR, Bob has an account.".into(),
        url: &url,
        key: KeyFrom::File(&key_file),
        payer: ALICE,
        payee: BOB,
        asset: ASSET,
    }))
}

/// The demo tenant of an earlier start, if its key still works.
pub(super) async fn existing(url: &str, key_file: &Path) -> Result<Option<Client>, Failure> {
    let Some(key) = read_line(key_file).map_err(Failure::failed)? else { return Ok(None) };
    let client = Client::connect(url, &SecretString::from(key)).await?;
    match client.server().who_am_i(WhoAmIRequest {}).await {
        Ok(_) => Ok(Some(client)),
        // A key of a database that was thrown away.
        Err(status) if status.code() == Code::Unauthenticated => Ok(None),
        Err(status) => Err(status.into()),
    }
}

/// The server, seen by the holder of the platform's key in the data directory.
async fn platform(url: &str, dir: &Path) -> Result<Client, Failure> {
    let platform_file = dir.join(PLATFORM_KEY_FILE);
    let platform = read_line(&platform_file).map_err(Failure::failed)?.ok_or_else(|| {
        let file = platform_file.display();
        Failure::usage(format!("it takes a key of the platform: put one into {file}"))
    })?;
    Client::connect(url, &SecretString::from(platform)).await
}

/// Makes the tenant and writes its key to a file.
pub(super) async fn create(platform: &Client, key_file: &Path) -> Result<Client, Failure> {
    let request = CreateTenantRequest {
        request_id: Uuid::now_v7().to_string(),
        name: "Demo".into(),
        key_label: "demo".into(),
        ..Default::default()
    };
    let reply = platform.tenants().create_tenant(request).await?.into_inner();
    write_private(key_file, &reply.key).map_err(Failure::failed)?;
    platform.with_key(&SecretString::from(reply.key))
}

async fn accounts(client: &Client) -> Result<(), Failure> {
    let mut service = client.accounts();
    match service.get_account(GetAccountRequest { id: ALICE.into() }).await {
        Ok(_) => {}
        Err(status) if status.code() == Code::NotFound => {
            let account = |id: &str, name: &str, code: &str, rule: BalanceRule| NewAccount {
                id: id.into(),
                asset: ASSET.into(),
                code: code.into(),
                external_reference: format!("demo:{name}"),
                balance_rule: rule.into(),
                ..Default::default()
            };
            let accounts = vec![
                account(ALICE, "alice", "customer", BalanceRule::DebitsMustNotExceedCredits),
                account(BOB, "bob", "customer", BalanceRule::DebitsMustNotExceedCredits),
                account(BANK, "bank", "bank", BalanceRule::Unlimited),
            ];
            let request = BatchCreateAccountsRequest {
                request_id: Uuid::now_v7().to_string(),
                accounts,
                validate_only: false,
            };
            service.batch_create_accounts(request).await?;
        }
        Err(status) => return Err(status.into()),
    }
    let opening = NewTransfer {
        id: OPENING.into(),
        debit_account_id: BANK.into(),
        credit_account_id: ALICE.into(),
        amount: Some(Money { asset: ASSET.into(), amount: OPENING_AMOUNT.into() }),
        code: "deposit".into(),
        ..Default::default()
    };
    // A later start sends it again and gets the first reply.
    client
        .transfers()
        .create_transfer(CreateTransferRequest { transfer: Some(opening), validate_only: false })
        .await?;
    Ok(())
}
