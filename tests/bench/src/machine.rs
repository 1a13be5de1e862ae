//! What the figures were measured on, as Linux tells it.

use std::path::Path;
use std::time::Duration;

use nix::sys::statfs::{FsType, TMPFS_MAGIC, statfs};

/// Ticks of the processor time that Linux tells, a second.
const TICKS: u32 = 100;

/// The machine.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// Model of the processor.
    pub(crate) processor: String,
    /// How many of them this process may use.
    pub(crate) processors: usize,
    /// Memory in MiB.
    pub(crate) memory_mb: u64,
    /// Kernel and its version.
    pub(crate) kernel: String,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let processor = field(&read("/proc/cpuinfo"), "model name");
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kb = memory.split_whitespace().next().and_then(|text| text.parse::<u64>().ok());
        Self {
            processor: if processor.is_empty() { std::env::consts::ARCH.into() } else { processor },
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mb: kb.unwrap_or_default() / 1024,
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        }
    }
}

/// The first value of `name: value` lines.
fn field(text: &str, name: &str) -> String {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .into_iter()
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

/// Kind of file system that holds a path; `None` for one in memory.
pub(crate) fn disk(path: &Path) -> Option<String> {
    let kind: FsType = statfs(path).ok()?.filesystem_type();
    if kind == TMPFS_MAGIC {
        return None;
    }
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let path = path.canonicalize().ok()?;
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (device, place, kind) = (words.next()?, words.next()?, words.next()?);
        path.starts_with(place).then_some((place.len(), format!("{kind} on {device}")))
    });
    Some(mounted.max_by_key(|(length, _)| *length).map_or("unknown".into(), |(_, text)| text))
}

/// Memory of a process that is resident, in MiB.
#[allow(clippy::cast_precision_loss, reason = "kilobytes of one process")]
pub(crate) fn resident_mb(pid: nix::unistd::Pid) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kb: u64 = field(&status, "VmRSS").split_whitespace().next()?.parse().ok()?;
    Some(kb as f64 / 1024.0)
}

/// Processor time that this process has used.
pub(crate) fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // What follows the name, which may hold anything, in parentheses.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks =
        rest.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<u32>().ok());
    Duration::from_secs(1) * ticks.sum::<u32>() / TICKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_of_this_process() {
        let here = Machine::here();
        assert!(here.processors >= 1 && here.memory_mb > 0, "{here:?}");
        let resident = resident_mb(nix::unistd::Pid::this()).expect("it runs");
        assert!(resident > 0.5, "{resident}");
        assert_eq!(field("a : 1\nmodel name\t: X Y\n", "model name"), "X Y");
    }

    #[test]
    fn a_ram_disk_is_no_disk() {
        assert!(disk(Path::new("/proc")).is_some());
        if Path::new("/dev/shm").exists() {
            assert_eq!(disk(Path::new("/dev/shm")), None);
        }
    }
}
