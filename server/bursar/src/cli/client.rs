//! The connection of a client command: any client's gRPC, with the key in the metadata.

use super::failure::{Exit, Failure};
use crate::config::{ClientTls, Config};
use crate::local::{PLATFORM_KEY_FILE, data_dir};
use bursar_proto::admin::v1::api_key_service_client::ApiKeyServiceClient;
use bursar_proto::admin::v1::server_service_client::ServerServiceClient;
use bursar_proto::admin::v1::tenant_service_client::TenantServiceClient;
use bursar_proto::audit::v1::audit_service_client::AuditServiceClient;
use bursar_proto::ledger::v1::account_service_client::AccountServiceClient;
use bursar_proto::ledger::v1::asset_service_client::AssetServiceClient;
use bursar_proto::ledger::v1::period_service_client::PeriodServiceClient;
use bursar_proto::ledger::v1::transfer_service_client::TransferServiceClient;
use bursar_proto::operation::v1::operation_service_client::OperationServiceClient;
use bursar_proto::trace::v1::trace_service_client::TraceServiceClient;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use uuid::Uuid;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Deadline of one call.
const DEADLINE: Duration = Duration::from_secs(30);
/// Largest reply taken: the results of a whole batch with a refusal for each.
const MAX_REPLY_BYTES: usize = 32 * 1024 * 1024;

/// Puts key and deadline into each call.
#[derive(Clone)]
pub struct Auth {
    key: MetadataValue<Ascii>,
    deadline: Duration,
    traceparent: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Auth {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.key.clone());
        if let Some(context) = &self.traceparent {
            request.metadata_mut().insert("traceparent", context.clone());
        }
        request.set_timeout(self.deadline);
        Ok(request)
    }
}

/// A channel with [`Auth`].
pub type Link = InterceptedService<Channel, Auth>;

/// A server, seen by the holder of a key.
#[derive(Clone)]
pub struct Client {
    channel: Channel,
    auth: Auth,
}

impl Client {
    /// Connects as the environment says.
    ///
    /// # Errors
    /// When there is no key or no server.
    pub async fn from_config(config: &Config) -> Result<Self, Failure> {
        let key = config.api_key.as_ref().ok_or_else(|| {
            let file = data_dir(config).join(PLATFORM_KEY_FILE);
            Failure::usage(format!(
                "BURSAR_API_KEY is not set; set it to an API key, or BURSAR_API_KEY_FILE to a file that holds one \
                 (a first start writes the platform's key to {})",
                file.display()
            ))
        })?;
        let mut client = Self::connect_with(&config.url, key, &config.transport.client).await?;
        let context = config.telemetry.traceparent.as_ref();
        client.auth.traceparent = context.and_then(|text| text.as_bytes().try_into().ok());
        Ok(client)
    }

    /// Connects to a server with a key, trusting the system's CAs.
    ///
    /// # Errors
    /// When the address or the key has a wrong form, or nobody answers.
    pub async fn connect(url: &str, key: &SecretString) -> Result<Self, Failure> {
        Self::connect_with(url, key, &ClientTls::default()).await
    }

