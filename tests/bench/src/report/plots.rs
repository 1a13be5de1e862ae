//! Plots of a run, as SVG.

use std::path::Path;

use plotters::prelude::*;

use super::row::{Goal, Row};
use crate::Fault;

const WIDTH: u32 = 900;
const HEIGHT: u32 = 480;
const ROW: u32 = 30;
const NAMES: u32 = 210;
const FONT: &str = "sans-serif";
const OURS: RGBColor = RGBColor(28, 110, 140);
const OURS_TOO: RGBColor = RGBColor(120, 178, 196);
const THEIRS: RGBColor = RGBColor(150, 150, 150);
const TARGET: RGBColor = RGBColor(190, 60, 40);

/// A name with two figures and how they are told.
type Pair<'a> = (&'a str, f64, f64, String);

/// A line of a plot: its name, its colour, its points.
type Line<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

/// Writes every plot that the lines have the figures for.
pub(super) fn write(folder: &Path, rows: &[Row]) -> Result<(), Fault> {
    ratios(&folder.join("ratios.svg"), rows)?;
    callers(&folder.join("callers.svg"), rows)?;
    latency(&folder.join("latency.svg"), rows)?;
    growth(&folder.join("growth.svg"), rows)
}

/// Each ratio that has a target, and that.
fn ratios(path: &Path, rows: &[Row]) -> Result<(), Fault> {
    let found = rows.iter().filter_map(|row| match (row.ratio, row.goal) {
        (Some(ratio), Some(Goal::Ratio(target))) => {
            Some((row.name.as_str(), ratio, target, format!("{ratio:.2}, target ≥ {target}")))
        }
        (Some(ratio), Some(Goal::RatioAtMost(target))) => {
            Some((row.name.as_str(), ratio, target, format!("{ratio:.2}, target ≤ {target}")))
        }
        _ => None,
    });
    pairs(
        path,
        "Ratio to the baseline (blue) and its target (red)",
        &found.collect::<Vec<_>>(),
        TARGET,
    )
}

/// Half of the calls and 99 of 100 of them.
fn latency(path: &Path, rows: &[Row]) -> Result<(), Fault> {
    let found = rows.iter().filter(|row| !row.name.contains("_to_")).filter_map(|row| {
        let (p50, p99) = (row.p50_us? / 1e3, row.p99_us? / 1e3);
        Some((row.name.as_str(), p50, p99, format!("{p50:.1} – {p99:.1}")))
    });
    pairs(path, "Latency in ms: median and 99th percentile", &found.collect::<Vec<_>>(), OURS_TOO)
}

