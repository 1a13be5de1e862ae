//! Statements: what is asked for, and what callers see of it.

use bursar_domain::Result;
use bursar_domain::op::OpCtx;
use bursar_domain::page::{Page, PageRequest};
use bursar_domain::statement::{CURSOR_PARTS, Line, Range, Statement, Sums};
use bursar_domain::transfer::Side;
use bursar_proto::ledger::v1 as pb;

use super::convert_balance::decimal;
use super::transfer_kind;
use crate::call::{fit, page_request, page_token};
use crate::convert::{Checks, date, id, to_optional_id, to_timestamp};

/// The account, days and page of `GetStatement`; `bytes` are those the token is bound to.
pub(super) fn asked(
    op: &OpCtx,
    bytes: &[u8],
    m: &pb::GetStatementRequest,
) -> Result<(Range, PageRequest)> {
    let mut checks = Checks::new();
    let account = checks.take(id("account_id", &m.account_id));
    let from = checks.take(date("from", &m.from));
    let to = checks.take(date("to", &m.to));
    let page = checks.take(page_request(op, bytes, m.page_size, &m.page_token, CURSOR_PARTS));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        checks.note("to", "is before `from`; the range would be empty");
    }
    checks.finish(|| Some((Range { account: account?, from: from?, to: to? }, page?)))
}

/// The reply of `GetStatement`: a page of at most `size` lines, with the balances around it.
pub(super) fn reply(
    op: &OpCtx,
    bytes: &[u8],
    statement: Statement,
    size: usize,
) -> pb::GetStatementResponse {
    let Statement { asset, scale, opening, lines, closed } = statement;
    let after: Vec<Sums> = lines.iter().map(|line| line.after).collect();
    let page = fit(Page::cut(lines, size, Line::cursor), Line::cursor, |each| line(each, scale));
    let last = page.items.len().checked_sub(1).and_then(|last| after.get(last));
    pb::GetStatementResponse {
        asset: asset.to_string(),
        opening: Some(balance(&opening, scale)),
        closing: Some(balance(last.unwrap_or(&opening), scale)),
        closed,
        next_page_token: page_token(op, bytes, &page),
        lines: page.items,
    }
}

fn balance(sums: &Sums, scale: u8) -> pb::StatementBalance {
    pb::StatementBalance {
        debits_posted: decimal(sums.debits, scale),
        credits_posted: decimal(sums.credits, scale),
        posted: decimal(sums.posted(), scale),
    }
}

fn line(line: &Line, scale: u8) -> pb::StatementLine {
    let entry = &line.entry;
    let amount = decimal(entry.amount, scale);
    let (debit, credit) = match entry.side {
        Side::Debit => (amount, String::new()),
        Side::Credit => (String::new(), amount),
    };
    pb::StatementLine {
        transfer_id: entry.id.to_string(),
        kind: transfer_kind::wire(entry.kind),
        value_date: entry.value_date.to_string(),
        posted_at: Some(to_timestamp(entry.posted_at)),
        debit,
        credit,
        posted: decimal(line.after.posted(), scale),
        other_account_id: entry.other.to_string(),
        code: entry.code.clone(),
        external_reference: entry.external_reference.clone().unwrap_or_default(),
        pending_id: to_optional_id(entry.pending),
        reversed_id: to_optional_id(entry.reversed),
    }
}

#[cfg(test)]
mod tests {
    use bursar_domain::ids::{AccountId, TransferId};
    use bursar_domain::money::AssetCode;
    use bursar_domain::statement::{Entry, lines};
    use bursar_domain::transfer::TransferKind;
    use jiff::Timestamp;
    use jiff::civil::Date;

    use super::super::tests::fields;
    use super::*;
    use crate::call::ListRequest as _;
    use crate::call::tests::op;

    const PATH: &str = "/bursar.ledger.v1.AccountService/GetStatement";

