//! Assets: the currencies and tokens that accounts are kept in.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::asset::{Asset, AssetKind, NewAsset};
use bursar_domain::limits::{MAX_NAME_CHARS, MAX_SCALE};
use bursar_domain::page::Cursor;
use bursar_proto::ledger::v1 as pb;
use bursar_proto::ledger::v1::asset_service_server::AssetService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{asset_kind, metadata, request_id};
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, asset_code, json, name, to_timestamp, whole};
use crate::kernel::Kernel;

/// The asset service.
pub(crate) struct Assets(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl AssetService for Assets {
    async fn create_asset(
        &self,
        request: Request<pb::CreateAssetRequest>,
    ) -> Result<Response<pb::CreateAssetResponse>, Status> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new_asset(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |a| {
                created(a).encode_to_vec()
            })?;
            reply(kernel.store.asset_create(&op, &write, new).await?, |asset| created(&asset))
        })
        .await
    }

    async fn get_asset(
        &self,
        request: Request<pb::GetAssetRequest>,
    ) -> Result<Response<pb::GetAssetResponse>, Status> {
        answer(request, |op, m| async move {
            let asset = self.0.store.asset_get(&op, &asset_code("code", &m.code)?).await?;
            Ok(Response::new(pb::GetAssetResponse { asset: Some(to_wire(&asset)) }))
        })
        .await
    }

    async fn list_assets(
        &self,
        request: Request<pb::ListAssetsRequest>,
    ) -> Result<Response<pb::ListAssetsResponse>, Status> {
        answer(request, |op, m| async move {
            let filter = m.filter_bytes();
            let mut checks = Checks::new();
            let kind = checks.take(asset_kind::optional("kind", m.kind));
            let page = checks.take(page_request(&op, &filter, m.page_size, &m.page_token, 1));
            let (kind, page) = checks.finish(|| Some((kind?, page?)))?;
            let page = fit(self.0.store.asset_list(&op, kind, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &filter, &page);
            Ok(Response::new(pb::ListAssetsResponse { assets: page.items, next_page_token }))
        })
        .await
    }
}

fn created(asset: &Asset) -> pb::CreateAssetResponse {
    pb::CreateAssetResponse { asset: Some(to_wire(asset)), replayed: false }
}

fn cursor(asset: &Asset) -> Cursor {
    Cursor(vec![asset.code.to_string()])
}

fn new_asset(m: &pb::CreateAssetRequest) -> Result<NewAsset> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let code = checks.take(asset_code("code", &m.code));
    let name = checks.take(name("name", &m.name, MAX_NAME_CHARS));
    let scale = checks.take(whole("scale", m.scale, 0..=i32::from(MAX_SCALE)));
    let kind = checks.take(asset_kind::optional("kind", m.kind));
    let metadata = checks.take(json("metadata", m.metadata.as_ref()));
    checks.finish(|| {
        let kind = kind?.unwrap_or(AssetKind::Other);
        Some(NewAsset {
            code: code?,
            name: name?,
            scale: u8::try_from(scale?).ok()?,
            kind,
            metadata: metadata?,
        })
    })
}

fn to_wire(asset: &Asset) -> pb::Asset {
    pb::Asset {
        code: asset.code.to_string(),
        name: asset.name.clone(),
        scale: i32::from(asset.scale),
        kind: asset_kind::wire(asset.kind),
        shared: asset.shared,
        metadata: metadata(&asset.metadata),
        created_at: Some(to_timestamp(asset.created_at)),
    }
}

#[cfg(test)]
mod tests {
    use bursar_domain::ids::RequestId;
    use jiff::Timestamp;

    use super::super::tests::{attributes, fields, not_a_number};
    use super::*;

    fn request() -> pb::CreateAssetRequest {
        pb::CreateAssetRequest {
            request_id: RequestId::generate().to_string(),
            code: "MILES".into(),
            name: "Air miles".into(),
            scale: 3,
            kind: pb::AssetKind::Crypto.into(),
            metadata: Some(attributes("a", "b")),
            validate_only: false,
        }
    }

    #[test]
    fn round_trip() {
        let m = request();
        let new = new_asset(&m).unwrap();
        let NewAsset { code, name, scale, kind, metadata } = new;
        let created_at = Timestamp::constant(1_800_000_000, 1_000);
        let wire = to_wire(&Asset { code, name, scale, kind, shared: false, metadata, created_at });
        assert_eq!(
            (&wire.code, &wire.name, wire.scale, wire.kind),
            (&m.code, &m.name, m.scale, m.kind)
        );
        assert_eq!(wire.metadata, m.metadata);
        assert_eq!(
            wire.created_at,
            Some(prost_types::Timestamp { seconds: 1_800_000_000, nanos: 1_000 })
        );
        let plain = new_asset(&pb::CreateAssetRequest { kind: 0, metadata: None, ..m }).unwrap();
        assert_eq!(plain.kind, AssetKind::Other);
        assert!(plain.metadata.is_empty());
    }

    #[test]
    fn all_violations_at_once() {
        let bad = pb::CreateAssetRequest {
            request_id: "x".into(),
            code: "miles".into(),
            name: " ".into(),
            scale: 19,
            kind: 9,
            metadata: Some(not_a_number()),
            validate_only: false,
        };
        assert_eq!(
            fields(new_asset(&bad)),
            ["request_id", "code", "name", "scale", "kind", "metadata"]
        );
        assert_eq!(
            fields(new_asset(&pb::CreateAssetRequest { scale: -1, ..request() })),
            ["scale"]
        );
    }
}
