//! What every service and layer stands on: the store, the rules, the configuration, and what may change while the
//! server runs.

use std::sync::Arc;
use std::time::Duration;

use bursar_domain::key::Pepper;
use bursar_store::Store;
use tokio::sync::watch;

use crate::keys::Keys;
use crate::layers::StreamMeters;
use crate::rules::Rules;

/// What the configuration says to the services.
pub struct ApiConfig {
    /// Environment part of API keys, such as `dev` or `live`.
    pub environment: String,
    /// Key of the hashes of API keys.
    pub pepper: Pepper,
    /// `embedded`, `memory` or `postgres`, as `GetServerInfo` shows it.
    pub store_backend: String,
    /// How long request ids are remembered, in days.
    pub request_id_days: u32,
    /// Deadline of a call that brings none.
    pub default_deadline: Duration,
    /// Whether health and reflection need a key too.
    pub health_needs_key: bool,
    /// Share of the calls that are traced when their callers have not decided; 0 when nothing exports traces.
    pub trace_sampling: f64,
    /// Whether refusals, whose texts hold amounts, may stand in the log.
    pub log_amounts: bool,
    /// Limits on the rate of calls.
    pub rates: RateLimits,
}

/// Limits on the rate of calls that hold for every tenant, on this server; they may change while it runs. 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// Calls of one API key, a second.
    pub key_requests_per_second: u32,
    /// Calls with an invalid API key from one address, a minute.
    pub auth_failures_per_minute: u32,
}

/// How far the server is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It serves.
    Serving,
    /// It says NOT_SERVING and serves on, until load balancers have heard it.
    Leaving,
    /// It refuses new calls with `SHUTTING_DOWN`; those under way may end.
    Refusing,
}

/// What every handler and layer shares.
pub(crate) struct Kernel {
    pub(crate) store: Store,
    pub(crate) config: ApiConfig,
    pub(crate) rules: Arc<Rules>,
    pub(crate) keys: Keys,
    pub(crate) streams: StreamMeters,
    /// How far the server is on its way to its end.
    pub(crate) phase: watch::Sender<Phase>,
    /// Limits on the rate of calls, as they are now.
    pub(crate) rates: watch::Sender<RateLimits>,
}
