//! Lists of assets.

use bursar_proto::ledger::v1::{Asset, AssetKind, CreateAssetRequest, ListAssetsRequest};
use bursar_testkit::{Caller, Server, invalid, ok};

use super::{add, new_asset};

async fn all(caller: &Caller, kind: AssetKind, page_size: i32) -> Vec<Asset> {
    let mut request = ListAssetsRequest { kind: kind.into(), page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.assets().list_assets(request.clone()).await);
        assert!(page_size == 0 || page.assets.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.assets);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

fn codes(assets: &[Asset]) -> Vec<&str> {
    assets.iter().map(|asset| asset.code.as_str()).collect()
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let crypto = CreateAssetRequest { kind: AssetKind::Crypto.into(), ..new_asset("EURX", 3) };
    add(&tenant.admin, crypto).await;
    add(&tenant.admin, new_asset("00FIRST", 0)).await;
    add(&tenant.admin, new_asset("ZZZLAST", 0)).await;

    let once = all(&tenant.viewer, AssetKind::Unspecified, 1_000).await;
    assert!(once.len() > 150, "ISO 4217 is there: {}", once.len());
    assert!(once.windows(2).all(|two| two[0].code < two[1].code), "{:?}", codes(&once));
    assert_eq!(once[0].code, "00FIRST");
    assert_eq!(once.last().unwrap().code, "ZZZLAST");
    assert!(codes(&once).contains(&"EURX") && codes(&once).contains(&"EUR"));
    assert_eq!(all(&tenant.viewer, AssetKind::Unspecified, 7).await, once);
    let default = ok(tenant.viewer.assets().list_assets(ListAssetsRequest::default()).await);
    assert_eq!(default.assets, once[..50]);
    let most = ListAssetsRequest { page_size: i32::MAX, ..Default::default() };
    assert_eq!(ok(tenant.viewer.assets().list_assets(most).await).assets, once);

    for kind in [AssetKind::Fiat, AssetKind::Crypto, AssetKind::Other] {
        let of_kind: Vec<_> = once.iter().filter(|a| a.kind() == kind).cloned().collect();
        assert!(of_kind.len() >= 2, "{kind:?}");
        assert_eq!(all(&tenant.viewer, kind, 3).await, of_kind);
    }
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    add(&theirs.admin, new_asset("THEIRS", 3)).await;
    let listed = all(&ours.viewer, AssetKind::Unspecified, 1_000).await;
    assert!(listed.iter().all(|asset| asset.shared), "{:?}", codes(&listed));
    assert!(all(&ours.viewer, AssetKind::Other, 0).await.iter().all(|asset| asset.shared));

    let request = ListAssetsRequest { page_size: 5, ..Default::default() };
    let page = ok(theirs.viewer.assets().list_assets(request.clone()).await);
    let stolen = ListAssetsRequest { page_token: page.next_page_token, ..request };
    invalid(ours.viewer.assets().list_assets(stolen).await, &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let first = ListAssetsRequest { page_size: 5, ..Default::default() };
    let page = ok(tenant.viewer.assets().list_assets(first.clone()).await);
    let token = page.next_page_token;
    let next = ListAssetsRequest { page_token: token.clone(), ..first.clone() };
    assert_eq!(ok(tenant.viewer.assets().list_assets(next.clone()).await).assets.len(), 5);
    let cases: Vec<(ListAssetsRequest, &[&str])> = vec![
        (ListAssetsRequest { kind: 4, ..first.clone() }, &["kind"]),
        (ListAssetsRequest { page_size: -1, ..first.clone() }, &["page_size"]),
        (ListAssetsRequest { page_token: "x".into(), ..first.clone() }, &["page_token"]),
        (ListAssetsRequest { page_token: token[1..].to_owned(), ..first }, &["page_token"]),
        // A token belongs to its filter.
        (ListAssetsRequest { kind: AssetKind::Fiat.into(), ..next.clone() }, &["page_token"]),
        (ListAssetsRequest { kind: -1, page_size: -1, ..next }, &["kind", "page_size"]),
    ];
    for (request, fields) in cases {
        invalid(tenant.viewer.assets().list_assets(request).await, fields);
    }
}
