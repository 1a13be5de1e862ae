//! Strategies.

use std::sync::Arc;

use bursar_domain::Result;
use bursar_domain::ids::StrategyId;
use bursar_domain::limits::{MAX_DEFINITION_BYTES, MAX_REASON_CHARS};
use bursar_domain::page::Cursor;
use bursar_domain::trading::{NewStrategy, Strategy, StrategyChanges, StrategyState};
use bursar_proto::trading::v1 as pb;
use bursar_proto::trading::v1::strategy_service_server::StrategyService;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{label, named, object, strategy_state};
use crate::call::{ListRequest as _, answer, fit, page_request, page_token, reply, write};
use crate::convert::{Checks, Mask, etag, id, line, mask, present, request_id, to_timestamp};
use crate::kernel::Kernel;

/// What `UpdateStrategy` can change.
const CHANGEABLE: &[&str] = &["name", "description", "definition_json"];

type Reply<T> = Result<Response<T>, Status>;

/// The strategy service.
pub(crate) struct Strategies(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl StrategyService for Strategies {
    async fn create_strategy(
        &self,
        request: Request<pb::CreateStrategyRequest>,
    ) -> Reply<pb::CreateStrategyResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let new = new_strategy(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |s| {
                created(s).encode_to_vec()
            })?;
            reply(kernel.store.strategy_create(&op, &write, new).await?, |s| created(&s))
        })
        .await
    }

    async fn get_strategy(
        &self,
        request: Request<pb::GetStrategyRequest>,
    ) -> Reply<pb::GetStrategyResponse> {
        answer(request, |op, m| async move {
            let strategy = self.0.store.strategy_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetStrategyResponse { strategy: Some(to_wire(&strategy)) }))
        })
        .await
    }

    async fn list_strategies(
        &self,
        request: Request<pb::ListStrategiesRequest>,
    ) -> Reply<pb::ListStrategiesResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let mut checks = Checks::new();
            let state = checks.take(strategy_state::optional("state", m.state));
            let page = checks.take(page_request(&op, &bytes, m.page_size, &m.page_token, 1));
            let (state, page) = checks.finish(|| Some((state?, page?)))?;
            let page = fit(self.0.store.strategy_list(&op, state, &page).await?, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListStrategiesResponse {
                strategies: page.items,
                next_page_token,
            }))
        })
        .await
    }

    async fn update_strategy(
        &self,
        request: Request<pb::UpdateStrategyRequest>,
    ) -> Reply<pb::UpdateStrategyResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let (of, changes) = update(&m)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |s| {
                updated(s).encode_to_vec()
            })?;
            let outcome = kernel.store.strategy_update(&op, &write, of, changes).await?;
            reply(outcome, |s| updated(&s))
        })
        .await
    }

    async fn enable_strategy(
        &self,
        request: Request<pb::EnableStrategyRequest>,
    ) -> Reply<pb::EnableStrategyResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let of = named(&m.request_id, &m.id, &m.etag)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |s| {
                enabled(s).encode_to_vec()
            })?;
            let to = StrategyState::Enabled;
            reply(kernel.store.strategy_turn(&op, &write, of, to).await?, |s| enabled(&s))
        })
        .await
    }

    async fn disable_strategy(
        &self,
        request: Request<pb::DisableStrategyRequest>,
    ) -> Reply<pb::DisableStrategyResponse> {
        let kernel = &*self.0;
        answer(request, |op, m| async move {
            let of = named(&m.request_id, &m.id, &m.etag)?;
            let write = write(kernel, &op, &m, &m.request_id, m.validate_only, |s| {
                disabled(s).encode_to_vec()
            })?;
            let to = StrategyState::Disabled;
            reply(kernel.store.strategy_turn(&op, &write, of, to).await?, |s| disabled(&s))
        })
        .await
    }
}

fn created(strategy: &Strategy) -> pb::CreateStrategyResponse {
    pb::CreateStrategyResponse { strategy: Some(to_wire(strategy)), replayed: false }
}

fn updated(strategy: &Strategy) -> pb::UpdateStrategyResponse {
    pb::UpdateStrategyResponse { strategy: Some(to_wire(strategy)), replayed: false }
}

fn enabled(strategy: &Strategy) -> pb::EnableStrategyResponse {
    pb::EnableStrategyResponse { strategy: Some(to_wire(strategy)), replayed: false }
}

fn disabled(strategy: &Strategy) -> pb::DisableStrategyResponse {
    pb::DisableStrategyResponse { strategy: Some(to_wire(strategy)), replayed: false }
}

fn cursor(strategy: &Strategy) -> Cursor {
    Cursor(vec![strategy.id.to_string()])
}

fn new_strategy(m: &pb::CreateStrategyRequest) -> Result<NewStrategy> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let name = checks.take(label("name", &m.name));
    let description = checks.take(line("description", &m.description, MAX_REASON_CHARS));
    let definition =
        checks.take(object("definition_json", &m.definition_json, MAX_DEFINITION_BYTES));
    checks.finish(|| {
        Some(NewStrategy { name: name?, description: description?, definition: definition? })
    })
}

type Update = ((StrategyId, Option<i64>), StrategyChanges);

fn update(m: &pb::UpdateStrategyRequest) -> Result<Update> {
    let mut checks = Checks::new();
    checks.take(request_id(&m.request_id));
    let mask = checks.take(mask("update_mask", m.update_mask.as_ref(), CHANGEABLE));
    let Some(strategy) = checks.take(present("strategy", m.strategy.as_ref())) else {
        return checks.finish(|| None);
    };
    let id = checks.take(id("strategy.id", &strategy.id));
    let revision = checks.take(etag("strategy.etag", &strategy.etag));
    let changes = mask.and_then(|mask| checks.take_within("strategy.", changes(strategy, &mask)));
    checks.finish(|| Some(((id?, revision?), changes?)))
}

fn changes(strategy: &pb::Strategy, mask: &Mask) -> Result<StrategyChanges> {
    let mut checks = Checks::new();
    let mut changes = StrategyChanges::default();
    if mask.has("name") {
        changes.name = checks.take(label("name", &strategy.name));
    }
    if mask.has("description") {
        changes.description =
            checks.take(line("description", &strategy.description, MAX_REASON_CHARS));
    }
    if mask.has("definition_json") {
        let text = &strategy.definition_json;
        changes.definition = checks.take(object("definition_json", text, MAX_DEFINITION_BYTES));
    }
    checks.finish(|| Some(changes))
}

fn to_wire(strategy: &Strategy) -> pb::Strategy {
    pb::Strategy {
        id: strategy.id.to_string(),
        name: strategy.name.clone(),
        description: strategy.description.clone(),
        definition_json: strategy.definition.text(),
        state: strategy_state::wire(strategy.state),
        etag: strategy.revision.to_string(),
        created_at: Some(to_timestamp(strategy.created_at)),
        updated_at: Some(to_timestamp(strategy.updated_at)),
    }
}
