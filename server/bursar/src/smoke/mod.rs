//! An end-to-end check of a running server: the calls that a payment service makes, each looked at, and
//! everything undone afterwards. Works in a tenant or in accounts of its own, so that it may run beside
//! real business.

mod cleanup;
mod entry;
mod posting;
mod reading;
mod world;

pub(crate) use world::World;

use crate::cli::{Exit, Failure};
use std::pin::Pin;
use std::time::{Duration, Instant};
use tonic::{Code, Status};

/// What a step found.
pub(crate) enum Outcome {
    /// It is as it should be; what was seen.
    Fine(String),
    /// It was not tried; why not.
    Skipped(String),
}

/// What a step found instead of what it should.
#[derive(Debug, Clone)]
pub(crate) struct Wrong {
    /// What was to come.
    pub(crate) expected: String,
    /// What came.
    pub(crate) found: String,
    /// What to do now.
    pub(crate) advice: String,
    /// Exit code of the whole.
    pub(crate) exit: Exit,
}

impl Wrong {
    /// The server answered, and not with what was expected.
    pub(crate) fn new(expected: &str, found: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
            advice: "the server does not do what its contract says: keep its log of this moment and report it".into(),
            exit: Exit::Failed,
        }
    }

    /// With advice of its own.
    pub(crate) fn advise(self, advice: &str) -> Self {
        Self { advice: advice.into(), ..self }
    }

    /// A call failed that should have been answered.
    pub(crate) fn call(expected: &str, status: Status) -> Self {
        let code = status.code();
        let failure = Failure::from(status);
        let exit = if failure.exit == Exit::Unavailable { Exit::Unavailable } else { Exit::Failed };
        let advice = match code {
            _ if exit == Exit::Unavailable => {
                "see that the server and its database run (`bursar health`, /readyz), then run this again"
            }
            Code::Unauthenticated => {
                "present a key that is valid on this server: `bursar key list` shows which are"
            }
            Code::PermissionDenied => "present a key of role platform, admin or operator",
            Code::ResourceExhausted => {
                "the tenant's limits are used up: run this again later, or raise them with `bursar tenant update`"
            }
            _ => "look for the call in the server's log, by its time and method",
        };
        Self { expected: expected.into(), found: failure.message, advice: advice.into(), exit }
    }
}

/// For `map_err` of a call that should be answered.
fn expecting(expected: &str) -> impl FnOnce(Status) -> Wrong {
    move |status| Wrong::call(expected, status)
}

/// One step.
type Step =
    for<'a> fn(&'a mut World) -> Pin<Box<dyn Future<Output = Result<Outcome, Wrong>> + Send + 'a>>;

/// The steps in their order: each builds on those before it.
const STEPS: &[(&str, Step)] = &[
    ("health", |w| Box::pin(entry::health(w))),
    ("reflection", |w| Box::pin(entry::reflection(w))),
    ("key", |w| Box::pin(entry::key(w))),
    ("wrong key", |w| Box::pin(entry::wrong_key(w))),
    ("tenant", |w| Box::pin(entry::tenant(w))),
    ("asset", |w| Box::pin(entry::asset(w))),
    ("accounts", |w| Box::pin(entry::accounts(w))),
    ("validate only", |w| Box::pin(entry::validate_only(w))),
    ("transfer", |w| Box::pin(posting::transfer(w))),
    ("replay", |w| Box::pin(posting::replay(w))),
    ("conflict", |w| Box::pin(posting::conflict(w))),
    ("limit", |w| Box::pin(posting::limit(w))),
    ("hold", |w| Box::pin(posting::hold(w))),
    ("post", |w| Box::pin(posting::post(w))),
    ("void", |w| Box::pin(posting::void(w))),
    ("reverse", |w| Box::pin(posting::reverse(w))),
    ("balance now", |w| Box::pin(reading::balance_now(w))),
    ("balance as of", |w| Box::pin(reading::balance_as_of(w))),
    ("pages", |w| Box::pin(reading::pages(w))),
    ("operation", |w| Box::pin(reading::operation(w))),
    ("audit", |w| Box::pin(reading::audit(w))),
    ("other tenant", |w| Box::pin(reading::other_tenant(w))),
];

/// What undoes them. Each is tried, whatever became of the others.
const CLEANUP: &[(&str, Step)] = &[
    ("money back", |w| Box::pin(cleanup::money(w))),
    ("accounts closed", |w| Box::pin(cleanup::accounts(w))),
    ("tenant offboarded", |w| Box::pin(cleanup::tenants(w))),
];

/// A step that was taken, or not.
pub(crate) struct Taken {
    /// Its name.
    pub(crate) name: &'static str,
    /// How long it took.
    pub(crate) took: Duration,
    /// What became of it.
    pub(crate) result: Result<Outcome, Wrong>,
}

/// Told of each step before and after it.
pub(crate) trait Watch {
    /// It begins.
    fn begins(&mut self, name: &'static str);
    /// It is over.
    fn over(&mut self, taken: Taken);
}

/// How many steps there are, when nothing is kept.
pub(crate) const COUNT: usize = STEPS.len() + CLEANUP.len();

/// Takes the steps until one fails or `stop` says so, then cleans up.
pub(crate) async fn run(
    world: &mut World,
    keep: bool,
    stop: impl Future<Output = ()>,
    watch: &mut (dyn Watch + Send),
) {
    let mut stop = std::pin::pin!(stop);
    let mut over = None;
    for (name, step) in STEPS {
        if let Some(why) = over {
            let result = Ok(Outcome::Skipped(String::from(why)));
            watch.over(Taken { name, took: Duration::ZERO, result });
            continue;
        }
        watch.begins(name);
        let since = Instant::now();
        let result = tokio::select! {
            result = step(world) => result,
            () = stop.as_mut() => Err(Wrong {
                expected: "to be left running".into(),
                found: "an interrupt".into(),
                advice: "what was made is being taken back; run this again".into(),
                exit: Exit::Failed,
            }),
        };
        over = result.is_err().then_some("an earlier step failed");
        watch.over(Taken { name, took: since.elapsed(), result });
    }
    for (name, step) in CLEANUP.iter().filter(|_| !keep) {
        watch.begins(name);
        let since = Instant::now();
        let result = step(world).await;
        watch.over(Taken { name, took: since.elapsed(), result });
    }
}
