//! Traces and metrics of this process: where they go. What is told is said where it happens.

mod export;
mod ids;
mod metrics;

use crate::config;
use opentelemetry::KeyValue;
use opentelemetry::global::{set_meter_provider, set_text_map_propagator};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider,
};
use prometheus::Registry;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Most spans that wait to be sent; further ones are dropped, and no call waits.
const MAX_QUEUED_SPANS: usize = 8_192;
/// Most spans of one message to the collector.
const MAX_SPANS_PER_EXPORT: usize = 1_024;
/// How long spans are gathered before they are sent.
const EXPORT_DELAY: Duration = Duration::from_secs(1);
/// Longest wait for the collector when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

struct Installed {
    registry: Registry,
    meters: SdkMeterProvider,
    tracers: Option<SdkTracerProvider>,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Installs the providers of this process, within a tokio runtime and before the first server: the first
/// configuration wins.
///
/// # Errors
/// When an exporter cannot be made. A collector that is away is no error.
pub fn install(config: &config::Telemetry) -> Result<(), String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if INSTALLED.get().is_some() {
        return Ok(());
    }
    let resource = Resource::builder()
        .with_service_name(config.service_name.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", uuid::Uuid::now_v7().to_string()))
        .build();
    let exporters = export::exporters(config)
        .map_err(|error| format!("traces and metrics cannot be sent: {error}"))?;
    let (spans, pushed) =
        exporters.map_or((None, None), |(spans, metrics)| (Some(spans), Some(metrics)));
    let registry = metrics::registry().map_err(|error| format!("no metrics: {error}"))?;
    let meters = metrics::provider(&registry, pushed, resource.clone())
        .map_err(|error| format!("no metrics: {error}"))?;
    let tracers = spans.map(|spans| {
        let queue = BatchConfigBuilder::default()
            .with_max_queue_size(MAX_QUEUED_SPANS)
            .with_max_export_batch_size(MAX_SPANS_PER_EXPORT)
            .with_scheduled_delay(EXPORT_DELAY)
            .build();
        SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(spans).with_batch_config(queue).build())
            // Only the spans of traced calls are made at all: the trace layer decides, so that the others cost nothing.
            .with_sampler(Sampler::AlwaysOn)
            .with_id_generator(ids::Ids::default())
            .with_resource(resource)
            .build()
    });
    set_text_map_propagator(TraceContextPropagator::new());
    set_meter_provider(meters.clone());
    metrics::describe_build();
    // Nobody else can have set it meanwhile.
    let _ = INSTALLED.set(Installed { registry, meters, tracers });
    Ok(())
}

/// What makes spans of the log's; `None` when nothing is exported.
pub(crate) fn tracer() -> Option<SdkTracer> {
    Some(INSTALLED.get()?.tracers.as_ref()?.tracer("bursar"))
}

/// The metrics as Prometheus reads them.
pub(crate) fn metrics_text() -> String {
    INSTALLED.get().map(|installed| metrics::text(&installed.registry)).unwrap_or_default()
}

/// Sends what waits to be sent. At the end of the process; not longer than a few seconds.
pub async fn shutdown() {
    let flush = || {
        let Some(installed) = INSTALLED.get() else { return };
        if let Some(tracers) = &installed.tracers {
            // Whoever is away at the end misses the last spans, and the log has said that it is away.
            let _ = tracers.shutdown_with_timeout(FLUSH_TIMEOUT);
            let _ = installed.meters.shutdown_with_timeout(FLUSH_TIMEOUT);
        }
    };
    // A thread that nobody waits for: the runtime would wait for a task of its own, however long.
    let (tell, flushed) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        flush();
        let _ = tell.send(());
    });
    let _ = tokio::time::timeout(FLUSH_TIMEOUT, flushed).await;
}
