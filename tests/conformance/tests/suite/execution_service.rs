//! Executions of decisions.

use bursar_proto::admin::v1::{CreateApiKeyRequest, RevokeApiKeyRequest};
use bursar_proto::common::v1::Role;
use bursar_proto::ledger::v1::BalanceRule;
use bursar_proto::trading::v1::{
    Execution, ExecutionFilter, GetExecutionRequest, ListExecutionsRequest, NewExecution,
    RecordExecutionRequest, StreamRecordRequest, StreamRecordResponse,
};
use bursar_testkit::trading::{decision, execution, new_fill, record, strategy};
use bursar_testkit::{
    Caller, Server, TestTenant, assert_hidden, event, events, id, invalid, moved, new_account, ok,
    refused,
};
use tokio_stream::iter;
use tonic::{Code, Status};

async fn try_get(caller: &Caller, id: &str) -> Result<Execution, Status> {
    let reply = caller.executions().get_execution(GetExecutionRequest { id: id.into() }).await?;
    Ok(reply.into_inner().execution.unwrap())
}

/// A fill of some decision of the tenant.
async fn fill(tenant: &TestTenant) -> NewExecution {
    new_fill(&decision(&tenant.operator, &strategy(&tenant.admin).await).await)
}

/// A transfer of the tenant.
async fn transfer(tenant: &TestTenant) -> String {
    let one = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    let two = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
    moved(&tenant.operator, &one, &two, "5").await.id
}

/// What a stream of these messages answers, and what it ends with.
async fn stream(
    caller: &Caller,
    messages: Vec<Vec<NewExecution>>,
) -> (Vec<StreamRecordResponse>, Option<Status>) {
    let messages = messages.into_iter().map(|executions| StreamRecordRequest { executions });
    let opened = caller.executions().stream_record(iter(messages.collect::<Vec<_>>())).await;
    let mut replies = ok(opened);
    let mut found = Vec::new();
    loop {
        match replies.message().await {
            Ok(Some(reply)) => found.push(reply),
            Ok(None) => return (found, None),
            Err(status) => return (found, Some(status)),
        }
    }
}

mod record_execution {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let new = fill(&tenant).await;
        let request = record(new.clone());
        let tried = RecordExecutionRequest { validate_only: true, ..request.clone() };
        let tried = ok(tenant.operator.executions().record_execution(tried).await);
        let tried = tried.execution.unwrap().id;
        refused(try_get(&tenant.viewer, &tried).await, Code::NotFound, "RESOURCE_NOT_FOUND");

        let first = ok(tenant.operator.executions().record_execution(request.clone()).await);
        let made = first.execution.clone().unwrap();
        assert!(!first.replayed);
        assert_eq!((made.price.as_str(), made.fee.as_str()), ("61234.5", "0.1"));
        assert_eq!(made.raw_payload, new.raw_payload);
        assert_eq!(made.payload_json, r#"{"oid":18446744073709551616,"px":61234.5}"#);
        assert_eq!(made.executed_at, new.executed_at);
        assert_eq!(try_get(&tenant.viewer, &made.id).await.unwrap(), made);
        let again = ok(tenant.operator.executions().record_execution(request.clone()).await);
        assert!(again.replayed && again.execution == first.execution);
        event(&tenant, ("execution", &made.id), "execution.record", &request.request_id).await;
    }

