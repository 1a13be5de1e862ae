//! Tables of fields, and the messages and enums that several of them share.

use std::collections::BTreeMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    OneofDescriptor,
};

use crate::api::OWN;
use crate::text::{anchor, comment, head, inline, row, title};

/// What fields of requests and replies are made of, by name.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    messages: BTreeMap<String, MessageDescriptor>,
    enums: BTreeMap<String, EnumDescriptor>,
}

impl Shared {
    /// All that is within reach of these RPCs.
    pub(crate) fn of(methods: impl Iterator<Item = MethodDescriptor>) -> Self {
        let mut shared = Self::default();
        let mut open: Vec<MessageDescriptor> =
            methods.flat_map(|method| [method.input(), method.output()]).collect();
        while let Some(message) = open.pop() {
            for field in message.fields() {
                match value_kind(&field) {
                    Kind::Message(inner) if inner.full_name().starts_with(OWN) => {
                        let key = inner.full_name().to_owned();
                        if shared.messages.insert(key, inner.clone()).is_none() {
                            open.push(inner);
                        }
                    }
                    Kind::Enum(list) if list.full_name().starts_with(OWN) => {
                        shared.enums.insert(list.full_name().to_owned(), list);
                    }
                    _ => {}
                }
            }
        }
        shared
    }
}

/// The kind of a field's values: of a map, of its values.
fn value_kind(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

/// The sections about them, each under a heading that the tables link to.
pub(crate) fn section(shared: &Shared) -> Result<String, String> {
    let messages: Result<String, String> = shared.messages.values().map(message).collect();
    let enums: Result<String, String> = shared.enums.values().map(list).collect();
    Ok(format!(
        "## Messages\n\nWhat requests and replies are made of.\n\n{}## Enums\n\n{}",
        messages?, enums?
    ))
}

fn message(message: &MessageDescriptor) -> Result<String, String> {
    let full_name = message.full_name();
    let name = title(message.parent_pool(), full_name);
    let about = inline(&comment(&message.parent_file(), message.path(), full_name)?);
    Ok(format!("### {name}\n\n`{full_name}`. {about}\n\n{}\n", fields(message)?))
}

fn list(list: &EnumDescriptor) -> Result<String, String> {
    let (full_name, file) = (list.full_name(), list.parent_file());
    let name = title(list.parent_pool(), full_name);
    let about = inline(&comment(&file, list.path(), full_name)?);
    let rows: Result<String, String> = list
        .values()
        .map(|value| {
            let about = inline(&comment(&file, value.path(), value.full_name())?);
            Ok(row(&[format!("`{}`", value.name()), value.number().to_string(), about]))
        })
        .collect();
    let head = head(&["value", "number", "what it is"]);
    Ok(format!("### {name}\n\n`{full_name}`. {about}\n\n{head}{}\n", rows?))
}

/// The table of a message's fields; empty when it has none.
pub(crate) fn fields(message: &MessageDescriptor) -> Result<String, String> {
    let file = message.parent_file();
    let mut out = String::new();
    let mut last: Option<OneofDescriptor> = None;
    for field in message.fields() {
        if out.is_empty() {
            out += &head(&["field", "type", "what it is"]);
        }
        let choice = field.containing_oneof().filter(|choice| !choice.is_synthetic());
        if let Some(choice) = choice.as_ref().filter(|choice| last.as_ref() != Some(choice)) {
            let about = comment(&file, choice.path(), choice.full_name())?;
            let names: Vec<String> =
                choice.fields().map(|field| format!("`{}`", field.name())).collect();
            let kind = format!("one of {}", names.join(", "));
            out += &row(&[format!("`{}`", choice.name()), kind, inline(&about)]);
        }
        last = choice;
        let about = comment(&file, field.path(), field.full_name())?;
        out += &row(&[format!("`{}`", field.name()), type_of(&field), inline(&about)]);
    }
    Ok(out)
}

fn type_of(field: &FieldDescriptor) -> String {
    let name = match value_kind(field) {
        Kind::Message(message) => link(message.parent_pool(), message.full_name()),
        Kind::Enum(list) => link(list.parent_pool(), list.full_name()),
        kind => format!("{kind:?}").to_lowercase(),
    };
    if field.is_map() {
        format!("map of string to {name}")
    } else if field.is_list() {
        format!("repeated {name}")
    } else if field.containing_oneof().is_some_and(|choice| choice.is_synthetic()) {
        format!("optional {name}")
    } else {
        name
    }
}

/// Ours have a heading; the others have their own documentation.
fn link(pool: &DescriptorPool, full_name: &str) -> String {
    if full_name.starts_with(OWN) {
        let title = title(pool, full_name);
        format!("[{title}](#{})", anchor(&title))
    } else {
        format!("`{full_name}`")
    }
}
