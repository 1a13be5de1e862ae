//! Asset templates.

use bursar_proto::escrow::v1::{
    AssetTemplate, AssetTemplateFilter, CreateAssetTemplateRequest, CreateAssetTemplateResponse,
    GetAssetTemplateRequest, ListAssetTemplatesRequest, NewAssetTemplate,
    UpdateAssetTemplateRequest, UpdateAssetTemplateResponse,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, attribute_number, attributes, event, events, id, institution,
    invalid, ok, refused,
};
use prost_types::FieldMask;
use serde_json::json;
use tonic::{Code, Status};

fn new(institution: &str, code: &str) -> NewAssetTemplate {
    NewAssetTemplate {
        institution_id: institution.into(),
        code: code.into(),
        name: "A house".into(),
        ..Default::default()
    }
}

fn create(new: NewAssetTemplate) -> CreateAssetTemplateRequest {
    CreateAssetTemplateRequest { request_id: id(), asset_template: Some(new), validate_only: false }
}

async fn add(admin: &Caller, new: NewAssetTemplate) -> AssetTemplate {
    let made = admin.asset_templates().create_asset_template(create(new)).await;
    ok(made).asset_template.unwrap()
}

fn update(to: AssetTemplate, paths: &[&str]) -> UpdateAssetTemplateRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateAssetTemplateRequest {
        request_id: id(),
        asset_template: Some(to),
        update_mask: Some(FieldMask { paths }),
        validate_only: false,
    }
}

async fn get(caller: &Caller, id: &str) -> Result<AssetTemplate, Status> {
    let request = GetAssetTemplateRequest { id: id.into() };
    let reply = caller.asset_templates().get_asset_template(request).await?;
    Ok(reply.into_inner().asset_template.unwrap())
}