    #[tokio::test]
    async fn a_second_report_of_a_fill_is_a_replay() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let new = fill(&tenant).await;
        let made = execution(&tenant.operator, new.clone()).await;
        // Another request id, amounts written otherwise, stamped anew by the venue.
        let report = NewExecution {
            price: "61234.500".into(),
            raw_payload: b"{\"sent\":2}".to_vec(),
            ..new.clone()
        };
        let again = ok(tenant.operator.executions().record_execution(record(report)).await);
        assert!(again.replayed);
        assert_eq!(again.execution.unwrap(), made);
        assert_eq!(events(&tenant, "execution", &made.id).await.len(), 1);
        let other = NewExecution { price: "1".into(), quantity: "9".into(), ..new.clone() };
        let outcome = tenant.operator.executions().record_execution(record(other)).await;
        let fault = refused(outcome, Code::FailedPrecondition, "EXECUTION_DIFFERS");
        assert_eq!(
            (fault.meta("execution_id"), fault.meta("fields")),
            (made.id.as_str(), "quantity,price")
        );
        // The same id at another venue is another fill.
        let elsewhere =
            execution(&tenant.operator, NewExecution { venue: "bitstamp".into(), ..new }).await;
        assert_ne!(elsewhere.id, made.id);
    }

    #[tokio::test]
    async fn of_many_reports_at_once_one_is_recorded() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let new = fill(&tenant).await;
        let calls: Vec<_> = (0..12)
            .map(|_| {
                let (operator, request) = (tenant.operator.clone(), record(new.clone()));
                tokio::spawn(async move { operator.executions().record_execution(request).await })
            })
            .collect();
        let (mut fresh, mut ids) = (0, std::collections::BTreeSet::new());
        for call in calls {
            let reply = ok(call.await.unwrap());
            fresh += i32::from(!reply.replayed);
            ids.insert(reply.execution.unwrap().id);
        }
        assert_eq!((fresh, ids.len()), (1, 1));
    }

    #[tokio::test]
    async fn transfers_are_linked() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let (new, moved) = (fill(&tenant).await, transfer(&tenant).await);
        let linked = NewExecution { transfer_ids: vec![moved.clone()], ..new.clone() };
        let made = execution(&tenant.operator, linked.clone()).await;
        assert_eq!(made.transfer_ids, [moved.as_str()]);
        assert!(ok(tenant.operator.executions().record_execution(record(linked)).await).replayed);
        let links =
            "SELECT kind || ' ' || resource_id || ' ' || transfer_id FROM bursar.trace_link";
        let links: Vec<String> =
            server.database.rows(links).await.iter().map(|row| row.get(0)).collect();
        assert_eq!(links, [format!("execution {} {moved}", made.id)]);
        let absent = NewExecution { venue_order_id: "new".into(), transfer_ids: vec![id()], ..new };
        let outcome = tenant.operator.executions().record_execution(record(absent)).await;
        refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (our_fill, their_fill) = (fill(&ours).await, fill(&theirs).await);
        let their_transfer = transfer(&theirs).await;
        let ask = async |new: NewExecution| {
            ours.operator.executions().record_execution(record(new)).await
        };
        let absent = id();
        let other = NewExecution { decision_id: absent.clone(), ..their_fill.clone() };
        let foreign = their_fill.decision_id.clone();
        assert_hidden((ask(their_fill.clone()).await, &foreign), (ask(other).await, &absent));
        let with = |transfer: &str| NewExecution {
            transfer_ids: vec![transfer.into()],
            ..our_fill.clone()
        };
        let foreign = (ask(with(&their_transfer)).await, their_transfer.as_str());
        assert_hidden(foreign, (ask(with(&absent)).await, &absent));
        // A venue's id is known in one tenant only.
        execution(&theirs.operator, their_fill.clone()).await;
        let same = NewExecution { decision_id: our_fill.decision_id, ..their_fill };
        assert!(!ok(ask(same).await).replayed);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let executions = || tenant.operator.executions();
        let empty = RecordExecutionRequest::default();
        invalid(executions().record_execution(empty).await, &["request_id", "execution"]);
        let fields = [
            "decision_id",
            "venue",
            "venue_order_id",
            "symbol",
            "side",
            "quantity",
            "price",
            "executed_at",
            "raw_payload",
        ];
        let fields: Vec<String> = fields.iter().map(|field| format!("execution.{field}")).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        invalid(executions().record_execution(record(NewExecution::default())).await, &fields);
        let new = fill(&tenant).await;
        let payloads: [&[u8]; 6] = [
            b"[]",
            b"8=FIX.4.4",
            b"{\"a\":1,\"a\":2}",
            b"{\"a\":\"\\u0000\"}",
            b"\xff{}",
            b"{\"a\":NaN}",
        ];
        for raw in payloads {
            let bad = NewExecution { raw_payload: raw.to_vec(), ..new.clone() };
            let outcome = executions().record_execution(record(bad)).await;
            invalid(outcome, &["execution.raw_payload"]);
        }
        let bad =
            NewExecution { transfer_ids: vec![id(), "x".into()], fee: "-1".into(), ..new.clone() };
        let fields = ["execution.fee", "execution.transfer_ids[1]"];
        invalid(executions().record_execution(record(bad)).await, &fields);
        let many = NewExecution { transfer_ids: vec![id(); 21], ..new };
        invalid(executions().record_execution(record(many)).await, &["execution.transfer_ids"]);
    }
}

