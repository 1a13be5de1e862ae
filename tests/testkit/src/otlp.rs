//! A receiver of OTLP over gRPC that keeps what it gets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::HEXLOWER;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1 as traces;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1 as pb;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::wait::within;

pub use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

/// Longest wait for what a server sends once a second, on a busy machine.
const ARRIVAL: Duration = Duration::from_secs(30);

/// A span as it came.
#[derive(Debug, Clone)]
pub struct TracedSpan {
    /// Of the trace, in hex.
    pub trace_id: String,
    /// Its own, in hex.
    pub id: String,
    /// Of the span around it, in hex; empty for none.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Server, client or internal.
    pub kind: SpanKind,
    /// Its attributes as text.
    pub attributes: BTreeMap<String, String>,
    /// Whether its status is an error.
    pub failed: bool,
}

#[derive(Default)]
struct Kept {
    count: usize,
    spans: Vec<TracedSpan>,
    metrics: BTreeSet<String>,
    metadata: Vec<String>,
}

/// A receiver on a free port. Dropped, it goes away.
pub struct Receiver {
    /// Its address, for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub endpoint: String,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Starts it.
    pub async fn start() -> Self {
        Self::listen(0, true).await
    }

    /// Starts it on that port.
    pub async fn start_at(port: u16) -> Self {
        Self::listen(port, true).await
    }

    /// Starts one that only counts, so that it costs little itself.
    pub async fn counting() -> Self {
        Self::listen(0, false).await
    }

    async fn listen(port: u16, keeps: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let kept = Arc::new(Mutex::new(Kept::default()));
        let service = Service { kept: kept.clone(), keeps };
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(service.clone()))
            .add_service(MetricsServiceServer::new(service));
        let task = tokio::spawn(async move {
            server.serve_with_incoming(TcpListenerStream::new(listener)).await.expect("it serves");
        });
        Self { endpoint, kept, task }
    }

    /// The spans of a trace, once the one of the server has come: it ends last and is sent last.
    pub async fn trace(&self, trace_id: &str) -> Vec<TracedSpan> {
        let mut found = Vec::new();
        within(ARRIVAL, "the trace arrives", async || {
            found = self.spans();
            found.retain(|span| span.trace_id == trace_id);
            found.iter().any(|span| span.kind == SpanKind::Server)
        })
        .await;
        found
    }

    /// How many spans have come.
    pub fn count(&self) -> usize {
        self.kept.lock().expect("no panic").count
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<TracedSpan> {
        self.kept.lock().expect("no panic").spans.clone()
    }

    /// Names of the metrics that were pushed so far.
    pub fn metrics(&self) -> BTreeSet<String> {
        self.kept.lock().expect("no panic").metrics.clone()
    }

    /// Values of the metadata `name` of the calls so far.
    pub fn tokens(&self) -> Vec<String> {
        self.kept.lock().expect("no panic").metadata.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Service {
    kept: Arc<Mutex<Kept>>,
    keeps: bool,
}

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<traces::ExportTraceServiceRequest>,
    ) -> Result<Response<traces::ExportTraceServiceResponse>, Status> {
        let mut kept = self.kept.lock().expect("no panic");
        let token = request.metadata().get("x-token").and_then(|token| token.to_str().ok());
        kept.metadata.extend(token.map(str::to_owned));
        let scopes =
            request.into_inner().resource_spans.into_iter().flat_map(|spans| spans.scope_spans);
        for received in scopes.flat_map(|scope| scope.spans) {
            kept.count += 1;
            if self.keeps {
                kept.spans.push(span(received));
            }
        }
        Ok(Response::new(traces::ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Service {
    async fn export(
        &self,
        request: Request<metrics::ExportMetricsServiceRequest>,
    ) -> Result<Response<metrics::ExportMetricsServiceResponse>, Status> {
        let scopes =
            request.into_inner().resource_metrics.into_iter().flat_map(|all| all.scope_metrics);
        let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
        self.kept.lock().expect("no panic").metrics.extend(names);
        Ok(Response::new(metrics::ExportMetricsServiceResponse::default()))
    }
}

fn span(span: pb::Span) -> TracedSpan {
    let text = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    TracedSpan {
        trace_id: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: span.kind(),
        name: span.name,
        attributes: span
            .attributes
            .into_iter()
            .map(|pair| (pair.key, text(pair.value.and_then(|value| value.value))))
            .collect(),
        failed: span.status.is_some_and(|status| status.code() == pb::status::StatusCode::Error),
    }
}
