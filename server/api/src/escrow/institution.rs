//! Institutions: who holds assets for others.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::escrow::Institution;
use bursar_domain::page::Cursor;
use bursar_proto::escrow::v1 as pb;
use bursar_proto::escrow::v1::institution_service_server::InstitutionService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::convert_institution::{list, new, to_wire, update};
use crate::call::{ListRequest as _, answer, fit, page_token, reply, write};
use crate::convert::{id, in_part};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The institution service.
pub(crate) struct Institutions(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl InstitutionService for Institutions {
    async fn create_institution(
        &self,
        request: Request<pb::CreateInstitutionRequest>,
    ) -> Reply<pb::CreateInstitutionResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |made| {
                created(made).encode_to_vec()
            })?;
            let outcome = kernel.store.institution_create(&op, &write, new).await;
            reply(outcome.map_err(|error| in_part(error, "institution."))?, |made| created(&made))
        })
        .await
    }

    async fn get_institution(
        &self,
        request: Request<pb::GetInstitutionRequest>,
    ) -> Reply<pb::GetInstitutionResponse> {
        answer(request, |op, m| async move {
            let institution = self.0.store.institution_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetInstitutionResponse {
                institution: Some(to_wire(&institution)),
            }))
        })
        .await
    }

    async fn list_institutions(
        &self,
        request: Request<pb::ListInstitutionsRequest>,
    ) -> Reply<pb::ListInstitutionsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (filter, page) = list(&op, &bytes, &m)?;
            let page =
                fit(self.0.store.institution_list(&op, &filter, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListInstitutionsResponse {
                institutions: page.items,
                next_page_token,
            }))
        })
        .await
    }

    async fn update_institution(
        &self,
        request: Request<pb::UpdateInstitutionRequest>,
    ) -> Reply<pb::UpdateInstitutionResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (id, revision, changes) = update(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |to| {
                updated(to).encode_to_vec()
            })?;
            let outcome =
                kernel.store.institution_update(&op, &write, id, revision, changes).await?;
            reply(outcome, |to| updated(&to))
        })
        .await
    }
}

fn created(institution: &Institution) -> pb::CreateInstitutionResponse {
    pb::CreateInstitutionResponse { institution: Some(to_wire(institution)), replayed: false }
}

fn updated(institution: &Institution) -> pb::UpdateInstitutionResponse {
    pb::UpdateInstitutionResponse { institution: Some(to_wire(institution)), replayed: false }
}

fn cursor(institution: &Institution) -> Cursor {
    Cursor(vec![institution.id.to_string()])
}
