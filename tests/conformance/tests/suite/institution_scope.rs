//! A key narrowed to one institution sees and changes that one's rows alone: in every service, and in the database
//! itself, whatever the service believes.

use bursar_proto::common::v1::Role;
use bursar_proto::escrow::v1::{
    Asset, AssetFilter, AssetTemplate, AssetTemplateFilter, CreateAssetRequest,
    CreateAssetTemplateRequest, CreateInstitutionRequest, GetAssetRequest, GetAssetTemplateRequest,
    GetInstitutionPolicyRequest, GetInstitutionRequest, Institution, InstitutionFilter,
    InstitutionPolicyFilter, ListAssetTemplatesRequest, ListAssetsRequest,
    ListInstitutionPoliciesRequest, ListInstitutionPolicyChangesRequest, ListInstitutionsRequest,
    NewAsset, NewAssetTemplate, NewInstitution, PolicyRules, SetInstitutionPolicyRequest,
    UpdateAssetRequest, UpdateAssetTemplateRequest, UpdateInstitutionRequest,
};
use bursar_testkit::{
    Caller, Estate, Server, TestTenant, assert_hidden, attributes, estate, events, id, invalid,
    narrowed, ok, refused, tenant_role,
};
use prost_types::FieldMask;
use serde_json::json;
use tonic::Code;

fn mask(path: &str) -> FieldMask {
    FieldMask { paths: vec![path.into()] }
}

fn set(institution: &str) -> SetInstitutionPolicyRequest {
    SetInstitutionPolicyRequest {
        request_id: id(),
        institution_id: institution.into(),
        region: "eu".into(),
        rules: Some(PolicyRules::default()),
        ..Default::default()
    }
}

/// Two institutions with all that they can have, and an admin's key narrowed to the first.
async fn two(server: &Server) -> (TestTenant, Estate, Estate, Caller) {
    let tenant = server.tenant().await;
    let (own, other) = (estate(&tenant.admin, "own").await, estate(&tenant.admin, "other").await);
    for estate in [&own, &other] {
        ok(tenant.admin.policies().set_institution_policy(set(&estate.institution.id)).await);
    }
    let key = narrowed(&tenant, Role::Admin, &own.institution.id).await;
    (tenant, own, other, key)
}

#[tokio::test]
async fn institutions() {
    let server = Server::start().await;
    let (tenant, own, other, key) = two(&server).await;
    let service = || key.institutions();
    let absent = id();
    let get =
        async |id: &str| service().get_institution(GetInstitutionRequest { id: id.into() }).await;
    assert_eq!(ok(get(&own.institution.id).await).institution, Some(own.institution.clone()));
    let foreign = other.institution.id.as_str();
    assert_hidden((get(foreign).await, foreign), (get(&absent).await, &absent));
    let named = |name: &str| InstitutionFilter { name: name.into(), ..Default::default() };
    for filter in [None, Some(named("An institution"))] {
        let request = ListInstitutionsRequest { filter, ..Default::default() };
        let listed = ok(service().list_institutions(request).await).institutions;
        assert_eq!(listed, std::slice::from_ref(&own.institution));
    }
    for filter in [
        InstitutionFilter { code: "other".into(), ..Default::default() },
        InstitutionFilter { metadata: attributes(json!({ "n": 1 })), ..Default::default() },
    ] {
        let request = ListInstitutionsRequest { filter: Some(filter), ..Default::default() };
        assert_eq!(ok(service().list_institutions(request).await).institutions, []);
    }
    let rename = async |id_of: &str| {
        let to = Institution { id: id_of.into(), name: "renamed".into(), ..Default::default() };
        let request = UpdateInstitutionRequest {
            request_id: id(),
            institution: Some(to),
            update_mask: Some(mask("name")),
            validate_only: false,
        };
        service().update_institution(request).await
    };
    assert_hidden((rename(foreign).await, foreign), (rename(&absent).await, &absent));
    assert_eq!(ok(rename(&own.institution.id).await).institution.unwrap().name, "renamed");
    // What it did names the institution it is narrowed to.
    let event = events(&tenant, "institution", &own.institution.id).await.remove(0);
    assert_eq!(
        (event.action.as_str(), &event.institution_id),
        ("institution.update", &own.institution.id)
    );
    // A new institution is beyond one.
    let new = NewInstitution { code: "new".into(), name: "New".into(), ..Default::default() };
    let request =
        CreateInstitutionRequest { request_id: id(), institution: Some(new), validate_only: false };
    let outcome = service().create_institution(request).await;
    refused(outcome, Code::PermissionDenied, "PERMISSION_MISSING");
    let request = GetInstitutionRequest { id: foreign.into() };
    let whole = tenant.viewer.institutions().get_institution(request).await;
    assert_eq!(ok(whole).institution, Some(other.institution));
}

