//! Around all services, outside of the layers that refuse: what tonic itself refuses (a message too large, one that does
//! not decode, a method that is not there) gets the `ErrorInfo` that every error of Bursar has.

use std::sync::Arc;

use bursar_domain::op::OpCtx;
use http::{Request, Response};
use tonic::body::Body;
use tonic::{Code, Status};
use uuid::Uuid;

use super::step::{Next, Step, StepLayer};
use super::trace::TraceId;
use crate::Api;
use crate::rules::Rules;
use crate::status::{TransportFault, status, transport_status};

/// See the module.
pub struct TransportErrors(Arc<Rules>);

/// Adds the details that tonic's own errors lack.
pub fn transport_errors(api: &Api) -> StepLayer<TransportErrors> {
    StepLayer::new(TransportErrors(api.kernel.rules.clone()))
}

impl Step for TransportErrors {
    async fn run<S: Next>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let TraceId(trace_id) = TraceId::of(&request);
        let path = request.uri().path().to_owned();
        let mut response = next.run(request).await;
        if response.headers().contains_key(Status::GRPC_STATUS_DETAILS) {
            return response;
        }
        let found =
            Status::from_header_map(response.headers()).filter(|status| status.code() != Code::Ok);
        if let Some(found) = found {
            let known = self.0.get(&path).is_some();
            let better = translate(&found, &path, known, trace_id);
            // The other headers stay: grpc-accept-encoding tells what the server could have read.
            if better.add_header(response.headers_mut()).is_err() {
                tracing::error!(%trace_id, "the details of a transport error do not fit into headers");
            }
        }
        response
    }
}

/// The same for what tonic refuses in the middle of a stream, whose head was sent before.
pub(crate) fn explain(found: &Status, op: &OpCtx) -> Status {
    translate(found, &op.method.path, true, op.trace_id)
}

/// The status to send instead of tonic's own.
fn translate(found: &Status, path: &str, known: bool, trace_id: Uuid) -> Status {
    let text = abridge(found.message());
    let fault = match found.code() {
        // The limit on a message's length, before and after it is decompressed.
        Code::OutOfRange | Code::ResourceExhausted => TransportFault::TooLarge,
        // A method that is there refuses an encoding it does not know in the same way.
        Code::Unimplemented if !known => TransportFault::UnknownMethod(path.to_owned()),
        // Handlers' own errors have details, so INTERNAL without them is tonic failing to decode the request.
        Code::Unimplemented | Code::Internal | Code::InvalidArgument | Code::Unknown => {
            TransportFault::Malformed(text)
        }
        Code::Cancelled => TransportFault::Cancelled,
        // The health service's answer about a service that is not there.
        Code::NotFound => TransportFault::UnknownService(text),
        other => {
            return status(
                &bursar_domain::Error::Internal(format!("{other:?} without details: {text}")),
                trace_id,
            );
        }
    };
    transport_status(&fault)
}

/// The head and the tail of a long text: the decoder names each level of a nested message, and the fault last.
fn abridge(text: &str) -> String {
    const EACH: usize = 100;
    if text.len() <= 2 * EACH {
        return text.to_owned();
    }
    let head = &text[..text.floor_char_boundary(EACH)];
    let tail = &text[text.ceil_char_boundary(text.len() - EACH)..];
    format!("{head} … {tail}")
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{call, outcome, through};
    use super::*;
    use crate::status::DOMAIN;

    const KNOWN: &str = "/bursar.admin.v1.ServerService/WhoAmI";

    async fn answer(path: &str, status: Status) -> Response<Body> {
        let layer = StepLayer::new(TransportErrors(Arc::new(Rules::load().unwrap())));
        let status = std::sync::Mutex::new(Some(status));
        let status = Arc::new(status);
        through(&layer, call(path), move |_| {
            let status = status.lock().unwrap().take().unwrap();
            async move { status.into_http() }
        })
        .await
    }

    #[tokio::test]
    async fn what_tonic_refuses_is_explained() {
        let cases = [
            (
                KNOWN,
                Status::out_of_range("decoded message length too large"),
                Code::ResourceExhausted,
                "MESSAGE_TOO_LARGE",
            ),
            (
                KNOWN,
                Status::resource_exhausted("decompressed"),
                Code::ResourceExhausted,
                "MESSAGE_TOO_LARGE",
            ),
            (
                KNOWN,
                Status::internal("failed to decode"),
                Code::InvalidArgument,
                "MALFORMED_REQUEST",
            ),
            (
                KNOWN,
                Status::unimplemented("Content is compressed"),
                Code::InvalidArgument,
                "MALFORMED_REQUEST",
            ),
            ("/a.B/C", Status::unimplemented(""), Code::Unimplemented, "UNKNOWN_METHOD"),
            (
                "/grpc.health.v1.Health/Check",
                Status::not_found("no"),
                Code::NotFound,
                "RESOURCE_NOT_FOUND",
            ),
            (KNOWN, Status::data_loss("?"), Code::Internal, "INTERNAL"),
        ];
        for (path, given, code, reason) in cases {
            let name = format!("{given:?}");
            let response = answer(path, given).await;
            assert_eq!(outcome(&response), (code, reason.to_owned(), "true".to_owned()), "{name}");
        }
        let cancelled = answer(KNOWN, Status::cancelled("")).await;
        assert_eq!(outcome(&cancelled), (Code::Cancelled, "CANCELLED".into(), "false".into()));
    }

    #[test]
    fn long_texts_keep_head_and_tail() {
        assert_eq!(abridge("short"), "short");
        let long = format!("failed: {}: recursion limit reached", "Struct.fields: ".repeat(100));
        let short = abridge(&long);
        assert!(
            short.starts_with("failed: ")
                && short.ends_with("recursion limit reached")
                && short.len() < 220
        );
        assert!(abridge(&"ü".repeat(500)).contains('…'));
    }

    #[tokio::test]
    async fn what_has_details_is_left_alone() {
        use tonic_types::StatusExt as _;
        let details = tonic_types::ErrorDetails::with_error_info("MINE", DOMAIN, []);
        let response =
            answer(KNOWN, Status::with_error_details(Code::Internal, "x", details)).await;
        assert_eq!(outcome(&response), (Code::Internal, "MINE".into(), String::new()));
    }
}
