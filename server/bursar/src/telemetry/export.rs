//! The way to a collector. One that is away is told of once, and once more when it is back.

use crate::config::{Telemetry, pairs};
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as ExportSpans};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tonic::metadata::MetadataMap;
use tonic::transport::ClientTlsConfig;

/// Longest wait for the collector's answer to one message.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// An exporter whose failures are told of once.
#[derive(Debug)]
pub(super) struct Watched<E> {
    exporter: E,
    signal: &'static str,
    away: Arc<AtomicBool>,
}

/// Exporters of spans and of metrics; none without a collector.
#[allow(clippy::type_complexity, reason = "named once")]
pub(super) fn exporters(
    config: &Telemetry,
) -> Result<Option<(Watched<SpanExporter>, Watched<MetricExporter>)>, ExporterBuildError> {
    let Some(endpoint) = &config.endpoint else { return Ok(None) };
    let headers = config.headers.as_ref().and_then(pairs).unwrap_or_default();
    let metadata = MetadataMap::from_headers(headers.into_iter().collect());
    let tls = endpoint.starts_with("https://");
    let away = Arc::<AtomicBool>::default();
    macro_rules! exporter {
        ($kind:ident, $signal:literal) => {{
            let mut builder = $kind::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(EXPORT_TIMEOUT)
                .with_metadata(metadata.clone());
            if tls {
                builder = builder.with_tls_config(ClientTlsConfig::new().with_native_roots());
            }
            Watched { exporter: builder.build()?, signal: $signal, away: away.clone() }
        }};
    }
    let spans = exporter!(SpanExporter, "traces");
    Ok(Some((spans, exporter!(MetricExporter, "metrics"))))
}

static FAILURES: LazyLock<Counter<u64>> = LazyLock::new(|| {
    global::meter("bursar")
        .u64_counter("bursar.telemetry.export.failures")
        .with_description("Messages that the collector did not take; what was in them is lost")
        .build()
});

impl<E> Watched<E> {
    fn told(&self, result: OTelSdkResult) -> OTelSdkResult {
        let failed = result.is_err();
        let was_away = self.away.swap(failed, Ordering::Relaxed);
        match &result {
            Err(error) if !was_away => tracing::warn!(
                %error,
                "the collector does not take traces and metrics; they are dropped until it does (OTEL_EXPORTER_OTLP_ENDPOINT)"
            ),
            Ok(()) if was_away => tracing::info!("the collector takes traces and metrics"),
            _ => {}
        }
        FAILURES.add(u64::from(failed), &[KeyValue::new("signal", self.signal)]);
        result
    }
}

impl ExportSpans for Watched<SpanExporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.told(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl PushMetricExporter for Watched<MetricExporter> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.told(self.exporter.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
