//! Lists: one way to read what page is asked for, and one to cut and sign what is answered.

use bursar_domain::Result;
use bursar_domain::limits::MAX_PAGE_BYTES;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Cursor, Fingerprint, Page, PageRequest, request_read, token_write};
use bursar_proto::{
    admin::v1 as admin, audit::v1 as audit, escrow::v1 as escrow, ledger::v1 as ledger,
    trace::v1 as trace, trading::v1 as trading,
};

/// A list request.
pub(crate) trait ListRequest {
    /// Its canonical bytes without the page: what a token is bound to.
    fn filter_bytes(&self) -> Vec<u8>;
}

macro_rules! lists {
    ($($request:ty,)*) => {$(
        impl ListRequest for $request {
            fn filter_bytes(&self) -> Vec<u8> {
                // A list of everything has no other fields.
                #[allow(clippy::needless_update)]
                let filter = Self { page_size: 0, page_token: String::new(), ..self.clone() };
                prost::Message::encode_to_vec(&filter)
            }
        }
    )*};
}

lists! {
    admin::ListApiKeysRequest,
    admin::ListTenantsRequest,
    audit::ListAuditEventsRequest,
    ledger::GetStatementRequest,
    ledger::ListAccountsRequest,
    ledger::ListAssetsRequest,
    ledger::ListBalancesRequest,
    ledger::ListPeriodsRequest,
    ledger::ListTransfersRequest,
    escrow::ListLedgerEventsRequest,
    escrow::ListPositionEventsRequest,
    escrow::ListPositionsRequest,
    trading::ListCursorsRequest,
    trading::ListDecisionsRequest,
    trading::ListExecutionsRequest,
    trading::ListReviewsRequest,
    trading::ListStrategiesRequest,
    escrow::ListAssetTemplatesRequest,
    escrow::ListAssetsRequest,
    escrow::ListInstitutionPoliciesRequest,
    escrow::ListInstitutionPolicyChangesRequest,
    escrow::ListInstitutionsRequest,
}

impl ListRequest for trace::ListOrphansRequest {
    fn filter_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// Reads the page asked for; cursors of the list have `parts` parts. `filter` is [`ListRequest::filter_bytes`].
pub(crate) fn page_request(
    op: &OpCtx,
    filter: &[u8],
    size: i32,
    token: &str,
    parts: usize,
) -> Result<PageRequest> {
    request_read(fingerprint(op, filter), size, token, parts)
}

/// The token of the page after this one; empty on the last.
pub(crate) fn page_token<T>(op: &OpCtx, filter: &[u8], page: &Page<T>) -> String {
    page.next
        .as_ref()
        .map_or_else(String::new, |cursor| token_write(fingerprint(op, filter), cursor))
}

/// Encodes a page, cut where its reply would pass [`MAX_PAGE_BYTES`]: the next page then starts after the last item
/// kept. At least one item is kept, or the list would never end.
pub(crate) fn fit<T, M: prost::Message>(
    page: Page<T>,
    cursor: impl Fn(&T) -> Cursor,
    encode: impl Fn(&T) -> M,
) -> Page<M> {
    let mut kept: Vec<M> = Vec::with_capacity(page.items.len());
    let mut bytes = 0;
    for (at, item) in page.items.iter().enumerate() {
        let message = encode(item);
        // The tag and the length of a repeated field take at most 5 bytes each.
        bytes += message.encoded_len() + 10;
        if at > 0 && bytes > MAX_PAGE_BYTES {
            return Page { items: kept, next: page.items.get(at - 1).map(cursor) };
        }
        kept.push(message);
    }
    Page { items: kept, next: page.next }
}

fn fingerprint(op: &OpCtx, filter: &[u8]) -> Fingerprint {
    Fingerprint::of(op.tenant, &op.method.path, filter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::op;

    // `fit` hands out what a page holds.
    #[allow(clippy::ptr_arg)]
    fn cursor(text: &String) -> Cursor {
        Cursor(vec![text[..1].to_owned()])
    }

    #[test]
    fn a_page_is_cut_by_bytes_and_goes_on_after_the_last_item_kept() {
        let big = |name: &str| name.repeat(MAX_PAGE_BYTES / 2);
        let next = Some(Cursor(vec!["z".into()]));
        let page =
            Page { items: vec![big("a"), "b".into(), big("c"), "d".into()], next: next.clone() };
        let cut = fit(page, cursor, Clone::clone);
        assert_eq!(cut.items.len(), 2);
        assert_eq!(cut.next, Some(Cursor(vec!["b".into()])));
        let whole = fit(
            Page { items: vec!["a".to_owned(), "b".into()], next: next.clone() },
            cursor,
            Clone::clone,
        );
        assert_eq!((whole.items.len(), whole.next), (2, next));
    }

    #[test]
    fn one_item_is_kept_however_large() {
        let page = Page { items: vec!["a".repeat(MAX_PAGE_BYTES + 1), "b".into()], next: None };
        let cut = fit(page, cursor, Clone::clone);
        assert_eq!((cut.items.len(), cut.next), (1, Some(Cursor(vec!["a".into()]))));
    }

    #[test]
    fn tokens_are_bound_to_the_filter_but_not_to_the_page() {
        let op = op("/bursar.admin.v1.TenantService/ListTenants");
        let request = admin::ListTenantsRequest { state: 1, page_size: 7, page_token: "x".into() };
        let filter = request.filter_bytes();
        let page = Page::<()> { items: vec![], next: Some(Cursor(vec!["a".into(), "b".into()])) };
        let token = page_token(&op, &filter, &page);
        let other_size = admin::ListTenantsRequest {
            page_size: 9,
            page_token: token.clone(),
            ..request.clone()
        };
        let read = page_request(&op, &other_size.filter_bytes(), 9, &token, 2).unwrap();
        assert_eq!(read.after, page.next);
        let other_filter = admin::ListTenantsRequest { state: 2, ..request };
        assert!(page_request(&op, &other_filter.filter_bytes(), 9, &token, 2).is_err());
        assert_eq!(page_token(&op, &filter, &Page::<()> { items: vec![], next: None }), "");
    }
}
