use bursar_proto::admin::v1::{ApiKeyState, RevokeApiKeyRequest};
use bursar_proto::common::v1::Role;
use bursar_testkit::{A_SECOND, Caller, Server, assert_hidden, event, fault, id, ok, within};
use tonic::Code;

use super::{from_now, get, list, new_key, seconds_between, unknown};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = ok(tenant.admin.keys().create_api_key(new_key()).await);
    let key = made.api_key.unwrap();
    let request = RevokeApiKeyRequest { request_id: id(), id: key.id.clone() };
    let before = from_now(0);
    let first = ok(tenant.admin.keys().revoke_api_key(request.clone()).await);
    let revoked = first.api_key.clone().unwrap();
    assert_eq!((revoked.state(), first.replayed), (ApiKeyState::Revoked, false));
    assert!((0.0..5.0).contains(&seconds_between(&before, &revoked.revoked_at.unwrap())));
    assert_eq!(get(&tenant.admin, &key.id).await, revoked);
    assert_eq!(
        unknown(&server.platform.with_key(&made.key)).await,
        "KEY_REVOKED",
        "never used before"
    );

    let again = ok(tenant.admin.keys().revoke_api_key(request.clone()).await);
    assert_eq!((again.api_key, again.replayed), (Some(revoked), true));
    let event = event(&tenant, ("api_key", &key.id), "key.revoke", &request.request_id).await;
    assert_eq!(
        (event.method.as_str(), event.path.as_str()),
        ("RevokeApiKey", "/bursar.admin.v1.ApiKeyService/RevokeApiKey")
    );

    let once_more = RevokeApiKeyRequest { request_id: id(), id: key.id.clone() };
    let refused = fault(tenant.admin.keys().revoke_api_key(once_more).await.unwrap_err());
    refused.is("twice", Code::FailedPrecondition, "STATE_NOT_ALLOWED");
    assert_eq!(refused.meta("state"), "revoked");
    let other = RevokeApiKeyRequest { id: id(), ..request };
    let refused = fault(tenant.admin.keys().revoke_api_key(other).await.unwrap_err());
    refused.is("other body", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(refused.meta("fields"), "id");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let made = ok(one.admin.keys().create_api_key(new_key()).await);
    let key = made.api_key.unwrap();
    let absent = id();
    for caller in [&other.admin, &server.platform] {
        let ask = async |key_id: &str| {
            let request = RevokeApiKeyRequest { request_id: id(), id: key_id.into() };
            caller.keys().revoke_api_key(request).await
        };
        assert_hidden((ask(&key.id).await, &key.id), (ask(&absent).await, &absent)).is(
            "another tenant's",
            Code::NotFound,
            "RESOURCE_NOT_FOUND",
        );
    }
    assert_eq!(get(&one.admin, &key.id).await, key);
    assert_eq!(unknown(&one.admin.with_key(&made.key)).await, "");
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = |request_id: &str, id: &str| RevokeApiKeyRequest {
        request_id: request_id.into(),
        id: id.into(),
    };
    let cases: [(&str, RevokeApiKeyRequest, &[&str]); 4] = [
        ("no request id", request("", &id()), &["request_id"]),
        ("no id", request(&id(), ""), &["id"]),
        ("bad id", request(&id(), "x"), &["id"]),
        ("both", request("x", "x"), &["request_id", "id"]),
    ];
    for (case, request, fields) in cases {
        fault(tenant.admin.keys().revoke_api_key(request).await.unwrap_err()).names(case, fields);
    }
    assert!(list(&tenant.admin).await.iter().all(|key| key.state() == ApiKeyState::Active));
}

/// The caches of both replicas know the key well when it is revoked through one of them.
#[tokio::test]
async fn ends_the_key_on_every_replica_within_a_second() {
    let server = Server::start().await;
    let replica = server.replica().await;
    let tenant = server.tenant().await;
    for _ in 0..3 {
        let made = tenant.admin.make_key(Role::Operator, super::new_key()).await;
        let here = tenant.admin.with_key(&made.key);
        let there = Caller::new(replica.grpc_addr.port(), &made.key);
        assert_eq!((unknown(&here).await, unknown(&there).await), (String::new(), String::new()));
        super::revoke(&tenant.admin, &made.api_key.unwrap().id).await;
        let revoked = async |caller: &Caller| match unknown(caller).await.as_str() {
            "KEY_REVOKED" => true,
            "" => false,
            other => panic!("{other}"),
        };
        let (a, b) = (
            within(A_SECOND, "here", async || revoked(&here).await),
            within(A_SECOND, "there", async || revoked(&there).await),
        );
        tokio::join!(a, b);
    }
    replica.stop().await;
}

#[tokio::test]
async fn a_key_can_end_itself() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = tenant.admin.make_key(Role::Admin, super::new_key()).await;
    let own = tenant.admin.with_key(&made.key);
    let id = made.api_key.unwrap().id;
    assert_eq!(super::revoke(&own, &id).await.state(), ApiKeyState::Revoked);
    within(A_SECOND, "its end", async || unknown(&own).await == "KEY_REVOKED").await;
}
