//! The forms of a statement: a table for people, CSV for spreadsheets, one JSON value for programs. Each is written page
//! by page, so that a long one needs no memory.

use super::failure::Failure;
use super::json::json;
use super::output::Format;
use bursar_proto::ledger::v1::{GetStatementResponse, StatementBalance, StatementLine};
use serde_json::{Value, to_string};
use std::io::{self, BufWriter, Write};

const MESSAGE: &str = "bursar.ledger.v1.GetStatementResponse";

const COLUMNS: [&str; 13] = [
    "row",
    "value_date",
    "posted_at",
    "transfer_id",
    "kind",
    "debit",
    "credit",
    "posted",
    "other_account_id",
    "code",
    "external_reference",
    "pending_id",
    "reversed_id",
];

/// What a statement is of.
pub(super) struct Heading {
    pub(super) account: String,
    pub(super) from: String,
    pub(super) to: String,
}

/// Why a statement was not written to its end.
#[derive(Debug)]
pub(super) enum Stopped {
    Call(Failure),
    Write(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Call(failure)
    }
}

/// A statement on its way to a writer.
pub(super) enum Form<W: Write> {
    Text(Heading, BufWriter<W>),
    Json { to: BufWriter<W>, first: bool },
    Csv(Heading, Box<csv::Writer<BufWriter<W>>>),
}

impl<W: Write> Form<W> {
    /// Writes what stands before the first line.
    pub(super) fn begin(
        format: Format,
        heading: Heading,
        page: &GetStatementResponse,
        mut to: BufWriter<W>,
    ) -> Result<Self, Stopped> {
        let opening = posted(page.opening.as_ref());
        Ok(match format {
            Format::Text => {
                let state = if page.closed { ", closed" } else { "" };
                let Heading { account, from, to: last } = &heading;
                writeln!(to, "Account {account} in {}, {from} to {last}{state}", page.asset)?;
                row(
                    &mut to,
                    ["DAY", "KIND", "DEBIT", "CREDIT", "POSTED", "TRANSFER", "REFERENCE"],
                )?;
                row(&mut to, [from, "opening", "", "", opening, "", ""])?;
                Self::Text(heading, to)
            }
            Format::Json => {
                let whole = json(MESSAGE, &GetStatementResponse { lines: vec![], ..page.clone() })?;
                let Heading { account, from, to: last } = &heading;
                let texts = [("account_id", account), ("from", from), ("to", last)];
                write!(to, "{{")?;
                for (name, text) in texts {
                    write!(to, "\"{name}\":{},", Value::from(text.as_str()))?;
                }
                write!(
                    to,
                    "\"asset\":{},\"closed\":{},",
                    Value::from(page.asset.as_str()),
                    page.closed
                )?;
                write!(to, "\"opening\":{},\"lines\":[", whole["opening"])?;
                Self::Json { to, first: true }
            }
            Format::Csv => {
                let mut to = Box::new(csv::Writer::from_writer(to));
                to.write_record(COLUMNS).map_err(whole)?;
                total(&mut to, "opening", &heading.from, opening)?;
                Self::Csv(heading, to)
            }
        })
    }

    /// Writes the lines of a page.
    pub(super) fn page(&mut self, page: &GetStatementResponse) -> Result<(), Stopped> {
        match self {
            Self::Text(_, to) => {
                for line in &page.lines {
                    let texts = [
                        &line.value_date,
                        kind(line),
                        &line.debit,
                        &line.credit,
                        &line.posted,
                        &line.transfer_id,
                        &line.external_reference,
                    ];
                    row(to, texts)?;
                }
            }
            Self::Json { to, first } => {
                for line in json(MESSAGE, page)?["lines"].as_array().into_iter().flatten() {
                    let comma = if std::mem::take(first) { "" } else { "," };
                    write!(to, "{comma}\n{}", to_string(line).map_err(io::Error::from)?)?;
                }
            }
            Self::Csv(_, to) => {
                for line in &page.lines {
                    let at = line.posted_at.map(|at| at.to_string()).unwrap_or_default();
                    let record = [
                        "line",
                        &line.value_date,
                        &at,
                        &line.transfer_id,
                        kind(line),
                        &line.debit,
                        &line.credit,
                        &line.posted,
                        &line.other_account_id,
                        &line.code,
                        &line.external_reference,
                        &line.pending_id,
                        &line.reversed_id,
                    ];
                    to.write_record(record).map_err(whole)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what stands after the last line, and hands back what was written to.
    pub(super) fn end(self, page: &GetStatementResponse) -> Result<W, Stopped> {
        let closing = posted(page.closing.as_ref());
        let to = match self {
            Self::Text(heading, mut to) => {
                row(&mut to, [&heading.to, "closing", "", "", closing, "", ""])?;
                to
            }
            Self::Json { mut to, .. } => {
                let balance =
                    json(MESSAGE, &GetStatementResponse { lines: vec![], ..page.clone() })?;
                writeln!(to, "\n],\"closing\":{}}}", balance["closing"])?;
                to
            }
            Self::Csv(heading, mut to) => {
                total(&mut to, "closing", &heading.to, closing)?;
                to.into_inner().map_err(|e| io::Error::other(e.to_string()))?
            }
        };
        Ok(to.into_inner().map_err(io::IntoInnerError::into_error)?)
    }
}

fn posted(balance: Option<&StatementBalance>) -> &str {
    balance.map_or("", |balance| &balance.posted)
}

/// `direct`, as people write it.
fn kind(line: &StatementLine) -> &'static str {
    use bursar_proto::ledger::v1::TransferKind::{Direct, Post, Reversal};
    match line.kind() {
        Direct => "direct",
        Post => "post",
        Reversal => "reversal",
        // A later server's: the id beside it tells the rest.
        _ => "other",
    }
}

/// A line of the table; amounts end below each other.
fn row(to: &mut impl Write, cells: [&str; 7]) -> io::Result<()> {
    let [day, kind, debit, credit, posted, id, reference] = cells;
    let line = format!(
        "{day:10}  {kind:8}  {debit:>18}  {credit:>18}  {posted:>18}  {id:36}  {reference}"
    );
    writeln!(to, "{}", line.trim_end())
}

/// A row of the CSV with a balance alone.
fn total<W: Write>(to: &mut csv::Writer<W>, row: &str, day: &str, posted: &str) -> io::Result<()> {
    let mut record = [""; COLUMNS.len()];
    (record[0], record[1], record[7]) = (row, day, posted);
    to.write_record(record).map_err(whole)
}

/// What the operating system said: its kind tells a reader that went away.
fn whole(error: csv::Error) -> io::Error {
    io::Error::from(error)
}
