//! What is told of each statement: a span for traced calls, the meters, and a line for those who log at debug.

use std::future::Future;
use std::time::Instant;

use tracing::Instrument as _;
use tracing::field::Empty;

use super::meters::METERS;
use super::trace::child_span;

/// Runs a statement, and tells of it by its name: never of its parameters.
pub(super) async fn timed<T>(
    name: &'static str,
    query: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, tokio_postgres::Error> {
    let span = child_span!(
        "statement",
        otel.name = name,
        otel.kind = "client",
        db.system.name = "postgresql",
        db.query.summary = name,
        db.response.status_code = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    );
    let since = Instant::now();
    let result = query.instrument(span.clone()).await;
    let took = since.elapsed();
    let error = result.as_ref().err().map(kind);
    if let Some(kind) = &error
        && !span.is_none()
    {
        if result.as_ref().is_err_and(|error| error.code().is_some()) {
            span.record("db.response.status_code", kind.as_str());
        }
        span.record("error.type", kind.as_str()).record("otel.status_code", "ERROR");
    }
    tracing::debug!(statement = name, seconds = took.as_secs_f64(), error, "statement");
    METERS.statement(name, took, error);
    result
}

/// The SQLSTATE, or that there was no answer: few values, none of a caller's making.
fn kind(error: &tokio_postgres::Error) -> String {
    error.code().map_or_else(|| "connection".to_owned(), |code| code.code().to_owned())
}
