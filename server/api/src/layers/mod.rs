//! The layers before the services, each a `tower::Layer` made from the [`Api`](crate::Api).
//!
//! From the outside in: [`trace`], [`metrics`], [`transport_errors`], [`panics`], [`drain`], [`deadline`], [`auth`],
//! [`key_rate`], [`tenant_rate`]. Each file says why its layer stands where it does. Put them outside of a plain hyper server:
//! tonic's own `Server` answers `grpc-timeout` before any layer can.

mod auth;
mod deadline;
mod drain;
mod exempt;
mod guessing;
mod key_rate;
mod metrics;
mod panics;
mod peer;
mod shares;
mod step;
mod tenant_rate;
mod trace;
mod transport_errors;

pub(crate) use auth::still_may;
pub use auth::{Auth, Caller, auth};
pub(crate) use deadline::GivenDeadline;
pub use deadline::{Deadlines, deadline};
pub use drain::{Drain, drain};
pub use key_rate::{KeyRate, key_rate};
pub(crate) use metrics::StreamMeters;
pub use metrics::{Metrics, metrics};
pub(crate) use panics::text as panic_text;
pub use panics::{Panics, panics};
pub use peer::{Farewell, Peer};
pub use step::{StepLayer, StepService};
pub use tenant_rate::{TenantRate, tenant_rate};
pub use trace::{TRACE_HEADER, Trace, trace};
pub(crate) use transport_errors::explain;
pub use transport_errors::{TransportErrors, transport_errors};
