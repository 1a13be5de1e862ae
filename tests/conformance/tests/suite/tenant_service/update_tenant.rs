use bursar_proto::admin::v1::{Tenant, TenantLimits, UpdateTenantRequest};
use bursar_testkit::{Server, fault, id, ok};
use prost_types::FieldMask;
use tonic::Code;

use super::{
    deletion, events, get, only_the_platform_manages, refusal, refused_in_state, suspension,
};

fn update(tenant: Tenant, paths: &[&str]) -> UpdateTenantRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateTenantRequest {
        request_id: id(),
        tenant: Some(tenant),
        update_mask: Some(FieldMask { paths }),
        validate_only: false,
    }
}

/// What a caller sends who has not read the tenant.
fn blind(id: &str, name: &str, max_api_keys: i32, requests_per_second: i32) -> Tenant {
    let limits = Some(TenantLimits { max_api_keys, requests_per_second });
    Tenant { id: id.into(), name: name.into(), limits, ..Default::default() }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let read = get(&server, &tenant.id).await;
    let limits = Some(TenantLimits { max_api_keys: 20, requests_per_second: 500 });
    let request =
        update(Tenant { name: "renamed".into(), limits, ..read.clone() }, &["name", "limits"]);
    let first = ok(server.platform.tenants().update_tenant(request.clone()).await);
    let now = first.tenant.clone().unwrap();
    let changed = Tenant {
        name: "renamed".into(),
        limits,
        etag: now.etag.clone(),
        updated_at: now.updated_at,
        ..read.clone()
    };
    assert_eq!(now, changed);
    assert_ne!((&now.etag, now.updated_at), (&read.etag, read.updated_at));
    assert_eq!(get(&server, &tenant.id).await, now);

    let again = ok(server.platform.tenants().update_tenant(request.clone()).await);
    assert_eq!(
        (again.replayed, first.replayed, again.tenant),
        (true, false, Some(now.clone())),
        "though the etag has changed"
    );
    assert_eq!(get(&server, &tenant.id).await, now);
    let found = events(&server, &tenant.id).await;
    let actions: Vec<_> = found.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["tenant.update", "tenant.create"]);
    let other = update(blind(&tenant.id, "x", 1, 1), &["name"]);
    let other = UpdateTenantRequest { request_id: request.request_id, ..other };
    let refused = refusal(server.platform.tenants().update_tenant(other).await);
    refused.is("other body", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert!(refused.meta("fields").split(',').any(|field| field == "tenant.name"), "{refused:?}");
    assert!(refused.meta("fields").split(',').any(|field| field == "update_mask"), "{refused:?}");
}

#[tokio::test]
async fn other_tenant() {
    only_the_platform_manages(async |caller, id| {
        caller
            .tenants()
            .update_tenant(update(blind(&id, "mine now", 1, 1), &["name", "limits"]))
            .await
    })
    .await;
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let before = get(&server, &tenant.id).await;
    let with =
        |name: &str, keys, rate, paths: &[&str]| update(blind(&tenant.id, name, keys, rate), paths);
    let etag = |etag: &str| {
        update(Tenant { etag: etag.into(), ..blind(&tenant.id, "x", 1, 1) }, &["name"])
    };
    let cases: Vec<(&str, UpdateTenantRequest, &[&str])> = vec![
        (
            "no request id",
            UpdateTenantRequest { request_id: String::new(), ..with("x", 1, 1, &["name"]) },
            &["request_id"],
        ),
        (
            "no tenant",
            UpdateTenantRequest { tenant: None, ..with("x", 1, 1, &["name"]) },
            &["tenant"],
        ),
        ("no id", update(blind("", "x", 1, 1), &["name"]), &["tenant.id"]),
        (
            "no mask",
            UpdateTenantRequest { update_mask: None, ..with("x", 1, 1, &[]) },
            &["update_mask"],
        ),
        ("empty mask", with("x", 1, 1, &[]), &["update_mask"]),
        ("unknown path", with("x", 1, 1, &["name", "colour"]), &["update_mask"]),
        ("state", with("x", 1, 1, &["state"]), &["update_mask"]),
        ("etag in the mask", with("x", 1, 1, &["etag"]), &["update_mask"]),
        ("star", with("x", 1, 1, &["*"]), &["update_mask"]),
        ("bad etag", etag("x"), &["tenant.etag"]),
        ("etag of another spelling", etag("01"), &["tenant.etag"]),
        ("blank name", with(" ", 1, 1, &["name"]), &["tenant.name"]),
        ("long name", with(&"x".repeat(201), 1, 1, &["name"]), &["tenant.name"]),
        ("keys", with("x", 1_001, 1, &["limits.max_api_keys"]), &["tenant.limits.max_api_keys"]),
        (
            "rate",
            with("x", 1, -1, &["limits.requests_per_second"]),
            &["tenant.limits.requests_per_second"],
        ),
        (
            "all at once",
            UpdateTenantRequest {
                request_id: "x".into(),
                ..update(Tenant { etag: "?".into(), ..blind("x", "", -1, -1) }, &["name", "limits"])
            },
            &[
                "request_id",
                "tenant.id",
                "tenant.etag",
                "tenant.name",
                "tenant.limits.max_api_keys",
                "tenant.limits.requests_per_second",
            ],
        ),
    ];
    for (case, request, fields) in cases {
        fault(server.platform.tenants().update_tenant(request).await.unwrap_err())
            .names(case, fields);
    }
    assert_eq!(get(&server, &tenant.id).await, before);
    // Only what is named is read.
    ok(server.platform.tenants().update_tenant(with("", 30, -7, &["limits.max_api_keys"])).await);
}

