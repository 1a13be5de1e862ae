//! Assets: shared ones, and each tenant's own.

mod create_asset;
mod get_asset;
mod list_assets;

use bursar_proto::ledger::v1::{Asset, AssetKind, CreateAssetRequest, GetAssetRequest};
use bursar_testkit::{Caller, id, ok};

/// A request for an asset with that many decimal places.
fn new_asset(code: &str, scale: i32) -> CreateAssetRequest {
    CreateAssetRequest {
        request_id: id(),
        code: code.into(),
        name: "Air miles".into(),
        scale,
        ..Default::default()
    }
}

/// Adds an asset.
async fn add(admin: &Caller, request: CreateAssetRequest) -> Asset {
    ok(admin.assets().create_asset(request).await).asset.unwrap()
}

/// Reads an asset.
async fn get(caller: &Caller, code: &str) -> Asset {
    let request = GetAssetRequest { code: code.into() };
    ok(caller.assets().get_asset(request).await).asset.unwrap()
}

/// The plain kind of an asset that is not given one.
const OTHER: i32 = AssetKind::Other as i32;
