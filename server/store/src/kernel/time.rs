//! The ends of time, where a filter has none: PostgreSQL's infinities have no value in Rust, and behind a policy only a
//! bare parameter is an index condition.

use jiff::Timestamp;

/// Before everything recorded: year 1.
pub(crate) const FIRST: Timestamp = Timestamp::constant(-62_135_596_800, 0);
/// After everything recorded: year 9999.
pub(crate) const LAST: Timestamp = Timestamp::constant(253_370_764_800, 0);
