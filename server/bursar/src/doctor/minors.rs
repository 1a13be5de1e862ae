//! The newest minor versions of PostgreSQL that this release of Bursar knows. To be brought up to date with each
//! release; a newer one than these is no finding.

/// When the table was written.
pub(super) const AS_OF: &str = "2026-11-28";

/// Major version and its newest minor.
pub(super) const NEWEST: &[(i32, i32)] = &[(15, 18), (16, 14), (17, 10), (18, 6)];
