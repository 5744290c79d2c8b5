//! Resource groups.

use std::collections::BTreeMap;

use uuid::Uuid;
use wharf_types::id::SubscriptionId;
use wharf_types::name::{Location, ResourceGroupName};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, cursor, json_text, stored, stored_json};

/// A resource group: what registries lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceGroup {
    /// The subscription that it lies in.
    pub subscription: SubscriptionId,
    /// Its name, as it was first written.
    pub name: ResourceGroupName,
    /// The place that it was made for.
    pub location: Location,
    /// Free notes.
    pub tags: BTreeMap<String, String>,
}

type Row = (Uuid, String, String, String);

fn resource_group((subscription, name, location, tags): Row) -> Result<ResourceGroup, StoreError> {
    const TABLE: &str = "resource_groups";
    Ok(ResourceGroup {
        subscription: SubscriptionId(subscription),
        location: stored(TABLE, &name, &location)?,
        tags: stored_json(TABLE, &name, &tags)?,
        name: stored(TABLE, &name, &name)?,
    })
}

impl Read {
    /// The subscription's resource group of that name.
    pub async fn resource_group_get(
        &mut self,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
    ) -> Result<Option<ResourceGroup>, StoreError> {
        const SQL: &str = "SELECT subscription_id, name, location, tags FROM resource_groups WHERE subscription_id = $1 AND name_key = $2";
        fetch_optional!(Row, self, SQL, subscription.0, name.key())
            .map(resource_group)
            .transpose()
    }

    /// The subscription's resource groups after that name, in the order of their names, at most `limit`.
    pub async fn resource_group_list(
        &mut self,
        subscription: SubscriptionId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ResourceGroup>, StoreError> {
        const SQL: &str = "SELECT subscription_id, name, location, tags FROM resource_groups
            WHERE subscription_id = $1 AND name_key > $2 ORDER BY name_key LIMIT $3";
        fetch_all!(Row, self, SQL, subscription.0, cursor(after), limit as i64)
            .into_iter()
            .map(resource_group)
            .collect()
    }
}

impl Tx {
    /// Adds the resource group, or changes its notes; name and place of one that exists stay. Returns whether it is new.
    pub async fn resource_group_put(&mut self, group: &ResourceGroup, now: Time) -> Result<bool, StoreError> {
        const UPDATE: &str =
            "UPDATE resource_groups SET tags = $3, version = $4 WHERE subscription_id = $1 AND name_key = $2";
        const INSERT: &str =
            "INSERT INTO resource_groups (subscription_id, name_key, name, location, tags, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let ResourceGroup {
            subscription,
            name,
            location,
            tags,
        } = group;
        let (tags, version) = (json_text(tags), self.version());
        if execute!(self, UPDATE, subscription.0, name.key(), &tags, version) == 1 {
            return Ok(false);
        }
        execute!(
            self,
            INSERT,
            subscription.0,
            name.key(),
            name.as_str(),
            location.as_str(),
            &tags,
            now.as_us(),
            version
        );
        Ok(true)
    }

    /// Holds a resource group for this transaction: until the commit nobody can remove it. Returns whether it is there.
    pub(super) async fn resource_group_hold(
        &mut self,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
    ) -> Result<bool, StoreError> {
        const LOCK: &str = "SELECT 1 FROM resource_groups WHERE subscription_id = $1 AND name_key = $2 FOR KEY SHARE";
        lock!(self, LOCK, subscription.0, name.key());
        Ok(self.resource_group_get(subscription, name).await?.is_some())
    }

    /// Removes the resource group, which must hold no registry any more. Returns whether it was there.
    pub async fn resource_group_delete(
        &mut self,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM resource_groups WHERE subscription_id = $1 AND name_key = $2 AND NOT EXISTS (
            SELECT 1 FROM registries WHERE subscription_id = $1 AND group_key = $2 AND deleted_at_us IS NULL)";
        // First a lock, so that the statement after it sees the registries of those who held the group.
        const LOCK: &str = "SELECT 1 FROM resource_groups WHERE subscription_id = $1 AND name_key = $2 FOR UPDATE";
        lock!(self, LOCK, subscription.0, name.key());
        Ok(execute!(self, SQL, subscription.0, name.key()) == 1)
    }
}
