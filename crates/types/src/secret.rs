//! Secrets that the product makes: random, recognisable, and never printed.
//!
//! A generated secret is `PREFIX_` + 32 base-62 characters (190 random bits, rule 3) + 6 characters of checksum, so that a scanner finds a leaked
//! one in a text and tells it from chance. `Debug` shows nothing (rule 67).

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::entropy::Entropy;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARACTERS: usize = 32;
const CHECKSUM_CHARACTERS: usize = 6;

/// What a generated secret opens, as its prefix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A service principal's client secret.
    ClientSecret,
    /// One of a registry's two admin passwords.
    AdminPassword,
    /// The link of an invitation.
    Invitation,
    /// What a browser's cookie holds.
    WebSession,
    /// An authorization code (RFC 6749 §1.3.1).
    AuthorizationCode,
    /// What a device polls with (RFC 8628).
    DeviceCode,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::ClientSecret => "whsp",
            Self::AdminPassword => "whad",
            Self::Invitation => "whin",
            Self::WebSession => "whws",
            Self::AuthorizationCode => "whac",
            Self::DeviceCode => "whdc",
        }
    }
}

/// A secret in clear, for as long as it is needed.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// A secret that somebody chose or sent.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// A new random secret.
    pub fn generate(kind: SecretKind, entropy: &dyn Entropy) -> Self {
        let mut text = format!("{}_", kind.prefix());
        while text.len() < kind.prefix().len() + 1 + RANDOM_CHARACTERS {
            let mut random = [0; 32];
            entropy.fill(&mut random);
            // 248 is the largest multiple of 62 in a byte: what lies above would favour the first letters.
            let letters = random
                .iter()
                .filter(|byte| **byte < 248)
                .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
            text.extend(letters.take(kind.prefix().len() + 1 + RANDOM_CHARACTERS - text.len()));
        }
        let checksum = checksum(&text);
        Self::new(text + &checksum)
    }

    /// Whether the text has the form and the checksum of a secret that machines sign in with. Such a secret is known to be random, so that a plain hash keeps it
    /// well enough (rule 3); anything else was chosen by somebody and needs a slow one (rule 2).
    pub fn is_generated(&self) -> bool {
        let text = self.expose();
        let Some(body) = text
            .len()
            .checked_sub(CHECKSUM_CHARACTERS)
            .and_then(|at| text.get(..at))
        else {
            return false;
        };
        let known = [SecretKind::ClientSecret, SecretKind::AdminPassword]
            .into_iter()
            .any(|kind| {
                let random = body.strip_prefix(kind.prefix()).and_then(|rest| rest.strip_prefix('_'));
                random.is_some_and(|random| {
                    random.len() == RANDOM_CHARACTERS && random.bytes().all(|b| b.is_ascii_alphanumeric())
                })
            });
        known && text[body.len()..] == checksum(body)
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The first three characters after a generated secret's prefix, or of a chosen one: what Graph calls `hint`.
    pub fn hint(&self) -> String {
        let text = self.expose();
        let start = if self.is_generated() {
            text.find('_').map_or(0, |at| at + 1)
        } else {
            0
        };
        text.chars().skip(start).take(3).collect()
    }

    /// Its SHA-256 sum, under which a generated secret is stored.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.expose().as_bytes()).into()
    }

    /// Whether both are the same, in a time that does not depend on where they differ (rule 5).
    pub fn matches(&self, other: &Secret) -> bool {
        self.sha256().ct_eq(&other.sha256()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut characters = [0_u8; CHECKSUM_CHARACTERS];
    for character in characters.iter_mut().rev() {
        *character = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    characters.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer
                .iter_mut()
                .for_each(|byte| *byte = self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn a_generated_secret_is_recognised_and_a_changed_one_is_not() {
        let secret = Secret::generate(SecretKind::ClientSecret, &Counting(AtomicU8::new(200)));
        assert_eq!(
            secret.expose().len(),
            "whsp_".len() + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
        );
        assert!(secret.is_generated());
        let mut changed = secret.expose().to_owned();
        changed.replace_range(10..11, if &changed[10..11] == "x" { "y" } else { "x" });
        assert!(!Secret::new(changed).is_generated());
        for text in ["", "a", "correct horse battery staple", "whsp_", "héé"] {
            assert!(!Secret::new(text).is_generated());
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
