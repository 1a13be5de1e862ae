//! Request ids, put into a request that has none, on the wire: so it happens once for all messages, and each further
//! try sends the same bytes.

use bytes::{Buf as _, Bytes, BytesMut};
use prost::encoding::{DecodeContext, encode_key};
use prost::encoding::{WireType, decode_key, decode_varint, encode_varint, skip_field, string};

use crate::methods::Ids;

/// A new id, of version 7.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A request, and the id that `GetOperation` knows its call by.
pub(crate) struct Filled {
    pub(crate) message: Bytes,
    pub(crate) id: String,
}

/// Fills in what is missing. A message that cannot be read is left for the server to refuse.
pub(crate) fn fill(message: Bytes, ids: &Ids) -> Filled {
    let filled = match ids {
        Ids::None => None,
        Ids::Field(number) => fill_field(&message, *number),
        Ids::Within(outer, inner) => fill_within(&message, *outer, *inner),
    };
    filled.unwrap_or(Filled { message, id: String::new() })
}

/// The field's text; the last occurrence counts.
fn text(message: &Bytes, number: u32) -> Option<String> {
    let mut found = Bytes::new();
    walk(message, |key, whole, value| {
        if key == number {
            found = value.unwrap_or(whole);
        }
    })?;
    String::from_utf8(found.to_vec()).ok()
}

fn fill_field(message: &Bytes, number: u32) -> Option<Filled> {
    let id = text(message, number)?;
    if !id.is_empty() {
        return Some(Filled { message: message.clone(), id });
    }
    let id = new_id();
    let mut longer = BytesMut::with_capacity(message.len() + id.len() + 8);
    longer.extend_from_slice(message);
    string::encode(number, &id, &mut longer);
    Some(Filled { message: longer.freeze(), id })
}

/// The same in each message of a field. The first one's id is the call's.
fn fill_within(message: &Bytes, outer: u32, inner: u32) -> Option<Filled> {
    let mut longer = BytesMut::with_capacity(message.len() + 64);
    let mut first = String::new();
    let mut readable = true;
    walk(message, |key, whole, value| {
        let Some(value) = value.filter(|_| key == outer) else {
            longer.extend_from_slice(&whole);
            return;
        };
        let Some(filled) = fill_field(&value, inner) else {
            readable = false;
            return;
        };
        encode_key(outer, WireType::LengthDelimited, &mut longer);
        encode_varint(filled.message.len() as u64, &mut longer);
        longer.extend_from_slice(&filled.message);
        if first.is_empty() {
            first = filled.id;
        }
    })?;
    readable.then(|| Filled { message: longer.freeze(), id: first })
}

/// Goes through the fields of a message: number, all of its bytes, and its value when it has a length.
fn walk(message: &Bytes, mut each: impl FnMut(u32, Bytes, Option<Bytes>)) -> Option<()> {
    let mut rest = message.clone();
    while rest.has_remaining() {
        let start = message.len() - rest.remaining();
        let (number, kind) = decode_key(&mut rest).ok()?;
        let value = if kind == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
            if length > rest.remaining() {
                return None;
            }
            Some(rest.split_to(length))
        } else {
            skip_field(kind, number, &mut rest, DecodeContext::default()).ok()?;
            None
        };
        each(number, message.slice(start..message.len() - rest.remaining()), value);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bursar_proto::ledger::v1::{
        BatchCreateTransfersRequest, CloseAccountRequest, CreateTransferRequest, NewTransfer,
    };

    fn filled<M: prost::Message + Default>(message: &M, ids: &Ids) -> (M, String) {
        let filled = fill(message.encode_to_vec().into(), ids);
        (M::decode(filled.message).unwrap(), filled.id)
    }

    #[test]
    fn a_missing_id_is_made_and_a_given_one_stays() {
        let mut request = CloseAccountRequest { id: "a".into(), ..Default::default() };
        let (made, id) = filled(&request, &Ids::Field(1));
        assert_eq!((made.request_id.as_str(), made.id.as_str()), (id.as_str(), "a"));
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 7);
        request.request_id = "mine".into();
        assert_eq!(filled(&request, &Ids::Field(1)), (request.clone(), "mine".into()));
    }

    #[test]
    fn transfers_get_an_id_each() {
        let given = NewTransfer { id: "mine".into(), code: "x".into(), ..Default::default() };
        let bare = NewTransfer { code: "y".into(), ..Default::default() };
        let batch = BatchCreateTransfersRequest {
            transfers: vec![bare.clone(), given.clone(), NewTransfer::default()],
            mode: 2,
            validate_only: true,
        };
        let (made, id) = filled(&batch, &Ids::Within(1, 1));
        assert_eq!((made.transfers.len(), made.mode, made.validate_only), (3, 2, true));
        assert_eq!((&made.transfers[0].id, made.transfers[0].code.as_str()), (&id, "y"));
        assert_eq!(made.transfers[1], given);
        assert!(made.transfers[2].id.len() == 36 && made.transfers[2].id != id);
        let one = CreateTransferRequest { transfer: Some(bare), validate_only: false };
        assert_eq!(filled(&one, &Ids::Within(1, 1)).0.transfer.unwrap().id.len(), 36);
    }

    #[test]
    fn what_cannot_be_read_is_sent_as_it_is() {
        let broken = Bytes::from_static(b"\x0a\xff\xff");
        for ids in [Ids::Field(1), Ids::Within(1, 1)] {
            assert_eq!(fill(broken.clone(), &ids).message, broken);
        }
    }
}
