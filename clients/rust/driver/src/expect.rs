//! Whether a reply is what a scenario expects.

use regex::Regex;
use serde_json::Value;

/// Why the value at `path` does not match; `None` stands for a key that is not there.
pub(crate) fn check(expected: &Value, actual: Option<&Value>, path: &str) -> Result<(), String> {
    let wrong = || {
        let actual = actual.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let actual: String = actual.chars().take(600).collect();
        Err(format!("{path}: expected {expected}, got {actual}"))
    };
    if let Some((name, value)) = rule(expected) {
        let matches = match name {
            "$matches" => actual.and_then(Value::as_str).is_some_and(|text| {
                let pattern = value.as_str().and_then(|pattern| Regex::new(pattern).ok());
                pattern.is_some_and(|pattern| pattern.is_match(text))
            }),
            "$any" => !is_default(actual),
            "$absent" => is_default(actual),
            "$count" => value.as_u64() == Some(count(actual)),
            "$not" => check(value, actual, path).is_err(),
            "$contains" => {
                let items = actual.and_then(Value::as_array);
                let has = |wanted| {
                    items.is_some_and(|all| all.iter().any(|i| check(wanted, Some(i), "").is_ok()))
                };
                value.as_array().is_some_and(|wanted| wanted.iter().all(has))
            }
            _ => return Err(format!("{path}: there is no rule {name}")),
        };
        return if matches { Ok(()) } else { wrong() };
    }
    let Some(found) = actual else {
        return if is_default(Some(expected)) { Ok(()) } else { wrong() };
    };
    match (expected, found) {
        (Value::Object(wanted), Value::Object(members)) => wanted
            .iter()
            .try_for_each(|(key, value)| check(value, members.get(key), &format!("{path}.{key}"))),
        (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
            let mut pairs = wanted.iter().zip(items).enumerate();
            pairs.try_for_each(|(at, (value, item))| {
                check(value, Some(item), &format!("{path}.{at}"))
            })
        }
        (Value::Number(wanted), Value::Number(number)) if wanted.as_f64() == number.as_f64() => {
            Ok(())
        }
        _ if expected == found => Ok(()),
        _ => wrong(),
    }
}

fn rule(expected: &Value) -> Option<(&str, &Value)> {
    let members = expected.as_object()?;
    let (name, value) = members.iter().next()?;
    (members.len() == 1 && name.starts_with('$')).then_some((name.as_str(), value))
}

/// What protobuf leaves out.
fn is_default(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Bool(flag)) => !flag,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::String(text)) => {
            text.is_empty() || text == "0" || text.ends_with("_UNSPECIFIED")
        }
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
    }
}

fn count(value: Option<&Value>) -> u64 {
    let count = match value {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Object(members)) => members.len(),
        _ => 0,
    };
    count as u64
}
