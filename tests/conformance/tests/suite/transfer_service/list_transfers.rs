//! Lists of transfers: every filter, both orders.

use bursar_proto::ledger::v1::{
    Account, AccountSide, BalanceRule, BatchMode, ListTransfersRequest, NewTransfer, SortOrder,
    Transfer, TransferFilter, TransferKind,
};
use bursar_testkit::{
    Caller, Server, TestTenant, attribute_number, attributes, batch, id, invalid, list_all, make,
    moved, new_account, new_hold, new_transfer, ok, post_part, void,
};
use prost_types::Timestamp;
use serde_json::json;

use super::{reverse, two};

async fn all(
    caller: &Caller,
    filter: &TransferFilter,
    order: SortOrder,
    size: i32,
) -> Vec<Transfer> {
    let mut request = ListTransfersRequest {
        filter: Some(filter.clone()),
        order: order.into(),
        page_size: size,
        page_token: String::new(),
    };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.transfers().list_transfers(request.clone()).await);
        assert!(page.transfers.len() <= usize::try_from(size).unwrap());
        found.extend(page.transfers);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

/// A little of everything between three accounts, oldest first, as it reads back.
async fn some(tenant: &TestTenant) -> (Vec<Account>, Vec<Transfer>) {
    let caller = &tenant.operator;
    let (a, b) = two(caller).await;
    let c = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    for (n, (debit, credit)) in [(&a, &b), (&b, &c), (&c, &a), (&b, &a)].into_iter().enumerate() {
        let new = NewTransfer {
            code: ["fee", "card"][n % 2].into(),
            external_reference: if n < 3 { "r".into() } else { String::new() },
            metadata: attributes(json!({ "n": n, "odd": n % 2 == 1 })),
            ..new_transfer(debit, credit, "10")
        };
        let direct = make(caller, new).await.unwrap();
        let new = NewTransfer { code: "fee".into(), ..new_hold(debit, credit, "6", 3_600) };
        let pending = make(caller, new).await.unwrap();
        post_part(caller, &pending, "2", false).await.unwrap();
        void(caller, &pending).await.unwrap();
        reverse(caller, &direct).await.unwrap();
        let group = id();
        let linked = |code: &str| NewTransfer {
            code: code.into(),
            group_id: group.clone(),
            ..new_transfer(debit, credit, "1")
        };
        batch(caller, vec![linked("fee"), linked("")], BatchMode::AllOrNothing).await.unwrap();
    }
    let everything = TransferFilter::default();
    let made = all(&tenant.viewer, &everything, SortOrder::OldestFirst, 1_000).await;
    assert_eq!(made.len(), 28);
    (vec![a, b, c], made)
}

fn key(t: &Transfer) -> (i64, i32, &str) {
    let at = t.posted_at.unwrap();
    (at.seconds, at.nanos, &t.id)
}

fn keeps(filter: &TransferFilter, t: &Transfer) -> bool {
    let text = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
    let at = |time: &Option<Timestamp>| time.map(|time| (time.seconds, time.nanos));
    let posted = at(&t.posted_at);
    let side = |side: AccountSide, id: &str| {
        let asked = filter.side();
        (asked == AccountSide::Unspecified || asked == side) && filter.account_id == id
    };
    let account = filter.account_id.is_empty()
        || side(AccountSide::Debit, &t.debit_account_id)
        || side(AccountSide::Credit, &t.credit_account_id);
    // Flat objects of plain values are enough here; metadata.rs has the rest.
    let metadata = filter.metadata.iter().flat_map(|wanted| &wanted.fields).all(|(name, value)| {
        t.metadata.as_ref().is_some_and(|has| has.fields.get(name) == Some(value))
    });
    account
        && metadata
        && text(&filter.code, &t.code)
        && (filter.kind == 0 || filter.kind == t.kind)
        && at(&filter.from).is_none_or(|from| posted >= Some(from))
        && at(&filter.to).is_none_or(|to| posted < Some(to))
        && text(&filter.external_reference, &t.external_reference)
        && text(&filter.group_id, &t.group_id)
        && text(&filter.pending_id, &t.pending_id)
}

