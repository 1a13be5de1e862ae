use bursar_proto::trace::v1::{GetTraceRequest, GetTraceResponse, TraceKind};
use bursar_testkit::{Server, assert_hidden, fault, id, invalid, ok};
use tonic::Code;

use super::{link, of_resource, of_transfer, transfers};

fn ids(trace: &GetTraceResponse) -> Vec<&str> {
    trace.transfers.iter().map(|transfer| transfer.id.as_str()).collect()
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = transfers(&tenant, 3).await;
    let (position, execution) = (id(), id());
    let [a, b, c] = [&made[0].id, &made[1].id, &made[2].id].map(String::as_str);
    link(&server, &tenant, "position", &position, &[a]).await.unwrap();
    link(&server, &tenant, "position", &position, &[b, a]).await.unwrap();
    link(&server, &tenant, "execution", &execution, &[b, c]).await.unwrap();
    // An event of the position, as its domain writes it.
    let event = id();
    server
        .database
        .sql(&format!(
            "INSERT INTO bursar.audit_event
                 (tenant_id, id, key_id, method, path, action, resource_type, resource_id, payload)
             VALUES ('{}', '{event}', '{event}', 'm', 'p', 'position.create', 'position', '{position}', '{{\"a\": 1}}')",
            tenant.id
        ))
        .await;
    for caller in [&tenant.auditor, &tenant.admin] {
        let trace =
            ok(caller.traces().get_trace(of_resource(TraceKind::Position, &position)).await);
        assert_eq!((ids(&trace), trace.links.len(), trace.truncated), (vec![a, b], 2, false));
        assert_eq!(trace.transfers[0].amount, made[0].amount);
        assert_eq!((trace.events.len(), trace.events[0].id.as_str()), (1, event.as_str()));
        assert!(trace.events[0].payload.is_none());
        let trace =
            ok(caller.traces().get_trace(of_resource(TraceKind::Execution, &execution)).await);
        assert_eq!((ids(&trace), trace.events.len()), (vec![b, c], 0));

        let back = ok(caller.traces().get_trace(of_transfer(b)).await);
        let mut ends: Vec<_> = back
            .links
            .iter()
            .map(|link| {
                assert_eq!(link.transfer_id, b);
                let resource = link.resource.as_ref().unwrap();
                (resource.kind(), resource.id.as_str())
            })
            .collect();
        ends.sort_unstable();
        let want =
            [(TraceKind::Position, position.as_str()), (TraceKind::Execution, execution.as_str())];
        assert_eq!((ends.as_slice(), ids(&back), back.events.len()), (&want[..], vec![b], 1));
    }
    let alone = transfers(&tenant, 1).await.remove(0);
    let trace = ok(tenant.auditor.traces().get_trace(of_transfer(&alone.id)).await);
    assert_eq!((trace.links.len(), ids(&trace)), (0, vec![alone.id.as_str()]));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let made = transfers(&one, 1).await.remove(0);
    let (position, absent) = (id(), id());
    link(&server, &one, "position", &position, &[&made.id]).await.unwrap();
    let ask = async |request| other.auditor.traces().get_trace(request).await;
    let of = |id: &str| of_resource(TraceKind::Position, id);
    assert_hidden((ask(of(&position)).await, &position), (ask(of(&absent)).await, &absent)).is(
        "another tenant's position",
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
    let theirs = (ask(of_transfer(&made.id)).await, made.id.as_str());
    assert_hidden(theirs, (ask(of_transfer(&absent)).await, &absent)).is(
        "another tenant's transfer",
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
    // Nor can another's transfer be linked.
    assert!(link(&server, &other, "position", &id(), &[&made.id]).await.is_err());
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let ask = async |request| tenant.auditor.traces().get_trace(request).await;
    invalid(ask(GetTraceRequest { from: None }).await, &["from"]);
    invalid(ask(of_transfer("x")).await, &["transfer_id"]);
    let unspecified = of_resource(TraceKind::Unspecified, "x");
    invalid(ask(unspecified).await, &["resource.kind", "resource.id"]);
}

/// A link names a transfer that is there, or the transaction fails.
#[tokio::test]
async fn no_link_without_its_transfer() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = transfers(&tenant, 1).await.remove(0);
    let position = id();
    let refused = link(&server, &tenant, "position", &position, &[&made.id, &id()]).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code().map(tokio_postgres::error::SqlState::code), Some("23502"));
    assert!(link(&server, &tenant, "nonsense", &position, &[&made.id]).await.is_err());
    let ask = of_resource(TraceKind::Position, &position);
    fault(tenant.auditor.traces().get_trace(ask).await.unwrap_err()).is(
        "nothing was linked",
        Code::NotFound,
        "RESOURCE_NOT_FOUND",
    );
}
