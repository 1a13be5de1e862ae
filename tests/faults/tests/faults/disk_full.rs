//! The disk of the embedded PostgreSQL is full: the data, and the log that every commit needs.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::bank::Answer;
use crate::kill_nine::new_bank;
use crate::process::{self, DataDir};
use crate::settle::settle;
use crate::watch::{serving, until};

/// Room for a fresh cluster and little more.
const SIZE: &str = "size=160m,mode=711";

/// A small disk. Dropped, it is gone with all that is on it.
struct SmallDisk(DataDir);

impl SmallDisk {
    /// `None` where this process may not mount.
    fn mount() -> Option<Self> {
        let dir = DataDir::new();
        std::fs::create_dir(&dir.0).expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "bursar-faults"])
            .arg(&dir.0)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(dir)),
            other => {
                eprintln!("SKIPPED: a disk that is full needs the right to mount one: {other:?}");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.0.stop_postgresql();
        let _ = Command::new("umount").arg(&self.0.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_end_in_errors_and_all_goes_on_once_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let dir = &disk.0;
    let process = process::start(&dir.0).await;
    let bank = new_bank(&process, dir).await;
    let load = bank.load(4);
    load.posts(30).await;

    let ballast = dir.0.join("ballast");
    fill(&ballast);
    // Nothing can be committed once the log has to grow.
    for _ in 0..3 {
        let Ok(admin) = dir.try_connect().await else { break };
        if admin
            .batch_execute(
                "SELECT pg_switch_wal(); CREATE TABLE more AS SELECT generate_series(1, 9)",
            )
            .await
            .is_err()
        {
            break;
        }
        fill(&ballast);
    }
    until("not serving", Duration::from_secs(20), async || !serving(&bank.caller).await).await;
    tokio::time::sleep(Duration::from_secs(2)).await;

    std::fs::remove_file(&ballast).expect("room again");
    until("serving again", Duration::from_mins(1), async || serving(&bank.caller).await).await;
    load.posts(30).await;
    let told = load.stop().await;
    assert!(
        told.iter().all(|one| !matches!(one.answer, Answer::Silence(_))),
        "the server answers every call"
    );
    let tally = settle(&bank, &told).await;
    assert!(tally.posted >= 60 && tally.definite > 0, "{tally:?}");
    process.signal(Signal::SIGTERM);
    assert!(process.ended(Duration::from_secs(20)).await.status.success());
}

/// Takes all the room there is.
fn fill(ballast: &Path) {
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).open(ballast).expect("a file");
    for block in [65_536, 512].map(|size| vec![0; size]) {
        while file.write_all(&block).is_ok() {}
    }
}
