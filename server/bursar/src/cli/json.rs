//! Messages of the contract as JSON, read through their descriptors.

use super::failure::Failure;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

/// A message as JSON, fields named as in the proto. `name` is its full name.
pub(crate) fn json<M: Message>(name: &str, message: &M) -> Result<Value, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::failed(format!("cannot show a {name}: {e}"));
    let pool = DescriptorPool::decode(bursar_proto::DESCRIPTOR_SET).map_err(|e| failed(&e))?;
    let descriptor =
        pool.get_message_by_name(name).ok_or_else(|| failed(&"it is not in the contract"))?;
    let message =
        DynamicMessage::decode(descriptor, &*message.encode_to_vec()).map_err(|e| failed(&e))?;
    let options = SerializeOptions::new().use_proto_field_name(true);
    message.serialize_with_options(serde_json::value::Serializer, &options).map_err(|e| failed(&e))
}

/// Several messages of one kind.
pub(crate) fn json_all<M: Message>(name: &str, messages: &[M]) -> Result<Vec<Value>, Failure> {
    messages.iter().map(|message| json(name, message)).collect()
}
