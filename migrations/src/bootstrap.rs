//! The roles of design.md §3 and their rights on one database.

use crate::connect::{ATTEMPTS, close, connect, pause, transient};
use crate::error::{Error, code};
use crate::scram;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

const ROLES: &str = include_str!("roles.sql");
const PLACEHOLDER: &str = "<password of bursar_app>";

/// What a bootstrap did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bootstrap {
    /// One line a change; empty when all was there.
    pub changes: Vec<String>,
    /// What could not be done and is not needed to work.
    pub warnings: Vec<String>,
}

/// The SQL of a bootstrap for an administrator to read and run in `database`; with no password, a placeholder stands
/// where it belongs, and the script refuses to run until it is replaced.
///
/// With a password the text holds its SCRAM verifier, never the password itself.
pub fn bootstrap_sql(
    app_password: Option<&SecretString>,
    database: &str,
) -> Result<SecretString, Error> {
    let password = match app_password {
        Some(password) => scram::verifier(password)?,
        None => PLACEHOLDER.into(),
    };
    // SET, not set_config: psql would print the latter's result.
    Ok(format!(
        "BEGIN;\nSET LOCAL bursar_bootstrap.database = {};\n\
         SET LOCAL bursar_bootstrap.password = {};\n\n{ROLES}COMMIT;\n",
        literal(database),
        literal(password.expose_secret()),
    )
    .into())
}

/// Makes what is missing of the roles and of their rights on the database of `admin_url`, in one transaction.
///
/// Sets the password of `bursar_app` unless it is known to be this one already (only a superuser can see that).
/// Safe to run at any time, by several at once, and for several databases of one cluster at once.
pub async fn bootstrap(
    admin_url: &SecretString,
    app_password: &SecretString,
) -> Result<Bootstrap, Error> {
    let verifier = scram::verifier(app_password)?;
    let mut conn = connect(admin_url).await?;
    let mut attempt = 0;
    let outcome = loop {
        match once(&mut conn, app_password, &verifier).await {
            // Duplicates come from another database's bootstrap by an administrator who may not lock the catalog.
            Err(e)
                if attempt < ATTEMPTS
                    && (transient(&e)
                        || matches!(code(&e).as_deref(), Some("23505" | "42710"))) =>
            {
                attempt += 1;
                pause(attempt).await;
            }
            other => break other,
        }
    };
    close(conn).await;
    Ok(outcome?)
}

async fn once(
    conn: &mut PgConnection,
    password: &SecretString,
    verifier: &SecretString,
) -> sqlx::Result<Bootstrap> {
    let mut tx = conn.begin().await?;
    let verifier = if knows(&mut tx, password).await? { "" } else { verifier.expose_secret() };
    sqlx::query(
        "SELECT set_config('bursar_bootstrap.database', current_database(), true),
                set_config('bursar_bootstrap.password', $1, true)",
    )
    .bind(verifier)
    .execute(&mut *tx)
    .await?;
    tx.execute(ROLES).await?;
    let (changes, warnings): (String, String) = sqlx::query_as(
        "SELECT current_setting('bursar_bootstrap.changes'), current_setting('bursar_bootstrap.warnings')",
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    Ok(Bootstrap { changes: lines(changes), warnings: lines(warnings) })
}

/// Whether `bursar_app` has this password already; false also where only a superuser could tell.
async fn knows(conn: &mut PgConnection, password: &SecretString) -> sqlx::Result<bool> {
    let readable: bool =
        sqlx::query_scalar("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')")
            .fetch_one(&mut *conn)
            .await?;
    if !readable {
        return Ok(false);
    }
    let stored: Option<Option<String>> = sqlx::query_scalar(
        "SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = 'bursar_app'",
    )
    .fetch_optional(conn)
    .await?;
    Ok(stored.flatten().is_some_and(|stored| scram::matches(password, &stored.into())))
}

/// A quoted SQL literal, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let escape = if text.contains('\\') { "E" } else { "" };
    format!("{escape}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_sql_holds_no_password() {
        let password = SecretString::from("hunter2-hunter2");
        let sql = bootstrap_sql(Some(&password), "it's").unwrap();
        assert!(!sql.expose_secret().contains("hunter2"));
        assert!(sql.expose_secret().contains("'it''s'"));
        assert!(bootstrap_sql(None, "bursar").unwrap().expose_secret().contains(PLACEHOLDER));
    }
}
