//! Conversions that all domains share. Each takes the path of its field, and says what would be right.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bursar_domain::ids::{IdError, RequestId};
use bursar_domain::json::Json;
use bursar_domain::money::{AssetCode, Decimal, Money};
use bursar_domain::text::{self, TextError};
use bursar_domain::{Error, Result};
use bursar_proto::common::v1 as common;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

pub(crate) use crate::checks::Checks;
pub(crate) use crate::structs::{json, to_struct};

/// The first day a value date may name.
const FIRST_DATE: Date = Date::constant(1900, 1, 1);

/// An id.
pub(crate) fn id<T: FromStr<Err = IdError>>(field: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: IdError| Error::invalid(field, error))
}

/// The request id of a mutation. Checked with the other fields, so that a caller learns of all problems at once.
pub(crate) fn request_id(text: &str) -> Result<RequestId> {
    id("request_id", text)
}

/// The id of a resource that a mutation names beside its request id.
pub(crate) fn named<T: FromStr<Err = IdError>>(request: &str, resource: &str) -> Result<T> {
    let mut checks = Checks::new();
    checks.take(request_id(request));
    let resource = checks.take(id("id", resource));
    checks.finish(|| resource)
}

/// The id of something new: the caller's own, or one made here when empty. Lists begin after the nil id.
pub(crate) fn new_id<T>(field: &str, text: &str, generate: fn() -> T) -> Result<T>
where
    T: FromStr<Err = IdError> + From<Uuid> + PartialEq,
{
    let id = optional_id(field, text)?.unwrap_or_else(generate);
    if id == T::from(Uuid::nil()) {
        return Err(Error::invalid(field, "is the nil UUID, which stands for none; give another"));
    }
    Ok(id)
}

/// An id, or none when empty.
pub(crate) fn optional_id<T: FromStr<Err = IdError>>(field: &str, text: &str) -> Result<Option<T>> {
    if text.is_empty() { Ok(None) } else { id(field, text).map(Some) }
}

/// An optional id as the wire has it: empty is none.
pub(crate) fn to_optional_id(id: Option<impl Display>) -> String {
    id.map_or_else(String::new, |id| id.to_string())
}

/// A time in whole microseconds, within the years 1 to 9999.
pub(crate) fn timestamp(field: &str, time: &prost_types::Timestamp) -> Result<Timestamp> {
    if !(0..1_000_000_000).contains(&time.nanos) {
        return Err(Error::invalid(field, "has nanos outside of 0 to 999999999"));
    }
    if time.nanos % 1_000 != 0 {
        return Err(Error::invalid(field, "is finer than a microsecond; cut it to microseconds"));
    }
    // The year -1 and before are times to jiff, but not to the contract.
    let first = Date::constant(1, 1, 1);
    Timestamp::new(time.seconds, time.nanos)
        .ok()
        .filter(|time| time.to_zoned(jiff::tz::TimeZone::UTC).date() >= first)
        .ok_or_else(|| Error::invalid(field, "is outside of the years 1 to 9999"))
}

/// A time, or none when absent.
pub(crate) fn optional_timestamp(
    field: &str,
    time: Option<&prost_types::Timestamp>,
) -> Result<Option<Timestamp>> {
    time.map(|time| timestamp(field, time)).transpose()
}

