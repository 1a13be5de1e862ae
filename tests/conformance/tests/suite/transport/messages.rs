//! What the transport itself refuses is explained like everything else.

use bursar_domain::limits::{MAX_JSON_DEPTH, MAX_MESSAGE_BYTES as MAXIMUM};
use bursar_proto::admin::v1::{GetTenantRequest, WhoAmIRequest};
use bursar_proto::ledger::v1::account_service_client::AccountServiceClient;
use bursar_proto::ledger::v1::asset_service_client::AssetServiceClient;
use bursar_proto::ledger::v1::{
    BalanceRule, CreateAccountRequest, CreateAssetRequest, GetAccountRequest, NewAccount,
};
use bursar_testkit::http::{frame, send};
use bursar_testkit::{Server, fault, id, invalid, new_account, ok, refused};
use http::{Method, Request, StatusCode, Version};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use tonic::Code;
use tonic::codec::CompressionEncoding;

const WHO: &str = "/bursar.admin.v1.ServerService/WhoAmI";

fn asset(name_bytes: usize) -> CreateAssetRequest {
    CreateAssetRequest {
        request_id: id(),
        code: "BIG".into(),
        name: "x".repeat(name_bytes),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_message_too_large_is_refused_with_the_limit() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for bytes in [MAXIMUM, 5 * 1024 * 1024] {
        let outcome = tenant.admin.assets().create_asset(asset(bytes)).await;
        let fault = refused(outcome, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
        assert_eq!(fault.meta("maximum_bytes"), MAXIMUM.to_string());
        assert!(fault.message.contains("split it into several calls"), "{fault:?}");
    }
    // Just below, it is read and judged by its fields.
    invalid(tenant.admin.assets().create_asset(asset(MAXIMUM - 1024)).await, &["name"]);
    // The connection goes on.
    ok(tenant.admin.server().who_am_i(WhoAmIRequest {}).await);
}

/// 5 MB of one letter are a few KB on the wire: the limit is on what they become.
#[tokio::test]
async fn a_small_message_that_grows_too_large_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = |bytes| {
        let mut request = tonic::Request::new(asset(bytes));
        let key = format!("Bearer {}", tenant.admin.key_text).parse().unwrap();
        request.metadata_mut().insert("authorization", key);
        request
    };
    let mut client =
        AssetServiceClient::new(tenant.admin.channel()).send_compressed(CompressionEncoding::Gzip);
    let outcome = client.create_asset(request(5 * 1024 * 1024)).await;
    let fault = refused(outcome, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    assert_eq!(fault.meta("maximum_bytes"), MAXIMUM.to_string());
    invalid(client.create_asset(request(1024 * 1024)).await, &["name"]);
}

/// Objects or lists within each other; what holds them and the text at the bottom are levels too.
fn nested(levels: usize, lists: bool) -> Struct {
    let mut value = Value { kind: Some(Kind::StringValue("bottom".into())) };
    for _ in 2..levels {
        let kind = if lists {
            Kind::ListValue(ListValue { values: vec![value] })
        } else {
            Kind::StructValue(Struct { fields: [("deeper".to_owned(), value)].into() })
        };
        value = Value { kind: Some(kind) };
    }
    Struct { fields: [("top".to_owned(), value)].into() }
}

#[tokio::test]
async fn two_hundred_levels_are_refused_in_words() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for lists in [true, false] {
        let create = async |levels| {
            let account = NewAccount {
                asset: "EUR".into(),
                metadata: Some(nested(levels, lists)),
                ..Default::default()
            };
            let request = CreateAccountRequest {
                request_id: id(),
                account: Some(account),
                ..Default::default()
            };
            tenant.operator.accounts().create_account(request).await
        };
        let fault = refused(create(200).await, Code::InvalidArgument, "MALFORMED_REQUEST");
        assert!(fault.message.contains("recursion limit"), "{fault:?}");
        // What can be decoded is judged by the limit on JSON, and the field is named.
        let fault = invalid(create(MAX_JSON_DEPTH + 1).await, &["account.metadata"]);
        assert!(
            fault.message.contains(&format!("deeper than {MAX_JSON_DEPTH} levels")),
            "{fault:?}"
        );
        ok(create(MAX_JSON_DEPTH).await);
    }
}

/// A field of a message, written by hand: no client could write levels that exhaust its own stack.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encode_length_delimiter(content.len(), &mut out).unwrap();
    out.extend(content);
    out
}

