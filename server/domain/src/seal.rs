//! Sealing: hashes of rows, and the chain over them. What is hashed, byte for byte, stands in ADR 15.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::ids::TenantId;

/// A SHA-256.
pub type Hash = [u8; 32];

/// What a tenant's first seal continues.
pub const BEGINNING: Hash = [0; 32];

/// What seals are made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sealed {
    /// An audit event.
    Event,
    /// A transfer.
    Transfer,
}

/// A row as a seal holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Which kind of row.
    pub kind: Sealed,
    /// Its id.
    pub id: Uuid,
    /// Hash of its canonical text.
    pub hash: Hash,
}

/// A leaf: kind, id, hash.
const LEAF_BYTES: usize = 1 + 16 + 32;

/// The hash of a row.
pub fn row_hash(canonical: &str) -> Hash {
    Sha256::digest(canonical).into()
}

/// Leaves as a seal keeps them: ordered, so that the same rows are the same bytes.
pub fn encode(mut leaves: Vec<Leaf>) -> Vec<u8> {
    leaves.sort_unstable();
    let mut bytes = Vec::with_capacity(leaves.len() * LEAF_BYTES);
    for leaf in &leaves {
        bytes.push(match leaf.kind {
            Sealed::Event => b'e',
            Sealed::Transfer => b't',
        });
        bytes.extend_from_slice(leaf.id.as_bytes());
        bytes.extend_from_slice(&leaf.hash);
    }
    bytes
}

/// The leaves in what a seal keeps; `None` when it was not made by [`encode`].
pub fn decode(bytes: &[u8]) -> Option<Vec<Leaf>> {
    if !bytes.len().is_multiple_of(LEAF_BYTES) {
        return None;
    }
    let leaf = |bytes: &[u8]| {
        let (kind, rest) = bytes.split_first()?;
        let (id, hash) = rest.split_at_checked(16)?;
        let kind = match kind {
            b'e' => Sealed::Event,
            b't' => Sealed::Transfer,
            _ => return None,
        };
        Some(Leaf { kind, id: Uuid::from_slice(id).ok()?, hash: hash.try_into().ok()? })
    };
    bytes.chunks(LEAF_BYTES).map(leaf).collect()
}

/// A point of a tenant's chain: what an auditor keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose chain.
    pub tenant: TenantId,
    /// Which seal, from 1.
    pub position: i64,
    /// How many audit events were sealed, through this one.
    pub events: i64,
    /// How many transfers.
    pub transfers: i64,
    /// The hash of the seal.
    pub hash: Hash,
    /// When it was made.
    pub sealed_at: Timestamp,
}

/// One seal of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Its place, its counts and its hash.
    pub point: Checkpoint,
    /// It holds what transactions below this one wrote.
    pub upto: i64,
    /// The rows, as [`encode`] writes them.
    pub leaves: Vec<u8>,
}

impl Seal {
    /// Continues the chain: `before` is the tenant's last seal.
    pub fn next(
        tenant: TenantId,
        before: Option<&Checkpoint>,
        upto: i64,
        sealed_at: Timestamp,
        leaves: Vec<Leaf>,
    ) -> Self {
        let count = |kind| leaves.iter().filter(|leaf| leaf.kind == kind).count();
        let count = |kind| i64::try_from(count(kind)).unwrap_or(i64::MAX);
        let before_of = |part: fn(&Checkpoint) -> i64| before.map_or(0, part);
        let point = Checkpoint {
            tenant,
            position: before_of(|point| point.position) + 1,
            events: before_of(|point| point.events) + count(Sealed::Event),
            transfers: before_of(|point| point.transfers) + count(Sealed::Transfer),
            hash: BEGINNING,
            sealed_at,
        };
        let mut seal = Self { point, upto, leaves: encode(leaves) };
        seal.point.hash = seal.hash_after(before.map_or(BEGINNING, |point| point.hash));
        seal
    }

    /// The hash it must have behind one that ends with `before`.
    pub fn hash_after(&self, before: Hash) -> Hash {
        let point = &self.point;
        let mut hash = Sha256::new();
        hash.update(b"bursar seal 1\n");
        hash.update(before);
        hash.update(point.tenant.0.as_bytes());
        for number in [
            point.position,
            self.upto,
            point.events,
            point.transfers,
            point.sealed_at.as_microsecond(),
        ] {
            hash.update(number.to_be_bytes());
        }
        hash.update(&self.leaves);
        hash.finalize().into()
    }

    /// Its leaves, when it continues `before` as it should; `None` when it was changed.
    pub fn check(&self, before: Option<&Checkpoint>) -> Option<Vec<Leaf>> {
        let leaves = decode(&self.leaves)?;
        let (upto, at) = (self.upto, self.point.sealed_at);
        let made = Self::next(self.point.tenant, before, upto, at, leaves.clone());
        (made == *self).then_some(leaves)
    }
}

/// What is wrong with a row or a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The row is not what was sealed.
    Changed,
    /// The row was sealed and is gone.
    Missing,
    /// The row stands among what was sealed, and was not there then.
    Inserted,
    /// The seal does not continue the one before it.
    SealChanged,
    /// There is no seal at this place.
    SealMissing,
    /// The seal is not the one of the checkpoint that was kept.
    CheckpointDiffers,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// Which row; none when it is a seal.
    pub row: Option<(Sealed, Uuid)>,
    /// The place of the seal; 0 for a row that no seal covers.
    pub position: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(kind: Sealed, n: u128) -> Leaf {
        Leaf { kind, id: Uuid::from_u128(n), hash: row_hash(&n.to_string()) }
    }

    fn two() -> (Seal, Seal) {
        let tenant = TenantId(Uuid::from_u128(7));
        let at = Timestamp::UNIX_EPOCH;
        let one = vec![leaf(Sealed::Transfer, 2), leaf(Sealed::Event, 3), leaf(Sealed::Event, 1)];
        let one = Seal::next(tenant, None, 10, at, one);
        let two = Seal::next(tenant, Some(&one.point), 20, at, vec![leaf(Sealed::Transfer, 4)]);
        (one, two)
    }

    #[test]
    fn a_chain_counts_and_checks() {
        let (one, two) = two();
        assert_eq!((one.point.position, one.point.events, one.point.transfers), (1, 2, 1));
        assert_eq!((two.point.position, two.point.events, two.point.transfers), (2, 2, 2));
        let leaves = one.check(None).unwrap();
        let ids: Vec<_> = leaves.iter().map(|leaf| leaf.id.as_u128()).collect();
        assert_eq!(ids, [1, 3, 2]);
        assert_eq!(encode(leaves), one.leaves);
        assert!(two.check(Some(&one.point)).is_some());
    }

    #[test]
    fn any_change_breaks_it() {
        let (one, two) = two();
        let broken: [fn(&mut Seal); 8] = [
            |seal| seal.point.position += 1,
            |seal| seal.point.events += 1,
            |seal| seal.point.transfers -= 1,
            |seal| seal.upto += 1,
            |seal| seal.point.hash[31] ^= 1,
            |seal| seal.leaves[48] ^= 1,
            |seal| seal.leaves.truncate(0),
            |seal| seal.point.sealed_at = Timestamp::from_microsecond(1).unwrap(),
        ];
        for change in broken {
            let mut seal = two.clone();
            change(&mut seal);
            assert_eq!(seal.check(Some(&one.point)), None, "{seal:?}");
        }
        assert_eq!(two.check(None), None);
        assert_eq!(decode(&[b'x'; 49]), None);
        assert_eq!(decode(&[b'e'; 48]), None);
    }
}
