//! Makes the database of the embedded cluster.

use secrecy::{ExposeSecret, SecretString};
use sqlx::Postgres;
use sqlx::migrate::MigrateDatabase;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the database: {0}")]
pub struct CreateDatabaseError(#[from] sqlx::Error);

/// Makes the database that an administrator's address names, unless it is there.
///
/// # Errors
/// When the administrator cannot connect or may not do it.
pub(crate) async fn create_database(admin_url: &SecretString) -> Result<(), CreateDatabaseError> {
    let url = admin_url.expose_secret();
    if !Postgres::database_exists(url).await? {
        Postgres::create_database(url).await?;
    }
    Ok(())
}
