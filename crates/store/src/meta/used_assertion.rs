//! What is good once and was used: client assertions (RFC 7523 §3, `jti`), challenges that passkeys answered.

use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

impl Read {
    /// Whether something that is good once was used.
    pub async fn assertion_used(&mut self, id: &[u8]) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT count(*) FROM used_assertions WHERE id = $1";
        Ok(fetch_optional!((i64,), self, SQL, id).is_some_and(|(count,)| count > 0))
    }
}

impl Tx {
    /// Notes that an assertion is used. Returns whether it was not used before: of several at the same moment one wins.
    pub async fn assertion_use(&mut self, id: &[u8], kept_until: Time) -> Result<bool, StoreError> {
        const SQL: &str = "INSERT INTO used_assertions (id, kept_until_us) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        Ok(execute!(self, SQL, id, kept_until.as_us()) == 1)
    }

    /// Forgets assertions that have ended by themselves at `now`: at most `limit`, so that no run takes long.
    pub async fn used_assertions_expire(&mut self, now: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM used_assertions WHERE id IN (
            SELECT id FROM used_assertions WHERE kept_until_us <= $1 LIMIT $2)";
        Ok(execute!(self, SQL, now.as_us(), limit as i64))
    }
}
