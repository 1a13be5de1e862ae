//! Institutions: who holds assets for others.

use jiff::Timestamp;

use crate::ids::InstitutionId;
use crate::json::Json;

/// What an institution is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewInstitution {
    /// Its id.
    pub id: InstitutionId,
    /// The caller's code for it, unique in the tenant.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Where it works, in order.
    pub regions: Vec<String>,
    /// The trades it works in, in order.
    pub verticals: Vec<String>,
    /// The caller's attributes.
    pub metadata: Json,
}

/// An institution as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Institution {
    /// Its id.
    pub id: InstitutionId,
    /// The caller's code for it, unique in the tenant.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Where it works, in order.
    pub regions: Vec<String>,
    /// The trades it works in, in order.
    pub verticals: Vec<String>,
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
pub struct InstitutionChanges {
    /// The caller's code for it.
    pub code: Option<String>,
    /// Its name for people.
    pub name: Option<String>,
    /// Where it works, in order.
    pub regions: Option<Vec<String>>,
    /// The trades it works in, in order.
    pub verticals: Option<Vec<String>>,
    /// The caller's attributes.
    pub metadata: Option<Json>,
}

impl InstitutionChanges {
    /// Makes the changes.
    pub fn apply(self, to: &mut Institution) {
        to.code = self.code.unwrap_or_else(|| std::mem::take(&mut to.code));
        to.name = self.name.unwrap_or_else(|| std::mem::take(&mut to.name));
        to.regions = self.regions.unwrap_or_else(|| std::mem::take(&mut to.regions));
        to.verticals = self.verticals.unwrap_or_else(|| std::mem::take(&mut to.verticals));
        if let Some(metadata) = self.metadata {
            to.metadata = metadata;
        }
    }
}

/// Which institutions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstitutionFilter {
    /// With this code.
    pub code: Option<String>,
    /// With this name.
    pub name: Option<String>,
    /// Working in this region.
    pub region: Option<String>,
    /// Working in this vertical.
    pub vertical: Option<String>,
    /// Whose attributes contain these.
    pub metadata: Option<Json>,
}
