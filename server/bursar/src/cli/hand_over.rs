//! A new key's text goes to its owner once: shown, into a file, or into a manifest.

use super::client::Client;
use super::failure::Failure;
use super::manifest::{self, Subject};
use super::output::Out;
use crate::files::write_private;
use bursar_proto::admin::v1::{ApiKey, WhoAmIRequest};
use serde_json::Value;
use std::path::Path;

/// A key that was just made.
pub(super) struct Made {
    /// Its record.
    pub(super) key: ApiKey,
    /// Its text.
    pub(super) text: String,
    /// Whether an earlier call made it, so that there is no text.
    pub(super) replayed: bool,
}

/// Shows a new key, or writes it where it was asked for.
pub(super) async fn give(
    out: Out,
    client: &Client,
    shown: Value,
    made: Made,
    key_file: Option<&Path>,
    manifest: &manifest::Args,
    url: &str,
) -> Result<(), Failure> {
    if !manifest.wanted() {
        return hand_over(out, shown, made.text, key_file, made.replayed);
    }
    // A key's record does not name its tenant. The key itself must not be lost for that.
    let who = client.server().who_am_i(WhoAmIRequest {}).await;
    let tenant_id = who.map(|who| who.into_inner().tenant_id).unwrap_or_default();
    let subject =
        Subject { tenant_id: &tenant_id, key_id: &made.key.id, label: &made.key.label, url };
    manifest.hand_over(out, shown, &subject, made.text, made.replayed)
}

/// Shows a new key's record with its text, or writes the text to its file and shows the file's name.
pub(super) fn hand_over(
    out: Out,
    mut shown: Value,
    key: String,
    file: Option<&Path>,
    replayed: bool,
) -> Result<(), Failure> {
    let mut failed = None;
    if replayed {
        // The server keeps no secret, so a replay cannot show it again.
        shown["replayed"] = true.into();
    } else if let Some(file) = file {
        if let Err(e) = write_private(file, &key) {
            // The key exists now and is shown nowhere else: printing it beats losing it.
            shown["key"] = key.into();
            failed = Some(Failure::failed(format!("{e}; the key was printed instead")));
        } else {
            shown["key_file"] = file.display().to_string().into();
        }
    } else {
        shown["key"] = key.into();
    }
    out.object(&shown)?;
    failed.map_or(Ok(()), Err)
}