#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (accounts, made) = some(&tenant).await;
    assert!(made.windows(2).all(|two| key(&two[0]) < key(&two[1])));
    let mut newest = made.clone();
    newest.reverse();
    let request = ListTransfersRequest::default();
    assert_eq!(ok(tenant.viewer.transfers().list_transfers(request).await).transfers, newest);

    let base = TransferFilter::default();
    let of = |account: &Account| TransferFilter { account_id: account.id.clone(), ..base.clone() };
    let pending = made.iter().find(|t| t.kind() == TransferKind::Pending).unwrap().id.clone();
    let group = made.iter().find(|t| !t.group_id.is_empty()).unwrap().group_id.clone();
    let (from, to) = (made[5].posted_at, made[20].posted_at);
    let mut starts = vec![
        TransferFilter { external_reference: "r".into(), ..base.clone() },
        TransferFilter { external_reference: "none".into(), ..base.clone() },
        TransferFilter { group_id: group.clone(), ..base.clone() },
        TransferFilter { pending_id: pending.clone(), ..base.clone() },
        TransferFilter { from, ..base.clone() },
        TransferFilter { account_id: id(), ..base.clone() },
        TransferFilter { group_id: group, ..of(&accounts[0]) },
        TransferFilter { pending_id: pending, ..of(&accounts[1]) },
    ];
    for account in &accounts {
        starts.push(of(account));
        starts.push(TransferFilter { side: AccountSide::Debit.into(), ..of(account) });
        starts.push(TransferFilter { side: AccountSide::Credit.into(), ..of(account) });
    }
    let mut kept = 0;
    for start in starts {
        let start = |change: fn(&mut TransferFilter)| {
            let mut filter = start.clone();
            change(&mut filter);
            filter
        };
        let ranged = TransferFilter { from, to, ..start(|_| {}) };
        for filter in [
            start(|_| {}),
            start(|f| f.code = "fee".into()),
            start(|f| f.kind = TransferKind::Void.into()),
            start(|f| f.metadata = attributes(json!({ "odd": true }))),
            start(|f| f.external_reference = "r".into()),
            ranged,
        ] {
            let wanted: Vec<_> = made.iter().filter(|t| keeps(&filter, t)).cloned().collect();
            kept += wanted.len();
            let oldest = all(&tenant.viewer, &filter, SortOrder::OldestFirst, 4).await;
            assert_eq!(oldest, wanted, "{filter:?}");
            let mut newest = all(&tenant.viewer, &filter, SortOrder::NewestFirst, 4).await;
            newest.reverse();
            assert_eq!(newest, wanted, "{filter:?}");
        }
    }
    assert!(kept > 200, "the filters keep something: {kept}");
    // The range takes its start and leaves its end out.
    let edges = TransferFilter { from, to, ..base };
    let found = list_all(&tenant.viewer, edges, 100).await;
    assert_eq!((found.first(), found.last()), (Some(&made[5]), Some(&made[19])));
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let (foreign, made) = some(&theirs).await;
    let (from, to) = two(&ours.operator).await;
    let own = moved(&ours.operator, &from, &to, "1").await;
    let base = TransferFilter::default();
    assert_eq!(list_all(&ours.viewer, base.clone(), 10).await, [own]);
    let group = made.iter().find(|t| !t.group_id.is_empty()).unwrap().group_id.clone();
    let pending = made.iter().find(|t| !t.pending_id.is_empty()).unwrap().pending_id.clone();
    for filter in [
        TransferFilter { account_id: foreign[0].id.clone(), ..base.clone() },
        TransferFilter { external_reference: "r".into(), ..base.clone() },
        TransferFilter { group_id: group, ..base.clone() },
        TransferFilter { pending_id: pending, ..base },
    ] {
        assert_eq!(list_all(&ours.viewer, filter, 10).await, []);
    }
    let request = ListTransfersRequest { page_size: 3, ..Default::default() };
    let page = ok(theirs.viewer.transfers().list_transfers(request.clone()).await);
    let stolen = ListTransfersRequest { page_token: page.next_page_token, ..request };
    invalid(ours.viewer.transfers().list_transfers(stolen).await, &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    some(&tenant).await;
    let base = TransferFilter::default;
    let with = |filter| ListTransfersRequest { filter: Some(filter), ..Default::default() };
    let first = ListTransfersRequest { page_size: 3, ..Default::default() };
    let token = ok(tenant.viewer.transfers().list_transfers(first.clone()).await).next_page_token;
    let next = ListTransfersRequest { page_token: token, ..first.clone() };
    let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
    let cases: Vec<(ListTransfersRequest, &[&str])> = vec![
        (with(TransferFilter { account_id: "x".into(), ..base() }), &["filter.account_id"]),
        (with(TransferFilter { side: 1, ..base() }), &["filter.side"]),
        (with(TransferFilter { code: "fee".into(), ..base() }), &["filter.code"]),
        (with(TransferFilter { kind: 1, to: at(9, 0), ..base() }), &["filter.kind"]),
        (
            with(TransferFilter { metadata: attributes(json!({ "a": 1 })), ..base() }),
            &["filter.metadata"],
        ),
        (with(TransferFilter { from: at(0, 1), ..base() }), &["filter.from"]),
        (with(TransferFilter { to: at(i64::MAX, 0), ..base() }), &["filter.to"]),
        (with(TransferFilter { from: at(5, 0), to: at(5, 0), ..base() }), &["filter.to"]),
        (ListTransfersRequest { order: 3, ..first.clone() }, &["order"]),
        (ListTransfersRequest { page_size: -1, ..first.clone() }, &["page_size"]),
        (ListTransfersRequest { page_token: "AAAA".into(), ..first }, &["page_token"]),
        (ListTransfersRequest { order: 2, ..next.clone() }, &["page_token"]),
        (
            ListTransfersRequest {
                filter: Some(TransferFilter { external_reference: "r".into(), ..base() }),
                ..next
            },
            &["page_token"],
        ),
        (
            ListTransfersRequest {
                filter: Some(TransferFilter {
                    account_id: "?".into(),
                    side: 9,
                    code: "?".into(),
                    kind: 9,
                    from: at(0, -1),
                    to: at(0, -1),
                    external_reference: "\n".into(),
                    metadata: attribute_number("n", f64::NAN),
                    group_id: "?".into(),
                    pending_id: "?".into(),
                }),
                order: -1,
                page_size: -1,
                page_token: String::new(),
            },
            &[
                "filter.account_id",
                "filter.side",
                "filter.code",
                "filter.kind",
                "filter.from",
                "filter.to",
                "filter.external_reference",
                "filter.metadata",
                "filter.group_id",
                "filter.pending_id",
                "order",
                "page_size",
            ],
        ),
    ];
    for (request, fields) in cases {
        invalid(tenant.viewer.transfers().list_transfers(request).await, fields);
    }
}
