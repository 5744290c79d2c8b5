//! Registry refresh tokens that ended before their time (rule 17).

use wharf_types::id::{TenantId, TokenId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

impl Read {
    /// Whether the token was revoked.
    pub async fn token_is_revoked(&mut self, tenant: TenantId, token: TokenId) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT revoked_at_us FROM revoked_tokens WHERE id = $1 AND tenant_id = $2";
        Ok(fetch_optional!((i64,), self, SQL, token.0, tenant.0).is_some())
    }
}

impl Tx {
    /// Revokes a token, and remembers that until `kept_until`, when nothing that came of it can be alive any more. Returns whether it was not revoked yet.
    pub async fn token_revoke(
        &mut self,
        tenant: TenantId,
        token: TokenId,
        kept_until: Time,
        now: Time,
    ) -> Result<bool, StoreError> {
        const SQL: &str =
            "INSERT INTO revoked_tokens (id, tenant_id, kept_until_us, revoked_at_us) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO NOTHING";
        Ok(execute!(self, SQL, token.0, tenant.0, kept_until.as_us(), now.as_us()) == 1)
    }

    /// Forgets revoked tokens of which nothing is alive at `now`: at most `limit`, so that no run takes long.
    pub async fn revoked_tokens_expire(&mut self, now: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM revoked_tokens WHERE id IN (
            SELECT id FROM revoked_tokens WHERE kept_until_us <= $1 LIMIT $2)";
        Ok(execute!(self, SQL, now.as_us(), limit as i64))
    }
}
