//! What the controller tells a load generator, and what that tells back: JSON on its standard input and output.

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

/// A tenant whose accounts take part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tenant {
    /// Its number in this run; its accounts' ids follow from it.
    pub(crate) number: u32,
    /// Key of an operator of it.
    pub(crate) key: String,
    /// How many accounts it has.
    pub(crate) accounts: u32,
}

/// How accounts are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Choice {
    /// All alike.
    Uniform,
    /// By Zipf's law, exponent 1.0, on both sides.
    Zipf,
    /// The first account is credited by every transfer.
    Hot,
}

/// What a caller does again and again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Call {
    /// One transfer.
    Transfer,
    /// A transfer whose amount is no number: all of a call but what the database and the engine do.
    Refused,
    /// A batch of that many transfers, all or nothing.
    Batch(u32),
    /// A stream of transfers, so many a message.
    Stream(u32),
    /// A pending transfer, then the posting of it: two transfers, each with a latency of its own.
    TwoPhase,
    /// The balance of an account now.
    Balance,
    /// The balance of an account at a random moment between two, in seconds of Unix time.
    BalanceAsOf(i64, i64),
    /// The newest transfers of an account, so many of them.
    Page(u32),
    /// A new position.
    Propose,
    /// The release of a part of the caller's own position.
    Release,
    /// A new fill.
    Fill,
    /// A page of positions by three filters.
    Positions,
}

/// What calls of escrow and trading name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Estate {
    /// What new positions are for.
    pub(crate) asset: String,
    /// What new fills are of.
    pub(crate) decision: String,
    /// Locked positions, one for each caller.
    pub(crate) positions: Vec<String>,
    /// Accounts to be paid.
    pub(crate) payees: Vec<String>,
    /// Institutions that have positions.
    pub(crate) institutions: Vec<String>,
}

/// How the callers are paced.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Pace {
    /// Each caller sends its next call when it has the reply: closed loop.
    Closed,
    /// Calls start at that rate a second, whatever the replies do: open loop. Latency counts from the moment at which a
    /// call should have been sent.
    Open(f64),
    /// So many calls in all, as fast as they go, with no warm-up.
    Count(u64),
}

/// One run of a load generator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Port of the server on this machine.
    pub(crate) port: u16,
    /// The tenants; each call takes one at random.
    pub(crate) tenants: Vec<Tenant>,
    /// What is called.
    pub(crate) call: Call,
    /// For which accounts.
    pub(crate) choice: Choice,
    /// What calls of escrow and trading name.
    pub(crate) estate: Estate,
    /// How many callers at once.
    pub(crate) callers: u32,
    /// HTTP/2 connections that they share.
    pub(crate) connections: u32,
    /// How they are paced.
    pub(crate) pace: Pace,
    /// Time before anything is counted.
    pub(crate) warm_ms: u64,
    /// Time in which it is counted.
    pub(crate) run_ms: u64,
    /// Whether `RESOURCE_EXHAUSTED` is an answer like another.
    pub(crate) may_be_exhausted: bool,
    /// Seed of the account ids.
    pub(crate) world_seed: u64,
    /// Seed of the choices.
    pub(crate) seed: u64,
}

/// What one run gave.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Transfers made or reads answered a second.
    pub(crate) rate: f64,
    /// Calls that were counted.
    pub(crate) calls: u64,
    /// Latency that half of the calls stayed below.
    pub(crate) p50_us: f64,
    /// Latency that 99 of 100 calls stayed below.
    pub(crate) p99_us: f64,
    /// Latency that 999 of 1,000 calls stayed below.
    pub(crate) p999_us: f64,
    /// The longest.
    pub(crate) max_us: f64,
    /// Calls that failed, in warm-up too.
    pub(crate) failed: u64,
    /// What the first of them said.
    pub(crate) failure: Option<String>,
    /// Calls refused with `RESOURCE_EXHAUSTED`, where that is allowed.
    pub(crate) exhausted: u64,
    /// Processor time of the load generator for a call.
    pub(crate) cpu_us: f64,
}

/// Id of an account: random in the key as a caller's UUIDs are, and known without a list.
pub(crate) fn account_id(world_seed: u64, tenant: u32, number: u32) -> Uuid {
    let place = (u64::from(tenant) << 32) | u64::from(number);
    let (high, low) = (mix(world_seed ^ mix(place)), mix(mix(world_seed) ^ place));
    Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
        .into_uuid()
}

/// The finish of splitmix64.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::account_id;

    #[test]
    fn account_ids_repeat_and_differ() {
        assert_eq!(account_id(1, 2, 3), account_id(1, 2, 3));
        let ids: HashSet<_> = (0..3_u64)
            .flat_map(|seed| {
                (0..30).flat_map(move |t| (1..=100).map(move |n| account_id(seed, t, n)))
            })
            .collect();
        assert_eq!(ids.len(), 3 * 30 * 100);
        assert!(ids.iter().all(|id| id.get_version_num() == 4));
    }
}
