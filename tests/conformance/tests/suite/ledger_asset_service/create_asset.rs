//! Adding an asset.

use bursar_proto::ledger::v1::{
    AssetKind, BalanceRule, CreateAssetRequest, CreateAssetResponse, GetAssetRequest,
};
use bursar_testkit::{
    Server, attribute_number, attributes, balance, event, id, invalid, make, moved, new_account,
    new_transfer, ok, refused,
};
use serde_json::json;
use tonic::Code;

use super::{OTHER, add, get, new_asset};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let assets = || tenant.admin.assets();
    let request = CreateAssetRequest {
        kind: AssetKind::Crypto.into(),
        metadata: attributes(json!({ "issuer": "Ünited", "tiers": [1, 2.5] })),
        ..new_asset("MILES.2", 3)
    };

    let tried = CreateAssetRequest { validate_only: true, ..request.clone() };
    let tried = ok(assets().create_asset(tried).await).asset.unwrap();
    assert_eq!((tried.code.as_str(), tried.scale), ("MILES.2", 3));
    let wanted = GetAssetRequest { code: "MILES.2".into() };
    refused(assets().get_asset(wanted).await, Code::NotFound, "RESOURCE_NOT_FOUND");

    let first = ok(assets().create_asset(request.clone()).await);
    let asset = first.asset.clone().unwrap();
    assert!(!first.replayed && !asset.shared && asset.created_at.is_some());
    assert_eq!((asset.code.as_str(), asset.name.as_str()), ("MILES.2", "Air miles"));
    assert_eq!((asset.scale, asset.kind()), (3, AssetKind::Crypto));
    assert_eq!(asset.metadata, request.metadata);
    assert_eq!(get(&tenant.viewer, "MILES.2").await, asset);

    let again = ok(assets().create_asset(request.clone()).await);
    assert_eq!(again, CreateAssetResponse { replayed: true, ..first });
    let other = CreateAssetRequest { name: "Miles".into(), scale: 2, ..request.clone() };
    let fault =
        refused(assets().create_asset(other).await, Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(fault.meta("fields"), "name,scale");
    assert_eq!(get(&tenant.viewer, "MILES.2").await, asset);

    let event = event(&tenant, ("asset", "MILES.2"), "asset.create", &request.request_id).await;
    assert_eq!(event.method, "CreateAsset");
    assert_eq!(event.path, "/bursar.ledger.v1.AssetService/CreateAsset");
    let payload = event.payload.unwrap();
    assert_eq!(payload.fields["code"], attributes(json!({ "x": "MILES.2" })).unwrap().fields["x"]);
    assert_eq!(bursar_testkit::events(&tenant, "asset", "MILES.2").await.len(), 1);

    assert_eq!(add(&tenant.admin, new_asset("PLAIN", 0)).await.kind, OTHER);
}

/// The asset's scale, from 0 to 18 places, is what its amounts may have.
#[tokio::test]
async fn its_scale_bounds_amounts() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for (code, scale, least, finer) in [
        ("WHOLE", 0, "1", "0.1"),
        ("THIRD", 3, "0.001", "0.0001"),
        ("FINEST", 18, "0.000000000000000001", "0.0000000000000000001"),
    ] {
        add(&tenant.admin, new_asset(code, scale)).await;
        let from = new_account(&tenant.operator, code, BalanceRule::Unlimited).await;
        let to = new_account(&tenant.operator, code, BalanceRule::Unlimited).await;
        moved(&tenant.operator, &from, &to, least).await;
        assert_eq!(balance(&tenant.viewer, &to).await.posted, least);
        let too_fine = make(&tenant.operator, new_transfer(&from, &to, finer)).await;
        invalid(too_fine, &["transfer.amount.amount"]);
    }
}

#[tokio::test]
async fn a_code_means_one_asset_to_a_tenant() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    add(&tenant.admin, new_asset("MILES", 3)).await;
    for code in ["EUR", "BTC", "MILES"] {
        let taken = tenant.admin.assets().create_asset(new_asset(code, 5)).await;
        let fault = refused(taken, Code::AlreadyExists, "RESOURCE_EXISTS");
        assert!(fault.message.contains(code), "{fault:?}");
    }
    assert_eq!(get(&tenant.viewer, "EUR").await.scale, 2);
    assert_eq!(get(&tenant.viewer, "MILES").await.scale, 3);
}

#[tokio::test]
async fn many_at_once_make_one() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let calls = (0..12).map(|_| {
        let admin = tenant.admin.clone();
        tokio::spawn(async move { admin.assets().create_asset(new_asset("RACE", 4)).await })
    });
    let mut made = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(_) => made += 1,
            refusal => drop(refused(refusal, Code::AlreadyExists, "RESOURCE_EXISTS")),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let request = new_asset("MILES", 3);
    add(&ours.admin, request.clone()).await;
    // The same code and even the same request id are another asset and another call there.
    let made =
        ok(theirs.admin.assets().create_asset(CreateAssetRequest { scale: 0, ..request }).await);
    assert!(!made.replayed);
    assert_eq!(get(&ours.viewer, "MILES").await.scale, 3);
    assert_eq!(get(&theirs.viewer, "MILES").await.scale, 0);
    assert_eq!(bursar_testkit::events(&theirs, "asset", "MILES").await.len(), 1);
    let from = new_account(&theirs.operator, "MILES", BalanceRule::Unlimited).await;
    let to = new_account(&theirs.operator, "MILES", BalanceRule::Unlimited).await;
    let too_fine = make(&theirs.operator, new_transfer(&from, &to, "0.5")).await;
    invalid(too_fine, &["transfer.amount.amount"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let good = || new_asset("MILES", 3);
    let cases: Vec<(CreateAssetRequest, &[&str])> = vec![
        (CreateAssetRequest { request_id: String::new(), ..good() }, &["request_id"]),
        (CreateAssetRequest { request_id: id().replace('-', ""), ..good() }, &["request_id"]),
        (new_asset("", 3), &["code"]),
        (new_asset("M", 3), &["code"]),
        (new_asset("MILES67890123456X", 3), &["code"]),
        (new_asset("miles", 3), &["code"]),
        (new_asset(".MILES", 3), &["code"]),
        (new_asset("MI LES", 3), &["code"]),
        (CreateAssetRequest { name: "  ".into(), ..good() }, &["name"]),
        (CreateAssetRequest { name: "x".repeat(201), ..good() }, &["name"]),
        (CreateAssetRequest { name: "a\0b".into(), ..good() }, &["name"]),
        (new_asset("MILES", -1), &["scale"]),
        (new_asset("MILES", 19), &["scale"]),
        (CreateAssetRequest { kind: 4, ..good() }, &["kind"]),
        (CreateAssetRequest { metadata: attribute_number("n", f64::NAN), ..good() }, &["metadata"]),
        (
            CreateAssetRequest {
                request_id: "x".into(),
                code: "x".into(),
                scale: 99,
                kind: -1,
                metadata: attribute_number("n", f64::INFINITY),
                ..Default::default()
            },
            &["request_id", "code", "name", "scale", "kind", "metadata"],
        ),
    ];
    for (request, fields) in cases {
        invalid(tenant.admin.assets().create_asset(request).await, fields);
    }
    refused(
        tenant.viewer.assets().get_asset(GetAssetRequest { code: "MILES".into() }).await,
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
    add(
        &tenant.admin,
        CreateAssetRequest { name: "é".repeat(200), ..new_asset("MILES67890123456", 18) },
    )
    .await;
}
