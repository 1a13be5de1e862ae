use std::time::{Duration, Instant};

use bursar_domain::ids::{KeyId, TenantId};
use bursar_domain::op::{Actor, MethodRule};
use bursar_domain::role::Role;
use bursar_proto::ledger::v1 as ledger;
use jiff::Timestamp;
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Value as Wire};
use serde_json::json;

use super::*;
use crate::rules::Rules;

const CREATE: &str = "/bursar.ledger.v1.AccountService/CreateAccount";

/// A context for a call of `path`.
pub(crate) fn op(path: &str) -> OpCtx {
    let rules = Rules::load().unwrap();
    op_of(rules.get(path).unwrap().clone(), Role::Admin, TenantId::generate())
}

/// A context of a role in a tenant.
pub(crate) fn op_of(method: Arc<MethodRule>, role: Role, tenant: TenantId) -> OpCtx {
    OpCtx {
        tenant,
        actor: Actor { key: KeyId::generate(), role, institution: None },
        method,
        trace_id: Uuid::now_v7(),
        deadline: Instant::now() + Duration::from_secs(30),
        occurred_at: Timestamp::now(),
    }
}

fn attributes(text: &str) -> Struct {
    let value = Wire { kind: Some(Kind::StringValue(text.into())) };
    Struct {
        fields: [
            ("note".to_owned(), value),
            ("n".to_owned(), Wire { kind: Some(Kind::NumberValue(2.0)) }),
        ]
        .into(),
    }
}

fn create() -> ledger::CreateAccountRequest {
    ledger::CreateAccountRequest {
        request_id: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
        account: Some(ledger::NewAccount {
            asset: "EUR".into(),
            external_reference: "r-1".into(),
            metadata: Some(attributes("a")),
            balance_rule: 2,
            ..Default::default()
        }),
        validate_only: false,
    }
}

fn input(path: &str) -> MessageDescriptor {
    Rules::load().unwrap().input(path).unwrap().clone()
}

fn differing(a: &ledger::CreateAccountRequest, b: &ledger::CreateAccountRequest) -> Vec<String> {
    differences(&input(CREATE), &a.encode_to_vec(), &b.encode_to_vec())
}

#[test]
fn the_payload_is_the_request_in_the_names_of_the_protos() {
    let payload = payload(&input(CREATE), &create().encode_to_vec()).unwrap();
    assert_eq!(payload["request_id"], create().request_id);
    assert_eq!(payload["account"]["external_reference"], "r-1");
    assert_eq!(payload["account"]["balance_rule"], "BALANCE_RULE_DEBITS_MUST_NOT_EXCEED_CREDITS");
    assert_eq!(payload["account"]["metadata"]["note"], "a");
    assert_eq!(payload["account"]["metadata"]["n"].as_f64(), Some(2.0));
    assert!(payload.get("validate_only").is_none());
}

#[test]
fn a_payload_that_json_cannot_carry_is_refused_with_its_field() {
    let mut request = create();
    request.account.as_mut().unwrap().metadata = Some(attributes("a\0"));
    let refused = payload(&input(CREATE), &request.encode_to_vec());
    let Err(Error::Invalid(violations)) = refused else { panic!("accepted") };
    assert_eq!(violations[0].field, "account.metadata.note");
    let nan = Wire { kind: Some(Kind::NumberValue(f64::NAN)) };
    request.account.as_mut().unwrap().metadata =
        Some(Struct { fields: [("n".to_owned(), nan)].into() });
    assert!(matches!(payload(&input(CREATE), &request.encode_to_vec()), Err(Error::Invalid(_))));
}

#[test]
fn nul_is_found_anywhere() {
    let found = |value| unkept(&value, String::new());
    let nul = |path: &str| Some((path.to_owned(), JsonError::Nul));
    assert_eq!(found(json!({ "a": [1, { "b": "x\0" }] })), nul("a[1].b"));
    assert_eq!(found(json!({ "a": { "b\0": 1 } })), nul("a"));
    assert_eq!(found(json!({ "a": "b" })), None);
    let reserved = json!({ "a": { "$serde_json::private::Number": "1" } });
    assert_eq!(found(reserved), Some(("a".into(), JsonError::Reserved)));
}

#[test]
fn differences_are_named_by_path() {
    let first = create();
    assert_eq!(differing(&first, &first), Vec::<String>::new());
    let mut other = create();
    let account = other.account.as_mut().unwrap();
    account.metadata = Some(attributes("b"));
    account.asset = "USD".into();
    account.code = "new".into();
    assert_eq!(differing(&first, &other), ["account.asset", "account.code", "account.metadata"]);
    assert_eq!(
        differing(&first, &ledger::CreateAccountRequest { account: None, ..create() }),
        ["account"]
    );
    assert_eq!(
        differing(&first, &ledger::CreateAccountRequest { validate_only: true, ..create() }),
        ["validate_only"]
    );
    assert_eq!(differences(&input(CREATE), &[0xff], &first.encode_to_vec()), ["request"]);
}

#[test]
fn differences_in_lists_are_named_by_index_up_to_a_bound() {
    let path = "/bursar.ledger.v1.AccountService/BatchCreateAccounts";
    let batch = |assets: &[&str]| {
        let accounts = assets
            .iter()
            .map(|asset| ledger::NewAccount { asset: (*asset).into(), ..Default::default() });
        ledger::BatchCreateAccountsRequest { accounts: accounts.collect(), ..Default::default() }
            .encode_to_vec()
    };
    let compare = |a: &[u8], b: &[u8]| differences(&input(path), a, b);
    assert_eq!(compare(&batch(&["EUR", "USD"]), &batch(&["EUR", "BTC"])), ["accounts[1].asset"]);
    assert_eq!(compare(&batch(&["EUR"]), &batch(&["EUR", "BTC"])), ["accounts"]);
    let many = compare(&batch(&["EUR"; 50]), &batch(&["USD"; 50]));
    assert_eq!((many.len(), many.last().map(String::as_str)), (MAX_DIFFERENCES + 1, Some("…")));
}

#[tokio::test]
async fn a_handler_without_a_context_is_a_fault_of_the_stack() {
    let answered: Result<Response<()>, Status> =
        answer(Request::new(()), |_, ()| async { unreachable!() }).await;
    assert_eq!(answered.unwrap_err().code(), tonic::Code::Internal);
    let mut request = Request::new(7);
    request.extensions_mut().insert(op(CREATE));
    let answered =
        answer(
            request,
            |op, seven| async move { Ok(Response::new((op.method.name.clone(), seven))) },
        )
        .await;
    assert_eq!(answered.unwrap().into_inner(), ("CreateAccount".to_owned(), 7));
}