#[tokio::test]
async fn asset_templates() {
    let server = Server::start().await;
    let (tenant, own, other, key) = two(&server).await;
    let service = || key.asset_templates();
    let (absent, foreign) = (id(), other.template.id.as_str());
    let get = async |id: &str| {
        service().get_asset_template(GetAssetTemplateRequest { id: id.into() }).await
    };
    assert_eq!(ok(get(&own.template.id).await).asset_template, Some(own.template.clone()));
    assert_hidden((get(foreign).await, foreign), (get(&absent).await, &absent));
    let institution_id = other.institution.id.clone();
    for (filter, wanted) in [
        (AssetTemplateFilter::default(), 1),
        (AssetTemplateFilter { code: "house".into(), ..Default::default() }, 1),
        (AssetTemplateFilter { vertical: "property".into(), ..Default::default() }, 1),
        (AssetTemplateFilter { institution_id, ..Default::default() }, 0),
    ] {
        let request = ListAssetTemplatesRequest { filter: Some(filter), ..Default::default() };
        let listed = ok(service().list_asset_templates(request).await).asset_templates;
        assert_eq!(listed, vec![own.template.clone(); wanted]);
    }
    let create = async |institution: &str| {
        let new = NewAssetTemplate {
            institution_id: institution.into(),
            code: "flat".into(),
            name: "A flat".into(),
            config: attributes(json!({ "n": 1 })),
            ..Default::default()
        };
        let request = CreateAssetTemplateRequest {
            request_id: id(),
            asset_template: Some(new),
            validate_only: false,
        };
        service().create_asset_template(request).await
    };
    invalid(create(&other.institution.id).await, &["asset_template.institution_id"]);
    let made = ok(create(&own.institution.id).await).asset_template.unwrap();
    let update = async |id_of: &str, config| {
        let to = AssetTemplate { id: id_of.into(), config, ..Default::default() };
        let request = UpdateAssetTemplateRequest {
            request_id: id(),
            asset_template: Some(to),
            update_mask: Some(mask("config")),
            validate_only: false,
        };
        (&key, &tenant.admin, request)
    };
    let (key, whole, request) = update(foreign, attributes(json!({ "n": 1 }))).await;
    let outcome = key.asset_templates().update_asset_template(request.clone()).await;
    refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
    // The other institution's has the same config now: the search meets both, and shows one.
    ok(whole.asset_templates().update_asset_template(request).await);
    let filter =
        Some(AssetTemplateFilter { config: attributes(json!({ "n": 1 })), ..Default::default() });
    let request = ListAssetTemplatesRequest { filter, ..Default::default() };
    let listed = async |caller: &Caller| {
        ok(caller.asset_templates().list_asset_templates(request.clone()).await).asset_templates
    };
    assert_eq!(listed(key).await, [made]);
    assert_eq!(listed(&tenant.viewer).await.len(), 2);
}