/// The rate of the growing ledger, and what it was at first.
fn growth(path: &Path, rows: &[Row]) -> Result<(), Fault> {
    let found =
        rows.iter().filter(|row| row.unit == "transfers/s" && row.name.starts_with("growth"));
    let points = found.enumerate().map(|(place, row)| (place, row.name.as_str(), row.value));
    let points: Vec<(usize, &str, f64)> = points.collect();
    let Some(highest) = points.iter().map(|point| point.2).max_by(f64::total_cmp) else {
        return Ok(());
    };
    let root = SVGBackend::new(path, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Transfers a second as the ledger grows, 64 callers", (FONT, 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d((0..points.len() - 1).into_segmented(), 0.0..highest * 1.1)?;
    let name = |place: &SegmentValue<usize>| match place {
        SegmentValue::CenterOf(place) => {
            points.get(*place).map_or_else(String::new, |(_, name, _)| (*name).to_owned())
        }
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .disable_x_mesh()
        .x_labels(points.len())
        .x_label_formatter(&name)
        .label_style((FONT, 13))
        .draw()?;
    let at = |place: usize, rate: f64| (SegmentValue::CenterOf(place), rate);
    let line = points.iter().map(|(place, _, rate)| at(*place, *rate));
    chart.draw_series(LineSeries::new(line, OURS.stroke_width(2)).point_size(5))?;
    chart.draw_series(points.iter().map(|(place, _, rate)| {
        Text::new(format!("{rate:.0}"), at(*place, *rate + highest * 0.04), (FONT, 13))
    }))?;
    Ok(root.present()?)
}

/// Two figures of each name, on a logarithmic axis, in the order of the table from the top down.
fn pairs(path: &Path, title: &str, found: &[Pair<'_>], second: RGBColor) -> Result<(), Fault> {
    let figures = || found.iter().flat_map(|pair| [pair.1, pair.2]).filter(|figure| *figure > 0.0);
    let (Some(low), Some(high)) =
        (figures().min_by(f64::total_cmp), figures().max_by(f64::total_cmp))
    else {
        return Ok(());
    };
    let count = i32::try_from(found.len())?;
    let root = SVGBackend::new(path, (WIDTH, u32::try_from(count)? * ROW + 90)).into_drawing_area();
    root.fill(&WHITE)?;
    // Room for the text at the end of the longest.
    let range = (low / 1.5..high * (high / low).powf(0.35).max(2.0)).log_scale();
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(28)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(range, (0..count - 1).into_segmented())?;
    let name = |place: &SegmentValue<i32>| match place {
        SegmentValue::CenterOf(place) => usize::try_from(count - 1 - *place)
            .ok()
            .and_then(|at| found.get(at))
            .map_or_else(String::new, |(name, ..)| (*name).to_owned()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(found.len())
        .y_label_formatter(&name)
        .x_label_formatter(&|figure| format!("{figure}"))
        .label_style((FONT, 13))
        .draw()?;
    for (place, (_, one, other, text)) in (0..count).rev().zip(found) {
        let at = |figure: f64| (figure, SegmentValue::CenterOf(place));
        chart.draw_series([PathElement::new(
            vec![at(*one), at(*other)],
            OURS_TOO.stroke_width(2),
        )])?;
        chart.draw_series([Circle::new(at(*one), 5, OURS.filled())])?;
        chart.draw_series([Circle::new(at(*other), 5, second.filled())])?;
        let beside =
            EmptyElement::at(at(one.max(*other))) + Text::new(text.clone(), (10, -6), (FONT, 12));
        chart.draw_series([beside])?;
    }
    Ok(root.present()?)
}

/// Rates against the number of callers, ours and the stored function's.
fn callers(path: &Path, rows: &[Row]) -> Result<(), Fault> {
    let points = |names: &[(&str, f64)], of: fn(&Row) -> Option<f64>| -> Vec<(f64, f64)> {
        let found = names.iter().filter_map(|(name, callers)| {
            let row = rows.iter().find(|row| row.name == *name)?;
            Some((*callers, of(row)?))
        });
        found.collect()
    };
    let uniform: &[(&str, f64)] = &[
        ("unary_c1", 1.0),
        ("unary_c8", 8.0),
        ("unary_uniform_c64", 64.0),
        ("unary_uniform_c256", 256.0),
    ];
    let zipf: &[(&str, f64)] =
        &[("unary_zipf_c64", 64.0), ("unary_zipf_c256", 256.0), ("unary_zipf_c1024", 1_024.0)];
    let hot: &[(&str, f64)] = &[("unary_hot_c64", 64.0), ("unary_hot_c256", 256.0)];
    let ours = |row: &Row| Some(row.value);
    let theirs = |row: &Row| {
        row.baseline_value.filter(|_| row.baseline.as_deref() == Some("stored_function"))
    };
    let lines: Vec<Line<'_>> = vec![
        ("bursar, uniform", OURS, points(uniform, ours)),
        ("bursar, Zipf", OURS_TOO, points(zipf, ours)),
        ("bursar, one hot account", RGBColor(20, 60, 90), points(hot, ours)),
        ("stored_function, uniform", THEIRS, points(uniform, theirs)),
        ("stored_function, Zipf", RGBColor(200, 170, 110), points(zipf, theirs)),
        ("stored_function, one hot account", TARGET, points(hot, theirs)),
    ];
    lines_over_log(path, "Transfers a second against callers", "callers", &lines)
}

fn lines_over_log(path: &Path, title: &str, under: &str, lines: &[Line<'_>]) -> Result<(), Fault> {
    let all = || lines.iter().flat_map(|(.., points)| points);
    let Some(highest) = all().map(|point| point.1).max_by(f64::total_cmp) else { return Ok(()) };
    let last = all().map(|point| point.0).fold(2.0, f64::max);
    let root = SVGBackend::new(path, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d((0.9..last * 1.2).log_scale(), 0.0..highest * 1.1)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(under)
        .x_label_formatter(&|callers| format!("{callers:.0}"))
        .y_label_formatter(&|rate| format!("{rate:.0}"))
        .label_style((FONT, 13))
        .draw()?;
    for (name, color, points) in lines.iter().filter(|(.., points)| !points.is_empty()) {
        let color = *color;
        chart
            .draw_series(
                LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(4),
            )?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font((FONT, 13))
        .background_style(WHITE.mix(0.8))
        .border_style(THEIRS)
        .draw()?;
    Ok(root.present()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plot_shows_its_figures_and_none_is_made_of_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &[]).expect("nothing to write");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let row = |name: &str, value| {
            let row = Row::new(name, value, "transfers/s").beside("stored_function", Some(2_000.0));
            let (p50_us, p99_us) = (Some(1_500.0), Some(9_250.0));
            Row { p50_us, p99_us, ..row.must(Goal::Ratio(0.6)) }
        };
        let rows = [row("unary_c1", 1_000.0), row("unary_c8", 9_000.0), row("growth_0", 4_321.0)];
        write(folder.path(), &rows).expect("plots");
        for (plot, figure) in [
            ("ratios", "4.50, target ≥ 0.6"),
            ("callers", "bursar, uniform"),
            ("latency", "1.5 – 9.2"),
            ("growth", "4321"),
        ] {
            let text = std::fs::read_to_string(folder.path().join(format!("{plot}.svg")));
            let text = text.expect("a plot");
            assert!(text.starts_with("<svg") && text.contains(figure), "{plot}: {text}");
        }
    }
}
