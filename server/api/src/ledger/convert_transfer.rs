//! Transfers as callers see them.

use bursar_domain::money::{AssetCode, Units};
use bursar_domain::transfer::{Transfer, TransferKind};
use bursar_proto::common::v1::Money;
use bursar_proto::ledger::v1 as pb;
use bursar_proto::ledger::v1::transfer_service_server::SERVICE_NAME;
use prost::Message;

use super::convert_balance::{after, decimal, hold};
use super::{metadata, transfer_kind};
use crate::convert::{to_optional_id, to_timestamp};

/// A transfer that is read back, with what became of its hold.
pub(crate) fn to_wire(transfer: &Transfer) -> pb::Transfer {
    let scale = transfer.scale;
    pb::Transfer {
        id: transfer.id.to_string(),
        kind: transfer_kind::wire(transfer.kind),
        debit_account_id: transfer.debit.to_string(),
        credit_account_id: transfer.credit.to_string(),
        amount: Some(money(&transfer.asset, transfer.amount, scale)),
        code: transfer.code.clone(),
        external_reference: transfer.external_reference.clone().unwrap_or_default(),
        metadata: transfer.metadata.as_ref().and_then(metadata),
        value_date: transfer.value_date.to_string(),
        posted_at: Some(to_timestamp(transfer.posted_at)),
        pending_id: to_optional_id(transfer.pending),
        reversed_id: to_optional_id(transfer.reversed),
        group_id: to_optional_id(transfer.group),
        debit_balance: Some(after(&transfer.asset, scale, &transfer.debit_after)),
        credit_balance: Some(after(&transfer.asset, scale, &transfer.credit_after)),
        key_id: transfer.key.to_string(),
        hold: transfer.hold.as_ref().map(hold),
        expires_at: transfer.expires_at().map(to_timestamp),
    }
}

/// A transfer in the reply of the call that made it. A replay must read as the first reply did, so it tells nothing
/// of what became of the hold since.
pub(super) fn made(transfer: &Transfer) -> pb::Transfer {
    pb::Transfer { hold: None, ..to_wire(transfer) }
}

/// The path of the RPC that made a transfer, and its first reply. No RPC expires a hold: the path is then empty, and
/// the reply that of `GetTransfer`.
pub(crate) fn operation_reply(transfer: &Transfer) -> (String, prost_types::Any) {
    let (replayed, made) = (false, Some(made(transfer)));
    let path = |rpc: &str| format!("/{SERVICE_NAME}/{rpc}");
    match transfer.kind {
        TransferKind::Direct | TransferKind::Pending => {
            let reply = pb::CreateTransferResponse { transfer: made, replayed };
            (path("CreateTransfer"), any("CreateTransferResponse", &reply))
        }
        TransferKind::Post => {
            let reply = pb::PostTransferResponse { transfer: made, replayed };
            (path("PostTransfer"), any("PostTransferResponse", &reply))
        }
        TransferKind::Void => {
            let reply = pb::VoidTransferResponse { transfer: made, replayed };
            (path("VoidTransfer"), any("VoidTransferResponse", &reply))
        }
        TransferKind::Reversal => {
            let reply = pb::ReverseTransferResponse { transfer: made, replayed };
            (path("ReverseTransfer"), any("ReverseTransferResponse", &reply))
        }
        TransferKind::Expire => {
            (String::new(), any("GetTransferResponse", &pb::GetTransferResponse { transfer: made }))
        }
    }
}

fn any(name: &str, reply: &impl Message) -> prost_types::Any {
    prost_types::Any {
        type_url: format!("type.googleapis.com/bursar.ledger.v1.{name}"),
        value: reply.encode_to_vec(),
    }
}

fn money(asset: &AssetCode, units: Units, scale: u8) -> Money {
    Money { asset: asset.to_string(), amount: decimal(units, scale) }
}

#[cfg(test)]
pub(super) mod tests {
    use bursar_domain::account::Totals;
    use bursar_domain::ids::{AccountId, GroupId, KeyId, TransferId};
    use bursar_domain::transfer::After;
    use jiff::Timestamp;
    use jiff::civil::Date;

    use super::super::convert_balance::tests::some_hold;
    use super::super::tests::attributes;
    use super::*;
    use crate::convert::json;

