//! Institutions.

use bursar_proto::escrow::v1::{
    CreateInstitutionRequest, CreateInstitutionResponse, GetInstitutionRequest, Institution,
    InstitutionFilter, ListInstitutionsRequest, NewInstitution, UpdateInstitutionRequest,
    UpdateInstitutionResponse,
};
use bursar_testkit::{
    Caller, Server, assert_hidden, attribute_number, attributes, event, events, id, institution,
    invalid, ok, refused,
};
use prost_types::FieldMask;
use serde_json::json;
use tonic::{Code, Status};

fn new(code: &str) -> NewInstitution {
    NewInstitution { code: code.into(), name: "A bank".into(), ..Default::default() }
}

fn create(new: NewInstitution) -> CreateInstitutionRequest {
    CreateInstitutionRequest { request_id: id(), institution: Some(new), validate_only: false }
}

async fn add(admin: &Caller, new: NewInstitution) -> Institution {
    ok(admin.institutions().create_institution(create(new)).await).institution.unwrap()
}

fn update(to: Institution, paths: &[&str]) -> UpdateInstitutionRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateInstitutionRequest {
        request_id: id(),
        institution: Some(to),
        update_mask: Some(FieldMask { paths }),
        validate_only: false,
    }
}

async fn get(caller: &Caller, id: &str) -> Result<Institution, Status> {
    let request = GetInstitutionRequest { id: id.into() };
    let reply = caller.institutions().get_institution(request).await?;
    Ok(reply.into_inner().institution.unwrap())
}

