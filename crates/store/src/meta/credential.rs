//! Secrets of applications.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, KeyId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::last_use::{Columns, LastUse};
use crate::meta::{Read, Tx};

/// A secret that an application signs in with. Only its hash is stored (rules 2, 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its id. What was issued for it ends with it.
    pub key: KeyId,
    /// The directory.
    pub tenant: TenantId,
    /// The application.
    pub app_id: AppId,
    /// A note of whoever made it.
    pub display_name: Option<String>,
    /// Its first characters, so that people can tell two apart.
    pub hint: String,
    /// `sha256:` and hex of a generated secret, or the Argon2id PHC string of a chosen one.
    pub secret_hash: String,
    /// Not valid before.
    pub starts_at: Time,
    /// Not valid from then on.
    pub ends_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// Its last use.
    pub last_used: Option<LastUse>,
}

impl Credential {
    /// Whether it may be used at that time.
    pub fn is_valid_at(&self, now: Time) -> bool {
        self.starts_at <= now && now < self.ends_at
    }
}

#[derive(FromRow)]
struct Row {
    key_id: Uuid,
    tenant_id: Uuid,
    app_id: Uuid,
    display_name: Option<String>,
    hint: String,
    secret_hash: String,
    starts_at_us: i64,
    ends_at_us: i64,
    created_at_us: i64,
    #[sqlx(flatten)]
    last_used: Columns,
}

impl From<Row> for Credential {
    fn from(row: Row) -> Self {
        Self {
            key: KeyId(row.key_id),
            tenant: TenantId(row.tenant_id),
            app_id: AppId(row.app_id),
            display_name: row.display_name,
            hint: row.hint,
            secret_hash: row.secret_hash,
            starts_at: Time::from_us(row.starts_at_us),
            ends_at: Time::from_us(row.ends_at_us),
            created_at: Time::from_us(row.created_at_us),
            last_used: row.last_used.into(),
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT key_id, tenant_id, app_id, display_name, hint, secret_hash, starts_at_us, ends_at_us, created_at_us,
             last_used_at_us, last_used_from, last_used_by FROM credentials WHERE ",
            $rest
        )
    };
}

/// The most secrets that one application may have: each is tried at a sign-in.
pub const MAX_CREDENTIALS: usize = 20;

impl Read {
    /// An application's secrets, the newest first.
    pub async fn credential_list(&mut self, tenant: TenantId, app_id: AppId) -> Result<Vec<Credential>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND app_id = $2 ORDER BY created_at_us DESC, key_id LIMIT $3");
        Ok(fetch_all!(Row, self, SQL, tenant.0, app_id.0, MAX_CREDENTIALS as i64)
            .into_iter()
            .map(Into::into)
            .collect())
    }
}

impl Tx {
    /// Adds a secret. Fails when the application has as many as it may.
    pub async fn credential_insert(&mut self, credential: &Credential) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO credentials (key_id, tenant_id, app_id, display_name, hint, secret_hash, starts_at_us, ends_at_us,
            created_at_us, version) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
            WHERE (SELECT count(*) FROM credentials WHERE app_id = $3) < $11";
        // Who counts while another one inserts would count too few.
        const LOCK: &str = "SELECT 1 FROM applications WHERE tenant_id = $1 AND app_id = $2 FOR NO KEY UPDATE";
        let version = self.version();
        let Credential {
            key,
            tenant,
            app_id,
            display_name,
            hint,
            secret_hash,
            starts_at,
            ends_at,
            created_at,
            ..
        } = credential;
        lock!(self, LOCK, tenant.0, app_id.0);
        let rows = execute!(
            self,
            SQL,
            key.0,
            tenant.0,
            app_id.0,
            display_name.as_deref(),
            hint,
            secret_hash,
            starts_at.as_us(),
            ends_at.as_us(),
            created_at.as_us(),
            version,
            MAX_CREDENTIALS as i64,
        );
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict(
                "the application has as many secrets as it may have",
            ))
        }
    }

    /// Removes a secret. Returns whether it was there.
    pub async fn credential_delete(&mut self, tenant: TenantId, app_id: AppId, key: KeyId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM credentials WHERE tenant_id = $1 AND app_id = $2 AND key_id = $3";
        Ok(execute!(self, SQL, tenant.0, app_id.0, key.0) == 1)
    }
}
