//! Applies and reverts migrations through sqlx's bookkeeping: its table, checksums and advisory lock.

use crate::connect::{ATTEMPTS, close, connect_owner, pause, transient};
use crate::embedded::{Step, steps};
use crate::error::{Error, reason};
use crate::status::{Applied, Migration, Progress, State};
use secrecy::SecretString;
use sqlx::migrate::{Migrate, MigrateError, MigrationType};
use sqlx::postgres::PgConnection;
use std::time::Duration;

/// A schema of its own, so that going down to nothing drops Bursar's schemas wholly.
const SCHEMA: &str = "migration";
const TABLE: &str = "migration.applied";

/// A connection that migrates one database as `bursar_owner`.
///
/// The address must lead to Postgres itself: a pooler in transaction mode loses the session's lock.
#[derive(Debug)]
pub struct Runner {
    conn: PgConnection,
}

impl Runner {
    /// Connects with an administrator's or the owner's address; the roles must be there (see [`crate::bootstrap`]).
    pub async fn connect(owner_url: &SecretString) -> Result<Self, Error> {
        Ok(Self { conn: connect_owner(owner_url).await? })
    }

    /// Ends the connection.
    pub async fn close(self) {
        close(self.conn).await;
    }

    /// For what is read beside the migrations.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.conn
    }

    /// Applies what is missing, up to and with `to` (`None`: all). Returns what was applied.
    pub async fn up(
        &mut self,
        to: Option<i64>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<&'static Step>, Error> {
        known(to)?;
        self.lock().await?;
        let outcome = self.up_locked(to, progress).await;
        self.unlock().await;
        outcome
    }

    /// Reverts all that is newer than `to` (0: everything), newest first. Returns what was reverted.
    ///
    /// This drops the tables and what is in them: ask the operator first.
    pub async fn down(
        &mut self,
        to: i64,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<&'static Step>, Error> {
        known(Some(to).filter(|to| *to != 0))?;
        self.lock().await?;
        let outcome = self.down_locked(to, progress).await;
        self.unlock().await;
        outcome
    }

    /// Every migration known to this program or to the database, oldest first. Changes nothing.
    pub async fn status(&mut self) -> Result<Vec<Migration>, Error> {
        let applied = self.applied().await?;
        let mut all: Vec<Migration> = applied
            .iter()
            .filter(|row| !steps().iter().any(|step| step.version == row.0))
            .map(|(version, name, at, _)| Migration {
                version: *version,
                name: name.clone(),
                message: None,
                state: State::Unknown(Applied { at: at.clone() }),
            })
            .collect();
        all.extend(steps().iter().map(|step| {
            let state = match applied.iter().find(|row| row.0 == step.version) {
                None => State::Pending,
                Some((_, _, at, checksum)) => {
                    let same = *checksum == *step.migration(MigrationType::ReversibleUp).checksum;
                    let applied = Applied { at: at.clone() };
                    if same { State::Applied(applied) } else { State::Changed(applied) }
                }
            };
            Migration {
                version: step.version,
                name: step.name.to_owned(),
                message: Some(step.message()),
                state,
            }
        }));
        all.sort_by_key(|migration| migration.version);
        Ok(all)
    }

    /// What `up` would apply, in this order. Changes nothing.
    pub async fn plan_up(&mut self, to: Option<i64>) -> Result<Vec<&'static Step>, Error> {
        known(to)?;
        self.pending(to).await
    }

    /// What `down` would revert, in this order. Changes nothing.
    pub async fn plan_down(&mut self, to: i64) -> Result<Vec<&'static Step>, Error> {
        known(Some(to).filter(|to| *to != 0))?;
        self.newer_than(to).await
    }

    async fn up_locked(
        &mut self,
        to: Option<i64>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<&'static Step>, Error> {
        let pending = self.pending(to).await?;
        if !pending.is_empty() {
            self.conn.create_schema_if_not_exists(SCHEMA).await.map_err(|e| plain(&e))?;
            self.conn.ensure_migrations_table(TABLE).await.map_err(|e| plain(&e))?;
        }
        for step in &pending {
            progress(Progress::Applying(step));
            let took = self.run(step, MigrationType::ReversibleUp, progress).await?;
            progress(Progress::Applied(step, took));
        }
        Ok(pending)
    }

    async fn down_locked(
        &mut self,
        to: i64,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<&'static Step>, Error> {
        let applied = self.newer_than(to).await?;
        for step in &applied {
            progress(Progress::Reverting(step));
            let took = self.run(step, MigrationType::ReversibleDown, progress).await?;
            progress(Progress::Reverted(step, took));
        }
        Ok(applied)
    }

    async fn run(
        &mut self,
        step: &'static Step,
        kind: MigrationType,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Duration, Error> {
        let migration = step.migration(kind);
        for attempt in 1..=ATTEMPTS {
            let outcome = match kind {
                MigrationType::ReversibleDown => self.conn.revert(TABLE, &migration).await,
                _ => self.conn.apply(TABLE, &migration).await,
            };
            match outcome {
                Ok(took) => return Ok(took),
                Err(MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _))
                    if transient(&e) =>
                {
                    progress(Progress::Waiting(step, attempt));
                    pause(attempt).await;
                }
                Err(e) => {
                    let reason = words(&e);
                    return Err(Error::Failed {
                        version: step.version,
                        name: step.name.to_owned(),
                        reason,
                    });
                }
            }
        }
        Err(Error::Locked(step.version, ATTEMPTS))
    }

    /// What is to be applied up to `to`; refuses a database that this program does not understand.
    async fn pending(&mut self, to: Option<i64>) -> Result<Vec<&'static Step>, Error> {
        let all = self.status().await?;
        for migration in &all {
            match migration.state {
                State::Unknown(_) => return Err(Error::Unknown(migration.version)),
                State::Changed(_) => {
                    return Err(Error::Changed {
                        version: migration.version,
                        name: migration.name.clone(),
                    });
                }
                State::Pending | State::Applied(_) => {}
            }
        }
        let wanted =
            |m: &Migration| m.state == State::Pending && to.is_none_or(|to| m.version <= to);
        Ok(steps()
            .iter()
            .filter(|s| all.iter().any(|m| m.version == s.version && wanted(m)))
            .collect())
    }

    /// What is applied and newer than `to`, newest first.
    async fn newer_than(&mut self, to: i64) -> Result<Vec<&'static Step>, Error> {
        let pending = self.pending(None).await?;
        let newest_first = steps().iter().rev();
        Ok(newest_first.filter(|step| step.version > to && !pending.contains(step)).collect())
    }

    /// Version, name, time and checksum of what the database has.
    async fn applied(&mut self) -> Result<Vec<(i64, String, String, Vec<u8>)>, Error> {
        let there: bool = sqlx::query_scalar("SELECT to_regclass('migration.applied') IS NOT NULL")
            .fetch_one(&mut self.conn)
            .await?;
        if !there {
            return Ok(Vec::new());
        }
        Ok(sqlx::query_as(include_str!("applied.sql")).fetch_all(&mut self.conn).await?)
    }

    async fn lock(&mut self) -> Result<(), Error> {
        for attempt in 1..=ATTEMPTS {
            match self.conn.lock().await {
                Ok(()) => return Ok(()),
                Err(MigrateError::Execute(e)) if transient(&e) => pause(attempt).await,
                Err(e) => return Err(plain(&e)),
            }
        }
        Err(Error::Busy)
    }

    /// The lock ends with the session anyway, so a failure changes nothing.
    async fn unlock(&mut self) {
        let _ = self.conn.unlock().await;
    }
}

fn known(version: Option<i64>) -> Result<(), Error> {
    match version {
        Some(version) if !steps().iter().any(|step| step.version == version) => {
            Err(Error::NoSuchVersion(version))
        }
        _ => Ok(()),
    }
}

fn plain(error: &MigrateError) -> Error {
    Error::Database(words(error))
}

fn words(error: &MigrateError) -> String {
    match error {
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => reason(e),
        other => other.to_string(),
    }
}
