//! Registries, as the resource manager has them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_store::StoreError;
use wharf_store::meta::Tx;
use wharf_store::meta::journal::Entry;
use wharf_store::meta::registry::Registry;
use wharf_types::access::Action;
use wharf_types::id::{RegistryId, SubscriptionId};
use wharf_types::journal::JournalKind;
use wharf_types::name::{Location, RegistryName, ResourceGroupName};
use wharf_types::resource::{RegistryScope, ResourceScope};

use crate::resources::groups::check_tags;
use crate::{App, Error, OpContext};

/// What may be set of a registry; what is left out stays, or is the default of a new one.
#[derive(Clone, Debug, Default)]
pub struct RegistryChange {
    /// The place, which cannot be changed later; the resource group's where none is said.
    pub location: Option<Location>,
    /// `Basic`, `Standard` or `Premium`.
    pub sku: Option<String>,
    /// Whether the admin account may sign in.
    pub admin_enabled: Option<bool>,
    /// Whether anybody may pull.
    pub anonymous_pull: Option<bool>,
    /// Free notes.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Where a list of registries is taken from.
#[derive(Clone, Debug)]
pub enum RegistryPlace {
    /// A whole subscription.
    Subscription(SubscriptionId),
    /// A resource group.
    ResourceGroup(SubscriptionId, ResourceGroupName),
}

/// Whether a name is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameCheck {
    /// It is.
    Available,
    /// A registry has it.
    Taken,
    /// A deleted registry had it, and it is held back from others (rule 41).
    Held,
}

/// How much a registry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usages {
    /// Bytes of blobs and manifests, each counted once.
    pub size_bytes: u64,
}

/// The three tiers, spelt as they are shown.
const SKUS: [&str; 3] = ["Basic", "Standard", "Premium"];

fn sku(text: &str) -> Result<String, Error> {
    let known = SKUS.iter().find(|sku| sku.eq_ignore_ascii_case(text));
    known
        .map(|sku| (*sku).to_owned())
        .ok_or_else(|| Error::invalid("the SKU is Basic, Standard or Premium"))
}

impl App {
    /// Creates a registry, or changes the one of that id. Returns whether it is new. A new one with the admin account enabled gets its two passwords.
    pub async fn registry_put(
        &self,
        ctx: &OpContext,
        scope: &RegistryScope,
        change: RegistryChange,
    ) -> Result<(Registry, bool), Error> {
        ctx.require(
            Action::RegistryWrite,
            ctx.subject.tenant,
            &ResourceScope::Registry(scope.clone()),
        )?;
        let known = self.inner.meta.read().await?.registry_by_name(&scope.name).await?;
        match known.filter(|known| known.tenant == ctx.subject.tenant && known.scope() == *scope) {
            Some(known) => {
                if change
                    .location
                    .as_ref()
                    .is_some_and(|location| *location != known.location)
                {
                    let message = format!(
                        "the registry {} exists in {}, and a registry does not move",
                        known.name, known.location
                    );
                    return Err(Error::conflict("InvalidResourceLocation", message));
                }
                Ok((self.registry_update(ctx, scope, change).await?, false))
            }
            None => Ok((self.registry_create(ctx, scope, change).await?, true)),
        }
    }

    async fn registry_create(
        &self,
        ctx: &OpContext,
        scope: &RegistryScope,
        change: RegistryChange,
    ) -> Result<Registry, Error> {
        let tenant = ctx.subject.tenant;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let group = match tx.subscription_get(tenant, scope.subscription).await? {
            Some(_) => tx.resource_group_get(scope.subscription, &scope.group).await?,
            None => None,
        };
        let group = group.ok_or_else(|| {
            let message = format!(
                "the resource group {} was not found: create it first, with group create -n {0} -l LOCATION",
                scope.group
            );
            Error::conflict("ResourceGroupNotFound", message)
        })?;
        let tags = change.tags.unwrap_or_default();
        check_tags(&tags)?;
        let registry = Registry {
            id: RegistryId(self.inner.environment.entropy.uuid()),
            tenant,
            subscription: scope.subscription,
            group: group.name,
            name: scope.name.clone(),
            location: change.location.unwrap_or(group.location),
            sku: change.sku.as_deref().map_or_else(|| Ok("Standard".to_owned()), sku)?,
            admin_enabled: change.admin_enabled.unwrap_or(false),
            anonymous_pull: change.anonymous_pull.unwrap_or(false),
            tags,
            created_at: ctx.now,
        };
        tx.registry_insert(&registry).await.map_err(|error| match error {
            StoreError::Conflict(_) => name_taken(&scope.name),
            other => other.into(),
        })?;
        // After the insert, which waits for whoever gives the name up at this moment.
        if tx
            .registry_name_is_held(&scope.name, scope.subscription, ctx.now - self.inner.settings.name_hold)
            .await?
        {
            return Err(name_taken(&scope.name));
        }
        self.admin_passwords_make(&mut tx, &registry, ctx.now).await?;
        tx.commit(&ctx.entry(
            JournalKind::RegistryWrite,
            tenant,
            registry.scope(),
            settings(&registry),
        ))
        .await?;
        Ok(registry)
    }

