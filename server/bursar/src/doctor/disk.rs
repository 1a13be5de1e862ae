//! Room for the data.

use super::facts::{Facts, Space};
use super::finding::{Finding, more};
use super::limits::{SPACE_ERROR_BYTES, SPACE_WARNING_BYTES};
use crate::config::Backend;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    match (&facts.here.space, facts.here.backend) {
        (Some(space), _) => findings.push(room(space)),
        (None, Backend::Postgres) => findings.push(Finding::skipped(
            "free space",
            "the disk of another machine cannot be seen from here",
            "`df -h` in PostgreSQL's data directory, or the provider's metric; alert at 20 % free",
        )),
        (None, Backend::Memory) => findings.push(Finding::skipped(
            "free space",
            "a memory database is on no disk",
            "`free -h` tells how much memory is left",
        )),
        (None, Backend::Embedded) => findings.push(Finding::skipped(
            "free space",
            format!("there is no directory {} yet", facts.here.data_dir.display()),
            "start the embedded database with `bursar serve`",
        )),
    }
    let Some(database) = &facts.database else { return findings };
    match &database.sizes {
        Err(why) => findings.push(Finding::unseen("sizes", why)),
        Ok(sizes) => {
            let text = format!(
                "the database has {}, temporary files took {} so far",
                human(sizes.database.unsigned_abs()),
                human(sizes.temporary.unsigned_abs())
            );
            findings.push(Finding::ok("sizes", text));
            findings.push(match sizes.wal {
                Some(bytes) => {
                    let text = format!("the write-ahead log has {}", human(bytes.unsigned_abs()));
                    Finding::ok("log", text)
                }
                None => Finding::skipped(
                    "log",
                    "only members of pg_monitor see the size of the write-ahead log",
                    more(&database.session),
                ),
            });
        }
    }
    findings
}

fn room(space: &Space) -> Finding {
    let path = space.path.display().to_string();
    let text = format!("{} of {} are free", human(space.free_bytes), human(space.total_bytes));
    let remedy = "make room or move the directory to a larger disk (BURSAR_DATA_DIR); without room for its log PostgreSQL stops";
    if space.free_bytes < SPACE_ERROR_BYTES {
        Finding::error(path, text, remedy)
    } else if space.free_bytes < SPACE_WARNING_BYTES {
        Finding::warning(path, text, remedy)
    } else {
        Finding::ok(path, text)
    }
}

/// A number of bytes in the unit that suits it.
pub(super) fn human(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let step = (bytes.max(1).ilog2() / 10).min(4);
    let whole = bytes >> (10 * step);
    format!("{whole} {}", units.get(step as usize).unwrap_or(&"bytes"))
}