#[tokio::test]
async fn assets() {
    let server = Server::start().await;
    let (tenant, own, other, key) = two(&server).await;
    let service = || key.escrow_assets();
    let (absent, foreign) = (id(), other.asset.id.as_str());
    let get = async |id: &str| service().get_asset(GetAssetRequest { id: id.into() }).await;
    assert_eq!(ok(get(&own.asset.id).await).asset, Some(own.asset.clone()));
    assert_hidden((get(foreign).await, foreign), (get(&absent).await, &absent));
    let template_id = other.template.id.clone();
    for (filter, wanted) in [
        (AssetFilter::default(), 1),
        (AssetFilter { label: "1 High Street".into(), ..Default::default() }, 1),
        (AssetFilter { template_id, ..Default::default() }, 0),
    ] {
        let request = ListAssetsRequest { filter: Some(filter), ..Default::default() };
        assert_eq!(
            ok(service().list_assets(request).await).assets,
            vec![own.asset.clone(); wanted]
        );
    }
    let create = async |of: &Estate| {
        let new = NewAsset {
            institution_id: of.institution.id.clone(),
            template_id: of.template.id.clone(),
            label: "new".into(),
            ..Default::default()
        };
        let request =
            CreateAssetRequest { request_id: id(), asset: Some(new), validate_only: false };
        service().create_asset(request).await
    };
    invalid(create(&other).await, &["asset.template_id"]);
    ok(create(&own).await);
    let update = |id_of: &str| UpdateAssetRequest {
        request_id: id(),
        asset: Some(Asset {
            id: id_of.into(),
            metadata: attributes(json!({ "n": 1 })),
            ..Default::default()
        }),
        update_mask: Some(mask("metadata")),
        validate_only: false,
    };
    let outcome = service().update_asset(update(foreign)).await;
    refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
    ok(tenant.admin.escrow_assets().update_asset(update(foreign)).await);
    ok(service().update_asset(update(&own.asset.id)).await);
    let filter =
        Some(AssetFilter { metadata: attributes(json!({ "n": 1 })), ..Default::default() });
    let request = ListAssetsRequest { filter, ..Default::default() };
    let listed = async |caller: &Caller| {
        let page = ok(caller.escrow_assets().list_assets(request.clone()).await);
        page.assets.into_iter().map(|asset| asset.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(&key).await, [own.asset.id]);
    assert_eq!(listed(&tenant.viewer).await.len(), 2);
}

#[tokio::test]
async fn policies() {
    let server = Server::start().await;
    let (_, own, other, key) = two(&server).await;
    let (own, other) = (own.institution.id, other.institution.id);
    let service = || key.policies();
    let absent = id();
    let get = async |of: &str| {
        let (institution_id, region) = (of.into(), "eu".into());
        service()
            .get_institution_policy(GetInstitutionPolicyRequest { institution_id, region })
            .await
    };
    let policy = ok(get(&own).await).policy.unwrap();
    assert_hidden((get(&other).await, &other), (get(&absent).await, &absent));
    for (institution_id, region, wanted) in [("", "", 1), ("", "eu", 1), (other.as_str(), "", 0)] {
        let filter = InstitutionPolicyFilter {
            institution_id: institution_id.into(),
            region: region.into(),
        };
        let request = ListInstitutionPoliciesRequest { filter: Some(filter), ..Default::default() };
        let listed = ok(service().list_institution_policies(request).await).policies;
        assert_eq!(listed, vec![policy.clone(); wanted]);
    }
    let changes = async |of: &str| {
        let request = ListInstitutionPolicyChangesRequest {
            institution_id: of.into(),
            region: "eu".into(),
            ..Default::default()
        };
        service().list_institution_policy_changes(request).await
    };
    assert_eq!(ok(changes(&own).await).changes.len(), 1);
    assert_hidden((changes(&other).await, &other), (changes(&absent).await, &absent));
    let put = async |of: &str| service().set_institution_policy(set(of)).await;
    assert_hidden((put(&other).await, &other), (put(&absent).await, &absent));
    ok(put(&own).await);
}

/// The tables of escrow with the column that names the institution.
async fn walled(server: &Server) -> Vec<(String, String)> {
    let query = "SELECT table_name::text, CASE table_name WHEN 'escrow_institution' THEN 'id' ELSE 'institution_id' END
                 FROM information_schema.tables WHERE table_schema = 'bursar' AND table_name LIKE 'escrow%' ORDER BY 1";
    server.database.rows(query).await.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Row-level security itself: a transaction that is narrowed reads no other institution's rows in any table, and writes
/// none, whatever statement it sends.
#[tokio::test]
async fn the_database_holds_the_wall() {
    let server = Server::start().await;
    let (tenant, own, other, _) = two(&server).await;
    let client = server.database.connect_app().await;
    let enter = format!(
        "BEGIN; SET LOCAL ROLE {}; SET LOCAL app.tenant_id = '{}'",
        tenant_role(&tenant.id),
        tenant.id
    );
    client.batch_execute(&enter).await.unwrap();
    let tables = walled(&server).await;
    assert!(tables.len() >= 6, "{tables:?}");
    let count = async |table: &str, column: &str, institution: &str| -> i64 {
        let count = format!("SELECT count(*) FROM bursar.{table} WHERE {column} = '{institution}'");
        client.query_one(&count, &[]).await.unwrap().get(0)
    };
    let (own, other) = (own.institution.id, other.institution.id);
    let (mut before, mut narrowed) = (Vec::new(), 0);
    for (table, column) in &tables {
        before.push((count(table, column, &own).await, count(table, column, &other).await));
    }
    client.batch_execute(&format!("SET LOCAL app.institution_id = '{own}'")).await.unwrap();
    for ((table, column), (mine, theirs)) in tables.iter().zip(before) {
        assert_eq!(count(table, column, &own).await, mine, "{table}");
        assert_eq!(count(table, column, &other).await, 0, "{table}");
        narrowed += theirs;
    }
    assert!(narrowed >= 5, "there was something to hide");
    for statement in [
        format!(
            "INSERT INTO bursar.escrow_institution (tenant_id, id, code, name) VALUES ('{}', gen_random_uuid(), 'x', 'x')",
            tenant.id
        ),
        format!(
            "INSERT INTO bursar.escrow_institution_tag VALUES ('{}', '{other}', 'region', 'x')",
            tenant.id
        ),
        format!(
            "INSERT INTO bursar.escrow_asset_template (tenant_id, id, institution_id, code, name)
                 VALUES ('{}', gen_random_uuid(), '{other}', 'x', 'x')",
            tenant.id
        ),
        format!(
            "INSERT INTO bursar.escrow_policy (tenant_id, institution_id, region) VALUES ('{}', '{other}', 'x')",
            tenant.id
        ),
    ] {
        client.batch_execute("SAVEPOINT before").await.unwrap();
        let refused = client.batch_execute(&statement).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().code().code(), "42501", "{statement}");
        client.batch_execute("ROLLBACK TO before").await.unwrap();
    }
    let renamed =
        client.execute("UPDATE bursar.escrow_institution SET name = 'mine'", &[]).await.unwrap();
    assert_eq!(renamed, 1);
}
