//! Assets: the single things that positions are held for.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::escrow::Asset;
use bursar_domain::page::Cursor;
use bursar_proto::escrow::v1 as pb;
use bursar_proto::escrow::v1::asset_service_server::AssetService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::convert_asset::{list, new, to_wire, update};
use crate::call::{ListRequest as _, answer, fit, page_token, reply, write};
use crate::convert::{id, in_part};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The asset service.
pub(crate) struct Assets(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl AssetService for Assets {
    async fn create_asset(
        &self,
        request: Request<pb::CreateAssetRequest>,
    ) -> Reply<pb::CreateAssetResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |made| {
                created(made).encode_to_vec()
            })?;
            let outcome = kernel.store.escrow_asset_create(&op, &write, new).await;
            reply(outcome.map_err(|error| in_part(error, "asset."))?, |made| created(&made))
        })
        .await
    }

    async fn get_asset(
        &self,
        request: Request<pb::GetAssetRequest>,
    ) -> Reply<pb::GetAssetResponse> {
        answer(request, |op, m| async move {
            let asset = self.0.store.escrow_asset_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetAssetResponse { asset: Some(to_wire(&asset)) }))
        })
        .await
    }

    async fn list_assets(
        &self,
        request: Request<pb::ListAssetsRequest>,
    ) -> Reply<pb::ListAssetsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (filter, page) = list(&op, &bytes, &m)?;
            let page =
                fit(self.0.store.escrow_asset_list(&op, &filter, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListAssetsResponse { assets: page.items, next_page_token }))
        })
        .await
    }

    async fn update_asset(
        &self,
        request: Request<pb::UpdateAssetRequest>,
    ) -> Reply<pb::UpdateAssetResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (id, revision, changes) = update(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |to| {
                updated(to).encode_to_vec()
            })?;
            let outcome =
                kernel.store.escrow_asset_update(&op, &write, id, revision, changes).await?;
            reply(outcome, |to| updated(&to))
        })
        .await
    }
}

fn created(asset: &Asset) -> pb::CreateAssetResponse {
    pb::CreateAssetResponse { asset: Some(to_wire(asset)), replayed: false }
}

fn updated(asset: &Asset) -> pb::UpdateAssetResponse {
    pb::UpdateAssetResponse { asset: Some(to_wire(asset)), replayed: false }
}

fn cursor(asset: &Asset) -> Cursor {
    Cursor(vec![asset.id.to_string()])
}
