//! Which transfers a list asks for.

use bursar_domain::Result;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, PageRequest};
use bursar_domain::transfer::{Transfer, TransferFilter};
use bursar_proto::ledger::v1 as pb;

use super::{account_side, transfer_kind};
use crate::call::page_request;
use crate::choices::not_one_of;
use crate::convert::{Checks, code, json, optional_id, optional_timestamp, reference};

/// What `ListTransfers` asks for.
#[derive(Debug)]
pub(super) struct List {
    /// Which transfers.
    pub(super) filter: TransferFilter,
    /// The latest posting first.
    pub(super) newest_first: bool,
    /// How many, from where.
    pub(super) page: PageRequest,
}

/// The list asked for; `bytes` are those the token is bound to.
pub(super) fn list(op: &OpCtx, bytes: &[u8], m: &pb::ListTransfersRequest) -> Result<List> {
    let mut checks = Checks::new();
    let filter = checks.take_within(
        "filter.",
        m.filter.as_ref().map_or_else(|| Ok(TransferFilter::default()), filter),
    );
    let newest_first = checks.take(newest_first(m.order));
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, 2));
    checks.finish(|| Some(List { filter: filter?, newest_first: newest_first?, page: page? }))
}

/// The key by which transfers are listed, in either direction.
pub(super) fn cursor(transfer: &Transfer) -> Cursor {
    Cursor::at(transfer.posted_at, transfer.id)
}

fn newest_first(order: i32) -> Result<bool> {
    match pb::SortOrder::try_from(order) {
        Ok(pb::SortOrder::Unspecified | pb::SortOrder::NewestFirst) => Ok(true),
        Ok(pb::SortOrder::OldestFirst) => Ok(false),
        Err(_) => {
            let names = [pb::SortOrder::NewestFirst, pb::SortOrder::OldestFirst]
                .map(|order| order.as_str_name());
            Err(not_one_of("order", order, &names))
        }
    }
}

fn filter(m: &pb::TransferFilter) -> Result<TransferFilter> {
    let mut checks = Checks::new();
    let account = checks.take(optional_id("account_id", &m.account_id));
    let side = checks.take(account_side::optional("side", m.side));
    let code = checks.take(code("code", &m.code));
    let kind = checks.take(transfer_kind::optional("kind", m.kind));
    let from = checks.take(optional_timestamp("from", m.from.as_ref()));
    let to = checks.take(optional_timestamp("to", m.to.as_ref()));
    let external_reference = checks.take(reference("external_reference", &m.external_reference));
    let metadata = checks.take(json("metadata", m.metadata.as_ref()));
    let group = checks.take(optional_id("group_id", &m.group_id));
    let pending = checks.take(optional_id("pending_id", &m.pending_id));
    if let (Some(Some(from)), Some(Some(to))) = (from, to)
        && from >= to
    {
        checks.note("to", "is not after `from`; the range would be empty");
    }
    note_lonely(&mut checks, m);
    checks.finish(|| {
        Some(TransferFilter {
            account: account?,
            side: side?,
            code: code.filter(|code| !code.is_empty()),
            kind: kind?,
            from: from?,
            to: to?,
            external_reference: external_reference?,
            metadata: metadata.filter(|metadata| !metadata.is_empty()),
            group: group?,
            pending: pending?,
        })
    })
}

