//! What to do about a PostgreSQL that a killed Bursar left behind.

use super::EmbeddedConfig;
use super::error::EmbeddedError;
use super::paths::write_atomic;
use super::pidfile::{PidFile, anyone_runs_here, is_alive, runs_here};
use super::postmaster::{POLL, Postmaster};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a PostgreSQL that was left behind gets to become ready: it may replay its log.
const READY_TIMEOUT: Duration = Duration::from_mins(5);
/// How long one that is stopping gets to be gone before it is told again.
const GONE_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for the question whether a PostgreSQL that was left behind is ours.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

impl Postmaster {
    /// Looks at a PostgreSQL left behind by a killed Bursar: returns its port when it can be taken
    /// over, and makes sure that none runs when it cannot.
    pub(super) async fn settle_running(
        &self,
        cfg: &EmbeddedConfig,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Option<u16>, EmbeddedError> {
        let cluster = &self.layout.cluster;
        let since = Instant::now();
        let mut told = false;
        while let Some(found) = PidFile::read(cluster) {
            if !runs_here(found.pid, cluster) {
                self.clear_reused_pid(found.pid)?;
                return Ok(None);
            }
            if let (true, Some(port)) = (found.ready, found.port) {
                if self.can_take_over(cfg, port).await {
                    progress("taking over the PostgreSQL that was left running");
                    write_atomic(&self.layout.port, &format!("{port}\n"), 0o644)?;
                    return Ok(Some(port));
                }
                break;
            }
            let limit = if found.stopping { GONE_TIMEOUT } else { READY_TIMEOUT };
            if since.elapsed() > limit {
                break;
            }
            if !told {
                progress("waiting for the PostgreSQL that was left behind to start or stop");
                told = true;
            }
            tokio::time::sleep(POLL).await;
        }
        if self.is_running() {
            progress("stopping the PostgreSQL that was left running");
            self.stop("fast").await?;
        }
        Ok(None)
    }

    /// A stale `postmaster.pid` is PostgreSQL's to clear, except when its process id now belongs
    /// to another program: PostgreSQL would refuse to start for ever. The file also guards against
    /// orphaned server processes, so it stays while anything runs in the cluster.
    fn clear_reused_pid(&self, pid: i32) -> Result<(), EmbeddedError> {
        if !is_alive(pid) || anyone_runs_here(&self.layout.cluster) {
            return Ok(());
        }
        let path = self.layout.cluster.join("postmaster.pid");
        std::fs::remove_file(&path).map_err(EmbeddedError::file("remove", &path))
    }

    /// Whether the running server has our settings, our version, our password and our data.
    async fn can_take_over(&self, cfg: &EmbeddedConfig, port: u16) -> bool {
        let wanted = self.conf(cfg, port).ok();
        if cfg.port.is_some_and(|p| p != port)
            || std::fs::read_to_string(&self.layout.conf).ok() != wanted
        {
            return false;
        }
        let url = self.admin_url(port);
        let ask = tokio::time::timeout(ANSWER_TIMEOUT, bursar_migrations::identify(&url));
        let Ok(Ok((dir, version))) = ask.await else {
            return false;
        };
        self.layout.cluster == Path::new(&dir) && version == self.bins.version
    }
}
