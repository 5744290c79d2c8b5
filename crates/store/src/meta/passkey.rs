//! Passkeys: credentials of WebAuthn, each of one person.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{KeyId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id for people.
    pub id: KeyId,
    /// The directory.
    pub tenant: TenantId,
    /// Whose it is.
    pub user: ObjectId,
    /// The id that the authenticator gave it, unique in the installation.
    pub credential_id: Vec<u8>,
    /// Its public key and what is known of it, as JSON. Nothing of it is secret.
    pub credential: String,
    /// How often it was used, as the authenticator counts; always zero with those that do not.
    pub sign_count: u32,
    /// What its owner calls it.
    pub name: String,
    /// When it was enrolled.
    pub created_at: Time,
    /// When it was last used.
    pub last_used_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    user_id: Uuid,
    credential_id: Vec<u8>,
    credential: String,
    sign_count: i64,
    name: String,
    created_at_us: i64,
    last_used_at_us: Option<i64>,
}

impl TryFrom<Row> for Passkey {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let count = u32::try_from(row.sign_count);
        Ok(Self {
            id: KeyId(row.id),
            tenant: TenantId(row.tenant_id),
            user: ObjectId(row.user_id),
            credential_id: row.credential_id,
            credential: row.credential,
            sign_count: count.map_err(|error| StoreError::corrupt("passkeys", row.id, error))?,
            name: row.name,
            created_at: Time::from_us(row.created_at_us),
            last_used_at: row.last_used_at_us.map(Time::from_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, user_id, credential_id, credential, sign_count, name, created_at_us, last_used_at_us FROM passkeys WHERE ",
            $rest
        )
    };
}

/// The most passkeys that one person has.
pub const MAX_PASSKEYS: usize = 20;

impl Read {
    /// A person's passkeys, the oldest first.
    pub async fn passkey_list(&mut self, user: ObjectId) -> Result<Vec<Passkey>, StoreError> {
        const SQL: &str = select!("user_id = $1 ORDER BY created_at_us, id LIMIT $2");
        fetch_all!(Row, self, SQL, user.0, MAX_PASSKEYS as i64)
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }

    /// The passkey with the id that an authenticator gave it.
    pub async fn passkey_by_credential(&mut self, credential_id: &[u8]) -> Result<Option<Passkey>, StoreError> {
        const SQL: &str = select!("credential_id = $1");
        fetch_optional!(Row, self, SQL, credential_id)
            .map(TryInto::try_into)
            .transpose()
    }
}

impl Tx {
    /// Adds a passkey. Fails when its credential is somebody's already.
    pub async fn passkey_insert(&mut self, passkey: &Passkey) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, credential, sign_count, name, created_at_us,
            last_used_at_us, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (credential_id) DO NOTHING";
        let version = self.version();
        let Passkey {
            id,
            tenant,
            user,
            credential_id,
            credential,
            sign_count,
            name,
            created_at,
            last_used_at,
        } = passkey;
        let rows = execute!(
            self,
            SQL,
            id.0,
            tenant.0,
            user.0,
            &credential_id[..],
            credential,
            i64::from(*sign_count),
            name,
            created_at.as_us(),
            last_used_at.map(Time::as_us),
            version
        );
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("this passkey is enrolled already"))
        }
    }

    /// Notes that a passkey was used, with the count that it showed: whether the count went on since the last time. Authenticators that do not count show
    /// zero always. One statement, so that of two who bring one count one is let in (WebAuthn §7.2, step 21).
    pub async fn passkey_use(
        &mut self,
        id: KeyId,
        sign_count: u32,
        credential: &str,
        now: Time,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE passkeys SET sign_count = $2, credential = $3, last_used_at_us = $4
            WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))";
        Ok(execute!(self, SQL, id.0, i64::from(sign_count), credential, now.as_us()) == 1)
    }

    /// Calls a person's passkey something else. Returns whether it was there.
    pub async fn passkey_rename(&mut self, user: ObjectId, id: KeyId, name: &str) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE passkeys SET name = $3, version = $4 WHERE user_id = $1 AND id = $2";
        let version = self.version();
        Ok(execute!(self, SQL, user.0, id.0, name, version) == 1)
    }

    /// Removes a person's passkey. Returns whether it was there.
    pub async fn passkey_delete(&mut self, user: ObjectId, id: KeyId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM passkeys WHERE user_id = $1 AND id = $2";
        Ok(execute!(self, SQL, user.0, id.0) == 1)
    }

    /// Removes all passkeys of a person. Returns how many there were.
    pub async fn passkeys_delete(&mut self, user: ObjectId) -> Result<u64, StoreError> {
        Ok(execute!(self, "DELETE FROM passkeys WHERE user_id = $1", user.0))
    }
}
