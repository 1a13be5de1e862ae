//! What handlers share: the context of a call, what a mutation brings to the store, and the way back out.

use std::future::Future;
use std::sync::Arc;

use bursar_domain::json::{JsonError, check_name};
use bursar_domain::op::OpCtx;
use bursar_domain::{Error, Result};
use bursar_store::Write;
use bursar_store::spans::{TARGET, traced};
use prost_reflect::{
    DynamicMessage, MessageDescriptor, ReflectMessage as _, SerializeOptions, Value,
};
use tonic::{Request, Response, Status};
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::convert::request_id as request_id_of;
use crate::kernel::Kernel;
use crate::status::status;

pub(crate) use crate::page::{ListRequest, fit, page_request, page_token};
pub(crate) use crate::replay::reply;

/// Most fields that `REQUEST_ID_REUSED` names.
const MAX_DIFFERENCES: usize = 20;

/// The context that the auth layer made. [`Error::Internal`] when no such layer ran: a fault of the stack.
pub(crate) fn op<M>(request: &Request<M>) -> Result<OpCtx> {
    let op = request.extensions().get::<OpCtx>().cloned();
    op.ok_or_else(|| {
        Error::Internal("the call reached its handler without passing the auth layer".into())
    })
}

/// Runs a handler with the call's context and message, and maps its error once.
pub(crate) async fn answer<M, R, F>(
    request: Request<M>,
    handler: impl FnOnce(OpCtx, M) -> F,
) -> Result<Response<R>, Status>
where
    F: Future<Output = Result<Response<R>>>,
{
    match op(&request) {
        Ok(op) => {
            let trace_id = op.trace_id;
            // At error, so that the log of a traced call has the field too, whatever its level.
            let span = if traced() {
                tracing::error_span!(target: TARGET, "handler", request_id = Empty)
            } else {
                Span::none()
            };
            let answer = handler(op, request.into_inner()).instrument(span);
            answer.await.map_err(|error| status(&error, trace_id))
        }
        Err(error) => Err(status(&error, Uuid::nil())),
    }
}

/// What a mutation brings to the store. Call it after the fields were checked: only what no field check sees
/// (a bad request id, JSON that cannot be kept in a field that is not read) is refused here.
///
/// `encode` makes the reply that a replay returns: without secrets.
pub(crate) fn write<M: prost::Message, T>(
    kernel: &Kernel,
    op: &OpCtx,
    message: &M,
    request_id: &str,
    validate_only: bool,
    encode: fn(&T) -> Vec<u8>,
) -> Result<Write<T>> {
    let request_id = request_id_of(request_id)?;
    Span::current().record("request_id", display(&request_id));
    let path = op.method.path.clone();
    let input = kernel.rules.input(&path).cloned();
    let input = input.ok_or_else(|| Error::Internal(format!("no descriptor for {path}")))?;
    let request = message.encode_to_vec();
    let payload = payload(&input, &request)?;
    let mine = request.clone();
    let differences = move |stored_path: &str, stored: &[u8]| -> Vec<String> {
        if stored_path == path { differences(&input, stored, &mine) } else { vec!["method".into()] }
    };
    Ok(Write {
        request_id,
        request,
        payload,
        validate_only,
        encode,
        differences: Arc::new(differences),
    })
}

/// A request of the call's RPC, or one message of its stream, as JSON for the audit trail.
pub(crate) fn payload_of(kernel: &Kernel, op: &OpCtx, request: &[u8]) -> Result<serde_json::Value> {
    let path = &op.method.path;
    let input = kernel.rules.input(path);
    payload(input.ok_or_else(|| Error::Internal(format!("no descriptor for {path}")))?, request)
}

/// The request as JSON for the audit trail, with the fields' names of the protos.
fn payload(input: &MessageDescriptor, request: &[u8]) -> Result<serde_json::Value> {
    let message = DynamicMessage::decode(input.clone(), request).map_err(|error| {
        Error::Internal(format!("a request does not decode by its own descriptor: {error}"))
    })?;
    let options = SerializeOptions::new().use_proto_field_name(true);
    let value = message.serialize_with_options(serde_json::value::Serializer, &options).map_err(
        |error| Error::invalid("request", format!("holds a value that JSON cannot carry: {error}")),
    )?;
    match unkept(&value, String::new()) {
        Some((field, problem)) => Err(Error::invalid(field, problem)),
        None => Ok(value),
    }
}

/// Path and problem of the first text that JSONB could not keep, or that could not be read back: a payload is never
/// dropped.
fn unkept(value: &serde_json::Value, path: String) -> Option<(String, JsonError)> {
    match value {
        serde_json::Value::String(text) => text.contains('\0').then_some((path, JsonError::Nul)),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| unkept(item, format!("{path}[{at}]")))
        }
        serde_json::Value::Object(members) => members.iter().find_map(|(name, member)| {
            if let Err(problem) = check_name(name) {
                return Some((path.clone(), problem));
            }
            unkept(member, join(&path, name))
        }),
        _ => None,
    }
}

/// Paths of the fields in which two requests of the same RPC differ; empty when they say the same.
fn differences(input: &MessageDescriptor, stored: &[u8], mine: &[u8]) -> Vec<String> {
    let decoded = (
        DynamicMessage::decode(input.clone(), stored),
        DynamicMessage::decode(input.clone(), mine),
    );
    let (Ok(stored), Ok(mine)) = decoded else {
        return vec!["request".into()];
    };
    let mut fields = Vec::new();
    compare(&stored, &mine, "", &mut fields);
    if fields.len() > MAX_DIFFERENCES {
        fields.truncate(MAX_DIFFERENCES);
        fields.push("…".into());
    }
    fields
}

fn compare(a: &DynamicMessage, b: &DynamicMessage, path: &str, out: &mut Vec<String>) {
    for field in a.descriptor().fields() {
        if a.has_field(&field) != b.has_field(&field) {
            out.push(join(path, field.name()));
        } else if a.has_field(&field) {
            compare_values(
                &a.get_field(&field),
                &b.get_field(&field),
                join(path, field.name()),
                out,
            );
        }
    }
}

fn compare_values(a: &Value, b: &Value, path: String, out: &mut Vec<String>) {
    match (a, b) {
        // A Timestamp or a Struct is one value to a caller, not a message with fields.
        (Value::Message(a), Value::Message(b))
            if a.descriptor().package_name() != "google.protobuf" =>
        {
            compare(a, b, &path, out);
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                compare_values(a, b, format!("{path}[{at}]"), out);
            }
        }
        _ if a == b => {}
        _ => out.push(path),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
#[path = "call_tests.rs"]
pub(crate) mod tests;
