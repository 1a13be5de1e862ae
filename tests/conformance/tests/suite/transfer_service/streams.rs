//! Streams under load: order, gathering, back-pressure, and what a cut leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bursar_proto::ledger::v1::{NewTransfer, StreamTransfersRequest};
use bursar_testkit::{
    Caller, Proxy, Server, TransferStream, account, balance, history, new_transfer, totals,
};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::transport::Endpoint;

use super::two;

/// Streams at once.
const STREAMS: usize = 8;
const MESSAGES: usize = 12;
const IN_EACH: usize = 7;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_keeps_its_order_beside_the_others() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS {
        let (caller, from, to) = (tenant.operator.clone(), from.clone(), to.clone());
        streams.spawn(async move {
            let mut stream = TransferStream::open(&caller).await.unwrap();
            let messages: Vec<Vec<NewTransfer>> = (0..MESSAGES)
                .map(|_| (0..IN_EACH).map(|_| new_transfer(&from, &to, "1")).collect())
                .collect();
            for message in &messages {
                assert!(stream.send(message.clone()).await);
            }
            stream.end();
            let (results, end) = stream.rest().await;
            assert!(end.is_none(), "{end:?}");
            let sent: Vec<_> = messages.iter().flatten().map(|new| &new.id).collect();
            assert!(results.iter().map(|result| &result.id).eq(sent));
            results
        });
    }
    let mut times = BTreeMap::new();
    while let Some(results) = streams.join_next().await {
        let results = results.unwrap();
        assert!(results.iter().all(|result| result.error.is_none() && !result.replayed));
        let at = |n: usize| results[n].posted_at.map(|at| (at.seconds, at.nanos)).unwrap();
        // In one account's history the transfers of a stream stand in their order.
        assert!((1..results.len()).all(|n| at(n - 1) < at(n)));
        times.extend((0..results.len()).map(|n| (at(n), results[n].credit_posted.clone())));
    }
    let all = STREAMS * MESSAGES * IN_EACH;
    assert!(times.into_values().eq((1..=all).map(|n| n.to_string())), "one history of all");
    assert_eq!(totals(&balance(&tenant.viewer, &to).await), ["0", &all.to_string(), "0", "0"]);
}

/// While one submit waits for a lock, what comes behind it gathers into one more.
#[tokio::test]
async fn what_waits_is_posted_together() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let busy = server.database.connect().await;
    busy.batch_execute("BEGIN; SELECT FROM bursar.ledger_account FOR UPDATE").await.unwrap();
    let mut stream = TransferStream::open(&tenant.operator).await.unwrap();
    let new: Vec<_> = (0..60).map(|_| new_transfer(&from, &to, "1")).collect();
    assert!(stream.send(new[..1].to_vec()).await);
    sleep(Duration::from_millis(300)).await;
    for new in &new[1..] {
        assert!(stream.send(vec![new.clone()]).await);
    }
    // Sent again while its first posting waits, as an impatient caller would.
    assert!(stream.send(new.clone()).await);
    sleep(Duration::from_millis(300)).await;
    busy.batch_execute("COMMIT").await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first.results.len(), 1, "the first did not wait for others");
    let second = stream.next().await.unwrap().unwrap();
    assert_eq!(second.results.len(), 119, "{} and not more", second.results.len());
    let ids = || new.iter().chain(&new).map(|new| &new.id);
    assert!(first.results.iter().chain(&second.results).map(|r| &r.id).eq(ids()));
    assert!(second.results.iter().all(|result| result.error.is_none()));
    let replayed = second.results.iter().filter(|result| result.replayed).count();
    assert_eq!(replayed, 60, "an id that comes again is a replay");
    assert_eq!(history(&tenant.viewer, &to).await.len(), 60);
}

