//! Assets: what callers ask for, and what they get to see.

use bursar_domain::Result;
use bursar_domain::escrow::{Asset, AssetChanges, AssetFilter, NewAsset};
use bursar_domain::ids::EscrowAssetId;
use bursar_domain::limits::MAX_NAME_CHARS;
use bursar_domain::op::OpCtx;
use bursar_domain::page::PageRequest;
use bursar_proto::escrow::v1 as pb;

use crate::call::page_request;
use crate::convert::{
    Checks, Mask, contained, etag, id, json, mask, metadata, name, new_id, optional_id,
    optional_line, present, request_id, to_timestamp,
};

/// What `UpdateAsset` can change.
const CHANGEABLE: &[&str] = &["label", "metadata"];

/// The asset of `CreateAsset`.
pub(super) fn new(m: &pb::CreateAssetRequest) -> Result<NewAsset> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let new = checks.take(present("asset", m.asset.as_ref()));
    let new = new.and_then(|new| checks.take_within("asset.", new_asset(new)));
    checks.finish(|| new)
}

fn new_asset(m: &pb::NewAsset) -> Result<NewAsset> {
    let mut checks = Checks::new();
    let own = checks.take(new_id("id", &m.id, EscrowAssetId::generate));
    let institution = checks.take(id("institution_id", &m.institution_id));
    let template = checks.take(id("template_id", &m.template_id));
    let label = checks.take(name("label", &m.label, MAX_NAME_CHARS));
    let metadata = checks.take(json("metadata", m.metadata.as_ref()));
    checks.finish(|| {
        Some(NewAsset {
            id: own?,
            institution: institution?,
            template: template?,
            label: label?,
            metadata: metadata?,
        })
    })
}

/// The asset, the revision that was read, and what to change.
pub(super) fn update(
    m: &pb::UpdateAssetRequest,
) -> Result<(EscrowAssetId, Option<i64>, AssetChanges)> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let mask = checks.take(mask("update_mask", m.update_mask.as_ref(), CHANGEABLE));
    let Some(to) = checks.take(present("asset", m.asset.as_ref())) else {
        return checks.finish(|| None);
    };
    let id = checks.take(id("asset.id", &to.id));
    let revision = checks.take(etag("asset.etag", &to.etag));
    let changes = mask.and_then(|mask| checks.take_within("asset.", changes(to, &mask)));
    checks.finish(|| Some((id?, revision?, changes?)))
}

fn changes(m: &pb::Asset, mask: &Mask) -> Result<AssetChanges> {
    let mut checks = Checks::new();
    let mut changes = AssetChanges::default();
    if mask.has("label") {
        changes.label = checks.take(name("label", &m.label, MAX_NAME_CHARS));
    }
    if mask.has("metadata") {
        changes.metadata = checks.take(json("metadata", m.metadata.as_ref()));
    }
    checks.finish(|| Some(changes))
}

/// Which assets, and which page of them.
pub(super) fn list(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListAssetsRequest,
) -> Result<(AssetFilter, PageRequest)> {
    let mut checks = Checks::new();
    let none = pb::AssetFilter::default();
    let filter = checks.take_within("filter.", filter(m.filter.as_ref().unwrap_or(&none)));
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 1));
    checks.finish(|| Some((filter?, page?)))
}

fn filter(m: &pb::AssetFilter) -> Result<AssetFilter> {
    let mut checks = Checks::new();
    let institution = checks.take(optional_id("institution_id", &m.institution_id));
    let template = checks.take(optional_id("template_id", &m.template_id));
    let label = checks.take(optional_line("label", &m.label, MAX_NAME_CHARS));
    let metadata = checks.take(contained("metadata", m.metadata.as_ref()));
    checks.finish(|| {
        Some(AssetFilter {
            institution: institution?,
            template: template?,
            label: label?,
            metadata: metadata?,
        })
    })
}

/// An asset.
pub(super) fn to_wire(asset: &Asset) -> pb::Asset {
    pb::Asset {
        id: asset.id.to_string(),
        institution_id: asset.institution.to_string(),
        template_id: asset.template.to_string(),
        label: asset.label.clone(),
        metadata: metadata(&asset.metadata),
        etag: asset.revision.to_string(),
        created_at: Some(to_timestamp(asset.created_at)),
        updated_at: Some(to_timestamp(asset.updated_at)),
    }
}
