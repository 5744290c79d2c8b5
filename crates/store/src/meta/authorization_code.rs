//! Authorization codes (RFC 6749 §4.1).

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, KeyId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::Tx;
use crate::meta::user_secret::SecretHash;

/// An authorization code with all that it is bound to (rule 16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The code's hash.
    pub code_hash: SecretHash,
    /// The directory.
    pub tenant: TenantId,
    /// Who signed in.
    pub user: ObjectId,
    /// In which session of a browser.
    pub session: KeyId,
    /// For which client.
    pub client: AppId,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// The S256 challenge (RFC 7636).
    pub challenge: String,
    /// What the ID token has to repeat.
    pub nonce: Option<String>,
    /// What was asked for.
    pub scope: String,
    /// When the user proved who they are.
    pub authenticated_at: Time,
    /// Not valid from then on.
    pub expires_at: Time,
    /// The family of refresh tokens that it became.
    pub family: Option<KeyId>,
}

#[derive(FromRow)]
struct Row {
    tenant_id: Uuid,
    user_id: Uuid,
    session_id: Uuid,
    client_id: Uuid,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
    scope: String,
    authenticated_at_us: i64,
    expires_at_us: i64,
    family_id: Option<Uuid>,
}

impl Tx {
    /// Stores a new code.
    pub async fn authorization_code_insert(&mut self, code: &AuthorizationCode) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO authorization_codes (code_hash, tenant_id, user_id, session_id, client_id, redirect_uri, challenge,
            nonce, scope, authenticated_at_us, expires_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        execute!(
            self,
            SQL,
            &code.code_hash[..],
            code.tenant.0,
            code.user.0,
            code.session.0,
            code.client.0,
            &code.redirect_uri,
            &code.challenge,
            code.nonce.as_deref(),
            &code.scope,
            code.authenticated_at.as_us(),
            code.expires_at.as_us()
        );
        Ok(())
    }

    /// The code, held until the transaction ends: whoever brings it at the same moment waits, and then sees what became of it.
    pub async fn authorization_code_hold(
        &mut self,
        code_hash: &SecretHash,
    ) -> Result<Option<AuthorizationCode>, StoreError> {
        const SQL: &str = "SELECT tenant_id, user_id, session_id, client_id, redirect_uri, challenge, nonce, scope, authenticated_at_us,
            expires_at_us, family_id FROM authorization_codes WHERE code_hash = $1";
        const LOCK: &str = "SELECT 1 FROM authorization_codes WHERE code_hash = $1 FOR UPDATE";
        lock!(self, LOCK, &code_hash[..]);
        let row = fetch_optional!(Row, self, SQL, &code_hash[..]);
        Ok(row.map(|row| AuthorizationCode {
            code_hash: *code_hash,
            tenant: TenantId(row.tenant_id),
            user: ObjectId(row.user_id),
            session: KeyId(row.session_id),
            client: AppId(row.client_id),
            redirect_uri: row.redirect_uri,
            challenge: row.challenge,
            nonce: row.nonce,
            scope: row.scope,
            authenticated_at: Time::from_us(row.authenticated_at_us),
            expires_at: Time::from_us(row.expires_at_us),
            family: row.family_id.map(KeyId),
        }))
    }

    /// Uses the code up: it became this family. Fails when it was used before, or has ended.
    pub async fn authorization_code_redeem(
        &mut self,
        code_hash: &SecretHash,
        family: KeyId,
        now: Time,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE authorization_codes SET family_id = $2 WHERE code_hash = $1 AND family_id IS NULL AND expires_at_us > $3";
        if execute!(self, SQL, &code_hash[..], family.0, now.as_us()) == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("the code was used, or has ended"))
        }
    }

    /// Uses a code up that was brought with a wrong proof: it is worth nothing any more.
    pub async fn authorization_code_delete(&mut self, code_hash: &SecretHash) -> Result<(), StoreError> {
        execute!(
            self,
            "DELETE FROM authorization_codes WHERE code_hash = $1",
            &code_hash[..]
        );
        Ok(())
    }

    /// Forgets codes that ended before `before`: at most `limit`. Used ones are kept for a while, so that their reuse is noticed.
    pub async fn authorization_codes_expire(&mut self, before: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM authorization_codes WHERE code_hash IN (
            SELECT code_hash FROM authorization_codes WHERE expires_at_us <= $1 LIMIT $2)";
        Ok(execute!(self, SQL, before.as_us(), limit as i64))
    }
}
