//! What the doctor sees without asking anybody: the environment, files, the disk.

use crate::config::{Backend, Config, ConfigError, LogFormat, Problem, Purpose, Source};
use crate::doctor::{Files, Pepper, Space};
use crate::local::{PEPPER_FILE, PLATFORM_KEY_FILE, data_dir};
use nix::sys::statvfs::statvfs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use x509_parser::pem::parse_x509_pem;

/// File of the superuser's password in the data directory.
const SUPERUSER_FILE: &str = "superuser-password";

/// The environment as a server and an administrator would read it.
pub(super) struct Here {
    /// With both addresses.
    pub(super) config: Config,
    /// Why a server would not start.
    pub(super) problems: Vec<Problem>,
    /// What is set to no effect for a server.
    pub(super) warnings: Vec<String>,
    /// Where the pepper comes from.
    pub(super) pepper: Pepper,
}

impl Here {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a value in it is wrong; what is only missing is a finding.
    pub(super) fn read() -> Result<Self, ConfigError> {
        let config = Config::from_env(Purpose::Show)?;
        let (problems, warnings) = match Config::from_env(Purpose::Serve) {
            Ok(serve) => (Vec::new(), serve.warnings),
            Err(error) => (error.0, Vec::new()),
        };
        // A pepper with a problem is told as such.
        let fine = !problems.iter().any(|problem| problem.variable.starts_with("BURSAR_PEPPER"));
        let setting = config.settings.iter().find(|s| s.variable.name == "BURSAR_PEPPER");
        let pepper = match setting.map(|setting| &setting.source).filter(|_| fine) {
            Some(Source::SecretFile(_)) => Pepper::File,
            Some(Source::Environment) => Pepper::Variable,
            _ => Pepper::Unset,
        };
        Ok(Self { config, problems, warnings, pepper })
    }

    /// Files of secrets that are there: those that variables name, and those of the data directory.
    pub(super) fn files(&self) -> Vec<Files> {
        let secrets = self.config.settings.iter().filter_map(|setting| match &setting.source {
            Source::SecretFile(path) => Some(PathBuf::from(path)),
            _ => None,
        });
        let tls = &self.config.transport;
        let keys = tls.tls.iter().map(|files| files.key.clone());
        let client_keys = tls.client.identity.iter().map(|(_, key)| key.clone());
        let named = secrets.chain(keys).chain(client_keys);
        let dir = data_dir(&self.config);
        let kept = [PEPPER_FILE, PLATFORM_KEY_FILE, super::demo::KEY_FILE, SUPERUSER_FILE]
            .map(|name| dir.join(name));
        let mut files: Vec<Files> = named.chain(kept).filter_map(|path| file(&path)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup();
        files
    }

    /// Room of the embedded database.
    pub(super) fn space(&self) -> Option<Space> {
        if self.config.backend != Backend::Embedded {
            return None;
        }
        let path = data_dir(&self.config);
        let room = statvfs(&path).ok()?;
        #[allow(clippy::useless_conversion, reason = "the field types differ by platform")]
        let (block, free, all) = (
            u64::from(room.fragment_size()),
            u64::from(room.blocks_available()),
            u64::from(room.blocks()),
        );
        Some(Space {
            path,
            free_bytes: free.saturating_mul(block),
            total_bytes: all.saturating_mul(block),
        })
    }

    /// The same as facts.
    pub(super) fn facts(&self) -> crate::doctor::Here {
        let config = &self.config;
        let certificate = config.transport.tls.as_ref().map(|files| &files.cert);
        let certificate = certificate.map(|path| (path.clone(), seconds_left(path)));
        crate::doctor::Here {
            backend: config.backend,
            problems: self.problems.clone(),
            warnings: self.warnings.clone(),
            files: self.files(),
            pepper: self.pepper,
            env: config.env.clone(),
            pool: i32::try_from(config.max_connections + 1).unwrap_or(i32::MAX),
            json_log: config.log_format == LogFormat::Json,
            listen: config.listen,
            callers_tls: certificate.is_some(),
            certificate,
            data_dir: data_dir(config),
            space: self.space(),
        }
    }
}

/// A file and who may read it, following links: what counts is the file at their end.
fn file(path: &Path) -> Option<Files> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(Files { path: path.to_owned(), mode: metadata.permissions().mode() })
}

/// Seconds until the first certificate of a file expires.
fn seconds_left(path: &Path) -> Result<i64, String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    let (_, pem) = parse_x509_pem(&text).map_err(|error| error.to_string())?;
    let certificate = pem.parse_x509().map_err(|error| error.to_string())?;
    let now = jiff::Timestamp::now().as_second();
    Ok(certificate.validity().not_after.timestamp().saturating_sub(now))
}
