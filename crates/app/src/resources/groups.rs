//! Resource groups.

use std::collections::BTreeMap;

use serde_json::json;
use wharf_store::meta::resource_group::ResourceGroup;
use wharf_types::access::Action;
use wharf_types::id::SubscriptionId;
use wharf_types::journal::JournalKind;
use wharf_types::name::{Location, ResourceGroupName};
use wharf_types::resource::ResourceScope;

use crate::{App, Error, OpContext};

/// What may be set of a resource group.
#[derive(Clone, Debug)]
pub struct GroupSettings {
    /// Its place, which cannot be changed later.
    pub location: Location,
    /// Free notes; what is left out stays.
    pub tags: Option<BTreeMap<String, String>>,
}

/// ARM's limit of notes.
const MAX_TAGS: usize = 50;
/// ARM's limits of a note's name and text, in characters.
const MAX_TAG_NAME: usize = 512;
const MAX_TAG_TEXT: usize = 256;

pub(super) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    let good = |(name, text): (&String, &String)| {
        (1..=MAX_TAG_NAME).contains(&name.chars().count()) && text.chars().count() <= MAX_TAG_TEXT
    };
    if tags.len() <= MAX_TAGS && tags.iter().all(good) {
        Ok(())
    } else {
        Err(Error::invalid(
            "there may be 50 tags, with names of 1 to 512 and values of at most 256 characters",
        ))
    }
}

impl App {
    /// Creates a resource group, or changes the notes of one. Returns whether it is new.
    pub async fn resource_group_put(
        &self,
        ctx: &OpContext,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
        settings: GroupSettings,
    ) -> Result<(ResourceGroup, bool), Error> {
        let GroupSettings { location, tags } = settings;
        self.resource_group_write(ctx, subscription, name, Some(location), tags)
            .await
    }

    /// Replaces the notes of a resource group, if any are given.
    pub async fn resource_group_update(
        &self,
        ctx: &OpContext,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
        tags: Option<BTreeMap<String, String>>,
    ) -> Result<ResourceGroup, Error> {
        let (group, _) = self.resource_group_write(ctx, subscription, name, None, tags).await?;
        Ok(group)
    }

    /// Without a location the group must exist.
    async fn resource_group_write(
        &self,
        ctx: &OpContext,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
        location: Option<Location>,
        tags: Option<BTreeMap<String, String>>,
    ) -> Result<(ResourceGroup, bool), Error> {
        let tenant = ctx.subject.tenant;
        let scope = ResourceScope::ResourceGroup(subscription, name.clone());
        ctx.require(Action::ResourceGroupWrite, tenant, &scope)?;
        check_tags(tags.as_ref().unwrap_or(&BTreeMap::new()))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if tx.subscription_get(tenant, subscription).await?.is_none() {
            return Err(Error::not_found("subscription", subscription));
        }
        let known = tx.resource_group_get(subscription, name).await?;
        let group = match (known, location) {
            (Some(known), Some(location)) if known.location != location => {
                return Err(Error::conflict(
                    "InvalidResourceGroupLocation",
                    format!(
                        "the resource group {name} exists in {}, and a group does not move to {location}",
                        known.location
                    ),
                ));
            }
            (Some(known), _) => ResourceGroup {
                tags: tags.unwrap_or(known.tags),
                ..known
            },
            (None, Some(location)) => ResourceGroup {
                subscription,
                name: name.clone(),
                location,
                tags: tags.unwrap_or_default(),
            },
            (None, None) => return Err(Error::not_found("resource group", name)),
        };
        let scope = ResourceScope::ResourceGroup(subscription, group.name.clone());
        let is_new = tx.resource_group_put(&group, ctx.now).await?;
        let payload = json!({"location": group.location, "tags": group.tags});
        tx.commit(&ctx.entry(JournalKind::ResourceGroupWrite, tenant, scope, payload))
            .await?;
        Ok((group, is_new))
    }

    /// The resource group, if the caller may see it.
    pub async fn resource_group_get(
        &self,
        ctx: &OpContext,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
    ) -> Result<ResourceGroup, Error> {
        let tenant = ctx.subject.tenant;
        let mut read = self.inner.meta.read().await?;
        let found = match read.subscription_get(tenant, subscription).await? {
            Some(_) => read.resource_group_get(subscription, name).await?,
            None => None,
        };
        let scope = ResourceScope::ResourceGroup(subscription, name.clone());
        found
            .filter(|_| ctx.may(Action::ResourceGroupRead, tenant, &scope))
            .ok_or_else(|| Error::not_found("resource group", name))
    }

    /// The subscription's resource groups that the caller may see, after that name, and where the next page starts.
    pub async fn resource_group_list(
        &self,
        ctx: &OpContext,
        subscription: SubscriptionId,
        after: &str,
        limit: usize,
    ) -> Result<(Vec<ResourceGroup>, Option<String>), Error> {
        const BATCH: usize = 500;
        self.subscription_get(ctx, subscription).await?;
        let mut read = self.inner.meta.read().await?;
        let (mut found, mut after) = (Vec::new(), after.to_owned());
        loop {
            let batch = read.resource_group_list(subscription, &after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            for group in batch {
                after = group.name.key();
                let scope = ResourceScope::ResourceGroup(subscription, group.name.clone());
                if ctx.may(Action::ResourceGroupRead, ctx.subject.tenant, &scope) {
                    found.push(group);
                    if found.len() == limit {
                        return Ok((found, Some(after)));
                    }
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
    }

    /// Deletes a resource group with its registries, and every role that was given in it. Returns whether it was there.
    pub async fn resource_group_delete(
        &self,
        ctx: &OpContext,
        subscription: SubscriptionId,
        name: &ResourceGroupName,
    ) -> Result<(), Error> {
        const BATCH: usize = 500;
        let tenant = ctx.subject.tenant;
        let group = self.resource_group_get(ctx, subscription, name).await?;
        let scope = ResourceScope::ResourceGroup(subscription, group.name);
        ctx.require(Action::ResourceGroupDelete, tenant, &scope)?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        loop {
            let registries = tx.registry_list_in_group(subscription, name, "", BATCH).await?;
            let is_last = registries.len() < BATCH;
            for registry in registries {
                ctx.require(Action::RegistryDelete, tenant, &registry.resource())?;
                let entry = self.registry_remove(&mut tx, ctx, &registry).await?;
                tx.record(&entry).await?;
            }
            if is_last {
                break;
            }
        }
        if !tx.resource_group_delete(subscription, name).await? {
            return Err(Error::not_found("resource group", name));
        }
        // After the group is gone: a role that was given in between goes as well.
        tx.role_assignment_delete_within(tenant, &scope).await?;
        tx.tombstone_put("resource_group", &scope.key(), ctx.now).await?;
        tx.commit(&ctx.entry(JournalKind::ResourceGroupDelete, tenant, scope, json!({})))
            .await?;
        Ok(())
    }
}
