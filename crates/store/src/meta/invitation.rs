//! Invitations: links with which somebody chooses a password and enrols a second factor, once.

use uuid::Uuid;
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::user_secret::SecretHash;
use crate::meta::{Read, Tx};

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The hash of what the link ends with.
    pub token_hash: SecretHash,
    /// The directory.
    pub tenant: TenantId,
    /// Who is invited.
    pub user: ObjectId,
    /// When it was made.
    pub created_at: Time,
    /// Not valid from then on.
    pub expires_at: Time,
}

impl Read {
    /// The invitation of that link, if it is still good.
    pub async fn invitation_get(
        &mut self,
        token_hash: &SecretHash,
        now: Time,
    ) -> Result<Option<Invitation>, StoreError> {
        const SQL: &str = "SELECT tenant_id, user_id, created_at_us, expires_at_us FROM invitations
            WHERE token_hash = $1 AND expires_at_us > $2";
        let row = fetch_optional!((Uuid, Uuid, i64, i64), self, SQL, &token_hash[..], now.as_us());
        Ok(row.map(|(tenant, user, created, expires)| Invitation {
            token_hash: *token_hash,
            tenant: TenantId(tenant),
            user: ObjectId(user),
            created_at: Time::from_us(created),
            expires_at: Time::from_us(expires),
        }))
    }
}

impl Tx {
    /// Makes an invitation, in the place of those that the user had.
    pub async fn invitation_put(&mut self, invitation: &Invitation) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO invitations (token_hash, tenant_id, user_id, created_at_us, expires_at_us)
            VALUES ($1, $2, $3, $4, $5)";
        let Invitation {
            token_hash,
            tenant,
            user,
            created_at,
            expires_at,
        } = invitation;
        execute!(self, "DELETE FROM invitations WHERE user_id = $1", user.0);
        execute!(
            self,
            SQL,
            &token_hash[..],
            tenant.0,
            user.0,
            created_at.as_us(),
            expires_at.as_us()
        );
        Ok(())
    }

    /// Uses up an invitation. Fails when somebody else was first, or when it has ended.
    pub async fn invitation_use(&mut self, token_hash: &SecretHash, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM invitations WHERE token_hash = $1 AND expires_at_us > $2";
        if execute!(self, SQL, &token_hash[..], now.as_us()) == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("the invitation was used, or has ended"))
        }
    }

    /// Forgets invitations that have ended: at most `limit`.
    pub async fn invitations_expire(&mut self, now: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM invitations WHERE token_hash IN (
            SELECT token_hash FROM invitations WHERE expires_at_us <= $1 LIMIT $2)";
        Ok(execute!(self, SQL, now.as_us(), limit as i64))
    }
}
