//! `bursar key`: API keys of the caller's tenant.

use super::client::{Client, RequestId, named};
use super::failure::Failure;
use super::hand_over::{Made, give};
use super::json::{json, json_all};
use super::manifest;
use super::output::Out;
use crate::config::{Config, Purpose};
use bursar_domain::role::Role;
use bursar_proto::admin::v1::{
    ApiKey, ApiKeyState, CreateApiKeyRequest, GetApiKeyRequest, ListApiKeysRequest,
    RevokeApiKeyRequest, RotateApiKeyRequest,
};
use bursar_proto::common::v1::Role as RoleMessage;
use clap::{Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use uuid::Uuid;

const MESSAGE: &str = "bursar.admin.v1.ApiKey";

/// Manage API keys of the tenant whose key is presented
///
/// Needs an admin's key, or one of the platform for the platform's own keys. A key belongs to one tenant and one role;
/// only a keyed hash of it is stored, so that its text is shown once, when it is made.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key; its text is shown this once
    ///
    /// Needs an admin's key; a key cannot make one of a role above its own. Give every service a key of its own, with
    /// the least role that does: viewer reads, operator moves money, admin manages limits, assets and keys, auditor
    /// reads the audit trail. The text is printed, written to a file, or put into a Kubernetes Secret.
    #[command(
        after_help = "Example:\n  bursar key create --role operator --label 'payment service' --key-file payment.key"
    )]
    Create {
        /// What it may do: viewer, operator, admin, auditor or platform
        #[arg(long, value_parser = role)]
        role: Role,
        /// What it is for
        #[arg(long)]
        label: String,
        /// Narrow it to this institution
        #[arg(long, value_name = "UUID")]
        institution: Option<Uuid>,
        /// When it stops working, such as 2027-01-01T00:00:00Z; never when not given
        #[arg(long, value_name = "TIME")]
        expires_at: Option<Timestamp>,
        /// Write the key to this file, readable by its owner only, instead of printing it
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        #[command(flatten)]
        manifest: manifest::Args,
        #[command(flatten)]
        request_id: RequestId,
    },
    /// List keys, oldest first
    ///
    /// Needs an admin's or an auditor's key. Shows ids, labels, roles and states of all keys that ever were; never
    /// their texts.
    #[command(after_help = "Example:\n  bursar key list --state active")]
    List {
        /// Only keys in this state
        #[arg(long, value_enum)]
        state: Option<State>,
    },
    /// Show a key, without its text
    ///
    /// Needs an admin's or an auditor's key. The id is part of the key's text, and `WhoAmI` tells the caller its own.
    #[command(after_help = "Example:\n  bursar key get 01890a5d-ac96-774b-bcce-b302099a8057")]
    Get {
        /// Id of the key
        id: Uuid,
    },
    /// Make a key's successor and let the old one live on for a while
    ///
    /// Needs an admin's key. The successor has the same role, label and scope. Put it into place within the overlap,
    /// after which the old key ends by itself; `bursar key revoke` ends it at once.
    #[command(
        after_help = "Example:\n  bursar key rotate 01890a5d-ac96-774b-bcce-b302099a8057 --overlap 48h --key-file new.key"
    )]
    Rotate {
        /// Id of the key
        id: Uuid,
        /// How long the old key goes on working, such as 48h, at most 720h; 24 hours when not given
        #[arg(long, value_name = "DURATION")]
        overlap: Option<SignedDuration>,
        /// When the successor stops working; never when not given
        #[arg(long, value_name = "TIME")]
        expires_at: Option<Timestamp>,
        /// Write the key to this file, readable by its owner only, instead of printing it
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        #[command(flatten)]
        manifest: manifest::Args,
        #[command(flatten)]
        request_id: RequestId,
    },
    /// End a key on every server within a second
    ///
    /// Needs an admin's key. For a key that leaked, or whose service is gone. It cannot be undone; what was done with
    /// the key stays, and the audit trail names the key.
    #[command(after_help = "Example:\n  bursar key revoke 01890a5d-ac96-774b-bcce-b302099a8057")]
    Revoke {
        /// Id of the key
        id: Uuid,
        #[command(flatten)]
        request_id: RequestId,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum State {
    Active,
    Expired,
    Revoked,
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let config = Config::from_env(Purpose::Client)?;
    let client = Client::from_config(&config).await?;
    let mut keys = client.keys();
    match command {
        Command::Create {
            role,
            label,
            institution,
            expires_at,
            key_file,
            manifest,
            request_id,
        } => {
            manifest.check()?;
            let request_id = request_id.get();
            let request = CreateApiKeyRequest {
                request_id: request_id.clone(),
                label,
                role: message(role).into(),
                institution_id: institution.map(|id| id.to_string()).unwrap_or_default(),
                expires_at: expires_at.map(time),
                validate_only: false,
            };
            let reply =
                keys.create_api_key(request).await.map_err(named(&request_id))?.into_inner();
            let key = reply.api_key.unwrap_or_default();
            let made = Made { key, text: reply.key, replayed: reply.replayed };
            let shown = json(MESSAGE, &made.key)?;
            give(out, &client, shown, made, key_file.as_deref(), &manifest, &config.url).await
        }
        Command::List { state } => {
            let mut request = ListApiKeysRequest {
                state: state.map_or(ApiKeyState::Unspecified, State::message).into(),
                ..Default::default()
            };
            let mut found = Vec::new();
            loop {
                let page = keys.list_api_keys(request.clone()).await?.into_inner();
                found.extend(page.api_keys);
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            out.table(
                &json_all(MESSAGE, &found)?,
                &["id", "label", "role", "state", "created_at", "expires_at"],
            )
        }
        Command::Get { id } => {
            let reply = keys.get_api_key(GetApiKeyRequest { id: id.to_string() }).await?;
            show(out, reply.into_inner().api_key)
        }
        Command::Rotate { id, overlap, expires_at, key_file, manifest, request_id } => {
            manifest.check()?;
            let request_id = request_id.get();
            let request = RotateApiKeyRequest {
                request_id: request_id.clone(),
                id: id.to_string(),
                overlap: overlap.map(|o| prost_types::Duration {
                    seconds: o.as_secs(),
                    nanos: o.subsec_nanos(),
                }),
                expires_at: expires_at.map(time),
            };
            let reply =
                keys.rotate_api_key(request).await.map_err(named(&request_id))?.into_inner();
            let key = reply.api_key.unwrap_or_default();
            let made = Made { key, text: reply.key, replayed: reply.replayed };
            let mut shown = json(MESSAGE, &made.key)?;
            let old = json(MESSAGE, &reply.old_api_key.unwrap_or_default())?;
            shown["old_key_expires_at"] = old["expires_at"].clone();
            give(out, &client, shown, made, key_file.as_deref(), &manifest, &config.url).await
        }
        Command::Revoke { id, request_id } => {
            let request_id = request_id.get();
            let request =
                RevokeApiKeyRequest { request_id: request_id.clone(), id: id.to_string() };
            show(
                out,
                keys.revoke_api_key(request)
                    .await
                    .map_err(named(&request_id))?
                    .into_inner()
                    .api_key,
            )
        }
    }
}

fn show(out: Out, key: Option<ApiKey>) -> Result<(), Failure> {
    out.object(&json(MESSAGE, &key.unwrap_or_default())?)
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_name(text)
        .ok_or_else(|| "give one of viewer, operator, admin, auditor, platform".to_owned())
}

fn message(role: Role) -> RoleMessage {
    match role {
        Role::Viewer => RoleMessage::Viewer,
        Role::Operator => RoleMessage::Operator,
        Role::Admin => RoleMessage::Admin,
        Role::Auditor => RoleMessage::Auditor,
        Role::Platform => RoleMessage::Platform,
    }
}

fn time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

impl State {
    fn message(self) -> ApiKeyState {
        match self {
            Self::Active => ApiKeyState::Active,
            Self::Expired => ApiKeyState::Expired,
            Self::Revoked => ApiKeyState::Revoked,
        }
    }
}
