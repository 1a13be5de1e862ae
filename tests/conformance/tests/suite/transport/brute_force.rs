//! Addresses that send invalid keys: held up before the database hears of them, and nobody else with them.

use std::time::Duration;

use bursar_domain::ids::KeyId;
use bursar_domain::key::ApiKeyText;
use bursar_proto::admin::v1::WhoAmIRequest;
use bursar_testkit::http::{frame, send_on};
use bursar_testkit::{Caller, Database, Fault, Proxy, Server, fault};
use http::{Request, Version};
use secrecy::ExposeSecret as _;
use tokio::net::TcpSocket;
use tonic::Code;

/// A key that has the right form and that nobody made.
fn forged() -> String {
    ApiKeyText::new(KeyId::generate(), [7; 32]).text("test").expose_secret().to_owned()
}

async fn who(caller: &Caller) -> Result<(), Fault> {
    caller.server().who_am_i(WhoAmIRequest {}).await.map(drop).map_err(fault)
}

/// Sends invalid keys until one is held up; how many were looked up.
async fn guess(server: &Server) -> usize {
    for tried in 0..1_000 {
        let refused = who(&server.platform.with_key(&forged())).await.unwrap_err();
        if refused.reason == "RATE_LIMITED" {
            return tried;
        }
        refused.is("a guess", Code::Unauthenticated, "KEY_INVALID");
    }
    panic!("a thousand guesses were looked up");
}

/// A call from another address of this machine.
async fn from_elsewhere(port: u16, key: &str) -> tonic::Status {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    let request = Request::post("http://localhost/bursar.admin.v1.ServerService/WhoAmI")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {key}"))
        .body(frame(&[]))
        .unwrap();
    send_on(stream, Version::HTTP_2, request).await.grpc_status().unwrap()
}

#[tokio::test]
async fn guesses_are_held_up_and_proven_keys_are_not() {
    let database = Database::migrated().await;
    let proxy = Proxy::start(database.port().await).await;
    let url = database.app_url_at(proxy.port);
    let settings =
        [("DATABASE_URL", url.expose_secret()), ("BURSAR_AUTH_FAILURES_PER_MINUTE", "5")];
    let server = Server::start_on(database, &settings).await;
    let tenant = server.tenant().await;
    who(&server.platform).await.expect("the key is proven now");
    assert_eq!(guess(&server).await, 5);

    for (what, key) in [("unknown", forged()), ("malformed", "bsr_test_x_y_z".into())] {
        let held = who(&server.platform.with_key(&key)).await.unwrap_err();
        held.is(what, Code::ResourceExhausted, "RATE_LIMITED");
        assert_eq!((held.meta("limit"), held.meta("definite")), ("address", "true"), "{what}");
        let wait = held.retry_delay.expect("RetryInfo");
        assert!(!wait.is_zero() && wait <= Duration::from_secs(12), "{what}: {wait:?}");
    }
    let missing = who(&server.platform.with_key("")).await.unwrap_err();
    assert_eq!(missing.reason, "KEY_MISSING", "who brings no key guesses nothing");
    who(&server.platform).await.expect("others behind the same address go on");
    assert_eq!(
        who(&tenant.viewer).await.unwrap_err().meta("limit"),
        "address",
        "a key that is new to the server has to wait as well"
    );
    assert_eq!(from_elsewhere(server.port(), &tenant.viewer.key_text).await.code(), Code::Ok);
    who(&tenant.viewer).await.expect("proven now, wherever that was");

    // The database hears nothing of a guess that is held up.
    proxy.cut();
    let held = who(&server.platform.with_key(&forged())).await.unwrap_err();
    held.is("without a database", Code::ResourceExhausted, "RATE_LIMITED");
    proxy.mend();
}

#[tokio::test]
async fn a_new_key_gets_in_after_the_wait() {
    let server = Server::start_with(&[("BURSAR_AUTH_FAILURES_PER_MINUTE", "60")]).await;
    let tenant = server.tenant().await;
    assert!(guess(&server).await >= 60);
    let held = who(&tenant.viewer).await;
    if let Err(held) = held {
        assert_eq!(held.meta("limit"), "address");
        tokio::time::sleep(held.retry_delay.unwrap()).await;
        who(&tenant.viewer).await.expect("let in after the wait that was told");
    }
    who(&tenant.viewer).await.expect("and from then on at once");
}

#[tokio::test]
async fn zero_is_no_limit() {
    let server = Server::start_with(&[("BURSAR_AUTH_FAILURES_PER_MINUTE", "0")]).await;
    for _ in 0..100 {
        let refused = who(&server.platform.with_key(&forged())).await.unwrap_err();
        assert_eq!(refused.reason, "KEY_INVALID");
    }
}