async fn all(caller: &Caller, filter: AssetTemplateFilter, page_size: i32) -> Vec<AssetTemplate> {
    let filter = Some(filter);
    let mut request = ListAssetTemplatesRequest { filter, page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.asset_templates().list_asset_templates(request.clone()).await);
        assert!(page.asset_templates.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.asset_templates);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

mod create_asset_template {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let templates = || tenant.admin.asset_templates();
        let bank = institution(&tenant.admin, "bank").await.id;
        let request = create(NewAssetTemplate {
            vertical: "property".into(),
            region: "eu".into(),
            config: attributes(json!({ "fee": 0.5, "steps": ["a", { "b": null }] })),
            ..new(&bank, "house")
        });
        let tried = CreateAssetTemplateRequest { validate_only: true, ..request.clone() };
        let tried = ok(templates().create_asset_template(tried).await).asset_template.unwrap();
        refused(get(&tenant.viewer, &tried.id).await, Code::NotFound, "RESOURCE_NOT_FOUND");

        let first = ok(templates().create_asset_template(request.clone()).await);
        let made = first.asset_template.clone().unwrap();
        let asked = request.asset_template.clone().unwrap();
        assert_eq!(
            (&made.institution_id, &made.code, &made.name),
            (&bank, &asked.code, &asked.name)
        );
        assert_eq!(
            (&made.vertical, &made.region, &made.config),
            (&asked.vertical, &asked.region, &asked.config)
        );
        assert_eq!(get(&tenant.viewer, &made.id).await.unwrap(), made);
        let again = ok(templates().create_asset_template(request.clone()).await);
        assert_eq!(again, CreateAssetTemplateResponse { replayed: true, ..first });
        let resource = ("asset_template", made.id.as_str());
        event(&tenant, resource, "asset_template.create", &request.request_id).await;

        // A code is unique in its institution only.
        let taken = templates().create_asset_template(create(new(&bank, "house"))).await;
        refused(taken, Code::AlreadyExists, "RESOURCE_EXISTS");
        let other = institution(&tenant.admin, "other").await.id;
        let own = NewAssetTemplate { id: id(), ..new(&other, "house") };
        assert_eq!(add(&tenant.admin, own.clone()).await.id, own.id);
        let taken = NewAssetTemplate { code: "flat".into(), ..own };
        let taken = templates().create_asset_template(create(taken)).await;
        refused(taken, Code::AlreadyExists, "RESOURCE_EXISTS");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (foreign, absent) = (institution(&theirs.admin, "bank").await.id, id());
        let ask = async |id: &str| {
            ours.admin.asset_templates().create_asset_template(create(new(id, "house"))).await
        };
        let fault = assert_hidden((ask(&foreign).await, &foreign), (ask(&absent).await, &absent));
        assert_eq!(fault.fields, ["asset_template.institution_id"]);
        assert_eq!(all(&theirs.viewer, AssetTemplateFilter::default(), 10).await, []);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = institution(&tenant.admin, "bank").await.id;
        let good = || new(&bank, "house");
        let long = attributes(json!({ "x": "y".repeat(17_000) }));
        let cases: Vec<(CreateAssetTemplateRequest, &[&str])> = vec![
            (
                CreateAssetTemplateRequest { asset_template: None, ..create(good()) },
                &["asset_template"],
            ),
            (create(NewAssetTemplate { config: long, ..good() }), &["asset_template.config"]),
            (
                create(NewAssetTemplate {
                    config: attributes(json!({ "transitions": { "RELEASED": ["LOCKED"] } })),
                    ..good()
                }),
                &["asset_template.config"],
            ),
            (create(new(&id(), "house")), &["asset_template.institution_id"]),
            (
                create(NewAssetTemplate { vertical: "a b".into(), ..good() }),
                &["asset_template.vertical"],
            ),
            (
                create(NewAssetTemplate { region: "x".repeat(65), ..good() }),
                &["asset_template.region"],
            ),
            (
                CreateAssetTemplateRequest {
                    request_id: String::new(),
                    ..create(NewAssetTemplate {
                        id: "x".into(),
                        config: attribute_number("n", f64::NAN),
                        ..Default::default()
                    })
                },
                &[
                    "request_id",
                    "asset_template.id",
                    "asset_template.institution_id",
                    "asset_template.code",
                    "asset_template.name",
                    "asset_template.config",
                ],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.admin.asset_templates().create_asset_template(request).await, fields);
        }
        assert_eq!(all(&tenant.viewer, AssetTemplateFilter::default(), 10).await, []);
    }
}

mod get_asset_template {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = institution(&tenant.admin, "bank").await.id;
        let made = add(&tenant.admin, new(&bank, "house")).await;
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(get(caller, &made.id).await.unwrap(), made);
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let bank = institution(&theirs.admin, "bank").await.id;
        let (foreign, absent) = (add(&theirs.admin, new(&bank, "house")).await.id, id());
        assert_hidden(
            (get(&ours.viewer, &foreign).await, &foreign),
            (get(&ours.viewer, &absent).await, &absent),
        );
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        for bad in ["", "x", "house"] {
            invalid(get(&tenant.viewer, bad).await, &["id"]);
        }
    }
}

mod list_asset_templates {
    use super::*;

