//! The figures in the documentation.

use std::path::Path;

use super::row::Row;
use super::{About, plots, text};
use crate::Fault;

/// The plots, with what they show.
const PLOTS: &[(&str, &str)] = &[
    ("ratios", "Ratios to the baselines, and their targets"),
    ("callers", "Transfers a second against the number of callers"),
    ("latency", "Median and 99th percentile of the latencies"),
    ("growth", "Transfers a second as the ledger grows"),
];
/// What stands around the figures in performance.md.
const BEGIN: &str = "<!-- bench: written by `bench --docs`, do not edit -->";
const END: &str = "<!-- /bench -->";

/// Puts machine and table between the marks of performance.md, and the plots into the folder `performance` beside it.
///
/// # Errors
/// When they cannot be written, or the marks are not there.
pub(crate) fn write(folder: &Path, about: &About, rows: &[Row]) -> Result<(), Fault> {
    let plotted = folder.join("performance");
    std::fs::create_dir_all(&plotted)?;
    plots::write(&plotted, rows)?;
    let shown = PLOTS.iter().filter(|(name, _)| plotted.join(format!("{name}.svg")).exists());
    let shown: Vec<String> =
        shown.map(|(name, text)| format!("![{text}](performance/{name}.svg)\n")).collect();
    let page = folder.join("performance.md");
    let old = std::fs::read_to_string(&page)?;
    let new = between(&old, &(figures(about, rows) + "\n" + &shown.join("\n")))
        .ok_or_else(|| format!("{} has no marks `{BEGIN}` and `{END}`", page.display()))?;
    Ok(std::fs::write(&page, new)?)
}

fn figures(about: &About, rows: &[Row]) -> String {
    format!("{}\n{}\n{}", text::about(about), text::table(rows), text::notes(rows))
}

/// The page with other text between its marks.
fn between(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = between(&page, "new\n").expect("marks");
        assert_eq!(new, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(between(&new, "new").as_deref(), Some(new.as_str()), "again the same");
        assert_eq!(between("no marks", "new"), None);
    }

    #[test]
    fn the_page_of_this_repository_has_its_marks() {
        let page = include_str!("../../../../docs/performance.md");
        assert!(between(page, "x").is_some());
    }
}
