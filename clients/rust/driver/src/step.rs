//! One step: carried out, and held against what is expected.

use std::collections::BTreeMap;
use std::time::Duration;

use bursar_client::{Error, decimal, decimal_text, money};
use futures::future::{BoxFuture, FutureExt as _, join_all};
use serde_json::{Value, json};
use tonic::Request;

use crate::expect::check;
use crate::names::Names;
use crate::scenario::Step;
use crate::setup::Setup;
use crate::{harness, messages, paging, streaming};

impl Step {
    /// Carries it out, compares and saves; or why it is not as it must be.
    pub(crate) async fn check(&self, setup: &Setup, names: &mut Names) -> Result<(), String> {
        let outcome = self.carry_out(setup, names).await?;
        let reply = match (&outcome, &self.error) {
            (Err(error), Some(expected)) => {
                return check(&names.fill(expected)?, Some(error), "error");
            }
            (Err(error), None) => return Err(format!("it failed: {error}")),
            (Ok(reply), Some(_)) => return Err(format!("it did not fail: {reply}")),
            (Ok(reply), None) => reply,
        };
        if let Some(expected) = &self.expect {
            check(&names.fill(expected)?, Some(reply), "reply")?;
        }
        for (name, path) in &self.save {
            let found = path.split('.').try_fold(reply, |value, key| match value {
                Value::Array(items) => items.get(key.parse::<usize>().ok()?),
                other => other.get(key),
            });
            let found = found.ok_or_else(|| format!("the reply has no {path}: {reply}"))?;
            let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            names.save(name, text);
        }
        Ok(())
    }

    /// The reply, or the error as JSON.
    fn carry_out<'a>(
        &'a self,
        setup: &'a Setup,
        names: &'a Names,
    ) -> BoxFuture<'a, Result<Result<Value, Value>, String>> {
        async move {
            if let Some(asked) = &self.control {
                harness::control(&names.fill(asked)?).await?;
                return Ok(Ok(Value::Null));
            }
            if let Some(text) = &self.decimal {
                let canonical = canonical(text).map(|text| json!({ "canonical": text }));
                return Ok(canonical.map_err(|error| messages::error_json(&error)));
            }
            if let (Some(times), Some(each)) = (self.parallel, &self.each) {
                return self.parallel(times, each, setup, names).await.map(Ok);
            }
            let client =
                setup.client(self.key.as_deref(), self.at.as_deref(), self.retries != Some(false));
            let client = match client {
                Ok(client) => client,
                Err(error) => return Ok(Err(messages::error_json(&error))),
            };
            if let Some(stream) = &self.stream {
                let outcome = streaming::stream(&client, stream, setup, names).await?;
                return Ok(outcome.map_err(|error| messages::error_json(&error)));
            }
            let name = self.call.as_ref().or(self.pages.as_ref()).ok_or("a step of no kind")?;
            let method = messages::method(&setup.pool, name)?;
            let json = names.fill(self.request.as_ref().unwrap_or(&json!({})))?;
            let message = messages::from_json(method.input(), &json)?;
            if self.pages.is_some() {
                let outcome = paging::pages(&client, &method, message, self.at_most).await?;
                return Ok(outcome.map_err(|error| messages::error_json(&error)));
            }
            let mut request = Request::new(message);
            if let Some(ms) = self.deadline_ms {
                request.set_timeout(Duration::from_millis(ms));
            }
            let call = messages::call(&client, &method, request);
            let outcome = match self.cancel_after_ms {
                None => call.await?,
                Some(ms) => match tokio::time::timeout(Duration::from_millis(ms), call).await {
                    Ok(outcome) => outcome?,
                    Err(_) => return Ok(Err(cancelled(&json))),
                },
            };
            Ok(outcome.map_err(|error| messages::error_json(&error)))
        }
        .boxed()
    }

    async fn parallel(
        &self,
        times: usize,
        each: &Step,
        setup: &Setup,
        names: &Names,
    ) -> Result<Value, String> {
        let names: Vec<Names> = (0..times)
            .map(|_| {
                let mut names = names.clone();
                names.fresh(&self.each_ids);
                names
            })
            .collect();
        let outcomes = join_all(names.iter().map(|names| each.carry_out(setup, names))).await;
        let (mut ok, mut errors) = (0, BTreeMap::<String, usize>::new());
        for outcome in outcomes {
            match outcome? {
                Ok(_) => ok += 1,
                Err(error) => {
                    let reason = error["reason"].as_str().unwrap_or_default().to_owned();
                    *errors.entry(reason).or_default() += 1;
                }
            }
        }
        let errors: BTreeMap<_, _> =
            errors.into_iter().map(|(reason, count)| (reason, count.to_string())).collect();
        Ok(json!({"count": times.to_string(), "ok": ok.to_string(), "errors": errors}))
    }
}

/// From text to a decimal, to an amount, and the same way back.
fn canonical(text: &str) -> Result<String, Error> {
    let amount = money("EUR", &decimal(text)?)?.amount;
    decimal_text(&decimal(&amount)?)
}

/// In Rust a call is cancelled by dropping it, and nothing is left that could tell an error: the caller has the request,
/// and knows what it knows of a change that is under way.
fn cancelled(request: &Value) -> Value {
    let id = &request["transfer"]["id"];
    json!({
        "code": "CANCELLED", "reason": "CANCELLED", "definite": false, "retryable": false, "request_id": id,
    })
}
