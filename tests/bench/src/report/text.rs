//! The table and the page around it.

use std::fmt::Write as _;

use super::About;
use super::row::{Goal, Row};

/// One table of all lines, in Markdown that is readable as it is.
pub(crate) fn table(rows: &[Row]) -> String {
    let head = [
        "workload",
        "value",
        "unit",
        "p50 µs",
        "p99 µs",
        "beside",
        "its value",
        "ratio",
        "target",
        "reached",
    ];
    let mut lines: Vec<[String; 10]> = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(line));
    let widths: [usize; 10] = std::array::from_fn(|at| {
        lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for (place, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(widths) {
            let _ = write!(text, "| {cell}{} ", " ".repeat(width - cell.chars().count()));
        }
        text.push_str("|\n");
        if place == 0 {
            for width in widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

fn line(row: &Row) -> [String; 10] {
    let maybe = |figure: Option<f64>| figure.map_or_else(String::new, number);
    let target = match row.goal {
        Some(Goal::Ratio(least)) => format!("≥ {least} ×"),
        Some(Goal::RatioAtMost(most)) => format!("≤ {most} ×"),
        Some(Goal::AtMost(most)) => format!("≤ {most} {}", row.unit),
        None => String::new(),
    };
    let reached = match (row.failure.is_some(), row.reached()) {
        (true, _) => "FAILED",
        (_, Some(true)) => "yes",
        (_, Some(false)) => "NO",
        (_, None) => "",
    };
    [
        row.name.clone(),
        number(row.value),
        row.unit.to_owned(),
        maybe(row.p50_us),
        maybe(row.p99_us),
        row.baseline.clone().unwrap_or_default(),
        maybe(row.baseline_value),
        row.ratio.map_or_else(String::new, |ratio| match row.goal {
            // It may be near one, on the wrong side.
            Some(Goal::RatioAtMost(_)) => format!("{ratio:.3}"),
            _ => format!("{ratio:.2}"),
        }),
        target,
        reached.to_owned(),
    ]
}

/// A line as it is told while the run goes on.
pub(crate) fn short(row: &Row) -> String {
    let cells = line(row).join(" ");
    cells.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A figure as one reads it: no more digits than it deserves, thousands apart.
fn number(figure: f64) -> String {
    if figure.abs() < 100.0 {
        return format!("{figure:.1}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The lines under the table: what failed, and what is to be said.
pub(crate) fn notes(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        if let Some(failure) = &row.failure {
            let _ = writeln!(text, "- {} FAILED: {failure}", row.name);
        }
        if !row.note.is_empty() {
            let _ = writeln!(text, "- {}: {}", row.name, row.note);
        }
    }
    text
}

/// What was measured on, in a list.
pub(crate) fn about(about: &About) -> String {
    let (machine, sizes) = (&about.machine, &about.sizes);
    let settings: Vec<String> =
        about.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let server: Vec<String> =
        crate::server::SETTINGS.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "- Machine: {} × {}, {} MB of memory, {}; the database, the server and the load generator share it.\n\
         - Data: {}.\n\
         - PostgreSQL, as it answers itself: {}.\n\
         - The server runs with its defaults and {}.\n\
         - Runs: {} of each side, in turns, {} s after {} s of warm-up; the figures are medians.\n\
         - Skew: {} accounts of one tenant, both sides drawn uniformly unless the name says otherwise; zipf is Zipf's \
         law with exponent 1.0 on both sides (shares within 2.1 % of it, the same sampler in pgbench); hot credits one \
         account by every transfer; many_tenants has {} tenants with {} accounts each. Amounts from 0.01 to 10.00. \
         Seed {}.\n",
        machine.processors,
        machine.processor,
        machine.memory_mb,
        machine.kernel,
        about.data,
        settings.join(", "),
        server.join(", "),
        sizes.rounds,
        sizes.run,
        sizes.warm,
        sizes.accounts,
        sizes.tenants,
        sizes.each(),
        about.seed,
    )
}

/// The whole page.
pub(crate) fn page(of: &About, rows: &[Row]) -> String {
    format!("# Bench report\n\n{}\n{}\n{}", about(of), table(rows), notes(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let told = [0.25, 99.94, 100.0, 1_234.5, 1_234_567.0].map(number);
        assert_eq!(told, ["0.2", "99.9", "100", "1,234", "1,234,567"]);
    }

    #[test]
    fn the_table_tells_target_and_failure() {
        let good =
            Row::new("a", 1_200.0, "transfers/s").beside("b", Some(600.0)).must(Goal::Ratio(2.0));
        let bad = Row { name: "c".into(), failure: Some("1 calls failed".into()), ..good.clone() };
        let text = table(&[good, bad.clone()]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(
            lines[2].contains("1,200") && lines[2].contains("≥ 2 ×") && lines[2].contains("yes")
        );
        assert!(lines[3].contains("FAILED"), "{text}");
        assert!(notes(&[bad]).contains("1 calls failed"));
    }
}
