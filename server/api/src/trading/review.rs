//! Reviews of decisions.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::limits::{MAX_JSON_TEXT_BYTES, MAX_NAME_CHARS};
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, PageRequest};
use bursar_domain::trading::{NewReview, Review, ReviewFilter};
use bursar_proto::trading::v1 as pb;
use bursar_proto::trading::v1::review_service_server::ReviewService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{count, json, label, optional_label, times};
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, id, line, name, optional_id, request_id, to_timestamp};
use crate::kernel::Kernel;

/// The review service.
pub(crate) struct Reviews(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl ReviewService for Reviews {
    async fn record_review(
        &self,
        request: Request<pb::RecordReviewRequest>,
    ) -> Result<Response<pb::RecordReviewResponse>, Status> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new_review(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |r| {
                recorded(r).encode_to_vec()
            })?;
            reply(kernel.store.review_record(&op, &write, new).await?, |r| recorded(&r))
        })
        .await
    }

    async fn list_reviews(
        &self,
        request: Request<pb::ListReviewsRequest>,
    ) -> Result<Response<pb::ListReviewsResponse>, Status> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let (filter, page) = listed(&op, &bytes, &m)?;
            let page = self.0.store.review_list(&op, &filter, &page).await?;
            let page = fit(page, |r| Cursor::at(r.created_at, r.id), to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListReviewsResponse { reviews: page.items, next_page_token }))
        })
        .await
    }
}

fn recorded(review: &Review) -> pb::RecordReviewResponse {
    pb::RecordReviewResponse { review: Some(to_wire(review)), replayed: false }
}

fn new_review(m: &pb::RecordReviewRequest) -> Result<NewReview> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let decision = checks.take(id("decision_id", &m.decision_id));
    let model = checks.take(name("model", &m.model, MAX_NAME_CHARS));
    let verdict = checks.take(label("verdict", &m.verdict));
    let input = checks.take(json("input_json", &m.input_json, MAX_JSON_TEXT_BYTES));
    let response = checks.take(json("response_json", &m.response_json, MAX_JSON_TEXT_BYTES));
    let latency_ms = checks.take(count("latency_ms", m.latency_ms));
    let input_tokens = checks.take(count("input_tokens", m.input_tokens));
    let output_tokens = checks.take(count("output_tokens", m.output_tokens));
    checks.finish(|| {
        Some(NewReview {
            decision: decision?,
            model: model?,
            verdict: verdict?,
            input: input?,
            response: response?,
            latency_ms: latency_ms?,
            input_tokens: input_tokens?,
            output_tokens: output_tokens?,
        })
    })
}

fn listed(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::ListReviewsRequest,
) -> Result<(ReviewFilter, PageRequest)> {
    let none = pb::ReviewFilter::default();
    let f = m.filter.as_ref().unwrap_or(&none);
    let mut checks = Checks::new();
    let decision = checks.take(optional_id("filter.decision_id", &f.decision_id));
    let model = checks.take(line("filter.model", &f.model, MAX_NAME_CHARS));
    let verdict = checks.take(optional_label("filter.verdict", &f.verdict));
    let times = times(&mut checks, f.from.as_ref(), f.to.as_ref());
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 2));
    checks.finish(|| {
        let (from, to) = times?;
        let model = model.filter(|model| !model.is_empty());
        Some((ReviewFilter { decision: decision?, model, verdict: verdict?, from, to }, page?))
    })
}

fn to_wire(review: &Review) -> pb::Review {
    let Review { id, review, created_at, key } = review;
    pb::Review {
        id: id.to_string(),
        decision_id: review.decision.to_string(),
        model: review.model.clone(),
        verdict: review.verdict.clone(),
        input_json: review.input.text(),
        response_json: review.response.text(),
        latency_ms: review.latency_ms,
        input_tokens: review.input_tokens,
        output_tokens: review.output_tokens,
        created_at: Some(to_timestamp(*created_at)),
        key_id: key.to_string(),
    }
}
