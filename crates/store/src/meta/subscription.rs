//! Tenants and their subscriptions.

use uuid::Uuid;
use wharf_types::id::{SubscriptionId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub display_name: String,
}

/// A subscription: what resource groups lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The directory that it trusts.
    pub tenant: TenantId,
    /// The name that it was made under, unique in the tenant: making it again finds it.
    pub alias: String,
    /// Its name for people.
    pub display_name: String,
}

type Row = (Uuid, Uuid, String, String);

fn subscription((id, tenant, alias, display_name): Row) -> Subscription {
    Subscription {
        id: SubscriptionId(id),
        tenant: TenantId(tenant),
        alias,
        display_name,
    }
}

impl Read {
    /// All tenants, in the order of their ids.
    pub async fn tenant_list(&mut self) -> Result<Vec<Tenant>, StoreError> {
        let rows = fetch_all!(
            (Uuid, String),
            self,
            "SELECT id, display_name FROM tenants ORDER BY created_at_us, id"
        );
        Ok(rows
            .into_iter()
            .map(|(id, display_name)| Tenant {
                id: TenantId(id),
                display_name,
            })
            .collect())
    }

    /// A tenant's subscriptions, the oldest first.
    pub async fn subscription_list(&mut self, tenant: TenantId) -> Result<Vec<Subscription>, StoreError> {
        const SQL: &str = "SELECT id, tenant_id, alias, display_name FROM subscriptions WHERE tenant_id = $1 ORDER BY created_at_us, id";
        Ok(fetch_all!(Row, self, SQL, tenant.0)
            .into_iter()
            .map(subscription)
            .collect())
    }

    /// The subscription, if the tenant has it.
    pub async fn subscription_get(
        &mut self,
        tenant: TenantId,
        id: SubscriptionId,
    ) -> Result<Option<Subscription>, StoreError> {
        const SQL: &str =
            "SELECT id, tenant_id, alias, display_name FROM subscriptions WHERE tenant_id = $1 AND id = $2";
        Ok(fetch_optional!(Row, self, SQL, tenant.0, id.0).map(subscription))
    }

    /// The subscription that was made under this alias.
    pub async fn subscription_by_alias(
        &mut self,
        tenant: TenantId,
        alias: &str,
    ) -> Result<Option<Subscription>, StoreError> {
        const SQL: &str =
            "SELECT id, tenant_id, alias, display_name FROM subscriptions WHERE tenant_id = $1 AND alias = $2";
        Ok(fetch_optional!(Row, self, SQL, tenant.0, alias).map(subscription))
    }
}

impl Tx {
    /// Adds a tenant.
    pub async fn tenant_insert(&mut self, tenant: &Tenant, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO tenants (id, display_name, created_at_us) VALUES ($1, $2, $3)";
        execute!(self, SQL, tenant.id.0, &tenant.display_name, now.as_us());
        Ok(())
    }

    /// Adds a subscription. Fails when the alias is taken.
    pub async fn subscription_insert(&mut self, subscription: &Subscription, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO subscriptions (id, tenant_id, alias, display_name, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let Subscription {
            id,
            tenant,
            alias,
            display_name,
        } = subscription;
        let version = self.version();
        execute!(self, SQL, id.0, tenant.0, alias, display_name, now.as_us(), version);
        Ok(())
    }
}
