//! The probe: looks at the database once a second, and at once when a call lost its connection.

use std::sync::Weak;
use std::time::Duration;

use bb8::{Pool, RunError};
use tokio_postgres::error::SqlState;

use super::connection::{Connection, Manager};
use super::safety;
use super::store::{Inner, Reach, StoreError};

/// How often the database is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks until the store is gone.
pub(super) async fn watch(store: Weak<Inner>) {
    loop {
        let Some(inner) = store.upgrade() else { return };
        // Not held while waiting, so that the last handle dropped ends this.
        let wait = tokio::time::timeout(INTERVAL, inner.suspicion.notified()).await;
        let was_up = matches!(&*inner.reach.borrow(), Reach::Up(_));
        let now = if was_up && wait.is_err() && pool_busy(&inner.pool) {
            // Every connection works: that is an answer, and the probe must not queue behind it.
            continue;
        } else {
            look(&inner.pool, inner.config.schema_version).await
        };
        match &now {
            Reach::Down if was_up => {
                tracing::error!("the database does not answer: calls fail fast until it does");
            }
            Reach::Up(_) if !was_up => tracing::info!("the database answers"),
            Reach::Unsafe(error) => tracing::error!(%error, "the database must not be served with"),
            _ => {}
        }
        inner.reach.send_if_modified(|old| {
            let changed = *old != now;
            *old = now;
            changed
        });
    }
}

fn pool_busy(pool: &Pool<Manager>) -> bool {
    let state = pool.state();
    state.connections > 0 && state.idle_connections == 0
}

/// One look.
#[allow(clippy::disallowed_methods)]
pub(super) async fn look(pool: &Pool<Manager>, schema_version: i64) -> Reach {
    match tokio::time::timeout(PATIENCE, pool.get()).await {
        Ok(Ok(mut connection)) => examine(&mut connection, schema_version).await,
        Ok(Err(RunError::User(error))) => refused(&error).map_or(Reach::Down, Reach::Unsafe),
        Ok(Err(RunError::TimedOut)) | Err(_) => Reach::Down,
    }
}

async fn examine(connection: &mut Connection, schema_version: i64) -> Reach {
    match tokio::time::timeout(PATIENCE, safety::check(connection, schema_version)).await {
        Ok(Ok(reach)) => reach,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database did not answer the probe");
            Reach::Down
        }
        Err(_) => Reach::Down,
    }
}

/// What the server said no to, when trying again would not help.
fn refused(error: &tokio_postgres::Error) -> Option<StoreError> {
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
