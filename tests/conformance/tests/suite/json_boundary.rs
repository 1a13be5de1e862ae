//! The boundary between callers' JSON and JSONB (B6): what is taken comes back equal, and the rest is refused in words.

use bursar_domain::limits::{MAX_JSON_DEPTH, MAX_JSON_TEXT_BYTES, MAX_JSON_TEXT_DEPTH};
use bursar_proto::ledger::v1::{
    CreateAccountRequest, GetAccountRequest, NewAccount, UpdateAccountRequest,
};
use bursar_proto::trading::v1::{
    CreateDecisionRequest, GetDecisionRequest, ListReviewsRequest, RecordReviewRequest, Strategy,
};
use bursar_testkit::trading::{decision, new_decision, strategy};
use bursar_testkit::{
    Server, TestTenant, attribute_number, attributes, events, id, invalid, ok, open,
};
use prost_types::FieldMask;
use prost_types::value::Kind;
use serde_json::{Value, json};

/// What a decision's JSON is when it is made, read and listed in the database: the same each time.
async fn kept(server: &Server, tenant: &TestTenant, of: &Strategy, text: &str) -> String {
    let request = CreateDecisionRequest { decision_json: text.into(), ..new_decision(of) };
    let made = ok(tenant.operator.decisions().create_decision(request).await).decision.unwrap();
    let read = GetDecisionRequest { id: made.id.clone() };
    let read = ok(tenant.viewer.decisions().get_decision(read).await).decision.unwrap();
    assert_eq!(read, made);
    // JSONB's own spelling differs in spaces and order alone.
    let stored =
        format!("SELECT decision::text FROM bursar.trading_decision WHERE id = '{}'", made.id);
    let stored: String = server.database.rows(&stored).await[0].get(0);
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(&stored), value(&made.decision_json));
    made.decision_json
}

