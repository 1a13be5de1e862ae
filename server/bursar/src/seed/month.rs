//! What happens in a month. Customers get their pay first and spend less than it within the month, so that nobody
//! runs out, whatever other months there are.

use super::accounts::{BANK, FEES, POINTS_HOUSE, exchange};
use super::chance::Chance;
use super::people::{LANDLORD, MERCHANTS, Person};
use super::{NEWEST, POINTS, Plan, customer, decimal, metadata};
use bursar_proto::common::v1::Money;
use bursar_proto::ledger::v1::{
    NewTransfer, PostTransferRequest, ReverseTransferRequest, VoidTransferRequest,
};
use jiff::civil::Date;

/// Card payments a customer makes in a month.
const CARD_PAYMENTS: u32 = 3;
/// How long a card payment stays reserved, in seconds.
const CARD_SECONDS: i64 = 90 * 24 * 3600;
/// What a merchant pays of a card payment, in a thousandth.
const CARD_FEE: u64 = 14;

/// What is sent for a month, in this order; what stands in one list is independent of each other, or in order.
#[derive(Default)]
pub(super) struct Month {
    /// Pay, rent, fees, exchanges, and holds of card payments.
    pub(super) opening: Vec<NewTransfer>,
    /// Holds that are posted, in one part.
    pub(super) posts: Vec<PostTransferRequest>,
    /// The second part of those that are posted in two.
    pub(super) rests: Vec<PostTransferRequest>,
    /// Holds that are given up.
    pub(super) voids: Vec<VoidTransferRequest>,
    /// Card payments that are paid back.
    pub(super) refunds: Vec<ReverseTransferRequest>,
    /// Merchants' fees, and points.
    pub(super) closing: Vec<NewTransfer>,
}

impl Month {
    /// The month that begins on that day.
    pub(super) fn of(plan: Plan, first: Date) -> Self {
        let mut month = Self::default();
        // Everybody's pay comes first: whoever sends something to a friend has it by then.
        for number in 0..plan.customers {
            month.pay(plan, first, number);
        }
        for number in 0..plan.customers {
            month.spend(plan, first, number);
        }
        month
    }

    /// How many transfers it makes.
    pub(super) fn len(&self) -> usize {
        self.opening.len()
            + self.posts.len()
            + self.rests.len()
            + self.voids.len()
            + self.refunds.len()
            + self.closing.len()
    }

    fn pay(&mut self, plan: Plan, first: Date, number: u16) {
        let pay = Person::of(plan, number).pay;
        let to = customer(number, "EUR");
        let entry = Entry { plan, first, number };
        self.opening.push(entry.transfer("pay", 1, BANK, &to, "EUR", decimal(pay, 2), "salary"));
    }

    fn spend(&mut self, plan: Plan, first: Date, number: u16) {
        let person = Person::of(plan, number);
        let entry = Entry { plan, first, number };
        let mut chance = Chance::about(plan, &format!("month:{first}:{number}"));
        let from = customer(number, "EUR");
        let euros = |cents| decimal(cents, 2);
        let rent = person.pay * 3 / 10;
        self.opening.push(entry.transfer("rent", 2, &from, LANDLORD, "EUR", euros(rent), "rent"));
        if person.price > 0 {
            let fee = euros(person.price);
            self.opening.push(entry.transfer("plan", 3, &from, FEES, "EUR", fee, "plan_fee"));
        }
        // Only to those before, who are there whatever the number of customers is.
        if number > 0 && chance.percent(50) {
            let before = u16::try_from(chance.below(number.into())).unwrap_or_default();
            let gift = euros(chance.between(500, person.pay / 20));
            let day = chance.between(4, 28);
            let friend = customer(before, "EUR");
            self.opening.push(entry.transfer("gift", day, &from, &friend, "EUR", gift, "p2p"));
        }
        for (has, asset, scale, rate, per) in
            [(person.dollars, "USD", 2, 108, 100), (person.bitcoin, "BTC", 8, 100, 6)]
        {
            let cents = chance.between(1_000, person.pay / 20);
            let day = chance.between(4, 28);
            if has && chance.percent(60) {
                let bought = decimal(cents * rate / per, scale);
                self.opening.extend(entry.exchange(day, asset, euros(cents), bought));
            }
        }
        for card in 0..CARD_PAYMENTS {
            self.card(&entry, &mut chance, card, &person);
        }
    }