#[tokio::test]
async fn a_bottomless_message_does_no_harm() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    // Value { list_value: ListValue { values: [Value { … }] } }, in an account's metadata.
    let value = (0..5_000).fold(Vec::new(), |inner, _| field(6, &field(1, &inner)));
    let entry = [field(1, b"top"), field(2, &value)].concat();
    let account = field(5, &field(1, &entry));
    let request = [field(1, id().as_bytes()), field(2, &account)].concat();
    assert!(request.len() < MAXIMUM);
    let path = "/bursar.ledger.v1.AccountService/CreateAccount";
    let outcome = tenant.operator.call_bytes(path, &request).await;
    let fault = refused(outcome, Code::InvalidArgument, "MALFORMED_REQUEST");
    assert!(fault.message.contains("recursion limit") && fault.message.len() < 1_000, "{fault:?}");
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let path = "/bursar.ledger.v1.AccountService/GetAccount";
    for garbage in [
        &[0xff; 64][..],
        b"\x0a\xff\xff\xff\xff\x0fshort",
        b"\x0a\x02\xc3\x28",
        b"\x08\x01",
        b"\x0a\x7f",
        b"{\"id\": \"json\"}",
    ] {
        let outcome = tenant.viewer.call_bytes(path, garbage).await;
        let fault = refused(outcome, Code::InvalidArgument, "MALFORMED_REQUEST");
        assert!(fault.message.contains("could not be decoded"), "{fault:?}");
    }
    // Fields that this version does not know are left alone, as protobuf promises.
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut message = prost::Message::encode_to_vec(&GetAccountRequest { id: account.id });
    message.extend([0xfa, 0x07, 0x03, b'n', b'e', b'w']);
    tenant.viewer.call_bytes(path, &message).await.unwrap();
}

/// Frames are gRPC's own wrapping of a message: a flag and a length.
#[tokio::test]
async fn frames_that_are_wrong_are_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let call = async |body: Vec<u8>, encoding: Option<&str>| {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://127.0.0.1:{}{WHO}", server.port()))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", format!("Bearer {}", tenant.viewer.key_text));
        if let Some(encoding) = encoding {
            request = request.header("grpc-encoding", encoding);
        }
        send(server.port(), Version::HTTP_2, request.body(body).unwrap()).await
    };
    let good = call(frame(&[]), None).await;
    assert!(good.grpc_status().is_none_or(|status| status.code() == Code::Ok), "{good:?}");
    for (body, encoding, what) in [
        (vec![2, 0, 0, 0, 0], None, "an unknown flag"),
        (vec![1, 0, 0, 0, 0], None, "compressed, and no encoding named"),
        (vec![0, 0, 0, 0, 9, 1, 2], None, "shorter than it says"),
        (vec![0, 0], None, "half a frame"),
        (vec![], None, "no message"),
        (frame(&[]), Some("zstd"), "an encoding that is not taken"),
        (vec![1, 0, 0, 0, 3, 1, 2, 3], Some("gzip"), "gzip that is none"),
    ] {
        let answer = call(body, encoding).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}");
        let fault = fault(answer.grpc_status().unwrap_or_else(|| panic!("{what}: {answer:?}")));
        assert_eq!(
            (fault.code, fault.reason.as_str()),
            (Code::InvalidArgument, "MALFORMED_REQUEST"),
            "{what}: {fault:?}"
        );
        assert_eq!(fault.meta("definite"), "true", "{what}");
    }
    // A length beyond the limit is refused before the bytes come.
    let answer = call(vec![0, 0x7f, 0xff, 0xff, 0xff], None).await;
    refused::<()>(Err(answer.grpc_status().unwrap()), Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
}

