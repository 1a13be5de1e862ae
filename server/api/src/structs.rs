//! `google.protobuf.Struct` and JSON. What the boundary refuses is decided in `bursar_domain::json`.

use bursar_domain::json::{Json, JsonError, number};
use bursar_domain::limits::MAX_JSON_DEPTH;
use bursar_domain::{Error, Result};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use serde_json::{Map, Value};

/// A caller's attributes; the empty object when absent.
pub(crate) fn json(field: &str, wire: Option<&Struct>) -> Result<Json> {
    let Some(wire) = wire else {
        return Ok(Json::empty());
    };
    object(wire, 1)
        .and_then(|object| Json::checked(object).map_err(Into::into))
        .map_err(|problem| Error::invalid(field, problem.0))
}

/// JSON as the wire has it.
pub(crate) fn to_struct(json: &Json) -> Struct {
    json.value().as_object().map(to_object).unwrap_or_default()
}

struct Problem(String);

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        Self(error.to_string())
    }
}

fn object(wire: &Struct, depth: usize) -> Result<Map<String, Value>, Problem> {
    // Checked on the way down, so that no depth of input can exhaust the stack.
    if depth > MAX_JSON_DEPTH {
        return Err(JsonError::TooDeep(MAX_JSON_DEPTH).into());
    }
    wire.fields.iter().map(|(name, member)| Ok((name.clone(), value(member, depth + 1)?))).collect()
}

fn value(wire: &Wire, depth: usize) -> Result<Value, Problem> {
    if depth > MAX_JSON_DEPTH {
        return Err(JsonError::TooDeep(MAX_JSON_DEPTH).into());
    }
    Ok(match &wire.kind {
        Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(flag)) => Value::Bool(*flag),
        Some(Kind::NumberValue(double)) => Value::Number(number(*double)?),
        Some(Kind::StringValue(text)) => Value::String(text.clone()),
        Some(Kind::StructValue(members)) => Value::Object(object(members, depth)?),
        Some(Kind::ListValue(list)) => {
            let items = list.values.iter().map(|item| value(item, depth + 1));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        None => return Err(Problem("holds a value of no kind; use null_value for null".into())),
    })
}

fn to_object(members: &Map<String, Value>) -> Struct {
    Struct {
        fields: members.iter().map(|(name, member)| (name.clone(), to_value(member))).collect(),
    }
}

fn to_value(value: &Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(*flag),
        // What is stored came in as a double, so it is one.
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(to_value).collect() })
        }
        Value::Object(members) => Kind::StructValue(to_object(members)),
    };
    Wire { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use serde_json::json as value;

    use super::*;

    fn wire(kind: Kind) -> Struct {
        Struct { fields: [("k".to_owned(), Wire { kind: Some(kind) })].into() }
    }

    fn problem(wire: &Struct) -> String {
        let Err(Error::Invalid(violations)) = json("metadata", Some(wire)) else {
            panic!("accepted")
        };
        assert_eq!(violations[0].field, "metadata");
        violations[0].problem.clone()
    }

    fn nested(levels: usize) -> Struct {
        (1..levels).fold(Struct::default(), |inner, _| wire(Kind::StructValue(inner)))
    }

    #[test]
    fn what_goes_in_comes_out() {
        let object = value!({ "n": null, "b": true, "i": 3, "f": -0.5, "s": "ü", "l": [1, [2], {}], "o": { "x": {} } });
        let json_in = Json::checked(object.as_object().unwrap().clone()).unwrap();
        let back = json("metadata", Some(&to_struct(&json_in))).unwrap();
        assert_eq!(back.value(), &object);
        assert!(json("metadata", None).unwrap().is_empty());
        assert_eq!(to_struct(&Json::empty()), Struct::default());
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        assert!(problem(&wire(Kind::NumberValue(f64::NAN))).contains("not finite"));
        assert!(problem(&wire(Kind::NumberValue(9_007_199_254_740_992.0))).contains("2^53"));
        assert!(problem(&wire(Kind::StringValue("\0".into()))).contains("NUL"));
        assert!(problem(&wire(Kind::StringValue("x".repeat(20_000)))).contains("larger"));
        let none = Struct { fields: [("k".to_owned(), Wire { kind: None })].into() };
        assert!(problem(&none).contains("no kind"));
    }

    #[test]
    fn depth_has_an_end_and_the_stack_is_safe() {
        assert!(json("metadata", Some(&nested(MAX_JSON_DEPTH))).is_ok());
        assert!(problem(&nested(MAX_JSON_DEPTH + 1)).contains("deeper"));
        assert!(problem(&nested(200)).contains("deeper"));
    }

    /// The deepest value allowed passes the decoder inside the request with the most levels around it, and 200 levels do not.
    #[test]
    fn the_decoder_takes_what_the_boundary_allows() {
        use bursar_proto::ledger::v1::{BatchCreateAccountsRequest, NewAccount};
        let request = |levels| {
            let account = NewAccount { metadata: Some(nested(levels)), ..Default::default() };
            BatchCreateAccountsRequest { accounts: vec![account], ..Default::default() }
                .encode_to_vec()
        };
        assert!(BatchCreateAccountsRequest::decode(request(MAX_JSON_DEPTH).as_slice()).is_ok());
        assert!(BatchCreateAccountsRequest::decode(request(200).as_slice()).is_err());
    }
}
