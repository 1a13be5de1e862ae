//! The probe: looks at the database once a second, and at once when a call lost its connection.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_postgres::error::SqlState;

use super::connection::{ConnectError, Connection};
use super::link::Link;
use super::safety;
use super::store::{Inner, Reach, StoreError};

/// How often the database is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks until the store is gone.
pub(super) async fn watch(store: Weak<Inner>, suspicion: Arc<Notify>, mut probe: Probe) {
    loop {
        // Time passed, or a call lost its connection: both are a reason to look. The store is not held meanwhile, so
        // that there is no last look once it is gone.
        let _ = tokio::time::timeout(INTERVAL, suspicion.notified()).await;
        let Some(inner) = store.upgrade() else { return };
        probe.look(&inner).await;
    }
}

/// Looks through a connection of its own, so that it neither queues behind calls nor meets what is left in the pool
/// of an outage.
#[derive(Default)]
pub(super) struct Probe {
    connection: Option<Connection>,
    /// The link that it is of.
    link: Weak<Link>,
    /// It was reached before, and served with.
    served: bool,
    /// There is an outage, and the log has been told.
    told: bool,
}

impl Probe {
    /// One look, and what it means for the store.
    pub(super) async fn look(&mut self, store: &Inner) {
        let looked = tokio::time::timeout(PATIENCE, self.reach(store)).await;
        let (now, reason) = match looked {
            Ok(Ok(reach)) => (reach, String::new()),
            Ok(Err(error)) => match refused(&error) {
                Some(refused) if !self.served => (Reach::Unsafe(refused), String::new()),
                // The password was changed, or a fail-over lacks the login: a new address or the login may come.
                Some(refused) => (Reach::Down, refused.0),
                None => (Reach::Down, error.to_string()),
            },
            Err(_) => (Reach::Down, "no answer in time".to_owned()),
        };
        self.served |= matches!(now, Reach::Up(_));
        if !matches!(now, Reach::Up(_)) {
            // It may be in the middle of something.
            self.connection = None;
        }
        match &now {
            Reach::Down if !self.told => {
                tracing::error!(
                    reason,
                    "the database does not answer: calls fail fast until it does"
                );
            }
            Reach::Up(_) if self.told => {
                store.outages.fetch_add(1, Ordering::Relaxed);
                tracing::info!("the database answers");
            }
            Reach::Unsafe(error) => tracing::error!(%error, "the database must not be served with"),
            _ => {}
        }
        self.told = now == Reach::Down;
        store.reach.send_if_modified(|old| {
            let changed = *old != now;
            *old = now;
            changed
        });
    }

    /// The connection of the last look may have ended for reasons of its own: a new one has the last word.
    async fn reach(&mut self, store: &Inner) -> Result<Reach, ConnectError> {
        let version = store.config.schema_version;
        let link = store.link();
        if let Some(connection) = &mut self.connection
            && std::ptr::eq(self.link.as_ptr(), Arc::as_ptr(&link))
            && let Ok(reach) = safety::check(connection, version).await
        {
            return Ok(reach);
        }
        let fresh = dedicated(&link).await?;
        self.link = Arc::downgrade(&link);
        Ok(safety::check(self.connection.insert(fresh), version).await?)
    }
}

/// A connection outside of the pool, held by nobody else.
#[allow(clippy::disallowed_methods)]
async fn dedicated(link: &Link) -> Result<Connection, ConnectError> {
    link.pool.dedicated_connection().await
}

/// Looks at what a link leads to, before anything is sent over it.
pub(super) async fn try_out(link: &Link, schema_version: i64) -> Result<(), StoreError> {
    let look = async {
        let mut connection = dedicated(link).await?;
        Ok(safety::check(&mut connection, schema_version).await?)
    };
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(Reach::Up(_))) => Ok(()),
        Ok(Ok(Reach::Unsafe(error))) => Err(error),
        Ok(Ok(Reach::Down)) | Err(_) => Err(StoreError("the database does not answer".into())),
        Ok(Err(error)) => Err(refused(&error)
            .unwrap_or_else(|| StoreError(format!("the database cannot be reached: {error}")))),
    }
}

/// What the server said no to, when trying again would not help.
fn refused(error: &ConnectError) -> Option<StoreError> {
    let ConnectError::Driver(error) = error else { return None };
    let code = error.as_db_error()?.code();
    let text = match code {
        &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "PostgreSQL refused the login of the database URL; check its user and password (`bursar bootstrap` sets them)"
        }
        &SqlState::INVALID_CATALOG_NAME => {
            "the database that the database URL names does not exist; create it and run `bursar bootstrap`"
        }
        _ => return None,
    };
    Some(StoreError(text.into()))
}
