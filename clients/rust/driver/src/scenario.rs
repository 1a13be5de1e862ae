//! A scenario, and how its steps follow each other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::names::Names;
use crate::setup::Setup;

/// Longest step: a server that starts again takes a while on a busy machine.
const LONGEST: Duration = Duration::from_secs(100);

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    #[serde(default)]
    ids: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Step {
    pub(crate) call: Option<String>,
    pub(crate) pages: Option<String>,
    pub(crate) stream: Option<Stream>,
    pub(crate) decimal: Option<String>,
    pub(crate) control: Option<Value>,
    pub(crate) parallel: Option<usize>,
    pub(crate) each: Option<Box<Step>>,
    pub(crate) each_ids: Vec<String>,
    #[serde(rename = "as")]
    pub(crate) key: Option<String>,
    pub(crate) at: Option<String>,
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) cancel_after_ms: Option<u64>,
    pub(crate) retries: Option<bool>,
    pub(crate) request: Option<Value>,
    pub(crate) at_most: Option<usize>,
    pub(crate) expect: Option<Value>,
    pub(crate) error: Option<Value>,
    pub(crate) save: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stream {
    pub(crate) transfers: Option<Vec<Value>>,
    pub(crate) count: Option<usize>,
    pub(crate) of: Option<Value>,
    pub(crate) pause_after: Option<usize>,
    pub(crate) control: Option<Value>,
}

impl Scenario {
    /// Carries it out; or which step is not as it must be, and why.
    pub(crate) async fn run(&self, setup: &Setup) -> Result<(), (usize, String)> {
        let mut names = Names::new(&self.ids, setup);
        for (at, step) in self.steps.iter().enumerate() {
            let checked = step.check(setup, &mut names);
            match tokio::time::timeout(LONGEST, checked).await {
                Ok(outcome) => outcome.map_err(|why| (at, why))?,
                Err(_) => return Err((at, format!("the step took more than {LONGEST:?}"))),
            }
        }
        Ok(())
    }
}