/// The mask, what is sent, and the name and limits after it.
type Step<'a> = (&'a [&'a str], Tenant, (&'a str, i32, i32));

#[tokio::test]
async fn only_what_the_mask_names_changes() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let steps: [Step<'_>; 6] = [
        (&["name"], blind(&tenant.id, "a", 5, 5), ("a", 100, 0)),
        (&["limits.max_api_keys"], blind(&tenant.id, "b", 6, 6), ("a", 6, 0)),
        (&["limits.requests_per_second"], blind(&tenant.id, "c", 7, 7_000), ("a", 6, 7_000)),
        (&["limits.max_api_keys", "name"], blind(&tenant.id, "d", 0, 8), ("d", 100, 7_000)),
        (&["limits"], blind(&tenant.id, "e", 9, 9_000), ("d", 9, 9_000)),
        (&["limits"], Tenant { limits: None, ..blind(&tenant.id, "f", 0, 0) }, ("d", 100, 0)),
    ];
    for (paths, given, (name, keys, rate)) in steps {
        let now =
            ok(server.platform.tenants().update_tenant(update(given, paths)).await).tenant.unwrap();
        let limits = now.limits.unwrap();
        assert_eq!(
            (now.name.as_str(), limits.max_api_keys, limits.requests_per_second),
            (name, keys, rate),
            "{paths:?}"
        );
        assert_eq!(get(&server, &tenant.id).await, now);
    }
}

#[tokio::test]
async fn an_etag_guards_what_was_read() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let stale = get(&server, &tenant.id).await;
    let named = |tenant: &Tenant, name: &str| {
        update(Tenant { name: name.into(), ..tenant.clone() }, &["name"])
    };
    let fresh =
        ok(server.platform.tenants().update_tenant(named(&stale, "one")).await).tenant.unwrap();
    let late = named(&stale, "two");
    let refused = refusal(server.platform.tenants().update_tenant(late.clone()).await);
    refused.is("stale", Code::Aborted, "ETAG_MISMATCH");
    assert_eq!(refused.meta("current_etag"), fresh.etag);
    assert_eq!(get(&server, &tenant.id).await, fresh);
    // A refused call stores nothing: its id may carry another body.
    let retried = UpdateTenantRequest { request_id: late.request_id, ..named(&fresh, "two") };
    let third = ok(server.platform.tenants().update_tenant(retried).await).tenant.unwrap();
    assert_eq!((third.name.as_str(), third.etag == fresh.etag), ("two", false));
    let blindly = named(&Tenant { etag: String::new(), ..stale }, "three");
    assert_eq!(
        ok(server.platform.tenants().update_tenant(blindly).await).tenant.unwrap().name,
        "three"
    );
}

#[tokio::test]
async fn racing_updates_of_one_reading_let_one_through() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let read = get(&server, &tenant.id).await;
    let mut racers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let caller = server.platform.clone();
        let request = update(Tenant { name: format!("name {n}"), ..read.clone() }, &["name"]);
        racers.spawn(async move { caller.tenants().update_tenant(request).await.map_err(fault) });
    }
    let outcomes = racers.join_all().await;
    let won: Vec<_> = outcomes.iter().filter_map(|o| o.as_ref().ok()).collect();
    assert_eq!(won.len(), 1);
    assert!(outcomes.iter().filter_map(|o| o.as_ref().err()).all(|f| f.reason == "ETAG_MISMATCH"));
    assert_eq!(Some(get(&server, &tenant.id).await), won[0].get_ref().tenant);
}

#[tokio::test]
async fn validate_only_changes_nothing() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let before = get(&server, &tenant.id).await;
    let request = update(Tenant { name: "tried".into(), ..before.clone() }, &["name"]);
    let request = UpdateTenantRequest { validate_only: true, ..request };
    let tried = ok(server.platform.tenants().update_tenant(request).await);
    assert_eq!((tried.tenant.unwrap().name.as_str(), tried.replayed), ("tried", false));
    assert_eq!(get(&server, &tenant.id).await, before);
    assert_eq!(events(&server, &tenant.id).await.len(), 1);
}

#[tokio::test]
async fn a_suspended_tenant_can_be_changed_and_a_deleted_one_cannot() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = || update(blind(&tenant.id, "x", 1, 1), &["name"]);
    ok(server.platform.tenants().suspend_tenant(suspension(&tenant)).await);
    ok(server.platform.tenants().update_tenant(request()).await);
    ok(server.platform.tenants().delete_tenant(deletion(&tenant)).await);
    refused_in_state(server.platform.tenants().update_tenant(request()).await, "deleted");
}
