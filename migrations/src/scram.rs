//! SCRAM-SHA-256 verifiers (RFC 5803), so that a password never travels or is logged as part of a statement.

use crate::error::Error;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Postgres's own default.
const ITERATIONS: u32 = 4096;

/// A fresh verifier of the password.
pub(crate) fn verifier(password: &SecretString) -> Result<SecretString, Error> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|e| Error::Random(e.to_string()))?;
    build(password, &salt, ITERATIONS)
}

/// Whether a stored verifier is of this password.
pub(crate) fn matches(password: &SecretString, stored: &SecretString) -> bool {
    let Some((iterations, salt)) = parse(stored.expose_secret()) else { return false };
    build(password, &salt, iterations).is_ok_and(|v| v.expose_secret() == stored.expose_secret())
}

fn parse(stored: &str) -> Option<(u32, Vec<u8>)> {
    let (iterations, salt) =
        stored.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?.0.split_once(':')?;
    Some((iterations.parse().ok()?, BASE64.decode(salt.as_bytes()).ok()?))
}

fn build(password: &SecretString, salt: &[u8], iterations: u32) -> Result<SecretString, Error> {
    let password = password.expose_secret();
    // Other characters would need SASLprep, and quoting in addresses.
    if password.len() < 8 || !password.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Err(Error::Password);
    }
    let key = prepared(password.as_bytes())?;
    let mut block = hmac(&key, &[salt, &1u32.to_be_bytes()]);
    let mut salted = block;
    for _ in 1..iterations {
        block = hmac(&key, &[&block]);
        salted.iter_mut().zip(block).for_each(|(out, b)| *out ^= b);
    }
    let salted = prepared(&salted)?;
    let stored = Sha256::digest(hmac(&salted, &[b"Client Key"]));
    let server = hmac(&salted, &[b"Server Key"]);
    Ok(format!(
        "SCRAM-SHA-256${iterations}:{}${}:{}",
        BASE64.encode(salt),
        BASE64.encode(&stored),
        BASE64.encode(&server)
    )
    .into())
}

fn prepared(key: &[u8]) -> Result<Hmac<Sha256>, Error> {
    // An HMAC key may have any length: the error cannot happen, and is not worth a panic.
    Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::Password)
}

fn hmac(key: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifier_is_of_its_password_only() {
        let password = SecretString::from("correct horse");
        let made = verifier(&password).unwrap();
        assert!(made.expose_secret().starts_with("SCRAM-SHA-256$4096:"));
        assert!(matches(&password, &made));
        assert!(!matches(&SecretString::from("correct h0rse"), &made));
        assert!(!matches(&password, &SecretString::from("md5abc")));
    }

    #[test]
    fn refuses_what_needs_preparation() {
        assert!(verifier(&SecretString::from("pässword-long")).is_err());
        assert!(verifier(&SecretString::from("short")).is_err());
    }
}
