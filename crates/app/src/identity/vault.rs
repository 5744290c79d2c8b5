//! Encryption of what the database must not hold in clear: admin passwords and signing keys (rules 3, 27).
//!
//! AES-256-GCM under the master key, which is a file of its own. Each text is bound to its place, so that one row's text does not decrypt in another's.
//!
//! And seals on what is given out and comes back, with a key that is derived of the master key: every node of the installation knows them again.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use wharf_store::StoreError;
use wharf_types::entropy::Entropy;
use zeroize::Zeroizing;

use crate::Error;

/// The master key, ready for use.
pub struct Vault {
    key: LessSafeKey,
    seals: hmac::Key,
}

impl Vault {
    /// How long a master key is, in bytes.
    pub const KEY_BYTES: usize = 32;

    /// The vault under this master key; none when it has not 32 bytes.
    pub fn new(master_key: &[u8]) -> Option<Self> {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master_key), b"wharf seals");
        UnboundKey::new(&AES_256_GCM, master_key).ok().map(|key| Self {
            key: LessSafeKey::new(key),
            seals: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        })
    }

    /// Encrypts `clear` for `place`. The nonce is random and stands first.
    pub(crate) fn seal(&self, entropy: &dyn Entropy, place: &str, clear: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut text = clear.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut text,
            )
            .map_err(|_| damaged(place, "could not be encrypted"))?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// A seal over these fields, for this purpose alone.
    pub(crate) fn authenticate(&self, purpose: &str, fields: &[&[u8]]) -> [u8; 32] {
        let seal = hmac::sign(&self.seals, &joined(purpose, fields));
        let mut bytes = [0; 32];
        bytes.copy_from_slice(seal.as_ref());
        bytes
    }

    /// Whether the seal is ours, over these fields. In constant time.
    pub(crate) fn is_authentic(&self, purpose: &str, fields: &[&[u8]], seal: &[u8; 32]) -> bool {
        hmac::verify(&self.seals, &joined(purpose, fields), seal).is_ok()
    }

    /// Decrypts what was sealed for `place` under this key.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let wrong = || damaged(place, "does not decrypt with this master key");
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self
            .key
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut text)
            .map_err(|_| wrong())?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// Each field with its length, so that no two lists have the same text (rule 31).
fn joined(purpose: &str, fields: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::new();
    for field in [purpose.as_bytes()].iter().chain(fields) {
        text.extend_from_slice(&(field.len() as u64).to_be_bytes());
        text.extend_from_slice(field);
    }
    text
}

fn damaged(place: &str, problem: &str) -> Error {
    Error::Internal(StoreError::Corrupt {
        place: "secret",
        id: place.to_owned(),
        problem: problem.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn a_sealed_text_opens_in_its_place_under_its_key_and_nowhere_else() {
        let vault = Vault::new(&[7; Vault::KEY_BYTES]).unwrap();
        let sealed = vault.seal(&SystemEntropy, "here", b"secret").unwrap();
        assert_eq!(vault.open("here", &sealed).unwrap().as_slice(), b"secret");
        assert!(vault.open("there", &sealed).is_err());
        assert!(
            Vault::new(&[8; Vault::KEY_BYTES])
                .unwrap()
                .open("here", &sealed)
                .is_err()
        );
        assert!(vault.open("here", &sealed[..5]).is_err());
        assert!(Vault::new(b"short").is_none());
    }

    #[test]
    fn a_seal_holds_for_its_purpose_fields_and_key_alone() {
        let vault = Vault::new(&[7; Vault::KEY_BYTES]).unwrap();
        let seal = vault.authenticate("this", &[b"ab", b"c"]);
        assert!(vault.is_authentic("this", &[b"ab", b"c"], &seal));
        for (purpose, fields) in [
            ("that", [&b"ab"[..], b"c"]),
            ("this", [b"a", b"bc"]),
            ("this", [b"ab", b"d"]),
            ("thisa", [b"b", b"c"]),
        ] {
            assert!(!vault.is_authentic(purpose, &fields, &seal), "{purpose} {fields:?}");
        }
        let other = Vault::new(&[8; Vault::KEY_BYTES]).unwrap();
        assert!(!other.is_authentic("this", &[b"ab", b"c"], &seal));
    }
}