    fn entry(side: Side, amount: i128, second: i64) -> Entry {
        Entry {
            id: TransferId::generate(),
            kind: TransferKind::Post,
            side,
            other: AccountId::generate(),
            amount,
            code: "fee".into(),
            external_reference: Some("invoice 7".into()),
            value_date: Date::constant(2027, 1, 15),
            posted_at: Timestamp::constant(1_800_000_000 + second, 5_000),
            pending: Some(TransferId::generate()),
            reversed: None,
        }
    }

    fn statement(entries: Vec<Entry>) -> Statement {
        let opening = Sums { debits: 250, credits: 1_000 };
        let asset = AssetCode::parse("EUR").unwrap();
        Statement { asset, scale: 2, opening, lines: lines(opening, entries), closed: true }
    }

    #[test]
    fn a_page_has_the_balances_around_it() {
        let entries = vec![entry(Side::Debit, 1_000, 0), entry(Side::Credit, 5, 1)];
        let op = op(PATH);
        let whole = reply(&op, b"", statement(entries.clone()), 2);
        assert_eq!((whole.asset.as_str(), whole.closed), ("EUR", true));
        assert_eq!((whole.lines.len(), whole.next_page_token.as_str()), (2, ""));
        let text = |debits: &str, credits: &str, posted: &str| {
            let (debits_posted, credits_posted) = (debits.to_owned(), credits.to_owned());
            Some(pb::StatementBalance { debits_posted, credits_posted, posted: posted.to_owned() })
        };
        assert_eq!(whole.opening, text("2.5", "10", "7.5"));
        assert_eq!(whole.closing, text("12.5", "10.05", "-2.45"));
        let first = &whole.lines[0];
        assert_eq!((first.debit.as_str(), first.credit.as_str()), ("10", ""));
        assert_eq!((first.posted.as_str(), first.kind()), ("-2.5", pb::TransferKind::Post));
        assert_eq!(first.value_date, "2027-01-15");
        assert_eq!(first.other_account_id, entries[0].other.to_string());
        assert_eq!((first.code.as_str(), first.external_reference.as_str()), ("fee", "invoice 7"));
        assert_eq!(first.pending_id, entries[0].pending.unwrap().to_string());
        assert_eq!(first.reversed_id, "");
        let second = &whole.lines[1];
        assert_eq!((second.debit.as_str(), second.credit.as_str()), ("", "0.05"));

        let cut = reply(&op, b"", statement(entries), 1);
        assert_eq!((cut.lines.len(), cut.closing), (1, text("12.5", "10", "-2.5")));
        let next = page_request(&op, b"", 1, &cut.next_page_token, CURSOR_PARTS).unwrap();
        assert_eq!(next.cursor_part(2), Ok(Some(1_250_i128)));
        let none = reply(&op, b"", statement(vec![]), 1);
        assert_eq!((none.opening, none.next_page_token.as_str()), (none.closing, ""));
    }

    #[test]
    fn all_violations_at_once() {
        let bad = pb::GetStatementRequest {
            account_id: "x".into(),
            from: "2026-02-30".into(),
            to: String::new(),
            page_size: -1,
            page_token: String::new(),
        };
        let op = op(PATH);
        let ask = |m: &pb::GetStatementRequest| asked(&op, &m.filter_bytes(), m);
        assert_eq!(fields(ask(&bad)), ["account_id", "from", "to", "page_size"]);
        let account = AccountId::generate();
        let good = pb::GetStatementRequest {
            account_id: account.to_string(),
            from: "2026-02-01".into(),
            to: "2026-02-01".into(),
            ..Default::default()
        };
        let day = Date::constant(2026, 2, 1);
        let (range, page) = ask(&good).unwrap();
        assert_eq!((range, page.size), (Range { account, from: day, to: day }, 50));
        let backwards = pb::GetStatementRequest { to: "2026-01-31".into(), ..good };
        assert_eq!(fields(ask(&backwards)), ["to"]);
    }
}
