//! What every service and layer stands on: the store, the rules, the configuration, and whether the server is stopping.

use std::sync::Arc;
use std::time::Duration;

use bursar_domain::key::Pepper;
use bursar_store::Store;
use tokio::sync::watch;

use crate::keys::Keys;
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
}

/// What every handler and layer shares.
pub(crate) struct Kernel {
    pub(crate) store: Store,
    pub(crate) config: ApiConfig,
    pub(crate) rules: Arc<Rules>,
    pub(crate) keys: Keys,
    /// Whether the server is stopping.
    pub(crate) stopping: watch::Sender<bool>,
}
