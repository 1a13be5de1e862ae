//! Escrow's part.

use bursar_proto::escrow::v1::{
    Asset, AssetTemplate, CreateAssetRequest, CreateAssetTemplateRequest, CreateInstitutionRequest,
    Institution, NewAsset, NewAssetTemplate, NewInstitution, PolicyRules,
    SetInstitutionPolicyRequest, UpdateAssetRequest, UpdateAssetTemplateRequest,
    UpdateInstitutionRequest,
};
use bursar_testkit::{Caller, id, ok};
use prost_types::FieldMask;
use serde_json::json;

use super::{Trail, get, micros, now, payload, told_in};

/// Institutions and what they hold.
pub(super) async fn estates(trail: &mut Trail, caller: &Caller) {
    let mask = |path: &str| Some(FieldMask { paths: vec![path.into()] });
    let new = NewInstitution { code: "bank".into(), name: "A bank".into(), ..Default::default() };
    let request =
        CreateInstitutionRequest { request_id: id(), institution: Some(new), validate_only: false };
    let (made, asked) = told!(trail, "CreateInstitution" in "escrow.v1.InstitutionService", "institution.create" of "institution",
        request.request_id, |reply| reply.institution.as_ref().unwrap().id,
        caller.institutions().create_institution(request.clone()));
    let named = json!({ "code": "bank", "name": "A bank" });
    assert_eq!(asked, json!({ "request_id": request.request_id, "institution": named }));
    let institution = made.institution.unwrap().id;
    let to = Institution { id: institution.clone(), name: "B".into(), ..Default::default() };
    let request = UpdateInstitutionRequest {
        request_id: id(),
        institution: Some(to),
        update_mask: mask("name"),
        validate_only: false,
    };
    told!(trail, "UpdateInstitution" in "escrow.v1.InstitutionService", "institution.update" of "institution",
        request.request_id, |_reply| institution, caller.institutions().update_institution(request.clone()));

    let new = NewAssetTemplate {
        institution_id: institution.clone(),
        code: "house".into(),
        name: "A house".into(),
        ..Default::default()
    };
    let request = CreateAssetTemplateRequest {
        request_id: id(),
        asset_template: Some(new),
        validate_only: false,
    };
    let (made, _) = told!(trail, "CreateAssetTemplate" in "escrow.v1.AssetTemplateService", "asset_template.create" of "asset_template",
        request.request_id, |reply| reply.asset_template.as_ref().unwrap().id,
        caller.asset_templates().create_asset_template(request.clone()));
    let template = made.asset_template.unwrap().id;
    let to = AssetTemplate { id: template.clone(), name: "B".into(), ..Default::default() };
    let request = UpdateAssetTemplateRequest {
        request_id: id(),
        asset_template: Some(to),
        update_mask: mask("name"),
        validate_only: false,
    };
    told!(trail, "UpdateAssetTemplate" in "escrow.v1.AssetTemplateService", "asset_template.update" of "asset_template",
        request.request_id, |_reply| template, caller.asset_templates().update_asset_template(request.clone()));

    let new = NewAsset {
        institution_id: institution.clone(),
        template_id: template,
        label: "1 High Street".into(),
        ..Default::default()
    };
    let request = CreateAssetRequest { request_id: id(), asset: Some(new), validate_only: false };
    let (made, _) = told!(trail, "CreateAsset" in "escrow.v1.AssetService", "escrow_asset.create" of "escrow_asset",
        request.request_id, |reply| reply.asset.as_ref().unwrap().id,
        caller.escrow_assets().create_asset(request.clone()));
    let asset = made.asset.unwrap().id;
    let to = Asset { id: asset.clone(), label: "B".into(), ..Default::default() };
    let request = UpdateAssetRequest {
        request_id: id(),
        asset: Some(to),
        update_mask: mask("label"),
        validate_only: false,
    };
    told!(trail, "UpdateAsset" in "escrow.v1.AssetService", "escrow_asset.update" of "escrow_asset",
        request.request_id, |_reply| asset, caller.escrow_assets().update_asset(request.clone()));

    let request = SetInstitutionPolicyRequest {
        request_id: id(),
        institution_id: institution.clone(),
        region: "eu".into(),
        rules: Some(PolicyRules { four_eyes: true, ..Default::default() }),
        ..Default::default()
    };
    told!(trail, "SetInstitutionPolicy" in "escrow.v1.PolicyService", "institution_policy.set" of "institution_policy",
        request.request_id, |_reply| format!("{institution}/eu"),
        caller.policies().set_institution_policy(request.clone()));
}
