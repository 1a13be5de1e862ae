//! The database goes away, freezes, forgets to answer or is killed; the server is killed; the disk is full. Every call
//! still ends in a definite way or can be settled, and the books balance. One test binary, one build.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod bank;
mod database;
mod outage;
mod patient;
mod process;
mod random;
mod settle;
mod watch;

mod at_start;
mod disk_full;
mod frozen;
mod full_load;
mod kill_nine;
mod locks;
mod lost_answer;
mod mid_flight;
mod one_directory;
mod pool;
mod queue;
mod reload;
mod schema_change;
mod shutdown;
mod streams;
mod terminated;
