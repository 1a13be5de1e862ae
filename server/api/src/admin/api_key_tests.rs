use bursar_proto::common::v1::Role as WireRole;

use super::*;
use crate::call::tests::op_of;
use crate::rules::Rules;

fn op(role: Role, tenant: TenantId) -> OpCtx {
    let rules = Rules::load().unwrap();
    op_of(rules.get("/bursar.admin.v1.ApiKeyService/CreateApiKey").unwrap().clone(), role, tenant)
}

fn fields<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(violations)) => violations.into_iter().map(|v| v.field).collect(),
        other => panic!("not a violation: {other:?}"),
    }
}

#[test]
fn no_key_makes_one_above_itself() {
    let admin = op(Role::Admin, TenantId::generate());
    let platform = op(Role::Platform, TenantId::PLATFORM);
    for role in Role::ALL {
        assert_eq!(may_make(&admin, role).is_ok(), role != Role::Platform, "{role}");
        assert_eq!(may_make(&platform, role).is_ok(), role == Role::Platform, "{role}");
    }
    assert!(may_make(&op(Role::Platform, TenantId::generate()), Role::Platform).is_err());
}

#[test]
fn a_bad_request_names_every_field() {
    let op = op(Role::Admin, TenantId::generate());
    let now = Some(to_timestamp(
        op.occurred_at.round(jiff::Unit::Second).unwrap() - Duration::from_secs(5),
    ));
    let bad = pb::CreateApiKeyRequest {
        label: String::new(),
        role: WireRole::Platform.into(),
        institution_id: "x".into(),
        expires_at: now,
        ..Default::default()
    };
    let refused = new_api_key(&op, &bad, KeyId::generate(), [0; 32]);
    assert_eq!(fields(refused), ["request_id", "label", "role", "institution_id", "expires_at"]);
    let good = pb::CreateApiKeyRequest {
        request_id: KeyId::generate().to_string(),
        label: "ci".into(),
        role: WireRole::Viewer.into(),
        ..Default::default()
    };
    let made = new_api_key(&op, &good, KeyId::generate(), [0; 32]).unwrap();
    assert_eq!((made.label.as_str(), made.role, made.expires_at), ("ci", Role::Viewer, None));
}

#[test]
fn the_overlap_has_a_default_and_bounds() {
    let op = op(Role::Admin, TenantId::generate());
    let of = |overlap: Option<i64>| {
        let overlap = overlap.map(|seconds| prost_types::Duration { seconds, nanos: 0 });
        let id = KeyId::generate().to_string();
        rotation(
            &op,
            &pb::RotateApiKeyRequest { request_id: id.clone(), id, overlap, ..Default::default() },
        )
        .map(|(_, overlap, _)| overlap)
    };
    assert_eq!(of(None), Ok(DEFAULT_KEY_OVERLAP));
    assert_eq!(of(Some(0)), Ok(Duration::ZERO));
    assert_eq!(of(Some(30 * 24 * 3600)), Ok(MAX_KEY_OVERLAP));
    assert_eq!(fields(of(Some(30 * 24 * 3600 + 1))), ["overlap"]);
    assert_eq!(fields(of(Some(-1))), ["overlap"]);
}

#[test]
fn what_is_stored_for_a_replay_has_no_secret() {
    let key = ApiKey {
        id: KeyId::generate(),
        label: "ci".into(),
        role: Role::Viewer,
        institution: None,
        expires_at: Some(Timestamp::UNIX_EPOCH),
        revoked_at: None,
        successor: None,
        created_at: Timestamp::UNIX_EPOCH,
    };
    assert!(created(&key).key.is_empty());
    assert!(rotated(&(key.clone(), key.clone())).key.is_empty());
    assert_eq!(to_api_key(&key).state(), pb::ApiKeyState::Expired);
    let text = new_key().unwrap().text("dev");
    assert!(text.expose_secret().starts_with("bsr_dev_"));
}