    /// Changes what `change` says of a registry.
    pub async fn registry_update(
        &self,
        ctx: &OpContext,
        scope: &RegistryScope,
        change: RegistryChange,
    ) -> Result<Registry, Error> {
        let known = self.registry_get(ctx, scope).await?;
        ctx.require(Action::RegistryWrite, known.tenant, &known.resource())?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        // Read again where nobody can write in between: a change of the notes must not switch an admin account on that was just switched off.
        let mut registry = tx
            .registry_hold(known.tenant, known.id)
            .await?
            .ok_or_else(|| Error::not_found("registry", &scope.name))?;
        if let Some(text) = change.sku {
            registry.sku = sku(&text)?;
        }
        if let Some(tags) = change.tags {
            check_tags(&tags)?;
            registry.tags = tags;
        }
        registry.admin_enabled = change.admin_enabled.unwrap_or(registry.admin_enabled);
        registry.anonymous_pull = change.anonymous_pull.unwrap_or(registry.anonymous_pull);
        tx.registry_update(&registry, ctx.now).await?;
        tx.commit(&ctx.entry(
            JournalKind::RegistryWrite,
            registry.tenant,
            registry.scope(),
            settings(&registry),
        ))
        .await?;
        Ok(registry)
    }

    /// The registry of that ARM id, if the caller may see it.
    pub async fn registry_get(&self, ctx: &OpContext, scope: &RegistryScope) -> Result<Registry, Error> {
        let found = self.inner.meta.read().await?.registry_by_name(&scope.name).await?;
        found
            .filter(|found| found.tenant == ctx.subject.tenant && found.scope() == *scope)
            .filter(|found| ctx.may(Action::RegistryRead, found.tenant, &found.resource()))
            .ok_or_else(|| Error::not_found("registry", &scope.name))
    }

    /// The registries of a place that the caller may see, after that name, and where the next page starts.
    pub async fn registry_list(
        &self,
        ctx: &OpContext,
        place: &RegistryPlace,
        after: &str,
        limit: usize,
    ) -> Result<(Vec<Registry>, Option<String>), Error> {
        const BATCH: usize = 500;
        let tenant = ctx.subject.tenant;
        let (RegistryPlace::Subscription(subscription) | RegistryPlace::ResourceGroup(subscription, _)) = place;
        self.subscription_get(ctx, *subscription).await?;
        let mut read = self.inner.meta.read().await?;
        let (mut found, mut after) = (Vec::new(), after.to_owned());
        loop {
            let batch = match place {
                RegistryPlace::Subscription(subscription) => {
                    read.registry_list(tenant, *subscription, &after, BATCH).await?
                }
                RegistryPlace::ResourceGroup(subscription, group) => {
                    read.registry_list_in_group(*subscription, group, &after, BATCH).await?
                }
            };
            let is_last = batch.len() < BATCH;
            for registry in batch {
                after = registry.name.to_string();
                if ctx.may(Action::RegistryRead, tenant, &registry.resource()) {
                    found.push(registry);
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

    /// Deletes a registry with its content and every role that was given on it.
    pub async fn registry_delete(&self, ctx: &OpContext, scope: &RegistryScope) -> Result<(), Error> {
        let registry = self.registry_get(ctx, scope).await?;
        ctx.require(Action::RegistryDelete, registry.tenant, &registry.resource())?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let entry = self.registry_remove(&mut tx, ctx, &registry).await?;
        tx.commit(&entry).await?;
        Ok(())
    }

    /// The removal itself, within a transaction: of one registry, or of a whole group's.
    pub(super) async fn registry_remove(
        &self,
        tx: &mut Tx,
        ctx: &OpContext,
        registry: &Registry,
    ) -> Result<Entry, Error> {
        tx.registry_delete(registry.tenant, registry.id, ctx.now).await?;
        tx.role_assignment_delete_within(registry.tenant, &registry.resource())
            .await?;
        tx.tombstone_put("registry", &registry.id.to_string(), ctx.now).await?;
        Ok(ctx.entry(
            JournalKind::RegistryDelete,
            registry.tenant,
            registry.scope(),
            json!({"id": registry.id}),
        ))
    }

    /// Whether a registry of that name could be created in the subscription.
    pub async fn registry_name_check(
        &self,
        ctx: &OpContext,
        subscription: SubscriptionId,
        name: &RegistryName,
    ) -> Result<NameCheck, Error> {
        self.subscription_get(ctx, subscription).await?;
        let mut read = self.inner.meta.read().await?;
        if read.registry_by_name(name).await?.is_some() {
            return Ok(NameCheck::Taken);
        }
        let since = ctx.now - self.inner.settings.name_hold;
        Ok(if read.registry_name_is_held(name, subscription, since).await? {
            NameCheck::Held
        } else {
            NameCheck::Available
        })
    }

    /// How much a registry holds.
    pub async fn registry_usages(&self, ctx: &OpContext, scope: &RegistryScope) -> Result<(Registry, Usages), Error> {
        let registry = self.registry_get(ctx, scope).await?;
        ctx.require(Action::RegistryListUsages, registry.tenant, &registry.resource())?;
        let size_bytes = self.inner.meta.read().await?.registry_size_bytes(registry.id).await?;
        Ok((registry, Usages { size_bytes }))
    }
}

fn name_taken(name: &RegistryName) -> Error {
    Error::conflict(
        "AlreadyInUse",
        format!("the registry name {name} is already in use: choose another"),
    )
}

/// What the journal keeps of a registry's settings.
fn settings(registry: &Registry) -> Value {
    json!({
        "id": registry.id, "location": registry.location, "sku": registry.sku, "adminUserEnabled": registry.admin_enabled,
        "anonymousPullEnabled": registry.anonymous_pull, "tags": registry.tags,
    })
}
