//! Asset templates.

use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{
    AssetTemplate, AssetTemplateChanges, AssetTemplateFilter, NewAssetTemplate,
};
use bursar_domain::ids::{AssetTemplateId, InstitutionId};
use bursar_domain::json::Json;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use tokio_postgres::Row;

use super::change::{check_revision, still_there};
use super::sql;
use crate::kernel::{
    Change, Columns, Entry, Fault, Outcome, Params, Store, TxResult, Write, mutate, transact,
};

const RESOURCE: &str = "asset_template";

impl Store {
    /// Adds a template to an institution.
    pub async fn asset_template_create(
        &self,
        op: &OpCtx,
        write: &Write<AssetTemplate>,
        new: NewAssetTemplate,
    ) -> Result<Outcome<AssetTemplate>> {
        mutate!(self, op, write, |tx| {
            let row = tx
                .query_opt(
                    &sql::ASSET_TEMPLATE_INSERT,
                    &[
                        &op.tenant.0,
                        &new.id.0,
                        &new.institution.0,
                        &new.code,
                        &new.name,
                        &new.vertical,
                        &new.region,
                        new.config.value(),
                    ],
                )
                .await
                .map_err(|fault| taken(fault, new.id, &new.code))?;
            // An institution that the key does not reach is none to it.
            let unknown = || Error::invalid("institution_id", "names no institution");
            let value = asset_template(&row.ok_or_else(unknown)?)?;
            Ok(Change { value, resource: RESOURCE, ids: vec![new.id.to_string()] })
        })
    }

    /// Reads a template.
    pub async fn asset_template_get(
        &self,
        op: &OpCtx,
        id: AssetTemplateId,
    ) -> Result<AssetTemplate> {
        transact!(self, Entry::of(op), |tx| {
            let answers =
                tx.finish_read(&[(&sql::ASSET_TEMPLATE_GET, &[&op.tenant.0, &id.0])]).await?;
            let row = answers.first().and_then(|rows| rows.first());
            asset_template(row.ok_or_else(|| Error::not_found(RESOURCE, id))?)
        })
    }

    /// Lists templates by id. Cursor: the id.
    pub async fn asset_template_list(
        &self,
        op: &OpCtx,
        filter: &AssetTemplateFilter,
        page: &PageRequest,
    ) -> Result<Page<AssetTemplate>> {
        let after = page.cursor_part(0)?.unwrap_or(AssetTemplateId::nil());
        let AssetTemplateFilter { institution, code, name, vertical, region, config } = filter;
        // What a narrowed key sees anyway: the index finds it.
        let institution = institution.or(op.actor.institution).map(|id| id.0);
        let contains = config.as_ref().map(Json::value);
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            let given: Params<'_> = &[
                &op.tenant.0,
                &after.0,
                &institution,
                code,
                name,
                vertical,
                region,
                &limit,
                &contains,
            ];
            let plain: Params<'_> = &[&op.tenant.0, &after.0, &limit, region];
            let (statement, params) = if contains.is_some() {
                (&sql::ASSET_TEMPLATE_SEARCH, given)
            } else if code.is_some() {
                (&sql::ASSET_TEMPLATE_LIST_BY_CODE, &given[..8])
            } else if name.is_some() {
                (&sql::ASSET_TEMPLATE_LIST_BY_NAME, &given[..8])
            } else if institution.is_some() {
                (&sql::ASSET_TEMPLATE_LIST_BY_INSTITUTION, &given[..8])
            } else if vertical.is_some() {
                (&sql::ASSET_TEMPLATE_LIST_BY_VERTICAL, &given[..8])
            } else if region.is_some() {
                (&sql::ASSET_TEMPLATE_LIST_BY_REGION, plain)
            } else {
                (&sql::ASSET_TEMPLATE_LIST, &plain[..3])
            };
            let answers = tx.finish_read(&[(statement, params)]).await?;
            let found =
                answers.iter().flatten().map(asset_template).collect::<Result<Vec<_>, _>>()?;
            Ok(Page::cut(found, page.size, |found| Cursor(vec![found.id.to_string()])))
        })
    }

    /// Changes a template.
    pub async fn asset_template_update(
        &self,
        op: &OpCtx,
        write: &Write<AssetTemplate>,
        id: AssetTemplateId,
        revision: Option<i64>,
        changes: AssetTemplateChanges,
    ) -> Result<Outcome<AssetTemplate>> {
        mutate!(self, op, write, |tx| {
            let row = tx.query_opt(&sql::ASSET_TEMPLATE_LOCK, &[&op.tenant.0, &id.0]).await?;
            let row = row.ok_or_else(|| Error::not_found(RESOURCE, id))?;
            let mut to = asset_template(&row)?;
            check_revision(RESOURCE, id, revision, to.revision)?;
            changes.clone().apply(&mut to);
            let (tenant, config) = (&op.tenant.0, to.config.value());
            let row = tx
                .query_opt(
                    &sql::ASSET_TEMPLATE_UPDATE,
                    &[tenant, &id.0, &to.code, &to.name, &to.vertical, &to.region, config],
                )
                .await
                .map_err(|fault| taken(fault, id, &to.code))?;
            let value = asset_template(&still_there(row)?)?;
            Ok(Change { value, resource: RESOURCE, ids: vec![id.to_string()] })
        })
    }
}

fn taken(fault: Fault, id: AssetTemplateId, code: &str) -> Fault {
    let exists = |id| Fault::from(Error::Exists { resource: RESOURCE, id });
    fault
        .on_unique("escrow_asset_template_pkey", || exists(id.to_string()))
        .on_unique("escrow_asset_template_code", || exists(format!("with code {code}")))
}

fn asset_template(row: &Row) -> TxResult<AssetTemplate> {
    let from = &mut Columns::of(row);
    Ok(AssetTemplate {
        id: AssetTemplateId(from.get("id")?),
        institution: InstitutionId(from.get("institution_id")?),
        code: from.get("code")?,
        name: from.get("name")?,
        vertical: from.get("vertical")?,
        region: from.get("region")?,
        config: Json::stored(from.get("config")?),
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}
