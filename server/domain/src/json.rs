//! The strict boundary between callers' JSON and JSONB: nothing enters that would not come back the same.

use std::fmt;

use serde_json::{Map, Number, Value};

use crate::limits::{MAX_JSON_DEPTH, MAX_METADATA_BYTES};

/// Largest integer a double carries exactly, 2^53 − 1.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Names that the JSON parser keeps for itself begin so: an object with one would be read back as something else.
const RESERVED: &str = "$serde_json::private::";

/// JSON that JSONB can hold and that comes back equal: an object where it is a caller's attributes.
#[derive(Clone, PartialEq)]
pub struct Json(Value);

/// Why a JSON value is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Nested too deep.
    #[error("is nested deeper than {0} levels")]
    TooDeep(usize),
    /// Too large.
    #[error("is larger than {0} bytes as compact JSON")]
    TooLarge(usize),
    /// NaN or infinite.
    #[error("holds a number that is not finite; leave it out or send a string")]
    NotFinite,
    /// An integer that a double cannot carry.
    #[error(
        "holds an integer beyond ±(2^53 − 1), which the wire's double cannot carry exactly; send it as a string"
    )]
    UnsafeInteger,
    /// A NUL character.
    #[error("holds a NUL character, which JSONB cannot store; remove it")]
    Nul,
    /// A name that could not be read back.
    #[error("holds a member whose name begins with {RESERVED}; rename it")]
    Reserved,
    /// Not JSON.
    #[error("is not JSON: {0}")]
    Syntax(String),
    /// JSON, but no object.
    #[error("is not a JSON object; put the value into one")]
    NoObject,
    /// Two members of one name.
    #[error("holds the member {0} twice in one object; keep one of them")]
    Duplicate(String),
    /// A number with too many digits.
    #[error(
        "holds a number that takes more than {0} digits without an exponent; send it as a string"
    )]
    LongNumber(usize),
}

impl Json {
    /// An object of values that the wire's Struct brought: checked for depth, size, numbers and NUL.
    pub fn checked(value: Map<String, Value>) -> Result<Self, JsonError> {
        let value = Value::Object(value);
        check(&value, 1)?;
        if value.to_string().len() > MAX_METADATA_BYTES {
            return Err(JsonError::TooLarge(MAX_METADATA_BYTES));
        }
        Ok(Self(value))
    }

    /// What the database holds: it passed the boundary when it was written.
    pub fn stored(value: Value) -> Self {
        Self(value)
    }

    /// The empty object.
    pub fn empty() -> Self {
        Self(Value::Object(Map::new()))
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Its text: members by name, no white space.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// Whether it is an object without members.
    pub fn is_empty(&self) -> bool {
        self.0.as_object().is_some_and(Map::is_empty)
    }

    /// Whether two values are the same to a reader of doubles: JSONB may spell a number in another way.
    pub fn same(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

/// Never the content: metadata may be personal, and a log is forever.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(…)")
    }
}

/// A number of a Struct, which is a double on the wire. Whole ones become integers.
pub fn number(value: f64) -> Result<Number, JsonError> {
    if !value.is_finite() {
        return Err(JsonError::NotFinite);
    }
    if value.fract() == 0.0 {
        if value.abs() > MAX_SAFE_INTEGER {
            return Err(JsonError::UnsafeInteger);
        }
        // Within ±2^53, so the conversion is exact.
        #[allow(clippy::cast_possible_truncation)]
        return Ok(Number::from(value as i64));
    }
    Number::from_f64(value).ok_or(JsonError::NotFinite)
}

/// Whether a member may be called so.
pub fn check_name(name: &str) -> Result<(), JsonError> {
    if name.contains('\0') {
        return Err(JsonError::Nul);
    }
    if name.starts_with(RESERVED) { Err(JsonError::Reserved) } else { Ok(()) }
}

fn check(value: &Value, depth: usize) -> Result<(), JsonError> {
    if depth > MAX_JSON_DEPTH {
        return Err(JsonError::TooDeep(MAX_JSON_DEPTH));
    }
    match value {
        Value::String(text) if text.contains('\0') => Err(JsonError::Nul),
        Value::Array(items) => items.iter().try_for_each(|item| check(item, depth + 1)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            check_name(name)?;
            check(member, depth + 1)
        }),
        _ => Ok(()),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("k".into(), value);
        map
    }

    #[test]
    fn numbers() {
        assert_eq!(number(3.0).map(|n| n.to_string()), Ok("3".into()));
        assert_eq!(number(-0.5).map(|n| n.to_string()), Ok("-0.5".into()));
        assert_eq!(number(MAX_SAFE_INTEGER).map(|n| n.to_string()), Ok("9007199254740991".into()));
        assert_eq!(number(9_007_199_254_740_992.0), Err(JsonError::UnsafeInteger));
        assert_eq!(number(1e300), Err(JsonError::UnsafeInteger));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number(bad), Err(JsonError::NotFinite));
        }
    }

    #[test]
    fn bounds() {
        let nested =
            |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(Json::checked(object(nested(MAX_JSON_DEPTH - 2))).is_ok());
        assert_eq!(Json::checked(object(nested(200))), Err(JsonError::TooDeep(MAX_JSON_DEPTH)));
        assert_eq!(Json::checked(object("a\0".into())), Err(JsonError::Nul));
        let reserved: Map<String, Value> =
            [(format!("{RESERVED}Number"), "1".into())].into_iter().collect();
        assert_eq!(Json::checked(reserved), Err(JsonError::Reserved));
        let long = Value::String("x".repeat(MAX_METADATA_BYTES));
        assert_eq!(Json::checked(object(long)), Err(JsonError::TooLarge(MAX_METADATA_BYTES)));
        assert_eq!(format!("{:?}", Json::empty()), "Json(…)");
    }

    #[test]
    fn sameness_survives_jsonb() {
        let a: Value = serde_json::from_str(r#"{"n":0.10,"l":[1,{"x":2}]}"#).unwrap();
        let b: Value = serde_json::from_str(r#"{"l":[1.0,{"x":2}],"n":0.1}"#).unwrap();
        assert!(Json(a.clone()).same(&Json(b)));
        assert!(!Json(a).same(&Json::empty()));
    }
}
