//! Certificates of applications.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, KeyId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::last_use::{Columns, LastUse};
use crate::meta::{Read, Tx};

/// A certificate that an application signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCredential {
    /// Its id. What was issued for it ends with it.
    pub key: KeyId,
    /// The directory.
    pub tenant: TenantId,
    /// The application.
    pub app_id: AppId,
    /// A note of whoever added it.
    pub display_name: Option<String>,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// Not valid before.
    pub starts_at: Time,
    /// Not valid from then on.
    pub ends_at: Time,
    /// When it was added.
    pub created_at: Time,
    /// Its last use.
    pub last_used: Option<LastUse>,
}

impl KeyCredential {
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
    certificate: Vec<u8>,
    starts_at_us: i64,
    ends_at_us: i64,
    created_at_us: i64,
    #[sqlx(flatten)]
    last_used: Columns,
}

impl From<Row> for KeyCredential {
    fn from(row: Row) -> Self {
        Self {
            key: KeyId(row.key_id),
            tenant: TenantId(row.tenant_id),
            app_id: AppId(row.app_id),
            display_name: row.display_name,
            certificate: row.certificate,
            starts_at: Time::from_us(row.starts_at_us),
            ends_at: Time::from_us(row.ends_at_us),
            created_at: Time::from_us(row.created_at_us),
            last_used: row.last_used.into(),
        }
    }
}

/// The most certificates of one application: each may be tried at a sign-in.
pub const MAX_KEY_CREDENTIALS: usize = 20;

impl Read {
    /// An application's certificates, the newest first.
    pub async fn key_credential_list(
        &mut self,
        tenant: TenantId,
        app_id: AppId,
    ) -> Result<Vec<KeyCredential>, StoreError> {
        const SQL: &str =
            "SELECT key_id, tenant_id, app_id, display_name, certificate, starts_at_us, ends_at_us, created_at_us,
             last_used_at_us, last_used_from, last_used_by FROM key_credentials
             WHERE tenant_id = $1 AND app_id = $2 ORDER BY created_at_us DESC, key_id LIMIT $3";
        let rows = fetch_all!(Row, self, SQL, tenant.0, app_id.0, MAX_KEY_CREDENTIALS as i64);
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

impl Tx {
    /// Adds a certificate.
    pub async fn key_credential_insert(&mut self, credential: &KeyCredential) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO key_credentials (key_id, tenant_id, app_id, display_name, certificate, starts_at_us, ends_at_us,
            created_at_us, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let version = self.version();
        let known = credential;
        execute!(
            self,
            SQL,
            known.key.0,
            known.tenant.0,
            known.app_id.0,
            known.display_name.as_deref(),
            known.certificate.as_slice(),
            known.starts_at.as_us(),
            known.ends_at.as_us(),
            known.created_at.as_us(),
            version,
        );
        Ok(())
    }

    /// Removes a certificate. Returns whether it was there.
    pub async fn key_credential_delete(
        &mut self,
        tenant: TenantId,
        app_id: AppId,
        key: KeyId,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM key_credentials WHERE tenant_id = $1 AND app_id = $2 AND key_id = $3";
        Ok(execute!(self, SQL, tenant.0, app_id.0, key.0) == 1)
    }
}
