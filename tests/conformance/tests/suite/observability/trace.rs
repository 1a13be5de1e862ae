//! The trace of a call, received by a receiver of OTLP.

use bursar_proto::ledger::v1::CreateTransferRequest;
use bursar_testkit::{
    Ended, Receiver, SpanKind, TracedSpan, app_password, binary, fault, make, moved, new_transfer,
    within,
};
use secrecy::ExposeSecret as _;
use std::collections::BTreeSet;
use std::time::Duration;
use tonic::Request;
use uuid::Uuid;

use super::{AMOUNT, with_accounts};

const METHOD: &str = "bursar.ledger.v1.TransferService/CreateTransfer";
const CALLER_SPAN: &str = "b7ad6b7169203331";
/// So few that only those that their callers trace are.
const NEARLY_NONE: (&str, &str) = ("BURSAR_TRACE_SAMPLING", "0.000000001");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_shows_its_layers_its_statements_and_its_commit() {
    let receiver = Receiver::start().await;
    let (program, tenant, customer, bank) = with_accounts(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=a%20token"),
        NEARLY_NONE,
    ])
    .await;
    let call = async |flags: &str, transfer| {
        let trace = Uuid::new_v4();
        let mut request =
            Request::new(CreateTransferRequest { transfer: Some(transfer), validate_only: false });
        let context = format!("00-{}-{CALLER_SPAN}-{flags}", trace.simple());
        request.metadata_mut().insert("traceparent", context.parse().unwrap());
        let answer = tenant.operator.transfers().create_transfer(request).await;
        let metadata = match &answer {
            Ok(answer) => answer.metadata().clone(),
            Err(status) => status.metadata().clone(),
        };
        assert_eq!(metadata.get("bursar-trace-id").unwrap(), &trace.to_string());
        (trace.simple().to_string(), answer)
    };
    let (untraced, answer) = call("00", new_transfer(&bank, &customer, "1")).await;
    assert!(answer.is_ok());
    let transfer = new_transfer(&bank, &customer, AMOUNT);
    let (traced, answer) = call("01", transfer.clone()).await;
    assert!(answer.is_ok());
    let spans = receiver.trace(&traced).await;

    let server = one(&spans, METHOD);
    assert_eq!((server.kind, server.failed), (SpanKind::Server, false));
    assert_eq!(server.parent, CALLER_SPAN, "it is a child of the caller's span");
    let attribute = |span: &TracedSpan, name: &str| span.attributes.get(name).cloned();
    assert_eq!(attribute(server, "rpc.system.name").unwrap(), "grpc");
    assert_eq!(attribute(server, "rpc.method").unwrap(), METHOD);
    assert_eq!(attribute(server, "rpc.response.status_code").unwrap(), "OK");
    assert_eq!(attribute(server, "bursar.tenant").unwrap(), tenant.id);

    let layers = [METHOD, "deadline", "auth", "tenant rate", "handler", "transaction"];
    for pair in layers.windows(2) {
        let outer: Vec<_> = spans.iter().filter(|span| span.name == pair[0]).collect();
        assert!(
            spans
                .iter()
                .any(|span| span.name == pair[1] && outer.iter().any(|o| o.id == span.parent)),
            "{} stands within {}: {spans:#?}",
            pair[1],
            pair[0]
        );
    }
    let handler = one(&spans, "handler");
    assert_eq!(attribute(handler, "request_id").unwrap(), transfer.id);
    let transaction =
        spans.iter().find(|span| span.name == "transaction" && span.parent == handler.id).unwrap();
    assert_eq!(attribute(transaction, "outcome").unwrap(), "commit");
    let within: BTreeSet<&str> = spans
        .iter()
        .filter(|span| span.parent == transaction.id)
        .map(|span| span.name.as_str())
        .collect();
    for name in [
        "wait for a connection",
        "begin",
        "enter",
        "posting_lock",
        "posting_known",
        "posting_insert_one",
        "posting_update",
        "commit",
    ] {
        assert!(within.contains(name), "{name} in {within:?}");
    }

    let known: BTreeSet<&str> = bursar_store::statements()
        .map(|(name, _)| name)
        .chain(["begin", "commit", "rollback", "prepare"])
        .collect();
    for span in spans.iter().filter(|span| span.kind == SpanKind::Client) {
        assert!(known.contains(span.name.as_str()), "{span:?}");
        assert_eq!(attribute(span, "db.system.name").unwrap(), "postgresql");
        assert_eq!(attribute(span, "db.query.summary").unwrap(), span.name);
    }
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    for span in spans.iter().filter(|span| span.id != server.id) {
        assert!(ids.contains(span.parent.as_str()), "its parent is of the trace: {span:?}");
    }

    let everything = format!("{spans:?}");
    let password = app_password();
    for secret in [
        AMOUNT,
        customer.id.as_str(),
        bank.id.as_str(),
        tenant.operator.key_text.as_str(),
        password.expose_secret(),
        "SELECT",
    ] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert!(receiver.tokens().iter().all(|token| token == "a token"));
    // Sent in order, and its caller did not trace it.
    assert!(receiver.spans().iter().all(|span| span.trace_id != untraced));

    // A refusal is an answer, and no fault of the server.
    let (refused, answer) = call("01", new_transfer(&customer, &bank, "99999999")).await;
    assert_eq!(fault(answer.unwrap_err()).reason, "LIMIT_EXCEEDED");
    let spans = receiver.trace(&refused).await;
    let server = one(&spans, METHOD);
    assert_eq!(attribute(server, "rpc.response.status_code").unwrap(), "FAILED_PRECONDITION");
    assert!(!server.failed);

    // The metrics go the same way, at the latest when it stops.
    let Ended { status, .. } = program.stop().await;
    assert!(status.success());
    let pushed = receiver.metrics();
    for name in ["rpc.server.call.duration", "db.client.operation.duration", "bursar.build_info"] {
        assert!(pushed.contains(name), "{name} in {pushed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_caller_the_share_is_drawn_and_the_header_names_the_trace() {
    let receiver = Receiver::start().await;
    let (program, tenant, customer, bank) = with_accounts(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint),
        ("BURSAR_TRACE_SAMPLING", "1"),
    ])
    .await;
    let transfer = Some(new_transfer(&bank, &customer, "1"));
    let request = CreateTransferRequest { transfer, validate_only: false };
    let answer = tenant.operator.transfers().create_transfer(request).await.unwrap();
    let id: Uuid =
        answer.metadata().get("bursar-trace-id").unwrap().to_str().unwrap().parse().unwrap();
    let spans = receiver.trace(&id.simple().to_string()).await;
    assert_eq!(one(&spans, METHOD).parent, "");

    // A client command passes on the trace that it was started in.
    let trace = Uuid::new_v4().simple().to_string();
    let listed = tokio::process::Command::new(binary())
        .args(["key", "list"])
        .env("BURSAR_URL", format!("http://127.0.0.1:{}", program.process.grpc.port()))
        .env("BURSAR_API_KEY", &tenant.admin.key_text)
        .env("TRACEPARENT", format!("00-{trace}-{CALLER_SPAN}-01"))
        .output()
        .await
        .unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let spans = receiver.trace(&trace).await;
    assert_eq!(one(&spans, "bursar.admin.v1.ApiKeyService/ListApiKeys").parent, CALLER_SPAN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_costs_no_call_and_one_line_of_the_log() {
    // Nobody listens there until the receiver comes back.
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let endpoint = format!("http://127.0.0.1:{port}");
    let (program, tenant, customer, bank) = with_accounts(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("BURSAR_TRACE_SAMPLING", "1"),
    ])
    .await;
    let patience = Duration::from_mins(1);
    let says = |text: &str| program.process.log().matches(text).count();
    let failures = async || {
        let page = program.page("/metrics").await;
        let line = page.lines().find(|line| {
            line.starts_with("bursar_telemetry_export_failures_total") && line.contains("traces")
        });
        line.and_then(|line| line.rsplit_once(' ')?.1.parse::<u32>().ok()).unwrap_or(0)
    };
    within(patience, "two exports fail", async || {
        moved(&tenant.operator, &bank, &customer, "1").await;
        failures().await >= 2
    })
    .await;
    assert_eq!(
        says("the collector does not take traces and metrics"),
        1,
        "{}",
        program.process.log()
    );

    let receiver = Receiver::start_at(port).await;
    within(patience, "it is told that the collector is back", async || {
        make(&tenant.operator, new_transfer(&bank, &customer, "1")).await.unwrap();
        says("the collector takes traces and metrics") == 1
    })
    .await;
    assert!(!receiver.spans().is_empty());
    drop(receiver);
    // Away again at the end: it stops all the same.
    let Ended { status, log } = program.stop().await;
    assert!(status.success(), "{log}");
}

/// The only span of that name.
fn one<'a>(spans: &'a [TracedSpan], name: &str) -> &'a TracedSpan {
    let mut found = spans.iter().filter(|span| span.name == name);
    let (first, more) = (found.next(), found.next());
    assert!(more.is_none(), "two spans {name}: {spans:#?}");
    first.unwrap_or_else(|| panic!("no span {name}: {spans:#?}"))
}
