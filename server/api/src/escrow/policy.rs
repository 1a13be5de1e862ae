//! Policies: what an institution asks of positions in a region.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::escrow::{InstitutionPolicy, InstitutionPolicyChange};
use bursar_domain::page::Cursor;
use bursar_proto::escrow::v1 as pb;
use bursar_proto::escrow::v1::policy_service_server::PolicyService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::convert_policy::{history, in_request, list, named, new, to_change, to_wire};
use crate::call::{ListRequest as _, answer, fit, page_token, reply, write};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The policy service.
pub(crate) struct Policies(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl PolicyService for Policies {
    async fn set_institution_policy(
        &self,
        request: Request<pb::SetInstitutionPolicyRequest>,
    ) -> Reply<pb::SetInstitutionPolicyResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (new, revision) = new(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |policy| {
                set(policy).encode_to_vec()
            })?;
            let outcome = kernel.store.institution_policy_set(&op, &write, new, revision).await;
            reply(outcome.map_err(|error| in_request(error, &m))?, |policy| set(&policy))
        })
        .await
    }

    async fn get_institution_policy(
        &self,
        request: Request<pb::GetInstitutionPolicyRequest>,
    ) -> Reply<pb::GetInstitutionPolicyResponse> {
        answer(request, |op, m| async move {
            let (institution, region) = named(&m.institution_id, &m.region)?;
            let policy = self.0.store.institution_policy_get(&op, institution, &region).await?;
            Ok(Response::new(pb::GetInstitutionPolicyResponse { policy: Some(to_wire(&policy)) }))
        })
        .await
    }

    async fn list_institution_policies(
        &self,
        request: Request<pb::ListInstitutionPoliciesRequest>,
    ) -> Reply<pb::ListInstitutionPoliciesResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (filter, page) = list(&op, &bytes, &m)?;
            let page = self.0.store.institution_policy_list(&op, &filter, &page).await?;
            let page = fit(page, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            let policies = page.items;
            Ok(Response::new(pb::ListInstitutionPoliciesResponse { policies, next_page_token }))
        })
        .await
    }

    async fn list_institution_policy_changes(
        &self,
        request: Request<pb::ListInstitutionPolicyChangesRequest>,
    ) -> Reply<pb::ListInstitutionPolicyChangesResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (of, region, page) = history(&op, &bytes, &m)?;
            let page = self.0.store.institution_policy_changes(&op, of, &region, &page).await?;
            let page = fit(page, moment, to_change);
            let next_page_token = page_token(&op, &bytes, &page);
            let changes = page.items;
            Ok(Response::new(pb::ListInstitutionPolicyChangesResponse { changes, next_page_token }))
        })
        .await
    }
}

fn set(policy: &InstitutionPolicy) -> pb::SetInstitutionPolicyResponse {
    pb::SetInstitutionPolicyResponse { policy: Some(to_wire(policy)), replayed: false }
}

fn cursor(policy: &InstitutionPolicy) -> Cursor {
    Cursor(vec![policy.institution.to_string(), policy.region.clone()])
}

fn moment(change: &InstitutionPolicyChange) -> Cursor {
    Cursor(vec![change.revision.to_string()])
}
