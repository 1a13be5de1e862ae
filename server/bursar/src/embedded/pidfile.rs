//! What `postmaster.pid` and /proc say about a PostgreSQL that may be running.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::path::Path;

/// The lines of `postmaster.pid` that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PidFile {
    /// Process id of the postmaster.
    pub(super) pid: i32,
    /// Its port; absent in the first moments of its life.
    pub(super) port: Option<u16>,
    /// True once it accepts connections.
    pub(super) ready: bool,
    /// True while it shuts down.
    pub(super) stopping: bool,
}

impl PidFile {
    /// Reads the file's text: pid, directory, start time, port, socket directory, address,
    /// shared memory, status. A file that is still being written has fewer lines.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid = lines.first()?.parse().ok().filter(|p| *p > 1)?;
        let port = lines.get(3).and_then(|p| p.parse().ok());
        let status = lines.get(7).copied().unwrap_or_default();
        Some(Self { pid, port, ready: status == "ready", stopping: status == "stopping" })
    }

    /// Reads the file of a cluster; `None` when there is none or it makes no sense.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }
}

/// Whether a process exists, ours or not.
pub(super) fn is_alive(pid: i32) -> bool {
    matches!(kill(Pid::from_raw(pid), None), Ok(()) | Err(Errno::EPERM))
}

/// Whether a live process is a PostgreSQL of this cluster. A process id is given out again after
/// a restart of the machine or container, so being alive is not enough where /proc can tell more.
pub(super) fn runs_here(pid: i32, cluster: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    if !Path::new("/proc/self").exists() {
        return true;
    }
    // PostgreSQL's processes all stand in the data directory.
    std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster)
}

/// Whether any process stands in the cluster's directory; true when nobody can tell.
pub(super) fn anyone_runs_here(cluster: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return true;
    };
    entries
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok())
        .any(|pid| runs_here(pid, cluster))
}
