//! Who has come how far: the drivers write here, the trials wait here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

use futures::StreamExt as _;

use crate::driver;
use crate::language::Language;
use crate::scenarios::Scenarios;

/// Languages at a time: a driver mostly waits, and a machine may have two cores.
const AT_ONCE: usize = 2;

/// What became of a scenario in a language.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// It is as it must be.
    Passed,
    /// Which step is not, and why.
    Failed(String),
    /// Why it was not tried.
    Skipped(String),
}

/// By language and scenario.
pub(crate) type Outcomes = BTreeMap<(String, String), Outcome>;

#[derive(Default)]
struct State {
    outcomes: Outcomes,
    /// Languages that nothing more comes from.
    over: BTreeSet<String>,
}

/// What is known so far.
pub(crate) struct Board {
    state: Mutex<State>,
    changed: Condvar,
    runner: Mutex<Option<JoinHandle<()>>>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), runner: Mutex::new(None) }
    }

    /// Begins to carry scenarios out, each language those of its list.
    pub(crate) fn run(self: &Arc<Self>, scenarios: Scenarios, asked: Vec<(Language, Vec<String>)>) {
        if asked.is_empty() {
            return;
        }
        let board = self.clone();
        let runner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            let scenarios = Arc::new(scenarios);
            runtime.block_on(futures::stream::iter(asked).for_each_concurrent(
                AT_ONCE,
                |(language, names)| {
                    let (board, scenarios) = (board.clone(), scenarios.clone());
                    async move {
                        let (name, all) = (language.name.clone(), names.clone());
                        let writer = board.clone();
                        let run = tokio::spawn(async move {
                            driver::run(&language, &scenarios, &names, &writer).await
                        });
                        // What goes wrong with the surroundings must not leave the trials waiting.
                        let end =
                            run.await.unwrap_or_else(|error| Outcome::Failed(error.to_string()));
                        board.over(&name, &all, &end);
                    }
                },
            ));
        });
        *self.runner.lock().expect("no panic") = Some(runner);
    }

    /// Waits until all languages are over.
    pub(crate) fn end(&self) {
        if let Some(runner) = self.runner.lock().expect("no panic").take() {
            runner.join().expect("the runner says on the board what goes wrong");
        }
    }

    /// Writes down an outcome.
    pub(crate) fn put(&self, language: &str, scenario: &str, outcome: Outcome) {
        self.state().outcomes.insert((language.to_owned(), scenario.to_owned()), outcome);
        self.changed.notify_all();
    }

    /// Nothing more comes from a language: what has no outcome gets that of its end.
    fn over(&self, language: &str, names: &[String], end: &Outcome) {
        let mut state = self.state();
        for name in names {
            let key = (language.to_owned(), name.clone());
            state.outcomes.entry(key).or_insert_with(|| end.clone());
        }
        state.over.insert(language.to_owned());
        drop(state);
        self.changed.notify_all();
    }

    /// Waits for an outcome.
    pub(crate) fn outcome(&self, language: &str, scenario: &str) -> Outcome {
        let key = (language.to_owned(), scenario.to_owned());
        let mut state = self.state();
        loop {
            if let Some(outcome) = state.outcomes.get(&key) {
                return outcome.clone();
            }
            if state.over.contains(language) {
                return Outcome::Failed("its driver never came to it".into());
            }
            state = self.changed.wait(state).expect("no panic");
        }
    }

    /// All outcomes.
    pub(crate) fn outcomes(&self) -> Outcomes {
        self.state().outcomes.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}
