//! kill -9 of the server under a stream: its caller goes on where its results ended, and each transfer is posted once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bursar_proto::ledger::v1::{NewTransfer, StreamTransfersRequest, TransferFilter};
use bursar_testkit::{Caller, TransferStream, list_all};

use crate::kill_nine::new_bank;
use crate::process::{self, DataDir};
use crate::random::Random;

const TRANSFERS: usize = 6_000;
const KILLS: usize = 4;
const IN_A_MESSAGE: usize = 11;

/// Streams what has no result yet until the stream ends; how many results were replays.
async fn go_on(caller: &Caller, new: &[NewTransfer], answered: &AtomicUsize) -> usize {
    let mut replayed = 0;
    let mut stream = TransferStream::open(caller).await.expect("it serves");
    let (messages, left) = (stream.sender(), new[answered.load(Ordering::SeqCst)..].to_vec());
    let sending = tokio::spawn(async move {
        for transfers in left.chunks(IN_A_MESSAGE) {
            let message = StreamTransfersRequest { transfers: transfers.to_vec() };
            if messages.send(message).await.is_err() {
                return;
            }
            // Slow enough that a kill falls into the middle.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    stream.end();
    while let Ok(Some(reply)) = stream.next().await {
        for result in reply.results {
            let at = answered.fetch_add(1, Ordering::SeqCst);
            assert_eq!(result.id, new[at].id);
            assert!(result.error.is_none(), "{result:?}");
            replayed += usize::from(result.replayed);
        }
    }
    sending.abort();
    replayed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_posts_each_once() {
    let dir = DataDir::new();
    let mut process = process::start(&dir.0).await;
    let mut bank = new_bank(&process, &dir).await;
    let random = Random::new();
    let new: Vec<_> = (0..TRANSFERS).map(|_| bank.any_transfer(&random)).collect();
    let (answered, mut replayed) = (AtomicUsize::new(0), 0);
    for _ in 0..KILLS {
        let before = answered.load(Ordering::SeqCst);
        let killing = async {
            while answered.load(Ordering::SeqCst) < before + TRANSFERS / (2 * KILLS) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(random.below(20))).await;
            process.kill().await;
        };
        let (more, ()) = tokio::join!(go_on(&bank.caller, &new, &answered), killing);
        replayed += more;
        process = process::start(&dir.0).await;
        bank = bank.through(&process.caller(&bank.caller.key_text));
    }
    assert!(answered.load(Ordering::SeqCst) < TRANSFERS, "the last kill came too late");
    replayed += go_on(&bank.caller, &new, &answered).await;
    assert_eq!(answered.load(Ordering::SeqCst), TRANSFERS);
    eprintln!("{replayed} had been posted before the kill that took their results");
    let found = list_all(&bank.caller, TransferFilter::default(), 1_000).await;
    assert_eq!(found.len(), TRANSFERS, "each was posted once");
    let found: BTreeSet<_> = found.iter().map(|transfer| &transfer.id).collect();
    assert_eq!(found, new.iter().map(|new| &new.id).collect::<BTreeSet<_>>());
}
