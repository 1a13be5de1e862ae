//! Attributes of callers: what goes in comes out, and what could not is refused.

use bursar_domain::limits::MAX_JSON_DEPTH;
use bursar_proto::ledger::v1::{Account, NewTransfer, TransferFilter};
use bursar_testkit::{
    Caller, Server, attribute_number, attributes, history, invalid, list_all, make, new_transfer,
    refused,
};
use prost_types::Struct;
use serde_json::{Value, json};
use tonic::Code;

use super::{try_get, two};

fn with(accounts: &(Account, Account), metadata: Option<Struct>) -> NewTransfer {
    NewTransfer { metadata, ..new_transfer(&accounts.0, &accounts.1, "1") }
}

/// An object of that many levels, alternating objects and lists.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({}), |inner, level| {
        if (levels - level) % 2 == 1 { json!({ "k": inner }) } else { json!([inner]) }
    })
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = two(&tenant.operator).await;
    let largest = 9_007_199_254_740_991_i64;
    for object in [
        json!({ "null": null, "yes": true, "no": false, "text": "Zoë \u{1F600} \"quoted\" \\ \n" }),
        json!({ "numbers": [0, -1, 0.1, -0.5, 1e-7, 123_456.789, largest, -largest, 1.5e-300] }),
        json!({ "": "empty name", "a.b": 1, "list": [[], {}, [[1]], { "x": [null] }] }),
        json!({ "digits": "123456789012345678901234567890", "time": "2026-01-31T00:00:00Z" }),
        nested(MAX_JSON_DEPTH),
    ] {
        let new = with(&accounts, attributes(object.clone()));
        let made = make(&tenant.operator, new.clone()).await.unwrap();
        assert_eq!(made.metadata, new.metadata, "{object}");
        let read = try_get(&tenant.viewer, &new.id).await.unwrap();
        assert_eq!(read.metadata, new.metadata, "{object}");
        assert_eq!(make(&tenant.operator, new).await.unwrap(), made);
    }
    for empty in [None, attributes(json!({}))] {
        let made = make(&tenant.operator, with(&accounts, empty)).await.unwrap();
        assert_eq!(made.metadata, None);
    }
}

#[tokio::test]
async fn what_could_not_be_kept_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = two(&tenant.operator).await;
    let no_kind = Struct { fields: [("k".to_owned(), prost_types::Value { kind: None })].into() };
    let beyond = 9_007_199_254_740_992_f64;
    for bad in [
        attribute_number("n", f64::NAN),
        attribute_number("n", f64::INFINITY),
        attribute_number("n", f64::NEG_INFINITY),
        attribute_number("n", beyond),
        attribute_number("n", -beyond),
        attribute_number("n", 1e300),
        attributes(json!({ "n": [1, { "x": 1e20 }] })),
        attributes(json!({ "k": "a\0b" })),
        attributes(json!({ "a\0b": 1 })),
        attributes(json!({ "list": ["\0"] })),
        attributes(nested(MAX_JSON_DEPTH + 1)),
        Some(no_kind),
    ] {
        let outcome = make(&tenant.operator, with(&accounts, bad)).await;
        invalid(outcome, &["transfer.metadata"]);
    }
    let outcome = make(&tenant.operator, with(&accounts, attributes(nested(200)))).await;
    refused(outcome, Code::InvalidArgument, "MALFORMED_REQUEST");
    assert!(history(&tenant.viewer, &accounts.0).await.is_empty());
}

#[tokio::test]
async fn sixteen_kibibytes_and_no_more() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = two(&tenant.operator).await;
    // `{"k":"…"}` has 8 bytes around the text.
    let most = attributes(json!({ "k": "x".repeat(16 * 1024 - 8) }));
    let made = make(&tenant.operator, with(&accounts, most.clone())).await.unwrap();
    assert_eq!(made.metadata, most);
    // Bytes count, not characters.
    for over in ["x".repeat(16 * 1024 - 7), "é".repeat(8 * 1024 - 3)] {
        let over = attributes(json!({ "k": over }));
        invalid(make(&tenant.operator, with(&accounts, over)).await, &["transfer.metadata"]);
    }
}

#[tokio::test]
async fn containment() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let accounts = two(&tenant.operator).await;
    let mut made = Vec::new();
    for object in [
        json!({ "kind": "card", "fee": 1, "tags": ["a", "b"], "shop": { "id": 7, "city": "Brno" } }),
        json!({ "kind": "card", "fee": 1.5, "tags": ["b"] }),
        json!({ "kind": "cash", "shop": { "id": 7 } }),
        json!({}),
    ] {
        made.push(make(&tenant.operator, with(&accounts, attributes(object))).await.unwrap());
    }
    let found = async |caller: &Caller, object: Value| {
        let filter = TransferFilter {
            account_id: accounts.0.id.clone(),
            metadata: attributes(object),
            ..Default::default()
        };
        let listed = list_all(caller, filter, 2).await;
        let position = |t| made.iter().position(|m| m == t).expect("one of those made");
        listed.iter().map(position).collect::<Vec<_>>()
    };
    for (object, wanted) in [
        (json!({ "kind": "card" }), vec![0, 1]),
        (json!({ "kind": "card", "fee": 1 }), vec![0]),
        (json!({ "fee": 1.0 }), vec![0]),
        (json!({ "fee": 1.5 }), vec![1]),
        (json!({ "fee": "1" }), vec![]),
        (json!({ "tags": ["b"] }), vec![0, 1]),
        (json!({ "tags": ["b", "a"] }), vec![0]),
        (json!({ "tags": "b" }), vec![]),
        (json!({ "shop": { "id": 7 } }), vec![0, 2]),
        (json!({ "shop": { "id": 7, "city": "Brno" } }), vec![0]),
        (json!({ "shop": {} }), vec![0, 2]),
        (json!({ "Kind": "card" }), vec![]),
        (json!({}), vec![0, 1, 2, 3]),
    ] {
        assert_eq!(found(&tenant.viewer, object.clone()).await, wanted, "{object}");
    }
}
