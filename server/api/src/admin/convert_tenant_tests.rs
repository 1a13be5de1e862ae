use bursar_domain::Error;
use prost_types::FieldMask;

use super::*;

fn fields<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(violations)) => violations.into_iter().map(|v| v.field).collect(),
        other => panic!("not a violation: {other:?}"),
    }
}

fn request_id() -> String {
    KeyId::generate().to_string()
}

fn update(paths: &[&str], tenant: pb::Tenant) -> Result<(TenantId, Option<i64>, TenantChanges)> {
    let id = TenantId::generate().to_string();
    let update_mask = Some(FieldMask { paths: paths.iter().map(|&p| p.to_owned()).collect() });
    let tenant = Some(pb::Tenant { id, ..tenant });
    tenant_changes(&pb::UpdateTenantRequest {
        tenant,
        update_mask,
        request_id: request_id(),
        ..Default::default()
    })
}

fn of_limits(max_api_keys: i32, requests_per_second: i32) -> pb::Tenant {
    pb::Tenant {
        limits: Some(pb::TenantLimits { max_api_keys, requests_per_second }),
        ..Default::default()
    }
}

#[test]
fn a_new_tenant_has_defaults_and_bounds() {
    let new = |request: &pb::CreateTenantRequest| new_tenant(request, KeyId::generate(), [0; 32]);
    let plain = new(&pb::CreateTenantRequest {
        name: "Acme".into(),
        request_id: request_id(),
        ..Default::default()
    })
    .unwrap();
    assert_eq!(
        plain.limits,
        TenantLimits { max_api_keys: DEFAULT_MAX_API_KEYS, requests_per_second: 0 }
    );
    assert_eq!(plain.key_label, FIRST_KEY_LABEL);
    let limits = Some(pb::TenantLimits { max_api_keys: 1_001, requests_per_second: -1 });
    let bad = pb::CreateTenantRequest {
        name: " ".into(),
        limits,
        key_label: "x".repeat(101),
        ..Default::default()
    };
    let refused = new(&bad).map(|_| ());
    assert_eq!(
        fields(refused),
        ["request_id", "name", "limits.max_api_keys", "limits.requests_per_second", "key_label"]
    );
}

#[test]
fn an_update_reads_only_what_it_names() {
    let (_, revision, changes) =
        update(&["name"], pb::Tenant { name: "New".into(), ..of_limits(-5, -5) }).unwrap();
    assert_eq!((revision, changes.name.as_deref()), (None, Some("New")));
    assert_eq!((changes.max_api_keys, changes.requests_per_second), (None, None));
    let (_, revision, changes) =
        update(&["limits.max_api_keys"], pb::Tenant { etag: "4".into(), ..of_limits(7, -5) })
            .unwrap();
    assert_eq!(
        (revision, changes.max_api_keys, changes.requests_per_second),
        (Some(4), Some(7), None)
    );
    let (_, _, changes) = update(&["limits"], of_limits(0, 9)).unwrap();
    assert_eq!(
        (changes.max_api_keys, changes.requests_per_second),
        (Some(DEFAULT_MAX_API_KEYS), Some(9))
    );
    let (_, _, changes) = update(&["limits"], pb::Tenant::default()).unwrap();
    assert_eq!(
        (changes.max_api_keys, changes.requests_per_second),
        (Some(DEFAULT_MAX_API_KEYS), Some(0))
    );
}

#[test]
fn a_bad_update_names_every_field() {
    let bad = pb::Tenant { etag: "x".into(), name: String::new(), ..of_limits(5_000, 2_000_000) };
    let want = [
        "tenant.etag",
        "tenant.name",
        "tenant.limits.max_api_keys",
        "tenant.limits.requests_per_second",
    ];
    assert_eq!(fields(update(&["name", "limits"], bad.clone())), want);
    // What a bad mask means to change is not guessed.
    assert_eq!(fields(update(&["name", "state"], bad)), ["update_mask", "tenant.etag"]);
    assert_eq!(fields(update(&[], pb::Tenant::default())), ["update_mask"]);
    let nothing = tenant_changes(&pb::UpdateTenantRequest::default());
    assert_eq!(fields(nothing), ["request_id", "update_mask", "tenant"]);
}

#[test]
fn the_etag_is_the_revision() {
    let tenant = Tenant {
        id: TenantId::generate(),
        name: "Acme".into(),
        state: bursar_domain::tenant::TenantState::Suspended,
        limits: TenantLimits { max_api_keys: 3, requests_per_second: 4 },
        revision: 17,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let wire = to_tenant(&tenant);
    assert_eq!(etag("etag", &wire.etag), Ok(Some(17)));
    assert_eq!(wire.state(), pb::TenantState::Suspended);
}
