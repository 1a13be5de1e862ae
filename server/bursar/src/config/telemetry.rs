//! Variables of traces, metrics, and what may stand in the log.

use super::fields::server_url;
use super::reader::Reader;
use super::variables as var;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// Where traces and metrics go, and how many of them.
#[derive(Debug, Clone, Default)]
pub struct Telemetry {
    /// Collector of OTLP over gRPC.
    pub endpoint: Option<String>,
    /// Metadata for it: `name=value`, comma separated.
    pub headers: Option<SecretString>,
    /// Name of this service.
    pub service_name: String,
    /// Share of the calls that are traced when their callers have not decided, from 0 to 1.
    pub sampling: f64,
    /// Amounts may stand in the log.
    pub log_amounts: bool,
    /// Trace that client commands belong to.
    pub traceparent: Option<HeaderValue>,
}

pub(super) fn read(r: &mut Reader<'_>) -> Telemetry {
    let endpoint = r.parsed(
        &var::OTEL_EXPORTER_OTLP_ENDPOINT,
        "an address such as http://127.0.0.1:4317",
        None,
        |text| if text.is_empty() { Some(None) } else { server_url(text).map(Some) },
    );
    let headers = r.secret(&var::OTEL_EXPORTER_OTLP_HEADERS);
    if headers.as_ref().is_some_and(|headers| pairs(headers).is_none()) {
        r.problem(
            var::OTEL_EXPORTER_OTLP_HEADERS.name,
            "cannot be used; give pairs such as name=value, separated by commas",
        );
    }
    let share = |text: &str| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    let traceparent = |text: &str| {
        if text.is_empty() { Some(None) } else { HeaderValue::from_str(text).ok().map(Some) }
    };
    Telemetry {
        endpoint,
        headers,
        service_name: r.text(&var::OTEL_SERVICE_NAME),
        sampling: r.parsed(&var::BURSAR_TRACE_SAMPLING, "a number from 0 to 1", 0.0, share),
        log_amounts: r.switch(&var::BURSAR_LOG_AMOUNTS),
        traceparent: r.parsed(
            &var::TRACEPARENT,
            "a value such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            None,
            traceparent,
        ),
    }
}

/// The names and values in `name=value,…`; `None` when it is something else.
pub(crate) fn pairs(headers: &SecretString) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=')?;
        let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((name.trim().parse().ok()?, value))
    };
    headers.expose_secret().split(',').map(pair).collect()
}