    /// A card payment: a hold, and what becomes of it.
    fn card(&mut self, entry: &Entry, chance: &mut Chance, card: u32, person: &Person) {
        let (from, (merchant, sells)) = (customer(entry.number, "EUR"), *chance.pick(&MERCHANTS));
        let cents = chance.between(200, person.pay / 25);
        let day = chance.between(3, 27);
        let name = |what: &str| format!("card-{card}-{what}");
        let (fate, refunded) = (chance.below(100), chance.percent(6));
        let newest = entry.first == NEWEST;
        let hold = NewTransfer {
            pending: true,
            timeout: Some(prost_types::Duration { seconds: CARD_SECONDS, nanos: 0 }),
            metadata: Some(metadata(&[("channel", "card"), ("category", sells)])),
            ..entry.transfer(&name("hold"), day, &from, merchant, "EUR", decimal(cents, 2), "card")
        };
        let pending = hold.id.clone();
        let post = |what: &str, cents: u64, last: bool| PostTransferRequest {
            id: entry.id(&name(what)),
            pending_id: pending.clone(),
            amount: Some(Money { asset: "EUR".into(), amount: decimal(cents, 2) }),
            release_remainder: last,
            value_date: entry.day(day + 1),
            external_reference: entry.reference(&name(what)),
            ..Default::default()
        };
        match fate {
            // It was never presented: it expires by itself.
            0..5 => {
                let timeout = Some(prost_types::Duration { seconds: 1, nanos: 0 });
                self.opening.push(NewTransfer { timeout, ..hold });
                return;
            }
            // Cancelled at the till.
            5..13 => {
                self.voids.push(VoidTransferRequest {
                    id: entry.id(&name("void")),
                    pending_id: hold.id.clone(),
                    external_reference: entry.reference(&name("void")),
                    ..Default::default()
                });
                self.opening.push(hold);
                return;
            }
            // Still open.
            13..25 if newest => {
                self.opening.push(hold);
                return;
            }
            // Shipped, and posted, in two parts, and a little less than was reserved.
            13..30 => {
                let part = cents * 6 / 10;
                self.posts.push(post("post", part, false));
                self.rests.push(post("rest", cents * 3 / 10, true));
            }
            _ => {
                self.posts.push(post("post", cents, true));
                if refunded {
                    self.refunds.push(ReverseTransferRequest {
                        id: entry.id(&name("refund")),
                        transfer_id: entry.id(&name("post")),
                        value_date: entry.day(day + 1),
                        external_reference: entry.reference(&name("refund")),
                        ..Default::default()
                    });
                }
            }
        }
        self.opening.push(hold);
        if refunded {
            return;
        }
        let fee = decimal((cents * CARD_FEE / 1_000).max(1), 2);
        let fees = entry.transfer(&name("fee"), day + 1, merchant, FEES, "EUR", fee, "card_fee");
        self.closing.push(fees);
        let (points, to) = (decimal(cents / 100, 0), customer(entry.number, POINTS));
        let earned = &name("points");
        self.closing.push(entry.transfer(
            earned,
            day + 1,
            POINTS_HOUSE,
            &to,
            POINTS,
            points,
            "points",
        ));
    }
}

/// What names a customer's month.
struct Entry {
    plan: Plan,
    first: Date,
    number: u16,
}

impl Entry {
    fn name(&self, what: &str) -> String {
        format!("{}:{:04}:{what}", self.first.strftime("%Y-%m"), self.number + 1)
    }

    fn id(&self, what: &str) -> String {
        self.plan.id(&self.name(what))
    }

    fn reference(&self, what: &str) -> String {
        self.plan.reference(&self.name(what))
    }

    /// A day of the month, 1 to 28.
    fn day(&self, day: u64) -> String {
        let back = i64::try_from(day).unwrap_or(1).clamp(1, 28) - 1;
        self.first.saturating_add(jiff::Span::new().days(back)).to_string()
    }

    #[allow(clippy::too_many_arguments, reason = "all of it says what one transfer is")]
    fn transfer(
        &self,
        what: &str,
        day: u64,
        debit: &str,
        credit: &str,
        asset: &str,
        amount: String,
        code: &str,
    ) -> NewTransfer {
        NewTransfer {
            id: self.id(what),
            debit_account_id: self.plan.account(debit),
            credit_account_id: self.plan.account(credit),
            amount: Some(Money { asset: asset.into(), amount }),
            code: code.into(),
            external_reference: self.reference(what),
            value_date: self.day(day),
            ..Default::default()
        }
    }

    /// Euros against another asset: two transfers that happen together or not at all.
    fn exchange(&self, day: u64, asset: &str, euros: String, bought: String) -> [NewTransfer; 2] {
        let group_id = self.id(&format!("exchange-{asset}"));
        let (out, back) = (exchange("EUR"), exchange(asset));
        let [sold, got] = ["sell", "buy"].map(|side| format!("exchange-{asset}-{side}"));
        let mine = |asset| customer(self.number, asset);
        let given = self.transfer(&sold, day, &mine("EUR"), &out, "EUR", euros, "exchange");
        let taken = self.transfer(&got, day, &back, &mine(asset), asset, bought, "exchange");
        [given, taken].map(|transfer| NewTransfer { group_id: group_id.clone(), ..transfer })
    }
}
