//! Whether a database is safe to serve with: the login may little, every table is walled, the schema is this version's.

use super::connection::{ANY_ROLE, Connection};
use super::sql;
use super::statement::Stmt;
use super::store::{Info, Reach, StoreError};

/// Looks at login, tables and schema version.
pub(super) async fn check(
    connection: &mut Connection,
    wanted: i64,
) -> Result<Reach, tokio_postgres::Error> {
    let version: String = one(connection, &sql::PROBE, "version").await?;
    let login = query(connection, &sql::SAFETY_LOGIN).await?.into_iter().next();
    let Some(login) = login else { return Ok(Reach::Down) };
    let name: String = login.try_get("name")?;
    let missing: Vec<String> = login.try_get("missing")?;
    let fault = if login.try_get("superuser")? || login.try_get("bypasses")? {
        Some(format!(
            "the database URL logs in as {name}, which is a superuser or bypasses row-level security; \
             use bursar_app, which `bursar bootstrap` makes"
        ))
    } else if login.try_get("inherits")? {
        Some(format!(
            "the login {name} inherits the rights of its roles; run `ALTER ROLE {name} NOINHERIT`"
        ))
    } else if !missing.is_empty() {
        Some(format!(
            "the login {name} is not a member of {}; run `bursar bootstrap`",
            missing.join(", ")
        ))
    } else {
        None
    };
    if let Some(text) = fault {
        return Ok(Reach::Unsafe(StoreError(text)));
    }
    let schema_version = schema_version(connection).await?;
    if schema_version.is_none_or(|found| found < wanted) {
        return Ok(Reach::Unsafe(StoreError(
            "the database lacks migrations of this version; run `bursar migrate up`".into(),
        )));
    }
    let open: Vec<String> = query(connection, &sql::SAFETY_TABLES)
        .await?
        .iter()
        .map(|row| row.try_get("name"))
        .collect::<Result<_, _>>()?;
    if !open.is_empty() {
        return Ok(Reach::Unsafe(StoreError(format!(
            "tables without forced row-level security or without a policy: {}; compare with `bursar migrate schema`",
            open.join(", ")
        ))));
    }
    let postgres_version = version.split(' ').next().unwrap_or_default().to_owned();
    Ok(Reach::Up(Info { schema_version: schema_version.unwrap_or_default(), postgres_version }))
}

/// The newest migration; `None` before the first, when the function is not there.
async fn schema_version(connection: &mut Connection) -> Result<Option<i64>, tokio_postgres::Error> {
    // Should this be dropped half-way, the pool discards the connection.
    connection.in_transaction = true;
    connection.client.batch_execute("BEGIN; SET LOCAL ROLE bursar_auth").await?;
    let version = one(connection, &sql::SCHEMA_VERSION, "version").await;
    connection.client.batch_execute("ROLLBACK").await?;
    connection.in_transaction = false;
    match version {
        Err(error) if error.as_db_error().is_none() => Err(error),
        version => Ok(version.ok().flatten()),
    }
}

async fn query(
    connection: &mut Connection,
    stmt: &'static Stmt,
) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
    let statement = connection.prepare(ANY_ROLE, stmt).await?;
    connection.client.query(&statement, &[]).await
}

async fn one<T: tokio_postgres::types::FromSqlOwned>(
    connection: &mut Connection,
    stmt: &'static Stmt,
    column: &str,
) -> Result<T, tokio_postgres::Error> {
    let statement = connection.prepare(ANY_ROLE, stmt).await?;
    connection.client.query_one(&statement, &[]).await?.try_get(column)
}
