//! What may change while connections are served: certificates, limits, and the pages that may call.

use super::tls::{Contents, Loaded, TlsError, validity};
use crate::config::{Config, TlsFiles, Transport};
use crate::stopping::stopped;
use http::HeaderValue;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_rustls::rustls::ServerConfig;

/// How often the files of TLS are looked at. A change is taken over once two looks saw the same, so that a certificate
/// and its key that are written one after the other are not taken for a wrong pair.
const TLS_LOOK: Duration = Duration::from_secs(1);
/// How often a certificate near its end is told of.
const EXPIRY_REMINDER: Duration = Duration::from_hours(24);

/// The part of the configuration that the transport reads as it goes.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Connections of callers.
    pub(crate) transport: Transport,
    /// Origins whose pages may call.
    pub(crate) origins: Vec<HeaderValue>,
    /// How long calls under way may take to end.
    pub(crate) drain: Duration,
}

impl Settings {
    fn of(config: &Config) -> Self {
        Self {
            transport: config.transport.clone(),
            origins: config.cors_origins.clone(),
            drain: config.drain,
        }
    }
}

/// The running transport, seen by whoever changes it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Handle(Arc<State>);

struct State {
    settings: watch::Sender<Settings>,
    tls: watch::Sender<Option<Loaded>>,
}

impl Handle {
    /// Reads the files of TLS, if there are any.
    pub(crate) fn new(config: &Config) -> Result<Self, TlsError> {
        let tls = config.transport.tls.as_ref().map(load).transpose()?;
        let settings = watch::Sender::new(Settings::of(config));
        Ok(Self(Arc::new(State { settings, tls: watch::Sender::new(tls) })))
    }

    /// Takes over what may change while it serves, the files of TLS included, or nothing at all when they cannot be
    /// used. Returns the variables whose change needs a restart.
    pub(crate) fn reload(&self, config: &Config) -> Result<Vec<&'static str>, TlsError> {
        let mut new = Settings::of(config);
        let mut restart = Vec::new();
        if self.0.tls.borrow().is_some() == new.transport.tls.is_some() {
            let tls = new.transport.tls.as_ref().map(load).transpose()?;
            self.0.tls.send_replace(tls);
        } else {
            // A server must not fall back to plain connections by a slip in its configuration.
            new.transport.tls.clone_from(&self.0.settings.borrow().transport.tls);
            restart.extend(["BURSAR_TLS_CERT", "BURSAR_TLS_KEY"]);
        }
        self.0.settings.send_replace(new);
        Ok(restart)
    }

    /// Takes over changed files of TLS until `stop` turns true.
    pub(crate) async fn follow_files(self, mut stop: watch::Receiver<bool>) {
        let (mut last, mut refused) = (None, None);
        // Whoever loaded it has told already.
        let mut told = Instant::now();
        loop {
            if let Some(files) = self.files()
                && let Some(contents) = read(&files).await
            {
                let now = Some(contents.fingerprint());
                let settled = now == std::mem::replace(&mut last, now);
                let known = now == refused || now == self.in_use();
                if settled && !known && !self.take_over(&contents, &files) {
                    refused = now;
                }
            }
            if told.elapsed() >= EXPIRY_REMINDER {
                told = Instant::now();
                self.remind();
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = sleep(TLS_LOOK) => {}
            }
        }
    }

    fn take_over(&self, contents: &Contents, files: &TlsFiles) -> bool {
        match contents.load(files) {
            Ok(loaded) => {
                loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                self.0.tls.send_replace(Some(loaded));
                tracing::info!(file = %files.cert.display(), "new connections get the changed certificate");
                true
            }
            Err(error) => {
                tracing::error!(%error, "the changed TLS files cannot be used; the certificate from before stays in use");
                false
            }
        }
    }

    fn remind(&self) {
        let Some(files) = self.files() else { return };
        let tls = self.0.tls.borrow();
        if let Some(warning) = tls.as_ref().and_then(|tls| validity(&files.cert, &tls.cert)) {
            tracing::warn!("{warning}");
        }
    }

    fn in_use(&self) -> Option<u64> {
        self.0.tls.borrow().as_ref().map(|loaded| loaded.fingerprint)
    }

    /// The settings, and word of their changes.
    pub(crate) fn settings(&self) -> watch::Receiver<Settings> {
        self.0.settings.subscribe()
    }

    /// How long a stopping server serves on.
    pub(crate) fn drain_wait(&self) -> Duration {
        self.0.settings.borrow().transport.drain_wait
    }

    /// How long calls under way may take to end.
    pub(super) fn drain(&self) -> Duration {
        self.0.settings.borrow().drain
    }

    /// Most connections of one address.
    pub(super) fn connections_per_address(&self) -> u32 {
        self.0.settings.borrow().transport.connections_per_address
    }

    /// What the next handshake uses; plain connections without.
    pub(super) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.0.tls.borrow().as_ref().map(|loaded| loaded.config.clone())
    }

    fn files(&self) -> Option<TlsFiles> {
        self.0.settings.borrow().transport.tls.clone()
    }
}

fn load(files: &TlsFiles) -> Result<Loaded, TlsError> {
    let loaded = Contents::read(files).load(files)?;
    loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    Ok(loaded)
}

/// Off the runtime's threads: the files may be on a disk that does not answer.
async fn read(files: &TlsFiles) -> Option<Contents> {
    let files = files.clone();
    tokio::task::spawn_blocking(move || Contents::read(&files)).await.ok()
}
