//! Messages as JSON, and calls of methods by name.

use bursar_client::{Client, Error};
use bytes::{Buf, BufMut};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions,
};
use serde_json::{Value, json};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

/// A method by `package.Service/Method`.
pub(crate) fn method(pool: &DescriptorPool, name: &str) -> Result<MethodDescriptor, String> {
    let found = name.split_once('/').and_then(|(service, method)| {
        let service = pool.get_service_by_name(service)?;
        service.methods().find(|found| found.name() == method)
    });
    found.ok_or_else(|| format!("there is no method {name}"))
}

pub(crate) fn from_json(kind: MessageDescriptor, json: &Value) -> Result<DynamicMessage, String> {
    let name = kind.full_name().to_owned();
    DynamicMessage::deserialize(kind, json).map_err(|error| format!("no {name}: {error}"))
}

pub(crate) fn to_json(message: &DynamicMessage) -> Result<Value, String> {
    let options = SerializeOptions::new().use_proto_field_name(true);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| error.to_string())
}

/// A message of a generated type as JSON.
pub(crate) fn typed_to_json<M: prost::Message>(
    kind: MessageDescriptor,
    message: &M,
) -> Result<Value, String> {
    let bytes = message.encode_to_vec();
    let message = DynamicMessage::decode(kind, bytes.as_slice()).map_err(|e| e.to_string())?;
    to_json(&message)
}

/// Calls a method; of a stream all replies.
pub(crate) async fn call(
    client: &Client,
    method: &MethodDescriptor,
    request: Request<DynamicMessage>,
) -> Result<Result<Value, Error>, String> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = path.parse().map_err(|_| format!("no path: {path}"))?;
    let mut grpc = tonic::client::Grpc::new(client.connection());
    let codec = Dynamic(method.output());
    if method.is_server_streaming() {
        let mut replies = match grpc.server_streaming(request, path, codec).await {
            Ok(replies) => replies.into_inner(),
            Err(status) => return Ok(Err(status.into())),
        };
        let mut all = Vec::new();
        loop {
            match replies.message().await {
                Ok(Some(reply)) => all.push(to_json(&reply)?),
                Ok(None) => return Ok(Ok(json!({ "replies": all }))),
                Err(status) => return Ok(Err(status.into())),
            }
        }
    }
    match grpc.unary(request, path, codec).await {
        Ok(reply) => to_json(reply.get_ref()).map(Ok),
        Err(status) => Ok(Err(status.into())),
    }
}

/// An error as scenarios see it.
pub(crate) fn error_json(error: &Error) -> Value {
    let fields = error.field_violations().iter();
    let fields: Vec<_> = fields
        .map(|violation| json!({"field": violation.field, "description": violation.description}))
        .collect();
    let resource = error.resource();
    let delay = error.retry_after().unwrap_or_default().as_millis();
    json!({
        "code": code(error.code()),
        "reason": error.reason().as_str(),
        "message": error.message(),
        "definite": error.is_definite(),
        "retryable": error.is_retryable(),
        "retry_after_ms": delay.to_string(),
        "fields": fields,
        "resource": resource.map(|found| json!({"type": found.kind, "name": found.name})),
        "metadata": error.metadata(),
        "request_id": error.request_id(),
    })
}

/// The name of a code, such as `NOT_FOUND`.
pub(crate) fn code(code: tonic::Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

/// The wire of messages that are known by their descriptors alone.
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self(self.0.clone())
    }

    fn decoder(&mut self) -> Self {
        Self(self.0.clone())
    }
}

impl Encoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item.encode_to_vec().as_slice());
        Ok(())
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        let message = DynamicMessage::decode(self.0.clone(), bytes);
        message.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
