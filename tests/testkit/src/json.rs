//! Attributes as callers send them.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use serde_json::Value;

/// A Struct of a JSON object.
#[allow(clippy::needless_pass_by_value)]
pub fn attributes(object: Value) -> Option<Struct> {
    match wire(&object).kind {
        Some(Kind::StructValue(members)) => Some(members),
        _ => panic!("attributes are an object"),
    }
}

/// A Struct of one number, which need not be one that JSON knows.
pub fn attribute_number(name: &str, number: f64) -> Option<Struct> {
    let kind = Some(Kind::NumberValue(number));
    Some(Struct { fields: [(name.to_owned(), Wire { kind })].into() })
}

fn wire(value: &Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(*flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().expect("a double")),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(wire).collect() })
        }
        Value::Object(members) => Kind::StructValue(Struct {
            fields: members.iter().map(|(name, member)| (name.clone(), wire(member))).collect(),
        }),
    };
    Wire { kind: Some(kind) }
}
