//! Federated credentials: whose tokens an application accepts in the place of a secret.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, KeyId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::last_use::{Columns, LastUse};
use crate::meta::{Read, Tx};

/// Tokens that an application accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederatedCredential {
    /// Its id. What was issued for it ends with it.
    pub key: KeyId,
    /// The directory.
    pub tenant: TenantId,
    /// The application.
    pub app_id: AppId,
    /// Its name, one of the application's own.
    pub name: String,
    /// `iss` of the tokens, exactly.
    pub issuer: String,
    /// `sub` of the tokens, exactly.
    pub subject: String,
    /// One of `aud` of the tokens.
    pub audience: String,
    /// For people.
    pub description: String,
    /// When it was made.
    pub created_at: Time,
    /// Its last use.
    pub last_used: Option<LastUse>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    app_id: Uuid,
    name: String,
    issuer: String,
    subject: String,
    audience: String,
    description: String,
    created_at_us: i64,
    #[sqlx(flatten)]
    last_used: Columns,
}

impl From<Row> for FederatedCredential {
    fn from(row: Row) -> Self {
        Self {
            key: KeyId(row.id),
            tenant: TenantId(row.tenant_id),
            app_id: AppId(row.app_id),
            name: row.name,
            issuer: row.issuer,
            subject: row.subject,
            audience: row.audience,
            description: row.description,
            created_at: Time::from_us(row.created_at_us),
            last_used: row.last_used.into(),
        }
    }
}

/// The most of one application.
pub const MAX_FEDERATED_CREDENTIALS: usize = 20;

impl Read {
    /// An application's federated credentials, by name.
    pub async fn federated_credential_list(
        &mut self,
        tenant: TenantId,
        app_id: AppId,
    ) -> Result<Vec<FederatedCredential>, StoreError> {
        const SQL: &str = "SELECT id, tenant_id, app_id, name, issuer, subject, audience, description, created_at_us,
            last_used_at_us, last_used_from, last_used_by FROM federated_credentials WHERE tenant_id = $1 AND app_id = $2 ORDER BY name LIMIT $3";
        let rows = fetch_all!(Row, self, SQL, tenant.0, app_id.0, MAX_FEDERATED_CREDENTIALS as i64);
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

impl Tx {
    /// Adds one. A name, and a pair of issuer and subject, are there once for an application.
    pub async fn federated_credential_insert(&mut self, credential: &FederatedCredential) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO federated_credentials (id, tenant_id, app_id, name, issuer, subject, audience, description, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
        let version = self.version();
        let known = credential;
        let rows = execute!(
            self,
            SQL,
            known.key.0,
            known.tenant.0,
            known.app_id.0,
            known.name.as_str(),
            known.issuer.as_str(),
            known.subject.as_str(),
            known.audience.as_str(),
            known.description.as_str(),
            known.created_at.as_us(),
            version,
        );
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict(
                "the name, or the issuer with the subject, is in use",
            ))
        }
    }

    /// Removes one. Returns whether it was there.
    pub async fn federated_credential_delete(
        &mut self,
        tenant: TenantId,
        app_id: AppId,
        key: KeyId,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM federated_credentials WHERE tenant_id = $1 AND app_id = $2 AND id = $3";
        Ok(execute!(self, SQL, tenant.0, app_id.0, key.0) == 1)
    }
}
