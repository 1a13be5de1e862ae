//! Tools need no files: reflection and health, without a key.

use std::collections::BTreeSet;

use bursar_proto::DESCRIPTOR_SET;
use bursar_testkit::{Server, fault};
use prost_reflect::DescriptorPool;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

fn services() -> BTreeSet<String> {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let services: BTreeSet<String> = pool
        .services()
        .map(|service| service.full_name().to_owned())
        .filter(|name| name.starts_with("bursar."))
        .collect();
    assert!(services.len() >= 8, "{services:?}");
    services
}

/// The same test for both versions of the protocol, whose generated code differs in its path only.
macro_rules! reflection {
    ($version:ident) => {
        mod $version {
            use prost::Message as _;
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            use super::*;

            async fn ask(
                server: &Server,
                question: MessageRequest,
            ) -> Result<MessageResponse, tonic::Status> {
                let mut client =
                    ServerReflectionClient::new(server.platform.with_key("").channel());
                let request = ServerReflectionRequest {
                    host: String::new(),
                    message_request: Some(question),
                };
                let answers =
                    client.server_reflection_info(tokio_stream::once(request)).await.unwrap();
                Ok(answers.into_inner().message().await?.unwrap().message_response.unwrap())
            }

            #[tokio::test]
            async fn lists_every_service() {
                let server = Server::start().await;
                let Ok(MessageResponse::ListServicesResponse(list)) =
                    ask(&server, MessageRequest::ListServices(String::new())).await
                else {
                    panic!("no list")
                };
                let listed: BTreeSet<String> =
                    list.service.into_iter().map(|service| service.name).collect();
                let missing: Vec<_> = services().difference(&listed).cloned().collect();
                assert!(missing.is_empty(), "{missing:?}");
                assert!(listed.contains("grpc.health.v1.Health"), "{listed:?}");
            }

            #[tokio::test]
            async fn resolves_what_a_tool_needs() {
                let server = Server::start().await;
                for symbol in [
                    "google.rpc.BadRequest",
                    "google.rpc.ErrorInfo",
                    "google.rpc.RetryInfo",
                    "google.rpc.ResourceInfo",
                    "google.protobuf.Struct",
                    "bursar.errors.v1.ErrorReason",
                    "bursar.ledger.v1.TransferService",
                    "bursar.ledger.v1.TransferService.CreateTransfer",
                    "bursar.ledger.v1.Transfer",
                ] {
                    let question = MessageRequest::FileContainingSymbol(symbol.to_owned());
                    let Ok(MessageResponse::FileDescriptorResponse(files)) =
                        ask(&server, question).await
                    else {
                        panic!("{symbol} is not known")
                    };
                    let package =
                        symbol.split('.').take_while(|part| part.starts_with(char::is_lowercase));
                    let package = package.collect::<Vec<_>>().join(".");
                    let decoded = files.file_descriptor_proto.iter().map(|bytes| {
                        prost_types::FileDescriptorProto::decode(bytes.as_slice())
                            .unwrap()
                            .package()
                            .to_owned()
                    });
                    assert!(decoded.collect::<Vec<_>>().contains(&package), "{symbol}");
                }
                let unknown = MessageRequest::FileContainingSymbol("bursar.Nothing".into());
                assert_eq!(ask(&server, unknown).await.unwrap_err().code(), Code::NotFound);
            }
        }
    };
}

reflection!(v1);
reflection!(v1alpha);

async fn check(server: &Server, service: &str) -> Result<ServingStatus, tonic::Status> {
    let mut client = HealthClient::new(server.platform.with_key("").channel());
    let request = HealthCheckRequest { service: service.to_owned() };
    client.check(request).await.map(|reply| reply.into_inner().status())
}

#[tokio::test]
async fn health_is_told_for_each_service() {
    let server = Server::start().await;
    for service in services().iter().map(String::as_str).chain([""]) {
        assert_eq!(check(&server, service).await.unwrap(), ServingStatus::Serving, "{service:?}");
    }
    let fault = fault(check(&server, "bursar.made.v1.UpService").await.unwrap_err());
    assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn health_and_reflection_can_ask_for_a_key() {
    let server = Server::start_with(&[("BURSAR_HEALTH_NEEDS_KEY", "true")]).await;
    let fault = fault(check(&server, "").await.unwrap_err());
    assert_eq!((fault.code, fault.reason.as_str()), (Code::Unauthenticated, "KEY_MISSING"));
    let mut request = tonic::Request::new(HealthCheckRequest { service: String::new() });
    let key = format!("Bearer {}", server.platform.key_text).parse().unwrap();
    request.metadata_mut().insert("authorization", key);
    let reply = HealthClient::new(server.platform.channel()).check(request).await.unwrap();
    assert_eq!(reply.into_inner().status(), ServingStatus::Serving);
}
