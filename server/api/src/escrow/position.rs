//! Positions, their events, and what they move in the ledger.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::escrow::{Position, PositionEvent};
use bursar_proto::escrow::v1 as pb;
use bursar_proto::escrow::v1::position_service_server::PositionService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::convert_event::{
    event_cursor, event_filter, event_to_wire, ledger_cursor, ledger_filter, ledger_to_wire,
};
use super::convert_position::{cursor, filter, new, to_wire, transition};
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, id, optional_timestamp};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The position service.
pub(crate) struct Positions(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl PositionService for Positions {
    async fn create_position(
        &self,
        request: Request<pb::CreatePositionRequest>,
    ) -> Reply<pb::CreatePositionResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |position| {
                created(position).encode_to_vec()
            })?;
            let outcome = kernel.store.position_create(&op, &write, new).await?;
            reply(outcome, |position| created(&position))
        })
        .await
    }

    async fn get_position(
        &self,
        request: Request<pb::GetPositionRequest>,
    ) -> Reply<pb::GetPositionResponse> {
        answer(request, |op, m| async move {
            let mut checks = Checks::new();
            let id = checks.take(id("id", &m.id));
            let at = checks.take(optional_timestamp("as_of", m.as_of.as_ref()));
            let (id, at) = checks.finish(|| id.zip(at))?;
            let (position, events) = self.0.store.position_get(&op, id, at).await?;
            let events = events.iter().map(event_to_wire).collect();
            Ok(Response::new(pb::GetPositionResponse {
                position: Some(to_wire(&position)),
                events,
            }))
        })
        .await
    }

    async fn list_positions(
        &self,
        request: Request<pb::ListPositionsRequest>,
    ) -> Reply<pb::ListPositionsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let page = page_request(&op, &bytes, m.page_size, &m.page_token, 2);
            let (filter, page) = both(filter(m.filter.as_ref()), page)?;
            let page = fit(self.0.store.position_list(&op, &filter, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListPositionsResponse { positions: page.items, next_page_token }))
        })
        .await
    }

    async fn transition_position(
        &self,
        request: Request<pb::TransitionPositionRequest>,
    ) -> Reply<pb::TransitionPositionResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (id, ask) = transition(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |done| {
                stepped(done).encode_to_vec()
            })?;
            let outcome = kernel.store.position_transition(&op, &write, id, ask).await?;
            reply(outcome, |done| stepped(&done))
        })
        .await
    }

    async fn list_position_events(
        &self,
        request: Request<pb::ListPositionEventsRequest>,
    ) -> Reply<pb::ListPositionEventsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let page = page_request(&op, &bytes, m.page_size, &m.page_token, 2);
            let (filter, page) = both(event_filter(m.filter.as_ref()), page)?;
            let found = self.0.store.position_event_list(&op, &filter, &page).await?;
            let page = fit(found, event_cursor, event_to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListPositionEventsResponse {
                events: page.items,
                next_page_token,
            }))
        })
        .await
    }

    async fn list_ledger_events(
        &self,
        request: Request<pb::ListLedgerEventsRequest>,
    ) -> Reply<pb::ListLedgerEventsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let page = page_request(&op, &bytes, m.page_size, &m.page_token, 2);
            let (filter, page) = both(ledger_filter(m.filter.as_ref()), page)?;
            let found = self.0.store.ledger_event_list(&op, &filter, &page).await?;
            let page = fit(found, ledger_cursor, ledger_to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListLedgerEventsResponse { events: page.items, next_page_token }))
        })
        .await
    }
}

/// Filter and page of a list, or all that is wrong with either.
fn both<A, B>(filter: Result<A>, page: Result<B>) -> Result<(A, B)> {
    let mut checks = Checks::new();
    let filter = checks.take_within("filter.", filter);
    let page = checks.take(page);
    checks.finish(|| filter.zip(page))
}

fn created(position: &Position) -> pb::CreatePositionResponse {
    pb::CreatePositionResponse { position: Some(to_wire(position)), replayed: false }
}

fn stepped((position, event): &(Position, PositionEvent)) -> pb::TransitionPositionResponse {
    pb::TransitionPositionResponse {
        position: Some(to_wire(position)),
        event: Some(event_to_wire(event)),
        replayed: false,
    }
}