async fn all(caller: &Caller, filter: InstitutionFilter, page_size: i32) -> Vec<Institution> {
    let filter = Some(filter);
    let mut request = ListInstitutionsRequest { filter, page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.institutions().list_institutions(request.clone()).await);
        assert!(page.institutions.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.institutions);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

mod create_institution {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let institutions = || tenant.admin.institutions();
        let request = create(NewInstitution {
            regions: vec!["us-ny".into(), "eu".into()],
            verticals: vec!["property".into()],
            metadata: attributes(json!({ "tier": 1, "desk": { "names": ["Ünï"] } })),
            ..new("bank:1")
        });
        let tried = CreateInstitutionRequest { validate_only: true, ..request.clone() };
        let tried = ok(institutions().create_institution(tried).await).institution.unwrap();
        refused(get(&tenant.viewer, &tried.id).await, Code::NotFound, "RESOURCE_NOT_FOUND");

        let first = ok(institutions().create_institution(request.clone()).await);
        let made = first.institution.clone().unwrap();
        assert_eq!((made.code.as_str(), made.name.as_str()), ("bank:1", "A bank"));
        assert_eq!(
            (&made.regions[..], &made.verticals[..]),
            (&["eu", "us-ny"].map(String::from)[..], &["property".to_owned()][..])
        );
        assert_eq!(made.metadata, request.institution.as_ref().unwrap().metadata);
        assert!(!first.replayed && !made.etag.is_empty() && made.created_at == made.updated_at);
        assert_eq!(get(&tenant.viewer, &made.id).await.unwrap(), made);

        let again = ok(institutions().create_institution(request.clone()).await);
        assert_eq!(again, CreateInstitutionResponse { replayed: true, ..first });
        let other = create(new("bank:2"));
        let other = CreateInstitutionRequest { request_id: request.request_id.clone(), ..other };
        let outcome = institutions().create_institution(other).await;
        let fault = refused(outcome, Code::AlreadyExists, "REQUEST_ID_REUSED");
        assert!(fault.meta("fields").contains("institution.code"), "{fault:?}");
        let resource = ("institution", made.id.as_str());
        let event = event(&tenant, resource, "institution.create", &request.request_id).await;
        assert_eq!(event.path, "/bursar.escrow.v1.InstitutionService/CreateInstitution");

        // Its own id, and nothing more than what must be.
        let own = NewInstitution { id: id(), ..new("plain") };
        assert_eq!(add(&tenant.admin, own.clone()).await.id, own.id);
        for taken in [NewInstitution { code: "other".into(), ..own }, new("plain")] {
            let outcome = institutions().create_institution(create(taken)).await;
            refused(outcome, Code::AlreadyExists, "RESOURCE_EXISTS");
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let request = create(NewInstitution { id: id(), ..new("bank") });
        let mine = ok(ours.admin.institutions().create_institution(request.clone()).await);
        // The same id, code and request id are another institution and another call there.
        let other = ok(theirs.admin.institutions().create_institution(request).await);
        assert!(!other.replayed);
        let id = mine.institution.unwrap().id;
        assert_eq!(events(&ours, "institution", &id).await.len(), 1);
        assert_eq!(events(&theirs, "institution", &id).await.len(), 1);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let many = (0..101).map(|n| format!("r{n}")).collect::<Vec<_>>();
        let with = |regions: &[&str]| {
            let regions = regions.iter().map(|&region| region.to_owned()).collect();
            create(NewInstitution { regions, ..new("a") })
        };
        let cases: Vec<(CreateInstitutionRequest, &[&str])> = vec![
            (CreateInstitutionRequest { institution: None, ..create(new("a")) }, &["institution"]),
            (create(new("")), &["institution.code"]),
            (create(new("a b")), &["institution.code"]),
            (with(&["eu", "eu"]), &["institution.regions[1]"]),
            (with(&["", "é"]), &["institution.regions[0]", "institution.regions[1]"]),
            (create(NewInstitution { verticals: many, ..new("a") }), &["institution.verticals"]),
            (create(NewInstitution { name: "\n".into(), ..new("a") }), &["institution.name"]),
            (
                CreateInstitutionRequest {
                    request_id: "x".into(),
                    ..create(NewInstitution {
                        id: "00000000-0000-0000-0000-000000000000".into(),
                        metadata: attribute_number("n", f64::NAN),
                        ..Default::default()
                    })
                },
                &[
                    "request_id",
                    "institution.id",
                    "institution.code",
                    "institution.name",
                    "institution.metadata",
                ],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.admin.institutions().create_institution(request).await, fields);
        }
        assert_eq!(all(&tenant.viewer, InstitutionFilter::default(), 10).await, []);
    }
}

mod get_institution {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = add(&tenant.admin, new("bank")).await;
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(get(caller, &made.id).await.unwrap(), made);
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (foreign, absent) = (institution(&theirs.admin, "bank").await.id, id());
        assert_hidden(
            (get(&ours.viewer, &foreign).await, &foreign),
            (get(&ours.viewer, &absent).await, &absent),
        );
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        for bad in ["", "x", "bank"] {
            invalid(get(&tenant.viewer, bad).await, &["id"]);
        }
    }
}

mod list_institutions {
    use super::*;