#[tokio::test]
async fn unknown_methods_and_services_are_told() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for path in [
        "/bursar.ledger.v1.AccountService/BurnAccount",
        "/bursar.ledger.v9.AccountService/GetAccount",
        "/made.up.Service/Method",
        "/bursar.ledger.v1.AccountService",
    ] {
        let outcome = tenant.admin.call_bytes(path, &[]).await;
        let fault = refused(outcome, Code::Unimplemented, "UNKNOWN_METHOD");
        assert!(fault.message.contains(path) && fault.message.contains("reflection"), "{fault:?}");
        // A stranger learns nothing, not even that.
        refused(
            tenant.admin.with_key("").call_bytes(path, &[]).await,
            Code::Unauthenticated,
            "KEY_MISSING",
        );
    }
}

#[tokio::test]
async fn gzip_is_taken() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let mut request = tonic::Request::new(GetAccountRequest { id: account.id.clone() });
    let key = format!("Bearer {}", tenant.viewer.key_text).parse().unwrap();
    request.metadata_mut().insert("authorization", key);
    let mut client = AccountServiceClient::new(tenant.viewer.channel())
        .send_compressed(CompressionEncoding::Gzip);
    assert_eq!(ok(client.get_account(request).await).account, Some(account));
}

#[tokio::test]
async fn every_answer_names_its_call() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let answer = tenant.viewer.server().who_am_i(WhoAmIRequest {}).await.unwrap();
        seen.insert(answer.metadata().get("bursar-trace-id").unwrap().to_str().unwrap().to_owned());
        let nobody =
            server.platform.with_key("").server().who_am_i(WhoAmIRequest {}).await.unwrap_err();
        seen.insert(nobody.metadata().get("bursar-trace-id").unwrap().to_str().unwrap().to_owned());
        let absent =
            tenant.viewer.accounts().get_account(GetAccountRequest { id: id() }).await.unwrap_err();
        seen.insert(absent.metadata().get("bursar-trace-id").unwrap().to_str().unwrap().to_owned());
        let unknown = tenant.viewer.call_bytes("/made.up.Service/Method", &[]).await.unwrap_err();
        seen.insert(
            unknown.metadata().get("bursar-trace-id").unwrap().to_str().unwrap().to_owned(),
        );
    }
    assert_eq!(seen.len(), 8, "each its own");
    assert!(seen.iter().all(|id| id.parse::<uuid::Uuid>().is_ok()), "{seen:?}");
}

/// A fault of the server says that it is one, and under which id its log has it; it tells nothing else.
#[tokio::test]
async fn a_fault_of_the_server_is_internal_and_silent() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let account = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    server.database.sql("ALTER TABLE bursar.ledger_account RENAME COLUMN asset TO gone").await;
    let status = tenant
        .viewer
        .accounts()
        .get_account(GetAccountRequest { id: account.id.clone() })
        .await
        .unwrap_err();
    let trace = status.metadata().get("bursar-trace-id").unwrap().to_str().unwrap().to_owned();
    let text = format!("{status:?}");
    for word in ["asset", "ledger_account", "column", "42703", "SELECT"] {
        assert!(!text.contains(word), "the driver's words show: {text}");
    }
    let fault = refused::<()>(Err(status), Code::Internal, "INTERNAL");
    assert_eq!(fault.meta("trace_id"), trace);
    // Others on the connection are not touched, and the call works again when its cause is gone.
    let unknown =
        server.platform.tenants().get_tenant(GetTenantRequest { id: tenant.id.clone() }).await;
    ok(unknown);
    server.database.sql("ALTER TABLE bursar.ledger_account RENAME COLUMN gone TO asset").await;
    ok(tenant.viewer.accounts().get_account(GetAccountRequest { id: account.id }).await);
}
