//! Lists of positions by any mix of filters.

use bursar_proto::escrow::v1::{
    CreatePositionRequest, ListPositionsRequest, Position, PositionFilter,
};
use bursar_testkit::{Caller, Server, attributes, invalid, money, ok};
use serde_json::json;

use super::{Cancelled, Proposed, gone, house, new_position, to};

/// Whether the position made at that place fits a filter.
type Fits = Box<dyn Fn(&Position, usize) -> bool>;

async fn all(caller: &Caller, filter: PositionFilter, page_size: i32) -> Vec<Position> {
    let mut found = Vec::new();
    let mut request =
        ListPositionsRequest { filter: Some(filter), page_size, page_token: String::new() };
    loop {
        let page = ok(caller.positions().list_positions(request.clone()).await);
        assert!(page.positions.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.positions);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

/// Each filter alone and each two together find what looking at all of them finds, whatever the page.
#[tokio::test]
async fn works() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let caller = &tenant.operator;
    let houses = [house(&server, &tenant).await, house(&server, &tenant).await];
    let mut made = Vec::new();
    for n in 0..12 {
        let tag = ["b", "c"][n % 2];
        let request = CreatePositionRequest {
            holder_reference: format!("holder-{}", n % 3),
            amount: money(["EUR", "USD"][n / 6], "10"),
            external_reference: if n % 2 == 0 { format!("deal-{n}") } else { String::new() },
            metadata: attributes(
                json!({ "n": n, "even": n % 2 == 0, "deep": { "tags": ["a", tag] } }),
            ),
            ..new_position(&houses[n % 2])
        };
        let position = ok(caller.positions().create_position(request).await).position.unwrap();
        let ends = n % 4 == 0;
        made.push(if ends { gone(caller, to(&position, Cancelled)).await } else { position });
    }
    let (institution, asset, template) =
        (houses[1].institution.clone(), houses[1].asset.clone(), houses[1].template.clone());
    let (from, until) = (made[3].created_at, made[9].created_at);
    let contains = |value| PositionFilter { metadata: attributes(value), ..Default::default() };
    let one = |set: &dyn Fn(&mut PositionFilter)| {
        let mut filter = PositionFilter::default();
        set(&mut filter);
        filter
    };
    let filters: Vec<(PositionFilter, Fits)> = vec![
        (one(&|f| f.institution_id = institution.clone()), Box::new(|_, n| n % 2 == 1)),
        (one(&|f| f.asset_id = asset.clone()), Box::new(|_, n| n % 2 == 1)),
        (one(&|f| f.template_id = template.clone()), Box::new(|_, n| n % 2 == 1)),
        (one(&|f| f.holder_reference = "holder-2".into()), Box::new(|_, n| n % 3 == 2)),
        (one(&|f| f.currency = "USD".into()), Box::new(|_, n| n >= 6)),
        (one(&|f| f.state = Cancelled.into()), Box::new(|_, n| n % 4 == 0)),
        (one(&|f| f.state = Proposed.into()), Box::new(|p, _| p.state() == Proposed)),
        (one(&|f| f.external_reference = "deal-4".into()), Box::new(|_, n| n == 4)),
        (one(&|f| f.created_from = from), Box::new(|_, n| n >= 3)),
        (one(&|f| f.created_to = until), Box::new(|_, n| n < 9)),
        (contains(json!({ "even": true })), Box::new(|_, n| n % 2 == 0)),
        (contains(json!({ "deep": { "tags": ["c"] } })), Box::new(|_, n| n % 2 == 1)),
    ];
    let expect = |fits: &[&Fits]| -> Vec<String> {
        let fitting = made.iter().enumerate().filter(|(n, p)| fits.iter().all(|fits| fits(p, *n)));
        fitting.map(|(_, p)| p.id.clone()).collect()
    };
    let mut some = 0;
    for (a, fits_a) in &filters {
        for (b, fits_b) in &filters {
            let mut both = a.clone();
            // The second where the first is silent.
            macro_rules! merge {
                ($($text:ident)*; $($option:ident)*) => {
                    $(if both.$text == PositionFilter::default().$text { both.$text.clone_from(&b.$text); })*
                    $(if both.$option.is_none() { both.$option = b.$option.clone(); })*
                };
            }
            merge!(institution_id asset_id template_id holder_reference currency state external_reference;
                   created_from created_to metadata);
            let clash = (a.state != b.state && a.state != 0 && b.state != 0)
                || (a.metadata.is_some() && b.metadata.is_some());
            let expected = if clash { expect(&[fits_a]) } else { expect(&[fits_a, fits_b]) };
            let found = all(&tenant.viewer, both.clone(), 2).await;
            assert_eq!(
                found.iter().map(|p| p.id.clone()).collect::<Vec<_>>(),
                expected,
                "{both:?}"
            );
            some += expected.len();
        }
    }
    assert!(some > 100);
    assert_eq!(all(&tenant.viewer, PositionFilter::default(), 5).await, made);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    let house = house(&server, &theirs).await;
    let request =
        CreatePositionRequest { metadata: attributes(json!({ "a": 1 })), ..new_position(&house) };
    ok(theirs.operator.positions().create_position(request).await);
    for filter in [
        PositionFilter::default(),
        PositionFilter { institution_id: house.institution.clone(), ..Default::default() },
        // The search runs past row-level security, so the tenant stands in it.
        PositionFilter { metadata: attributes(json!({ "a": 1 })), ..Default::default() },
    ] {
        assert_eq!(all(&ours.viewer, filter.clone(), 9).await, []);
        assert_eq!(all(&theirs.viewer, filter, 9).await.len(), 1);
    }
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bad = |filter| ListPositionsRequest { filter: Some(filter), ..Default::default() };
    let filter = PositionFilter {
        institution_id: "x".into(),
        asset_id: "x".into(),
        template_id: "x".into(),
        holder_reference: "x".repeat(201),
        currency: "x".into(),
        state: 99,
        external_reference: "a\nb".into(),
        metadata: attributes(json!({ "a": { "b": [] } })),
        ..Default::default()
    };
    let request = ListPositionsRequest { page_size: -1, ..bad(filter) };
    invalid(
        tenant.viewer.positions().list_positions(request).await,
        &[
            "filter.institution_id",
            "filter.asset_id",
            "filter.template_id",
            "filter.holder_reference",
            "filter.currency",
            "filter.state",
            "filter.external_reference",
            "filter.metadata",
            "page_size",
        ],
    );
    let token = ListPositionsRequest { page_token: "x".into(), ..Default::default() };
    invalid(tenant.viewer.positions().list_positions(token).await, &["page_token"]);
}
