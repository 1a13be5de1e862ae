//! JSON text: payloads that must survive to the digit, such as decisions and what a language model was asked.
//!
//! What is taken has one canonical form: members by name, no white space, numbers plain (no exponent, no trailing zeros
//! after the point, no minus before zero). JSONB keeps exactly that, so a reply reads the same whenever it is asked for.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::json::{Json, JsonError, check_name};
use crate::limits::{MAX_JSON_NUMBER_DIGITS, MAX_JSON_TEXT_DEPTH};

/// What marks a duplicate among the texts of the parser's errors.
const DUPLICATE: &str = "duplicate member";

/// Reads JSON text of at most `max_bytes`, as it came and in its canonical form.
pub fn parse(text: &str, max_bytes: usize) -> Result<Json, JsonError> {
    if text.len() > max_bytes {
        return Err(JsonError::TooLarge(max_bytes));
    }
    let raw =
        serde_json::from_str::<&RawValue>(text).map_err(|e| JsonError::Syntax(e.to_string()))?;
    let json = Json::stored(value(raw, 1)?);
    // An exponent may have grown into digits.
    if json.text().len() > max_bytes {
        return Err(JsonError::TooLarge(max_bytes));
    }
    Ok(json)
}

/// Reads JSON text that is an object.
pub fn parse_object(text: &str, max_bytes: usize) -> Result<Json, JsonError> {
    let json = parse(text, max_bytes)?;
    if json.value().is_object() { Ok(json) } else { Err(JsonError::NoObject) }
}

/// A value, level by level: the parser gives each level's members as text, so that numbers keep all their digits.
fn value(raw: &RawValue, depth: usize) -> Result<Value, JsonError> {
    // Checked on the way down, so that no depth of input can exhaust the stack.
    if depth > MAX_JSON_TEXT_DEPTH {
        return Err(JsonError::TooDeep(MAX_JSON_TEXT_DEPTH));
    }
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = read(text)?;
            let mut object = Map::new();
            for (name, member) in members {
                check_name(&name)?;
                object.insert(name, value(member, depth + 1)?);
            }
            Value::Object(object)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = read(text)?;
            Value::Array(
                items.into_iter().map(|item| value(item, depth + 1)).collect::<Result<_, _>>()?,
            )
        }
        Some(b'"') => {
            let text: String = read(text)?;
            if text.contains('\0') {
                return Err(JsonError::Nul);
            }
            Value::String(text)
        }
        Some(b'-' | b'0'..=b'9') => Value::Number(number(text)?),
        _ => read(text)?,
    })
}

/// One level. The parser has seen the whole by now; what it finds only here are names that come twice and texts that
/// are no Unicode, whose line and column would be those of a part.
fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        let problem = text.split(" at line ").next().unwrap_or_default();
        match problem.strip_prefix(DUPLICATE) {
            Some(name) => JsonError::Duplicate(name.trim().to_owned()),
            None => JsonError::Syntax(problem.to_owned()),
        }
    })
}

/// Members of an object, each name once.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members: Vec<(String, &'de RawValue)> = Vec::new();
                let mut names = std::collections::HashSet::new();
                while let Some((name, member)) = map.next_entry::<String, &'de RawValue>()? {
                    if !names.insert(name.clone()) {
                        let shown: String = name.chars().take(60).collect();
                        return Err(A::Error::custom(format!("{DUPLICATE} {shown}")));
                    }
                    members.push((name, member));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The canonical form of a number that JSON's grammar has accepted.
fn number(text: &str) -> Result<Number, JsonError> {
    let (negative, body) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = body
        .split_once(['e', 'E'])
        .map_or((body, "0"), |(mantissa, exponent)| (mantissa, exponent));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(Number::from(0));
    }
    let too_long = || JsonError::LongNumber(MAX_JSON_NUMBER_DIGITS);
    let count = |n: usize| i64::try_from(n).map_err(|_| too_long());
    let exponent: i64 = exponent.parse().map_err(|_| too_long())?;
    // The value is 0.<significant> × 10^point.
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let point =
        (count(whole.len())? - count(leading)?).checked_add(exponent).ok_or_else(too_long)?;
    let len = count(significant.len())?;
    let plain = if point <= 0 {
        let zeros = bounded(point.checked_neg().ok_or_else(too_long)?)?;
        format!("0.{}{significant}", "0".repeat(zeros))
    } else if point < len {
        let (whole, fraction) = significant.split_at(bounded(point)?);
        format!("{whole}.{fraction}")
    } else {
        format!("{significant}{}", "0".repeat(bounded(point - len)?))
    };
    if plain.len() > MAX_JSON_NUMBER_DIGITS {
        return Err(too_long());
    }
    let signed = if negative { format!("-{plain}") } else { plain };
    signed.parse().map_err(|e| JsonError::Syntax(format!("{e}")))
}

fn bounded(count: i64) -> Result<usize, JsonError> {
    usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_JSON_NUMBER_DIGITS)
        .ok_or(JsonError::LongNumber(MAX_JSON_NUMBER_DIGITS))
}

#[cfg(test)]
#[path = "json_text_tests.rs"]
mod tests;
