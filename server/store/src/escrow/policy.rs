//! Policies and their history.

use bursar_domain::error::{Error, Result};
use bursar_domain::escrow::{
    InstitutionPolicy, InstitutionPolicyChange, InstitutionPolicyFilter, NewInstitutionPolicy,
    PolicyRules, PositionState,
};
use bursar_domain::ids::{InstitutionId, KeyId};
use bursar_domain::money::AssetCode;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Page, PageRequest};
use serde_json::Value;
use tokio_postgres::Row;

use super::change::{check_revision, still_there};
use super::sql;
use crate::kernel::{
    Change, Columns, Entry, Fault, Outcome, Params, Store, Tx, TxResult, Write, mutate, transact,
};
use crate::ledger::asset_scales;

const RESOURCE: &str = "institution_policy";

impl Store {
    /// Sets the policy of an institution for a region, and keeps what it was.
    pub async fn institution_policy_set(
        &self,
        op: &OpCtx,
        write: &Write<InstitutionPolicy>,
        new: NewInstitutionPolicy,
        revision: Option<i64>,
    ) -> Result<Outcome<InstitutionPolicy>> {
        mutate!(self, op, write, |tx| {
            check_minimums(tx, op, &new.rules).await?;
            let key: Params<'_> = &[&op.tenant.0, &new.institution.0, &new.region];
            let before = tx.query_opt(&sql::POLICY_LOCK, key).await?;
            let before = before.as_ref().map(policy).transpose()?;
            let id = name(new.institution, &new.region);
            match (&before, revision) {
                (Some(before), read) => check_revision(RESOURCE, &id, read, before.revision)?,
                (None, Some(_)) => return Err(Error::not_found(RESOURCE, &id).into()),
                (None, None) => {}
            }
            let value = policy_write(tx, op, &new, before.is_some()).await?;
            let (before, after) = (before.map(|old| old.rules.to_value()), new.rules.to_value());
            let change: Params<'_> = &[&value.revision, &before, &after, &op.actor.key.0];
            tx.query(&sql::POLICY_CHANGE_INSERT, &[key, change].concat()).await?;
            Ok(Change { value, resource: RESOURCE, ids: vec![id] })
        })
    }

    /// Reads a policy.
    pub async fn institution_policy_get(
        &self,
        op: &OpCtx,
        institution: InstitutionId,
        region: &str,
    ) -> Result<InstitutionPolicy> {
        transact!(self, Entry::of(op), |tx| {
            let key: Params<'_> = &[&op.tenant.0, &institution.0, &region];
            let answers = tx.finish_read(&[(&sql::POLICY_GET, key)]).await?;
            let row = answers.first().and_then(|rows| rows.first());
            policy(row.ok_or_else(|| absent(institution, region))?)
        })
    }

    /// Lists policies by institution and region. Cursor: both.
    pub async fn institution_policy_list(
        &self,
        op: &OpCtx,
        filter: &InstitutionPolicyFilter,
        page: &PageRequest,
    ) -> Result<Page<InstitutionPolicy>> {
        let after = page.cursor_part(0)?.unwrap_or(InstitutionId::nil());
        let after_region: String = page.cursor_part(1)?.unwrap_or_default();
        // What a narrowed key sees anyway: the index finds it.
        let institution = filter.institution.or(op.actor.institution).map(|id| id.0);
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            let given: Params<'_> =
                &[&op.tenant.0, &after.0, &after_region, &limit, &institution, &filter.region];
            let of_region: Params<'_> = &[&op.tenant.0, &after.0, &limit, &filter.region];
            let (statement, params) = if institution.is_some() {
                (&sql::POLICY_LIST_BY_INSTITUTION, given)
            } else if filter.region.is_some() {
                (&sql::POLICY_LIST_BY_REGION, of_region)
            } else {
                (&sql::POLICY_LIST, &given[..4])
            };
            let answers = tx.finish_read(&[(statement, params)]).await?;
            let found = answers.iter().flatten().map(policy).collect::<Result<Vec<_>, _>>()?;
            Ok(Page::cut(found, page.size, |found| {
                Cursor(vec![found.institution.to_string(), found.region.clone()])
            }))
        })
    }

    /// Lists the settings of a policy, the latest first. Cursor: the revision.
    pub async fn institution_policy_changes(
        &self,
        op: &OpCtx,
        institution: InstitutionId,
        region: &str,
        page: &PageRequest,
    ) -> Result<Page<InstitutionPolicyChange>> {
        let before: i64 = page.cursor_part(0)?.unwrap_or(i64::MAX);
        let limit = page.limit();
        transact!(self, Entry::of(op), |tx| {
            let given: Params<'_> = &[&op.tenant.0, &institution.0, &region, &before, &limit];
            let answers = tx.finish_read(&[(&sql::POLICY_CHANGE_LIST, given)]).await?;
            let found =
                answers.iter().flatten().map(policy_change).collect::<Result<Vec<_>, _>>()?;
            // A policy has at least its first setting.
            if found.is_empty() && page.after.is_none() {
                return Err(absent(institution, region).into());
            }
            Ok(Page::cut(found, page.size, |found| Cursor(vec![found.revision.to_string()])))
        })
    }
}

