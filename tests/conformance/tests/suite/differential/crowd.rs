//! 64 callers at once: what each was told, the history that the ledger made of it, and the model's.

use std::collections::BTreeMap;

use bursar_testkit::Server;
use bursar_testkit::crowd::{Plan, Town};

use super::seeds;

const CALLERS: usize = 64;
const CHANNELS: usize = 4;

/// Outcomes without which a script says little.
const WANTED: [&str; 11] = [
    "INVALID_FIELD",
    "RESOURCE_NOT_FOUND",
    "ASSET_MISMATCH",
    "LIMIT_EXCEEDED",
    "ACCOUNT_CLOSED",
    "TOTAL_OVERFLOW",
    "HOLD_NOT_OPEN",
    "HOLD_EXCEEDED",
    "ALREADY_REVERSED",
    "REQUEST_ID_REUSED",
    "GROUP_REFUSED",
];

async fn play(hot_percent: usize) {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    Town::found(&tenant.admin).await;
    let callers: Vec<_> = (0..CHANNELS)
        .map(|_| bursar_testkit::Caller::new(server.port(), &tenant.operator.key_text))
        .collect();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for seed in seeds(3) {
        eprintln!("script {seed}, {hot_percent} % hot");
        let plan =
            Plan { calls: 600, hot_percent, gap: CALLERS / 2, batch_percent: 8, brief_holds: true };
        let town = Town::open(&tenant, seed, plan).await;
        let told = town.play(&callers, CALLERS).await;
        // What autovacuum does within a minute: plans made for empty tables are slow now.
        server.database.sql("ANALYZE").await;
        let tally = town.prove(&told, &callers[0]).await;
        assert!(tally.made > 200 && tally.replayed > 10, "{tally:?}");
        assert_eq!(tally.unsure, 0, "nothing is broken: {tally:?}");
        for (reason, times) in tally.refused {
            *refused.entry(reason).or_default() += times;
        }
    }
    for reason in WANTED {
        assert!(refused.contains_key(reason), "no script met {reason}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uniform_accounts() {
    play(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hot_account() {
    play(80).await;
}