    pub(in super::super) fn some_transfer(kind: TransferKind) -> Transfer {
        let totals = Totals { debits_posted: 1_250, ..Totals::default() };
        let mirror = Totals { credits_posted: 1_250, credits_pending: 100, ..Totals::default() };
        Transfer {
            id: TransferId::generate(),
            kind,
            debit: AccountId::generate(),
            credit: AccountId::generate(),
            asset: AssetCode::parse("EUR").unwrap(),
            scale: 2,
            amount: 1_250,
            code: "fee".into(),
            external_reference: Some("invoice 7".into()),
            metadata: json("metadata", Some(&attributes("a", "b"))).ok(),
            value_date: Date::constant(2027, 1, 15),
            posted_at: Timestamp::constant(1_800_000_000, 7_000),
            pending: None,
            reversed: None,
            group: None,
            timeout_seconds: None,
            whole: false,
            release_remainder: false,
            key: KeyId::generate(),
            institution: None,
            debit_after: After { version: 3, totals },
            credit_after: After { version: 9, totals: mirror },
            hold: None,
        }
    }

    #[test]
    fn a_transfer_has_both_balances() {
        let transfer = some_transfer(TransferKind::Direct);
        let wire = to_wire(&transfer);
        assert_eq!((&wire.id, wire.kind()), (&transfer.id.to_string(), pb::TransferKind::Direct));
        assert_eq!(wire.debit_account_id, transfer.debit.to_string());
        assert_eq!(wire.credit_account_id, transfer.credit.to_string());
        assert_eq!(wire.amount, Some(Money { asset: "EUR".into(), amount: "12.5".into() }));
        assert_eq!((wire.code.as_str(), wire.external_reference.as_str()), ("fee", "invoice 7"));
        assert_eq!(
            (wire.metadata, wire.value_date.as_str()),
            (Some(attributes("a", "b")), "2027-01-15")
        );
        assert_eq!(
            wire.posted_at,
            Some(prost_types::Timestamp { seconds: 1_800_000_000, nanos: 7_000 })
        );
        assert_eq!(
            (wire.pending_id.as_str(), wire.reversed_id.as_str(), wire.group_id.as_str()),
            ("", "", "")
        );
        assert_eq!(wire.key_id, transfer.key.to_string());
        let (debit, credit) = (wire.debit_balance.unwrap(), wire.credit_balance.unwrap());
        assert_eq!(
            (debit.posted.as_str(), debit.available.as_str(), debit.version),
            ("-12.5", "", 3)
        );
        assert_eq!(
            (credit.posted.as_str(), credit.credits_pending.as_str(), credit.version),
            ("12.5", "1", 9)
        );
        assert_eq!((wire.hold, wire.expires_at), (None, None));
    }

    #[test]
    fn optional_parts() {
        let (pending, reversed, group) =
            (TransferId::generate(), TransferId::generate(), GroupId::generate());
        let transfer = Transfer {
            pending: Some(pending),
            reversed: Some(reversed),
            group: Some(group),
            metadata: None,
            external_reference: None,
            timeout_seconds: Some(60),
            hold: Some(some_hold(pending)),
            ..some_transfer(TransferKind::Pending)
        };
        let wire = to_wire(&transfer);
        assert_eq!(
            (wire.pending_id, wire.reversed_id),
            (pending.to_string(), reversed.to_string())
        );
        assert_eq!(
            (wire.group_id, wire.metadata, wire.external_reference),
            (group.to_string(), None, String::new())
        );
        assert_eq!(
            wire.expires_at,
            Some(prost_types::Timestamp { seconds: 1_800_000_060, nanos: 7_000 })
        );
        assert_eq!(wire.hold.unwrap().remaining, "2.5");
        assert_eq!(made(&transfer).hold, None);
    }

    #[test]
    fn an_operation_has_the_reply_of_its_rpc() {
        for (kind, rpc) in [
            (TransferKind::Direct, "CreateTransfer"),
            (TransferKind::Pending, "CreateTransfer"),
            (TransferKind::Post, "PostTransfer"),
            (TransferKind::Void, "VoidTransfer"),
            (TransferKind::Reversal, "ReverseTransfer"),
        ] {
            let transfer = some_transfer(kind);
            let (path, any) = operation_reply(&transfer);
            assert_eq!(path, format!("/bursar.ledger.v1.TransferService/{rpc}"));
            assert_eq!(any.type_url, format!("type.googleapis.com/bursar.ledger.v1.{rpc}Response"));
            // All of these replies have the same fields.
            let reply = pb::CreateTransferResponse::decode(any.value.as_slice()).unwrap();
            assert_eq!(
                reply,
                pb::CreateTransferResponse { transfer: Some(made(&transfer)), replayed: false }
            );
        }
        let (path, any) = operation_reply(&some_transfer(TransferKind::Expire));
        assert_eq!(
            (path.as_str(), any.type_url.as_str()),
            ("", "type.googleapis.com/bursar.ledger.v1.GetTransferResponse")
        );
    }
}
