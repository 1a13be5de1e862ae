//! Exact amounts. A [`Decimal`] is what callers write; accounts count in [`Units`] of their asset's smallest part.

use std::fmt;
use std::sync::Arc;

use crate::limits::{MAX_DIGITS, MAX_SCALE};

/// A count of an asset's smallest parts (cents, satoshi): `amount × 10^scale`. Within ±(10^38 − 1).
pub type Units = i128;

/// The largest count that has 38 digits.
pub const MAX_UNITS: Units = 10_i128.pow(MAX_DIGITS) - 1;

/// Adds, unless the sum would pass 38 digits.
pub fn add(a: Units, b: Units) -> Option<Units> {
    a.checked_add(b).filter(|sum| sum.abs() <= MAX_UNITS)
}

/// Why a text is no amount, or an amount does not fit an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not of the form `-?digits[.digits]`.
    #[error(
        "is not a decimal; write digits with at most one point, such as 12.50, without exponent, plus sign or spaces"
    )]
    Syntax,
    /// More than 38 significant digits.
    #[error("has more than 38 significant digits")]
    TooLong,
    /// More than 18 decimal places, or more than the asset has.
    #[error("has more decimal places than the {0} allowed")]
    TooPrecise(u8),
}

/// An exact decimal: at most 38 significant digits, at most 18 decimal places.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i128,
    /// Decimal places; canonical: 0, or the mantissa does not end in 0.
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// Reads `-?digits[.digits]`. Trailing zeros after the point are taken; leading zeros are not.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (negative, body) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = body.split_once('.').map_or((body, None), |(w, f)| (w, Some(f)));
        let digits_only = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits_only(whole)
            || fraction.is_some_and(|f| !digits_only(f))
            || (whole.len() > 1 && whole.starts_with('0'))
        {
            return Err(DecimalError::Syntax);
        }
        let fraction = fraction.unwrap_or("").trim_end_matches('0');
        let scale = u8::try_from(fraction.len()).unwrap_or(u8::MAX);
        if scale > MAX_SCALE {
            return Err(DecimalError::TooPrecise(MAX_SCALE));
        }
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|m| add(m, i128::from(digit - b'0')))
                .ok_or(DecimalError::TooLong)?;
        }
        Ok(Self { mantissa: if negative { -mantissa } else { mantissa }, scale })
    }

    /// The amount that `units` of an asset with `scale` decimal places are.
    pub fn from_units(units: Units, scale: u8) -> Self {
        // Nearly every amount fits 64 bits, where a division costs a tenth.
        if let Ok(mut mantissa) = i64::try_from(units) {
            let mut scale = scale;
            while scale > 0 && mantissa % 10 == 0 {
                mantissa /= 10;
                scale -= 1;
            }
            return Self { mantissa: i128::from(mantissa), scale };
        }
        let (mut mantissa, mut scale) = (units, scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// The count of smallest parts in an asset with `scale` decimal places. Never rounds.
    pub fn to_units(self, scale: u8) -> Result<Units, DecimalError> {
        let up = scale.checked_sub(self.scale).ok_or(DecimalError::TooPrecise(scale))?;
        10_i128
            .checked_pow(u32::from(up))
            .and_then(|factor| self.mantissa.checked_mul(factor))
            .filter(|units| units.abs() <= MAX_UNITS)
            .ok_or(DecimalError::TooLong)
    }

    /// Whether it is more than zero.
    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// Whether it is less than zero.
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }
}

/// The canonical form: no leading zeros, no trailing zeros after the point, no exponent. Written digit by digit, for a
/// page of transfers has hundreds of amounts.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A sign, a point, and the 39 digits that an i128 may have.
        let mut text = [b'0'; 41];
        let mut at = text.len();
        let mut rest = self.mantissa.unsigned_abs();
        let scale = usize::from(self.scale);
        for place in 0.. {
            if place > scale && rest == 0 {
                break;
            }
            if place == scale && scale > 0 {
                at -= 1;
                text[at] = b'.';
            }
            // Nearly every amount fits 64 bits, where a division costs a tenth.
            let digit = if let Ok(small) = u64::try_from(rest) {
                rest = u128::from(small / 10);
                small % 10
            } else {
                let digit = rest % 10;
                rest /= 10;
                u64::try_from(digit).unwrap_or(0)
            };
            at -= 1;
            text[at] += u8::try_from(digit).unwrap_or(0);
        }
        if self.mantissa < 0 {
            at -= 1;
            text[at] = b'-';
        }
        f.write_str(std::str::from_utf8(&text[at..]).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Code of an asset: 2 to 16 of `A-Z 0-9 . _ -`, first a letter or digit. Cheap to copy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetCode(Arc<str>);

/// Why a text is no asset code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not an asset code; use 2 to 16 of A-Z, 0-9, `.`, `_` and `-`, first a letter or digit, such as EUR"
)]
pub struct AssetCodeError;

