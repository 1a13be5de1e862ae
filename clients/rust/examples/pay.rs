//! The program of the README.

#![allow(clippy::print_stdout)]

use bursar_client::proto::ledger::v1::{
    CreateAccountRequest, CreateTransferRequest, GetBalanceRequest, ListTransfersRequest,
    NewAccount, NewTransfer, TransferFilter,
};
use bursar_client::{Client, decimal, money};

#[tokio::main]
async fn main() -> Result<(), bursar_client::Error> {
    // Where the server is and who you are: BURSAR_URL and BURSAR_API_KEY.
    let bursar = Client::from_env()?;

    let mut ids = Vec::new();
    for code in ["customer", "shop"] {
        let account = NewAccount { asset: "EUR".into(), code: code.into(), ..Default::default() };
        let request = CreateAccountRequest { account: Some(account), ..Default::default() };
        let made = bursar.accounts().create_account(request).await?.into_inner();
        ids.push(made.account.unwrap_or_default().id);
    }

    // No id is given, so the client makes one, and sends the same one each time it has to try.
    let transfer = NewTransfer {
        debit_account_id: ids[0].clone(),
        credit_account_id: ids[1].clone(),
        amount: Some(money("EUR", &decimal("12.50")?)?),
        ..Default::default()
    };
    let request = CreateTransferRequest { transfer: Some(transfer), ..Default::default() };
    let paid = bursar.transfers().create_transfer(request).await?.into_inner();
    println!("paid with {}", paid.transfer.unwrap_or_default().id);

    let request = GetBalanceRequest { account_id: ids[1].clone(), as_of: None };
    let reply = bursar.accounts().get_balance(request).await?.into_inner();
    let posted = decimal(&reply.balance.unwrap_or_default().posted)?;
    println!("the shop has {posted} EUR");

    // All pages, one after the other.
    let filter = TransferFilter { account_id: ids[1].clone(), ..Default::default() };
    let request = ListTransfersRequest { filter: Some(filter), ..Default::default() };
    let mut transfers = bursar.list(request);
    while let Some(transfer) = transfers.next().await? {
        println!("{} moved {}", transfer.id, transfer.amount.unwrap_or_default().amount);
    }
    Ok(())
}
