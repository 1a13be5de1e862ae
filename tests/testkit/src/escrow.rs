//! Institutions with what they hold, as tests need them.

use bursar_proto::admin::v1::CreateApiKeyRequest;
use bursar_proto::common::v1::Role;
use bursar_proto::escrow::v1::{
    Asset, AssetTemplate, CreateAssetRequest, CreateAssetTemplateRequest, CreateInstitutionRequest,
    Institution, NewAsset, NewAssetTemplate, NewInstitution,
};

use crate::answers::ok;
use crate::caller::Caller;
use crate::ledger::id;
use crate::server::TestTenant;

/// An institution with one template and one asset.
#[derive(Debug, Clone)]
pub struct Estate {
    /// The institution.
    pub institution: Institution,
    /// Its template.
    pub template: AssetTemplate,
    /// An asset of that template.
    pub asset: Asset,
}

/// A new institution with that code.
pub async fn institution(admin: &Caller, code: &str) -> Institution {
    let new =
        NewInstitution { code: code.into(), name: "An institution".into(), ..Default::default() };
    let request =
        CreateInstitutionRequest { request_id: id(), institution: Some(new), validate_only: false };
    ok(admin.institutions().create_institution(request).await).institution.unwrap()
}

/// A new institution with that code, a template of the region `eu` without any config, and an asset.
pub async fn estate(admin: &Caller, code: &str) -> Estate {
    let institution = institution(admin, code).await;
    let new = NewAssetTemplate {
        institution_id: institution.id.clone(),
        code: "house".into(),
        name: "A house".into(),
        vertical: "property".into(),
        region: "eu".into(),
        ..Default::default()
    };
    let request = CreateAssetTemplateRequest {
        request_id: id(),
        asset_template: Some(new),
        validate_only: false,
    };
    let template = ok(admin.asset_templates().create_asset_template(request).await);
    let template = template.asset_template.unwrap();
    let new = NewAsset {
        institution_id: institution.id.clone(),
        template_id: template.id.clone(),
        label: "1 High Street".into(),
        ..Default::default()
    };
    let request = CreateAssetRequest { request_id: id(), asset: Some(new), validate_only: false };
    let asset = ok(admin.escrow_assets().create_asset(request).await).asset.unwrap();
    Estate { institution, template, asset }
}

/// A key of that role, narrowed to an institution.
pub async fn narrowed(tenant: &TestTenant, role: Role, institution_id: &str) -> Caller {
    let request =
        CreateApiKeyRequest { institution_id: institution_id.into(), ..Default::default() };
    let made = tenant.admin.make_key(role, request).await;
    tenant.admin.with_key(&made.key)
}
