//! Strategies, decisions and fills that most tests of trading need.

use bursar_proto::trading::v1::{
    CreateDecisionRequest, CreateStrategyRequest, Decision, Execution, NewExecution,
    RecordExecutionRequest, Strategy, TradeSide,
};

use crate::answers::ok;
use crate::caller::Caller;
use crate::ledger::id;

/// A strategy of some name, enabled.
pub async fn strategy(admin: &Caller) -> Strategy {
    let request = CreateStrategyRequest {
        request_id: id(),
        name: format!("s-{}", id()),
        definition_json: r#"{"limit":"0.10"}"#.into(),
        ..Default::default()
    };
    ok(admin.strategies().create_strategy(request).await).strategy.expect("a strategy")
}

/// What a plain decision of a strategy is to be.
pub fn new_decision(strategy: &Strategy) -> CreateDecisionRequest {
    CreateDecisionRequest {
        request_id: id(),
        strategy_id: strategy.id.clone(),
        symbol: "BTC-EUR".into(),
        side: TradeSide::Buy.into(),
        quantity: "0.5".into(),
        decision_json: r#"{"why":"cheap"}"#.into(),
        validate_only: false,
    }
}

/// A planned decision of a strategy.
pub async fn decision(operator: &Caller, strategy: &Strategy) -> Decision {
    let request = new_decision(strategy);
    ok(operator.decisions().create_decision(request).await).decision.expect("a decision")
}

/// A fill of a decision.
pub fn new_fill(decision: &Decision) -> NewExecution {
    NewExecution {
        decision_id: decision.id.clone(),
        venue: "kraken".into(),
        venue_order_id: format!("O-{}", id()),
        symbol: decision.symbol.clone(),
        side: decision.side,
        quantity: "0.25".into(),
        price: "61234.50".into(),
        fee: "0.10".into(),
        executed_at: Some(prost_types::Timestamp { seconds: 1_800_000_000, nanos: 123_456_000 }),
        raw_payload: b"{ \"px\": 61234.50, \"oid\": 18446744073709551616 }".to_vec(),
        transfer_ids: Vec::new(),
    }
}

/// The request that records it.
pub fn record(fill: NewExecution) -> RecordExecutionRequest {
    RecordExecutionRequest { request_id: id(), execution: Some(fill), validate_only: false }
}

/// A fill of a decision, recorded.
pub async fn execution(operator: &Caller, fill: NewExecution) -> Execution {
    let reply = ok(operator.executions().record_execution(record(fill)).await);
    reply.execution.expect("an execution")
}