    /// The same with files of TLS, which an `https://` address uses.
    ///
    /// # Errors
    /// When the address, the key or a file has a wrong form, or nobody answers.
    pub async fn connect_with(
        url: &str,
        key: &SecretString,
        files: &ClientTls,
    ) -> Result<Self, Failure> {
        let bearer = bearer(key)?;
        let wrong = |_| {
            Failure::usage(format!(
                "BURSAR_URL: '{url}' is not an address such as http://127.0.0.1:50051"
            ))
        };
        let mut endpoint = Endpoint::from_shared(url.to_owned())
            .map_err(wrong)?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true);
        if url.starts_with("https://") {
            endpoint = endpoint
                .tls_config(tls(files)?)
                .map_err(|e| Failure::failed(format!("cannot set up TLS: {}", chain(&e))))?;
        }
        let channel = endpoint.connect().await.map_err(|e| {
            Failure::new(
                Exit::Unavailable,
                format!("cannot reach {url} ({}); start a server with `bursar serve`, or set BURSAR_URL to where one is", chain(&e)),
            )
        })?;
        Ok(Self { channel, auth: Auth { key: bearer, deadline: DEADLINE, traceparent: None } })
    }

    /// The same with another deadline for each call.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.auth.deadline = deadline;
        self
    }

    /// The same connection with another key.
    ///
    /// # Errors
    /// When the key has a wrong form.
    pub fn with_key(&self, key: &SecretString) -> Result<Self, Failure> {
        let auth = Auth { key: bearer(key)?, ..self.auth.clone() };
        Ok(Self { channel: self.channel.clone(), auth })
    }

    fn link(&self) -> Link {
        InterceptedService::new(self.channel.clone(), self.auth.clone())
    }

    /// Facts about server and key.
    #[must_use]
    pub fn server(&self) -> ServerServiceClient<Link> {
        ServerServiceClient::new(self.link())
    }

    /// Whether services are served.
    #[must_use]
    pub fn health(&self) -> HealthClient<Link> {
        HealthClient::new(self.link())
    }

    /// What the server says of itself.
    #[must_use]
    pub fn reflection(&self) -> ServerReflectionClient<Link> {
        ServerReflectionClient::new(self.link())
    }

    /// Tenants.
    #[must_use]
    pub fn tenants(&self) -> TenantServiceClient<Link> {
        TenantServiceClient::new(self.link())
    }

    /// API keys.
    #[must_use]
    pub fn keys(&self) -> ApiKeyServiceClient<Link> {
        ApiKeyServiceClient::new(self.link())
    }

    /// Assets.
    #[must_use]
    pub fn assets(&self) -> AssetServiceClient<Link> {
        AssetServiceClient::new(self.link())
    }

    /// Accounts.
    #[must_use]
    pub fn accounts(&self) -> AccountServiceClient<Link> {
        AccountServiceClient::new(self.link()).max_decoding_message_size(MAX_REPLY_BYTES)
    }

    /// Transfers.
    #[must_use]
    pub fn transfers(&self) -> TransferServiceClient<Link> {
        TransferServiceClient::new(self.link()).max_decoding_message_size(MAX_REPLY_BYTES)
    }

    /// Closed periods.
    #[must_use]
    pub fn periods(&self) -> PeriodServiceClient<Link> {
        PeriodServiceClient::new(self.link())
    }

    /// What became of calls.
    #[must_use]
    pub fn operations(&self) -> OperationServiceClient<Link> {
        OperationServiceClient::new(self.link())
    }

    /// The audit trail.
    #[must_use]
    pub fn audit(&self) -> AuditServiceClient<Link> {
        AuditServiceClient::new(self.link())
    }

    /// The money trace.
    #[must_use]
    pub fn traces(&self) -> TraceServiceClient<Link> {
        TraceServiceClient::new(self.link())
    }
}

/// A key as it stands in the metadata.
fn bearer(key: &SecretString) -> Result<MetadataValue<Ascii>, Failure> {
    let mut bearer: MetadataValue<Ascii> =
        format!("Bearer {}", key.expose_secret().trim()).parse().map_err(|_| {
            Failure::usage(
                "BURSAR_API_KEY holds characters that no key has; check that it was copied whole",
            )
        })?;
    // Kept out of debug output and of header compression tables.
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// What to trust and what to present.
fn tls(files: &ClientTls) -> Result<ClientTlsConfig, Failure> {
    let read = |variable: &str, path: &Path| {
        std::fs::read(path).map_err(|e| {
            let path = path.display();
            Failure::usage(format!(
                "{variable}: cannot read {path}: {e}; give the path of a readable file"
            ))
        })
    };
    let mut tls = match &files.ca {
        // Whoever names a CA means that one: the system's would let others in.
        Some(ca) => {
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("BURSAR_TLS_CA", ca)?))
        }
        None => ClientTlsConfig::new().with_native_roots(),
    };
    if let Some((cert, key)) = &files.identity {
        let cert = read("BURSAR_TLS_CLIENT_CERT", cert)?;
        tls = tls.identity(Identity::from_pem(cert, read("BURSAR_TLS_CLIENT_KEY", key)?));
    }
    Ok(tls)
}

/// An error with its causes: the outermost of a failed connection says nothing.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Wrappers often repeat what they wrap.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// `--request-id` of every command that changes something.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RequestId {
    /// UUID that names this change: the same again returns the first result instead of a second change
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
}

impl RequestId {
    /// The given id, else a new one; told when the outcome of the call is not known.
    pub(crate) fn get(&self) -> String {
        self.request_id.unwrap_or_else(Uuid::now_v7).to_string()
    }
}

/// For `map_err` of a change: a failure whose outcome may be open names the id to ask with.
pub(crate) fn named(request_id: &str) -> impl FnOnce(Status) -> Failure {
    let request_id = request_id.to_owned();
    move |status| {
        let mut failure = Failure::from(status);
        if failure.exit == Exit::Unavailable {
            failure.message += "\n  --request-id ";
            failure.message += &request_id;
            failure.details["request_id"] = request_id.into();
        }
        failure
    }
}