/// A caller that reads nothing: the server reads and posts no more than fits its bounds, and goes on where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_nothing_is_not_read() {
    const EACH: usize = 500;
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    // With room for a few hundred results.
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", server.port())).unwrap();
    let endpoint = endpoint.initial_stream_window_size(65_535);
    let caller = Caller::at(&endpoint, &tenant.operator.key_text);
    let mut stream = TransferStream::open(&caller).await.unwrap();
    let (messages, sent) = (stream.sender(), Arc::new(AtomicUsize::new(0)));
    let (counted, (debit, credit)) = (sent.clone(), (from.clone(), to.clone()));
    let flood = tokio::spawn(async move {
        loop {
            let new = || NewTransfer {
                external_reference: "x".repeat(200),
                ..new_transfer(&debit, &credit, "1")
            };
            let transfers = (0..EACH).map(|_| new()).collect();
            if messages.send(StreamTransfersRequest { transfers }).await.is_err() {
                return;
            }
            counted.fetch_add(EACH, Ordering::SeqCst);
        }
    });
    // Until nothing moves for two seconds.
    let mut before = (usize::MAX, i64::MAX);
    loop {
        sleep(Duration::from_secs(2)).await;
        let posted = account(&tenant.viewer, &to.id).await.balance.unwrap().version;
        let now = (sent.load(Ordering::SeqCst), posted);
        if now == before {
            break;
        }
        before = now;
    }
    let (taken, posted) = before;
    // A few submits at most are posted and not taken: one waits to be sent, two are on their way through the transport.
    assert!(posted > 0 && posted <= 5 * 8_190, "{posted} were posted");
    // One submit is read ahead, one message is in hand, and 4 MiB are in the window of the stream.
    let ahead = taken - usize::try_from(posted).unwrap();
    assert!(ahead <= 8_190 + 2 * EACH + (4 << 20) / 300 + 8_190, "{ahead} were taken ahead");
    flood.abort();
    stream.end();
    let (results, end) = stream.rest().await;
    assert!(end.is_none(), "{end:?}");
    assert!(results.iter().all(|result| result.error.is_none() && !result.replayed));
    assert!(results.len() >= taken && results.len() <= taken + EACH, "{}", results.len());
    let version = account(&tenant.viewer, &to.id).await.balance.unwrap().version;
    assert_eq!(usize::try_from(version), Ok(results.len()));
}

/// Sends again from the first transfer without a result, until all have one.
async fn resume(caller: &Caller, new: &[NewTransfer], answered: &mut usize) -> usize {
    let mut replayed = 0;
    let Ok(mut stream) = TransferStream::open(caller).await else { return 0 };
    let (messages, left) = (stream.sender(), new[*answered..].to_vec());
    let sending = tokio::spawn(async move {
        for transfers in left.chunks(IN_EACH) {
            let message = StreamTransfersRequest { transfers: transfers.to_vec() };
            if messages.send(message).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(2)).await;
        }
    });
    stream.end();
    while let Ok(Some(reply)) = stream.next().await {
        for result in reply.results {
            assert_eq!(result.id, new[*answered].id);
            assert!(result.error.is_none(), "{result:?}");
            replayed += usize::from(result.replayed);
            *answered += 1;
        }
    }
    sending.abort();
    replayed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_stream_goes_on_where_it_was() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (from, to) = two(&tenant.operator).await;
    let new: Vec<_> = (0..2_500).map(|_| new_transfer(&from, &to, "1")).collect();
    let proxy = Arc::new(Proxy::start(server.port()).await);
    let caller = Caller::new(proxy.port, &tenant.operator.key_text);
    let cutting = proxy.clone();
    let cuts = tokio::spawn(async move {
        for round in 0..6 {
            sleep(Duration::from_millis(150)).await;
            // Half of the cuts lose only the answers: what was posted is not told.
            if round % 2 == 0 {
                cutting.cut();
            } else {
                cutting.lose_answers();
            }
            sleep(Duration::from_millis(50)).await;
            cutting.mend();
        }
    });
    let (mut answered, mut replayed, mut opened) = (0, 0, 0);
    let all = async {
        while answered < new.len() {
            replayed += resume(&caller, &new, &mut answered).await;
            opened += 1;
        }
    };
    timeout(Duration::from_mins(1), all).await.expect("it comes to an end");
    assert!(opened > 1, "the stream was cut");
    assert!(replayed > 0, "no posting lost its answer");
    cuts.await.unwrap();
    let found = history(&tenant.viewer, &to).await;
    assert_eq!(found.len(), new.len());
    let ids = |ids: &mut dyn Iterator<Item = &String>| ids.cloned().collect::<BTreeSet<_>>();
    assert_eq!(ids(&mut found.iter().map(|t| &t.id)), ids(&mut new.iter().map(|t| &t.id)));
}