mod stream_record {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let of = decision(&tenant.operator, &strategy(&tenant.admin).await).await;
        let bulk: Vec<NewExecution> = (0..300).map(|_| new_fill(&of)).collect();
        let broken = NewExecution { quantity: "x".into(), ..new_fill(&of) };
        let absent = NewExecution { decision_id: id(), ..new_fill(&of) };
        let differs = NewExecution { fee: "7".into(), ..bulk[0].clone() };
        let linked = NewExecution { transfer_ids: vec![transfer(&tenant).await], ..new_fill(&of) };
        let mixed = vec![broken, bulk[1].clone(), absent, linked.clone(), linked, differs];
        let (replies, ended) = stream(&tenant.operator, vec![bulk.clone(), mixed]).await;
        assert!(ended.is_none(), "{ended:?}");
        let counts: Vec<i64> = replies.iter().map(|reply| reply.acknowledged).collect();
        assert_eq!(counts, [300, 306]);
        assert!(replies[0].results.iter().all(|r| !r.replayed && r.error.is_none()));
        let mixed = &replies[1].results;
        let codes: Vec<i32> =
            mixed.iter().map(|r| r.error.as_ref().map_or(0, |e| e.code)).collect();
        let [bad, gone, other] = [Code::InvalidArgument, Code::NotFound, Code::FailedPrecondition];
        assert_eq!(codes, [bad as i32, 0, gone as i32, 0, 0, other as i32]);
        assert!(mixed[1].replayed && mixed[1].id == replies[0].results[1].id);
        // Twice in one message: the second is a replay of the first.
        assert!(!mixed[3].replayed && mixed[4].replayed && mixed[3].id == mixed[4].id);
        for (result, new) in replies[0].results.iter().zip(&bulk).step_by(97) {
            let made = try_get(&tenant.viewer, &result.id).await.unwrap();
            assert_eq!(made.venue_order_id, new.venue_order_id);
            let trail = events(&tenant, "execution", &result.id).await;
            assert_eq!((trail.len(), trail[0].method.as_str()), (1, "StreamRecord"));
            assert!(format!("{:?}", trail[0].payload).contains(&new.venue_order_id));
        }
        // Sent again from the start, nothing is recorded twice.
        let (again, _) = stream(&tenant.operator, vec![bulk]).await;
        assert!(again[0].results.iter().all(|result| result.replayed));
        let count = "SELECT count(*) FROM bursar.trading_execution";
        assert_eq!(server.database.rows(count).await[0].get::<_, i64>(0), 301);
    }

    /// A stream that waits ends with its key, and what was answered before stays.
    #[tokio::test]
    async fn a_revoked_key_ends_it() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let key = tenant.admin.make_key(Role::Operator, CreateApiKeyRequest::default()).await;
        let caller = tenant.admin.with_key(&key.key);
        let (messages, waiting) = tokio::sync::mpsc::channel(1);
        let waiting = tokio_stream::wrappers::ReceiverStream::new(waiting);
        let mut replies = ok(caller.executions().stream_record(waiting).await);
        let message = StreamRecordRequest { executions: vec![fill(&tenant).await] };
        messages.send(message).await.unwrap();
        assert_eq!(replies.message().await.unwrap().unwrap().acknowledged, 1);
        let id_of = key.api_key.unwrap().id;
        let revoke = RevokeApiKeyRequest { request_id: id(), id: id_of };
        ok(tenant.admin.keys().revoke_api_key(revoke).await);
        let ended = tokio::time::timeout(std::time::Duration::from_secs(20), replies.message());
        refused(ended.await.expect("it ends"), Code::Unauthenticated, "KEY_REVOKED");
        drop(messages);
    }

    /// A caller's deadline ends a stream that waits.
    #[tokio::test]
    async fn a_deadline_ends_it() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let mut request = tonic::Request::new(tokio_stream::pending());
        request.set_timeout(std::time::Duration::from_secs(2));
        let mut replies = ok(tenant.operator.executions().stream_record(request).await);
        let ended = replies.message().await.expect_err("an end");
        assert_eq!(ended.code(), Code::DeadlineExceeded);
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = fill(&theirs).await;
        let (replies, _) = stream(&ours.operator, vec![vec![foreign.clone()]]).await;
        let error = replies[0].results[0].error.as_ref().unwrap();
        assert_eq!(error.code, Code::NotFound as i32);
        let (replies, _) = stream(&theirs.operator, vec![vec![foreign]]).await;
        assert!(replies[0].results[0].error.is_none() && !replies[0].results[0].replayed);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let new = fill(&tenant).await;
        for message in [vec![], vec![new.clone(); 1_001]] {
            let (replies, ended) = stream(&tenant.operator, vec![vec![new.clone()], message]).await;
            assert_eq!(replies.len(), 1, "what came before is answered");
            invalid(Err::<(), _>(ended.unwrap()), &["executions"]);
        }
    }
}

