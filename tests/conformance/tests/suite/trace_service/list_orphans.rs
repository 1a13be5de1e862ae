use bursar_proto::trace::v1::{ListOrphansRequest, TraceKind, TraceOrphan};
use bursar_testkit::{Caller, Server, id, invalid, ok, trading};

use super::{link, transfers};
use crate::audit_service::seals::force;
use crate::position_service::{accounts, house, locked, propose};

pub(super) async fn orphans(caller: &Caller) -> Vec<TraceOrphan> {
    let mut request = ListOrphansRequest::default();
    let mut found = Vec::new();
    loop {
        let page = ok(caller.traces().list_orphans(request.clone()).await);
        found.extend(page.orphans);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = transfers(&tenant, 2).await;
    let position = propose(&tenant.operator, &house(&server, &tenant).await).await;
    let decision =
        trading::decision(&tenant.operator, &trading::strategy(&tenant.admin).await).await;
    let fill = trading::execution(&tenant.operator, trading::new_fill(&decision)).await;
    let of = [made[0].id.as_str(), made[1].id.as_str()];
    for (kind, resource) in [("position", &position.id), ("execution", &fill.id)] {
        link(&server, &tenant, kind, resource, &of).await.unwrap();
    }
    assert_eq!(orphans(&tenant.auditor).await, []);
    let gone = &made[1].id;
    force(&server, &format!("DELETE FROM bursar.ledger_transfer WHERE id = '{gone}'")).await;
    for caller in [&tenant.auditor, &tenant.admin] {
        let found = orphans(caller).await;
        assert_eq!(found.len(), 2, "{found:?}");
        for orphan in found {
            assert!(orphan.transfer_gone && !orphan.resource_gone);
            assert_eq!(&orphan.link.unwrap().transfer_id, gone);
        }
    }
}

#[tokio::test]
async fn of_resources_that_are_gone() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let made = transfers(&tenant, 1).await.remove(0);
    for kind in ["position", "execution"] {
        link(&server, &tenant, kind, &id(), &[&made.id]).await.unwrap();
    }
    let found = orphans(&tenant.auditor).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|orphan| orphan.resource_gone && !orphan.transfer_gone));
}

/// No call can move a position's money behind its back; whoever writes to the database can.
#[tokio::test]
async fn transfers_of_positions_accounts_without_a_link() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let (buyer, _) = accounts(caller).await;
    let position = locked(caller, &house(&server, &tenant).await, &buyer).await;
    let plain = transfers(&tenant, 1).await.remove(0);
    assert_eq!(orphans(&tenant.auditor).await, []);
    let unlink = "DELETE FROM bursar.trace_link WHERE resource_id";
    force(&server, &format!("{unlink} = '{}'", position.id)).await;
    let found = orphans(&tenant.auditor).await;
    let [orphan] = &found[..] else { panic!("{found:?}") };
    let link = orphan.link.clone().unwrap();
    assert!(orphan.link_missing && !orphan.transfer_gone && !orphan.resource_gone);
    let resource = link.resource.unwrap();
    assert_eq!((resource.kind(), resource.id), (TraceKind::Position, position.id));
    assert!(link.created_at.is_some() && link.transfer_id != plain.id);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    let made = transfers(&one, 1).await.remove(0);
    link(&server, &one, "position", &id(), &[&made.id]).await.unwrap();
    force(&server, &format!("DELETE FROM bursar.ledger_transfer WHERE id = '{}'", made.id)).await;
    assert_eq!(orphans(&other.auditor).await, []);
    assert_eq!(orphans(&one.auditor).await.len(), 1);
    let page = ok(one.auditor.traces().list_orphans(ListOrphansRequest::default()).await);
    let theirs = ListOrphansRequest { page_token: page.next_page_token };
    assert!(!theirs.page_token.is_empty());
    invalid(other.auditor.traces().list_orphans(theirs).await, &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let request = ListOrphansRequest { page_token: "nonsense".into() };
    invalid(tenant.auditor.traces().list_orphans(request).await, &["page_token"]);
}
