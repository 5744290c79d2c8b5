//! What a person proves who they are with: a password, a second factor, recovery codes.

use wharf_types::id::ObjectId;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

/// The hash of a one-time secret.
pub type SecretHash = [u8; 32];

/// A person's authenticator app (RFC 6238). Passkeys are second factors as well ([`super::passkey`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFactor {
    /// The seed under the master key.
    pub ciphertext: Vec<u8>,
    /// The last time step of which a code was accepted.
    pub last_step: i64,
    /// When it was enrolled.
    pub enrolled_at: Time,
}

impl Read {
    /// The Argon2id PHC string of a person's password, and when it was chosen; none before they have one.
    pub async fn user_password(&mut self, user: ObjectId) -> Result<Option<(String, Time)>, StoreError> {
        const SQL: &str = "SELECT hash, changed_at_us FROM user_passwords WHERE user_id = $1";
        let row = fetch_optional!((String, i64), self, SQL, user.0);
        Ok(row.map(|(hash, at)| (hash, Time::from_us(at))))
    }

    /// A person's second factor; none before it is enrolled.
    pub async fn user_factor(&mut self, user: ObjectId) -> Result<Option<UserFactor>, StoreError> {
        const SQL: &str = "SELECT ciphertext, last_step, enrolled_at_us FROM user_factors WHERE user_id = $1";
        let row = fetch_optional!((Vec<u8>, i64, i64), self, SQL, user.0);
        Ok(row.map(|(ciphertext, last_step, at)| UserFactor {
            ciphertext,
            last_step,
            enrolled_at: Time::from_us(at),
        }))
    }

    /// Whether a person has a second factor of any kind.
    pub async fn user_has_factor(&mut self, user: ObjectId) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT 1 WHERE EXISTS (SELECT 1 FROM user_factors WHERE user_id = $1)
            OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)";
        Ok(fetch_optional!((i32,), self, SQL, user.0).is_some())
    }

    /// How many recovery codes a person has left.
    pub async fn recovery_code_count(&mut self, user: ObjectId) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT count(*) FROM recovery_codes WHERE user_id = $1";
        let row = fetch_optional!((i64,), self, SQL, user.0);
        Ok(super::unsigned(row.map_or(0, |(count,)| count)))
    }
}

impl Tx {
    /// Sets a person's password.
    pub async fn user_password_put(&mut self, user: ObjectId, hash: &str, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO user_passwords (user_id, hash, changed_at_us, version) VALUES ($1, $2, $3, $4)
            ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at_us = excluded.changed_at_us, version = excluded.version";
        let version = self.version();
        execute!(self, SQL, user.0, hash, now.as_us(), version);
        Ok(())
    }

    /// Sets a person's second factor.
    pub async fn user_factor_put(&mut self, user: ObjectId, factor: &UserFactor) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO user_factors (user_id, ciphertext, last_step, enrolled_at_us, version) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (user_id) DO UPDATE SET ciphertext = excluded.ciphertext, last_step = excluded.last_step,
            enrolled_at_us = excluded.enrolled_at_us, version = excluded.version";
        let version = self.version();
        let UserFactor {
            ciphertext,
            last_step,
            enrolled_at,
        } = factor;
        execute!(
            self,
            SQL,
            user.0,
            &ciphertext[..],
            *last_step,
            enrolled_at.as_us(),
            version
        );
        Ok(())
    }

    /// Removes a person's second factor. Returns whether there was one.
    pub async fn user_factor_delete(&mut self, user: ObjectId) -> Result<bool, StoreError> {
        Ok(execute!(self, "DELETE FROM user_factors WHERE user_id = $1", user.0) == 1)
    }

    /// Uses up a time step: whether no code of it, nor of a later one, was accepted before. One statement, so that of several who bring one code at the
    /// same moment one is let in (RFC 6238 §5.2).
    pub async fn user_factor_step(&mut self, user: ObjectId, step: i64) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE user_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2";
        Ok(execute!(self, SQL, user.0, step) == 1)
    }

    /// Puts these recovery codes in the place of those that there were.
    pub async fn recovery_codes_put(&mut self, user: ObjectId, codes: &[SecretHash]) -> Result<(), StoreError> {
        execute!(self, "DELETE FROM recovery_codes WHERE user_id = $1", user.0);
        for code in codes {
            const SQL: &str = "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)";
            execute!(self, SQL, user.0, &code[..]);
        }
        Ok(())
    }

    /// Uses up a recovery code: whether it was there.
    pub async fn recovery_code_use(&mut self, user: ObjectId, code: &SecretHash) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2";
        Ok(execute!(self, SQL, user.0, &code[..]) == 1)
    }
}
