use std::time::Duration;

use bursar_proto::admin::v1::{ApiKey, ApiKeyState, CreateApiKeyRequest, ListApiKeysRequest};
use bursar_testkit::{Caller, Server, fault, ok};

use super::{from_now, get, list, new_key, revoke};

async fn in_state(caller: &Caller, state: ApiKeyState) -> Vec<String> {
    let request = ListApiKeysRequest { state: state.into(), ..Default::default() };
    let keys = ok(caller.keys().list_api_keys(request).await).api_keys;
    assert!(keys.iter().all(|key| key.state() == state), "{keys:?}");
    keys.into_iter().map(|key| key.id).collect()
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let keys = || tenant.admin.keys();
    let mut made: Vec<ApiKey> = Vec::new();
    for _ in 0..5 {
        made.push(ok(keys().create_api_key(new_key()).await).api_key.unwrap());
    }
    let all = list(&tenant.auditor).await;
    let last: Vec<_> = all.iter().skip(4).cloned().collect();
    assert_eq!((all.len(), last), (9, made.clone()), "oldest first");

    let expires_at = Some(from_now(300));
    let request = CreateApiKeyRequest { expires_at, ..new_key() };
    let expired = ok(keys().create_api_key(request).await).api_key.unwrap().id;
    let revoked = vec![made[1].id.clone(), made[3].id.clone()];
    for id in &revoked {
        revoke(&tenant.admin, id).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(in_state(&tenant.admin, ApiKeyState::Expired).await, [expired.as_str()]);
    assert_eq!(in_state(&tenant.admin, ApiKeyState::Revoked).await, revoked);
    assert_eq!(in_state(&tenant.admin, ApiKeyState::Active).await.len(), 7);
    assert_eq!(get(&tenant.admin, &expired).await.state(), ApiKeyState::Expired);
    assert_eq!(list(&tenant.admin).await.len(), 10);
}

#[tokio::test]
async fn pages_hold_every_key_once() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for _ in 0..4 {
        ok(tenant.admin.keys().create_api_key(new_key()).await);
    }
    let wanted: Vec<_> = list(&tenant.admin).await.into_iter().map(|key| key.id).collect();
    for page_size in [1, 3, 8, 9] {
        let mut request = ListApiKeysRequest { page_size, ..Default::default() };
        let mut found = Vec::new();
        loop {
            let page = ok(tenant.admin.keys().list_api_keys(request.clone()).await);
            assert!(page.api_keys.len() <= usize::try_from(page_size).unwrap());
            found.extend(page.api_keys.into_iter().map(|key| key.id));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(found, wanted, "pages of {page_size}");
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let ids = async |caller: &Caller| -> Vec<String> {
        list(caller).await.into_iter().map(|key| key.id).collect()
    };
    let (mine, theirs) = (ids(&one.admin).await, ids(&other.admin).await);
    assert_eq!((mine.len(), theirs.len()), (4, 4));
    assert!(mine.iter().all(|id| !theirs.contains(id)));
    assert_eq!(ids(&server.platform).await.len(), 1, "the platform sees its own keys only");

    let request = ListApiKeysRequest { page_size: 1, ..Default::default() };
    let token = ok(one.admin.keys().list_api_keys(request.clone()).await).next_page_token;
    let stolen = ListApiKeysRequest { page_token: token, ..request };
    fault(other.admin.keys().list_api_keys(stolen).await.unwrap_err())
        .names("stolen", &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let first = ListApiKeysRequest { page_size: 1, ..Default::default() };
    let token = ok(tenant.admin.keys().list_api_keys(first.clone()).await).next_page_token;
    let active = ApiKeyState::Active.into();
    let cases: [(&str, ListApiKeysRequest, &[&str]); 5] = [
        ("unknown state", ListApiKeysRequest { state: 4, ..Default::default() }, &["state"]),
        (
            "negative size",
            ListApiKeysRequest { page_size: -1, ..Default::default() },
            &["page_size"],
        ),
        (
            "garbage",
            ListApiKeysRequest { page_token: "x".into(), ..Default::default() },
            &["page_token"],
        ),
        (
            "other filter",
            ListApiKeysRequest { state: active, page_token: token, page_size: 1 },
            &["page_token"],
        ),
        (
            "both",
            ListApiKeysRequest { state: -1, page_size: -5, ..Default::default() },
            &["state", "page_size"],
        ),
    ];
    for (case, request, fields) in cases {
        fault(tenant.admin.keys().list_api_keys(request).await.unwrap_err()).names(case, fields);
    }
    let huge = ListApiKeysRequest { page_size: i32::MAX, ..Default::default() };
    assert_eq!(ok(tenant.admin.keys().list_api_keys(huge).await).api_keys.len(), 4, "coerced");
}