/// Notes the fields that would read every transfer of the tenant, because no field with an index stands beside them.
fn note_lonely(checks: &mut Checks, m: &pb::TransferFilter) {
    if m.side != 0 && m.account_id.is_empty() {
        checks.note("side", "needs account_id beside it");
    }
    let texts = [&m.account_id, &m.external_reference, &m.group_id, &m.pending_id];
    if m.from.is_some() || texts.iter().any(|text| !text.is_empty()) {
        return;
    }
    let metadata = m.metadata.as_ref().is_some_and(|metadata| !metadata.fields.is_empty());
    for (field, given) in
        [("code", !m.code.is_empty()), ("kind", m.kind != 0), ("metadata", metadata)]
    {
        if given {
            checks.note(
                field,
                "needs account_id, external_reference, group_id, pending_id or from beside it",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use bursar_domain::ids::{AccountId, GroupId, TransferId};
    use bursar_domain::transfer::{Side, TransferKind};
    use jiff::Timestamp;
    use prost_types::Timestamp as WireTime;

    use super::super::convert_transfer::tests::some_transfer;
    use super::super::tests::{attributes, fields, not_a_number};
    use super::*;
    use crate::call::ListRequest as _;
    use crate::call::tests::op;

    fn at(seconds: i64) -> WireTime {
        WireTime { seconds, nanos: 0 }
    }

    #[test]
    fn a_full_filter() {
        let (account, group, pending) =
            (AccountId::generate(), GroupId::generate(), TransferId::generate());
        let m = pb::TransferFilter {
            account_id: account.to_string(),
            side: pb::AccountSide::Credit.into(),
            code: "fee".into(),
            kind: pb::TransferKind::Post.into(),
            from: Some(at(10)),
            to: Some(at(11)),
            external_reference: "r".into(),
            metadata: Some(attributes("a", "b")),
            group_id: group.to_string(),
            pending_id: pending.to_string(),
        };
        let want = TransferFilter {
            account: Some(account),
            side: Some(Side::Credit),
            code: Some("fee".into()),
            kind: Some(TransferKind::Post),
            from: Some(Timestamp::constant(10, 0)),
            to: Some(Timestamp::constant(11, 0)),
            external_reference: Some("r".into()),
            metadata: json("metadata", m.metadata.as_ref()).ok(),
            group: Some(group),
            pending: Some(pending),
        };
        assert_eq!(filter(&m), Ok(want));
        assert_eq!(filter(&pb::TransferFilter::default()), Ok(TransferFilter::default()));
    }

    #[test]
    fn all_violations_at_once() {
        let bad = pb::TransferFilter {
            account_id: "x".into(),
            side: 3,
            code: "a b".into(),
            kind: 7,
            from: Some(WireTime { seconds: 0, nanos: 1 }),
            to: Some(WireTime { seconds: i64::MAX, nanos: 0 }),
            external_reference: "\0".into(),
            metadata: Some(not_a_number()),
            group_id: "x".into(),
            pending_id: "x".into(),
        };
        let bare = [
            "account_id",
            "side",
            "code",
            "kind",
            "from",
            "to",
            "external_reference",
            "metadata",
            "group_id",
            "pending_id",
        ];
        assert_eq!(fields(filter(&bad)), bare);
        let m = pb::ListTransfersRequest {
            filter: Some(bad),
            order: 5,
            page_size: -1,
            page_token: String::new(),
        };
        let mut want: Vec<String> = bare.iter().map(|field| format!("filter.{field}")).collect();
        want.extend(["order".to_owned(), "page_size".to_owned()]);
        let op = op("/bursar.ledger.v1.TransferService/ListTransfers");
        assert_eq!(fields(list(&op, &m.filter_bytes(), &m)), want);
    }

    #[test]
    fn some_fields_need_another() {
        let m = pb::TransferFilter {
            side: pb::AccountSide::Debit.into(),
            code: "fee".into(),
            kind: pb::TransferKind::Post.into(),
            metadata: Some(attributes("a", "b")),
            to: Some(at(5)),
            ..pb::TransferFilter::default()
        };
        assert_eq!(fields(filter(&m)), ["side", "code", "kind", "metadata"]);
        let m = pb::TransferFilter { side: 0, ..m };
        let id = TransferId::generate().to_string();
        for m in [
            pb::TransferFilter { account_id: id.clone(), side: 1, ..m.clone() },
            pb::TransferFilter { external_reference: "r".into(), ..m.clone() },
            pb::TransferFilter { group_id: id.clone(), ..m.clone() },
            pb::TransferFilter { pending_id: id, ..m.clone() },
            pb::TransferFilter { from: Some(at(4)), ..m.clone() },
        ] {
            assert!(filter(&m).is_ok(), "{m:?}");
        }
        for from in [5, 6] {
            assert_eq!(
                fields(filter(&pb::TransferFilter { from: Some(at(from)), ..m.clone() })),
                ["to"]
            );
        }
    }

    #[test]
    fn orders_and_pages() {
        let op = op("/bursar.ledger.v1.TransferService/ListTransfers");
        for (order, newest) in [
            (pb::SortOrder::Unspecified, true),
            (pb::SortOrder::NewestFirst, true),
            (pb::SortOrder::OldestFirst, false),
        ] {
            let m = pb::ListTransfersRequest {
                order: order.into(),
                ..pb::ListTransfersRequest::default()
            };
            let read = list(&op, &m.filter_bytes(), &m).unwrap();
            assert_eq!((read.newest_first, read.page.size), (newest, 50));
        }
        let transfer = some_transfer(TransferKind::Direct);
        let page = PageRequest { size: 1, after: Some(cursor(&transfer)) };
        assert_eq!(page.cursor_time(0), Ok(Some(transfer.posted_at)));
        assert_eq!(page.cursor_part(1), Ok(Some(transfer.id)));
    }
}
