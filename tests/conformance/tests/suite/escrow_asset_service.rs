//! Assets of escrow: the single things that positions are held for.

use bursar_proto::escrow::v1::{
    Asset, AssetFilter, CreateAssetRequest, CreateAssetResponse, GetAssetRequest,
    ListAssetsRequest, NewAsset, UpdateAssetRequest, UpdateAssetResponse,
};
use bursar_testkit::{
    Caller, Estate, Server, assert_hidden, attribute_number, attributes, estate, event, id,
    invalid, ok, refused,
};
use prost_types::FieldMask;
use serde_json::json;
use tonic::{Code, Status};

fn new(of: &Estate, label: &str) -> NewAsset {
    NewAsset {
        institution_id: of.institution.id.clone(),
        template_id: of.template.id.clone(),
        label: label.into(),
        ..Default::default()
    }
}

fn create(new: NewAsset) -> CreateAssetRequest {
    CreateAssetRequest { request_id: id(), asset: Some(new), validate_only: false }
}

async fn add(caller: &Caller, new: NewAsset) -> Asset {
    ok(caller.escrow_assets().create_asset(create(new)).await).asset.unwrap()
}

fn update(to: Asset, paths: &[&str]) -> UpdateAssetRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateAssetRequest {
        request_id: id(),
        asset: Some(to),
        update_mask: Some(FieldMask { paths }),
        validate_only: false,
    }
}

async fn get(caller: &Caller, id: &str) -> Result<Asset, Status> {
    let reply = caller.escrow_assets().get_asset(GetAssetRequest { id: id.into() }).await?;
    Ok(reply.into_inner().asset.unwrap())
}

async fn all(caller: &Caller, filter: AssetFilter, page_size: i32) -> Vec<Asset> {
    let filter = Some(filter);
    let mut request = ListAssetsRequest { filter, page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.escrow_assets().list_assets(request.clone()).await);
        assert!(page.assets.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.assets);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

mod create_asset {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let assets = || tenant.operator.escrow_assets();
        let bank = estate(&tenant.admin, "bank").await;
        let request = create(NewAsset {
            metadata: attributes(json!({ "rooms": 3, "owner": { "name": "Zoë" } })),
            ..new(&bank, "2 High Street")
        });
        let tried = CreateAssetRequest { validate_only: true, ..request.clone() };
        let tried = ok(assets().create_asset(tried).await).asset.unwrap();
        refused(get(&tenant.viewer, &tried.id).await, Code::NotFound, "RESOURCE_NOT_FOUND");

        let first = ok(assets().create_asset(request.clone()).await);
        let made = first.asset.clone().unwrap();
        let asked = request.asset.clone().unwrap();
        assert_eq!(
            (&made.institution_id, &made.template_id),
            (&bank.institution.id, &bank.template.id)
        );
        assert_eq!((&made.label, &made.metadata), (&asked.label, &asked.metadata));
        assert_eq!(get(&tenant.viewer, &made.id).await.unwrap(), made);
        let again = ok(assets().create_asset(request.clone()).await);
        assert_eq!(again, CreateAssetResponse { replayed: true, ..first });
        let resource = ("escrow_asset", made.id.as_str());
        event(&tenant, resource, "escrow_asset.create", &request.request_id).await;

        // Labels may repeat, ids not.
        let own = NewAsset { id: id(), ..asked };
        assert_eq!(add(&tenant.operator, own.clone()).await.id, own.id);
        let taken = assets().create_asset(create(own)).await;
        refused(taken, Code::AlreadyExists, "RESOURCE_EXISTS");
    }

    #[tokio::test]
    async fn the_template_is_of_the_same_institution() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let (one, two) = (estate(&tenant.admin, "one").await, estate(&tenant.admin, "two").await);
        let mixed = NewAsset { template_id: two.template.id, ..new(&one, "x") };
        let outcome = tenant.admin.escrow_assets().create_asset(create(mixed)).await;
        invalid(outcome, &["asset.template_id"]);
        // The database says so too.
        let mixed = format!(
            "INSERT INTO bursar.escrow_asset (tenant_id, id, institution_id, template_id, label)
             SELECT tenant_id, gen_random_uuid(), '{}', template_id, label FROM bursar.escrow_asset WHERE id = '{}'",
            one.institution.id, two.asset.id
        );
        let role = bursar_testkit::tenant_role(&tenant.id);
        let (code, _) = server.database.refusal(&role, Some(&tenant.id), &mixed).await.unwrap();
        assert_eq!(code, "23503");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (own, foreign) = (estate(&ours.admin, "own").await, estate(&theirs.admin, "own").await);
        let absent = id();
        let ask = async |id: &str| {
            let new = NewAsset { template_id: id.into(), ..new(&own, "x") };
            ours.admin.escrow_assets().create_asset(create(new)).await
        };
        let id = foreign.template.id.as_str();
        let fault = assert_hidden((ask(id).await, id), (ask(&absent).await, &absent));
        assert_eq!(fault.fields, ["asset.template_id"]);
        let whole = ours.admin.escrow_assets().create_asset(create(new(&foreign, "x"))).await;
        invalid(whole, &["asset.template_id"]);
        assert_eq!(all(&theirs.viewer, AssetFilter::default(), 10).await, [foreign.asset]);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = estate(&tenant.admin, "bank").await;
        let cases: Vec<(CreateAssetRequest, &[&str])> = vec![
            (CreateAssetRequest { asset: None, ..create(new(&bank, "x")) }, &["asset"]),
            (create(new(&bank, "x".repeat(201).as_str())), &["asset.label"]),
            (create(NewAsset { template_id: id(), ..new(&bank, "x") }), &["asset.template_id"]),
            (
                CreateAssetRequest {
                    request_id: String::new(),
                    ..create(NewAsset {
                        id: "x".into(),
                        metadata: attribute_number("n", f64::NAN),
                        ..Default::default()
                    })
                },
                &[
                    "request_id",
                    "asset.id",
                    "asset.institution_id",
                    "asset.template_id",
                    "asset.label",
                    "asset.metadata",
                ],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.operator.escrow_assets().create_asset(request).await, fields);
        }
        assert_eq!(all(&tenant.viewer, AssetFilter::default(), 10).await, [bank.asset]);
    }
}

