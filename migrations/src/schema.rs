//! A text of the schemas `bursar` and `tenancy`, made from the catalogs: the same on every Postgres from 15 on,
//! so that one committed file can be compared with what the migrations build.

use crate::connect::{close, connect};
use crate::error::Error;
use secrecy::SecretString;
use sqlx::Executor;
use sqlx::postgres::PgConnection;

const HEAD: &str = "\
-- Bursar's schema as its migrations build it. Written by `bursar migrate schema > migrations/schema.sql`: do not edit.
-- Roles come from `bursar bootstrap`; objects belong to bursar_owner unless said otherwise.

-- Functions may name tables that come after them.
SET check_function_bodies = false;
";

/// Object and text, in the order of the object's name.
pub(crate) type Rows = Vec<(String, String)>;

/// The schema's text. Any login that may connect will do.
pub async fn dump(url: &SecretString) -> Result<String, Error> {
    let mut conn = connect(url).await?;
    snapshot(&mut conn).await?;
    let (text, uncovered) = read(&mut conn).await?;
    close(conn).await;
    if uncovered.is_empty() {
        return Ok(text);
    }
    let names: Vec<String> =
        uncovered.into_iter().map(|(name, kind)| format!("{kind} {name}")).collect();
    Err(Error::NotDumpable(names.join(", ")))
}

/// With no path every name is written in full; one snapshot, so that a migration in between is seen whole or not.
pub(crate) async fn snapshot(conn: &mut PgConnection) -> Result<(), Error> {
    conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''")
        .await?;
    Ok(())
}

/// The schema's text, and name and kind of what it has no words for.
pub(crate) async fn read(conn: &mut PgConnection) -> Result<(String, Rows), Error> {
    let uncovered = rows(conn, include_str!("schema/uncovered.sql")).await?;
    let mut text = HEAD.to_owned();
    for sql in [include_str!("schema/schemas.sql"), include_str!("schema/functions.sql")] {
        for (_, part) in rows(conn, sql).await? {
            paragraph(&mut text, &part);
        }
    }
    let tables = rows(conn, include_str!("schema/tables.sql")).await?;
    let mut details = Vec::new();
    for sql in [
        include_str!("schema/comments.sql"),
        include_str!("schema/indexes.sql"),
        include_str!("schema/security.sql"),
        include_str!("schema/triggers.sql"),
        include_str!("schema/grants.sql"),
    ] {
        details.push(rows(conn, sql).await?);
    }
    for (table, create) in &tables {
        paragraph(&mut text, create);
        for (_, line) in details.iter().flatten().filter(|(of, _)| of == table) {
            text.push_str(line);
            text.push('\n');
        }
    }
    let keys = rows(conn, include_str!("schema/foreign_keys.sql")).await?;
    if !keys.is_empty() {
        let keys: Vec<String> = keys.into_iter().map(|(_, line)| line).collect();
        paragraph(&mut text, &keys.join("\n"));
    }
    Ok((text, uncovered))
}

async fn rows(conn: &mut PgConnection, sql: &'static str) -> Result<Rows, Error> {
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

fn paragraph(text: &mut String, part: &str) {
    text.push('\n');
    text.push_str(part);
    text.push('\n');
}
