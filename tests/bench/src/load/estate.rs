//! Calls of escrow and trading.

use bursar_proto::common::v1::Money;
use bursar_proto::escrow::v1::{
    CreatePositionRequest, GetPositionRequest, ListPositionsRequest, PositionFilter, PositionState,
    TransitionPositionRequest,
};
use bursar_proto::trading::v1::{NewExecution, RecordExecutionRequest, TradeSide};
use bursar_testkit::{Caller, Random};
use prost_types::Timestamp;
use tonic::Status;
use uuid::Uuid;

use super::plan::Estate;

/// States of the positions that are listed.
const STATES: [PositionState; 4] = [
    PositionState::Proposed,
    PositionState::Released,
    PositionState::Cancelled,
    PositionState::Expired,
];
/// Positions of a page.
const PAGE_SIZE: i32 = 50;

/// What one caller has for them.
#[derive(Default)]
pub(super) struct House {
    caller: Option<Caller>,
    estate: Estate,
    /// Its own position, and the etag that it has now.
    position: String,
    etag: Option<String>,
}

impl House {
    pub(super) fn new(tenants: &[Caller], estate: &Estate, number: usize) -> Self {
        let position = estate.positions.get(number).cloned().unwrap_or_default();
        Self { caller: tenants.first().cloned(), estate: estate.clone(), position, etag: None }
    }

    fn caller(&self) -> Result<&Caller, Status> {
        self.caller.as_ref().ok_or_else(|| Status::internal("no caller"))
    }

    pub(super) async fn propose(&self) -> Result<(), Status> {
        let request = CreatePositionRequest {
            request_id: Uuid::now_v7().to_string(),
            asset_id: self.estate.asset.clone(),
            holder_reference: "holder".into(),
            amount: Some(Money { asset: super::ASSET.into(), amount: "100".into() }),
            ..Default::default()
        };
        self.caller()?.positions().create_position(request).await.map(drop)
    }

    pub(super) async fn release(&mut self, random: &mut Random) -> Result<(), Status> {
        let etag = if let Some(etag) = self.etag.take() {
            etag
        } else {
            let request = GetPositionRequest { id: self.position.clone(), as_of: None };
            let found = self.caller()?.positions().get_position(request).await?.into_inner();
            found.position.unwrap_or_default().etag
        };
        let request = TransitionPositionRequest {
            request_id: Uuid::now_v7().to_string(),
            id: self.position.clone(),
            etag,
            state: PositionState::Released.into(),
            account_id: self.estate.payees[random.below(self.estate.payees.len())].clone(),
            amount: "0.01".into(),
            ..Default::default()
        };
        let reply = self.caller()?.positions().transition_position(request).await?.into_inner();
        self.etag = reply.position.map(|position| position.etag);
        Ok(())
    }

    pub(super) async fn fill(&self) -> Result<(), Status> {
        let execution = NewExecution {
            decision_id: self.estate.decision.clone(),
            venue: "kraken".into(),
            venue_order_id: Uuid::now_v7().to_string(),
            symbol: "BTC-EUR".into(),
            side: TradeSide::Buy.into(),
            quantity: "0.25".into(),
            price: "61234.5".into(),
            fee: "0.1".into(),
            executed_at: Some(Timestamp { seconds: 1_764_000_000, nanos: 0 }),
            raw_payload: b"{ \"px\": 61234.50, \"oid\": 18446744073709551616 }".to_vec(),
            transfer_ids: Vec::new(),
        };
        let (request_id, execution) = (Uuid::now_v7().to_string(), Some(execution));
        let request = RecordExecutionRequest { request_id, execution, validate_only: false };
        self.caller()?.executions().record_execution(request).await.map(drop)
    }

    pub(super) async fn positions(&self, random: &mut Random) -> Result<(), Status> {
        let institutions = &self.estate.institutions;
        let filter = PositionFilter {
            institution_id: institutions[random.below(institutions.len())].clone(),
            state: STATES[random.below(STATES.len())].into(),
            currency: super::ASSET.into(),
            ..Default::default()
        };
        let (page_size, page_token) = (PAGE_SIZE, String::new());
        let request = ListPositionsRequest { filter: Some(filter), page_size, page_token };
        let found = self.caller()?.positions().list_positions(request).await?.into_inner();
        if found.positions.is_empty() { Err(Status::unknown("no positions")) } else { Ok(()) }
    }
}
