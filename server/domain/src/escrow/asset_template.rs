//! Asset templates: the kinds of asset that an institution holds.

use jiff::Timestamp;

use crate::ids::{AssetTemplateId, InstitutionId};
use crate::json::Json;

/// What an asset template is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAssetTemplate {
    /// Its id.
    pub id: AssetTemplateId,
    /// Its institution.
    pub institution: InstitutionId,
    /// The caller's code for it, unique in the institution.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// The trade it belongs to; may be empty.
    pub vertical: String,
    /// Where it is offered, which names the policy it is under; may be empty.
    pub region: String,
    /// Settings: the rules for positions in it, and the caller's own.
    pub config: Json,
}

/// An asset template as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetTemplate {
    /// Its id.
    pub id: AssetTemplateId,
    /// Its institution.
    pub institution: InstitutionId,
    /// The caller's code for it, unique in the institution.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// The trade it belongs to; may be empty.
    pub vertical: String,
    /// Where it is offered, which names the policy it is under; may be empty.
    pub region: String,
    /// Settings: the rules for positions in it, and the caller's own.
    pub config: Json,
    /// How often it changed: the etag.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Attributes to change; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetTemplateChanges {
    /// The caller's code for it.
    pub code: Option<String>,
    /// Its name for people.
    pub name: Option<String>,
    /// The trade it belongs to.
    pub vertical: Option<String>,
    /// Where it is offered.
    pub region: Option<String>,
    /// Settings.
    pub config: Option<Json>,
}

impl AssetTemplateChanges {
    /// Makes the changes.
    pub fn apply(self, to: &mut AssetTemplate) {
        to.code = self.code.unwrap_or_else(|| std::mem::take(&mut to.code));
        to.name = self.name.unwrap_or_else(|| std::mem::take(&mut to.name));
        to.vertical = self.vertical.unwrap_or_else(|| std::mem::take(&mut to.vertical));
        to.region = self.region.unwrap_or_else(|| std::mem::take(&mut to.region));
        if let Some(config) = self.config {
            to.config = config;
        }
    }
}

/// Which asset templates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetTemplateFilter {
    /// Of this institution.
    pub institution: Option<InstitutionId>,
    /// With this code.
    pub code: Option<String>,
    /// With this name.
    pub name: Option<String>,
    /// Of this vertical.
    pub vertical: Option<String>,
    /// Of this region.
    pub region: Option<String>,
    /// Whose settings contain these.
    pub config: Option<Json>,
}
