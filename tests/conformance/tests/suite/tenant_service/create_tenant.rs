use bursar_domain::key::ApiKeyText;
use bursar_proto::admin::v1::{
    ApiKeyState, CreateTenantRequest, GetApiKeyRequest, TenantLimits, TenantState, WhoAmIRequest,
};
use bursar_proto::common::v1::Role;
use bursar_testkit::{Database, Server, fault, id, ok, tenant_role};
use tonic::Code;

use super::{events, get, new_tenant, refusal};

/// The tenant's role, its schema, and the views in it.
async fn objects(database: &Database, tenant: &str) -> (bool, bool, Vec<String>) {
    let role = tenant_role(tenant);
    let schema = role.replace("app_", "");
    let sql = format!(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}'),
                EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}'),
                ARRAY(SELECT viewname::text FROM pg_views WHERE schemaname = '{schema}' ORDER BY 1)"
    );
    let row = &database.rows(&sql).await[0];
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let request = new_tenant();
    let before = jiff::Timestamp::now().as_second();
    let first = ok(server.platform.tenants().create_tenant(request.clone()).await);
    let tenant = first.tenant.clone().unwrap();
    assert_eq!((tenant.name.as_str(), tenant.state()), ("Ünion Bank", TenantState::Active));
    assert_eq!(tenant.limits, request.limits);
    assert_eq!(tenant.created_at, tenant.updated_at);
    assert!((before..before + 5).contains(&tenant.created_at.unwrap().seconds));
    assert_eq!(tenant, get(&server, &tenant.id).await);
    assert_eq!(ApiKeyText::parse(&first.key, "test").unwrap().id.to_string(), first.key_id);

    let admin = server.platform.with_key(&first.key);
    let who = ok(admin.server().who_am_i(WhoAmIRequest {}).await);
    assert_eq!(
        (who.tenant_id.as_str(), who.role(), who.key_id),
        (tenant.id.as_str(), Role::Admin, first.key_id.clone())
    );
    let key = ok(admin.keys().get_api_key(GetApiKeyRequest { id: first.key_id.clone() }).await);
    let key = key.api_key.unwrap();
    assert_eq!((key.label.as_str(), key.state()), ("first admin key", ApiKeyState::Active));
    let (role, schema, found) = objects(&server.database, &tenant.id).await;
    assert!(role && schema);
    assert_eq!(found, crate::tenancy::VIEWS, "reporting views: none of keys or remembered calls");

    let again = ok(server.platform.tenants().create_tenant(request.clone()).await);
    assert_eq!(
        (again.key.as_str(), again.replayed, first.replayed),
        ("", true, false),
        "shown once"
    );
    assert_eq!((again.tenant, again.key_id), (first.tenant, first.key_id));
    let found = events(&server, &tenant.id).await;
    assert_eq!(found.len(), 1, "replays leave no event");
    assert_eq!(
        (found[0].action.as_str(), &found[0].request_id),
        ("tenant.create", &request.request_id)
    );

    let other =
        CreateTenantRequest { name: "x".into(), key_label: "y".into(), limits: None, ..request };
    let refused = refusal(server.platform.tenants().create_tenant(other).await);
    refused.is("other body", Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(refused.meta("fields"), "name,limits,key_label");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for (caller, role) in [
        (&tenant.admin, "admin"),
        (&tenant.operator, "operator"),
        (&tenant.viewer, "viewer"),
        (&tenant.auditor, "auditor"),
    ] {
        let refused = refusal(caller.tenants().create_tenant(new_tenant()).await);
        refused.is(role, Code::PermissionDenied, "PERMISSION_MISSING");
        assert_eq!(
            (refused.meta("permission"), refused.meta("role")),
            ("admin.tenant.write", role)
        );
    }
    // The same names and request ids are nobody's: a second tenant may have the first one's name.
    let made = ok(server
        .platform
        .tenants()
        .create_tenant(CreateTenantRequest { name: "test tenant".into(), ..new_tenant() })
        .await);
    assert_ne!(made.tenant.unwrap().id, tenant.id);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let limits = |max_api_keys, requests_per_second| CreateTenantRequest {
        limits: Some(TenantLimits { max_api_keys, requests_per_second }),
        ..new_tenant()
    };
    let cases: Vec<(&str, CreateTenantRequest, &[&str])> = vec![
        (
            "no request id",
            CreateTenantRequest { request_id: String::new(), ..new_tenant() },
            &["request_id"],
        ),
        ("no name", CreateTenantRequest { name: String::new(), ..new_tenant() }, &["name"]),
        ("blank name", CreateTenantRequest { name: "\u{3000} ".into(), ..new_tenant() }, &["name"]),
        ("long name", CreateTenantRequest { name: "ü".repeat(201), ..new_tenant() }, &["name"]),
        ("NUL", CreateTenantRequest { name: "a\0".into(), ..new_tenant() }, &["name"]),
        (
            "long label",
            CreateTenantRequest { key_label: "x".repeat(101), ..new_tenant() },
            &["key_label"],
        ),
        (
            "blank label",
            CreateTenantRequest { key_label: " ".into(), ..new_tenant() },
            &["key_label"],
        ),
        ("keys below", limits(-1, 0), &["limits.max_api_keys"]),
        ("keys above", limits(1_001, 0), &["limits.max_api_keys"]),
        ("rate below", limits(1, -1), &["limits.requests_per_second"]),
        ("rate above", limits(1, 1_000_001), &["limits.requests_per_second"]),
        (
            "all at once",
            CreateTenantRequest {
                request_id: "x".into(),
                name: String::new(),
                key_label: "\t".into(),
                validate_only: true,
                ..limits(-1, -1)
            },
            &[
                "request_id",
                "name",
                "key_label",
                "limits.max_api_keys",
                "limits.requests_per_second",
            ],
        ),
    ];
    for (case, request, fields) in cases {
        fault(server.platform.tenants().create_tenant(request).await.unwrap_err())
            .names(case, fields);
    }
    let widest = CreateTenantRequest {
        name: "ü".repeat(200),
        key_label: "x".repeat(100),
        ..limits(1_000, 1_000_000)
    };
    ok(server.platform.tenants().create_tenant(widest).await);
    let count =
        server.database.rows("SELECT count(*) FROM bursar.admin_tenant").await[0].get::<_, i64>(0);
    assert_eq!(count, 2, "the platform and one: what was refused made nothing");
}

