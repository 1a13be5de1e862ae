//! Cursors.

use std::sync::Arc;

use bursar_domain::limits::MAX_REASON_CHARS;
use bursar_domain::page::Cursor as Mark;
use bursar_domain::trading::{Cursor, Move};
use bursar_domain::{Error, Result};
use bursar_proto::trading::v1 as pb;
use bursar_proto::trading::v1::cursor_service_server::CursorService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{count, label};
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, name, request_id, to_timestamp};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The cursor service.
pub(crate) struct Cursors(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl CursorService for Cursors {
    async fn get_cursor(
        &self,
        request: Request<pb::GetCursorRequest>,
    ) -> Reply<pb::GetCursorResponse> {
        answer(request, |op, m| async move {
            let cursor = self.0.store.cursor_get(&op, &label("name", &m.name)?).await?;
            Ok(Response::new(pb::GetCursorResponse { cursor: Some(to_wire(&cursor)) }))
        })
        .await
    }

    async fn advance_cursor(
        &self,
        request: Request<pb::AdvanceCursorRequest>,
    ) -> Reply<pb::AdvanceCursorResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (name, asked) = advance(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |moved| {
                advanced(moved).encode_to_vec()
            })?;
            let outcome = kernel.store.cursor_move(&op, &write, &name, &asked).await?;
            reply(outcome, |moved| advanced(&moved))
        })
        .await
    }

    async fn force_cursor(
        &self,
        request: Request<pb::ForceCursorRequest>,
    ) -> Reply<pb::ForceCursorResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (name, asked) = force(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |moved| {
                forced(moved).encode_to_vec()
            })?;
            let outcome = kernel.store.cursor_move(&op, &write, &name, &asked).await?;
            reply(outcome, |moved| forced(&moved))
        })
        .await
    }

    async fn list_cursors(
        &self,
        request: Request<pb::ListCursorsRequest>,
    ) -> Reply<pb::ListCursorsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let page = page_request(&op, &bytes, m.page_size, &m.page_token, 1)?;
            let page = self.0.store.cursor_list(&op, &page).await?;
            let page = fit(page, |cursor| Mark(vec![cursor.name.clone()]), to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListCursorsResponse { cursors: page.items, next_page_token }))
        })
        .await
    }
}

fn advanced((cursor, _): &(Cursor, i64)) -> pb::AdvanceCursorResponse {
    pb::AdvanceCursorResponse { cursor: Some(to_wire(cursor)), replayed: false }
}

fn forced((cursor, previous): &(Cursor, i64)) -> pb::ForceCursorResponse {
    pb::ForceCursorResponse {
        cursor: Some(to_wire(cursor)),
        previous_position: *previous,
        replayed: false,
    }
}

fn advance(m: &pb::AdvanceCursorRequest) -> Result<(String, Move)> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let name = checks.take(label("name", &m.name));
    let expected = checks.take(count("expected_position", m.expected_position));
    let position = checks.take(beyond(m.expected_position, m.position));
    checks.finish(|| Some((name?, Move::Advance { expected: expected?, position: position? })))
}

fn beyond(expected: i64, position: i64) -> Result<i64> {
    if position > expected && position > 0 {
        return Ok(position);
    }
    Err(Error::invalid(
        "position",
        "is not beyond expected_position; ForceCursor moves a cursor back",
    ))
}

fn force(m: &pb::ForceCursorRequest) -> Result<(String, Move)> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let cursor = checks.take(label("name", &m.name));
    let position = checks.take(count("position", m.position));
    let reason = checks.take(name("reason", &m.reason, MAX_REASON_CHARS));
    checks.finish(|| Some((cursor?, Move::Force { position: position?, reason: reason? })))
}

fn to_wire(cursor: &Cursor) -> pb::Cursor {
    pb::Cursor {
        name: cursor.name.clone(),
        position: cursor.position,
        forced: cursor.forced,
        reason: cursor.reason.clone(),
        created_at: Some(to_timestamp(cursor.created_at)),
        updated_at: Some(to_timestamp(cursor.updated_at)),
    }
}