mod get_execution {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let made = execution(&tenant.operator, fill(&tenant).await).await;
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(try_get(caller, &made.id).await.unwrap(), made);
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = execution(&theirs.operator, fill(&theirs).await).await.id;
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

mod list_executions {
    use super::*;

    async fn all(caller: &Caller, filter: ExecutionFilter, page_size: i32) -> Vec<Execution> {
        let mut request =
            ListExecutionsRequest { filter: Some(filter), page_size, page_token: String::new() };
        let mut found = Vec::new();
        loop {
            let page = ok(caller.executions().list_executions(request.clone()).await);
            found.extend(page.executions);
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
        let fills = [fill(&tenant).await, fill(&tenant).await];
        let mut made = Vec::new();
        for at in 0..8 {
            let (venue, order) = (format!("v{}", at / 4), format!("o{}", at % 4));
            let new = NewExecution { venue, venue_order_id: order, ..fills[at % 2].clone() };
            made.push(execution(&tenant.operator, new).await);
        }
        made.reverse();
        for bits in 0..6 {
            let text = |on: bool, text: &str| if on { text.to_owned() } else { String::new() };
            let filter = ExecutionFilter {
                decision_id: text(bits % 2 == 1, &fills[0].decision_id),
                venue: text(bits >= 2, "v1"),
                venue_order_id: text(bits >= 4, "o2"),
                ..Default::default()
            };
            let wanted: Vec<_> = made
                .iter()
                .filter(|e| filter.decision_id.is_empty() || e.decision_id == filter.decision_id)
                .filter(|e| filter.venue.is_empty() || e.venue == filter.venue)
                .filter(|e| {
                    filter.venue_order_id.is_empty() || e.venue_order_id == filter.venue_order_id
                })
                .cloned()
                .collect();
            assert!(!wanted.is_empty());
            for size in [0, 1, 3] {
                assert_eq!(all(&tenant.viewer, filter.clone(), size).await, wanted, "{filter:?}");
            }
        }
        let (from, to) = (made[6].recorded_at, made[2].recorded_at);
        let between = ExecutionFilter { from, to, ..Default::default() };
        assert_eq!(all(&tenant.viewer, between, 0).await, made[3..=6]);
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let foreign = execution(&theirs.operator, fill(&theirs).await).await;
        let of = ExecutionFilter { decision_id: foreign.decision_id, ..Default::default() };
        let at = ExecutionFilter { venue: foreign.venue, ..Default::default() };
        for filter in [ExecutionFilter::default(), of, at] {
            assert_eq!(all(&ours.viewer, filter, 0).await, []);
        }
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let filter = ExecutionFilter {
            decision_id: "x".into(),
            venue_order_id: "o".into(),
            ..Default::default()
        };
        let bad = ListExecutionsRequest {
            filter: Some(filter),
            page_size: -1,
            page_token: String::new(),
        };
        let fields = ["filter.decision_id", "filter.venue_order_id", "page_size"];
        invalid(tenant.viewer.executions().list_executions(bad).await, &fields);
    }
}
