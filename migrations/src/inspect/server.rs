//! The server, its settings and its clock.

use super::{Inspector, Unseen};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

/// Round trips of which the quickest is told: the others met something else on their way.
const PROBES: u32 = 5;

/// The server, and what this login may see of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Session {
    /// Version as a number, such as 180006.
    pub version_number: i32,
    /// Version, such as `18.6`.
    pub version: String,
    /// Who is logged in.
    pub login: String,
    /// Whether that is a superuser.
    pub superuser: bool,
    /// Whether this is a replica.
    pub replica: bool,
    /// Version of TLS that the connection uses; empty without TLS.
    pub tls: String,
    /// Whether what others do can be seen.
    pub sees_activity: bool,
    /// Whether all settings can be seen.
    pub sees_settings: bool,
    /// Whether it may act as `bursar_owner`.
    pub owner: bool,
}

/// Places for connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connections {
    /// All of them.
    pub max: i32,
    /// Those that an ordinary login does not get.
    pub reserved: i32,
    /// Those taken, in all databases.
    pub used: i32,
    /// Those that Bursar's servers have taken.
    pub servers: i32,
    /// From how many machines; 0 where addresses cannot be seen.
    pub machines: i32,
    /// Most that `bursar_app` may have; -1 for no limit.
    pub login_limit: i32,
}

impl Inspector {
    /// The server and this login.
    pub async fn session(&mut self) -> Result<Session, Unseen> {
        type Row = (i32, String, String, bool, bool, String, bool, bool, bool);
        let (version_number, version, login, superuser, replica, tls, activity, settings, owner) =
            self.one::<Row>(include_str!("sql/session.sql")).await?;
        Ok(Session {
            version_number,
            version,
            login,
            superuser,
            replica,
            tls,
            sees_activity: activity,
            sees_settings: settings,
            owner,
        })
    }

    /// How many connections there may be and are.
    pub async fn connections(&mut self) -> Result<Connections, Unseen> {
        let (max, reserved, used, servers, machines, login_limit) =
            self.one(include_str!("sql/connections.sql")).await?;
        Ok(Connections { max, reserved, used, servers, machines, login_limit })
    }

    /// The quickest of some round trips, and how far the database's clock is ahead of this machine's, in milliseconds.
    pub async fn clock(&mut self) -> Result<(Duration, i64), Unseen> {
        let mut best: Option<(Duration, i64)> = None;
        for _ in 0..PROBES {
            let (began, from) = (Instant::now(), millis());
            let (theirs,): (i64,) = self.one(include_str!("sql/clock.sql")).await?;
            let took = began.elapsed();
            // The answer was made in the middle of the round trip, as near as can be told.
            let ahead = theirs - from - i64::try_from(took.as_millis() / 2).unwrap_or(0);
            if best.is_none_or(|(least, _)| took < least) {
                best = Some((took, ahead));
            }
        }
        Ok(best.unwrap_or_default())
    }

    /// Settings by name, in the base units of `pg_settings`; what this login may not see is missing.
    pub async fn settings(&mut self, names: &[&str]) -> Result<BTreeMap<String, String>, Unseen> {
        let rows: Vec<(String, String)> = sqlx::query_as(include_str!("sql/settings.sql"))
            .bind(names)
            .fetch_all(&mut self.conn)
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// Settings that a session of the service's login begins with.
    pub async fn role_settings(&mut self) -> Result<BTreeMap<String, String>, Unseen> {
        let rows: Vec<(String, String)> = self.all(include_str!("sql/role_settings.sql")).await?;
        Ok(rows.into_iter().collect())
    }
}

/// Milliseconds since 1970 by this machine's clock.
fn millis() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
