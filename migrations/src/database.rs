//! Makes the database itself, where Bursar keeps its own PostgreSQL.

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::Postgres;
use sqlx::migrate::MigrateDatabase as _;

use crate::Error;

/// Makes the database that an administrator's address names, unless it is there.
///
/// # Errors
/// When the administrator cannot connect or may not do it.
pub async fn create_database(admin_url: &SecretString) -> Result<(), Error> {
    let url = admin_url.expose_secret();
    if !Postgres::database_exists(url).await? {
        Postgres::create_database(url).await?;
    }
    Ok(())
}
