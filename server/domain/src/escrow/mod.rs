//! Escrow: institutions, what they hold for others and by which rules, positions, their life and the money that moves with
//! it.

mod asset;
mod asset_template;
mod institution;
mod life;
mod policy;
mod position;
mod state;
mod step;

pub use asset::{Asset, AssetChanges, AssetFilter, NewAsset};
pub use asset_template::{
    AssetTemplate, AssetTemplateChanges, AssetTemplateFilter, NewAssetTemplate,
};
pub use institution::{Institution, InstitutionChanges, InstitutionFilter, NewInstitution};
pub use life::{Conditions, Life, LifeError, TRANSITIONS};
pub use policy::{
    InstitutionPolicy, InstitutionPolicyChange, InstitutionPolicyFilter, NewInstitutionPolicy,
    PolicyRules,
};
pub use position::{
    EventFilter, Holding, LedgerEvent, LedgerEventKind, NewPosition, Position, PositionEvent,
    PositionEventKind, PositionFilter, Proposal,
};
pub use state::PositionState;
pub use step::{Leg, Step, Transition, as_of, event_time, step};
