//! Asset templates: the kinds of asset that an institution holds.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::escrow::AssetTemplate;
use bursar_domain::page::Cursor;
use bursar_proto::escrow::v1 as pb;
use bursar_proto::escrow::v1::asset_template_service_server::AssetTemplateService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::convert_asset_template::{list, new, to_wire, update};
use crate::call::{ListRequest as _, answer, fit, page_token, reply, write};
use crate::convert::{id, in_part};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The asset template service.
pub(crate) struct AssetTemplates(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl AssetTemplateService for AssetTemplates {
    async fn create_asset_template(
        &self,
        request: Request<pb::CreateAssetTemplateRequest>,
    ) -> Reply<pb::CreateAssetTemplateResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |made| {
                created(made).encode_to_vec()
            })?;
            let outcome = kernel.store.asset_template_create(&op, &write, new).await;
            reply(outcome.map_err(|error| in_part(error, "asset_template."))?, |made| {
                created(&made)
            })
        })
        .await
    }

    async fn get_asset_template(
        &self,
        request: Request<pb::GetAssetTemplateRequest>,
    ) -> Reply<pb::GetAssetTemplateResponse> {
        answer(request, |op, m| async move {
            let asset_template = self.0.store.asset_template_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetAssetTemplateResponse {
                asset_template: Some(to_wire(&asset_template)),
            }))
        })
        .await
    }

    async fn list_asset_templates(
        &self,
        request: Request<pb::ListAssetTemplatesRequest>,
    ) -> Reply<pb::ListAssetTemplatesResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (filter, page) = list(&op, &bytes, &m)?;
            let page =
                fit(self.0.store.asset_template_list(&op, &filter, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListAssetTemplatesResponse {
                asset_templates: page.items,
                next_page_token,
            }))
        })
        .await
    }

    async fn update_asset_template(
        &self,
        request: Request<pb::UpdateAssetTemplateRequest>,
    ) -> Reply<pb::UpdateAssetTemplateResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (id, revision, changes) = update(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |to| {
                updated(to).encode_to_vec()
            })?;
            let outcome =
                kernel.store.asset_template_update(&op, &write, id, revision, changes).await?;
            reply(outcome, |to| updated(&to))
        })
        .await
    }
}

fn created(asset_template: &AssetTemplate) -> pb::CreateAssetTemplateResponse {
    pb::CreateAssetTemplateResponse {
        asset_template: Some(to_wire(asset_template)),
        replayed: false,
    }
}

fn updated(asset_template: &AssetTemplate) -> pb::UpdateAssetTemplateResponse {
    pb::UpdateAssetTemplateResponse {
        asset_template: Some(to_wire(asset_template)),
        replayed: false,
    }
}

fn cursor(asset_template: &AssetTemplate) -> Cursor {
    Cursor(vec![asset_template.id.to_string()])
}
