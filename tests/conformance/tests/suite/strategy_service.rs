//! Strategies.

use bursar_proto::trading::v1::{
    CreateStrategyRequest, DisableStrategyRequest, EnableStrategyRequest, GetStrategyRequest,
    ListStrategiesRequest, Strategy, StrategyState, UpdateStrategyRequest,
};
use bursar_testkit::trading::strategy;
use bursar_testkit::{Caller, Server, assert_hidden, event, id, invalid, ok, refused};
use prost_types::FieldMask;
use tonic::{Code, Status};

async fn try_get(caller: &Caller, id: &str) -> Result<Strategy, Status> {
    let reply = caller.strategies().get_strategy(GetStrategyRequest { id: id.into() }).await?;
    Ok(reply.into_inner().strategy.unwrap())
}

fn new(name: &str) -> CreateStrategyRequest {
    CreateStrategyRequest { request_id: id(), name: name.into(), ..Default::default() }
}

fn disable(of: &Strategy) -> DisableStrategyRequest {
    DisableStrategyRequest { request_id: id(), id: of.id.clone(), ..Default::default() }
}

fn enable(of: &Strategy) -> EnableStrategyRequest {
    EnableStrategyRequest { request_id: id(), id: of.id.clone(), ..Default::default() }
}

fn update(of: Strategy, paths: &[&str]) -> UpdateStrategyRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateStrategyRequest {
        request_id: id(),
        strategy: Some(of),
        update_mask: Some(FieldMask { paths }),
        validate_only: false,
    }
}

mod create_strategy {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let request = CreateStrategyRequest {
            description: "buys low".into(),
            definition_json: r#"{ "z": 1.50, "a": 18446744073709551616 }"#.into(),
            ..new("mean.reversion")
        };
        let tried = CreateStrategyRequest { validate_only: true, ..request.clone() };
        let tried = ok(tenant.admin.strategies().create_strategy(tried).await).strategy.unwrap();
        refused(try_get(&tenant.viewer, &tried.id).await, Code::NotFound, "RESOURCE_NOT_FOUND");

        let first = ok(tenant.admin.strategies().create_strategy(request.clone()).await);
        let made = first.strategy.clone().unwrap();
        assert!(!first.replayed);
        assert_eq!((made.name.as_str(), made.state()), ("mean.reversion", StrategyState::Enabled));
        assert_eq!(made.definition_json, r#"{"a":18446744073709551616,"z":1.5}"#);
        assert_eq!(try_get(&tenant.viewer, &made.id).await.unwrap(), made);
        let again = ok(tenant.admin.strategies().create_strategy(request.clone()).await);
        assert!(again.replayed && again.strategy == first.strategy);
        event(&tenant, ("strategy", &made.id), "strategy.create", &request.request_id).await;
        let taken = tenant.admin.strategies().create_strategy(new("mean.reversion")).await;
        refused(taken, Code::AlreadyExists, "RESOURCE_EXISTS");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let request = new("same");
        let one = ok(ours.admin.strategies().create_strategy(request.clone()).await);
        let other = ok(theirs.admin.strategies().create_strategy(request).await);
        assert!(!other.replayed);
        assert_ne!(one.strategy.unwrap().id, other.strategy.unwrap().id);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = CreateStrategyRequest {
            request_id: "x".into(),
            name: String::new(),
            description: "a\0".into(),
            definition_json: "[]".into(),
            validate_only: false,
        };
        let fields = ["request_id", "name", "description", "definition_json"];
        invalid(tenant.admin.strategies().create_strategy(bad).await, &fields);
        let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(64 * 1024));
        let large = CreateStrategyRequest { definition_json: large, ..new("x") };
        invalid(tenant.admin.strategies().create_strategy(large).await, &["definition_json"]);
    }
}

mod get_strategy {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = strategy(&tenant.admin).await;
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(try_get(caller, &made.id).await.unwrap(), made);
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (theirs, absent) = (strategy(&theirs.admin).await.id, id());
        let foreign = (try_get(&ours.admin, &theirs).await, theirs.as_str());
        assert_hidden(foreign, (try_get(&ours.admin, &absent).await, &absent));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        for bad in ["", "x", "0190"] {
            invalid(try_get(&tenant.viewer, bad).await, &["id"]);
        }
    }
}

mod list_strategies {
    use super::*;