impl AssetCode {
    /// Reads a code.
    pub fn parse(text: &str) -> Result<Self, AssetCodeError> {
        let word = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        let fits = (2..=16).contains(&text.len())
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'_' | b'-'));
        if fits { Ok(Self(text.into())) } else { Err(AssetCodeError) }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount of one asset, as a caller writes it: not yet known to fit the asset's scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// The asset.
    pub asset: AssetCode,
    /// How much of it.
    pub amount: Decimal,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, DecimalError> {
        Decimal::parse(text).map(|d| d.to_string())
    }

    #[test]
    fn canonical_form() {
        for (text, want) in [
            ("0", "0"),
            ("-0", "0"),
            ("0.00", "0"),
            ("12.50", "12.5"),
            ("-12.05", "-12.05"),
            ("100", "100"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(want), "{text}");
        }
    }

    /// Against what the standard library writes.
    #[test]
    fn every_length_and_scale_is_written_right() {
        for scale in 0..=MAX_SCALE {
            for digits in 0..=MAX_DIGITS {
                for units in [10_i128.pow(digits) - 1, 10_i128.pow(digits), 10_i128.pow(digits) + 7]
                {
                    let decimal = Decimal::from_units(units, scale);
                    let factor = 10_u128.pow(u32::from(decimal.scale));
                    let magnitude = decimal.mantissa.unsigned_abs();
                    let (whole, part) = (magnitude / factor, magnitude % factor);
                    let places = usize::from(decimal.scale);
                    let want = if places == 0 {
                        whole.to_string()
                    } else {
                        format!("{whole}.{part:0places$}")
                    };
                    assert_eq!(decimal.to_string(), want, "{units} at {scale}");
                    assert!(places == 0 || !want.ends_with('0'), "{want}");
                    if units > 0 {
                        let below = Decimal::from_units(-units, scale);
                        assert_eq!(below.to_string(), format!("-{want}"));
                    }
                    if units <= MAX_UNITS {
                        assert_eq!(decimal.to_units(scale), Ok(units));
                    }
                }
            }
        }
    }

    #[test]
    fn bad_forms() {
        for text in [
            "", "-", ".", "1.", ".5", "+1", "1e3", "1E3", "NaN", "inf", "01", "00", " 1", "1 ",
            "1,5", "1_000", "--1", "0x1", "１",
        ] {
            assert_eq!(canonical(text), Err(DecimalError::Syntax), "{text:?}");
        }
        assert_eq!(
            canonical("100000000000000000000000000000000000000"),
            Err(DecimalError::TooLong)
        );
        assert_eq!(canonical(&"9".repeat(400)), Err(DecimalError::TooLong));
        assert_eq!(canonical("0.0000000000000000001"), Err(DecimalError::TooPrecise(18)));
    }

    #[test]
    fn units_never_round() {
        let d = |text| Decimal::parse(text).unwrap_or(Decimal::ZERO);
        assert_eq!(d("12.5").to_units(2), Ok(1250));
        assert_eq!(d("12.505").to_units(2), Err(DecimalError::TooPrecise(2)));
        assert_eq!(d("1").to_units(18), Ok(10_i128.pow(18)));
        assert_eq!(d("100000000000000000000").to_units(18), Err(DecimalError::TooLong));
        assert_eq!(Decimal::from_units(-1250, 2).to_string(), "-12.5");
        assert_eq!(add(MAX_UNITS, 1), None);
        assert_eq!(add(-MAX_UNITS, -1), None);
    }

    #[test]
    fn asset_codes() {
        for good in ["EUR", "BTC", "A1", "USD.T", "POINTS-2026", "1INCH"] {
            assert!(AssetCode::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "E", "eur", "EU R", "ABCDEFGHIJKLMNOPQ", ".EUR", "EÜR"] {
            assert!(AssetCode::parse(bad).is_err(), "{bad}");
        }
    }
}
