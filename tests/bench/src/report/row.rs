//! A line of the report and its arithmetic.

use serde::Serialize;

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    /// The ratio to the baseline, or more.
    Ratio(f64),
    /// The ratio to the baseline, or less: for times and memory.
    RatioAtMost(f64),
    /// The value itself, or less.
    AtMost(f64),
}

/// A line of the report; what is serialised is what report.json has.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) baseline: Option<String>,
    pub(crate) baseline_value: Option<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) p50_us: Option<f64>,
    pub(crate) p99_us: Option<f64>,
    #[serde(skip)]
    pub(crate) goal: Option<Goal>,
    /// What failed, if anything did: then the figure does not count.
    #[serde(skip)]
    pub(crate) failure: Option<String>,
    /// What else is to be said.
    #[serde(skip)]
    pub(crate) note: String,
}

impl Row {
    /// A figure without a baseline.
    pub(crate) fn new(name: &str, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            value,
            unit,
            baseline: None,
            baseline_value: None,
            ratio: None,
            p50_us: None,
            p99_us: None,
            goal: None,
            failure: None,
            note: String::new(),
        }
    }

    /// Beside a baseline; without a figure of that there is no ratio.
    pub(crate) fn beside(mut self, baseline: &str, value: Option<f64>) -> Self {
        self.baseline = Some(baseline.to_owned());
        self.baseline_value = value;
        self.ratio = value.filter(|value| *value > 0.0).map(|value| self.value / value);
        self
    }

    /// With what it must reach.
    pub(crate) fn must(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Whether it reached it: `None` when there is nothing to reach, or nothing to tell it by.
    pub(crate) fn reached(&self) -> Option<bool> {
        let goal = self.goal?;
        if self.failure.is_some() {
            return Some(false);
        }
        match goal {
            Goal::Ratio(least) => self.ratio.map(|ratio| ratio >= least),
            Goal::RatioAtMost(most) => self.ratio.map(|ratio| ratio <= most),
            Goal::AtMost(most) => Some(self.value <= most),
        }
    }
}

/// The middle one; of an even number the mean of the two in the middle; `None` of nothing.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut all: Vec<f64> = figures.collect();
    all.sort_by(f64::total_cmp);
    let middle = all.len() / 2;
    match all.len() {
        0 => None,
        even if even.is_multiple_of(2) => Some(f64::midpoint(all[middle - 1], all[middle])),
        _ => Some(all[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median([7.0].into_iter()), Some(7.0));
        assert_eq!(median(std::iter::empty()), None);
    }

    #[test]
    fn goals_are_met_at_the_edge_and_not_beyond() {
        let row = |value: f64, goal| {
            Row::new("x", value, "transfers/s").beside("y", Some(100.0)).must(goal)
        };
        assert_eq!(row(85.0, Goal::Ratio(0.85)).reached(), Some(true));
        assert_eq!(row(84.9, Goal::Ratio(0.85)).reached(), Some(false));
        assert_eq!(row(150.0, Goal::RatioAtMost(1.5)).reached(), Some(true));
        assert_eq!(row(150.1, Goal::RatioAtMost(1.5)).reached(), Some(false));
        assert_eq!(row(500.0, Goal::AtMost(500.0)).reached(), Some(true));
        assert_eq!(row(501.0, Goal::AtMost(500.0)).reached(), Some(false));
    }

    #[test]
    fn without_a_baseline_nothing_is_reached_and_a_failure_never_is() {
        let row = Row::new("x", 5.0, "transfers/s").beside("y", None).must(Goal::Ratio(1.0));
        assert_eq!((row.ratio, row.reached()), (None, None));
        let zero = Row::new("x", 5.0, "transfers/s").beside("y", Some(0.0)).must(Goal::Ratio(1.0));
        assert_eq!(zero.ratio, None);
        let mut failed = Row::new("x", 5.0, "ms").must(Goal::AtMost(9.0));
        assert_eq!(failed.reached(), Some(true));
        failed.failure = Some("3 calls failed".into());
        assert_eq!(failed.reached(), Some(false));
    }

    #[test]
    fn the_report_has_the_agreed_fields() {
        let row = Row::new("x", 5.0, "transfers/s").beside("y", Some(2.0));
        let json = serde_json::to_value(&row).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!({"name": "x", "value": 5.0, "unit": "transfers/s", "baseline": "y",
                "baseline_value": 2.0, "ratio": 2.5, "p50_us": null, "p99_us": null})
        );
    }
}