    async fn all(caller: &Caller, state: StrategyState, page_size: i32) -> Vec<Strategy> {
        let mut request =
            ListStrategiesRequest { state: state.into(), page_size, page_token: String::new() };
        let mut found = Vec::new();
        loop {
            let page = ok(caller.strategies().list_strategies(request.clone()).await);
            found.extend(page.strategies);
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
        let mut made = Vec::new();
        for at in 0..5 {
            let mut one = strategy(&tenant.admin).await;
            if at % 2 == 1 {
                let off = tenant.operator.strategies().disable_strategy(disable(&one)).await;
                one = ok(off).strategy.unwrap();
            }
            made.push(one);
        }
        for size in [0, 1, 2] {
            assert_eq!(all(&tenant.viewer, StrategyState::Unspecified, size).await, made);
            for state in [StrategyState::Enabled, StrategyState::Disabled] {
                let of: Vec<_> = made.iter().filter(|s| s.state() == state).cloned().collect();
                assert_eq!(all(&tenant.viewer, state, size).await, of);
            }
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        strategy(&theirs.admin).await;
        assert_eq!(all(&ours.viewer, StrategyState::Unspecified, 0).await, []);
        assert_eq!(all(&ours.viewer, StrategyState::Enabled, 0).await, []);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = ListStrategiesRequest { state: 9, page_size: -1, page_token: String::new() };
        invalid(tenant.viewer.strategies().list_strategies(bad).await, &["state", "page_size"]);
        let bad = ListStrategiesRequest { page_token: "x".into(), ..Default::default() };
        invalid(tenant.viewer.strategies().list_strategies(bad).await, &["page_token"]);
    }
}

mod update_strategy {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let before = strategy(&tenant.admin).await;
        let change = Strategy {
            name: "new".into(),
            description: "ignored".into(),
            definition_json: r#"{"b":2}"#.into(),
            ..before.clone()
        };
        let request = update(change, &["name", "definition_json"]);
        let after = ok(tenant.admin.strategies().update_strategy(request.clone()).await);
        let after = after.strategy.unwrap();
        assert_eq!((after.name.as_str(), after.description.as_str()), ("new", ""));
        assert_eq!(after.definition_json, r#"{"b":2}"#);
        assert_ne!(after.etag, before.etag);
        assert_eq!(try_get(&tenant.viewer, &before.id).await.unwrap(), after);
        assert!(ok(tenant.admin.strategies().update_strategy(request).await).replayed);
        let old = tenant.admin.strategies().update_strategy(update(before, &["description"])).await;
        assert_eq!(refused(old, Code::Aborted, "ETAG_MISMATCH").meta("current_etag"), after.etag);
        let other = strategy(&tenant.admin).await;
        let taken = update(Strategy { name: "new".into(), ..other }, &["name"]);
        let taken = tenant.admin.strategies().update_strategy(taken).await;
        refused(taken, Code::AlreadyExists, "RESOURCE_EXISTS");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = strategy(&theirs.admin).await;
        let ask = async |id: &str| {
            let change = Strategy { id: id.into(), ..Default::default() };
            ours.admin.strategies().update_strategy(update(change, &["description"])).await
        };
        let absent = id();
        assert_hidden((ask(&foreign.id).await, &foreign.id), (ask(&absent).await, &absent));
        assert_eq!(try_get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let one = strategy(&tenant.admin).await;
        let strategies = || tenant.admin.strategies();
        invalid(strategies().update_strategy(update(one.clone(), &[])).await, &["update_mask"]);
        invalid(
            strategies().update_strategy(update(one.clone(), &["state"])).await,
            &["update_mask"],
        );
        let bad =
            Strategy { name: "a b".into(), definition_json: "{".into(), etag: "x".into(), ..one };
        let fields = ["strategy.etag", "strategy.name", "strategy.definition_json"];
        let bad = update(bad, &["name", "definition_json"]);
        invalid(strategies().update_strategy(bad).await, &fields);
    }
}

mod enable_strategy {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let one = strategy(&tenant.admin).await;
        let already = tenant.admin.strategies().enable_strategy(enable(&one)).await;
        let fault = refused(already, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
        assert_eq!(fault.meta("state"), "enabled");
        ok(tenant.operator.strategies().disable_strategy(disable(&one)).await);
        let on = enable(&one);
        let back = ok(tenant.admin.strategies().enable_strategy(on.clone()).await);
        assert_eq!(back.strategy.as_ref().unwrap().state(), StrategyState::Enabled);
        assert!(ok(tenant.admin.strategies().enable_strategy(on).await).replayed);
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = strategy(&theirs.admin).await;
        let absent = Strategy { id: id(), ..foreign.clone() };
        let ask = async |of: &Strategy| ours.admin.strategies().enable_strategy(enable(of)).await;
        assert_hidden((ask(&foreign).await, &foreign.id), (ask(&absent).await, &absent.id));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = EnableStrategyRequest { etag: "01".into(), ..Default::default() };
        invalid(
            tenant.admin.strategies().enable_strategy(bad).await,
            &["request_id", "id", "etag"],
        );
    }
}

mod disable_strategy {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let one = strategy(&tenant.admin).await;
        let request = DisableStrategyRequest { etag: one.etag.clone(), ..disable(&one) };
        let off = ok(tenant.operator.strategies().disable_strategy(request.clone()).await);
        assert_eq!(off.strategy.unwrap().state(), StrategyState::Disabled);
        event(&tenant, ("strategy", &one.id), "strategy.disable", &request.request_id).await;
        let old = DisableStrategyRequest { etag: one.etag.clone(), ..disable(&one) };
        let old = tenant.operator.strategies().disable_strategy(old).await;
        refused(old, Code::Aborted, "ETAG_MISMATCH");
        let twice = tenant.operator.strategies().disable_strategy(disable(&one)).await;
        refused(twice, Code::FailedPrecondition, "STATE_NOT_ALLOWED");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = strategy(&theirs.admin).await;
        let absent = Strategy { id: id(), ..foreign.clone() };
        let ask = async |of: &Strategy| ours.admin.strategies().disable_strategy(disable(of)).await;
        assert_hidden((ask(&foreign).await, &foreign.id), (ask(&absent).await, &absent.id));
        assert_eq!(try_get(&theirs.viewer, &foreign.id).await.unwrap(), foreign);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = DisableStrategyRequest { etag: "x".into(), ..Default::default() };
        invalid(
            tenant.admin.strategies().disable_strategy(bad).await,
            &["request_id", "id", "etag"],
        );
    }
}
