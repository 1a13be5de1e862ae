//! Browsers: gRPC-Web over HTTP/1.1, and the rules of CORS.

use bursar_proto::admin::v1::{WhoAmIRequest, WhoAmIResponse};
use bursar_testkit::http::{Answer, frame, frames, send};
use bursar_testkit::{Server, TestTenant, fault, ok};
use data_encoding::BASE64;
use http::{HeaderMap, Method, Request, StatusCode, Version};
use prost::Message as _;
use tonic::Code;

const WHO: &str = "/bursar.admin.v1.ServerService/WhoAmI";
const PAGE: &str = "https://app.example.com";

async fn call(
    server: &Server,
    key: &str,
    content_type: &str,
    body: Vec<u8>,
    more: &[(&'static str, &str)],
) -> Answer {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(WHO)
        .header("host", "bursar.example.com")
        .header("content-type", content_type)
        .header("accept", content_type)
        .header("x-grpc-web", "1");
    if !key.is_empty() {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    send(server.port(), Version::HTTP_11, request.body(body).unwrap()).await
}

/// The reply and the trailers in an answer's body.
fn unpack(body: &[u8]) -> (Option<WhoAmIResponse>, String) {
    let (mut reply, mut trailers) = (None, String::new());
    for (flag, payload) in frames(body) {
        match flag {
            0 => reply = Some(WhoAmIResponse::decode(payload.as_slice()).unwrap()),
            0x80 => trailers = String::from_utf8(payload).unwrap(),
            other => panic!("flag {other}"),
        }
    }
    (reply, trailers)
}

#[tokio::test]
async fn unary_calls_work_over_http_1() {
    let server = Server::start().await;
    let tenant: TestTenant = server.tenant().await;
    let wanted = ok(tenant.viewer.server().who_am_i(WhoAmIRequest {}).await);
    let key = &tenant.viewer.key_text;

    let binary = call(&server, key, "application/grpc-web+proto", frame(&[]), &[]).await;
    assert_eq!((binary.status, binary.version), (StatusCode::OK, Version::HTTP_11));
    assert!(
        binary.headers["content-type"].to_str().unwrap().starts_with("application/grpc-web+proto")
    );
    assert!(binary.headers.contains_key("bursar-trace-id"));
    let (reply, trailers) = unpack(&binary.body);
    assert_eq!(reply.as_ref(), Some(&wanted));
    assert!(trailers.contains("grpc-status:0"), "{trailers}");

    let base64 = BASE64.encode(&frame(&[])).into_bytes();
    let text = call(&server, key, "application/grpc-web-text+proto", base64, &[]).await;
    assert_eq!(text.status, StatusCode::OK);
    assert!(
        text.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/grpc-web-text+proto")
    );
    // Each piece may be encoded by itself, with its own padding.
    let mut decoded = Vec::new();
    let body: Vec<u8> =
        text.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    for four in body.chunks(4) {
        decoded.extend(BASE64.decode(four).unwrap());
    }
    let (reply, trailers) = unpack(&decoded);
    assert_eq!(reply.as_ref(), Some(&wanted));
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
}

#[tokio::test]
async fn refusals_are_as_clear_as_in_grpc() {
    let server = Server::start().await;
    let status = |answer: &Answer| {
        let mut headers: HeaderMap = answer.headers.clone();
        for line in unpack(&answer.body).1.lines() {
            let (name, value) = line.split_once(':').unwrap();
            headers
                .insert(name.parse::<http::HeaderName>().unwrap(), value.trim().parse().unwrap());
        }
        tonic::Status::from_header_map(&headers).unwrap()
    };
    let nobody = call(&server, "", "application/grpc-web+proto", frame(&[]), &[]).await;
    let nobody = fault(status(&nobody));
    assert_eq!((nobody.code, nobody.reason.as_str()), (Code::Unauthenticated, "KEY_MISSING"));
    let key = &server.platform.key_text;
    let garbage = call(&server, key, "application/grpc-web+proto", frame(&[0xff, 0xff]), &[]).await;
    let garbage = fault(status(&garbage));
    assert_eq!(
        (garbage.code, garbage.reason.as_str()),
        (Code::InvalidArgument, "MALFORMED_REQUEST")
    );
    let late =
        call(&server, key, "application/grpc-web+proto", frame(&[]), &[("grpc-timeout", "0n")])
            .await;
    assert_eq!(fault(status(&late)).code, Code::DeadlineExceeded);
}

#[tokio::test]
async fn only_configured_pages_may_call() {
    let server = Server::start_with(&[(
        "BURSAR_CORS_ORIGINS",
        "https://app.example.com,https://b.example.com:8443",
    )])
    .await;
    let preflight = async |origin: &str, method: &str| {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(WHO)
            .header("host", "bursar.example.com")
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header(
                "access-control-request-headers",
                "authorization,content-type,grpc-timeout,x-grpc-web,x-user-agent",
            )
            .body(Vec::new())
            .unwrap();
        send(server.port(), Version::HTTP_11, request).await
    };
    for origin in [PAGE, "https://b.example.com:8443"] {
        let allowed = preflight(origin, "POST").await;
        assert_eq!(allowed.status, StatusCode::OK);
        assert_eq!(allowed.headers["access-control-allow-origin"], origin);
        assert_eq!(allowed.headers["access-control-allow-methods"], "POST");
        let headers =
            allowed.headers["access-control-allow-headers"].to_str().unwrap().to_lowercase();
        for header in
            ["authorization", "content-type", "grpc-timeout", "x-grpc-web", "x-user-agent"]
        {
            assert!(headers.split(',').any(|allowed| allowed.trim() == header), "{headers}");
        }
        assert_eq!(allowed.headers["access-control-max-age"], "3600");
    }
    for origin in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com.evil.com",
        "null",
    ] {
        let refused = preflight(origin, "POST").await;
        assert!(
            !refused.headers.contains_key("access-control-allow-origin"),
            "{origin}: {refused:?}"
        );
    }

    let key = &server.platform.key_text;
    let own =
        call(&server, key, "application/grpc-web+proto", frame(&[]), &[("origin", PAGE)]).await;
    assert_eq!(own.headers["access-control-allow-origin"], PAGE);
    let exposed = own.headers["access-control-expose-headers"].to_str().unwrap();
    for header in ["grpc-status", "grpc-message", "grpc-status-details-bin", "bursar-trace-id"] {
        assert!(exposed.split(',').any(|name| name.trim() == header), "{exposed}");
    }
    assert!(unpack(&own.body).0.is_some());
    // A page reads why it was refused, too.
    let nobody =
        call(&server, "", "application/grpc-web+proto", frame(&[]), &[("origin", PAGE)]).await;
    assert_eq!(nobody.headers["access-control-allow-origin"], PAGE);
    let other = call(
        &server,
        key,
        "application/grpc-web+proto",
        frame(&[]),
        &[("origin", "https://evil.example.com")],
    )
    .await;
    assert!(!other.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn without_configuration_no_page_may_call() {
    let server = Server::start().await;
    let key = &server.platform.key_text;
    let answer =
        call(&server, key, "application/grpc-web+proto", frame(&[]), &[("origin", PAGE)]).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "{answer:?}");
}

/// Whoever comes with something else than gRPC is told so, in HTTP's words.
#[tokio::test]
async fn what_is_no_grpc_is_refused() {
    let server = Server::start().await;
    for (method, content_type) in [(Method::GET, "text/html"), (Method::POST, "application/json")] {
        let request = Request::builder()
            .method(method.clone())
            .uri(WHO)
            .header("host", "bursar.example.com")
            .header("content-type", content_type)
            .header("authorization", format!("Bearer {}", server.platform.key_text))
            .body(b"{}".to_vec())
            .unwrap();
        let answer = send(server.port(), Version::HTTP_11, request).await;
        assert!(answer.status.is_client_error(), "{method}: {answer:?}");
    }
}
