//! Believable data for a demo tenant: what each customer does in a month is drawn from the seed, the
//! customer and the month alone. So the same seed again is a replay, and more customers or months only add.

mod accounts;
mod chance;
mod month;
mod people;
mod send;

pub(crate) use send::Seeding;

use jiff::civil::{Date, date};
use uuid::Uuid;

/// Namespace of all ids of demo data.
const DEMO: Uuid = Uuid::from_u128(0x5eed_0000_6b0a_5f0e_9a55_62f6_2f2f_7a12);
/// First day of the newest month. Fixed, because a replay must ask for the same value dates.
const NEWEST: Date = date(2025, 12, 1);
/// The tenant's own asset: points without decimal places.
const POINTS: &str = "POINTS";

/// What to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// All choices follow from it.
    pub(crate) seed: u64,
    /// How many customers.
    pub(crate) customers: u16,
    /// How many months, counted back from the newest.
    pub(crate) months: u8,
}

impl Plan {
    /// First days of the months, oldest first.
    pub(crate) fn months(self) -> Vec<Date> {
        let back = (0..i32::from(self.months)).rev();
        back.map(|months| NEWEST.saturating_sub(jiff::Span::new().months(months))).collect()
    }

    /// The id of a thing by its name.
    fn id(self, name: &str) -> String {
        let seed = Uuid::new_v5(&DEMO, &self.seed.to_be_bytes());
        Uuid::new_v5(&seed, name.as_bytes()).to_string()
    }

    /// The id of an account by its name, such as `customer:0001:EUR`.
    pub(crate) fn account(self, name: &str) -> String {
        self.id(&format!("account:{name}"))
    }

    /// The external reference of a thing: another seed is another set beside this one.
    fn reference(self, name: &str) -> String {
        format!("demo-{}:{name}", self.seed)
    }
}

/// Name of a customer's account.
pub(crate) fn customer(number: u16, asset: &str) -> String {
    format!("customer:{:04}:{asset}", number + 1)
}

/// An amount of the smallest units as a decimal.
fn decimal(units: u64, scale: u32) -> String {
    if scale == 0 {
        return units.to_string();
    }
    let one = 10_u64.pow(scale);
    format!("{}.{:0width$}", units / one, units % one, width = scale as usize)
}

/// Attributes of texts.
fn metadata(fields: &[(&str, &str)]) -> prost_types::Struct {
    let value = |text: &str| prost_types::Value {
        kind: Some(prost_types::value::Kind::StringValue(text.to_owned())),
    };
    let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect();
    prost_types::Struct { fields }
}

#[cfg(test)]
mod tests;
