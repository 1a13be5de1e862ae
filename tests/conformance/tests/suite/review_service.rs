//! Reviews of decisions by language models.

use bursar_proto::trading::v1::{ListReviewsRequest, RecordReviewRequest, Review, ReviewFilter};
use bursar_testkit::trading::{decision, strategy};
use bursar_testkit::{Caller, Server, assert_hidden, event, id, invalid, ok};

fn review(decision: &str) -> RecordReviewRequest {
    RecordReviewRequest {
        request_id: id(),
        decision_id: decision.into(),
        model: "some model 3.5".into(),
        verdict: "approve".into(),
        input_json: r#"{ "prompt": "buy?\n", "temperature": 0.70 }"#.into(),
        response_json: r#"["yes", 1e2]"#.into(),
        latency_ms: 1_234,
        input_tokens: 9_007_199_254_740_993,
        output_tokens: 0,
        validate_only: false,
    }
}

async fn all(caller: &Caller, filter: ReviewFilter, page_size: i32) -> Vec<Review> {
    let mut request =
        ListReviewsRequest { filter: Some(filter), page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.reviews().list_reviews(request.clone()).await);
        found.extend(page.reviews);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

mod record_review {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let of = decision(&tenant.operator, &strategy(&tenant.admin).await).await;
        let request = review(&of.id);
        let first = ok(tenant.operator.reviews().record_review(request.clone()).await);
        let made = first.review.clone().unwrap();
        assert_eq!(made.input_json, r#"{"prompt":"buy?\n","temperature":0.7}"#);
        assert_eq!(made.response_json, r#"["yes",100]"#);
        assert_eq!((made.latency_ms, made.input_tokens), (1_234, 9_007_199_254_740_993));
        assert!(ok(tenant.operator.reviews().record_review(request.clone()).await).replayed);
        assert_eq!(
            all(&tenant.viewer, ReviewFilter::default(), 0).await,
            std::slice::from_ref(&made)
        );
        event(&tenant, ("review", &made.id), "review.record", &request.request_id).await;
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = decision(&theirs.operator, &strategy(&theirs.admin).await).await.id;
        let absent = id();
        let ask = async |id: &str| ours.operator.reviews().record_review(review(id)).await;
        assert_hidden((ask(&foreign).await, &foreign), (ask(&absent).await, &absent));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = RecordReviewRequest {
            latency_ms: -1,
            input_tokens: -1,
            output_tokens: -1,
            ..Default::default()
        };
        let fields = [
            "request_id",
            "decision_id",
            "model",
            "verdict",
            "input_json",
            "response_json",
            "latency_ms",
            "input_tokens",
            "output_tokens",
        ];
        invalid(tenant.operator.reviews().record_review(bad).await, &fields);
    }
}

mod list_reviews {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let of = strategy(&tenant.admin).await;
        let decisions =
            [decision(&tenant.operator, &of).await, decision(&tenant.operator, &of).await];
        let mut made = Vec::new();
        for at in 0..8 {
            let request = RecordReviewRequest {
                model: format!("model {}", at / 2 % 2),
                verdict: format!("v{}", at / 4),
                ..review(&decisions[at % 2].id)
            };
            made.push(ok(tenant.operator.reviews().record_review(request).await).review.unwrap());
        }
        made.reverse();
        for bits in 0..8 {
            let text =
                |bit: i32, text: &str| if bits & bit > 0 { text.to_owned() } else { String::new() };
            let filter = ReviewFilter {
                decision_id: text(1, &decisions[0].id),
                model: text(2, "model 1"),
                verdict: text(4, "v0"),
                ..Default::default()
            };
            let wanted: Vec<_> = made
                .iter()
                .filter(|r| filter.decision_id.is_empty() || r.decision_id == filter.decision_id)
                .filter(|r| filter.model.is_empty() || r.model == filter.model)
                .filter(|r| filter.verdict.is_empty() || r.verdict == filter.verdict)
                .cloned()
                .collect();
            for size in [0, 1] {
                assert_eq!(all(&tenant.viewer, filter.clone(), size).await, wanted, "{filter:?}");
            }
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = decision(&theirs.operator, &strategy(&theirs.admin).await).await;
        ok(theirs.operator.reviews().record_review(review(&foreign.id)).await);
        let of = ReviewFilter { decision_id: foreign.id, ..Default::default() };
        for filter in [ReviewFilter::default(), of] {
            assert_eq!(all(&ours.viewer, filter, 0).await, []);
        }
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let filter = ReviewFilter {
            decision_id: "x".into(),
            model: "\0".into(),
            verdict: "a b".into(),
            ..Default::default()
        };
        let bad =
            ListReviewsRequest { filter: Some(filter), page_size: -1, page_token: String::new() };
        let fields = ["filter.decision_id", "filter.model", "filter.verdict", "page_size"];
        invalid(tenant.viewer.reviews().list_reviews(bad).await, &fields);
    }
}
