use std::time::Duration;

use bursar_proto::admin::v1::{
    ApiKeyState, CreateApiKeyRequest, CreateApiKeyResponse, RotateApiKeyRequest,
};
use bursar_proto::common::v1::Role;
use bursar_testkit::{
    A_SECOND, Caller, Server, TestTenant, assert_hidden, event, fault, id, institution, ok, within,
};
use prost_types::Duration as Span;
use tonic::Code;

use super::{from_now, get, list, new_key, revoke, seconds_between, unknown};

fn rotation(key: &CreateApiKeyResponse) -> RotateApiKeyRequest {
    let id_of_key = key.api_key.as_ref().unwrap().id.clone();
    RotateApiKeyRequest { request_id: id(), id: id_of_key, ..Default::default() }
}

fn with_overlap(key: &CreateApiKeyResponse, seconds: i64, nanos: i32) -> RotateApiKeyRequest {
    RotateApiKeyRequest { overlap: Some(Span { seconds, nanos }), ..rotation(key) }
}

async fn made(tenant: &TestTenant) -> CreateApiKeyResponse {
    ok(tenant.admin.keys().create_api_key(new_key()).await)
}

async fn refused_in_state(caller: &Caller, request: RotateApiKeyRequest, state: &str) {
    let refused = fault(caller.keys().rotate_api_key(request).await.unwrap_err());
    refused.is(state, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
    assert_eq!(refused.meta("state"), state);
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let institution_id = institution(&tenant.admin, "own").await.id;
    let narrowed = CreateApiKeyRequest { institution_id: institution_id.clone(), ..new_key() };
    let old = ok(tenant.admin.keys().create_api_key(narrowed).await);
    let expires_at = Some(from_now(3_600_000));
    let request = RotateApiKeyRequest { expires_at, ..rotation(&old) };
    let before = from_now(0);
    let first = ok(tenant.admin.keys().rotate_api_key(request.clone()).await);
    let (new, was) = (first.api_key.clone().unwrap(), first.old_api_key.clone().unwrap());
    assert_eq!(
        (was.id.as_str(), was.successor_id.as_str()),
        (request.id.as_str(), new.id.as_str())
    );
    assert_ne!(new.id, was.id);
    assert_eq!(
        (new.label.as_str(), new.role(), new.institution_id.as_str()),
        ("reports", Role::Viewer, institution_id.as_str())
    );
    assert_eq!(
        (new.state(), new.expires_at, new.successor_id.as_str()),
        (ApiKeyState::Active, expires_at, "")
    );
    let lives_on = seconds_between(&before, &was.expires_at.unwrap());
    assert!(
        (86_400.0..86_410.0).contains(&lives_on),
        "24 hours when no overlap is given: {lives_on}"
    );
    assert_eq!(
        (get(&tenant.admin, &was.id).await, get(&tenant.admin, &new.id).await),
        (was.clone(), new.clone())
    );

    assert_ne!(first.key, old.key);
    for key in [&old.key, &first.key] {
        assert_eq!(unknown(&tenant.admin.with_key(key)).await, "", "both keys live");
    }
    let again = ok(tenant.admin.keys().rotate_api_key(request.clone()).await);
    assert_eq!((again.key.as_str(), again.replayed), ("", true), "shown once");
    assert_eq!((again.api_key, again.old_api_key), (Some(new), Some(was)));
    let other =
        RotateApiKeyRequest { request_id: request.request_id.clone(), ..with_overlap(&old, 5, 0) };
    let refused = fault(tenant.admin.keys().rotate_api_key(other).await.unwrap_err());
    refused.is("other body", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(refused.meta("fields"), "overlap,expires_at");
    assert_eq!(list(&tenant.admin).await.len(), 6, "replays make no keys");
    event(&tenant, ("api_key", &request.id), "key.rotate", &request.request_id).await;
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let key = made(&one).await;
    let (mine, absent) = (rotation(&key).id, id());
    for caller in [&other.admin, &server.platform] {
        let ask = async |key_id: &str| {
            let request = RotateApiKeyRequest { id: key_id.into(), ..rotation(&key) };
            caller.keys().rotate_api_key(request).await
        };
        assert_hidden((ask(&mine).await, &mine), (ask(&absent).await, &absent)).is(
            "another tenant's",
            Code::NotFound,
            "RESOURCE_NOT_FOUND",
        );
    }
    assert_eq!(Some(get(&one.admin, &mine).await), key.api_key);
    assert_eq!((list(&other.admin).await.len(), list(&one.admin).await.len()), (4, 5));
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let key = made(&tenant).await;
    let good = || rotation(&key);
    let with = |seconds, nanos| with_overlap(&key, seconds, nanos);
    let thirty_days = 30 * 86_400;
    let cases: Vec<(&str, RotateApiKeyRequest, &[&str])> = vec![
        (
            "no request id",
            RotateApiKeyRequest { request_id: String::new(), ..good() },
            &["request_id"],
        ),
        ("no id", RotateApiKeyRequest { id: String::new(), ..good() }, &["id"]),
        ("bad id", RotateApiKeyRequest { id: "x".into(), ..good() }, &["id"]),
        ("negative", with(-1, 0), &["overlap"]),
        ("a little negative", with(0, -1_000), &["overlap"]),
        ("too long", with(thirty_days, 1_000), &["overlap"]),
        ("far too long", with(i64::MAX, 0), &["overlap"]),
        ("too fine", with(1, 1), &["overlap"]),
        ("signs differ", with(1, -1_000), &["overlap"]),
        ("nanos", with(1, 1_000_000_000), &["overlap"]),
        ("past", RotateApiKeyRequest { expires_at: Some(from_now(-1)), ..good() }, &["expires_at"]),
        (
            "all at once",
            RotateApiKeyRequest {
                request_id: "x".into(),
                id: "x".into(),
                overlap: Some(Span { seconds: -1, nanos: 0 }),
                expires_at: Some(from_now(-1)),
            },
            &["request_id", "id", "overlap", "expires_at"],
        ),
    ];
    for (case, request, fields) in cases {
        fault(tenant.admin.keys().rotate_api_key(request).await.unwrap_err()).names(case, fields);
    }
    let longest = ok(tenant.admin.keys().rotate_api_key(with(thirty_days, 0)).await);
    let lives_on = seconds_between(&from_now(0), &longest.old_api_key.unwrap().expires_at.unwrap());
    assert!((2_591_990.0..=2_592_000.0).contains(&lives_on), "{lives_on}");
}

#[tokio::test]
async fn two_keys_live_until_the_overlap_is_over() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let old = made(&tenant).await;
    let request = with_overlap(&old, 1, 500_000_000);
    let new = ok(tenant.admin.keys().rotate_api_key(request).await);
    let (old, new) = (tenant.admin.with_key(&old.key), tenant.admin.with_key(&new.key));
    assert_eq!((unknown(&old).await, unknown(&new).await), (String::new(), String::new()));
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(unknown(&old).await, "", "the overlap is not over");
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!((unknown(&old).await.as_str(), unknown(&new).await.as_str()), ("KEY_EXPIRED", ""));
}

#[tokio::test]
async fn no_overlap_ends_the_old_key_on_every_replica_within_a_second() {
    let server = Server::start().await;
    let replica = server.replica().await;
    let tenant = server.tenant().await;
    let old = made(&tenant).await;
    let here = tenant.admin.with_key(&old.key);
    let there = Caller::new(replica.grpc_addr.port(), &old.key);
    assert_eq!((unknown(&here).await, unknown(&there).await), (String::new(), String::new()));
    let request = with_overlap(&old, 0, 0);
    let new = ok(tenant.admin.keys().rotate_api_key(request).await);
    assert_eq!(new.old_api_key.unwrap().state(), ApiKeyState::Expired, "in the reply already");
    let ended = async |caller: &Caller| unknown(caller).await == "KEY_EXPIRED";
    let (a, b) = (
        within(A_SECOND, "here", async || ended(&here).await),
        within(A_SECOND, "there", async || ended(&there).await),
    );
    tokio::join!(a, b);
    assert_eq!(unknown(&tenant.admin.with_key(&new.key)).await, "");
    replica.stop().await;
}

#[tokio::test]
async fn only_a_live_key_can_be_rotated_and_only_once() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let key = made(&tenant).await;
    let next = ok(tenant.admin.keys().rotate_api_key(rotation(&key)).await);
    refused_in_state(&tenant.admin, rotation(&key), "rotated").await;
    let request = RotateApiKeyRequest { id: next.api_key.unwrap().id, ..rotation(&key) };
    ok(tenant.admin.keys().rotate_api_key(request).await);

    let expires_at = Some(from_now(200));
    let short = ok(tenant
        .admin
        .keys()
        .create_api_key(CreateApiKeyRequest { expires_at, ..new_key() })
        .await);
    let gone = made(&tenant).await;
    revoke(&tenant.admin, &rotation(&gone).id).await;
    refused_in_state(&tenant.admin, rotation(&gone), "revoked").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    refused_in_state(&tenant.admin, rotation(&short), "expired").await;
    assert_eq!(list(&tenant.admin).await.len(), 9, "what was refused made nothing");
}

