//! What a filter lets through is what it says, for rows of the trail and for transfers alike.

use bursar_proto::admin::v1::WhoAmIRequest;
use bursar_proto::audit::v1::{AuditEvent, AuditFilter};
use bursar_testkit::{Caller, Server, TestTenant, held, id, moved, ok, post_part, void};
use prost_types::Timestamp;

use super::{ids, list, paged, recorded, two_accounts};

/// Two keys at work: accounts, and transfers of each kind.
async fn at_work(tenant: &TestTenant) -> Vec<AuditEvent> {
    for caller in [&tenant.operator, &tenant.admin] {
        let (one, two) = two_accounts(tenant).await;
        moved(caller, &one, &two, "1").await;
        let hold = held(caller, &one, &two, "5").await;
        post_part(caller, &hold, "2", false).await.unwrap();
        void(caller, &hold).await.unwrap();
    }
    list(&tenant.auditor, AuditFilter::default()).await
}

/// The filter must let through exactly those of `all` that the test would, whatever the size of the page.
async fn lets(
    caller: &Caller,
    all: &[AuditEvent],
    filter: AuditFilter,
    mut wanted: impl FnMut(&AuditEvent) -> bool,
) -> usize {
    let wanted: Vec<_> = all.iter().filter(|event| wanted(event)).cloned().collect();
    for page_size in [1_000, 2] {
        let found = paged(caller, filter.clone(), page_size).await;
        assert_eq!(ids(&found), ids(&wanted), "{filter:?} in pages of {page_size}");
    }
    wanted.len()
}

fn since_ever() -> AuditFilter {
    AuditFilter { from: Some(Timestamp { seconds: 0, nanos: 0 }), ..Default::default() }
}

#[tokio::test]
async fn by_time_from_including_and_to_excluding() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let all = at_work(&tenant).await;
    assert_eq!(all.len(), 3 + 2 * 6);
    for (newer, older) in [(0, 14), (1, 9), (4, 8), (7, 7), (9, 3)] {
        let (from, to) = (all[older].recorded_at, all[newer].recorded_at);
        let filter = AuditFilter { from, to, ..Default::default() };
        lets(&tenant.auditor, &all, filter, |event| {
            recorded(event) >= recorded(&all[older]) && recorded(event) < recorded(&all[newer])
        })
        .await;
    }
    let from_first = AuditFilter { from: all[14].recorded_at, ..Default::default() };
    assert_eq!(lets(&tenant.auditor, &all, from_first, |_| true).await, 15);
    let to_last = AuditFilter { to: all[0].recorded_at, ..Default::default() };
    assert_eq!(lets(&tenant.auditor, &all, to_last, |event| event.id != all[0].id).await, 14);
}

#[tokio::test]
async fn by_key() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let all = at_work(&tenant).await;
    for (caller, count) in [(&tenant.operator, 8), (&tenant.admin, 7), (&tenant.viewer, 0)] {
        let key_id = ok(caller.server().who_am_i(WhoAmIRequest {}).await).key_id;
        let filter = AuditFilter { key_id: key_id.clone(), ..since_ever() };
        assert_eq!(
            lets(&tenant.auditor, &all, filter, |event| event.key_id == key_id).await,
            count
        );
        let accounts = AuditFilter {
            key_id: key_id.clone(),
            resource_type: "account".into(),
            ..Default::default()
        };
        lets(&tenant.auditor, &all, accounts, |e| {
            e.key_id == key_id && e.resource_type == "account"
        })
        .await;
    }
}

#[tokio::test]
async fn by_action() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let all = at_work(&tenant).await;
    for (action, count) in [
        ("key.create", 3),
        ("account.create", 4),
        ("transfer.create", 4),
        ("transfer.post", 2),
        ("transfer.void", 2),
        ("transfer.reverse", 0),
        ("account.close", 0),
        ("no.such", 0),
        ("transfer.no", 0),
    ] {
        let filter = AuditFilter { action: action.into(), ..since_ever() };
        assert_eq!(
            lets(&tenant.auditor, &all, filter, |event| event.action == action).await,
            count,
            "{action}"
        );
    }
    let everything = AuditFilter { action: "account.create".into(), ..Default::default() };
    assert_eq!(list(&tenant.auditor, everything).await.len(), 4, "rows of the trail need no time");
}

