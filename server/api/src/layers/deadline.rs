//! Outside of auth, whose look-up waits too. It is the only reader of `grpc-timeout`: statements get the deadline through
//! the call's context, and what has not answered by then plus a grace for the COMMIT on its way is given up here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar_domain::Error;
use bursar_domain::limits::{COMMIT_GRACE, MAX_DEADLINE};
use http::{HeaderMap, Request, Response};
use tonic::body::Body;

use super::step::{Next, Step, StepLayer, refuse};
use super::trace::TraceId;
use crate::Api;
use crate::rules::Rules;

const TIMEOUT: &str = "grpc-timeout";

/// When the caller stops waiting, in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(pub(crate) Instant);

/// When the caller itself said that it stops waiting, in the request's extensions. For streams, which have no other
/// deadline and no longest one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenDeadline(pub(crate) Instant);

/// See the module.
pub struct Deadlines {
    rules: Arc<Rules>,
    default: Duration,
}

/// Gives each call a deadline, and ends what outlasts it.
pub fn deadline(api: &Api) -> StepLayer<Deadlines> {
    let default = api.kernel.config.default_deadline.min(MAX_DEADLINE);
    StepLayer::new(Deadlines { rules: api.kernel.rules.clone(), default })
}

impl Step for Deadlines {
    const SPAN: Option<&'static str> = Some("deadline");

    async fn run<S: Next>(&self, mut request: Request<Body>, next: S) -> Response<Body> {
        let trace_id = TraceId::of(&request);
        let asked = match timeout(request.headers()) {
            Ok(asked) => asked,
            Err(error) => return refuse(&error, trace_id),
        };
        let timeout = asked.map_or(self.default, |asked| asked.min(MAX_DEADLINE));
        if timeout.is_zero() {
            return refuse(&Error::DeadlineExceeded { definite: true }, trace_id);
        }
        let deadline = Instant::now() + timeout;
        request.headers_mut().remove(TIMEOUT);
        request.extensions_mut().insert(Deadline(deadline));
        if let Some(given) = asked.and_then(|asked| Instant::now().checked_add(asked)) {
            request.extensions_mut().insert(GivenDeadline(given));
        }
        let definite = self.rules.is_read(request.uri().path());
        let answer = tokio::time::timeout_at((deadline + COMMIT_GRACE).into(), next.run(request));
        answer.await.unwrap_or_else(|_| refuse(&Error::DeadlineExceeded { definite }, trace_id))
    }
}

/// The value of `grpc-timeout`: at most 8 digits and a unit.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Error> {
    let Some(value) = headers.get(TIMEOUT) else {
        return Ok(None);
    };
    let parse = |text: &str| -> Option<Duration> {
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let count: u64 = digits.parse().ok()?;
        Some(match unit {
            "H" => Duration::from_secs(count * 3600),
            "M" => Duration::from_secs(count * 60),
            "S" => Duration::from_secs(count),
            "m" => Duration::from_millis(count),
            "u" => Duration::from_micros(count),
            "n" => Duration::from_nanos(count),
            _ => return None,
        })
    };
    let bad = || {
        Error::invalid(
            TIMEOUT,
            "is not a timeout; send at most 8 digits and one of H, M, S, m, u and n, such as 500m",
        )
    };
    value.to_str().ok().and_then(parse).map(Some).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{call, outcome, through};
    use super::*;

    fn layer() -> StepLayer<Deadlines> {
        let rules = Arc::new(Rules::load().unwrap());
        StepLayer::new(Deadlines { rules, default: Duration::from_secs(30) })
    }

    fn with(path: &str, timeout: &str) -> Request<Body> {
        let mut request = call(path);
        request.headers_mut().insert(TIMEOUT, timeout.parse().unwrap());
        request
    }

    #[test]
    fn timeouts() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(TIMEOUT, text.parse().unwrap());
            timeout(&headers)
        };
        assert_eq!(timeout(&HeaderMap::new()), Ok(None));
        assert_eq!(of("1H"), Ok(Some(Duration::from_hours(1))));
        assert_eq!(of("2M"), Ok(Some(Duration::from_mins(2))));
        assert_eq!(of("99999999H"), Ok(Some(Duration::from_hours(99_999_999))));
        assert_eq!(of("15m"), Ok(Some(Duration::from_millis(15))));
        assert_eq!(of("7u"), Ok(Some(Duration::from_micros(7))));
        assert_eq!(of("0n"), Ok(Some(Duration::ZERO)));
        for bad in ["", "5", "m", "123456789m", "-5m", "+5m", "5 m", "5x", "1.5S"] {
            assert!(matches!(of(bad), Err(Error::Invalid(_))), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_deadline_is_capped_and_the_header_taken() {
        let ok = async |request: Request<Body>| {
            let mut response = Response::new(Body::empty());
            assert!(!request.headers().contains_key(TIMEOUT));
            response.extensions_mut().insert(*request.extensions().get::<Deadline>().unwrap());
            response
        };
        for (request, seconds) in
            [(with("/a.B/C", "1H"), 300), (with("/a.B/C", "5S"), 5), (call("/a.B/C"), 30)]
        {
            let before = Instant::now();
            let response = through(&layer(), request, ok).await;
            let Deadline(deadline) = *response.extensions().get().unwrap();
            let granted = deadline - before;
            assert!(
                granted >= Duration::from_secs(seconds)
                    && granted < Duration::from_secs(seconds + 2)
            );
        }
    }

    #[tokio::test]
    async fn what_outlasts_it_is_ended_with_the_truth() {
        let never = async |_| std::future::pending().await;
        let late = |definite: &str| {
            (tonic::Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned(), definite.to_owned())
        };
        let write = "/bursar.ledger.v1.TransferService/CreateTransfer";
        let read = "/bursar.ledger.v1.TransferService/GetTransfer";
        assert_eq!(outcome(&through(&layer(), with(write, "1m"), never).await), late("false"));
        assert_eq!(outcome(&through(&layer(), with(read, "1m"), never).await), late("true"));
        assert_eq!(outcome(&through(&layer(), with(write, "0m"), never).await), late("true"));
        let bad = through(&layer(), with(write, "soon"), never).await;
        assert_eq!(outcome(&bad).1, "INVALID_FIELD");
    }
}
