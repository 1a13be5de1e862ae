//! What the protos say of each method: whether it changes something, whether it streams, and where its ids stand.

use std::collections::HashMap;
use std::sync::OnceLock;

use bursar_proto::DESCRIPTOR_SET;
use bursar_proto::options::v1::MethodRule;
use prost::Message;

/// Only this package's requests have their ids elsewhere than in `request_id`.
const TRANSFERS: &str = "bursar.ledger.v1.TransferService";
const REQUEST_ID: &str = "request_id";
const ID: &str = "id";
const TYPE_MESSAGE: i32 = 11;
/// Messages of a request whose `id` names what the call makes.
const MADE: [&str; 3] = ["transfer", "transfers", "legs"];

/// A method.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Method {
    /// Whether it changes something.
    pub(crate) mutates: bool,
    /// Whether either side streams.
    pub(crate) streams: bool,
    /// Where the ids that the caller may leave out stand.
    pub(crate) ids: Ids,
}

/// Where a request has its ids.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Nowhere.
    #[default]
    None,
    /// In the field with that number.
    Field(u32),
    /// In field `.1` of the message, or of each message, in field `.0`.
    Within(u32, u32),
}

/// The method at a path, such as `/bursar.ledger.v1.AccountService/GetAccount`.
pub(crate) fn method(path: &str) -> Option<&'static Method> {
    static METHODS: OnceLock<HashMap<String, Method>> = OnceLock::new();
    // The descriptor set is part of this program; a test reads it.
    METHODS.get_or_init(|| read(DESCRIPTOR_SET).unwrap_or_default()).get(path)
}

fn read(set: &[u8]) -> Result<HashMap<String, Method>, prost::DecodeError> {
    let set = FileSet::decode(set)?;
    let mut messages = HashMap::new();
    for file in &set.files {
        for message in &file.messages {
            messages.insert(format!(".{}.{}", file.package, message.name), message);
        }
    }
    let mut methods = HashMap::new();
    for file in &set.files {
        for service in &file.services {
            let name = format!("{}.{}", file.package, service.name);
            for method in &service.methods {
                let rule = method.options.as_ref().and_then(|options| options.rule.as_ref());
                let mutates = rule.is_some_and(|rule| rule.mutates);
                let request = messages.get(&method.input).filter(|_| mutates);
                let ids = request.map_or(Ids::None, |request| ids(&name, request, &messages));
                let streams = method.client_streaming || method.server_streaming;
                methods
                    .insert(format!("/{name}/{}", method.name), Method { mutates, streams, ids });
            }
        }
    }
    Ok(methods)
}

fn ids(service: &str, request: &MessageType, messages: &HashMap<String, &MessageType>) -> Ids {
    let named = |name: &str| request.fields.iter().find(|field| field.name == name);
    if let Some(field) = named(REQUEST_ID) {
        return Ids::Field(field.number);
    }
    if service != TRANSFERS {
        return Ids::None;
    }
    if let Some(field) = named(ID) {
        return Ids::Field(field.number);
    }
    let made = request
        .fields
        .iter()
        .find(|field| field.kind == TYPE_MESSAGE && MADE.contains(&field.name.as_str()));
    let Some(made) = made else { return Ids::None };
    let inner = messages.get(&made.type_name);
    let id = inner.and_then(|inner| inner.fields.iter().find(|field| field.name == ID));
    id.map_or(Ids::None, |id| Ids::Within(made.number, id.number))
}

// The few fields of google.protobuf's descriptors that are needed, and the option that prost's own type leaves out.

#[derive(Clone, PartialEq, Message)]
struct FileSet {
    #[prost(message, repeated, tag = "1")]
    files: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "4")]
    messages: Vec<MessageType>,
    #[prost(message, repeated, tag = "6")]
    services: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
struct MessageType {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    fields: Vec<Field>,
}

#[derive(Clone, PartialEq, Message)]
struct Field {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "3")]
    number: u32,
    #[prost(int32, tag = "5")]
    kind: i32,
    #[prost(string, tag = "6")]
    type_name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    methods: Vec<MethodType>,
}

#[derive(Clone, PartialEq, Message)]
struct MethodType {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    input: String,
    #[prost(message, optional, tag = "4")]
    options: Option<Options>,
    #[prost(bool, tag = "5")]
    client_streaming: bool,
    #[prost(bool, tag = "6")]
    server_streaming: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Options {
    #[prost(message, optional, tag = "50501")]
    rule: Option<MethodRule>,
}

/// The paths of the methods that list, sorted.
#[cfg(test)]
pub(crate) fn paged() -> Vec<String> {
    let set = FileSet::decode(DESCRIPTOR_SET).unwrap();
    let mut paged = Vec::new();
    for file in &set.files {
        for service in &file.services {
            for method in &service.methods {
                let request = file.messages.iter().find(|m| method.input.ends_with(&m.name));
                if request.is_some_and(|r| r.fields.iter().any(|field| field.name == "page_token"))
                {
                    paged.push(format!("/{}.{}/{}", file.package, service.name, method.name));
                }
            }
        }
    }
    paged.sort();
    paged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_that_changes_something_has_its_ids() {
        let methods = read(DESCRIPTOR_SET).unwrap();
        assert!(methods.len() > 60, "{}", methods.len());
        for (path, method) in &methods {
            // A fence is named by the id of another call; streams fill theirs in themselves.
            let without = path.ends_with("/GetOperation") || method.streams;
            let with = method.mutates && path.starts_with("/bursar.") && !without;
            if with {
                assert_ne!(method.ids, Ids::None, "{path}");
            } else if !method.streams {
                assert_eq!(method.ids, Ids::None, "{path}");
            }
        }
    }

    #[test]
    fn ids_of_transfers_stand_where_they_are_made() {
        let ids = |name: &str| &method(&format!("/{TRANSFERS}/{name}")).unwrap().ids;
        assert_eq!(ids("CreateTransfer"), &Ids::Within(1, 1));
        assert_eq!(ids("BatchCreateTransfers"), &Ids::Within(1, 1));
        assert_eq!(ids("PostTransfers"), &Ids::Within(2, 1));
        assert_eq!(ids("VoidTransfer"), &Ids::Field(1));
        assert_eq!(ids("GetTransfer"), &Ids::None);
    }
}
