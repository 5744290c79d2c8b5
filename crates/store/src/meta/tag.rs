//! Tags of a repository.

use wharf_types::digest::Digest;
use wharf_types::id::{RegistryId, RepositoryId};
use wharf_types::name::{RepositoryName, TagName};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, cursor, listed, stored};

impl Read {
    /// What a tag names.
    pub async fn tag_get(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        name: &TagName,
    ) -> Result<Option<Digest>, StoreError> {
        const SQL: &str = "SELECT digest FROM tags WHERE registry_id = $1 AND repository_id = $2 AND name = $3";
        let row = fetch_optional!((String,), self, SQL, registry.0, repository.0, name.as_str());
        row.map(|(digest,)| stored("tags", name, &digest)).transpose()
    }

    /// The repository's tags after that name, in byte order, at most `limit`. None when there is no such repository.
    pub async fn tag_list(
        &mut self,
        registry: RegistryId,
        repository: &RepositoryName,
        after: &str,
        limit: usize,
    ) -> Result<Option<Vec<TagName>>, StoreError> {
        // One row for all of them: a row for each costs the driver more than the database.
        const SQL: &str = "SELECT (SELECT string_agg(name, ',') FROM (
                SELECT name FROM tags WHERE registry_id = $1 AND repository_id = repositories.id AND name > $3 ORDER BY name LIMIT $4
            ) AS page) FROM repositories WHERE registry_id = $1 AND name = $2";
        let page = (cursor(after), limit as i64);
        let row = fetch_optional!(
            (Option<String>,),
            self,
            SQL,
            registry.0,
            repository.as_str(),
            page.0,
            page.1
        );
        row.map(|(names,)| listed("tags", names)).transpose()
    }
}

impl Tx {
    /// Lets a tag name a manifest of its repository. Returns what it named before.
    pub async fn tag_put(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        name: &TagName,
        digest: &Digest,
        now: Time,
    ) -> Result<Option<Digest>, StoreError> {
        // In steps that each wait for whoever writes the tag just now, so that what it named before is told rightly to the second of two movers as well:
        // the journal proves every move.
        const INSERT: &str =
            "INSERT INTO tags (registry_id, repository_id, name, digest, created_at_us, updated_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT (registry_id, repository_id, name) DO NOTHING";
        const HOLD: &str = "UPDATE tags SET updated_at_us = $4, version = $5
            WHERE registry_id = $1 AND repository_id = $2 AND name = $3 RETURNING digest";
        const MOVE: &str = "UPDATE tags SET digest = $4 WHERE registry_id = $1 AND repository_id = $2 AND name = $3";
        let (version, name, digest) = (self.version(), name.as_str(), digest.to_string());
        let (registry, repository, now) = (registry.0, repository.0, now.as_us());
        if execute!(self, INSERT, registry, repository, name, &digest, now, version) == 1 {
            return Ok(None);
        }
        let row = fetch_optional!((String,), self, HOLD, registry, repository, name, now, version);
        // Removed since the first step: the transaction starts again.
        let (before,) = row.ok_or(StoreError::Retry)?;
        if before != digest {
            execute!(self, MOVE, registry, repository, name, &digest);
        }
        stored("tags", name, &before).map(Some)
    }

    /// Removes a tag; the manifest stays. Returns what it named, if it was there.
    pub async fn tag_delete(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        name: &TagName,
    ) -> Result<Option<Digest>, StoreError> {
        const SQL: &str =
            "DELETE FROM tags WHERE registry_id = $1 AND repository_id = $2 AND name = $3 RETURNING digest";
        let row = fetch_optional!((String,), self, SQL, registry.0, repository.0, name.as_str());
        row.map(|(digest,)| stored("tags", name, &digest)).transpose()
    }
}
