use bursar_domain::key::ApiKeyText;
use bursar_proto::admin::v1::{
    ApiKeyState, CreateApiKeyRequest, CreateTenantRequest, RevokeApiKeyRequest,
    RotateApiKeyRequest, TenantLimits, WhoAmIRequest,
};
use bursar_proto::common::v1::Role;
use bursar_testkit::{Server, event, fault, id, institution, ok, tenant_role};
use prost_types::Timestamp;
use tonic::Code;

use super::{from_now, list, new_key, revoke, seconds_between, unknown};

const ROLES: [Role; 4] = [Role::Viewer, Role::Operator, Role::Admin, Role::Auditor];

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for role in ROLES {
        let expires_at = Some(from_now(60_000));
        let request = CreateApiKeyRequest { role: role.into(), expires_at, ..new_key() };
        let before = from_now(0);
        let first = ok(tenant.admin.keys().create_api_key(request.clone()).await);
        let key = first.api_key.clone().unwrap();
        assert!(!first.replayed);
        assert_eq!(
            (key.label.as_str(), key.role(), key.state()),
            ("reports", role, ApiKeyState::Active)
        );
        assert_eq!((key.institution_id.as_str(), key.successor_id.as_str()), ("", ""));
        assert_eq!((key.expires_at, key.revoked_at), (expires_at, None));
        assert!(
            (0.0..5.0).contains(&seconds_between(&before, &key.created_at.unwrap())),
            "{key:?}"
        );
        assert!(first.key.starts_with("bsr_test_"));
        assert_eq!(ApiKeyText::parse(&first.key, "test").unwrap().id.to_string(), key.id);

        let who = ok(tenant.admin.with_key(&first.key).server().who_am_i(WhoAmIRequest {}).await);
        assert_eq!(
            (who.tenant_id, who.key_id, who.role),
            (tenant.id.clone(), key.id.clone(), role.into())
        );
        assert_eq!((who.label.as_str(), who.expires_at), ("reports", expires_at));

        let again = ok(tenant.admin.keys().create_api_key(request.clone()).await);
        assert!(again.replayed);
        assert_eq!((again.api_key.as_ref(), again.key.as_str()), (Some(&key), ""), "shown once");
        event(&tenant, ("api_key", &key.id), "key.create", &request.request_id).await;
    }
    assert_eq!(list(&tenant.admin).await.len(), 4 + ROLES.len(), "replays make no keys");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let request = new_key();
    let mine = ok(one.admin.keys().create_api_key(request.clone()).await);
    let theirs = ok(other.admin.keys().create_api_key(request).await);
    assert!(!theirs.replayed, "request ids of tenants do not meet");
    assert_ne!(mine.api_key.as_ref().unwrap().id, theirs.api_key.as_ref().unwrap().id);
    for (tenant, made) in [(&one, &mine), (&other, &theirs)] {
        let who = ok(tenant.admin.with_key(&made.key).server().who_am_i(WhoAmIRequest {}).await);
        assert_eq!(who.tenant_id, tenant.id);
        assert_eq!(list(&tenant.admin).await.len(), 5);
    }
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let foreign = institution(&server.tenant().await.admin, "theirs").await.id;
    let good = new_key;
    let nanos = |nanos| Some(Timestamp { nanos, ..from_now(60_000) });
    let far = Some(Timestamp { seconds: 253_402_300_800, nanos: 0 });
    let cases: Vec<(&str, CreateApiKeyRequest, &[&str])> = vec![
        (
            "no request id",
            CreateApiKeyRequest { request_id: String::new(), ..good() },
            &["request_id"],
        ),
        (
            "bad request id",
            CreateApiKeyRequest { request_id: "1".into(), ..good() },
            &["request_id"],
        ),
        ("no label", CreateApiKeyRequest { label: String::new(), ..good() }, &["label"]),
        ("blank label", CreateApiKeyRequest { label: " ".into(), ..good() }, &["label"]),
        ("long label", CreateApiKeyRequest { label: "ü".repeat(101), ..good() }, &["label"]),
        ("control character", CreateApiKeyRequest { label: "a\nb".into(), ..good() }, &["label"]),
        ("NUL", CreateApiKeyRequest { label: "a\0b".into(), ..good() }, &["label"]),
        ("no role", CreateApiKeyRequest { role: 0, ..good() }, &["role"]),
        ("unknown role", CreateApiKeyRequest { role: 6, ..good() }, &["role"]),
        ("negative role", CreateApiKeyRequest { role: -1, ..good() }, &["role"]),
        ("platform", CreateApiKeyRequest { role: Role::Platform.into(), ..good() }, &["role"]),
        (
            "unknown institution",
            CreateApiKeyRequest { institution_id: id(), ..good() },
            &["institution_id"],
        ),
        (
            "another tenant's institution",
            CreateApiKeyRequest { institution_id: foreign.clone(), ..good() },
            &["institution_id"],
        ),
        (
            "institution",
            CreateApiKeyRequest { institution_id: "x".into(), ..good() },
            &["institution_id"],
        ),
        (
            "past",
            CreateApiKeyRequest { expires_at: Some(from_now(-1_000)), ..good() },
            &["expires_at"],
        ),
        ("too fine", CreateApiKeyRequest { expires_at: nanos(1), ..good() }, &["expires_at"]),
        (
            "nanos",
            CreateApiKeyRequest { expires_at: nanos(1_000_000_000), ..good() },
            &["expires_at"],
        ),
        (
            "negative nanos",
            CreateApiKeyRequest { expires_at: nanos(-1), ..good() },
            &["expires_at"],
        ),
        ("year 10000", CreateApiKeyRequest { expires_at: far, ..good() }, &["expires_at"]),
        (
            "all at once",
            CreateApiKeyRequest {
                request_id: "x".into(),
                label: String::new(),
                role: 0,
                institution_id: "x".into(),
                expires_at: Some(from_now(-1_000)),
                validate_only: true,
            },
            &["request_id", "label", "role", "institution_id", "expires_at"],
        ),
    ];
    for (case, request, fields) in cases {
        fault(tenant.admin.keys().create_api_key(request).await.unwrap_err()).names(case, fields);
    }
    let longest = CreateApiKeyRequest { label: "ü".repeat(100), ..good() };
    ok(tenant.admin.keys().create_api_key(longest).await);
    assert_eq!(list(&tenant.admin).await.len(), 5, "what was refused made nothing");
}

