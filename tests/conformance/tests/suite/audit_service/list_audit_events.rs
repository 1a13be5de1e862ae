use bursar_proto::audit::v1::{AuditFilter, ListAuditEventsRequest};
use bursar_proto::ledger::v1::{BatchMode, CreateAccountRequest, NewAccount};
use bursar_testkit::{Caller, Server, TestTenant, batch, fault, id, moved, new_transfer, ok};
use prost_types::Timestamp;
use tonic::Code;

use super::{actions, ids, list, paged, recorded, two_accounts};

/// Accounts and transfers by turns, among them four of the same moment.
async fn busy(tenant: &TestTenant) {
    for _ in 0..3 {
        let (one, two) = two_accounts(tenant).await;
        moved(&tenant.operator, &one, &two, "1").await;
    }
    let mut together = Vec::new();
    for _ in 0..4 {
        let (one, two) = two_accounts(tenant).await;
        together.push(new_transfer(&one, &two, "1"));
    }
    batch(&tenant.operator, together, BatchMode::AllOrNothing).await.unwrap();
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant).await;
    let all = list(&tenant.auditor, AuditFilter::default()).await;
    assert_eq!(all.len(), 3 + 3 * 3 + 12);
    assert!(all.is_sorted_by(|newer, older| (recorded(newer), &newer.id) > (recorded(older), &older.id)));
    let turn = ["transfer.create", "account.create", "account.create"];
    assert_eq!(actions(&all)[12..21], [turn, turn, turn].concat(), "merged in the order of time");
    assert_eq!(actions(&all)[..4], ["transfer.create"; 4]);
    assert_eq!(actions(&all)[21..], ["key.create"; 3]);
    let moments: std::collections::BTreeSet<_> = all[..4].iter().map(recorded).collect();
    assert_eq!(moments.len(), 1, "the test has four events of one moment");
    for page_size in [1, 2, 3, 5, 7, 23, 24, 25] {
        let found = paged(&tenant.auditor, AuditFilter::default(), page_size).await;
        assert_eq!(ids(&found), ids(&all), "pages of {page_size}");
    }
    assert_eq!(list(&tenant.admin, AuditFilter::default()).await, all);
    let default =
        ok(tenant.auditor.audit().list_audit_events(ListAuditEventsRequest::default()).await);
    assert_eq!(default.events, all, "no filter is all");
}

