//! Who they are: customers, merchants and the house's own accounts.

use super::Plan;
use super::chance::Chance;

const FIRST_NAMES: [&str; 20] = [
    "Anna", "Bruno", "Carla", "David", "Elena", "Felix", "Greta", "Hugo", "Iva", "Jonas", "Klara",
    "Luca", "Marta", "Nils", "Olga", "Pavel", "Rosa", "Simon", "Tereza", "Viktor",
];
const LAST_NAMES: [&str; 16] = [
    "Novak", "Weber", "Rossi", "Silva", "Dubois", "Jansen", "Kowalski", "Lindberg", "Moreau",
    "Horvat", "Keller", "Bianchi", "Costa", "Svoboda", "Larsen", "Fischer",
];
const COUNTRIES: [&str; 8] = ["CZ", "DE", "IT", "PT", "FR", "NL", "PL", "SE"];
const PLANS: [(&str, u64); 3] = [("basic", 0), ("plus", 499), ("business", 1999)];

/// Merchants by the names of their accounts, with what they sell.
pub(super) const MERCHANTS: [(&str, &str); 12] = [
    ("merchant:corner-grocery", "groceries"),
    ("merchant:green-market", "groceries"),
    ("merchant:city-transport", "transport"),
    ("merchant:north-rail", "transport"),
    ("merchant:paper-moon-books", "books"),
    ("merchant:blue-door-cafe", "restaurants"),
    ("merchant:trattoria-sole", "restaurants"),
    ("merchant:wire-and-bolt", "electronics"),
    ("merchant:soft-threads", "clothing"),
    ("merchant:lantern-cinema", "leisure"),
    ("merchant:hilltop-pharmacy", "health"),
    ("merchant:far-shore-travel", "travel"),
];
/// The merchant that rents out homes.
pub(super) const LANDLORD: &str = "merchant:hearth-homes";

/// A customer, the same in every month.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) country: &'static str,
    /// Name of the plan.
    pub(super) plan: &'static str,
    /// Its price a month, in cents.
    pub(super) price: u64,
    /// Monthly pay, in cents.
    pub(super) pay: u64,
    /// Whether there is an account of dollars.
    pub(super) dollars: bool,
    /// Whether there is an account of bitcoin.
    pub(super) bitcoin: bool,
}

impl Person {
    /// The customer of that number.
    pub(super) fn of(plan: Plan, number: u16) -> Self {
        let mut chance = Chance::about(plan, &format!("customer:{number}"));
        let name = format!("{} {}", chance.pick(&FIRST_NAMES), chance.pick(&LAST_NAMES));
        let country = *chance.pick(&COUNTRIES);
        let (plan, price) = *chance.pick(&PLANS);
        Self {
            name,
            country,
            plan,
            price,
            pay: chance.between(1_800, 5_200) * 100,
            dollars: chance.percent(35),
            bitcoin: chance.percent(20),
        }
    }
}
