//! Decisions of strategies.

use bursar_proto::trading::v1::{
    CancelDecisionRequest, CreateDecisionRequest, Decision, DecisionFilter, DecisionState,
    DisableStrategyRequest, GetDecisionRequest, ListDecisionsRequest, RecordExecutedRequest,
};
use bursar_testkit::trading::{decision, new_decision, strategy};
use bursar_testkit::{Caller, Server, assert_hidden, event, id, invalid, ok, refused};
use tonic::{Code, Status};

async fn try_get(caller: &Caller, id: &str) -> Result<Decision, Status> {
    let reply = caller.decisions().get_decision(GetDecisionRequest { id: id.into() }).await?;
    Ok(reply.into_inner().decision.unwrap())
}

fn cancel(id: &str, reason: &str) -> CancelDecisionRequest {
    CancelDecisionRequest {
        request_id: bursar_testkit::id(),
        id: id.into(),
        reason: reason.into(),
        ..Default::default()
    }
}

fn executed(id: &str) -> RecordExecutedRequest {
    RecordExecutedRequest { request_id: bursar_testkit::id(), id: id.into(), ..Default::default() }
}

mod create_decision {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let of = strategy(&tenant.admin).await;
        let request = CreateDecisionRequest {
            quantity: "0.100000000000000001".into(),
            decision_json: r#"{ "size": 1.10, "id": 9007199254740993, "name": "Zoë" }"#.into(),
            ..new_decision(&of)
        };
        let first = ok(tenant.operator.decisions().create_decision(request.clone()).await);
        let made = first.decision.unwrap();
        assert_eq!(
            (made.state(), made.quantity.as_str()),
            (DecisionState::Planned, "0.100000000000000001")
        );
        assert_eq!(made.decision_json, r#"{"id":9007199254740993,"name":"Zoë","size":1.1}"#);
        assert_eq!(try_get(&tenant.viewer, &made.id).await.unwrap(), made);
        assert!(ok(tenant.operator.decisions().create_decision(request.clone()).await).replayed);
        event(&tenant, ("decision", &made.id), "decision.create", &request.request_id).await;
    }

    #[tokio::test]
    async fn a_disabled_strategy_decides_nothing() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let of = strategy(&tenant.admin).await;
        let before = decision(&tenant.operator, &of).await;
        let off =
            DisableStrategyRequest { request_id: id(), id: of.id.clone(), ..Default::default() };
        ok(tenant.operator.strategies().disable_strategy(off).await);
        let outcome = tenant.operator.decisions().create_decision(new_decision(&of)).await;
        let fault = refused(outcome, Code::FailedPrecondition, "STRATEGY_DISABLED");
        assert_eq!(fault.meta("strategy_id"), of.id);
        ok(tenant.operator.decisions().record_executed(executed(&before.id)).await);
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = strategy(&theirs.admin).await;
        let ask = async |strategy_id: &str| {
            let request = new_decision(&foreign);
            let request = CreateDecisionRequest { strategy_id: strategy_id.into(), ..request };
            ours.operator.decisions().create_decision(request).await
        };
        let absent = id();
        assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let of = strategy(&tenant.admin).await;
        let bad = CreateDecisionRequest {
            request_id: "x".into(),
            strategy_id: "x".into(),
            symbol: "B C".into(),
            side: 0,
            quantity: "0".into(),
            decision_json: "1".into(),
            validate_only: false,
        };
        let fields = ["request_id", "strategy_id", "symbol", "side", "quantity", "decision_json"];
        invalid(tenant.operator.decisions().create_decision(bad).await, &fields);
        for quantity in ["", "1e3", "-1", "0.0000000000000000001", "1,5"] {
            let bad = CreateDecisionRequest { quantity: quantity.into(), ..new_decision(&of) };
            invalid(tenant.operator.decisions().create_decision(bad).await, &["quantity"]);
        }
    }
}