#[tokio::test]
async fn text_comes_back_in_one_form() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let of = strategy(&tenant.admin).await;
    for (given, wanted) in [
        // Ids and amounts, as texts and as numbers.
        (
            r#"{"id":"01890A5D-ac96-774b-bcce-b302099a8057","amount":"1.10","price":61234.50}"#,
            r#"{"amount":"1.10","id":"01890A5D-ac96-774b-bcce-b302099a8057","price":61234.5}"#,
        ),
        // Integers beyond 2^53, 2^63 and 2^64, and more digits than any binary number has.
        (
            r#"{"n":[9007199254740993,-9223372036854775809,18446744073709551616,0.1234567890123456789012345678901]}"#,
            r#"{"n":[9007199254740993,-9223372036854775809,18446744073709551616,0.1234567890123456789012345678901]}"#,
        ),
        (r#"{"n":[1e3,1E-3,-0,-0.0,1.50,0.10e1,12e0]}"#, r#"{"n":[1000,0.001,0,0,1.5,1,12]}"#),
        // Times are texts, and stay as they were written.
        (
            r#"{"at":"2026-02-28T23:59:59.123456789+01:00"}"#,
            r#"{"at":"2026-02-28T23:59:59.123456789+01:00"}"#,
        ),
        (
            r#"{"é":"\u00e9","😀":"\ud83d\ude00","\u65e5":"日","q":"\"\\\/\b\f\n\r\t","nfd":"e\u0301"}"#,
            "{\"nfd\":\"e\u{301}\",\"q\":\"\\\"\\\\/\\b\\f\\n\\r\\t\",\"é\":\"é\",\"日\":\"日\",\"😀\":\"😀\"}",
        ),
        (
            " { \"b\" : [ ] , \"a\" : { \"y\" : null , \"x\" : [ true , false , [ { } ] ] } } ",
            r#"{"a":{"x":[true,false,[{}]],"y":null},"b":[]}"#,
        ),
        (r#"{"":1," ":2,"a.b":3,"$":4}"#, r#"{"":1," ":2,"$":4,"a.b":3}"#),
        ("", "{}"),
    ] {
        let kept_as = kept(&server, &tenant, &of, given).await;
        assert_eq!(kept_as, wanted, "{given}");
        assert_eq!(kept(&server, &tenant, &of, &kept_as).await, kept_as, "a fixed point");
    }
}

#[tokio::test]
async fn text_that_could_not_come_back_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let of = strategy(&tenant.admin).await;
    let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let long = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    for (text, says) in [
        (r#"{"a":"\u0000"}"#.to_owned(), "NUL"),
        (r#"{"a\u0000":1}"#.to_owned(), "NUL"),
        (r#"{"a":{"b":1,"c":2,"\u0062":3}}"#.to_owned(), "holds the member b twice"),
        (r#"{"a":NaN}"#.to_owned(), "is not JSON"),
        (r#"{"a":-Infinity}"#.to_owned(), "is not JSON"),
        (r#"{"a":"\ud800"}"#.to_owned(), "is not JSON"),
        (r#"{"a":1,}"#.to_owned(), "is not JSON"),
        ("{} {}".to_owned(), "is not JSON"),
        ("[1]".to_owned(), "is not a JSON object"),
        (r#"{"a":1e1000}"#.to_owned(), "more than 1000 digits"),
        (r#"{"$serde_json::private::Number":"1"}"#.to_owned(), "rename it"),
        (deep(MAX_JSON_TEXT_DEPTH), "deeper than 100 levels"),
        (deep(200_000), "deeper than 100 levels"),
        (long(MAX_JSON_TEXT_BYTES + 1), "larger than 1048576 bytes"),
    ] {
        let request = CreateDecisionRequest { decision_json: text.clone(), ..new_decision(&of) };
        let outcome = tenant.operator.decisions().create_decision(request).await;
        let fault = invalid(outcome, &["decision_json"]);
        assert!(fault.message.contains(says), "{}: {}", &text[..text.len().min(60)], fault.message);
    }
    for most in [deep(MAX_JSON_TEXT_DEPTH - 1), long(MAX_JSON_TEXT_BYTES)] {
        assert_eq!(kept(&server, &tenant, &of, &most).await, most);
    }
}

/// Two texts of the largest size are in one reply, one page and one audit event.
#[tokio::test]
async fn the_largest_texts_can_be_read() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let of = decision(&tenant.operator, &strategy(&tenant.admin).await).await;
    let large = format!("\"{}\"", "é".repeat((MAX_JSON_TEXT_BYTES - 2) / 2));
    let request = || RecordReviewRequest {
        request_id: id(),
        decision_id: of.id.clone(),
        model: "m".into(),
        verdict: "v".into(),
        input_json: large.clone(),
        response_json: large.clone(),
        ..Default::default()
    };
    for _ in 0..2 {
        let made = ok(tenant.operator.reviews().record_review(request()).await).review.unwrap();
        assert!(made.input_json == large && made.response_json == large);
        let trail = events(&tenant, "review", &made.id).await;
        let payload = &trail[0].payload.as_ref().unwrap().fields["input_json"];
        assert!(payload.kind == Some(Kind::StringValue(large.clone())), "nothing was dropped");
    }
    let page = ok(tenant.viewer.reviews().list_reviews(ListReviewsRequest::default()).await);
    assert_eq!(page.reviews.len(), 1, "a page ends before it is too large for a client");
    let next = ListReviewsRequest { page_token: page.next_page_token, ..Default::default() };
    assert_eq!(ok(tenant.viewer.reviews().list_reviews(next).await).reviews.len(), 1);
}

fn account(metadata: Option<prost_types::Struct>) -> CreateAccountRequest {
    let account = NewAccount { asset: "EUR".into(), metadata, ..Default::default() };
    CreateAccountRequest { request_id: id(), account: Some(account), validate_only: false }
}

#[tokio::test]
async fn a_struct_comes_back_within_what_a_double_carries() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let given = attributes(json!({
        "n": [0, -1, 0.1, -2.5e-8, 1.797_693_134_862_315_7e-300, 9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64],
        "s": "Ünïcödé 😀 日本 \" \\ \n \u{1} \u{fffd} \u{10ffff}",
        "": { " ": [[], {}, null, true, false, [[["deep"]]]] },
        "id": "01890A5D-ac96-774b-bcce-b302099a8057",
        "at": "2026-02-28T23:59:59.123456789Z",
    }));
    let new = NewAccount { asset: "EUR".into(), metadata: given.clone(), ..Default::default() };
    let made = open(&tenant.operator, new).await;
    assert_eq!(made.metadata, given);
    let read = GetAccountRequest { id: made.id.clone() };
    assert_eq!(
        ok(tenant.viewer.accounts().get_account(read).await).account.unwrap().metadata,
        given
    );
    let trail = events(&tenant, "account", &made.id).await;
    let asked = &trail[0].payload.as_ref().unwrap().fields["account"];
    let Some(Kind::StructValue(asked)) = &asked.kind else { panic!("{asked:?}") };
    assert_eq!(asked.fields["metadata"].kind, given.map(Kind::StructValue), "the trail too");
}

#[tokio::test]
async fn a_struct_that_could_not_come_back_is_refused() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let nested =
        |levels: usize| attributes((1..levels).fold(json!({}), |inner, _| json!({ "k": inner })));
    for (metadata, says) in [
        (attribute_number("n", f64::NAN), "not finite"),
        (attribute_number("n", f64::INFINITY), "not finite"),
        (attribute_number("n", f64::NEG_INFINITY), "not finite"),
        (attribute_number("n", 9_007_199_254_740_992.0), "send it as a string"),
        (attribute_number("n", -9_007_199_254_740_992.0), "send it as a string"),
        (attribute_number("n", 1e300), "send it as a string"),
        (attributes(json!({ "a": "x\0" })), "NUL"),
        (attributes(json!({ "a\0": 1 })), "NUL"),
        (attributes(json!({ "$serde_json::private::Number": "1" })), "rename it"),
        (attributes(json!({ "a": "x".repeat(16 * 1024) })), "larger than 16384 bytes"),
        (nested(MAX_JSON_DEPTH + 1), "deeper than 28 levels"),
    ] {
        let outcome = tenant.operator.accounts().create_account(account(metadata)).await;
        let fault = invalid(outcome, &["account.metadata"]);
        assert!(fault.message.contains(says), "{says}: {}", fault.message);
    }
    ok(tenant.operator.accounts().create_account(account(nested(MAX_JSON_DEPTH))).await);
}

/// The audit trail keeps the whole request: a field that the call does not read is held to the same.
#[tokio::test]
async fn what_the_trail_could_not_keep_is_refused_in_every_field() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made =
        open(&tenant.operator, NewAccount { asset: "EUR".into(), ..Default::default() }).await;
    for (bad, says) in [
        (json!({ "a": { "$serde_json::private::Number": "x" } }), "rename it"),
        (json!({ "a": "\0" }), "NUL"),
    ] {
        let mut account = made.clone();
        account.metadata = attributes(bad);
        let request = UpdateAccountRequest {
            request_id: id(),
            account: Some(account),
            update_mask: Some(FieldMask { paths: vec!["code".into()] }),
            validate_only: false,
        };
        let outcome = tenant.admin.accounts().update_account(request).await;
        let fault = bursar_testkit::refused(outcome, tonic::Code::InvalidArgument, "INVALID_FIELD");
        assert!(fault.message.contains(says), "{says}: {}", fault.message);
    }
    assert_eq!(events(&tenant, "account", &made.id).await.len(), 1);
}

/// The same from a client that speaks JSON: integers of 64 bits are texts there, and both kinds of JSON come back equal.
#[tokio::test]
async fn from_grpcurl() {
    if std::process::Command::new("grpcurl").arg("-version").output().is_err() {
        use std::io::Write as _;
        writeln!(std::io::stderr(), "skipped: grpcurl is not installed").unwrap();
        return;
    }
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let call = async |method: &str, request: Value| -> Value {
        let bearer = format!("authorization: Bearer {}", tenant.admin.key_text);
        let ran = tokio::process::Command::new("grpcurl")
            .args(["-plaintext", "-H", &bearer, "-d", &request.to_string()])
            .args([&format!("127.0.0.1:{}", server.port()), &format!("bursar.{method}")])
            .output()
            .await
            .unwrap();
        assert!(ran.status.success(), "{method}: {}", String::from_utf8_lossy(&ran.stderr));
        serde_json::from_slice(&ran.stdout).unwrap()
    };
    let text = r#"{ "z": 1.10, "n": 18446744073709551616, "ü": "\u00fc", "a": [1e2] }"#;
    let canonical = r#"{"a":[100],"n":18446744073709551616,"z":1.1,"ü":"ü"}"#;
    let made = call(
        "trading.v1.StrategyService/CreateStrategy",
        json!({ "request_id": id(), "name": "from.grpcurl", "definition_json": text }),
    )
    .await;
    assert_eq!(made["strategy"]["definitionJson"], canonical);
    let read =
        call("trading.v1.StrategyService/GetStrategy", json!({ "id": made["strategy"]["id"] }))
            .await;
    assert_eq!(read["strategy"], made["strategy"]);
    let position = "9007199254740993";
    let moved = call(
        "trading.v1.CursorService/AdvanceCursor",
        json!({ "request_id": id(), "name": "c", "position": position }),
    )
    .await;
    assert_eq!(moved["cursor"]["position"], position);
    let metadata = json!({ "n": [1, 0.25, -3], "o": { "s": "ü \n", "null": null }, "b": true });
    let account = json!({ "asset": "EUR", "metadata": metadata });
    let opened = call(
        "ledger.v1.AccountService/CreateAccount",
        json!({ "request_id": id(), "account": account }),
    )
    .await;
    assert_eq!(opened["account"]["metadata"], metadata);
}
