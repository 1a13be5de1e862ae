//! What a caller says about the embedded PostgreSQL.

use super::paths;
use std::path::PathBuf;

/// Whether the data outlives the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// On disk, with fsync and synchronous commit: a commit survives a power cut.
    Durable,
    /// On a RAM disk without fsync; removed at stop, and when the process is killed.
    Memory,
}

/// What to run and where.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// Directory for everything, an absolute path. Created when missing. With
    /// [`Durability::Memory`] it must be absent or empty, because it is removed at stop.
    pub data_dir: PathBuf,
    /// Directory with `initdb`, `pg_ctl` and `postgres`, version [`PG_MAJOR_MIN`](super::PG_MAJOR_MIN) or later
    /// (`BURSAR_PG_BIN`); `None` fetches [`PG_VERSION`](super::PG_VERSION) once and caches it.
    pub bin_dir: Option<PathBuf>,
    /// Whether the data outlives the process.
    pub durability: Durability,
    /// Port on 127.0.0.1; `None` picks a free one and keeps it for the next start if it can.
    pub port: Option<u16>,
    /// Extra settings by name, such as `max_connections`; they win over Bursar's defaults, except
    /// for the address, port and file locations, which are refused.
    pub settings: Vec<(String, String)>,
}

impl EmbeddedConfig {
    /// The configuration of a backend: `$XDG_DATA_HOME/bursar` (else `~/.local/share/bursar`, for
    /// root `/var/lib/bursar`) when durable; a fresh directory under `/dev/shm` when in memory, or
    /// under the temporary directory when there is no RAM disk with 512 MiB free.
    #[must_use]
    pub fn for_backend(durability: Durability) -> Self {
        let data_dir = match durability {
            Durability::Durable => paths::default_data_dir(),
            Durability::Memory => paths::fresh_memory_dir(),
        };
        Self { data_dir, bin_dir: None, durability, port: None, settings: Vec::new() }
    }
}
