//! Registries.

use std::collections::BTreeMap;

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{RegistryId, SubscriptionId, TenantId};
use wharf_types::name::{Location, RegistryName, ResourceGroupName};
use wharf_types::resource::{RegistryScope, ResourceScope};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, cursor, json_text, stored, stored_json};

/// A registry and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// What its content is stored under: a name that is used again starts empty (rule 41).
    pub id: RegistryId,
    /// The directory whose principals may be given roles here.
    pub tenant: TenantId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The resource group.
    pub group: ResourceGroupName,
    /// The name, unique in the installation.
    pub name: RegistryName,
    /// The place.
    pub location: Location,
    /// `Basic`, `Standard` or `Premium`.
    pub sku: String,
    /// Whether the admin account may sign in.
    pub admin_enabled: bool,
    /// Whether anybody may pull.
    pub anonymous_pull: bool,
    /// Free notes.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Time,
}

impl Registry {
    /// Its ARM id.
    pub fn scope(&self) -> RegistryScope {
        RegistryScope {
            subscription: self.subscription,
            group: self.group.clone(),
            name: self.name.clone(),
        }
    }

    /// Its ARM id as the scope of an action.
    pub fn resource(&self) -> ResourceScope {
        ResourceScope::Registry(self.scope())
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    subscription_id: Uuid,
    group_name: String,
    name: String,
    location: String,
    sku: String,
    admin_enabled: bool,
    anonymous_pull: bool,
    tags: String,
    created_at_us: i64,
}

impl TryFrom<Row> for Registry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        const TABLE: &str = "registries";
        Ok(Self {
            id: RegistryId(row.id),
            tenant: TenantId(row.tenant_id),
            subscription: SubscriptionId(row.subscription_id),
            group: stored(TABLE, row.id, &row.group_name)?,
            name: stored(TABLE, row.id, &row.name)?,
            location: stored(TABLE, row.id, &row.location)?,
            sku: row.sku,
            admin_enabled: row.admin_enabled,
            anonymous_pull: row.anonymous_pull,
            tags: stored_json(TABLE, row.id, &row.tags)?,
            created_at: Time::from_us(row.created_at_us),
        })
    }
}

/// The columns of [`Row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, subscription_id, group_name, name, location, sku, admin_enabled, anonymous_pull, tags, created_at_us
             FROM registries WHERE deleted_at_us IS NULL AND ",
            $rest
        )
    };
}

impl Read {
    /// The registry of that name, whichever tenant's. This is how a host name becomes a registry (rule 38).
    pub async fn registry_by_name(&mut self, name: &RegistryName) -> Result<Option<Registry>, StoreError> {
        fetch_optional!(Row, self, select!("name = $1"), name.as_str())
            .map(Registry::try_from)
            .transpose()
    }

    /// The registry of that id.
    pub async fn registry_get(&mut self, tenant: TenantId, id: RegistryId) -> Result<Option<Registry>, StoreError> {
        fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0)
            .map(Registry::try_from)
            .transpose()
    }

    /// A subscription's registries after that name, in the order of their names, at most `limit`.
    pub async fn registry_list(
        &mut self,
        tenant: TenantId,
        subscription: SubscriptionId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Registry>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND subscription_id = $2 AND name > $3 ORDER BY name LIMIT $4");
        fetch_all!(Row, self, SQL, tenant.0, subscription.0, cursor(after), limit as i64)
            .into_iter()
            .map(Registry::try_from)
            .collect()
    }

    /// A tenant's registries after that name, in the order of their names, at most `limit`.
    pub async fn registry_list_of_tenant(
        &mut self,
        tenant: TenantId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Registry>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND name > $2 ORDER BY name LIMIT $3");
        fetch_all!(Row, self, SQL, tenant.0, cursor(after), limit as i64)
            .into_iter()
            .map(Registry::try_from)
            .collect()
    }

    /// A resource group's registries after that name, in the order of their names, at most `limit`.
    pub async fn registry_list_in_group(
        &mut self,
        subscription: SubscriptionId,
        group: &ResourceGroupName,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Registry>, StoreError> {
        const SQL: &str = select!("subscription_id = $1 AND group_key = $2 AND name > $3 ORDER BY name LIMIT $4");
        fetch_all!(Row, self, SQL, subscription.0, group.key(), cursor(after), limit as i64)
            .into_iter()
            .map(Registry::try_from)
            .collect()
    }

    /// Whether a registry of that name was deleted after `since` from another subscription: then the name is held back, so that nobody receives
    /// the traffic of its former users (rule 41).
    pub async fn registry_name_is_held(
        &mut self,
        name: &RegistryName,
        subscription: SubscriptionId,
        since: Time,
    ) -> Result<bool, StoreError> {
        const SQL: &str =
            "SELECT 1 FROM registries WHERE name = $1 AND deleted_at_us > $2 AND subscription_id <> $3 LIMIT 1";
        Ok(fetch_optional!((i32,), self, SQL, name.as_str(), since.as_us(), subscription.0).is_some())
    }

    /// How many bytes of blobs and manifests the registry holds, each counted once however many repositories share it.
    pub async fn registry_size_bytes(&mut self, id: RegistryId) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT CAST(COALESCE((SELECT SUM(size_bytes) FROM blobs WHERE registry_id = $1), 0)
            + COALESCE((SELECT SUM(LENGTH(content)) FROM manifest_contents WHERE registry_id = $1), 0) AS BIGINT)";
        Ok(fetch_optional!((i64,), self, SQL, id.0).map_or(0, |(size,)| super::unsigned(size)))
    }
}

