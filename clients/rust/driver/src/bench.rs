//! The client beside the raw stub: the same calls, in turns.

use std::time::{Duration, Instant};

use bursar_client::Client;
use bursar_client::proto::common::v1::Money;
use bursar_client::proto::ledger::v1::transfer_service_client::TransferServiceClient;
use bursar_client::proto::ledger::v1::{
    BatchCreateAccountsRequest, CreateTransferRequest, NewAccount, NewTransfer,
};
use futures::StreamExt as _;
use serde_json::json;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

use crate::setup::Setup;

const CALLS: usize = 10_000;
const AT_ONCE: usize = 64;
const ROUNDS: usize = 10;
const ACCOUNTS: usize = 200;

pub(crate) async fn run(setup: &Setup) {
    let client = setup.client(Some("operator"), None, true).expect("a client");
    let accounts = accounts(&client).await;
    let (url, key) = setup.address("operator");
    let channel = Endpoint::from_shared(url).expect("an address").tcp_nodelay(true).connect_lazy();
    let bearer: tonic::metadata::MetadataValue<_> = format!("Bearer {key}").parse().expect("a key");
    let stub =
        TransferServiceClient::with_interceptor(channel, move |mut request: tonic::Request<()>| {
            request.metadata_mut().insert("authorization", bearer.clone());
            Ok(request)
        });
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first round of each is for warming up.
    for round in 0..=ROUNDS {
        let with_client = through_client(&client, &accounts).await;
        let with_stub = through_stub(&stub, &accounts).await;
        if round > 0 {
            ours.push(with_client);
            theirs.push(with_stub);
        }
    }
    let (ours, theirs) = (rate(ours), rate(theirs));
    println!(
        "{}",
        json!({"language": "rust", "client_per_second": ours.round(), "stub_per_second": theirs.round(),
            "overhead": (1.0 - ours / theirs)})
    );
}

async fn accounts(client: &Client) -> Vec<String> {
    let account = NewAccount { asset: "EUR".into(), ..Default::default() };
    let request =
        BatchCreateAccountsRequest { accounts: vec![account; ACCOUNTS], ..Default::default() };
    let made = client.accounts().batch_create_accounts(request).await.expect("accounts");
    made.into_inner().accounts.into_iter().map(|account| account.id).collect()
}

fn request(accounts: &[String], at: usize, id: String) -> CreateTransferRequest {
    let transfer = NewTransfer {
        id,
        debit_account_id: accounts[at % ACCOUNTS].clone(),
        credit_account_id: accounts[(at + 1 + at / ACCOUNTS % 7) % ACCOUNTS].clone(),
        amount: Some(Money { asset: "EUR".into(), amount: "1".into() }),
        ..Default::default()
    };
    CreateTransferRequest { transfer: Some(transfer), validate_only: false }
}

async fn through_client(client: &Client, accounts: &[String]) -> Duration {
    let start = Instant::now();
    let calls = futures::stream::iter(0..CALLS / ROUNDS).map(|at| {
        let mut transfers = client.transfers();
        async move { transfers.create_transfer(request(accounts, at, String::new())).await }
    });
    calls.buffer_unordered(AT_ONCE).for_each(async |reply| drop(reply.expect("a transfer"))).await;
    start.elapsed()
}

type Stub<F> = TransferServiceClient<InterceptedService<Channel, F>>;

async fn through_stub<F>(stub: &Stub<F>, accounts: &[String]) -> Duration
where
    F: tonic::service::Interceptor + Clone,
{
    let start = Instant::now();
    let calls = futures::stream::iter(0..CALLS / ROUNDS).map(|at| {
        let mut stub = stub.clone();
        let id = bursar_client::new_id();
        async move { stub.create_transfer(request(accounts, at, id)).await }
    });
    calls.buffer_unordered(AT_ONCE).for_each(async |reply| drop(reply.expect("a transfer"))).await;
    start.elapsed()
}

/// Calls a second, of the median round.
fn rate(mut rounds: Vec<Duration>) -> f64 {
    rounds.sort();
    let median = rounds[rounds.len() / 2];
    f64::from(u32::try_from(CALLS / ROUNDS).unwrap_or(u32::MAX)) / median.as_secs_f64()
}
