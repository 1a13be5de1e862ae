//! Institutions: what callers ask for, and what they get to see.

use bursar_domain::Result;
use bursar_domain::escrow::{Institution, InstitutionChanges, InstitutionFilter, NewInstitution};
use bursar_domain::ids::InstitutionId;
use bursar_domain::limits::{MAX_INSTITUTION_TAGS, MAX_NAME_CHARS};
use bursar_domain::op::OpCtx;
use bursar_domain::page::PageRequest;
use bursar_proto::escrow::v1 as pb;

use super::sets::set;
use crate::call::page_request;
use crate::convert::{
    Checks, Mask, contained, etag, id, json, mask, metadata, name, new_id, optional_code,
    optional_line, present, request_id, required_code, to_timestamp,
};

/// What `UpdateInstitution` can change.
const CHANGEABLE: &[&str] = &["code", "name", "regions", "verticals", "metadata"];

/// The institution of `CreateInstitution`.
pub(super) fn new(m: &pb::CreateInstitutionRequest) -> Result<NewInstitution> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let new = checks.take(present("institution", m.institution.as_ref()));
    let new = new.and_then(|new| checks.take_within("institution.", new_institution(new)));
    checks.finish(|| new)
}

fn new_institution(m: &pb::NewInstitution) -> Result<NewInstitution> {
    let mut checks = Checks::new();
    let id = checks.take(new_id("id", &m.id, InstitutionId::generate));
    let code = checks.take(required_code("code", &m.code));
    let name = checks.take(name("name", &m.name, MAX_NAME_CHARS));
    let regions = checks.take(tags("regions", &m.regions));
    let verticals = checks.take(tags("verticals", &m.verticals));
    let metadata = checks.take(json("metadata", m.metadata.as_ref()));
    checks.finish(|| {
        Some(NewInstitution {
            id: id?,
            code: code?,
            name: name?,
            regions: regions?,
            verticals: verticals?,
            metadata: metadata?,
        })
    })
}

fn tags(field: &str, values: &[String]) -> Result<Vec<String>> {
    set(field, values, MAX_INSTITUTION_TAGS, |field, value| required_code(field, value))
}

/// The institution, the revision that was read, and what to change.
pub(super) fn update(
    m: &pb::UpdateInstitutionRequest,
) -> Result<(InstitutionId, Option<i64>, InstitutionChanges)> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let mask = checks.take(mask("update_mask", m.update_mask.as_ref(), CHANGEABLE));
    let Some(to) = checks.take(present("institution", m.institution.as_ref())) else {
        return checks.finish(|| None);
    };
    let id = checks.take(id("institution.id", &to.id));
    let revision = checks.take(etag("institution.etag", &to.etag));
    let changes = mask.and_then(|mask| checks.take_within("institution.", changes(to, &mask)));
    checks.finish(|| Some((id?, revision?, changes?)))
}

fn changes(m: &pb::Institution, mask: &Mask) -> Result<InstitutionChanges> {
    let mut checks = Checks::new();
    let mut changes = InstitutionChanges::default();
    if mask.has("code") {
        changes.code = checks.take(required_code("code", &m.code));
    }
    if mask.has("name") {
        changes.name = checks.take(name("name", &m.name, MAX_NAME_CHARS));
    }
    if mask.has("regions") {
        changes.regions = checks.take(tags("regions", &m.regions));
    }
    if mask.has("verticals") {
        changes.verticals = checks.take(tags("verticals", &m.verticals));
    }
    if mask.has("metadata") {
        changes.metadata = checks.take(json("metadata", m.metadata.as_ref()));
    }
    checks.finish(|| Some(changes))
}

/// Which institutions, and which page of them.
pub(super) fn list(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListInstitutionsRequest,
) -> Result<(InstitutionFilter, PageRequest)> {
    let mut checks = Checks::new();
    let none = pb::InstitutionFilter::default();
    let filter = checks.take_within("filter.", filter(m.filter.as_ref().unwrap_or(&none)));
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 1));
    checks.finish(|| Some((filter?, page?)))
}

fn filter(m: &pb::InstitutionFilter) -> Result<InstitutionFilter> {
    let mut checks = Checks::new();
    let code = checks.take(optional_code("code", &m.code));
    let name = checks.take(optional_line("name", &m.name, MAX_NAME_CHARS));
    let region = checks.take(optional_code("region", &m.region));
    let vertical = checks.take(optional_code("vertical", &m.vertical));
    let metadata = checks.take(contained("metadata", m.metadata.as_ref()));
    checks.finish(|| {
        Some(InstitutionFilter {
            code: code?,
            name: name?,
            region: region?,
            vertical: vertical?,
            metadata: metadata?,
        })
    })
}

/// An institution.
pub(super) fn to_wire(institution: &Institution) -> pb::Institution {
    pb::Institution {
        id: institution.id.to_string(),
        code: institution.code.clone(),
        name: institution.name.clone(),
        regions: institution.regions.clone(),
        verticals: institution.verticals.clone(),
        metadata: metadata(&institution.metadata),
        etag: institution.revision.to_string(),
        created_at: Some(to_timestamp(institution.created_at)),
        updated_at: Some(to_timestamp(institution.updated_at)),
    }
}
