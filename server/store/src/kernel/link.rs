//! The way to one database: an address, what protects it, and the pool of connections to it. A new one takes over when
//! the address or the password changes; the old one ends with the last transaction on it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bb8::{Pool, QueueStrategy};
use bursar_domain::limits::{CONNECT_TIMEOUT, POOL_WAIT};
use secrecy::SecretString;

use super::address::Address;
use super::connection::Manager;
use super::store::StoreError;
use super::tls;

/// Silence after which the operating system asks whether the other side is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// A pool of connections to an address.
pub(super) struct Link {
    pub(super) pool: Pool<Manager>,
    /// Most connections of it.
    pub(super) max_connections: u32,
}

impl Link {
    /// Makes the pool; connects to nothing yet.
    ///
    /// # Errors
    /// An address, or a file that it names, that cannot be used.
    pub(super) fn new(
        url: &SecretString,
        max_connections: u32,
        outages: Arc<AtomicU64>,
    ) -> Result<Self, StoreError> {
        let problem = |text: String| StoreError(format!("the database URL {text}"));
        let Address { mut driver, tls } = Address::parse(url).map_err(|text| {
            problem(format!("{text}; give postgres://bursar_app:…@host:5432/database"))
        })?;
        let connector = tls::connector(&tls)
            .map_err(|text| problem(format!("has TLS options that do not work: {text}")))?;
        driver
            .connect_timeout(CONNECT_TIMEOUT)
            .application_name("bursar")
            .keepalives_idle(KEEPALIVE_IDLE);
        let pool = Pool::builder()
            .max_size(max_connections)
            .connection_timeout(POOL_WAIT)
            // The connection used last: its process has the statements planned and the pages at hand.
            .queue_strategy(QueueStrategy::Lifo)
            // Free: see the manager.
            .test_on_check_out(true)
            .build_unchecked(Manager::new(driver, connector, outages));
        Ok(Self { pool, max_connections })
    }
}
