//! Package `bursar.admin.v1`: the server, tenants and API keys.

mod api_key;
mod convert_tenant;
mod server;
mod tenant;

pub(crate) use api_key::ApiKeys;
pub(crate) use server::Servers;
pub(crate) use tenant::Tenants;

use bursar_domain::ids::KeyId;
use bursar_domain::key::ApiKeyText;
use bursar_domain::{Error, Result};

/// A new key from the operating system's randomness.
fn new_key() -> Result<ApiKeyText> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Internal(format!("no random bytes: {error}")))?;
    Ok(ApiKeyText::new(KeyId::generate(), random))
}
