//! The clocks. Expiries of holds are computed by the database, deadlines and ids here.

use super::facts::{Database, Facts};
use super::finding::Finding;
use super::limits::{CLOCK_ERROR_MS, CLOCK_WARNING_MS};

pub(super) fn judge(_: &Facts, database: &Database) -> Vec<Finding> {
    let ahead = match &database.clock {
        Ok((_, ahead)) => *ahead,
        Err(why) => return vec![Finding::unseen("clock", why)],
    };
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let text = format!("the database's clock is {} ms {way} this machine's", ahead.abs());
    let remedy = "let both machines follow time servers: `timedatectl set-ntp true`, or `chronyc tracking` to see why one does not";
    vec![if ahead.abs() > CLOCK_ERROR_MS {
        Finding::error("clock", text, remedy)
    } else if ahead.abs() > CLOCK_WARNING_MS {
        Finding::warning("clock", text, remedy)
    } else {
        Finding::ok("clock", text)
    }]
}
