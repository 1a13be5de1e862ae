//! Metrics: read by Prometheus, and pushed to the collector when there is one.

use super::export::Watched;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

/// A registry that tells of the process itself where the system does.
pub(super) fn registry() -> prometheus::Result<Registry> {
    let registry = Registry::new();
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    Ok(registry)
}

/// The provider of every meter of this process.
pub(super) fn provider(
    registry: &Registry,
    pushed: Option<Watched<MetricExporter>>,
    resource: Resource,
) -> Result<SdkMeterProvider, opentelemetry_sdk::error::OTelSdkError> {
    // There is one scope, and its name says nothing: no label for it.
    let scraped = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()?;
    let mut provider = SdkMeterProvider::builder().with_resource(resource).with_reader(scraped);
    if let Some(pushed) = pushed {
        provider = provider.with_periodic_exporter(pushed);
    }
    Ok(provider.build())
}

/// Which version this is, as a series to join others with.
pub(super) fn describe_build() {
    global::meter("bursar")
        .u64_observable_gauge("bursar.build_info")
        .with_description("1, with the version of this server")
        .with_callback(|observer| {
            observer.observe(1, &[KeyValue::new("version", env!("CARGO_PKG_VERSION"))]);
        })
        .build();
}

/// The text that Prometheus reads.
pub(super) fn text(registry: &Registry) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap_or_default()
}
