//! What the log says of a call, and what it never says.

use bursar_testkit::{Ended, app_password, fault, make, moved, new_transfer};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{AMOUNT, with_accounts};

/// Also from the crates that are quiet unless they are named.
const EVERYTHING: &str = "trace,tokio_postgres=trace,h2=trace,hyper=trace,tower=trace";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_a_call_names_it_and_none_holds_an_amount_or_a_secret() {
    let (program, tenant, customer, bank) =
        with_accounts(&[("BURSAR_LOG", "json"), ("RUST_LOG", EVERYTHING)]).await;
    let transfer = moved(&tenant.operator, &bank, &customer, AMOUNT).await;
    let refused = make(&tenant.operator, new_transfer(&customer, &bank, "87319.42")).await;
    let status = refused.unwrap_err();
    assert_eq!(fault(status.clone()).reason, "LIMIT_EXCEEDED");
    let Ended { log, .. } = program.stop().await;

    let password = app_password();
    let secret = tenant.operator.key_text.rsplit('_').nth(1).unwrap();
    for hidden in [AMOUNT, password.expose_secret(), secret, &tenant.operator.key_text] {
        assert!(!log.contains(hidden), "the log holds {hidden}");
    }
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let in_calls: Vec<_> = lines.iter().filter(|line| !field(line, "method").is_null()).collect();
    assert!(in_calls.iter().all(|line| field(line, "trace_id").is_string()));

    let trace_id = status.metadata().get("bursar-trace-id").unwrap().to_str().unwrap();
    let of = |id: &str| -> Vec<&Value> {
        in_calls.iter().copied().filter(|line| field(line, "trace_id") == id).collect()
    };
    let access = of(trace_id).into_iter().find(|line| line["target"] == "bursar::access").unwrap();
    assert_eq!(
        (&access["level"], &access["code"], &access["reason"]),
        (&"DEBUG".into(), &"FAILED_PRECONDITION".into(), &"LIMIT_EXCEEDED".into())
    );
    assert!(access["message"] == "call" && access["seconds"].is_f64());
    assert_eq!(field(access, "tenant"), tenant.id.as_str());
    assert_eq!(field(access, "method"), "bursar.ledger.v1.TransferService/CreateTransfer");

    let made = in_calls.iter().find(|line| field(line, "request_id") == transfer.id.as_str());
    let statements: Vec<_> = of(field(made.unwrap(), "trace_id").as_str().unwrap())
        .into_iter()
        .filter_map(|line| line["statement"].as_str())
        .collect();
    for name in ["posting_lock", "posting_insert_one", "commit"] {
        assert!(statements.contains(&name), "{name} in {statements:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amounts_are_logged_when_asked_for() {
    let (program, tenant, customer, bank) =
        with_accounts(&[("RUST_LOG", EVERYTHING), ("BURSAR_LOG_AMOUNTS", "true")]).await;
    let refused = make(&tenant.operator, new_transfer(&customer, &bank, AMOUNT)).await;
    let message = refused.unwrap_err().message().to_owned();
    let Ended { log, .. } = program.stop().await;
    assert!(log.contains(&message), "the refusal is there");
    assert!(log.contains("executing statement"), "the driver is heard");
    let secret = tenant.operator.key_text.rsplit('_').nth(1).unwrap();
    assert!(!log.contains(secret), "and the key is not there");
}

/// A field of the spans around a line.
fn field<'a>(line: &'a Value, name: &str) -> &'a Value {
    let spans = line["spans"].as_array().into_iter().flatten();
    spans.map(|span| &span[name]).find(|value| !value.is_null()).unwrap_or(&Value::Null)
}
