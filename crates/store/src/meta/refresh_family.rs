//! Families of refresh tokens: a client's continued access on behalf of a person (RFC 9700 §4.14.2).

use std::str::FromStr;

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, KeyId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, stored};

/// A family of refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshFamily {
    /// Its id: the credential of every token that was issued from it.
    pub id: KeyId,
    /// The directory.
    pub tenant: TenantId,
    /// On whose behalf.
    pub user: ObjectId,
    /// Which client's.
    pub client: AppId,
    /// What its tokens are derived of, together with the master key.
    pub salt: Vec<u8>,
    /// Which token of the chain is the latest, counted from 0.
    pub generation: i64,
    /// Since when it is the latest.
    pub rotated_at: Time,
    /// When the person proved who they are.
    pub authenticated_at: Time,
    /// When it began.
    pub created_at: Time,
    /// Not valid from then on.
    pub expires_at: Time,
    /// The client's program, as it called itself when the family began.
    pub user_agent: String,
    /// Where it was last used from.
    pub address: String,
    /// What was granted when it began: what a request asks for that names no scope.
    pub scope: String,
    /// What the client is, as the address says that its code was sent to.
    pub kind: ClientKind,
}

/// What kind of program a client is (RFC 6749 §2.1, RFC 8252).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// A server, which keeps a secret and has to show it.
    Web,
    /// A page with a script.
    Spa,
    /// A program at somebody's machine, or a device.
    Native,
}

impl ClientKind {
    /// The word, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::Native => "native",
        }
    }
}

impl FromStr for ClientKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Web, Self::Spa, Self::Native]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    user_id: Uuid,
    client_id: Uuid,
    salt: Vec<u8>,
    generation: i64,
    rotated_at_us: i64,
    authenticated_at_us: i64,
    created_at_us: i64,
    expires_at_us: i64,
    user_agent: String,
    address: String,
    scope: String,
    client_kind: String,
}

impl TryFrom<Row> for RefreshFamily {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let kind = stored("refresh_families", row.id, &row.client_kind)?;
        Ok(Self {
            id: KeyId(row.id),
            tenant: TenantId(row.tenant_id),
            user: ObjectId(row.user_id),
            client: AppId(row.client_id),
            salt: row.salt,
            generation: row.generation,
            rotated_at: Time::from_us(row.rotated_at_us),
            authenticated_at: Time::from_us(row.authenticated_at_us),
            created_at: Time::from_us(row.created_at_us),
            expires_at: Time::from_us(row.expires_at_us),
            user_agent: row.user_agent,
            address: row.address,
            scope: row.scope,
            kind,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, user_id, client_id, salt, generation, rotated_at_us, authenticated_at_us, created_at_us, expires_at_us,
             user_agent, address, scope, client_kind FROM refresh_families WHERE ",
            $rest
        )
    };
}

impl Read {
    /// The family of that id, whoever's: whoever asks has a token that names it.
    pub async fn refresh_family_get(&mut self, id: KeyId) -> Result<Option<RefreshFamily>, StoreError> {
        let row = fetch_optional!(Row, self, select!("id = $1"), id.0);
        row.map(RefreshFamily::try_from).transpose()
    }

    /// A person's families that have not ended, the newest first.
    pub async fn refresh_family_list(&mut self, user: ObjectId, now: Time) -> Result<Vec<RefreshFamily>, StoreError> {
        const SQL: &str = select!("user_id = $1 AND expires_at_us > $2 ORDER BY created_at_us DESC, id LIMIT $3");
        let limit = super::web_session::MAX_LISTED as i64;
        fetch_all!(Row, self, SQL, user.0, now.as_us(), limit)
            .into_iter()
            .map(RefreshFamily::try_from)
            .collect()
    }
}

impl Tx {
    /// Begins a family.
    pub async fn refresh_family_insert(&mut self, family: &RefreshFamily) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO refresh_families (id, tenant_id, user_id, client_id, salt, generation, rotated_at_us,
            authenticated_at_us, created_at_us, expires_at_us, user_agent, address, scope, client_kind, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
        let version = self.version();
        execute!(
            self,
            SQL,
            family.id.0,
            family.tenant.0,
            family.user.0,
            family.client.0,
            &family.salt[..],
            family.generation,
            family.rotated_at.as_us(),
            family.authenticated_at.as_us(),
            family.created_at.as_us(),
            family.expires_at.as_us(),
            &family.user_agent,
            &family.address,
            &family.scope,
            family.kind.as_str(),
            version
        );
        Ok(())
    }

    /// Makes the token after `generation` the latest. Returns whether `generation` was the latest: of two who use one token at once one rotates it.
    pub async fn refresh_family_rotate(
        &mut self,
        id: KeyId,
        generation: i64,
        address: &str,
        now: Time,
    ) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE refresh_families SET generation = generation + 1, rotated_at_us = $3, address = $4, version = $5
            WHERE id = $1 AND generation = $2 AND expires_at_us > $3";
        let version = self.version();
        Ok(execute!(self, SQL, id.0, generation, now.as_us(), address, version) == 1)
    }

    /// Ends a person's family, and with it whatever was issued from it. Returns whether it was there.
    pub async fn refresh_family_delete(&mut self, user: ObjectId, id: KeyId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM refresh_families WHERE user_id = $1 AND id = $2";
        Ok(execute!(self, SQL, user.0, id.0) == 1)
    }

    /// Ends all families of a person.
    pub async fn refresh_families_delete(&mut self, user: ObjectId) -> Result<u64, StoreError> {
        Ok(execute!(
            self,
            "DELETE FROM refresh_families WHERE user_id = $1",
            user.0
        ))
    }

    /// Ends all that a client was given, on one person's behalf or on everybody's. Returns how many there were.
    pub async fn refresh_families_delete_of_client(
        &mut self,
        client: AppId,
        user: Option<ObjectId>,
    ) -> Result<u64, StoreError> {
        Ok(match user {
            Some(user) => {
                const SQL: &str = "DELETE FROM refresh_families WHERE client_id = $1 AND user_id = $2";
                execute!(self, SQL, client.0, user.0)
            }
            None => execute!(self, "DELETE FROM refresh_families WHERE client_id = $1", client.0),
        })
    }

    /// Forgets families that have ended: at most `limit`.
    pub async fn refresh_families_expire(&mut self, now: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM refresh_families WHERE id IN (
            SELECT id FROM refresh_families WHERE expires_at_us <= $1 LIMIT $2)";
        Ok(execute!(self, SQL, now.as_us(), limit as i64))
    }
}
