//! How far a run is: a bar on a terminal, else plain lines.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a plain line may tell of the same step.
const PLAIN: Duration = Duration::from_secs(10);

/// Tells of the steps of a run on standard error.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    last: Mutex<Instant>,
}

impl Progress {
    /// Of so many steps.
    pub(crate) fn new(steps: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{elapsed_precise} {bar:24} {pos}/{len} {msg}");
            let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX));
            bar.enable_steady_tick(Duration::from_secs(1));
            bar.with_style(style.expect("a template"))
        });
        Self { bar, last: Mutex::new(Instant::now()) }
    }

    /// A new step, or a part of one.
    pub(crate) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(text.to_owned()),
            None => eprintln!("{text}"),
        }
    }

    /// How far within a step.
    pub(crate) fn far(&self, text: &str) {
        if let Some(bar) = &self.bar {
            return bar.set_message(text.to_owned());
        }
        let mut last = self.last.lock().expect("no panic");
        if last.elapsed() >= PLAIN {
            *last = Instant::now();
            eprintln!("{text}");
        }
    }

    /// A step is done.
    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    /// All is done.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