mod record_executed {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let planned = decision(&tenant.operator, &strategy(&tenant.admin).await).await;
        let request = RecordExecutedRequest { etag: planned.etag.clone(), ..executed(&planned.id) };
        let done = ok(tenant.operator.decisions().record_executed(request.clone()).await);
        assert_eq!(done.decision.as_ref().unwrap().state(), DecisionState::Executed);
        assert!(ok(tenant.operator.decisions().record_executed(request).await).replayed);
        let twice = tenant.operator.decisions().record_executed(executed(&planned.id)).await;
        let fault = refused(twice, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
        assert_eq!(fault.meta("state"), "executed");
        let late = tenant.operator.decisions().cancel_decision(cancel(&planned.id, "")).await;
        refused(late, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = decision(&theirs.operator, &strategy(&theirs.admin).await).await;
        let ask = async |id: &str| ours.operator.decisions().record_executed(executed(id)).await;
        let absent = id();
        assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
        assert_eq!(try_get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = RecordExecutedRequest { etag: "x".into(), ..Default::default() };
        let fields = ["request_id", "id", "etag"];
        invalid(tenant.operator.decisions().record_executed(bad).await, &fields);
    }
}

mod cancel_decision {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let planned = decision(&tenant.operator, &strategy(&tenant.admin).await).await;
        let calls: Vec<_> = (0..6)
            .map(|_| {
                let (operator, request) =
                    (tenant.operator.clone(), cancel(&planned.id, "too late"));
                tokio::spawn(async move { operator.decisions().cancel_decision(request).await })
            })
            .collect();
        let mut won = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(_) => won += 1,
                lost => drop(refused(lost, Code::FailedPrecondition, "STATE_NOT_ALLOWED")),
            }
        }
        assert_eq!(won, 1);
        let after = try_get(&tenant.viewer, &planned.id).await.unwrap();
        assert_eq!((after.state(), after.reason.as_str()), (DecisionState::Cancelled, "too late"));
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = decision(&theirs.operator, &strategy(&theirs.admin).await).await;
        let ask = async |id: &str| ours.operator.decisions().cancel_decision(cancel(id, "")).await;
        let absent = id();
        assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = CancelDecisionRequest {
            etag: "x".into(),
            reason: "x".repeat(501),
            ..Default::default()
        };
        let fields = ["request_id", "id", "etag", "reason"];
        invalid(tenant.operator.decisions().cancel_decision(bad).await, &fields);
    }
}

mod get_decision {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = decision(&tenant.operator, &strategy(&tenant.admin).await).await;
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(try_get(caller, &made.id).await.unwrap(), made);
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = decision(&theirs.operator, &strategy(&theirs.admin).await).await.id;
        let absent = id();
        let asked = (try_get(&ours.admin, &foreign).await, foreign.as_str());
        assert_hidden(asked, (try_get(&ours.admin, &absent).await, &absent));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        invalid(try_get(&tenant.viewer, "x").await, &["id"]);
    }
}

mod list_decisions {
    use super::*;

    async fn all(caller: &Caller, filter: DecisionFilter, page_size: i32) -> Vec<String> {
        let mut request =
            ListDecisionsRequest { filter: Some(filter), page_size, page_token: String::new() };
        let mut found = Vec::new();
        loop {
            let page = ok(caller.decisions().list_decisions(request.clone()).await);
            found.extend(page.decisions.into_iter().map(|decision| decision.id));
            if page.next_page_token.is_empty() {
                return found;
            }
            request.page_token = page.next_page_token;
        }
    }

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let strategies = [strategy(&tenant.admin).await, strategy(&tenant.admin).await];
        let mut made = Vec::new();
        for at in 0..12 {
            let request = CreateDecisionRequest {
                symbol: format!("S{}", at % 3),
                ..new_decision(&strategies[at % 2])
            };
            let one = ok(tenant.operator.decisions().create_decision(request).await);
            let mut one = one.decision.unwrap();
            if at % 4 == 0 {
                let ended = tenant.operator.decisions().record_executed(executed(&one.id)).await;
                one = ok(ended).decision.unwrap();
            }
            made.push(one);
        }
        made.reverse();
        let (from, to) = (made[8].created_at, made[2].created_at);
        for bits in 0..16 {
            let filter = DecisionFilter {
                strategy_id: if bits & 1 > 0 { strategies[0].id.clone() } else { String::new() },
                symbol: if bits & 2 > 0 { "S1".into() } else { String::new() },
                state: if bits & 4 > 0 { DecisionState::Planned.into() } else { 0 },
                from: if bits & 8 > 0 { from } else { None },
                to: if bits & 8 > 0 { to } else { None },
            };
            let micros =
                |time: Option<prost_types::Timestamp>| time.map(|time| (time.seconds, time.nanos));
            let wanted: Vec<String> = made
                .iter()
                .filter(|d| filter.strategy_id.is_empty() || d.strategy_id == filter.strategy_id)
                .filter(|d| filter.symbol.is_empty() || d.symbol == filter.symbol)
                .filter(|d| filter.state == 0 || d.state == filter.state)
                .filter(|d| {
                    bits & 8 == 0
                        || (micros(d.created_at) >= micros(from)
                            && micros(d.created_at) < micros(to))
                })
                .map(|d| d.id.clone())
                .collect();
            for size in [0, 1, 5] {
                assert_eq!(all(&tenant.viewer, filter.clone(), size).await, wanted, "{filter:?}");
            }
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = decision(&theirs.operator, &strategy(&theirs.admin).await).await;
        let by_strategy =
            DecisionFilter { strategy_id: foreign.strategy_id.clone(), ..Default::default() };
        for filter in [DecisionFilter::default(), by_strategy] {
            assert_eq!(all(&ours.viewer, filter, 0).await, [""; 0]);
        }
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let filter = DecisionFilter {
            strategy_id: "x".into(),
            symbol: "a b".into(),
            state: 9,
            from: at(5),
            to: at(5),
        };
        let bad =
            ListDecisionsRequest { filter: Some(filter), page_size: -1, page_token: String::new() };
        let fields =
            ["filter.strategy_id", "filter.symbol", "filter.state", "filter.to", "page_size"];
        invalid(tenant.viewer.decisions().list_decisions(bad).await, &fields);
    }
}