fn name(institution: InstitutionId, region: &str) -> String {
    format!("{institution}/{region}")
}

fn absent(institution: InstitutionId, region: &str) -> Error {
    Error::not_found(RESOURCE, name(institution, region))
}

async fn policy_write(
    tx: &mut Tx,
    op: &OpCtx,
    new: &NewInstitutionPolicy,
    exists: bool,
) -> TxResult<InstitutionPolicy> {
    let states = new.rules.allowed_states.as_ref();
    let states = states.map(|all| all.iter().map(|state| state.name()).collect::<Vec<_>>());
    let (minimums, required) = (new.rules.minimums(), &new.rules.required_metadata);
    let params: Params<'_> = &[
        &op.tenant.0,
        &new.institution.0,
        &new.region,
        &states,
        &minimums,
        required,
        &new.rules.four_eyes,
    ];
    if exists {
        return policy(&still_there(tx.query_opt(&sql::POLICY_UPDATE, params).await?)?);
    }
    // Another call may have set it first: run again, and find it.
    let row = tx.query_opt(&sql::POLICY_INSERT, params).await;
    let row = row.map_err(|fault| fault.on_unique("escrow_policy_pkey", || Fault::Conflict))?;
    // An institution that the key does not reach is none to it.
    let unknown = || Error::invalid("institution_id", "names no institution");
    policy(&row.ok_or_else(unknown)?)
}

/// Each minimum must be an amount of its currency. A caller's list is not known here: the field ends in the currency.
async fn check_minimums(tx: &mut Tx, op: &OpCtx, rules: &PolicyRules) -> TxResult<()> {
    if rules.minimum_amounts.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = rules.minimum_amounts.keys().map(AssetCode::as_str).collect();
    let scales = asset_scales(tx, op, &codes).await?;
    for (code, least) in &rules.minimum_amounts {
        let field = format!("rules.minimum_amounts.{code}");
        let scale = scales.get(code.as_str()).ok_or_else(|| {
            let problem = format!("names no asset: {code}; the ledger's ListAssets shows them");
            Error::invalid(&field, problem)
        })?;
        least.to_units(*scale).map_err(|error| Error::invalid(&field, error))?;
    }
    Ok(())
}

fn policy(row: &Row) -> TxResult<InstitutionPolicy> {
    let from = &mut Columns::of(row);
    Ok(InstitutionPolicy {
        institution: InstitutionId(from.get("institution_id")?),
        region: from.get("region")?,
        rules: rules(from)?,
        revision: from.get("revision")?,
        created_at: from.get("created_at")?,
        updated_at: from.get("updated_at")?,
    })
}

fn policy_change(row: &Row) -> TxResult<InstitutionPolicyChange> {
    let from = &mut Columns::of(row);
    let rules = |value: &Value| {
        let unknown = || Fault::Other("a policy's history holds no rules".into());
        PolicyRules::from_value(value).ok_or_else(unknown)
    };
    Ok(InstitutionPolicyChange {
        revision: from.get("revision")?,
        before: from.get::<Option<Value>>("before")?.as_ref().map(rules).transpose()?,
        after: rules(&from.get::<Value>("after")?)?,
        key: KeyId(from.get("key_id")?),
        changed_at: from.get("changed_at")?,
    })
}

fn rules(from: &mut Columns<'_>) -> TxResult<PolicyRules> {
    let states: Option<Vec<String>> = from.get("allowed_states")?;
    let state = |name: &String| {
        let unknown = || Fault::Other(format!("a policy allows the unknown state {name}"));
        PositionState::from_name(name).ok_or_else(unknown)
    };
    let minimums: Value = from.get("minimum_amounts")?;
    let minimums = PolicyRules::minimums_of(&minimums);
    Ok(PolicyRules {
        allowed_states: states.map(|all| all.iter().map(state).collect()).transpose()?,
        minimum_amounts: minimums
            .ok_or_else(|| Fault::Other("a policy's minimum amounts are none".into()))?,
        required_metadata: from.get("required_metadata")?,
        four_eyes: from.get("four_eyes")?,
    })
}
