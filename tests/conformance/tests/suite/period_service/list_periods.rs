//! Lists of closed periods.

use bursar_proto::ledger::v1::{ListPeriodsRequest, Period};
use bursar_testkit::{Caller, Server, invalid, ok};

use super::close;

async fn all(caller: &Caller, page_size: i32) -> Vec<Period> {
    let mut request = ListPeriodsRequest { page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.periods().list_periods(request.clone()).await);
        assert!(page_size == 0 || page.periods.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.periods);
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
    assert_eq!(all(&tenant.viewer, 0).await, []);
    let mut closed = Vec::new();
    for month in 1..=9 {
        closed.push(close(&tenant.admin, &format!("2020-{month:02}-15")).await);
    }
    closed.reverse();
    for page_size in [0, 1, 2, 9, 1_000] {
        assert_eq!(all(&tenant.auditor, page_size).await, closed, "{page_size}");
    }
    let days: Vec<_> =
        closed.iter().map(|p| (p.starts_on.as_str(), p.ends_on.as_str())).skip(6).collect();
    let wanted = [("2020-02-16", "2020-03-15"), ("2020-01-16", "2020-02-15"), ("", "2020-01-15")];
    assert_eq!(days, wanted);
}

#[tokio::test]
async fn other_tenant() {
    let server = Server::start().await;
    let (ours, theirs) = (server.tenant().await, server.tenant().await);
    for ends_on in ["2020-01-31", "2020-02-29"] {
        close(&theirs.admin, ends_on).await;
    }
    assert_eq!(all(&ours.viewer, 0).await, []);
    let request = ListPeriodsRequest { page_size: 1, page_token: String::new() };
    let page = ok(theirs.viewer.periods().list_periods(request.clone()).await);
    let stolen = ListPeriodsRequest { page_token: page.next_page_token, ..request };
    invalid(ours.viewer.periods().list_periods(stolen).await, &["page_token"]);
}

#[tokio::test]
async fn bad_input() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    for (page_size, page_token, field) in
        [(-1, "", "page_size"), (0, "x", "page_token"), (0, "AAAAAAAAAAA", "page_token")]
    {
        let request = ListPeriodsRequest { page_size, page_token: page_token.into() };
        invalid(tenant.viewer.periods().list_periods(request).await, &[field]);
    }
}