/// A page goes on where the one before ended, whatever has come since.
#[tokio::test]
async fn what_comes_between_two_pages_moves_nothing() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    busy(&tenant).await;
    let all = list(&tenant.auditor, AuditFilter::default()).await;
    let first = ListAuditEventsRequest { page_size: 10, ..Default::default() };
    let page = ok(tenant.auditor.audit().list_audit_events(first.clone()).await);
    busy(&tenant).await;
    let rest =
        ListAuditEventsRequest { page_token: page.next_page_token, page_size: 1_000, ..first };
    let rest = ok(tenant.auditor.audit().list_audit_events(rest).await);
    assert_eq!((page.events, rest.events), (all[..10].to_vec(), all[10..].to_vec()));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (one, other) = (server.tenant().await, server.tenant().await);
    busy(&one).await;
    let theirs = list(&one.auditor, AuditFilter::default()).await;
    let mine = list(&other.auditor, AuditFilter::default()).await;
    assert_eq!(actions(&mine), ["key.create"; 3]);
    let by = |event: &bursar_proto::audit::v1::AuditEvent| AuditFilter {
        resource_type: event.resource_type.clone(),
        resource_id: event.resource_id.clone(),
        ..Default::default()
    };
    let from = Some(Timestamp { seconds: 0, nanos: 0 });
    for event in [&theirs[0], &theirs[5], &theirs[23]] {
        assert_eq!(list(&other.auditor, by(event)).await, [], "by another tenant's resource");
        let filter = AuditFilter { key_id: event.key_id.clone(), from, ..Default::default() };
        assert_eq!(list(&other.auditor, filter).await, [], "by another tenant's key");
    }
    let platform = list(&server.platform, AuditFilter::default()).await;
    assert_eq!(actions(&platform), ["tenant.create"; 2], "the platform sees no tenant's trail");

    let first = ListAuditEventsRequest { page_size: 2, ..Default::default() };
    let token = ok(one.auditor.audit().list_audit_events(first.clone()).await).next_page_token;
    let stolen = ListAuditEventsRequest { page_token: token, ..first };
    fault(other.auditor.audit().list_audit_events(stolen).await.unwrap_err())
        .names("stolen", &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let first = ListAuditEventsRequest { page_size: 1, ..Default::default() };
    let token = ok(tenant.auditor.audit().list_audit_events(first).await).next_page_token;
    let with = |filter| ListAuditEventsRequest { filter: Some(filter), ..Default::default() };
    let text = |n| "x".repeat(n);
    let none = AuditFilter::default;
    let time = |seconds, nanos| Some(Timestamp { seconds, nanos });
    let cases: Vec<(&str, ListAuditEventsRequest, &[&str])> = vec![
        ("from too fine", with(AuditFilter { from: time(5, 1), ..none() }), &["filter.from"]),
        ("to too far", with(AuditFilter { to: time(i64::MAX, 0), ..none() }), &["filter.to"]),
        (
            "bad key",
            with(AuditFilter { key_id: "x".into(), from: time(0, 0), ..none() }),
            &["filter.key_id"],
        ),
        (
            "bad institution",
            with(AuditFilter { institution_id: "x".into(), from: time(0, 0), ..none() }),
            &["filter.institution_id"],
        ),
        ("key alone", with(AuditFilter { key_id: id(), ..none() }), &["filter.key_id"]),
        (
            "institution alone",
            with(AuditFilter { institution_id: id(), to: time(5, 0), ..none() }),
            &["filter.institution_id"],
        ),
        (
            "transfers alone",
            with(AuditFilter { action: "transfer.post".into(), ..none() }),
            &["filter.action"],
        ),
        ("long action", with(AuditFilter { action: text(201), ..none() }), &["filter.action"]),
        (
            "long type",
            with(AuditFilter { resource_type: text(201), ..none() }),
            &["filter.resource_type"],
        ),
        (
            "long id",
            with(AuditFilter { resource_type: "x".into(), resource_id: text(201), ..none() }),
            &["filter.resource_id"],
        ),
        ("NUL", with(AuditFilter { action: "a\0".into(), ..none() }), &["filter.action"]),
        (
            "id without type",
            with(AuditFilter { resource_id: id(), ..none() }),
            &["filter.resource_type"],
        ),
        (
            "negative size",
            ListAuditEventsRequest { page_size: -1, ..Default::default() },
            &["page_size"],
        ),
        (
            "garbage",
            ListAuditEventsRequest { page_token: "é".into(), ..Default::default() },
            &["page_token"],
        ),
        (
            "another filter's token",
            ListAuditEventsRequest {
                page_token: token,
                ..with(AuditFilter { action: "x.y".into(), ..none() })
            },
            &["page_token"],
        ),
        (
            "all at once",
            ListAuditEventsRequest {
                page_size: -1,
                ..with(AuditFilter {
                    from: time(0, -1),
                    to: time(0, 1),
                    key_id: "x".into(),
                    institution_id: "x".into(),
                    action: text(201),
                    resource_type: "\n".into(),
                    resource_id: text(201),
                })
            },
            &[
                "filter.from",
                "filter.to",
                "filter.key_id",
                "filter.institution_id",
                "filter.action",
                "filter.resource_type",
                "filter.resource_id",
                "page_size",
            ],
        ),
    ];
    for (case, request, fields) in cases {
        fault(tenant.auditor.audit().list_audit_events(request).await.unwrap_err())
            .names(case, fields);
    }
}

async fn count(caller: &Caller) -> usize {
    list(caller, AuditFilter::default()).await.len()
}

#[tokio::test]
async fn what_was_refused_or_only_tried_leaves_no_event() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let before = count(&tenant.auditor).await;
    let request = |asset: &str, validate_only| CreateAccountRequest {
        request_id: id(),
        account: Some(NewAccount { asset: asset.into(), ..Default::default() }),
        validate_only,
    };
    ok(tenant.operator.accounts().create_account(request("EUR", true)).await);
    tenant.operator.accounts().create_account(request("NOPE", false)).await.unwrap_err();
    let refused =
        fault(tenant.viewer.accounts().create_account(request("EUR", false)).await.unwrap_err());
    refused.is("a viewer", Code::PermissionDenied, "PERMISSION_MISSING");
    assert_eq!(count(&tenant.auditor).await, before);
}
