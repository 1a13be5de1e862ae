//! From a row to a transfer whose accounts are still named by reference.

use super::Refused;
use super::map::Map;
use super::records::Row;
use bursar_domain::limits::{MAX_METADATA_BYTES, MAX_REFERENCE_CHARS};
use bursar_domain::money::{AssetCode, Decimal};
use bursar_domain::text;
use bursar_proto::common::v1::Money;
use bursar_proto::ledger::v1::NewTransfer;
use jiff::civil::Date;
use uuid::Uuid;

/// A transfer to be.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) line: u64,
    /// External reference of the account to debit.
    pub(crate) debit: String,
    /// External reference of the account to credit.
    pub(crate) credit: String,
    /// All but the accounts' ids.
    pub(crate) transfer: NewTransfer,
}

/// What a row becomes.
pub(crate) fn convert(map: &Map, row: &Row) -> Result<Planned, Refused> {
    let id = map.id.render(row);
    let uuid = if id.is_empty() {
        String::new()
    } else {
        Uuid::new_v5(&map.namespace, id.as_bytes()).to_string()
    };
    let refuse = |reason: &str, problem: String| Refused {
        line: row.line,
        id: uuid.clone(),
        reason: reason.to_owned(),
        problem,
    };
    let field = |name: &str, problem: &dyn std::fmt::Display| {
        refuse("INVALID_FIELD", format!("{name} {problem}"))
    };
    if uuid.is_empty() {
        return Err(field("id", &"is empty; its columns hold nothing in this line"));
    }
    let rule = map.rules.iter().find(|rule| rule.fits(row)).ok_or_else(|| {
        refuse("NO_RULE", "no [[rule]] of the mapping fits this line; add one".to_owned())
    })?;
    let reference = |name: &str, text: String| {
        // Checked here, because one bad field would refuse the whole batch.
        text::name(text, MAX_REFERENCE_CHARS).map_err(|e| field(name, &e))
    };
    let debit = reference("debit", rule.debit.render(row))?;
    let credit = reference("credit", rule.credit.render(row))?;
    if debit == credit {
        return Err(field("credit", &"is the same account as debit"));
    }
    let asset = map.asset.render(row);
    AssetCode::parse(&asset).map_err(|e| field("asset", &e))?;
    let amount = map.amount.render(row);
    let decimal = Decimal::parse(&amount).map_err(|e| field("amount", &e))?;
    if !decimal.is_positive() {
        return Err(field("amount", &"is not more than zero"));
    }
    let value_date = match &map.date {
        None => String::new(),
        Some((column, format)) => {
            let date = Date::strptime(format, row.get(column)).map_err(|e| field(column, &e))?;
            date.to_string()
        }
    };
    let code =
        rule.code.as_ref().or(map.code.as_ref()).map(|code| code.render(row)).unwrap_or_default();
    let external = map.external_reference.as_ref().map(|r| r.render(row)).unwrap_or_default();
    let transfer = NewTransfer {
        id: uuid.clone(),
        amount: Some(Money { asset, amount: decimal.to_string() }),
        code: text::code(code).map_err(|e| field("code", &e))?,
        external_reference: text::line(external, MAX_REFERENCE_CHARS)
            .map_err(|e| field("external_reference", &e))?,
        metadata: metadata(map, row).map_err(|e| field("metadata", &e))?,
        value_date,
        ..Default::default()
    };
    Ok(Planned { line: row.line, debit, credit, transfer })
}

fn metadata(map: &Map, row: &Row) -> Result<Option<prost_types::Struct>, String> {
    let fields: std::collections::BTreeMap<_, _> = map
        .metadata
        .iter()
        .map(|(name, template)| (name, template.render(row)))
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| {
            (
                name.clone(),
                prost_types::Value { kind: Some(prost_types::value::Kind::StringValue(text)) },
            )
        })
        .collect();
    if fields.is_empty() {
        return Ok(None);
    }
    let fields = prost_types::Struct { fields };
    if prost::Message::encoded_len(&fields) > MAX_METADATA_BYTES {
        return Err(format!("is larger than {MAX_METADATA_BYTES} bytes"));
    }
    Ok(Some(fields))
}