#[tokio::test]
async fn a_reused_request_id_names_what_differs() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let first = new_key();
    let made = ok(tenant.admin.keys().create_api_key(first.clone()).await).api_key.unwrap();
    for (other, fields) in [
        (CreateApiKeyRequest { label: "x".into(), ..first.clone() }, "label"),
        (
            CreateApiKeyRequest { role: 2, institution_id: id(), ..first.clone() },
            "role,institution_id",
        ),
        (CreateApiKeyRequest { expires_at: Some(from_now(9_000)), ..first.clone() }, "expires_at"),
    ] {
        let refused = fault(tenant.admin.keys().create_api_key(other).await.unwrap_err());
        refused.is(fields, Code::AlreadyExists, "REQUEST_ID_REUSED");
        assert_eq!(refused.meta("fields"), fields);
    }
    let revoke = RevokeApiKeyRequest { request_id: first.request_id, id: made.id.clone() };
    let refused = fault(tenant.admin.keys().revoke_api_key(revoke).await.unwrap_err());
    refused.is("another method", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(refused.meta("fields"), "method");
    assert_eq!(super::get(&tenant.admin, &made.id).await, made);
}

#[tokio::test]
async fn validate_only_makes_nothing() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = CreateApiKeyRequest { validate_only: true, ..new_key() };
    let tried = ok(tenant.admin.keys().create_api_key(request.clone()).await);
    assert_eq!((tried.key.as_str(), tried.replayed), ("", false));
    assert_eq!(tried.api_key.unwrap().label, "reports");
    assert_eq!(list(&tenant.admin).await.len(), 4);
    let of = format!("WHERE tenant_id = '{}'", tenant.id);
    let counts = format!(
        "SELECT (SELECT count(*) FROM bursar.audit_event {of}),
                (SELECT count(*) FROM bursar.operation_record {of})"
    );
    let row = &server.database.rows(&counts).await[0];
    assert_eq!(
        (row.get::<_, i64>(0), row.get::<_, i64>(1)),
        (3, 3),
        "those of the three keys of the set-up"
    );
    let real = CreateApiKeyRequest { validate_only: false, ..request };
    assert!(!ok(tenant.admin.keys().create_api_key(real).await).replayed, "the id was still free");
}

