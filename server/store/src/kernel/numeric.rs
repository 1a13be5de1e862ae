//! NUMERIC on the wire, exact for the whole range of amounts: digits of base 10,000 to and from an `i128`.
//! The crates that do this stop at 28 digits or go by way of text, which costs 5 % of a batch (ADR 0001).

use bursar_domain::money::{Decimal, Units};
use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::fault::{Fault, TxResult};

type BoxError = Box<dyn std::error::Error + Sync + Send>;

/// What a digit of NUMERIC counts to on the wire.
const BASE: u128 = 10_000;
/// Its sign field for numbers below zero.
const NEGATIVE: u16 = 0x4000;

/// A NUMERIC parameter or column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numeric {
    /// The amount is `mantissa × 10^-scale`.
    mantissa: i128,
    scale: u8,
}

/// An amount in units of an asset, as a parameter.
pub(crate) fn decimal(units: Units, scale: u8) -> Numeric {
    Numeric { mantissa: units, scale }
}

/// A column's amount in units of an asset.
pub(crate) fn units(column: Numeric, scale: u8) -> TxResult<Units> {
    Decimal::from_units(column.mantissa, column.scale)
        .to_units(scale)
        .map_err(|e| Fault::Other(format!("stored amount {e}")))
}

impl ToSql for Numeric {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let magnitude = self.mantissa.unsigned_abs();
        let unit = 10_u128.pow(u32::from(self.scale));
        let (mut whole, fraction) = (magnitude / unit, magnitude % unit);
        let mut digits: Vec<u16> = Vec::with_capacity(16);
        while whole > 0 {
            digits.push(u16::try_from(whole % BASE)?);
            whole /= BASE;
        }
        digits.reverse();
        let weight = i16::try_from(digits.len())? - 1;
        // Pad the fraction on the right to whole groups of four places.
        let groups = u32::from(self.scale).div_ceil(4);
        let mut rest = fraction * 10_u128.pow(groups * 4 - u32::from(self.scale));
        let mut place = BASE.pow(groups);
        for _ in 0..groups {
            place /= BASE;
            digits.push(u16::try_from(rest / place)?);
            rest %= place;
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        out.put_u16(u16::try_from(digits.len())?);
        out.put_i16(weight);
        out.put_u16(if self.mantissa < 0 { NEGATIVE } else { 0 });
        out.put_u16(u16::from(self.scale));
        for digit in digits {
            out.put_u16(digit);
        }
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Numeric {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        let mut parts = raw.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let mut next = || parts.next().ok_or("NUMERIC cut short");
        let count = next()?;
        let weight = next()?.cast_signed();
        let sign = next()?;
        let _scale = next()?;
        if sign != 0 && sign != NEGATIVE {
            return Err("NUMERIC is not a finite number".into());
        }
        let too_large = "NUMERIC is beyond 38 digits";
        let mut mantissa: i128 = 0;
        // Places after the point that `mantissa` holds; negative while whole groups are still to come.
        let mut scale = -4 * (i32::from(weight) + 1);
        for index in 0..count {
            let (mut digit, mut width) = (next()?, 4);
            // The last group's trailing zeros would push a 38-digit amount past what an i128 holds.
            if index + 1 == count && scale + 4 > 0 {
                while width > 0 && digit % 10 == 0 && scale + width > 0 {
                    digit /= 10;
                    width -= 1;
                }
            }
            let factor = 10_i128.pow(width.unsigned_abs());
            mantissa = mantissa
                .checked_mul(factor)
                .and_then(|m| m.checked_add(i128::from(digit)))
                .ok_or(too_large)?;
            scale += width;
        }
        while scale < 0 && mantissa != 0 {
            mantissa = mantissa.checked_mul(10).ok_or(too_large)?;
            scale += 1;
        }
        let scale = if mantissa == 0 { 0 } else { u8::try_from(scale).map_err(|_| too_large)? };
        Ok(Self { mantissa: if sign == NEGATIVE { -mantissa } else { mantissa }, scale })
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(units_in: Units, scale: u8) -> Units {
        let mut buffer = BytesMut::new();
        decimal(units_in, scale).to_sql(&Type::NUMERIC, &mut buffer).unwrap();
        units(Numeric::from_sql(&Type::NUMERIC, &buffer).unwrap(), scale).unwrap()
    }

    #[test]
    fn every_scale_and_length_round_trips() {
        for scale in 0..=18 {
            for digits in 0..=38 {
                for value in [
                    10_i128.pow(digits) - 1,
                    10_i128.pow(digits.min(37)),
                    10_i128.pow(digits.min(37)) + 7,
                ] {
                    for value in [value, -value] {
                        assert_eq!(round_trip(value, scale), value, "{value} at scale {scale}");
                    }
                }
            }
        }
    }

    #[test]
    fn nan_and_garbage_are_refused() {
        assert!(Numeric::from_sql(&Type::NUMERIC, &[0, 0, 0, 0, 0xC0, 0, 0, 0]).is_err());
        assert!(Numeric::from_sql(&Type::NUMERIC, &[0, 9, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(Numeric::from_sql(&Type::NUMERIC, &[]).is_err());
    }
}