    async fn some(admin: &Caller) -> Vec<Institution> {
        let mut made = Vec::new();
        for n in 0..12 {
            let new = NewInstitution {
                name: ["One", "Two"][n % 2].into(),
                regions: [&[][..], &["eu"], &["eu", "us"]][n % 3]
                    .iter()
                    .map(|&r| r.to_owned())
                    .collect(),
                verticals: [&["cars"][..], &["cars", "art"]][n / 6]
                    .iter()
                    .map(|&v| v.to_owned())
                    .collect(),
                metadata: attributes(
                    json!({ "n": n, "deep": { "even": n % 2 == 0, "list": [n % 4, "x"] } }),
                ),
                ..new(&format!("bank-{n}"))
            };
            made.push(add(admin, new).await);
        }
        made.sort_by(|a, b| a.id.cmp(&b.id));
        made
    }

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = some(&tenant.admin).await;
        for size in [1, 5, 12, 1_000] {
            assert_eq!(all(&tenant.viewer, InstitutionFilter::default(), size).await, made);
        }
        let metadatas = [
            None,
            Some(json!({})),
            Some(json!({ "deep": { "even": true } })),
            Some(json!({ "deep": { "list": [3] } })),
            Some(json!({ "n": 7 })),
            Some(json!({ "n": "7" })),
        ];
        for code in ["", "bank-4", "none"] {
            for name in ["", "One", "Two", "one"] {
                for region in ["", "eu", "us", "mars"] {
                    for vertical in ["", "cars", "art"] {
                        for metadata in &metadatas {
                            let fits = |i: &&Institution| {
                                let n: usize = i.code[5..].parse().unwrap();
                                let held =
                                    match metadata.as_ref().map(ToString::to_string).as_deref() {
                                        None | Some("{}") => true,
                                        Some(r#"{"deep":{"even":true}}"#) => n.is_multiple_of(2),
                                        Some(r#"{"deep":{"list":[3]}}"#) => n % 4 == 3,
                                        Some(r#"{"n":7}"#) => n == 7,
                                        _ => false,
                                    };
                                held && (code.is_empty() || i.code == code)
                                    && (name.is_empty() || i.name == name)
                                    && (region.is_empty() || i.regions.iter().any(|r| r == region))
                                    && (vertical.is_empty()
                                        || i.verticals.iter().any(|v| v == vertical))
                            };
                            let filter = InstitutionFilter {
                                code: code.into(),
                                name: name.into(),
                                region: region.into(),
                                vertical: vertical.into(),
                                metadata: metadata.clone().and_then(attributes),
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

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = some(&theirs.admin).await;
        let own = add(
            &ours.admin,
            NewInstitution { metadata: attributes(json!({ "n": 99 })), ..new("own") },
        )
        .await;
        assert_eq!(all(&ours.viewer, InstitutionFilter::default(), 10).await, [own]);
        for filter in [
            InstitutionFilter { code: "bank-1".into(), ..Default::default() },
            InstitutionFilter { name: "One".into(), ..Default::default() },
            InstitutionFilter { region: "eu".into(), ..Default::default() },
            InstitutionFilter { vertical: "cars".into(), ..Default::default() },
            InstitutionFilter { metadata: attributes(json!({ "n": 1 })), ..Default::default() },
        ] {
            assert_eq!(all(&ours.viewer, filter.clone(), 10).await, []);
            assert_ne!(all(&theirs.viewer, filter, 10).await, []);
        }
        let request = ListInstitutionsRequest { page_size: 3, ..Default::default() };
        let page = ok(theirs.viewer.institutions().list_institutions(request.clone()).await);
        assert_eq!(page.institutions, foreign[..3]);
        let stolen = ListInstitutionsRequest { page_token: page.next_page_token, ..request };
        invalid(ours.viewer.institutions().list_institutions(stolen).await, &["page_token"]);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        some(&tenant.admin).await;
        let first = ListInstitutionsRequest { page_size: 3, ..Default::default() };
        let page_token =
            ok(tenant.viewer.institutions().list_institutions(first.clone()).await).next_page_token;
        let filter = Some(InstitutionFilter { region: "eu".into(), ..Default::default() });
        let with = |filter| ListInstitutionsRequest { filter: Some(filter), ..Default::default() };
        let cases: Vec<(ListInstitutionsRequest, &[&str])> = vec![
            (ListInstitutionsRequest { page_size: -1, ..first.clone() }, &["page_size"]),
            (ListInstitutionsRequest { page_token: "?".into(), ..first.clone() }, &["page_token"]),
            (ListInstitutionsRequest { filter, page_token, ..first }, &["page_token"]),
            (
                with(InstitutionFilter {
                    code: "?".into(),
                    name: "\0".into(),
                    region: "a b".into(),
                    vertical: "é".into(),
                    metadata: attribute_number("n", f64::INFINITY),
                }),
                &[
                    "filter.code",
                    "filter.name",
                    "filter.region",
                    "filter.vertical",
                    "filter.metadata",
                ],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.viewer.institutions().list_institutions(request).await, fields);
        }
    }
}

mod update_institution {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let institutions = || tenant.admin.institutions();
        let new = NewInstitution {
            regions: vec!["eu".into(), "us".into()],
            verticals: vec!["eu".into()],
            ..new("bank")
        };
        let before = add(&tenant.admin, new).await;
        // Only what the mask names is read, beside id and etag.
        let to = Institution {
            code: "ignored".into(),
            name: "B bank".into(),
            regions: vec!["za".into(), "eu".into()],
            ..before.clone()
        };
        let request = update(to.clone(), &["name", "regions"]);
        let tried = UpdateInstitutionRequest { validate_only: true, ..request.clone() };
        ok(institutions().update_institution(tried).await);
        assert_eq!(get(&tenant.viewer, &before.id).await.unwrap(), before);

        let first = ok(institutions().update_institution(request.clone()).await);
        let after = first.institution.clone().unwrap();
        let wanted = Institution {
            name: "B bank".into(),
            regions: vec!["eu".into(), "za".into()],
            etag: after.etag.clone(),
            updated_at: after.updated_at,
            ..before.clone()
        };
        assert_eq!(after, wanted);
        assert_ne!((&after.etag, after.updated_at), (&before.etag, before.updated_at));
        assert_eq!(get(&tenant.viewer, &before.id).await.unwrap(), after);
        let again = ok(institutions().update_institution(request.clone()).await);
        assert_eq!(again, UpdateInstitutionResponse { replayed: true, ..first });
        event(&tenant, ("institution", &before.id), "institution.update", &request.request_id)
            .await;

        let old = institutions().update_institution(update(to, &["name"])).await;
        let fault = refused(old, Code::Aborted, "ETAG_MISMATCH");
        assert_eq!(fault.meta("current_etag"), after.etag);

        let bare = Institution {
            id: before.id.clone(),
            code: "c".into(),
            name: "C".into(),
            ..Default::default()
        };
        let paths = ["code", "name", "regions", "verticals", "metadata"];
        let cleared =
            ok(institutions().update_institution(update(bare, &paths)).await).institution.unwrap();
        assert_eq!(
            (cleared.code.as_str(), cleared.regions.len(), cleared.verticals.len()),
            ("c", 0, 0)
        );
        assert_eq!(get(&tenant.viewer, &before.id).await.unwrap(), cleared);

        let other = add(&tenant.admin, super::new("taken")).await;
        let to = Institution { code: "c".into(), ..other };
        let outcome = institutions().update_institution(update(to, &["code"])).await;
        refused(outcome, Code::AlreadyExists, "RESOURCE_EXISTS");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = institution(&theirs.admin, "bank").await;
        let absent = id();
        let ask = async |id: &str| {
            let to = Institution { id: id.into(), name: "stolen".into(), ..Default::default() };
            ours.admin.institutions().update_institution(update(to, &["name"])).await
        };
        let fault =
            assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
        assert_eq!((fault.code, fault.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        assert_eq!(get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = add(&tenant.admin, new("bank")).await;
        let bad = Institution {
            id: "x".into(),
            etag: "01".into(),
            code: String::new(),
            regions: vec!["a".into(), "a".into()],
            ..Default::default()
        };
        let cases: Vec<(UpdateInstitutionRequest, &[&str])> = vec![
            (
                UpdateInstitutionRequest { institution: None, ..update(made.clone(), &["name"]) },
                &["institution"],
            ),
            (update(made.clone(), &[]), &["update_mask"]),
            (update(made.clone(), &["id", "name"]), &["update_mask"]),
            (
                update(bad, &["code", "name", "regions"]),
                &[
                    "institution.id",
                    "institution.etag",
                    "institution.code",
                    "institution.name",
                    "institution.regions[1]",
                ],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.admin.institutions().update_institution(request).await, fields);
        }
        assert_eq!(get(&tenant.viewer, &made.id).await.unwrap(), made);
    }
}
