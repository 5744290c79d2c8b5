//! Sign-ins that are under way at an identity provider.

use wharf_types::id::ObjectId;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::Tx;
use crate::meta::user_secret::SecretHash;

/// A browser that was sent to a provider, and has to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamAttempt {
    /// The hash of `state`, which the provider sends back.
    pub state_hash: SecretHash,
    /// The provider.
    pub provider: ObjectId,
    /// The hash of what the browser keeps: another one cannot take the answer.
    pub browser: SecretHash,
    /// What the answer has to match, under the master key.
    pub sealed: Vec<u8>,
    /// When it began.
    pub created_at: Time,
    /// Not taken from then on.
    pub expires_at: Time,
}

impl Tx {
    /// Remembers that a browser was sent to a provider.
    pub async fn upstream_attempt_insert(&mut self, attempt: &UpstreamAttempt) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO upstream_attempts (state_hash, provider_id, browser, sealed, created_at_us, expires_at_us)
            VALUES ($1, $2, $3, $4, $5, $6)";
        execute!(
            self,
            SQL,
            &attempt.state_hash[..],
            attempt.provider.0,
            &attempt.browser[..],
            &attempt.sealed[..],
            attempt.created_at.as_us(),
            attempt.expires_at.as_us()
        );
        Ok(())
    }

    /// Takes an attempt out, once: of several who bring one answer at the same moment one gets it. What is of another provider or another browser stays, so
    /// that nobody ends somebody else's.
    pub async fn upstream_attempt_take(
        &mut self,
        state_hash: &SecretHash,
        provider: ObjectId,
        browser: &SecretHash,
        now: Time,
    ) -> Result<Option<UpstreamAttempt>, StoreError> {
        const SQL: &str = "DELETE FROM upstream_attempts WHERE state_hash = $1 AND provider_id = $2 AND browser = $3 AND expires_at_us > $4
            RETURNING sealed, created_at_us, expires_at_us";
        let row = fetch_optional!(
            (Vec<u8>, i64, i64),
            self,
            SQL,
            &state_hash[..],
            provider.0,
            &browser[..],
            now.as_us()
        );
        Ok(
            row.map(|(sealed, created, expires): (Vec<u8>, i64, i64)| UpstreamAttempt {
                state_hash: *state_hash,
                provider,
                browser: *browser,
                sealed,
                created_at: Time::from_us(created),
                expires_at: Time::from_us(expires),
            }),
        )
    }

    /// Forgets attempts from which nobody came back: at most `limit`.
    pub async fn upstream_attempts_expire(&mut self, now: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM upstream_attempts WHERE state_hash IN (
            SELECT state_hash FROM upstream_attempts WHERE expires_at_us <= $1 LIMIT $2)";
        Ok(execute!(self, SQL, now.as_us(), limit as i64))
    }
}
