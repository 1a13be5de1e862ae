//! How large and how long a run is.

use crate::args::Args;

/// How large and how long everything is.
#[derive(Debug, Clone)]
pub(crate) struct Sizes {
    /// Runs of each side.
    pub(crate) rounds: u32,
    /// Seconds of each that do not count.
    pub(crate) warm: u64,
    /// Seconds of each that do.
    pub(crate) run: u64,
    /// Accounts of the single tenant.
    pub(crate) accounts: u32,
    /// Tenants of the workload with many, which share as many accounts.
    pub(crate) tenants: u32,
    /// Accounts that pages are read of.
    pub(crate) paged: u32,
    /// Transfers after which the growing ledger is measured.
    pub(crate) growth: [u64; 3],
    /// Positions among which lists look.
    pub(crate) positions: u32,
    /// Starts of the server.
    pub(crate) starts: u32,
}

impl Sizes {
    /// What the arguments ask for.
    pub(crate) fn of(args: &Args) -> Self {
        let full = Self {
            rounds: 3,
            warm: 2,
            run: 6,
            accounts: 100_000,
            tenants: 100,
            paged: 1_000,
            growth: [0, 1_000_000, 10_000_000],
            positions: 1_000_000,
            starts: 9,
        };
        let quick = Self {
            rounds: 1,
            warm: 1,
            run: 2,
            accounts: 10_000,
            tenants: 20,
            paged: 200,
            growth: [0, 50_000, 200_000],
            positions: 40_000,
            starts: 3,
        };
        let sizes = if args.quick { quick } else { full };
        Self {
            rounds: args.rounds.unwrap_or(sizes.rounds).max(1),
            run: args.seconds.unwrap_or(sizes.run).max(1),
            accounts: args.accounts.unwrap_or(sizes.accounts).max(2 * sizes.paged),
            ..sizes
        }
    }

    /// Accounts of each of the many tenants.
    pub(crate) fn each(&self) -> u32 {
        self.accounts / self.tenants
    }
}
