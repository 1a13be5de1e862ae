//! The bursar binary as a library: configuration, the server, the embedded database, the command
//! line. Tests start it in their own process.

pub mod cli;
pub mod config;
pub mod doctor;
pub mod embedded;
pub mod files;
pub mod first_key;
pub mod import;
mod jobs;
pub mod local;
mod ops;
pub mod redact;
mod running;
mod seed;
pub mod serve;
mod smoke;
mod stopping;
pub mod target;
pub mod telemetry;
mod transport;

/// A call is a few hundred small allocations, and this one spends a tenth to a third less of its time on them than the
/// system's (ADR 14).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