#[tokio::test]
async fn rotation_never_lengthens_a_life() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let expires_at = Some(from_now(60_000));
    let request = CreateApiKeyRequest { expires_at, ..new_key() };
    let short = ok(tenant.admin.keys().create_api_key(request).await);
    let rotated = ok(tenant.admin.keys().rotate_api_key(rotation(&short)).await);
    assert_eq!(rotated.old_api_key.unwrap().expires_at, expires_at);
    assert_eq!(rotated.api_key.unwrap().expires_at, None);
}

/// Of many rotations of one key at the same time one wins, so that there is one successor.
#[tokio::test]
async fn racing_rotations_make_one_successor() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let key = made(&tenant).await;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (caller, request) = (tenant.admin.clone(), rotation(&key));
        racers.spawn(async move { caller.keys().rotate_api_key(request).await.map_err(fault) });
    }
    let mut successors = Vec::new();
    while let Some(outcome) = racers.join_next().await {
        match outcome.unwrap() {
            Ok(reply) => successors.push(reply.into_inner().api_key.unwrap().id),
            Err(refused) => assert_eq!(
                (refused.reason.as_str(), refused.meta("state")),
                ("STATE_NOT_ALLOWED", "rotated")
            ),
        }
    }
    assert_eq!(successors, [get(&tenant.admin, &rotation(&key).id).await.successor_id]);
    assert_eq!(list(&tenant.admin).await.len(), 6);
}
