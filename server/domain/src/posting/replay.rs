//! Whether a command asks for what an earlier one with the same id did.

use super::command::Command;
use crate::ids::TransferId;
use crate::json::Json;
use crate::money::Money;
use crate::transfer::{Details, Transfer, TransferKind};

/// The fields in which the command differs from what is recorded under its id; none for a replay.
pub(super) fn differences(command: &Command, recorded: &Transfer) -> Vec<String> {
    let mut fields = Differences(Vec::new());
    match command {
        Command::Create(c) => {
            let kind = if c.hold.is_some() { TransferKind::Pending } else { TransferKind::Direct };
            fields.check("pending", recorded.kind == kind || !is_create(recorded.kind));
            fields.check("debit_account_id", recorded.debit == c.debit);
            fields.check("credit_account_id", recorded.credit == c.credit);
            fields.amount(recorded, &c.amount);
            fields.check(
                "timeout",
                recorded.timeout_seconds == c.hold.and_then(|h| h.timeout_seconds),
            );
            fields.check("group_id", recorded.group == c.group);
            fields.method(is_create(recorded.kind));
        }
        Command::Post(c) => {
            fields.pending(recorded, c.pending);
            match &c.amount {
                Some(amount) => {
                    fields.amount(recorded, amount);
                    fields.check("amount", !recorded.whole);
                }
                None => fields.check("amount", recorded.whole),
            }
            fields.check("release_remainder", recorded.release_remainder == c.release_remainder);
            fields.method(recorded.kind == TransferKind::Post);
        }
        Command::Void(c) => {
            fields.pending(recorded, c.pending);
            fields.method(recorded.kind == TransferKind::Void);
        }
        Command::Expire(c) => {
            fields.pending(recorded, c.pending);
            fields.method(recorded.kind == TransferKind::Expire);
        }
        Command::Reverse(c) => {
            fields.check("transfer_id", recorded.reversed == Some(c.original));
            fields.method(recorded.kind == TransferKind::Reversal);
        }
    }
    fields.details(recorded, command.details());
    fields.0.dedup();
    fields.0
}

fn is_create(kind: TransferKind) -> bool {
    matches!(kind, TransferKind::Direct | TransferKind::Pending)
}

struct Differences(Vec<String>);

impl Differences {
    fn check(&mut self, field: &str, same: bool) {
        if !same {
            self.0.push(field.to_owned());
        }
    }

    /// The id belongs to a transfer that another RPC made.
    fn method(&mut self, same: bool) {
        self.check("id", same);
    }

    fn pending(&mut self, recorded: &Transfer, pending: TransferId) {
        self.check("pending_id", recorded.pending == Some(pending));
    }

    fn amount(&mut self, recorded: &Transfer, amount: &Money) {
        self.check("amount.asset", recorded.asset == amount.asset);
        self.check("amount.amount", amount.amount.to_units(recorded.scale) == Ok(recorded.amount));
    }

    fn details(&mut self, recorded: &Transfer, details: &Details) {
        self.check("code", recorded.code == details.code);
        self.check("external_reference", recorded.external_reference == details.external_reference);
        let empty = Json::empty();
        let stored = recorded.metadata.as_ref().unwrap_or(&empty);
        self.check("metadata", stored.same(details.metadata.as_ref().unwrap_or(&empty)));
        // Without a value date the call took the posting day, whatever day it is now.
        let same_day =
            details.value_date.map_or(!recorded.is_shifted(), |date| date == recorded.value_date);
        self.check("value_date", same_day);
    }
}
