//! The text of an API key and the hash by which it is known: `bsr_<env>_<keyid>_<secret>_<checksum>`.
//!
//! The id finds the row, the checksum refuses a mistyped key without asking the database, and only
//! HMAC-SHA256(pepper, id ‖ secret) is stored: a stolen table alone signs nobody in.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::ids::KeyId;

const PREFIX: &str = "bsr";
const SECRET_BYTES: usize = 32;
/// Shortest pepper accepted.
pub const MIN_PEPPER_BYTES: usize = 32;

/// The key of the HMAC, from configuration.
pub struct Pepper(SecretBox<[u8]>);

impl Pepper {
    /// A pepper of at least [`MIN_PEPPER_BYTES`] bytes; `None` when it is shorter.
    pub fn new(secret: &SecretString) -> Option<Self> {
        let bytes = secret.expose_secret().as_bytes();
        (bytes.len() >= MIN_PEPPER_BYTES).then(|| Self(SecretBox::new(bytes.into())))
    }
}

/// An API key as presented or as just made. Its secret prints nowhere.
pub struct ApiKeyText {
    /// Finds the row.
    pub id: KeyId,
    secret: SecretBox<[u8; SECRET_BYTES]>,
}

impl ApiKeyText {
    /// A new key from fresh random bytes.
    pub fn new(id: KeyId, random: [u8; SECRET_BYTES]) -> Self {
        Self { id, secret: SecretBox::new(Box::new(random)) }
    }

    /// Reads a key's text. `None` when it is not one: wrong shape, environment or checksum.
    pub fn parse(text: &str, env: &str) -> Option<Self> {
        let (body, checksum) = text.rsplit_once('_')?;
        if checksum != checksum_of(body) {
            return None;
        }
        let mut parts = body.split('_');
        if parts.next() != Some(PREFIX) || parts.next() != Some(env) {
            return None;
        }
        let id = decode(parts.next()?)?;
        let secret = decode(parts.next()?)?;
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            id: KeyId(Uuid::from_slice(&id).ok()?),
            secret: SecretBox::new(Box::new(secret.try_into().ok()?)),
        })
    }

    /// The key's whole text, to be shown once.
    pub fn text(&self, env: &str) -> SecretString {
        let id = encode(self.id.0.as_bytes());
        let body = format!("{PREFIX}_{env}_{id}_{}", encode(self.secret.expose_secret()));
        let checksum = checksum_of(&body);
        SecretString::from(format!("{body}_{checksum}"))
    }

    /// What is stored instead of the secret.
    pub fn hash(&self, pepper: &Pepper) -> [u8; 32] {
        self.mac(pepper).finalize().into_bytes().into()
    }

    /// Whether `stored` is this key's hash, in constant time.
    pub fn matches(&self, pepper: &Pepper, stored: &[u8]) -> bool {
        self.hash(pepper).ct_eq(stored).into()
    }

    fn mac(&self, pepper: &Pepper) -> Hmac<Sha256> {
        // HMAC takes a key of any length, so this cannot fail; the fallback keeps the promise not to panic.
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper.0.expose_secret())
            .unwrap_or_else(|_| Hmac::<Sha256>::new(&hmac::digest::array::Array::default()));
        mac.update(self.id.0.as_bytes());
        mac.update(self.secret.expose_secret());
        mac
    }
}

/// Whether a text can be the environment part of a key: 2 to 16 lower-case letters and digits.
pub fn env_is_valid(env: &str) -> bool {
    (2..=16).contains(&env.len())
        && env.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn encode(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    // Upper case is refused so that a key has one spelling.
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()
}

fn checksum_of(body: &str) -> String {
    HEXLOWER.encode(&crc32fast::hash(body.as_bytes()).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper(text: &str) -> Pepper {
        Pepper::new(&SecretString::from(text)).unwrap()
    }

    #[test]
    fn round_trip_and_hash() {
        let key = ApiKeyText::new(KeyId::generate(), [7; 32]);
        let text = key.text("dev");
        let read = ApiKeyText::parse(text.expose_secret(), "dev").unwrap();
        assert_eq!(read.id, key.id);
        let one = pepper(&"a".repeat(32));
        let other = pepper(&"b".repeat(32));
        assert!(read.matches(&one, &key.hash(&one)));
        assert!(!read.matches(&other, &key.hash(&one)));
        assert!(!read.matches(&one, &[]));
        assert!(Pepper::new(&SecretString::from("short")).is_none());
    }

    #[test]
    fn a_wrong_letter_is_refused_without_the_database() {
        let key = ApiKeyText::new(KeyId::generate(), [9; 32]);
        let text = key.text("dev").expose_secret().to_owned();
        assert!(ApiKeyText::parse(&text, "live").is_none());
        assert!(ApiKeyText::parse(&text.to_uppercase(), "dev").is_none());
        for at in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[at] = if wrong[at] == b'x' { b'y' } else { b'x' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert!(ApiKeyText::parse(&wrong, "dev").is_none(), "{at}");
        }
        for bad in ["", "_", "bsr", "bsr_dev___", "bsr_dev_a_b_c_d"] {
            assert!(ApiKeyText::parse(bad, "dev").is_none(), "{bad}");
        }
    }
}