/// The time now, in the whole microseconds that the contract and the database know.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// A time as the wire has it.
pub(crate) fn to_timestamp(time: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
    // Times before 1970 count seconds down and nanos up on the wire.
    if nanos < 0 {
        prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

/// A span of time in whole microseconds, within `range`; `bounds` names the range for people.
pub(crate) fn duration(
    field: &str,
    span: &prost_types::Duration,
    range: RangeInclusive<Duration>,
    bounds: &str,
) -> Result<Duration> {
    let outside = || Error::invalid(field, format!("is outside of {bounds}"));
    if span.nanos.unsigned_abs() >= 1_000_000_000
        || (span.seconds != 0 && span.seconds.signum() * i64::from(span.nanos) < 0)
    {
        return Err(Error::invalid(
            field,
            "is not a duration: nanos are out of range or of another sign than seconds",
        ));
    }
    if span.nanos % 1_000 != 0 {
        return Err(Error::invalid(field, "is finer than a microsecond; cut it to microseconds"));
    }
    let seconds = u64::try_from(span.seconds).map_err(|_| outside())?;
    let nanos = u32::try_from(span.nanos).map_err(|_| outside())?;
    let span = Duration::new(seconds, nanos);
    if range.contains(&span) { Ok(span) } else { Err(outside()) }
}

/// A day, `YYYY-MM-DD`, from 1900-01-01 on.
pub(crate) fn date(field: &str, text: &str) -> Result<Date> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let day = if shape { text.parse::<Date>().ok() } else { None };
    let day = day.ok_or_else(|| {
        Error::invalid(field, "is not a day; write YYYY-MM-DD, such as 2026-01-31")
    })?;
    if day < FIRST_DATE {
        return Err(Error::invalid(
            field,
            format!("is before {FIRST_DATE}, the first day that can be named"),
        ));
    }
    Ok(day)
}

/// A day, or none when empty.
pub(crate) fn optional_date(field: &str, text: &str) -> Result<Option<Date>> {
    if text.is_empty() { Ok(None) } else { date(field, text).map(Some) }
}

/// A decimal.
pub(crate) fn decimal(field: &str, text: &str) -> Result<Decimal> {
    Decimal::parse(text).map_err(|error| Error::invalid(field, error))
}

/// The code of an asset.
pub(crate) fn asset_code(field: &str, text: &str) -> Result<AssetCode> {
    AssetCode::parse(text).map_err(|error| Error::invalid(field, error))
}

/// The code of an asset, or none when empty.
pub(crate) fn optional_asset_code(field: &str, text: &str) -> Result<Option<AssetCode>> {
    if text.is_empty() { Ok(None) } else { asset_code(field, text).map(Some) }
}

/// An amount; a violation when absent.
pub(crate) fn money(field: &str, money: Option<&common::Money>) -> Result<Money> {
    let money = present(field, money)?;
    let mut checks = Checks::new();
    let asset = checks.take(asset_code(&format!("{field}.asset"), &money.asset));
    let amount = checks.take(decimal(&format!("{field}.amount"), &money.amount));
    checks.finish(|| Some(Money { asset: asset?, amount: amount? }))
}

/// A part that must be there.
pub(crate) fn present<T>(field: &str, part: Option<T>) -> Result<T> {
    part.ok_or_else(|| Error::invalid(field, "is missing"))
}

/// A line of text of at most `max` characters; may be empty.
pub(crate) fn line(field: &str, text: &str, max: usize) -> Result<String> {
    of_text(field, text::line(text.to_owned(), max))
}

/// A line of text that is not blank.
pub(crate) fn name(field: &str, text: &str, max: usize) -> Result<String> {
    of_text(field, text::name(text.to_owned(), max))
}

/// A caller's category; may be empty.
pub(crate) fn code(field: &str, text: &str) -> Result<String> {
    of_text(field, text::code(text.to_owned()))
}

/// A caller's own id; none when empty.
pub(crate) fn reference(field: &str, text: &str) -> Result<Option<String>> {
    of_text(field, text::reference(text.to_owned()))
}

/// A code that must be there.
pub(crate) fn required_code(field: &str, text: &str) -> Result<String> {
    if text.is_empty() { of_text(field, Err(TextError::Empty)) } else { code(field, text) }
}

/// A code to filter by; none when empty.
pub(crate) fn optional_code(field: &str, text: &str) -> Result<Option<String>> {
    if text.is_empty() { Ok(None) } else { code(field, text).map(Some) }
}

/// A line of text to filter by; none when empty.
pub(crate) fn optional_line(field: &str, text: &str, max: usize) -> Result<Option<String>> {
    if text.is_empty() { Ok(None) } else { line(field, text, max).map(Some) }
}

/// Attributes to filter by; none when absent or without members, for every object contains that.
pub(crate) fn contained(field: &str, wire: Option<&prost_types::Struct>) -> Result<Option<Json>> {
    Ok(Some(json(field, wire)?).filter(|json| !json.is_empty()))
}

fn of_text<T>(field: &str, result: Result<T, TextError>) -> Result<T> {
    result.map_err(|error| Error::invalid(field, error))
}

/// Attributes as the wire has them; absent when there are none.
pub(crate) fn metadata(json: &Json) -> Option<prost_types::Struct> {
    if json.is_empty() { None } else { Some(to_struct(json)) }
}

/// The bare fields that the store's error names, below the part of the request that has them. The fields of
/// `REQUEST_ID_REUSED` are whole paths already where the request was compared as bytes.
pub(crate) fn in_part(error: Error, part: &str) -> Error {
    match error {
        Error::Invalid(_) => error.within(part),
        other => other,
    }
}

/// How many items a batch has: 1 to `max`.
pub(crate) fn batch_len(field: &str, len: usize, max: usize) -> Result<()> {
    if (1..=max).contains(&len) {
        return Ok(());
    }
    Err(Error::invalid(field, format!("has {len} items; send 1 to {max} in one call")))
}

/// A whole number within `range`.
pub(crate) fn whole(field: &str, number: i32, range: RangeInclusive<i32>) -> Result<i32> {
    if range.contains(&number) {
        return Ok(number);
    }
    Err(Error::invalid(field, format!("is {number}; give {} to {}", range.start(), range.end())))
}

/// The revision that an etag names; none when empty.
pub(crate) fn etag(field: &str, text: &str) -> Result<Option<i64>> {
    if text.is_empty() {
        return Ok(None);
    }
    // `+1` and `01` parse as numbers, but were never given out.
    let revision = text.parse::<i64>().ok().filter(|revision| revision.to_string() == text);
    let bad = || {
        Error::invalid(field, "is not an etag; send the one that was read, or none to overwrite")
    };
    revision.map(Some).ok_or_else(bad)
}

/// The fields that an update names.
pub(crate) struct Mask(Vec<String>);

impl Mask {
    /// Whether `path` is one of them.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.iter().any(|named| named == path)
    }
}

/// The mask of an update: at least one path, each one of `allowed`.
pub(crate) fn mask(
    field: &str,
    mask: Option<&prost_types::FieldMask>,
    allowed: &[&str],
) -> Result<Mask> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    let list = || allowed.join(", ");
    if paths.is_empty() {
        return Err(Error::invalid(
            field,
            format!("names no field; name at least one of {}", list()),
        ));
    }
    let mut checks = Checks::new();
    for path in paths.iter().filter(|path| !allowed.contains(&path.as_str())) {
        let shown: String = path.chars().take(60).collect();
        checks.note(field, format!("names {shown}, which cannot be changed; name only {}", list()));
    }
    checks.finish(|| Some(Mask(paths.to_vec())))
}

crate::choices::choices! {
    /// Role of a key.
    role: bursar_domain::role::Role = bursar_proto::common::v1::Role {
        Viewer = Viewer, Operator = Operator, Admin = Admin, Auditor = Auditor, Platform = Platform,
    }
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