#[tokio::test]
async fn limits_have_defaults() {
    let server = Server::start().await;
    for limits in [None, Some(TenantLimits::default())] {
        let request = CreateTenantRequest { limits, key_label: "mine".into(), ..new_tenant() };
        let made = ok(server.platform.tenants().create_tenant(request).await);
        let limits = made.tenant.unwrap().limits.unwrap();
        assert_eq!((limits.max_api_keys, limits.requests_per_second), (100, 0));
        let who = ok(server.platform.with_key(&made.key).server().who_am_i(WhoAmIRequest {}).await);
        assert_eq!(who.label, "mine");
    }
}

#[tokio::test]
async fn validate_only_makes_nothing() {
    let server = Server::start().await;
    let request = CreateTenantRequest { validate_only: true, ..new_tenant() };
    let tried = ok(server.platform.tenants().create_tenant(request.clone()).await);
    assert_eq!((tried.key.as_str(), tried.replayed), ("", false));
    let tenant = tried.tenant.unwrap();
    assert_eq!(tenant.name, request.name);
    assert_eq!(objects(&server.database, &tenant.id).await, (false, false, vec![]));
    let rows = "SELECT (SELECT count(*) FROM bursar.admin_tenant) + (SELECT count(*) FROM bursar.audit_event)
                     + (SELECT count(*) FROM bursar.operation_record)";
    assert_eq!(server.database.rows(rows).await[0].get::<_, i64>(0), 1, "the platform's own row");
    let real = CreateTenantRequest { validate_only: false, ..request };
    assert!(!ok(server.platform.tenants().create_tenant(real).await).replayed);
}

/// Role and schema come and go with the transaction: of many calls with one id there is one tenant.
#[tokio::test]
async fn racing_calls_with_one_id_make_one_tenant() {
    let server = Server::start().await;
    let request = CreateTenantRequest { request_id: id(), ..new_tenant() };
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (caller, request) = (server.platform.clone(), request.clone());
        racers.spawn(async move { ok(caller.tenants().create_tenant(request).await) });
    }
    let replies = racers.join_all().await;
    assert_eq!(replies.iter().filter(|reply| !reply.replayed).count(), 1);
    assert_eq!(replies.iter().filter(|reply| !reply.key.is_empty()).count(), 1);
    let tenant = replies[0].tenant.clone().unwrap();
    assert!(replies.iter().all(|reply| reply.tenant.as_ref() == Some(&tenant)));
    assert_eq!(events(&server, &tenant.id).await.len(), 1);
}
