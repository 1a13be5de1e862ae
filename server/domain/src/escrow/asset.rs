//! Assets: the single things that positions are held for.

use jiff::Timestamp;

use crate::ids::{AssetTemplateId, EscrowAssetId, InstitutionId};
use crate::json::Json;

/// What an asset is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAsset {
    /// Its id.
    pub id: EscrowAssetId,
    /// Its institution.
    pub institution: InstitutionId,
    /// Its template, one of the institution.
    pub template: AssetTemplateId,
    /// Its name for people.
    pub label: String,
    /// The caller's attributes.
    pub metadata: Json,
}

/// An asset as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Its id.
    pub id: EscrowAssetId,
    /// Its institution.
    pub institution: InstitutionId,
    /// Its template, one of the institution.
    pub template: AssetTemplateId,
    /// Its name for people.
    pub label: String,
    /// The caller's attributes.
    pub metadata: Json,
    /// How often it changed: the etag.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Attributes to change; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetChanges {
    /// Its name for people.
    pub label: Option<String>,
    /// The caller's attributes.
    pub metadata: Option<Json>,
}

impl AssetChanges {
    /// Makes the changes.
    pub fn apply(self, to: &mut Asset) {
        to.label = self.label.unwrap_or_else(|| std::mem::take(&mut to.label));
        if let Some(metadata) = self.metadata {
            to.metadata = metadata;
        }
    }
}

/// Which assets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetFilter {
    /// Of this institution.
    pub institution: Option<InstitutionId>,
    /// Of this template.
    pub template: Option<AssetTemplateId>,
    /// With this label.
    pub label: Option<String>,
    /// Whose attributes contain these.
    pub metadata: Option<Json>,
}