/// A cached key ends at its time all the same.
#[tokio::test]
async fn a_key_ends_when_it_expires() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = CreateApiKeyRequest { expires_at: Some(from_now(700)), ..new_key() };
    let made = ok(tenant.admin.keys().create_api_key(request).await);
    let caller = tenant.admin.with_key(&made.key);
    let expires_at = made.api_key.unwrap().expires_at.unwrap();
    loop {
        let asked = from_now(0);
        let reason = unknown(&caller).await;
        let answered = from_now(0);
        if reason.is_empty() {
            assert!(seconds_between(&asked, &expires_at) > 0.0, "served after its end");
        } else {
            assert_eq!(reason, "KEY_EXPIRED");
            assert!(seconds_between(&answered, &expires_at) < 0.0, "refused before its end");
            return;
        }
    }
}

#[tokio::test]
async fn no_key_makes_one_above_itself() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for (caller, role) in
        [(&tenant.viewer, "viewer"), (&tenant.operator, "operator"), (&tenant.auditor, "auditor")]
    {
        let refused = fault(caller.keys().create_api_key(new_key()).await.unwrap_err());
        refused.is(role, Code::PermissionDenied, "PERMISSION_MISSING");
        assert_eq!((refused.meta("permission"), refused.meta("role")), ("admin.key.write", role));
    }
    for role in ROLES {
        let request = CreateApiKeyRequest { role: role.into(), ..new_key() };
        fault(server.platform.keys().create_api_key(request).await.unwrap_err())
            .names("by the platform", &["role"]);
    }
    let request = CreateApiKeyRequest { role: Role::Platform.into(), ..new_key() };
    let made = ok(server.platform.keys().create_api_key(request).await);
    let who = ok(server.platform.with_key(&made.key).server().who_am_i(WhoAmIRequest {}).await);
    assert_eq!(
        (who.role(), who.tenant_id.as_str()),
        (Role::Platform, "00000000-0000-0000-0000-000000000000")
    );
}

/// Whatever the service believes: the database lets no tenant have a platform key.
#[tokio::test]
async fn the_database_refuses_a_platform_key_of_a_tenant() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let insert = |role: &str| {
        format!(
            "INSERT INTO bursar.admin_api_key (tenant_id, id, label, role, hash)
             VALUES ('{}', '{}', 'x', '{role}', decode(repeat('00', 32), 'hex'))",
            tenant.id,
            id()
        )
    };
    let run = async |text: &str| {
        server.database.refusal(&tenant_role(&tenant.id), Some(&tenant.id), text).await
    };
    assert_eq!(run(&insert("viewer")).await, None, "the role may insert keys");
    assert_eq!(run(&insert("platform")).await.unwrap().0, "23514");
    let raise = "UPDATE bursar.admin_api_key SET role = 'platform'";
    assert_eq!(run(raise).await.unwrap().0, "42501", "no right to change a role");
}

#[tokio::test]
async fn the_number_of_live_keys_is_limited() {
    let server = Server::start().await;
    let limits = Some(TenantLimits { max_api_keys: 3, requests_per_second: 0 });
    let request = CreateTenantRequest {
        request_id: id(),
        name: "small".into(),
        limits,
        ..Default::default()
    };
    let made = ok(server.platform.tenants().create_tenant(request).await);
    let admin = server.platform.with_key(&made.key);
    let second = new_key();
    ok(admin.keys().create_api_key(second.clone()).await);
    let expires_at = Some(from_now(700));
    ok(admin.keys().create_api_key(CreateApiKeyRequest { expires_at, ..new_key() }).await);

    let dry = CreateApiKeyRequest { validate_only: true, ..new_key() };
    for request in [new_key(), dry] {
        let refused = fault(admin.keys().create_api_key(request).await.unwrap_err());
        refused.is("full", Code::ResourceExhausted, "QUOTA_REACHED");
        assert_eq!((refused.meta("limit"), refused.meta("maximum")), ("max_api_keys", "3"));
    }
    let rotate = RotateApiKeyRequest { request_id: id(), id: made.key_id, ..Default::default() };
    let refused = fault(admin.keys().rotate_api_key(rotate).await.unwrap_err());
    refused.is("two live keys for one", Code::ResourceExhausted, "QUOTA_REACHED");
    assert!(ok(admin.keys().create_api_key(second).await).replayed, "a replay makes none");

    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    let fourth = ok(admin.keys().create_api_key(new_key()).await).api_key.unwrap();
    assert_eq!(
        fault(admin.keys().create_api_key(new_key()).await.unwrap_err()).reason,
        "QUOTA_REACHED",
        "an expired key made room for one"
    );
    revoke(&admin, &fourth.id).await;
    ok(admin.keys().create_api_key(new_key()).await);
}
