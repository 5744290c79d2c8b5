//! Which registry, found by its name.

use std::sync::Arc;

use moka::sync::Cache;
use wharf_store::meta::registry::Registry;
use wharf_types::id::TenantId;
use wharf_types::name::{RegistryName, RepositoryName};
use wharf_types::time::Time;

use crate::context::ContentPlace;
use crate::{App, Error};

/// Registries by name, used while nothing that decides about access changed.
pub(crate) struct RegistryCache(Cache<RegistryName, (u64, Arc<Registry>)>);

impl RegistryCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(10_000))
    }
}

/// A registry with what is precomputed of it for each request.
#[derive(Clone, Debug)]
pub struct Place {
    /// The registry.
    pub registry: Arc<Registry>,
    /// Its ARM id.
    pub scope: wharf_types::resource::RegistryScope,
}

impl Place {
    pub(crate) fn content<'a>(&'a self, repository: Option<&'a RepositoryName>) -> ContentPlace<'a> {
        ContentPlace {
            tenant: self.registry.tenant,
            registry: self.registry.id,
            scope: &self.scope,
            repository,
        }
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.registry.tenant
    }

    /// How the journal names a repository.
    pub(crate) fn resource(&self, repository: &RepositoryName) -> String {
        format!("{}/repositories/{repository}", self.scope)
    }
}

impl App {
    /// The registry of that name (rule 38: the name comes from the host, or from the path on the base host).
    pub async fn registry_place(&self, name: &RegistryName, now: Time) -> Result<Option<Place>, Error> {
        let registry = self.registry_named_shared(name, now).await?;
        Ok(registry.map(|registry| Place {
            scope: registry.scope(),
            registry,
        }))
    }

    pub(crate) async fn registry_named(&self, name: &RegistryName, now: Time) -> Result<Option<Registry>, Error> {
        Ok(self
            .registry_named_shared(name, now)
            .await?
            .map(|registry| (*registry).clone()))
    }

    async fn registry_named_shared(&self, name: &RegistryName, now: Time) -> Result<Option<Arc<Registry>>, Error> {
        let current = self.inner.epoch.current(now);
        if let Some((generation, registry)) = self.inner.registries.0.get(name)
            && Some(generation) == current
        {
            return Ok(Some(registry));
        }
        let found = self
            .inner
            .meta
            .read()
            .await?
            .registry_by_name(name)
            .await?
            .map(Arc::new);
        if let (Some(registry), Some(generation)) = (&found, current) {
            self.inner
                .registries
                .0
                .insert(name.clone(), (generation, Arc::clone(registry)));
        }
        Ok(found)
    }
}