    /// Templates of two institutions, by id.
    async fn some(admin: &Caller) -> (Vec<String>, Vec<AssetTemplate>) {
        let mut banks = Vec::new();
        for code in ["one", "two"] {
            banks.push(institution(admin, code).await.id);
        }
        let mut made = Vec::new();
        for n in 0..12 {
            let new = NewAssetTemplate {
                name: ["House", "Flat", "Boat"][n % 3].into(),
                vertical: ["", "property"][n / 2 % 2].into(),
                region: ["", "eu", "us"][n / 3 % 3].into(),
                config: attributes(json!({ "n": n, "rules": { "odd": n % 2 == 1 } })),
                ..new(&banks[n % 2], &format!("t-{}", n / 2))
            };
            made.push(add(admin, new).await);
        }
        made.sort_by(|a, b| a.id.cmp(&b.id));
        (banks, made)
    }

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let (banks, made) = some(&tenant.admin).await;
        for size in [1, 5, 12, 1_000] {
            assert_eq!(all(&tenant.viewer, AssetTemplateFilter::default(), size).await, made);
        }
        let odd = attributes(json!({ "rules": { "odd": true } }));
        let nobody = id();
        for institution in ["", &banks[0], &nobody] {
            for code in ["", "t-2", "none"] {
                for name in ["", "Boat"] {
                    for vertical in ["", "property", "cars"] {
                        for region in ["", "eu"] {
                            for config in [None, odd.clone()] {
                                let filter = AssetTemplateFilter {
                                    institution_id: institution.into(),
                                    code: code.into(),
                                    name: name.into(),
                                    vertical: vertical.into(),
                                    region: region.into(),
                                    config: config.clone(),
                                };
                                let fits = |t: &&AssetTemplate| {
                                    (institution.is_empty() || t.institution_id == institution)
                                        && (code.is_empty() || t.code == code)
                                        && (name.is_empty() || t.name == name)
                                        && (vertical.is_empty() || t.vertical == vertical)
                                        && (region.is_empty() || t.region == region)
                                        && (config.is_none()
                                            || t.config.as_ref().unwrap().fields["rules"]
                                                == odd.as_ref().unwrap().fields["rules"])
                                };
                                let wanted: Vec<_> = made.iter().filter(fits).cloned().collect();
                                assert_eq!(
                                    all(&tenant.viewer, filter.clone(), 2).await,
                                    wanted,
                                    "{filter:?}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (banks, foreign) = some(&theirs.admin).await;
        for filter in [
            AssetTemplateFilter::default(),
            AssetTemplateFilter { institution_id: banks[0].clone(), ..Default::default() },
            AssetTemplateFilter { code: "t-1".into(), ..Default::default() },
            AssetTemplateFilter { name: "Boat".into(), ..Default::default() },
            AssetTemplateFilter { vertical: "property".into(), ..Default::default() },
            AssetTemplateFilter { region: "eu".into(), ..Default::default() },
            AssetTemplateFilter { config: attributes(json!({ "n": 1 })), ..Default::default() },
        ] {
            assert_eq!(all(&ours.viewer, filter.clone(), 10).await, []);
            assert_ne!(all(&theirs.viewer, filter, 10).await, []);
        }
        let request = ListAssetTemplatesRequest { page_size: 3, ..Default::default() };
        let page = ok(theirs.viewer.asset_templates().list_asset_templates(request.clone()).await);
        assert_eq!(page.asset_templates, foreign[..3]);
        let stolen = ListAssetTemplatesRequest { page_token: page.next_page_token, ..request };
        invalid(ours.viewer.asset_templates().list_asset_templates(stolen).await, &["page_token"]);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = AssetTemplateFilter {
            institution_id: "x".into(),
            code: "?".into(),
            name: "\0".into(),
            vertical: "é".into(),
            region: "a b".into(),
            config: attribute_number("n", f64::NAN),
        };
        let cases: Vec<(ListAssetTemplatesRequest, &[&str])> = vec![
            (ListAssetTemplatesRequest { page_size: -1, ..Default::default() }, &["page_size"]),
            (
                ListAssetTemplatesRequest { page_token: "?".into(), ..Default::default() },
                &["page_token"],
            ),
            (
                ListAssetTemplatesRequest { filter: Some(bad), ..Default::default() },
                &[
                    "filter.institution_id",
                    "filter.code",
                    "filter.name",
                    "filter.vertical",
                    "filter.region",
                    "filter.config",
                ],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.viewer.asset_templates().list_asset_templates(request).await, fields);
        }
    }
}

mod update_asset_template {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let templates = || tenant.admin.asset_templates();
        let bank = institution(&tenant.admin, "bank").await.id;
        let before =
            add(&tenant.admin, NewAssetTemplate { vertical: "v".into(), ..new(&bank, "house") })
                .await;
        let to = AssetTemplate {
            code: "flat".into(),
            name: "ignored".into(),
            region: "eu".into(),
            config: attributes(json!({ "a": [1] })),
            ..before.clone()
        };
        let request = update(to.clone(), &["code", "region", "config"]);
        let tried = UpdateAssetTemplateRequest { validate_only: true, ..request.clone() };
        ok(templates().update_asset_template(tried).await);
        assert_eq!(get(&tenant.viewer, &before.id).await.unwrap(), before);

        let first = ok(templates().update_asset_template(request.clone()).await);
        let after = first.asset_template.clone().unwrap();
        let (etag, updated_at) = (after.etag.clone(), after.updated_at);
        assert_eq!(
            after,
            AssetTemplate { name: before.name.clone(), etag, updated_at, ..to.clone() }
        );
        assert_ne!(after.etag, before.etag);
        assert_eq!(get(&tenant.viewer, &before.id).await.unwrap(), after);
        let again = ok(templates().update_asset_template(request.clone()).await);
        assert_eq!(again, UpdateAssetTemplateResponse { replayed: true, ..first });
        let resource = ("asset_template", before.id.as_str());
        event(&tenant, resource, "asset_template.update", &request.request_id).await;

        let old = templates().update_asset_template(update(to, &["name"])).await;
        let fault = refused(old, Code::Aborted, "ETAG_MISMATCH");
        assert_eq!(fault.meta("current_etag"), after.etag);
        let bare = AssetTemplate { id: before.id.clone(), name: "N".into(), ..Default::default() };
        let paths = ["name", "vertical", "region", "config"];
        let cleared = ok(templates().update_asset_template(update(bare, &paths)).await)
            .asset_template
            .unwrap();
        assert_eq!(
            (cleared.name.as_str(), cleared.vertical.as_str(), cleared.region.as_str()),
            ("N", "", "")
        );
        assert_eq!((cleared.config, cleared.code.as_str()), (None, "flat"));

        let other = add(&tenant.admin, new(&bank, "other")).await;
        let taken = update(AssetTemplate { code: "flat".into(), ..other }, &["code"]);
        let taken = templates().update_asset_template(taken).await;
        refused(taken, Code::AlreadyExists, "RESOURCE_EXISTS");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let bank = institution(&theirs.admin, "bank").await.id;
        let (foreign, absent) = (add(&theirs.admin, new(&bank, "house")).await, id());
        let ask = async |id: &str| {
            let to = AssetTemplate { id: id.into(), name: "stolen".into(), ..Default::default() };
            ours.admin.asset_templates().update_asset_template(update(to, &["name"])).await
        };
        assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
        assert_eq!(get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
        assert!(events(&ours, "asset_template", &foreign.id).await.is_empty());
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = institution(&tenant.admin, "bank").await.id;
        let made = add(&tenant.admin, new(&bank, "house")).await;
        let bad = AssetTemplate {
            id: "x".into(),
            etag: "+1".into(),
            region: "?".into(),
            ..Default::default()
        };
        let cases: Vec<(UpdateAssetTemplateRequest, &[&str])> = vec![
            (
                UpdateAssetTemplateRequest {
                    asset_template: None,
                    ..update(made.clone(), &["name"])
                },
                &["asset_template"],
            ),
            (update(made.clone(), &["institution_id"]), &["update_mask"]),
            (
                update(bad, &["code", "region"]),
                &[
                    "asset_template.id",
                    "asset_template.etag",
                    "asset_template.code",
                    "asset_template.region",
                ],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.admin.asset_templates().update_asset_template(request).await, fields);
        }
        assert_eq!(get(&tenant.viewer, &made.id).await.unwrap(), made);
    }
}