#[tokio::test]
async fn by_resource() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let all = at_work(&tenant).await;
    for (kind, count) in [("api_key", 3), ("account", 4), ("transfer", 8), ("tenant", 0), ("x", 0)]
    {
        let filter = AuditFilter { resource_type: kind.into(), ..Default::default() };
        assert_eq!(
            lets(&tenant.auditor, &all, filter, |event| event.resource_type == kind).await,
            count,
            "{kind}"
        );
    }
    for one in &all {
        let (resource_type, resource_id) = (one.resource_type.clone(), one.resource_id.clone());
        let filter = AuditFilter { resource_type, resource_id, ..Default::default() };
        assert_eq!(
            lets(&tenant.auditor, &all, filter.clone(), |event| event.id == one.id).await,
            1
        );
        let other_kind = AuditFilter { resource_type: "asset".into(), ..filter.clone() };
        assert_eq!(lets(&tenant.auditor, &all, other_kind, |_| false).await, 0);
        let too_late = AuditFilter { to: one.recorded_at, ..filter.clone() };
        assert_eq!(lets(&tenant.auditor, &all, too_late, |_| false).await, 0);
        let other_action = AuditFilter { action: "account.close".into(), ..filter };
        assert_eq!(lets(&tenant.auditor, &all, other_action, |_| false).await, 0);
    }
    for text in ["x", &id()] {
        let filter = AuditFilter {
            resource_type: "transfer".into(),
            resource_id: text.into(),
            ..Default::default()
        };
        assert_eq!(list(&tenant.auditor, filter).await, [], "{text}");
    }
}

#[tokio::test]
async fn by_all_of_them_together() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let all = at_work(&tenant).await;
    let key_id = ok(tenant.admin.server().who_am_i(WhoAmIRequest {}).await).key_id;
    let filter = AuditFilter {
        from: all[13].recorded_at,
        to: all[0].recorded_at,
        key_id: key_id.clone(),
        action: "transfer.create".into(),
        resource_type: "transfer".into(),
        ..Default::default()
    };
    let count = lets(&tenant.auditor, &all, filter, |event| {
        event.key_id == key_id && event.action == "transfer.create"
    });
    assert_eq!(count.await, 2);
}

/// No RPC that changes something is open to narrowed keys yet, so the rows are put in by hand.
#[tokio::test]
async fn by_institution() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let before = at_work(&tenant).await;
    let institutions = [id(), id()];
    let account = before.iter().find(|event| event.action == "account.create").unwrap();
    let transfer = before.iter().find(|event| event.action == "transfer.create").unwrap();
    for institution in &institutions {
        for (table, source) in [("audit_event", account), ("ledger_transfer", transfer)] {
            let copy = format!(
                "INSERT INTO bursar.{table} SELECT (jsonb_populate_record(t,
                     jsonb_build_object('id', '{}', 'institution_id', '{institution}'))).*
                 FROM bursar.{table} t WHERE id = '{}'",
                id(),
                source.id
            );
            server.database.sql(&copy).await;
        }
    }
    let all = list(&tenant.auditor, AuditFilter::default()).await;
    assert_eq!(all.len(), before.len() + 4);
    for institution_id in institutions {
        let filter = AuditFilter { institution_id: institution_id.clone(), ..since_ever() };
        let count =
            lets(&tenant.auditor, &all, filter, |event| event.institution_id == institution_id)
                .await;
        assert_eq!(count, 2, "an event and a transfer");
    }
    let nobody = AuditFilter { institution_id: id(), ..since_ever() };
    assert_eq!(lets(&tenant.auditor, &all, nobody, |_| false).await, 0);
}
