//! A new key as a Kubernetes Secret, ready to be sealed by kubeseal or SOPS. Written as JSON, which is YAML too.

use super::failure::Failure;
use super::output::Out;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Longest name of a Secret, in characters.
const MAX_NAME_CHARS: usize = 253;
/// Longest name of a namespace, in characters.
const MAX_NAMESPACE_CHARS: usize = 63;
/// Longest name made of a label, in characters: longer ones are unwieldy.
const MADE_NAME_CHARS: usize = 63;

/// `--manifest` of the commands that make a key.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write the key as a Kubernetes Secret (a manifest in JSON) to this file, readable by its owner only, or to
    /// stdout when no file or `-` is given; the key is then shown nowhere else
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", conflicts_with = "key_file")]
    manifest: Option<PathBuf>,
    /// Name of the Secret; made of the name or label when not given
    #[arg(long, value_name = "NAME", requires = "manifest", value_parser = secret_name)]
    manifest_name: Option<String>,
    /// Namespace of the Secret; none when not given
    #[arg(long, value_name = "NAME", requires = "manifest", value_parser = namespace_name)]
    namespace: Option<String>,
    /// BURSAR_URL in the Secret, as the cluster reaches the server; that of this command when not given
    #[arg(long, value_name = "URL", requires = "manifest", value_parser = url)]
    manifest_url: Option<String>,
    /// Overwrite the manifest's file
    #[arg(long = "force", id = "force_manifest", requires = "manifest")]
    force: bool,
}

/// Whose key it is.
pub(super) struct Subject<'a> {
    /// The tenant (UUID).
    pub(super) tenant_id: &'a str,
    /// The key (UUID).
    pub(super) key_id: &'a str,
    /// What people call it: the Secret's name is made of it.
    pub(super) label: &'a str,
    /// What the command itself calls.
    pub(super) url: &'a str,
}

impl Args {
    /// Whether a manifest is wanted.
    pub(super) fn wanted(&self) -> bool {
        self.manifest.is_some()
    }

    /// Fails when the file cannot be written: asked before there is a key that would be lost.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Some(file) = self.file() else { return Ok(()) };
        if file.exists() && !self.force {
            return Err(Failure::usage(format!(
                "{} is there already; add --force to overwrite it, or name another file",
                file.display()
            )));
        }
        // In the directory itself, because rights on it are not all that decides.
        tempfile::tempfile_in(directory(file)).map(drop).map_err(|e| {
            Failure::usage(format!("cannot write to {}: {e}; name another file", file.display()))
        })
    }

    /// Writes the manifest of a key that was just made, and shows the rest of the reply, which holds no key.
    pub(super) fn hand_over(
        &self,
        out: Out,
        mut shown: Value,
        subject: &Subject<'_>,
        key: String,
        replayed: bool,
    ) -> Result<(), Failure> {
        if replayed {
            return Err(Failure::failed(format!(
                "this request made its key before, and a key is shown once: there is nothing to write; \
                 `bursar key rotate {} --manifest` makes another",
                subject.key_id
            )));
        }
        let text = format!("{:#}", self.secret(subject, &key));
        let Some(file) = self.file() else { return out.raw(&text) };
        if let Err(e) = self.write(file, &text) {
            // The key exists now and is shown nowhere else: printing it beats losing it.
            shown["key"] = key.into();
            out.object(&shown)?;
            return Err(Failure::failed(format!("cannot write {}: {e}", file.display())));
        }
        shown["manifest"] = file.display().to_string().into();
        out.object(&shown)
    }

    /// The file, when it is not stdout.
    fn file(&self) -> Option<&Path> {
        self.manifest.as_deref().filter(|file| *file != Path::new("-"))
    }

    fn secret(&self, subject: &Subject<'_>, key: &str) -> Value {
        let name = self.manifest_name.clone().unwrap_or_else(|| made_name(subject));
        let mut metadata = json!({
            "name": name,
            "labels": {"app.kubernetes.io/part-of": "bursar"},
            "annotations": {
                "bursar.dev/tenant-id": subject.tenant_id,
                "bursar.dev/key-id": subject.key_id,
            },
        });
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = namespace.clone().into();
        }
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "Opaque",
            "stringData": {
                "BURSAR_API_KEY": key,
                "BURSAR_URL": self.manifest_url.as_deref().unwrap_or(subject.url),
            },
        })
    }

    fn write(&self, path: &Path, text: &str) -> std::io::Result<()> {
        let mut file = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o600))
            .tempfile_in(directory(path))?;
        writeln!(file, "{text}")?;
        file.as_file().sync_all()?;
        let persisted = if self.force { file.persist(path) } else { file.persist_noclobber(path) };
        persisted.map(drop).map_err(|e| e.error)
    }
}

fn directory(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `bursar-` with what Kubernetes takes of the label; the key's id when that is nothing.
fn made_name(subject: &Subject<'_>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = subject.label.chars().map(plain).collect();
    let words: Vec<_> = text.split('-').filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    if name.is_empty() {
        subject.key_id.clone_into(&mut name);
    }
    let mut name = format!("bursar-{name}");
    name.truncate(MADE_NAME_CHARS);
    name.trim_end_matches('-').to_owned()
}

fn secret_name(text: &str) -> Result<String, String> {
    if text.len() <= MAX_NAME_CHARS && text.split('.').all(is_label) {
        return Ok(text.to_owned());
    }
    Err("a Secret's name is lower-case letters, digits, '-' and '.', first and last a letter or digit".into())
}

fn namespace_name(text: &str) -> Result<String, String> {
    if text.len() <= MAX_NAMESPACE_CHARS && is_label(text) {
        return Ok(text.to_owned());
    }
    Err("a namespace is at most 63 lower-case letters, digits and '-', first and last a letter or digit".into())
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn url(text: &str) -> Result<String, String> {
    let uri = text.parse::<http::Uri>().ok();
    let scheme = uri.as_ref().and_then(http::Uri::scheme_str);
    match scheme {
        Some("http" | "https") => Ok(text.to_owned()),
        _ => Err("give an address such as https://bursar.example.com".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(label: &str) -> String {
        let key_id = "01890a5d-ac96-774b-bcce-b302099a8057";
        made_name(&Subject { tenant_id: "", key_id, label, url: "" })
    }

    #[test]
    fn names_are_what_kubernetes_takes() {
        assert_eq!(made("Example Ltd."), "bursar-example-ltd");
        assert_eq!(made("Příklad s.r.o."), "bursar-p-klad-s-r-o");
        assert_eq!(made("例"), "bursar-01890a5d-ac96-774b-bcce-b302099a8057");
        assert_eq!(made(&"x".repeat(300)).len(), MADE_NAME_CHARS);
        for name in [made("Example Ltd."), made("例"), made(&"a b".repeat(100))] {
            assert_eq!(secret_name(&name), Ok(name.clone()));
        }
        for wrong in ["", "-a", "a-", "A", "a..b", "a_b"] {
            assert!(secret_name(wrong).is_err(), "{wrong}");
        }
        assert!(namespace_name("pay").is_ok() && namespace_name("pay.ments").is_err());
    }
}
