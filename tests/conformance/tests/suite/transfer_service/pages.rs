//! Pages of transfers while others are made, and pages of large ones.

use std::collections::BTreeSet;

use bursar_proto::ledger::v1::{
    BatchMode, ListTransfersRequest, NewTransfer, SortOrder, TransferFilter,
};
use bursar_testkit::{
    Caller, Server, attributes, batch, history, list_all, moved, new_transfer, ok,
};
use prost::Message as _;
use serde_json::json;

use super::two;

/// Nothing is shown twice, and nothing that was there at the first page is lost, in either order.
#[tokio::test]
async fn pages_are_complete_under_inserts() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let new: Vec<_> = (0..120).map(|_| new_transfer(&from, &to, "1")).collect();
    batch(&tenant.operator, new.clone(), BatchMode::AllOrNothing).await.unwrap();
    let initial: BTreeSet<_> = new.into_iter().map(|new| new.id).collect();
    let (writer, debit, credit) = (tenant.operator.clone(), from.clone(), to.clone());
    let inserting = tokio::spawn(async move {
        for _ in 0..80 {
            moved(&writer, &debit, &credit, "1").await;
        }
    });
    let whole = TransferFilter::default();
    let of_account = TransferFilter { account_id: to.id.clone(), ..Default::default() };
    for filter in [whole, of_account] {
        for order in [SortOrder::NewestFirst, SortOrder::OldestFirst] {
            let listed = ids(&tenant.viewer, &filter, order).await;
            let distinct: BTreeSet<_> = listed.iter().cloned().collect();
            assert_eq!(distinct.len(), listed.len(), "nothing twice");
            assert!(distinct.is_superset(&initial), "nothing lost");
        }
    }
    inserting.await.unwrap();
    assert_eq!(history(&tenant.viewer, &to).await.len(), 200);
}

async fn ids(caller: &Caller, filter: &TransferFilter, order: SortOrder) -> Vec<String> {
    let mut request = ListTransfersRequest {
        filter: Some(filter.clone()),
        order: order.into(),
        page_size: 7,
        page_token: String::new(),
    };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.transfers().list_transfers(request.clone()).await);
        found.extend(page.transfers.into_iter().map(|t| t.id));
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

/// Whoever follows an account oldest first misses nothing, not even what is made meanwhile: an account's transfers
/// commit in the order of their times.
#[tokio::test]
async fn following_an_account_sees_every_version() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let (writer, debit, credit) = (tenant.operator.clone(), from.clone(), to.clone());
            tokio::spawn(async move {
                for _ in 0..25 {
                    moved(&writer, &debit, &credit, "1").await;
                }
            })
        })
        .collect();
    let mut seen = Vec::new();
    let mut filter = TransferFilter { account_id: to.id.clone(), ..Default::default() };
    while seen.len() < 150 {
        let found = list_all(&tenant.viewer, filter.clone(), 5).await;
        seen.extend(found.iter().map(|t| t.credit_balance.as_ref().unwrap().version));
        if let Some(last) = found.last().and_then(|t| t.posted_at) {
            // A microsecond on.
            let nanos = last.nanos + 1_000;
            let carry = nanos / 1_000_000_000;
            filter.from = Some(prost_types::Timestamp {
                seconds: last.seconds + i64::from(carry),
                nanos: nanos % 1_000_000_000,
            });
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen, (1..=150).collect::<Vec<_>>());
}

/// Pages of transfers with large metadata stay below what a client takes, and hold everything.
#[tokio::test]
async fn large_items_make_small_pages() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    // 16 KB as JSON, but 88 KB on the wire.
    let metadata = attributes(json!({ "n": vec![1; 8_000] }));
    let mut made = Vec::new();
    for _ in 0..2 {
        let new = NewTransfer { metadata: metadata.clone(), ..new_transfer(&from, &to, "1") };
        let new: Vec<_> =
            (0..40).map(|_| NewTransfer { id: bursar_testkit::id(), ..new.clone() }).collect();
        made.extend(new.iter().map(|new| new.id.clone()));
        batch(&tenant.operator, new, BatchMode::AllOrNothing).await.unwrap();
    }
    let mut request = ListTransfersRequest {
        page_size: 1_000,
        order: SortOrder::OldestFirst.into(),
        ..Default::default()
    };
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = ok(tenant.viewer.transfers().list_transfers(request.clone()).await);
        assert!(page.encoded_len() < 4 * 1024 * 1024 && !page.transfers.is_empty());
        found.extend(page.transfers.into_iter().map(|t| t.id));
        pages += 1;
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(found, made);
    assert!(pages >= 2, "{pages}");
}
