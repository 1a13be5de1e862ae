//! Asset templates: what callers ask for, and what they get to see.

use bursar_domain::escrow::{
    AssetTemplate, AssetTemplateChanges, AssetTemplateFilter, Life, NewAssetTemplate,
};
use bursar_domain::ids::AssetTemplateId;
use bursar_domain::json::Json;
use bursar_domain::limits::MAX_NAME_CHARS;
use bursar_domain::op::OpCtx;
use bursar_domain::page::PageRequest;
use bursar_domain::{Error, Result};
use bursar_proto::escrow::v1 as pb;
use prost_types::Struct;

use crate::call::page_request;
use crate::convert::{
    Checks, Mask, code, contained, etag, id, json, mask, metadata, name, new_id, optional_code,
    optional_id, optional_line, present, request_id, required_code, to_timestamp,
};

/// What `UpdateAssetTemplate` can change.
const CHANGEABLE: &[&str] = &["code", "name", "vertical", "region", "config"];

/// The template of `CreateAssetTemplate`.
pub(super) fn new(m: &pb::CreateAssetTemplateRequest) -> Result<NewAssetTemplate> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let new = checks.take(present("asset_template", m.asset_template.as_ref()));
    let new = new.and_then(|new| checks.take_within("asset_template.", new_template(new)));
    checks.finish(|| new)
}

fn new_template(m: &pb::NewAssetTemplate) -> Result<NewAssetTemplate> {
    let mut checks = Checks::new();
    let own = checks.take(new_id("id", &m.id, AssetTemplateId::generate));
    let institution = checks.take(id("institution_id", &m.institution_id));
    let required = checks.take(required_code("code", &m.code));
    let name = checks.take(name("name", &m.name, MAX_NAME_CHARS));
    let vertical = checks.take(code("vertical", &m.vertical));
    let region = checks.take(code("region", &m.region));
    let config = checks.take(config(m.config.as_ref()));
    checks.finish(|| {
        Some(NewAssetTemplate {
            id: own?,
            institution: institution?,
            code: required?,
            name: name?,
            vertical: vertical?,
            region: region?,
            config: config?,
        })
    })
}

/// An object whose `transitions`, if it has any, narrow the life of its positions.
fn config(given: Option<&Struct>) -> Result<Json> {
    let config = json("config", given)?;
    Life::of(&config).map_err(|error| Error::invalid("config", error))?;
    Ok(config)
}

/// The template, the revision that was read, and what to change.
pub(super) fn update(
    m: &pb::UpdateAssetTemplateRequest,
) -> Result<(AssetTemplateId, Option<i64>, AssetTemplateChanges)> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let mask = checks.take(mask("update_mask", m.update_mask.as_ref(), CHANGEABLE));
    let Some(to) = checks.take(present("asset_template", m.asset_template.as_ref())) else {
        return checks.finish(|| None);
    };
    let id = checks.take(id("asset_template.id", &to.id));
    let revision = checks.take(etag("asset_template.etag", &to.etag));
    let changes = mask.and_then(|mask| checks.take_within("asset_template.", changes(to, &mask)));
    checks.finish(|| Some((id?, revision?, changes?)))
}

fn changes(m: &pb::AssetTemplate, mask: &Mask) -> Result<AssetTemplateChanges> {
    let mut checks = Checks::new();
    let mut changes = AssetTemplateChanges::default();
    if mask.has("code") {
        changes.code = checks.take(required_code("code", &m.code));
    }
    if mask.has("name") {
        changes.name = checks.take(name("name", &m.name, MAX_NAME_CHARS));
    }
    if mask.has("vertical") {
        changes.vertical = checks.take(code("vertical", &m.vertical));
    }
    if mask.has("region") {
        changes.region = checks.take(code("region", &m.region));
    }
    if mask.has("config") {
        changes.config = checks.take(config(m.config.as_ref()));
    }
    checks.finish(|| Some(changes))
}

/// Which templates, and which page of them.
pub(super) fn list(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListAssetTemplatesRequest,
) -> Result<(AssetTemplateFilter, PageRequest)> {
    let mut checks = Checks::new();
    let none = pb::AssetTemplateFilter::default();
    let filter = checks.take_within("filter.", filter(m.filter.as_ref().unwrap_or(&none)));
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 1));
    checks.finish(|| Some((filter?, page?)))
}

fn filter(m: &pb::AssetTemplateFilter) -> Result<AssetTemplateFilter> {
    let mut checks = Checks::new();
    let institution = checks.take(optional_id("institution_id", &m.institution_id));
    let code = checks.take(optional_code("code", &m.code));
    let name = checks.take(optional_line("name", &m.name, MAX_NAME_CHARS));
    let vertical = checks.take(optional_code("vertical", &m.vertical));
    let region = checks.take(optional_code("region", &m.region));
    let config = checks.take(contained("config", m.config.as_ref()));
    checks.finish(|| {
        Some(AssetTemplateFilter {
            institution: institution?,
            code: code?,
            name: name?,
            vertical: vertical?,
            region: region?,
            config: config?,
        })
    })
}

/// A template.
pub(super) fn to_wire(template: &AssetTemplate) -> pb::AssetTemplate {
    pb::AssetTemplate {
        id: template.id.to_string(),
        institution_id: template.institution.to_string(),
        code: template.code.clone(),
        name: template.name.clone(),
        vertical: template.vertical.clone(),
        region: template.region.clone(),
        config: metadata(&template.config),
        etag: template.revision.to_string(),
        created_at: Some(to_timestamp(template.created_at)),
        updated_at: Some(to_timestamp(template.updated_at)),
    }
}
