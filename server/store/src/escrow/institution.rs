//! Institutions.

use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{Institution, InstitutionChanges, InstitutionFilter, NewInstitution};
use bursar_domain::ids::InstitutionId;
use bursar_domain::json::Json;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use tokio_postgres::Row;

use super::change::{check_revision, still_there};
use super::sql;
use crate::kernel::{
    Change, Columns, Entry, Fault, Outcome, Params, Store, Tx, TxResult, Write, mutate, transact,
};

const RESOURCE: &str = "institution";

impl Store {
    /// Adds an institution.
    pub async fn institution_create(
        &self,
        op: &OpCtx,
        write: &Write<Institution>,
        new: NewInstitution,
    ) -> Result<Outcome<Institution>> {
        mutate!(self, op, write, |tx| {
            let (tenant, id, metadata) = (&op.tenant.0, &new.id.0, new.metadata.value());
            let row = tx
                .query_opt(
                    &sql::INSTITUTION_INSERT,
                    &[tenant, id, &new.code, &new.name, metadata, &new.regions, &new.verticals],
                )
                .await
                .map_err(|fault| taken(fault, new.id, &new.code))?;
            let value = institution(&still_there(row)?)?;
            Ok(Change { value, resource: RESOURCE, ids: vec![new.id.to_string()] })
        })
    }

    /// Reads an institution.
    pub async fn institution_get(&self, op: &OpCtx, id: InstitutionId) -> Result<Institution> {
        transact!(self, Entry::of(op), |tx| {
            let answers =
                tx.finish_read(&[(&sql::INSTITUTION_GET, &[&op.tenant.0, &id.0])]).await?;
            let row = answers.first().and_then(|rows| rows.first());
            institution(row.ok_or_else(|| Error::not_found(RESOURCE, id))?)
        })
    }

    /// Lists institutions by id. Cursor: the id.
    pub async fn institution_list(
        &self,
        op: &OpCtx,
        filter: &InstitutionFilter,
        page: &PageRequest,
    ) -> Result<Page<Institution>> {
        let after = page.cursor_part(0)?.unwrap_or(InstitutionId::nil());
        let InstitutionFilter { code, name, region, vertical, metadata } = filter;
        let (tenant, limit) = (&op.tenant.0, page.limit());
        let (kind, value) =
            if region.is_some() { ("region", region) } else { ("vertical", vertical) };
        let contains = metadata.as_ref().map(Json::value);
        transact!(self, Entry::of(op), |tx| {
            let given: Params<'_> =
                &[tenant, &after.0, code, name, region, vertical, &limit, &contains];
            let tagged: Params<'_> = &[&kind, value];
            let (statement, params) = if contains.is_some() {
                (&sql::INSTITUTION_SEARCH, given.to_vec())
            } else if code.is_some() {
                (&sql::INSTITUTION_LIST_BY_CODE, given[..7].to_vec())
            } else if name.is_some() {
                (&sql::INSTITUTION_LIST_BY_NAME, given[..7].to_vec())
            } else if value.is_some() {
                (&sql::INSTITUTION_LIST_BY_TAG, [&given[..7], tagged].concat())
            } else {
                (&sql::INSTITUTION_LIST, [&given[..2], &given[6..7]].concat())
            };
            let answers = tx.finish_read(&[(statement, &params)]).await?;
            let found = answers.iter().flatten().map(institution).collect::<Result<Vec<_>, _>>()?;
            Ok(Page::cut(found, page.size, |found| Cursor(vec![found.id.to_string()])))
        })
    }

    /// Changes an institution.
    pub async fn institution_update(
        &self,
        op: &OpCtx,
        write: &Write<Institution>,
        id: InstitutionId,
        revision: Option<i64>,
        changes: InstitutionChanges,
    ) -> Result<Outcome<Institution>> {
        mutate!(self, op, write, |tx| {
            let row = tx.query_opt(&sql::INSTITUTION_LOCK, &[&op.tenant.0, &id.0]).await?;
            let row = row.ok_or_else(|| Error::not_found(RESOURCE, id))?;
            let mut to = institution(&row)?;
            check_revision(RESOURCE, id, revision, to.revision)?;
            changes.clone().apply(&mut to);
            let (tenant, metadata) = (&op.tenant.0, to.metadata.value());
            let row = tx
                .query_opt(
                    &sql::INSTITUTION_UPDATE,
                    &[tenant, &id.0, &to.code, &to.name, metadata, &to.regions, &to.verticals],
                )
                .await
                .map_err(|fault| taken(fault, id, &to.code))?;
            let value = institution(&still_there(row)?)?;
            Ok(Change { value, resource: RESOURCE, ids: vec![id.to_string()] })
        })
    }
}

/// Whether there is that institution, for other domains, in the caller's transaction.
pub(crate) async fn institution_known(
    tx: &mut Tx,
    op: &OpCtx,
    id: InstitutionId,
) -> TxResult<bool> {
    Ok(tx.query_opt(&sql::INSTITUTION_GET, &[&op.tenant.0, &id.0]).await?.is_some())
}

fn taken(fault: Fault, id: InstitutionId, code: &str) -> Fault {
    let exists = |id| Fault::from(Error::Exists { resource: RESOURCE, id });
    fault
        .on_unique("escrow_institution_pkey", || exists(id.to_string()))
        .on_unique("escrow_institution_code", || exists(format!("with code {code}")))
}

fn institution(row: &Row) -> TxResult<Institution> {
    let from = &mut Columns::of(row);
    let mut institution = Institution {
        id: InstitutionId(from.get("id")?),
        code: from.get("code")?,
        name: from.get("name")?,
        metadata: Json::stored(from.get("metadata")?),
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
        regions: from.get("regions")?,
        verticals: from.get("verticals")?,
    };
    // Here, and not by the database: its order depends on its collation.
    institution.regions.sort_unstable();
    institution.verticals.sort_unstable();
    Ok(institution)
}
