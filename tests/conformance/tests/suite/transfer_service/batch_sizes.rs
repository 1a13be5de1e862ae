//! The largest batches, in every outcome.

use bursar_proto::ledger::v1::{BalanceRule, BatchMode, NewTransfer, TransferResult};
use bursar_testkit::{
    Fault, Server, balance, batch, fault, invalid, list_all, money, new_transfer, open_limited,
};
use prost::Message as _;
use tonic::Code;

use super::{item_fault, two};

/// Most transfers of one call.
const MOST: usize = 8_190;
/// What clients take of a reply unless told otherwise.
const CLIENT_BYTES: usize = 4 * 1024 * 1024;

fn bytes(results: &[TransferResult]) -> usize {
    bursar_proto::ledger::v1::BatchCreateTransfersResponse { results: results.to_vec() }
        .encoded_len()
}

#[tokio::test]
async fn the_most_at_once_and_again() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let new: Vec<_> = (0..MOST).map(|_| new_transfer(&from, &to, "0.01")).collect();
    let mut more = new.clone();
    more.push(new_transfer(&from, &to, "0.01"));
    for mode in [BatchMode::AllOrNothing, BatchMode::Independent] {
        invalid(batch(&tenant.operator, more.clone(), mode).await, &["transfers"]);
    }

    let first = batch(&tenant.operator, new.clone(), BatchMode::AllOrNothing).await.unwrap();
    assert_eq!(first.len(), MOST);
    assert!(bytes(&first) < CLIENT_BYTES);
    assert!(first.iter().zip(&new).all(|(result, new)| result.id == new.id));
    assert_eq!(first[MOST - 1].debit_posted, "-81.9");
    let after = balance(&tenant.viewer, &to).await;
    assert_eq!((after.posted.as_str(), after.version), ("81.9", 8_190));

    let again = batch(&tenant.operator, new.clone(), BatchMode::Independent).await.unwrap();
    assert!(
        again
            .iter()
            .zip(&first)
            .all(|(again, first)| { again == &TransferResult { replayed: true, ..first.clone() } })
    );
    assert_eq!(balance(&tenant.viewer, &to).await, after);

    // One batch's transfers follow each other in the account's history, as they were given.
    let filter = bursar_proto::ledger::v1::TransferFilter {
        account_id: to.id.clone(),
        ..Default::default()
    };
    let listed = list_all(&tenant.viewer, filter, 1_000).await;
    assert!(listed.iter().map(|t| &t.id).eq(new.iter().map(|new| &new.id)));
}

/// However many are refused, and for whatever, the reply is one that a client takes.
#[tokio::test]
async fn the_most_refusals() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, _) = two(&tenant.operator).await;
    let wallet = open_limited(&tenant.operator, BalanceRule::DebitsMustNotExceedCredits, "0").await;
    let over: Vec<_> = (0..MOST).map(|_| new_transfer(&wallet, &bank, "1")).collect();
    let fine: Vec<_> = (0..MOST).map(|_| new_transfer(&wallet, &bank, "0.001")).collect();
    for (transfers, reason) in [(over, "LIMIT_EXCEEDED"), (fine, "INVALID_FIELD")] {
        let results = batch(&tenant.operator, transfers, BatchMode::Independent).await.unwrap();
        assert_eq!(results.len(), MOST);
        assert!(bytes(&results) < CLIENT_BYTES);
        assert!(results.iter().all(|result| item_fault(result).reason == reason));
    }
    assert_eq!(balance(&tenant.viewer, &wallet).await.version, 0);
}

/// A whole batch of malformed items is told in an error that fits a header.
#[tokio::test]
async fn the_most_violations() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let bad = || NewTransfer { amount: money("EUR", "NaN"), ..new_transfer(&from, &to, "1") };
    let transfers = (0..MOST).map(|_| bad()).collect();
    let outcome = batch(&tenant.operator, transfers, BatchMode::AllOrNothing).await;
    let Fault { code, reason, fields, message, .. } = fault(outcome.unwrap_err());
    assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "INVALID_FIELD"));
    assert_eq!(fields[..2], ["transfers[0].amount.amount", "transfers[1].amount.amount"]);
    assert!(message.contains("8187 more") && fields.len() < 100, "{message}");
}
