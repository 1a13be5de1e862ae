//! Assets: the single things that positions are held for.

use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{Asset, AssetChanges, AssetFilter, NewAsset};
use bursar_domain::ids::{AssetTemplateId, EscrowAssetId, InstitutionId};
use bursar_domain::json::Json;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use tokio_postgres::Row;

use super::change::{check_revision, still_there};
use super::sql;
use crate::kernel::{
    Change, Columns, Entry, Fault, Outcome, Params, Store, TxResult, Write, mutate, transact,
};

/// The ledger has assets too.
const RESOURCE: &str = "escrow_asset";

impl Store {
    /// Adds an asset of a template.
    pub async fn escrow_asset_create(
        &self,
        op: &OpCtx,
        write: &Write<Asset>,
        new: NewAsset,
    ) -> Result<Outcome<Asset>> {
        mutate!(self, op, write, |tx| {
            let row = tx
                .query_opt(
                    &sql::ESCROW_ASSET_INSERT,
                    &[
                        &op.tenant.0,
                        &new.id.0,
                        &new.institution.0,
                        &new.template.0,
                        &new.label,
                        new.metadata.value(),
                    ],
                )
                .await
                .map_err(|fault| {
                    let exists = || Error::Exists { resource: RESOURCE, id: new.id.to_string() };
                    fault.on_unique("escrow_asset_pkey", || Fault::from(exists()))
                })?;
            // A template that the key does not reach is none to it.
            let unknown = || Error::invalid("template_id", "names no template of the institution");
            let value = asset(&row.ok_or_else(unknown)?)?;
            Ok(Change { value, resource: RESOURCE, ids: vec![new.id.to_string()] })
        })
    }

    /// Reads an asset.
    pub async fn escrow_asset_get(&self, op: &OpCtx, id: EscrowAssetId) -> Result<Asset> {
        transact!(self, Entry::of(op), |tx| {
            let answers =
                tx.finish_read(&[(&sql::ESCROW_ASSET_GET, &[&op.tenant.0, &id.0])]).await?;
            let row = answers.first().and_then(|rows| rows.first());
            asset(row.ok_or_else(|| Error::not_found(RESOURCE, id))?)
        })
    }

    /// Lists assets by id. Cursor: the id.
    pub async fn escrow_asset_list(
        &self,
        op: &OpCtx,
        filter: &AssetFilter,
        page: &PageRequest,
    ) -> Result<Page<Asset>> {
        let after = page.cursor_part(0)?.unwrap_or(EscrowAssetId::nil());
        // What a narrowed key sees anyway: the index finds it.
        let institution = filter.institution.or(op.actor.institution).map(|id| id.0);
        let template = filter.template.map(|id| id.0);
        let contains = filter.metadata.as_ref().map(Json::value);
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            let given: Params<'_> = &[
                &op.tenant.0,
                &after.0,
                &institution,
                &template,
                &filter.label,
                &limit,
                &contains,
            ];
            let plain: Params<'_> = &[&op.tenant.0, &after.0, &limit];
            let (statement, params) = if contains.is_some() {
                (&sql::ESCROW_ASSET_SEARCH, given)
            } else if filter.label.is_some() {
                (&sql::ESCROW_ASSET_LIST_BY_LABEL, &given[..6])
            } else if template.is_some() {
                (&sql::ESCROW_ASSET_LIST_BY_TEMPLATE, &given[..6])
            } else if institution.is_some() {
                (&sql::ESCROW_ASSET_LIST_BY_INSTITUTION, &given[..6])
            } else {
                (&sql::ESCROW_ASSET_LIST, plain)
            };
            let answers = tx.finish_read(&[(statement, params)]).await?;
            let found = answers.iter().flatten().map(asset).collect::<Result<Vec<_>, _>>()?;
            Ok(Page::cut(found, page.size, |found| Cursor(vec![found.id.to_string()])))
        })
    }

    /// Changes an asset.
    pub async fn escrow_asset_update(
        &self,
        op: &OpCtx,
        write: &Write<Asset>,
        id: EscrowAssetId,
        revision: Option<i64>,
        changes: AssetChanges,
    ) -> Result<Outcome<Asset>> {
        mutate!(self, op, write, |tx| {
            let row = tx.query_opt(&sql::ESCROW_ASSET_LOCK, &[&op.tenant.0, &id.0]).await?;
            let mut to = asset(&row.ok_or_else(|| Error::not_found(RESOURCE, id))?)?;
            check_revision(RESOURCE, id, revision, to.revision)?;
            changes.clone().apply(&mut to);
            let params: Params<'_> = &[&op.tenant.0, &id.0, &to.label, to.metadata.value()];
            let row = tx.query_opt(&sql::ESCROW_ASSET_UPDATE, params).await?;
            let value = asset(&still_there(row)?)?;
            Ok(Change { value, resource: RESOURCE, ids: vec![id.to_string()] })
        })
    }
}

fn asset(row: &Row) -> TxResult<Asset> {
    let from = &mut Columns::of(row);
    Ok(Asset {
        id: EscrowAssetId(from.get("id")?),
        institution: InstitutionId(from.get("institution_id")?),
        template: AssetTemplateId(from.get("template_id")?),
        label: from.get("label")?,
        metadata: Json::stored(from.get("metadata")?),
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}