mod get_asset {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = estate(&tenant.admin, "bank").await.asset;
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(get(caller, &made.id).await.unwrap(), made);
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (foreign, absent) = (estate(&theirs.admin, "bank").await.asset.id, id());
        assert_hidden(
            (get(&ours.viewer, &foreign).await, &foreign),
            (get(&ours.viewer, &absent).await, &absent),
        );
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        for bad in ["", "x", "EUR"] {
            invalid(get(&tenant.viewer, bad).await, &["id"]);
        }
    }
}

mod list_assets {
    use super::*;

    async fn some(admin: &Caller) -> (Vec<Estate>, Vec<Asset>) {
        let estates = vec![estate(admin, "one").await, estate(admin, "two").await];
        let mut made: Vec<Asset> = estates.iter().map(|estate| estate.asset.clone()).collect();
        for n in 0..10 {
            let metadata = attributes(json!({ "n": n, "tags": ["all", format!("mod-{}", n % 3)] }));
            let new = new(&estates[n % 2], ["House", "Flat", "Boat"][n % 3]);
            made.push(add(admin, NewAsset { metadata, ..new }).await);
        }
        made.sort_by(|a, b| a.id.cmp(&b.id));
        (estates, made)
    }

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let (estates, made) = some(&tenant.admin).await;
        for size in [1, 5, 12, 1_000] {
            assert_eq!(all(&tenant.viewer, AssetFilter::default(), size).await, made);
        }
        let nobody = id();
        let tagged = |n: usize| attributes(json!({ "tags": [format!("mod-{n}")] }));
        let (one, two) = (&estates[0], &estates[1]);
        for institution in ["", &one.institution.id, &nobody] {
            for template in ["", &one.template.id, &two.template.id] {
                for label in ["", "Boat", "boat"] {
                    for wanted_tag in [None, Some(2), Some(9)] {
                        let filter = AssetFilter {
                            institution_id: institution.into(),
                            template_id: template.into(),
                            label: label.into(),
                            metadata: wanted_tag.and_then(tagged),
                        };
                        let has_tag = |asset: &Asset, n: usize| {
                            asset
                                .metadata
                                .as_ref()
                                .is_some_and(|m| format!("{m:?}").contains(&format!("mod-{n}")))
                        };
                        let fits = |a: &&Asset| {
                            (institution.is_empty() || a.institution_id == institution)
                                && (template.is_empty() || a.template_id == template)
                                && (label.is_empty() || a.label == label)
                                && wanted_tag.is_none_or(|n| has_tag(a, n))
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

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (estates, foreign) = some(&theirs.admin).await;
        for filter in [
            AssetFilter::default(),
            AssetFilter { institution_id: estates[0].institution.id.clone(), ..Default::default() },
            AssetFilter { template_id: estates[0].template.id.clone(), ..Default::default() },
            AssetFilter { label: "Boat".into(), ..Default::default() },
            AssetFilter { metadata: attributes(json!({ "n": 1 })), ..Default::default() },
        ] {
            assert_eq!(all(&ours.viewer, filter.clone(), 10).await, []);
            assert_ne!(all(&theirs.viewer, filter, 10).await, []);
        }
        let request = ListAssetsRequest { page_size: 3, ..Default::default() };
        let page = ok(theirs.viewer.escrow_assets().list_assets(request.clone()).await);
        assert_eq!(page.assets, foreign[..3]);
        let stolen = ListAssetsRequest { page_token: page.next_page_token, ..request };
        invalid(ours.viewer.escrow_assets().list_assets(stolen).await, &["page_token"]);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = AssetFilter {
            institution_id: "x".into(),
            template_id: "x".into(),
            label: "\0".into(),
            metadata: attribute_number("n", f64::NAN),
        };
        let cases: Vec<(ListAssetsRequest, &[&str])> = vec![
            (ListAssetsRequest { page_size: -1, ..Default::default() }, &["page_size"]),
            (ListAssetsRequest { page_token: "?".into(), ..Default::default() }, &["page_token"]),
            (
                ListAssetsRequest { filter: Some(bad), ..Default::default() },
                &["filter.institution_id", "filter.template_id", "filter.label", "filter.metadata"],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.viewer.escrow_assets().list_assets(request).await, fields);
        }
    }
}

mod update_asset {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let assets = || tenant.operator.escrow_assets();
        let before = estate(&tenant.admin, "bank").await.asset;
        let to = Asset {
            label: "ignored".into(),
            metadata: attributes(json!({ "sold": true })),
            ..before.clone()
        };
        let request = update(to.clone(), &["metadata"]);
        let tried = UpdateAssetRequest { validate_only: true, ..request.clone() };
        ok(assets().update_asset(tried).await);
        assert_eq!(get(&tenant.viewer, &before.id).await.unwrap(), before);
        let first = ok(assets().update_asset(request.clone()).await);
        let after = first.asset.clone().unwrap();
        let (etag, updated_at) = (after.etag.clone(), after.updated_at);
        assert_eq!(after, Asset { label: before.label.clone(), etag, updated_at, ..to.clone() });
        assert_ne!(after.etag, before.etag);
        assert_eq!(get(&tenant.viewer, &before.id).await.unwrap(), after);
        let again = ok(assets().update_asset(request.clone()).await);
        assert_eq!(again, UpdateAssetResponse { replayed: true, ..first });
        let resource = ("escrow_asset", before.id.as_str());
        event(&tenant, resource, "escrow_asset.update", &request.request_id).await;
        let old = assets().update_asset(update(to, &["label"])).await;
        let fault = refused(old, Code::Aborted, "ETAG_MISMATCH");
        assert_eq!(fault.meta("current_etag"), after.etag);
        let bare = Asset { id: before.id.clone(), label: "N".into(), ..Default::default() };
        let cleared = ok(assets().update_asset(update(bare, &["label", "metadata"])).await);
        let cleared = cleared.asset.unwrap();
        assert_eq!((cleared.label.as_str(), cleared.metadata), ("N", None));
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (foreign, absent) = (estate(&theirs.admin, "bank").await.asset, id());
        let ask = async |id: &str| {
            let to = Asset { id: id.into(), label: "stolen".into(), ..Default::default() };
            ours.admin.escrow_assets().update_asset(update(to, &["label"])).await
        };
        assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
        assert_eq!(get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = estate(&tenant.admin, "bank").await.asset;
        let bad = Asset { id: "x".into(), etag: "a".into(), ..Default::default() };
        let cases: Vec<(UpdateAssetRequest, &[&str])> = vec![
            (UpdateAssetRequest { asset: None, ..update(made.clone(), &["label"]) }, &["asset"]),
            (
                update(made.clone(), &["template_id", "institution_id"]),
                &["update_mask", "update_mask"],
            ),
            (update(bad, &["label"]), &["asset.id", "asset.etag", "asset.label"]),
        ];
        for (request, fields) in cases {
            invalid(tenant.operator.escrow_assets().update_asset(request).await, fields);
        }
        assert_eq!(get(&tenant.viewer, &made.id).await.unwrap(), made);
    }
}
