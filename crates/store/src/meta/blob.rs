//! Blobs of a registry, and the repositories that they may be pulled from.

use wharf_types::digest::Digest;
use wharf_types::id::{RegistryId, RepositoryId};
use wharf_types::name::RepositoryName;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, signed, stored, unsigned};

impl Read {
    /// The size in bytes of a blob, if the repository has it, and it was not found damaged.
    pub async fn blob_size(
        &mut self,
        registry: RegistryId,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<u64>, StoreError> {
        const SQL: &str = "SELECT blobs.size_bytes FROM blobs
            JOIN repository_blobs ON repository_blobs.registry_id = $1 AND repository_blobs.digest = $3
            WHERE blobs.registry_id = $1 AND blobs.digest = $3 AND blobs.damaged_at_us IS NULL
            AND repository_blobs.repository_id = (SELECT id FROM repositories WHERE registry_id = $1 AND name = $2)";
        let row = fetch_optional!((i64,), self, SQL, registry.0, repository.as_str(), digest.to_string());
        Ok(row.map(|(size,)| unsigned(size)))
    }

    /// Repositories of the registry that have a blob, at most `limit`.
    pub async fn blob_repositories(
        &mut self,
        registry: RegistryId,
        digest: &Digest,
        limit: usize,
    ) -> Result<Vec<RepositoryName>, StoreError> {
        const SQL: &str =
            "SELECT repositories.name FROM repository_blobs JOIN repositories ON repositories.id = repository_id
            WHERE repository_blobs.registry_id = $1 AND repository_blobs.digest = $2 LIMIT $3";
        let rows = fetch_all!((String,), self, SQL, registry.0, digest.to_string(), limit as i64);
        rows.into_iter()
            .map(|(name,)| stored("repositories", &name, &name))
            .collect()
    }
}

impl Tx {
    /// Adds a blob whose file is in place (rule 56), or notes that it was pushed again: if it had been found damaged, it is whole now.
    pub async fn blob_put(
        &mut self,
        registry: RegistryId,
        digest: &Digest,
        size_bytes: u64,
        now: Time,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO blobs (registry_id, digest, size_bytes, created_at_us, touched_at_us) VALUES ($1, $2, $3, $4, $4)
            ON CONFLICT (registry_id, digest) DO UPDATE SET touched_at_us = excluded.touched_at_us, damaged_at_us = NULL";
        execute!(
            self,
            SQL,
            registry.0,
            digest.to_string(),
            signed(size_bytes),
            now.as_us()
        );
        Ok(())
    }

    /// Lets a repository have a blob of its registry. Does nothing when it has it.
    pub async fn blob_link(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        digest: &Digest,
        now: Time,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO repository_blobs (registry_id, repository_id, digest, created_at_us) VALUES ($1, $2, $3, $4)
            ON CONFLICT (registry_id, repository_id, digest) DO NOTHING";
        execute!(self, SQL, registry.0, repository.0, digest.to_string(), now.as_us());
        Ok(())
    }

    /// Holds a blob for this transaction, if the repository has it and it was not found damaged: until the commit nobody can take it away, and it counts as
    /// just used (rule 60). Returns its size in bytes.
    pub async fn blob_hold(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        digest: &Digest,
        now: Time,
    ) -> Result<Option<u64>, StoreError> {
        // The row lock of the update is what holds it; `RETURNING` saves the second look.
        const SQL: &str = "UPDATE blobs SET touched_at_us = $4 WHERE registry_id = $1 AND digest = $3 AND damaged_at_us IS NULL AND EXISTS (
            SELECT 1 FROM repository_blobs WHERE repository_blobs.registry_id = $1 AND repository_id = $2 AND repository_blobs.digest = $3)
            RETURNING size_bytes";
        // PostgreSQL looks at the blob's row again after it waited for it, and not at the link, which the other transaction may have removed.
        const STILL: &str =
            "SELECT 1 FROM repository_blobs WHERE registry_id = $1 AND repository_id = $2 AND digest = $3";
        let text = digest.to_string();
        let Some((size,)) = fetch_optional!((i64,), self, SQL, registry.0, repository.0, &text, now.as_us()) else {
            return Ok(None);
        };
        let linked = fetch_optional!((i32,), self, STILL, registry.0, repository.0, &text).is_some();
        Ok(linked.then(|| unsigned(size)))
    }

    /// Takes a blob away from a repository, unless a manifest there needs it. Returns whether the repository had it.
    pub async fn blob_unlink(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        digest: &Digest,
        now: Time,
    ) -> Result<bool, StoreError> {
        // Also one that was found damaged: who deletes it is rid of it.
        const HOLD: &str = "UPDATE blobs SET touched_at_us = $3 WHERE registry_id = $1 AND digest = $2";
        const NEEDED: &str = "SELECT digest FROM manifest_references
            WHERE registry_id = $1 AND repository_id = $2 AND target = $3 AND kind = 'blob' LIMIT 1";
        const DELETE: &str =
            "DELETE FROM repository_blobs WHERE registry_id = $1 AND repository_id = $2 AND digest = $3";
        let text = digest.to_string();
        execute!(self, HOLD, registry.0, &text, now.as_us());
        if fetch_optional!((String,), self, NEEDED, registry.0, repository.0, &text).is_some() {
            return Err(StoreError::Conflict("a manifest of the repository needs the blob"));
        }
        Ok(execute!(self, DELETE, registry.0, repository.0, &text) == 1)
    }
}
