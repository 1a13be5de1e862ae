//! Decisions.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::limits::{MAX_JSON_TEXT_BYTES, MAX_REASON_CHARS};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, PageRequest};
use bursar_domain::trading::{Decision, DecisionFilter, DecisionState, NewDecision};
use bursar_proto::trading::v1 as pb;
use bursar_proto::trading::v1::decision_service_server::DecisionService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{decision_state, label, named, object, optional_label, positive, times, trade_side};
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, id, line, optional_id, request_id, to_timestamp};
use crate::kernel::Kernel;

type Reply<T> = Result<Response<T>, Status>;

/// The decision service.
pub(crate) struct Decisions(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl DecisionService for Decisions {
    async fn create_decision(
        &self,
        request: Request<pb::CreateDecisionRequest>,
    ) -> Reply<pb::CreateDecisionResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new_decision(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |d| {
                created(d).encode_to_vec()
            })?;
            reply(kernel.store.decision_create(&op, &write, new).await?, |d| created(&d))
        })
        .await
    }

    async fn record_executed(
        &self,
        request: Request<pb::RecordExecutedRequest>,
    ) -> Reply<pb::RecordExecutedResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let of = named(&m.request_id, &m.id, &m.etag)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |d| {
                executed(d).encode_to_vec()
            })?;
            let to = DecisionState::Executed;
            reply(kernel.store.decision_end(&op, &write, of, to, "").await?, |d| executed(&d))
        })
        .await
    }

    async fn cancel_decision(
        &self,
        request: Request<pb::CancelDecisionRequest>,
    ) -> Reply<pb::CancelDecisionResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let mut checks = Checks::new();
            let of = checks.take(named(&m.request_id, &m.id, &m.etag));
            let reason = checks.take(line("reason", &m.reason, MAX_REASON_CHARS));
            let (of, reason) = checks.finish(|| Some((of?, reason?)))?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |d| {
                cancelled(d).encode_to_vec()
            })?;
            let to = DecisionState::Cancelled;
            reply(kernel.store.decision_end(&op, &write, of, to, &reason).await?, |d| cancelled(&d))
        })
        .await
    }

    async fn get_decision(
        &self,
        request: Request<pb::GetDecisionRequest>,
    ) -> Reply<pb::GetDecisionResponse> {
        answer(request, |op, m| async move {
            let decision = self.0.store.decision_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetDecisionResponse { decision: Some(to_wire(&decision)) }))
        })
        .await
    }

    async fn list_decisions(
        &self,
        request: Request<pb::ListDecisionsRequest>,
    ) -> Reply<pb::ListDecisionsResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (filter, page) = listed(&op, &bytes, &m)?;
            let page = self.0.store.decision_list(&op, &filter, &page).await?;
            let page = fit(page, |d| Cursor::at(d.created_at, d.id), to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListDecisionsResponse { decisions: page.items, next_page_token }))
        })
        .await
    }
}

fn created(decision: &Decision) -> pb::CreateDecisionResponse {
    pb::CreateDecisionResponse { decision: Some(to_wire(decision)), replayed: false }
}

fn executed(decision: &Decision) -> pb::RecordExecutedResponse {
    pb::RecordExecutedResponse { decision: Some(to_wire(decision)), replayed: false }
}

fn cancelled(decision: &Decision) -> pb::CancelDecisionResponse {
    pb::CancelDecisionResponse { decision: Some(to_wire(decision)), replayed: false }
}

fn new_decision(m: &pb::CreateDecisionRequest) -> Result<NewDecision> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let strategy = checks.take(id("strategy_id", &m.strategy_id));
    let symbol = checks.take(label("symbol", &m.symbol));
    let side = checks.take(trade_side::required("side", m.side));
    let quantity = checks.take(positive("quantity", &m.quantity));
    let decision = checks.take(object("decision_json", &m.decision_json, MAX_JSON_TEXT_BYTES));
    checks.finish(|| {
        Some(NewDecision {
            strategy: strategy?,
            symbol: symbol?,
            side: side?,
            quantity: quantity?,
            decision: decision?,
        })
    })
}

fn listed(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListDecisionsRequest,
) -> Result<(DecisionFilter, PageRequest)> {
    let none = pb::DecisionFilter::default();
    let f = m.filter.as_ref().unwrap_or(&none);
    let mut checks = Checks::new();
    let strategy = checks.take(optional_id("filter.strategy_id", &f.strategy_id));
    let symbol = checks.take(optional_label("filter.symbol", &f.symbol));
    let state = checks.take(decision_state::optional("filter.state", f.state));
    let times = times(&mut checks, f.from.as_ref(), f.to.as_ref());
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 2));
    checks.finish(|| {
        let (from, to) = times?;
        let filter =
            DecisionFilter { strategy: strategy?, symbol: symbol?, state: state?, from, to };
        Some((filter, page?))
    })
}

fn to_wire(decision: &Decision) -> pb::Decision {
    pb::Decision {
        id: decision.id.to_string(),
        strategy_id: decision.strategy.to_string(),
        symbol: decision.symbol.clone(),
        side: trade_side::wire(decision.side),
        quantity: decision.quantity.to_string(),
        decision_json: decision.decision.text(),
        state: decision_state::wire(decision.state),
        reason: decision.reason.clone(),
        etag: decision.revision.to_string(),
        created_at: Some(to_timestamp(decision.created_at)),
        updated_at: Some(to_timestamp(decision.updated_at)),
    }
}
