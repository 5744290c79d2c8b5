//! Service principals: applications as somebody who may be given roles.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

/// A service principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// Its object id, which role assignments name.
    pub id: ObjectId,
    /// The directory.
    pub tenant: TenantId,
    /// The application, and the user name.
    pub app_id: AppId,
    /// Its name for people.
    pub display_name: String,
    /// Whether it may sign in.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    app_id: Uuid,
    display_name: String,
    enabled: bool,
    created_at_us: i64,
}

impl From<Row> for ServicePrincipal {
    fn from(row: Row) -> Self {
        Self {
            id: ObjectId(row.id),
            tenant: TenantId(row.tenant_id),
            app_id: AppId(row.app_id),
            display_name: row.display_name,
            enabled: row.enabled,
            created_at: Time::from_us(row.created_at_us),
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, app_id, display_name, enabled, created_at_us FROM service_principals WHERE ",
            $rest
        )
    };
}

impl Read {
    /// The service principal of that object id.
    pub async fn service_principal_get(
        &mut self,
        tenant: TenantId,
        id: ObjectId,
    ) -> Result<Option<ServicePrincipal>, StoreError> {
        Ok(fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0).map(Into::into))
    }

    /// The service principal of that application, whichever tenant's: an application id is unique, and a registry's host learns the tenant from it.
    pub async fn service_principal_by_app_id(&mut self, app_id: AppId) -> Result<Option<ServicePrincipal>, StoreError> {
        Ok(fetch_optional!(Row, self, select!("app_id = $1"), app_id.0).map(Into::into))
    }

    /// The tenant's service principals after that object id, in the order of their ids, at most `limit`.
    pub async fn service_principal_list(
        &mut self,
        tenant: TenantId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<ServicePrincipal>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3");
        Ok(fetch_all!(Row, self, SQL, tenant.0, after, limit as i64)
            .into_iter()
            .map(Into::into)
            .collect())
    }
}

impl Tx {
    /// Makes an application's service principal. Fails when it has one.
    pub async fn service_principal_insert(&mut self, principal: &ServicePrincipal) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO service_principals (id, tenant_id, app_id, display_name, enabled, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let version = self.version();
        let ServicePrincipal {
            id,
            tenant,
            app_id,
            display_name,
            enabled,
            created_at,
        } = principal;
        execute!(
            self,
            SQL,
            id.0,
            tenant.0,
            app_id.0,
            display_name,
            *enabled,
            created_at.as_us(),
            version
        );
        Ok(())
    }

    /// Lets it sign in, or no longer.
    pub async fn service_principal_enable(
        &mut self,
        tenant: TenantId,
        id: ObjectId,
        enabled: bool,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE service_principals SET enabled = $3, version = $4 WHERE tenant_id = $1 AND id = $2";
        let version = self.version();
        let rows = execute!(self, SQL, tenant.0, id.0, enabled, version);
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("the service principal is gone"))
        }
    }

    /// Removes a service principal and every role that it held, and its memberships.
    pub async fn service_principal_delete(&mut self, tenant: TenantId, id: ObjectId) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM service_principals WHERE tenant_id = $1 AND id = $2";
        if execute!(self, SQL, tenant.0, id.0) != 1 {
            return Err(StoreError::Conflict("the service principal is gone"));
        }
        self.role_assignment_delete_of(tenant, id).await?;
        self.group_member_forget(id).await
    }
}
