//! The platform's first API key.

use crate::connect::{close, connect_owner};
use crate::error::Error;
use secrecy::SecretString;
use sqlx::Connection;
use uuid::Uuid;

/// Gives the platform tenant this key, unless it has a live one; true when it was given.
///
/// `hash` is the HMAC of key id and secret. The schema must be migrated.
pub async fn first_platform_key(
    owner_url: &SecretString,
    key_id: Uuid,
    label: &str,
    hash: &[u8],
) -> Result<bool, Error> {
    let mut conn = connect_owner(owner_url).await?;
    let mut tx = conn.begin().await?;
    // Two bootstraps at once must not both find none.
    sqlx::query("SELECT FROM bursar.admin_tenant WHERE tenant_id = '00000000-0000-0000-0000-000000000000' FOR UPDATE")
        .execute(&mut *tx)
        .await?;
    let done = sqlx::query(include_str!("first_platform_key.sql"))
        .bind(key_id.to_string())
        .bind(label)
        .bind(hash)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    close(conn).await;
    Ok(done.rows_affected() == 1)
}
