//! The server: what stands between a connection and a handler, and how it starts.

use crate::config::{Backend, Config};
use crate::local::{self, Local, LocalError};
use crate::ops::{self, Readiness};
use crate::running::{report_readiness, stop_local};
use crate::{jobs, telemetry, transport};
use bursar_api::{Api, ApiConfig, RateLimits, layers};
use bursar_domain::key::Pepper;
use bursar_domain::limits::DEFAULT_DEADLINE;
use bursar_store::{Store, StoreConfig, StoreError};
use http::{HeaderName, Method, Request, Response};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Service, ServiceBuilder};
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use crate::running::{ReloadError, Reloaded, Running};
pub use crate::transport::TlsError;

/// How long a browser may remember what it was allowed.
const CORS_MAX_AGE: Duration = Duration::from_hours(1);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; stop the program that uses the address, or set {variable} to another one"
    )]
    Listen {
        /// Variable of the address.
        variable: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The files of TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The embedded database did not come up.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The database must not be served with.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Something is missing that `Config::from_env` asks for.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The services cannot be built.
    #[error("cannot build the services: {0}")]
    Services(String),
}

/// Every layer between a connection and the services, from the outside in.
fn stack(
    api: &Api,
    transport: &transport::Handle,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    ServiceBuilder::new()
        // Outermost: a browser asks before it calls, without a key, and reads an answer only with these headers.
        .layer(cors(transport.settings()))
        // Translates gRPC-Web, so that all within sees gRPC only.
        .layer(GrpcWebLayer::new())
        // Every answer, whoever makes it, must carry the trace id and be inside the span.
        .layer(layers::trace(api))
        // Inside the span, outside of everything that refuses: what is refused counts too.
        .layer(layers::metrics(api))
        // Around all that makes errors: what tonic itself refuses gets the details that every error has.
        .layer(layers::transport_errors(api))
        // Outside of everything that may panic: one call's fault must not end the calls beside it.
        .layer(layers::panics(api))
        // Before anything costly: a server that takes no more calls only says so.
        .layer(layers::drain(api))
        // Before auth, whose look-up takes time as well.
        .layer(layers::deadline(api))
        // From here on it is known who calls and what they may; addresses that send invalid keys are held up here.
        .layer(layers::auth(api))
        // Before the tenant's limit: one key must not use up what its tenant's other keys need.
        .layer(layers::key_rate(api))
        // Innermost: only a call that is let in counts against its tenant.
        .layer(layers::tenant_rate(api))
        .service(api.routes())
}

/// Which pages may call by gRPC-Web, and what they may send and read.
fn cors(settings: watch::Receiver<transport::Settings>) -> CorsLayer {
    let header = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            settings.borrow().origins.contains(origin)
        }))
        .allow_methods([Method::POST])
        .allow_headers([
            http::header::AUTHORIZATION,
            http::header::CONTENT_TYPE,
            header("grpc-timeout"),
            header("traceparent"),
            header("tracestate"),
            header("x-grpc-web"),
            header("x-user-agent"),
        ])
        .expose_headers([
            header("grpc-status"),
            header("grpc-message"),
            header("grpc-status-details-bin"),
            layers::TRACE_HEADER,
        ])
        .max_age(CORS_MAX_AGE)
}

/// Starts the server and returns once it is bound and its database was looked at. A database that
/// does not answer keeps it NOT_SERVING until it does.
///
/// # Errors
/// When waiting would not help; nothing is left running then.
pub async fn start(config: &Config) -> Result<Running, StartError> {
    // Before the first meter is made: it would tell nobody.
    telemetry::install(&config.telemetry).map_err(StartError::Services)?;
    // Both addresses first: a second server is told so before it touches the database.
    let (grpc, grpc_addr) = listen("BURSAR_LISTEN", config.listen).await?;
    let (ops, ops_addr) = listen("BURSAR_OPS_LISTEN", config.ops_listen).await?;
    let handle = transport::Handle::new(config)?;
    let readiness = watch::Sender::new(Readiness::NotReady("the server is starting"));
    let ops = tokio::spawn(ops::serve(ops, readiness.subscribe()));
    let local = match config.backend {
        Backend::Postgres => None,
        Backend::Embedded | Backend::Memory => match local::start(config).await {
            Ok(local) => Some(local),
            Err(error) => {
                ops.abort();
                return Err(error.into());
            }
        },
    };
    let (api, store) = match open(config, local.as_ref()).await {
        Ok(opened) => opened,
        Err(error) => {
            ops.abort();
            stop_local(local).await;
            return Err(error);
        }
    };
    if !*store.health().borrow() {
        tracing::warn!("the database does not answer; NOT_SERVING until it does");
    }
    let leaving = watch::Sender::new(false);
    let (closing, closed) = watch::channel(false);
    let reporter = api.clone();
    let reporter = tokio::spawn(async move { reporter.health_reporter().await });
    tokio::spawn(report_readiness(store.health(), leaving.subscribe(), readiness));
    let service = stack(&api, &handle);
    let jobs = jobs::start(&store, &closed);
    tokio::spawn(handle.clone().follow_files(closed.clone()));
    let transport = tokio::spawn(transport::serve(grpc, service, handle.clone(), closed));
    Ok(Running {
        grpc_addr,
        ops_addr,
        api,
        store,
        leaving,
        closing,
        handle,
        transport,
        ops,
        reporter,
        jobs,
        local,
        backend: config.backend,
        settings: Mutex::new(config.settings.clone()),
    })
}

async fn listen(
    variable: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { variable, address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn open(config: &Config, local: Option<&Local>) -> Result<(Api, Store), StartError> {
    let (url, pepper) = match local {
        Some(local) => (&local.database_url, &local.pepper),
        None => (
            config.database_url.as_ref().ok_or(StartError::Missing("DATABASE_URL"))?,
            config.pepper.as_ref().ok_or(StartError::Missing("BURSAR_PEPPER"))?,
        ),
    };
    let store = Store::open(StoreConfig {
        url: url.clone(),
        max_connections: config.max_connections,
        request_id_days: config.request_id_days,
        schema_version: bursar_migrations::latest_version(),
    })
    .await?;
    let api = Api::new(
        store.clone(),
        ApiConfig {
            environment: config.env.clone(),
            pepper: Pepper::new(pepper).ok_or(StartError::Missing("BURSAR_PEPPER"))?,
            store_backend: config.backend.name().to_owned(),
            request_id_days: config.request_id_days,
            default_deadline: DEFAULT_DEADLINE,
            health_needs_key: config.health_needs_key,
            trace_sampling: if telemetry::tracer().is_some() {
                config.telemetry.sampling
            } else {
                0.0
            },
            log_amounts: config.telemetry.log_amounts,
            rates: rates(config),
        },
    )
    .map_err(StartError::Services)?;
    Ok((api, store))
}

/// Limits on the rate of calls, as the configuration has them.
pub(crate) fn rates(config: &Config) -> RateLimits {
    RateLimits {
        key_requests_per_second: config.transport.key_requests_per_second,
        auth_failures_per_minute: config.transport.auth_failures_per_minute,
    }
}
