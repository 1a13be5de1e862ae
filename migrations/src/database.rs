//! What Bursar asks of a PostgreSQL that it keeps itself, before there is a schema.

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::Postgres;
use sqlx::migrate::MigrateDatabase as _;

use crate::Error;
use crate::connect::{close, connect};

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

/// Which cluster an address leads to: its data directory and its version, such as `18.6`.
///
/// # Errors
/// When it cannot be reached, or the login is refused.
pub async fn identify(admin_url: &SecretString) -> Result<(String, String), Error> {
    let mut conn = connect(admin_url).await?;
    let (directory, version): (String, String) = sqlx::query_as(
        "SELECT current_setting('data_directory'), split_part(current_setting('server_version'), ' ', 1)",
    )
    .fetch_one(&mut conn)
    .await?;
    close(conn).await;
    Ok((directory, version))
}
