//! Policies: what callers ask for, and what they get to see.

use std::collections::BTreeMap;

use bursar_domain::escrow::{
    InstitutionPolicy, InstitutionPolicyChange, InstitutionPolicyFilter, NewInstitutionPolicy,
    PolicyRules, PositionState,
};
use bursar_domain::ids::InstitutionId;
use bursar_domain::limits::{MAX_POLICY_METADATA, MAX_POLICY_METADATA_CHARS, MAX_POLICY_MINIMUMS};
use bursar_domain::money::{AssetCode, Decimal};
use bursar_domain::op::OpCtx;
use bursar_domain::page::PageRequest;
use bursar_domain::{Error, Result};
use bursar_proto::common::v1::Money;
use bursar_proto::escrow::v1 as pb;

use super::position_state;
use super::sets::set;
use crate::call::page_request;
use crate::convert::{
    Checks, etag, id, money, name, optional_code, optional_id, present, request_id, required_code,
    to_timestamp,
};

/// The policy of `SetInstitutionPolicy`, and the revision that was read.
pub(super) fn new(
    m: &pb::SetInstitutionPolicyRequest,
) -> Result<(NewInstitutionPolicy, Option<i64>)> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let institution = checks.take(id("institution_id", &m.institution_id));
    let region = checks.take(required_code("region", &m.region));
    let given = checks.take(present("rules", m.rules.as_ref()));
    let rules = given.and_then(|given| checks.take_within("rules.", rules(given)));
    let revision = checks.take(etag("etag", &m.etag));
    checks.finish(|| {
        let (institution, region, rules) = (institution?, region?, rules?);
        Some((NewInstitutionPolicy { institution, region, rules }, revision?))
    })
}

fn rules(m: &pb::PolicyRules) -> Result<PolicyRules> {
    let mut checks = Checks::new();
    let all = PositionState::ALL.len();
    let state = |field: &str, number: &i32| position_state::required(field, *number);
    let states = checks.take(set("allowed_states", &m.allowed_states, all, state));
    let minimums = checks.take(minimums("minimum_amounts", &m.minimum_amounts));
    let key = |field: &str, text: &String| name(field, text, MAX_POLICY_METADATA_CHARS);
    let required =
        checks.take(set("required_metadata", &m.required_metadata, MAX_POLICY_METADATA, key));
    checks.finish(|| {
        Some(PolicyRules {
            allowed_states: Some(states?).filter(|states| !states.is_empty()),
            minimum_amounts: minimums?,
            required_metadata: required?,
            four_eyes: m.four_eyes,
        })
    })
}

fn minimums(field: &str, amounts: &[Money]) -> Result<BTreeMap<AssetCode, Decimal>> {
    let mut checks = Checks::new();
    if amounts.len() > MAX_POLICY_MINIMUMS {
        let count = amounts.len();
        checks.note(field, format!("has {count} items; give at most {MAX_POLICY_MINIMUMS}"));
        return checks.finish(|| None);
    }
    let mut kept = BTreeMap::new();
    for (at, amount) in amounts.iter().enumerate() {
        let field = format!("{field}[{at}]");
        let Some(least) = checks.take(money(&field, Some(amount))) else { continue };
        if !least.amount.is_positive() {
            checks.note(format!("{field}.amount"), "is not more than zero; leave it out for none");
        }
        if kept.insert(least.asset, least.amount).is_some() {
            checks.note(format!("{field}.asset"), "is there twice");
        }
    }
    checks.finish(|| Some(kept))
}

/// The policy that a call names.
pub(super) fn named(institution: &str, region: &str) -> Result<(InstitutionId, String)> {
    let mut checks = Checks::new();
    let institution = checks.take(id("institution_id", institution));
    let region = checks.take(required_code("region", region));
    checks.finish(|| Some((institution?, region?)))
}

/// Which policies, and which page of them.
pub(super) fn list(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListInstitutionPoliciesRequest,
) -> Result<(InstitutionPolicyFilter, PageRequest)> {
    let mut checks = Checks::new();
    let none = pb::InstitutionPolicyFilter::default();
    let filter = m.filter.as_ref().unwrap_or(&none);
    let institution = checks.take(optional_id("filter.institution_id", &filter.institution_id));
    let region = checks.take(optional_code("filter.region", &filter.region));
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 2));
    checks.finish(|| {
        let (institution, region) = (institution?, region?);
        Some((InstitutionPolicyFilter { institution, region }, page?))
    })
}

/// Whose history, and which page of it.
pub(super) fn history(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListInstitutionPolicyChangesRequest,
) -> Result<(InstitutionId, String, PageRequest)> {
    let mut checks = Checks::new();
    let policy = checks.take(named(&m.institution_id, &m.region));
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 1));
    checks.finish(|| {
        let (institution, region) = policy?;
        Some((institution, region, page?))
    })
}

/// The error of the store for a policy, whose amounts it names as one field.
pub(super) fn in_request(error: Error, m: &pb::SetInstitutionPolicyRequest) -> Error {
    let Error::Invalid(mut violations) = error else { return error };
    for violation in &mut violations {
        let amounts = m.rules.iter().flat_map(|rules| rules.minimum_amounts.iter().enumerate());
        for (at, amount) in amounts {
            if violation.field == format!("rules.minimum_amounts.{}", amount.asset) {
                violation.field = format!("rules.minimum_amounts[{at}]");
            }
        }
    }
    Error::Invalid(violations)
}

/// A policy.
pub(super) fn to_wire(policy: &InstitutionPolicy) -> pb::InstitutionPolicy {
    pb::InstitutionPolicy {
        institution_id: policy.institution.to_string(),
        region: policy.region.clone(),
        rules: Some(to_rules(&policy.rules)),
        etag: policy.revision.to_string(),
        created_at: Some(to_timestamp(policy.created_at)),
        updated_at: Some(to_timestamp(policy.updated_at)),
    }
}

/// One setting of a policy.
pub(super) fn to_change(change: &InstitutionPolicyChange) -> pb::InstitutionPolicyChange {
    pb::InstitutionPolicyChange {
        etag: change.revision.to_string(),
        before: change.before.as_ref().map(to_rules),
        after: Some(to_rules(&change.after)),
        key_id: change.key.to_string(),
        changed_at: Some(to_timestamp(change.changed_at)),
    }
}

fn to_rules(rules: &PolicyRules) -> pb::PolicyRules {
    let states = rules.allowed_states.iter().flatten();
    let minimums = rules.minimum_amounts.iter();
    pb::PolicyRules {
        allowed_states: states.map(|state| position_state::wire(*state)).collect(),
        minimum_amounts: minimums
            .map(|(asset, least)| Money { asset: asset.to_string(), amount: least.to_string() })
            .collect(),
        required_metadata: rules.required_metadata.clone(),
        four_eyes: rules.four_eyes,
    }
}
