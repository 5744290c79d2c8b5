//! Repositories of a registry.

use uuid::Uuid;
use wharf_types::id::{RegistryId, RepositoryId};
use wharf_types::name::RepositoryName;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, cursor, listed};

impl Read {
    /// The repository of that name. It may hold nothing yet, or nothing any more.
    pub async fn repository_get(
        &mut self,
        registry: RegistryId,
        name: &RepositoryName,
    ) -> Result<Option<RepositoryId>, StoreError> {
        const SQL: &str = "SELECT id FROM repositories WHERE registry_id = $1 AND name = $2";
        Ok(fetch_optional!((Uuid,), self, SQL, registry.0, name.as_str()).map(|(id,)| RepositoryId(id)))
    }

    /// The repositories that hold a manifest, after that name, in byte order, at most `limit`.
    pub async fn repository_list(
        &mut self,
        registry: RegistryId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<RepositoryName>, StoreError> {
        // One row for all of them: a row for each costs the driver more than the database.
        const SQL: &str = "SELECT string_agg(name, ',') FROM (
            SELECT name FROM repositories WHERE registry_id = $1 AND name > $2 AND EXISTS (
                SELECT 1 FROM manifests WHERE manifests.registry_id = $1 AND manifests.repository_id = repositories.id)
            ORDER BY name LIMIT $3) AS page";
        let row = fetch_optional!((Option<String>,), self, SQL, registry.0, cursor(after), limit as i64);
        listed("repositories", row.and_then(|(names,)| names))
    }
}

impl Tx {
    /// The repository of that name, made under `id` where there is none.
    pub async fn repository_ensure(
        &mut self,
        registry: RegistryId,
        name: &RepositoryName,
        id: RepositoryId,
        now: Time,
    ) -> Result<RepositoryId, StoreError> {
        const INSERT: &str =
            "INSERT INTO repositories (registry_id, name, id, created_at_us, version) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (registry_id, name) DO NOTHING";
        if let Some(known) = self.repository_get(registry, name).await? {
            return Ok(known);
        }
        let version = self.version();
        execute!(self, INSERT, registry.0, name.as_str(), id.0, now.as_us(), version);
        self.repository_get(registry, name)
            .await?
            .ok_or(StoreError::Conflict("the repository is gone"))
    }
}