impl Tx {
    /// Adds a registry to its resource group. Fails when the name is taken or the group is gone.
    ///
    /// Whoever waits for a name has it the moment that it is given up: ask [`Read::registry_name_is_held`] after this, in the same transaction.
    pub async fn registry_insert(&mut self, registry: &Registry) -> Result<(), StoreError> {
        if !self.resource_group_hold(registry.subscription, &registry.group).await? {
            return Err(StoreError::Conflict("the resource group is gone"));
        }
        const SQL: &str =
            "INSERT INTO registries (id, tenant_id, subscription_id, group_key, group_name, name, location, sku,
            admin_enabled, anonymous_pull, tags, created_at_us, updated_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)";
        let version = self.version();
        execute!(
            self,
            SQL,
            registry.id.0,
            registry.tenant.0,
            registry.subscription.0,
            registry.group.key(),
            registry.group.as_str(),
            registry.name.as_str(),
            registry.location.as_str(),
            &registry.sku,
            registry.admin_enabled,
            registry.anonymous_pull,
            json_text(&registry.tags),
            registry.created_at.as_us(),
            version,
        );
        Ok(())
    }

    /// The registry of that id, held until the transaction ends: nobody changes it between this look and what follows from it.
    pub async fn registry_hold(&mut self, tenant: TenantId, id: RegistryId) -> Result<Option<Registry>, StoreError> {
        // The row lock of the update is what holds it.
        const SQL: &str = "UPDATE registries SET version = $3 WHERE tenant_id = $1 AND id = $2 AND deleted_at_us IS NULL
            RETURNING id, tenant_id, subscription_id, group_name, name, location, sku, admin_enabled, anonymous_pull, tags, created_at_us";
        let version = self.version();
        fetch_optional!(Row, self, SQL, tenant.0, id.0, version)
            .map(Registry::try_from)
            .transpose()
    }

    /// Changes a registry's settings: SKU, admin account, anonymous pull, notes.
    pub async fn registry_update(&mut self, registry: &Registry, now: Time) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE registries SET sku = $3, admin_enabled = $4, anonymous_pull = $5, tags = $6, updated_at_us = $7,
            version = $8 WHERE tenant_id = $1 AND id = $2 AND deleted_at_us IS NULL";
        let version = self.version();
        let rows = execute!(
            self,
            SQL,
            registry.tenant.0,
            registry.id.0,
            &registry.sku,
            registry.admin_enabled,
            registry.anonymous_pull,
            json_text(&registry.tags),
            now.as_us(),
            version,
        );
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("the registry is gone"))
        }
    }

    /// Marks a registry as deleted. Its row stays, so that the name is held back and the content can be collected.
    pub async fn registry_delete(&mut self, tenant: TenantId, id: RegistryId, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE registries SET deleted_at_us = $3, version = $4 WHERE tenant_id = $1 AND id = $2 AND deleted_at_us IS NULL";
        let version = self.version();
        let rows = execute!(self, SQL, tenant.0, id.0, now.as_us(), version);
        if rows != 1 {
            return Err(StoreError::Conflict("the registry is gone"));
        }
        execute!(self, "DELETE FROM admin_passwords WHERE registry_id = $1", id.0);
        Ok(())
    }
}
