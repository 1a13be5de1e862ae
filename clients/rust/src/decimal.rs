//! Exact amounts.

use std::str::FromStr as _;

use bigdecimal::BigDecimal;
use bursar_proto::common::v1::Money;

use crate::error::{Error, Reason};

/// Most significant digits of an amount.
pub const MAX_DIGITS: u64 = 38;
/// Most decimal places of an amount.
pub const MAX_SCALE: i64 = 18;

/// An amount of money as requests have it.
///
/// ```
/// use bursar_client::{BigDecimal, money};
///
/// let amount: BigDecimal = "12.50".parse().unwrap();
/// assert_eq!(money("EUR", &amount).unwrap().amount, "12.5");
/// ```
///
/// # Errors
///
/// `INVALID_DECIMAL` when it has too many digits or decimal places.
pub fn money(asset: impl Into<String>, amount: &BigDecimal) -> Result<Money, Error> {
    Ok(Money { asset: asset.into(), amount: decimal_text(amount)? })
}

/// The text of a decimal as requests have it: no exponent, no zeros at its end.
///
/// # Errors
///
/// `INVALID_DECIMAL` when it has too many digits or decimal places.
pub fn decimal_text(value: &BigDecimal) -> Result<String, Error> {
    let value = value.normalized();
    let (digits, scale) = (value.digits(), value.fractional_digit_count());
    // A negative scale stands for zeros that the text spells out.
    let spelled = digits.saturating_add(u64::try_from(scale.saturating_neg()).unwrap_or(0));
    if spelled > MAX_DIGITS || scale > MAX_SCALE {
        return Err(invalid(
            &shown(&value),
            &format!("it may have {MAX_DIGITS} digits, of which {MAX_SCALE} after the point"),
        ));
    }
    Ok(value.to_plain_string())
}

/// The decimal of a text, such as an amount of a reply.
///
/// # Errors
///
/// `INVALID_DECIMAL` when it is no plain decimal number, or one with too many digits.
pub fn decimal(text: &str) -> Result<BigDecimal, Error> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = plain.then(|| BigDecimal::from_str(text).ok()).flatten();
    let value = value.ok_or_else(|| invalid(text, "a plain decimal is right, such as 12.50"))?;
    decimal_text(&value).map(|_| value)
}

fn invalid(value: &str, right: &str) -> Error {
    Error::own(Reason::INVALID_DECIMAL, format!("{value:?} cannot be an amount: {right}"))
}

/// A value for a message, cut where it is long.
fn shown(value: &BigDecimal) -> String {
    let text = value.to_scientific_notation();
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        for (given, text) in [
            ("1.50", "1.5"),
            ("-0.00", "0"),
            ("100", "100"),
            ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("9007199254740993", "9007199254740993"),
        ] {
            assert_eq!(decimal_text(&decimal(given).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for given in [
            "",
            ".",
            "-",
            "1e3",
            "NaN",
            "Infinity",
            "1,5",
            "+1",
            "1.2.3",
            "1_000",
            " 1",
            "0.0000000000000000001",
            "100000000000000000000000000000000000000",
        ] {
            let error = decimal(given).unwrap_err();
            assert_eq!(error.reason(), &Reason::INVALID_DECIMAL, "{given}");
            assert!(error.is_definite() && !error.is_retryable());
        }
        let huge = BigDecimal::from_str("1e40").unwrap();
        assert_eq!(money("EUR", &huge).unwrap_err().reason(), &Reason::INVALID_DECIMAL);
    }
}
