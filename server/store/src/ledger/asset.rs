//! Assets: shared ones from the migrations, and the tenant's own.

use std::collections::HashMap;

use bursar_domain::asset::{Asset, AssetKind, NewAsset};
use bursar_domain::error::{Error, Result};
use bursar_domain::money::AssetCode;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use tokio_postgres::Row;

use super::{rows, sql};
use crate::kernel::{
    Change, Entry, Fault, Outcome, Store, Tx, TxResult, Write, col, mutate, transact,
};

impl Store {
    /// Adds an asset of the tenant. RESOURCE_EXISTS when the code is its own already or shared.
    pub async fn asset_create(
        &self,
        op: &OpCtx,
        write: &Write<Asset>,
        new: NewAsset,
    ) -> Result<Outcome<Asset>> {
        mutate!(self, op, write, |tx| {
            let exists =
                || Fault::from(Error::Exists { resource: "asset", id: new.code.to_string() });
            let scale = i16::from(new.scale);
            let rows = tx
                .query(
                    &sql::ASSET_INSERT,
                    &[
                        &op.tenant.0,
                        &new.code.as_str(),
                        &new.name,
                        &scale,
                        &new.kind.name(),
                        new.metadata.value(),
                    ],
                )
                .await
                .map_err(|fault| {
                    fault
                        .on_unique("ref_asset_pkey", exists)
                        .on_unique("ref_asset_shared_code", exists)
                })?;
            let value = rows
                .first()
                .map(rows::asset)
                .transpose()?
                .ok_or_else(|| Fault::Other("no row".into()))?;
            Ok(Change { value, resource: "asset", ids: vec![new.code.to_string()] })
        })
    }

    /// Reads an asset.
    pub async fn asset_get(&self, op: &OpCtx, code: &AssetCode) -> Result<Asset> {
        transact!(self, Entry::of(op), |tx| {
            let answers =
                tx.finish_read(&[(&sql::ASSET_GET, &[&op.tenant.0, &code.as_str()])]).await?;
            let row = answers
                .first()
                .and_then(|rows| rows.first())
                .ok_or_else(|| Error::not_found("asset", code))?;
            rows::asset(row)
        })
    }

    /// Lists assets by code. Cursor: the code.
    pub async fn asset_list(
        &self,
        op: &OpCtx,
        kind: Option<AssetKind>,
        page: &PageRequest,
    ) -> Result<Page<Asset>> {
        let after = page.after.as_ref().and_then(|c| c.0.first().cloned()).unwrap_or_default();
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            let answers = match kind {
                None => {
                    tx.finish_read(&[(&sql::ASSET_LIST, &[&op.tenant.0, &after, &limit])]).await?
                }
                Some(kind) => {
                    tx.finish_read(&[(
                        &sql::ASSET_LIST_BY_KIND,
                        &[&op.tenant.0, &kind.name(), &after, &limit],
                    )])
                    .await?
                }
            };
            let found = answers.iter().flatten().map(rows::asset).collect::<Result<Vec<_>, _>>()?;
            Ok(Page::cut(found, page.size, |asset| Cursor(vec![asset.code.to_string()])))
        })
    }
}

/// The decimal places of those of the codes that are assets.
pub(crate) async fn asset_scales(
    tx: &mut Tx,
    op: &OpCtx,
    codes: &[&str],
) -> TxResult<HashMap<String, u8>> {
    let rows = tx.query(&sql::ASSET_SCALES, &[&op.tenant.0, &codes]).await?;
    rows.iter().map(|row| Ok((col(row, "code")?, rows::scale(row)?))).collect()
}

/// Asks for the decimal places of an asset with the transaction's next flush; [`asset_scale`] reads the answer.
pub(crate) async fn asset_scale_ask(tx: &mut Tx, op: &OpCtx, code: &AssetCode) -> TxResult<()> {
    tx.ahead(&[(&sql::ASSET_SCALES, &[&op.tenant.0, &vec![code.as_str()]])]).await
}

/// The decimal places of the asset that was asked for; INVALID_FIELD of `asset` when there is none.
pub(crate) fn asset_scale(code: &AssetCode, found: &[Row]) -> TxResult<u8> {
    found.first().map_or_else(|| Err(no_asset("", code).into()), rows::scale)
}

/// What is said of a code that is no asset's.
pub(super) fn no_asset(prefix: &str, code: &AssetCode) -> Error {
    Error::invalid(
        format!("{prefix}asset"),
        format!("names no asset: {code}; ListAssets shows them, CreateAsset adds one"),
    )
}
