use bursar_domain::ids::{InstitutionId, KeyId, TenantId};
use bursar_domain::role::Role;
use http::HeaderValue;
use secrecy::ExposeSecret as _;

use super::*;
use crate::rules::Rules;

fn record() -> KeyRecord {
    KeyRecord {
        tenant: TenantId::generate(),
        tenant_name: "t".into(),
        tenant_state: TenantState::Active,
        requests_per_second: 0,
        label: "l".into(),
        role: Role::Operator,
        institution: None,
        hash: vec![],
        expires_at: None,
        revoked_at: None,
    }
}

fn headers(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    headers
}

fn fault(headers: &HeaderMap) -> Option<KeyFault> {
    match key_text(headers, "dev") {
        Err(Error::Unauthenticated(fault)) => Some(fault),
        _ => None,
    }
}

#[test]
fn the_header_says_which_key() {
    let key = ApiKeyText::new(KeyId::generate(), [5; 32]);
    let text = key.text("dev").expose_secret().to_owned();
    for good in [format!("Bearer {text}"), format!("bearer  {text}")] {
        assert_eq!(key_text(&headers(&good), "dev").map(|read| read.id), Ok(key.id), "{good}");
    }
    assert_eq!(fault(&HeaderMap::new()), Some(KeyFault::Missing));
    assert_eq!(fault(&headers("Basic YTpi")), Some(KeyFault::Missing));
    assert_eq!(fault(&headers(&text)), Some(KeyFault::Invalid));
    assert_eq!(fault(&headers("Bearer ")), Some(KeyFault::Invalid));
    assert_eq!(
        fault(&headers(&format!("Bearer {}", &text[..text.len() - 1]))),
        Some(KeyFault::Invalid)
    );
    let other = key.text("live").expose_secret().to_owned();
    assert_eq!(fault(&headers(&format!("Bearer {other}"))), Some(KeyFault::Invalid));
}

#[test]
fn keys_and_tenants_out_of_force_are_refused_with_the_reason() {
    let now = Timestamp::from_second(1_000).unwrap();
    let past = Some(Timestamp::from_second(999).unwrap());
    let refused = |record: KeyRecord| works(&record, now).err();
    assert_eq!(refused(record()), None);
    assert_eq!(
        refused(KeyRecord { expires_at: Some(now), ..record() }),
        Some(Error::Unauthenticated(KeyFault::Expired))
    );
    let revoked = Some(Error::Unauthenticated(KeyFault::Revoked));
    assert_eq!(refused(KeyRecord { expires_at: past, revoked_at: past, ..record() }), revoked);
    let suspended = KeyRecord { tenant_state: TenantState::Suspended, ..record() };
    assert_eq!(refused(suspended), Some(Error::TenantSuspended));
    assert_eq!(refused(KeyRecord { tenant_state: TenantState::Deleted, ..record() }), revoked);
}

#[test]
fn roles_and_institutions_are_held_to_the_rule() {
    let rules = Rules::load().unwrap();
    let may_call = |record: &KeyRecord, path: &str| may(record, rules.get(path).unwrap()).is_ok();
    let (create, close) = (
        "/bursar.ledger.v1.AccountService/CreateAccount",
        "/bursar.ledger.v1.AccountService/CloseAccount",
    );
    let who = "/bursar.admin.v1.ServerService/WhoAmI";
    assert!(may_call(&record(), create) && may_call(&record(), who) && !may_call(&record(), close));
    let narrowed = KeyRecord { institution: Some(InstitutionId::generate()), ..record() };
    assert!(may_call(&narrowed, who) && !may_call(&narrowed, create));
    let refused = may(&record(), rules.get(close).unwrap());
    let want =
        Error::PermissionDenied { permission: "ledger.account.admin".into(), role: Role::Operator };
    assert_eq!(refused, Err(want));
}
