//! Keys that tokens are signed with, encrypted under the master key.

use crate::StoreError;
use crate::meta::{Read, Tx};
use wharf_types::time::Time;

/// A signing key.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// What a token's header names (`kid`).
    pub id: String,
    /// The private key under the master key.
    pub ciphertext: Vec<u8>,
    /// Published before it signs, so that every node knows it by then (rule 27).
    pub signs_from: Time,
}

impl Read {
    /// The keys that tokens may still be signed with, the one that signs longest first.
    pub async fn signing_key_list(&mut self, now: Time) -> Result<Vec<SigningKey>, StoreError> {
        const SQL: &str = "SELECT id, ciphertext, signs_from_us FROM signing_keys
            WHERE retired_at_us IS NULL OR retired_at_us > $1 ORDER BY signs_from_us, id";
        let rows = fetch_all!((String, Vec<u8>, i64), self, SQL, now.as_us());
        Ok(rows
            .into_iter()
            .map(|(id, ciphertext, signs_from)| SigningKey {
                id,
                ciphertext,
                signs_from: Time::from_us(signs_from),
            })
            .collect())
    }
}

impl Tx {
    /// Adds a key.
    pub async fn signing_key_insert(&mut self, key: &SigningKey, now: Time) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO signing_keys (id, ciphertext, created_at_us, signs_from_us) VALUES ($1, $2, $3, $4)";
        execute!(
            self,
            SQL,
            &key.id,
            &key.ciphertext[..],
            now.as_us(),
            key.signs_from.as_us()
        );
        Ok(())
    }

    /// From `at` on, no token of this key is accepted.
    pub async fn signing_key_retire(&mut self, id: &str, at: Time) -> Result<(), StoreError> {
        execute!(
            self,
            "UPDATE signing_keys SET retired_at_us = $2 WHERE id = $1 AND retired_at_us IS NULL",
            id,
            at.as_us()
        );
        Ok(())
    }
}
