//! Reading one asset.

use bursar_proto::ledger::v1::{AssetKind, GetAssetRequest};
use bursar_testkit::{Server, assert_hidden, invalid, refused};
use tonic::Code;

use super::{add, get, new_asset};

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for (code, scale, kind) in [
        ("EUR", 2, AssetKind::Fiat),
        ("JPY", 0, AssetKind::Fiat),
        ("BHD", 3, AssetKind::Fiat),
        ("BTC", 8, AssetKind::Crypto),
        ("ETH", 18, AssetKind::Crypto),
    ] {
        let asset = get(&tenant.viewer, code).await;
        assert_eq!((asset.code.as_str(), asset.scale, asset.kind()), (code, scale, kind));
        assert!(asset.shared && !asset.name.is_empty(), "{asset:?}");
    }
    let own = add(&tenant.admin, new_asset("MILES", 3)).await;
    for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
        assert_eq!(get(caller, "MILES").await, own);
    }
    let absent = GetAssetRequest { code: "NOSUCH".into() };
    let fault = refused(
        tenant.viewer.assets().get_asset(absent).await,
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
    assert!(fault.message.contains("NOSUCH"), "{fault:?}");
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    add(&theirs.admin, new_asset("THEIRS", 3)).await;
    let ask = async |code: &str| {
        ours.admin.assets().get_asset(GetAssetRequest { code: code.into() }).await
    };
    let fault = assert_hidden((ask("THEIRS").await, "THEIRS"), (ask("NOSUCH").await, "NOSUCH"));
    assert_eq!(fault.reason, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for code in ["", "E", "eur", "-EUR", "E\0R", "ABCDEFGHIJKLMNOPQ", "ÄUR"] {
        let request = GetAssetRequest { code: code.into() };
        invalid(tenant.viewer.assets().get_asset(request).await, &["code"]);
    }
}
