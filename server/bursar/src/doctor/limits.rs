//! From where on the doctor calls something a problem.

/// Age of a transaction that is called long, in seconds, unless the command line says otherwise.
pub const LONG_TRANSACTION_SECONDS: u32 = 300;
/// Round trip to the database that is called slow, in milliseconds: a change takes two of them.
pub(super) const SLOW_ROUND_TRIP_MS: u128 = 20;
/// Share of the connections in use that is called nearly full, in percent.
pub(super) const CROWDED_PERCENT: i32 = 80;
/// Difference of the clocks that is worth a warning, in milliseconds.
pub(super) const CLOCK_WARNING_MS: i64 = 1_000;
/// Difference of the clocks that is an error, in milliseconds: deadlines and expiries go wrong.
pub(super) const CLOCK_ERROR_MS: i64 = 5_000;
/// Free space that is worth a warning, in bytes: PostgreSQL's log alone may take as much.
pub(super) const SPACE_WARNING_BYTES: u64 = 2 << 30;
/// Free space that is an error, in bytes.
pub(super) const SPACE_ERROR_BYTES: u64 = 256 << 20;
/// Log kept by a slot that is an error, in bytes.
pub(super) const SLOT_ERROR_BYTES: i64 = 1 << 30;
/// Age of the oldest transaction number that is worth a warning; autovacuum acts at 200 million.
pub(super) const WRAPAROUND_WARNING: i64 = 500_000_000;
/// Age that is an error: at 2.1 thousand million PostgreSQL takes no more changes.
pub(super) const WRAPAROUND_ERROR: i64 = 1_500_000_000;
/// Rows from which on a table is large.
pub(super) const LARGE_TABLE_ROWS: i64 = 10_000;
/// Reads of a large table from beginning to end that are many.
pub(super) const MANY_SCANS: i64 = 50;
/// Dead rows, in percent of the live ones, that are called bloat in a large table.
pub(super) const DEAD_PERCENT: i64 = 20;
/// Rows written after which a table should have been cleaned up once.
pub(super) const UNVACUUMED_CHANGES: i64 = 1_000_000;
/// Size from which on an index that nobody reads is worth removing, in bytes.
pub(super) const IDLE_INDEX_BYTES: i64 = 64 << 20;
/// Reads of its table by other indexes after which an unread one counts as unused.
pub(super) const IDLE_INDEX_SCANS: i64 = 100_000;
/// Calls of a statement from which on its mean tells something.
pub(super) const TELLING_CALLS: i64 = 10;
/// Mean time of a statement that is called slow, in milliseconds.
pub(super) const SLOW_STATEMENT_MS: i64 = 100;
/// Blocks read for few rows from which on an index seems to be missing.
pub(super) const MANY_BLOCKS: i64 = 10_000;
/// Rows that are few.
pub(super) const FEW_ROWS: i64 = 100;
/// Time since the last archived piece of log that is an error for production, in seconds.
pub(super) const ARCHIVE_SECONDS: i64 = 3_600;
/// Days before its end from which on a certificate is worth a warning.
pub(super) const EXPIRY_DAYS: i64 = 14;
