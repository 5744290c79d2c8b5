//! Which registry, found by its name.

use std::sync::Arc;

use moka::sync::Cache;
use wharf_store::meta::ContentShard;
use wharf_store::meta::registry::Registry;
use wharf_types::id::TenantId;
use wharf_types::name::{RegistryName, RepositoryName};
use wharf_types::resource::RegistryScope;
use wharf_types::time::Time;

use crate::context::ContentPlace;
use crate::{App, Error};

/// Registries by name, used while nothing that decides about access changed.
pub(crate) struct RegistryCache(Cache<RegistryName, (u64, Place)>);

impl RegistryCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(10_000))
    }
}

/// A registry with what is precomputed of it for each request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Place {
    /// The registry.
    pub registry: Arc<Registry>,
    /// Its ARM id.
    pub scope: Arc<RegistryScope>,
    /// What the names of its repositories stand after in the journal.
    repositories: Arc<str>,
}

impl From<Registry> for Place {
    fn from(registry: Registry) -> Self {
        let scope = registry.scope();
        Self {
            repositories: format!("{scope}/repositories/").into(),
            scope: scope.into(),
            registry: registry.into(),
        }
    }
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
        format!("{}{repository}", self.repositories)
    }

    /// The counter that changes of the repository move.
    pub(crate) fn shard(&self, repository: &RepositoryName) -> ContentShard {
        ContentShard::of(&[&self.repositories, repository.as_str()])
    }
}

impl App {
    /// The registry of that name (rule 38: the name comes from the host, or from the path on the base host).
    pub async fn registry_place(&self, name: &RegistryName, now: Time) -> Result<Option<Place>, Error> {
        let current = self.inner.epoch.access(now);
        if let Some((generation, place)) = self.inner.registries.0.get(name)
            && Some(generation) == current
        {
            return Ok(Some(place));
        }
        let found = self.inner.meta.read().await?.registry_by_name(name).await?;
        let found = found.map(Place::from);
        if let (Some(place), Some(generation)) = (&found, current) {
            let known = (generation, place.clone());
            self.inner.registries.0.insert(name.clone(), known);
        }
        Ok(found)
    }

    pub(crate) async fn registry_named(&self, name: &RegistryName, now: Time) -> Result<Option<Registry>, Error> {
        let place = self.registry_place(name, now).await?;
        Ok(place.map(|place| (*place.registry).clone()))
    }
}
