//! Looking at all that is stored: what there is in order, how far the look has come, and what was found damaged (rule 59).

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::digest::Digest;
use wharf_types::id::{RegistryId, TenantId};
use wharf_types::name::RepositoryName;
use wharf_types::time::Time;

use crate::StoreError;
use crate::blob::BlobKey;
use crate::meta::{Read, Tx, signed, stored, unsigned};

/// What is being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrubKind {
    /// Blobs, which come first.
    Blob,
    /// Manifests.
    Manifest,
    /// Nothing: the look is at its end.
    Done,
}

impl ScrubKind {
    const ALL: [Self; 3] = [Self::Blob, Self::Manifest, Self::Done];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Manifest => "manifest",
            Self::Done => "done",
        }
    }
}

/// Up to where things were looked at, in the order of registries and digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubCursor {
    /// What is being looked at.
    pub kind: ScrubKind,
    /// The registry of the last one.
    pub registry: RegistryId,
    /// The last one's digest; empty before the first.
    pub digest: String,
}

impl ScrubCursor {
    /// Before the first of a kind.
    pub fn start(kind: ScrubKind) -> Self {
        Self {
            kind,
            registry: RegistryId(Uuid::nil()),
            digest: String::new(),
        }
    }
}

/// A look at all that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrub {
    /// How far it is.
    pub cursor: ScrubCursor,
    /// How much there was at its start, in bytes and [`EACH`] for each thing.
    pub total: u64,
    /// How much of it was looked at.
    pub done: u64,
    /// When it was started.
    pub started_at: Time,
    /// Until when somebody is at it, who may have died.
    pub busy_until: Time,
}

/// What a thing counts beside its bytes.
pub const EACH: u64 = 64 * 1024;

/// A blob, as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRow {
    /// Which.
    pub key: BlobKey,
    /// Its size.
    pub size_bytes: u64,
    /// When it was last pushed or needed.
    pub touched_at: Time,
    /// Whether it was found damaged, and not pushed again since.
    pub damaged: bool,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    registry_id: Uuid,
    digest: String,
    total: i64,
    done: i64,
    started_at_us: i64,
    busy_until_us: i64,
}

#[derive(FromRow)]
struct Blob {
    registry_id: Uuid,
    digest: String,
    size_bytes: i64,
    touched_at_us: i64,
    damaged_at_us: Option<i64>,
}

impl TryFrom<Blob> for BlobRow {
    type Error = StoreError;

    fn try_from(row: Blob) -> Result<Self, StoreError> {
        Ok(Self {
            key: BlobKey {
                registry: RegistryId(row.registry_id),
                digest: stored("blobs", &row.digest, &row.digest)?,
            },
            size_bytes: unsigned(row.size_bytes),
            touched_at: Time::from_us(row.touched_at_us),
            damaged: row.damaged_at_us.is_some(),
        })
    }
}

impl Read {
    /// The look that was started last, if there was one.
    pub async fn scrub_get(&mut self) -> Result<Option<Scrub>, StoreError> {
        const SQL: &str = "SELECT kind, registry_id, digest, total, done, started_at_us, busy_until_us FROM scrub";
        let Some(row) = fetch_optional!(Row, self, SQL) else {
            return Ok(None);
        };
        let kind = ScrubKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
        let kind = kind.ok_or_else(|| StoreError::corrupt("scrub", 1, format!("unknown kind {:?}", row.kind)))?;
        Ok(Some(Scrub {
            cursor: ScrubCursor {
                kind,
                registry: RegistryId(row.registry_id),
                digest: row.digest,
            },
            total: unsigned(row.total),
            done: unsigned(row.done),
            started_at: Time::from_us(row.started_at_us),
            busy_until: Time::from_us(row.busy_until_us),
        }))
    }

    /// How much there is to look at, in bytes and [`EACH`] for each thing.
    pub async fn scrub_total(&mut self) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT CAST((SELECT COALESCE(SUM(size_bytes + $1), 0) FROM blobs)
            + (SELECT COUNT(*) * $1 FROM manifest_contents) AS BIGINT)";
        Ok(fetch_optional!((i64,), self, SQL, signed(EACH)).map_or(0, |(total,)| unsigned(total)))
    }

    /// The bytes of all blobs.
    pub async fn blob_bytes(&mut self) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM blobs
            WHERE registry_id IN (SELECT id FROM registries WHERE deleted_at_us IS NULL)";
        Ok(fetch_optional!((i64,), self, SQL).map_or(0, |(total,)| unsigned(total)))
    }

    /// The blobs after a cursor, at most `limit`, of registries that are not deleted.
    pub async fn blob_list_after(&mut self, cursor: &ScrubCursor, limit: usize) -> Result<Vec<BlobRow>, StoreError> {
        const SQL: &str = "SELECT registry_id, digest, size_bytes, touched_at_us, damaged_at_us FROM blobs
            WHERE (registry_id, digest) > ($1, $2)
            AND registry_id IN (SELECT id FROM registries WHERE deleted_at_us IS NULL)
            ORDER BY registry_id, digest LIMIT $3";
        let rows = fetch_all!(Blob, self, SQL, cursor.registry.0, &cursor.digest, limit as i64);
        rows.into_iter().map(BlobRow::try_from).collect()
    }

    /// A blob, as it is now.
    pub async fn blob_row(&mut self, blob: &BlobKey) -> Result<Option<BlobRow>, StoreError> {
        const SQL: &str = "SELECT registry_id, digest, size_bytes, touched_at_us, damaged_at_us FROM blobs
            WHERE registry_id = $1 AND digest = $2";
        let row = fetch_optional!(Blob, self, SQL, blob.registry.0, blob.digest.to_string());
        row.map(BlobRow::try_from).transpose()
    }

    /// The manifests after a cursor, at most `limit`, of registries that are not deleted.
    pub async fn manifest_list_after(
        &mut self,
        cursor: &ScrubCursor,
        limit: usize,
    ) -> Result<Vec<(RegistryId, Digest)>, StoreError> {
        const SQL: &str = "SELECT registry_id, digest FROM manifest_contents WHERE (registry_id, digest) > ($1, $2)
            AND registry_id IN (SELECT id FROM registries WHERE deleted_at_us IS NULL)
            ORDER BY registry_id, digest LIMIT $3";
        let rows = fetch_all!(
            (Uuid, String),
            self,
            SQL,
            cursor.registry.0,
            &cursor.digest,
            limit as i64
        );
        rows.into_iter()
            .map(|(registry, digest)| Ok((RegistryId(registry), stored("manifest_contents", &digest, &digest)?)))
            .collect()
    }

    /// The bytes that are stored as a manifest, whatever they are.
    pub async fn manifest_bytes(
        &mut self,
        registry: RegistryId,
        digest: &Digest,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT content FROM manifest_contents WHERE registry_id = $1 AND digest = $2";
        Ok(fetch_optional!((Vec<u8>,), self, SQL, registry.0, digest.to_string()).map(|(content,)| content))
    }

    /// The repositories of a manifest of a registry.
    pub async fn manifest_repositories(
        &mut self,
        registry: RegistryId,
        digest: &Digest,
    ) -> Result<Vec<RepositoryName>, StoreError> {
        const SQL: &str = "SELECT repositories.name FROM manifests JOIN repositories ON repositories.id = repository_id
            WHERE manifests.registry_id = $1 AND manifests.digest = $2 ORDER BY repositories.name";
        let rows = fetch_all!((String,), self, SQL, registry.0, digest.to_string());
        rows.into_iter()
            .map(|(name,)| stored("repositories", &name, &name))
            .collect()
    }

    /// The tenant of a registry that is not deleted.
    pub async fn registry_tenant(&mut self, registry: RegistryId) -> Result<Option<TenantId>, StoreError> {
        const SQL: &str = "SELECT tenant_id FROM registries WHERE id = $1 AND deleted_at_us IS NULL";
        Ok(fetch_optional!((Uuid,), self, SQL, registry.0).map(|(tenant,)| TenantId(tenant)))
    }
}

impl Tx {
    /// Starts a look, if the last one still is the one that was started at `last`. Returns whether it was.
    pub async fn scrub_start(&mut self, last: Option<Time>, scrub: &Scrub) -> Result<bool, StoreError> {
        const INSERT: &str =
            "INSERT INTO scrub (singleton, kind, registry_id, digest, total, done, started_at_us, busy_until_us)
            VALUES (1, $1, $2, $3, $4, $5, $6, $7) ON CONFLICT (singleton) DO NOTHING";
        const AGAIN: &str =
            "UPDATE scrub SET kind = $1, registry_id = $2, digest = $3, total = $4, done = $5, started_at_us = $6,
            busy_until_us = $7 WHERE started_at_us = $8";
        let (cursor, started, busy) = (&scrub.cursor, scrub.started_at.as_us(), scrub.busy_until.as_us());
        let (kind, registry, digest) = (cursor.kind.as_str(), cursor.registry.0, &cursor.digest);
        let (total, done) = (signed(scrub.total), signed(scrub.done));
        let rows = match last {
            None => execute!(self, INSERT, kind, registry, digest, total, done, started, busy),
            Some(last) => execute!(
                self,
                AGAIN,
                kind,
                registry,
                digest,
                total,
                done,
                started,
                busy,
                last.as_us()
            ),
        };
        Ok(rows == 1)
    }

    /// Takes the work over until a time, if nobody is at it. Returns whether it did.
    pub async fn scrub_claim(&mut self, now: Time, until: Time) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE scrub SET busy_until_us = $2 WHERE busy_until_us <= $1";
        Ok(execute!(self, SQL, now.as_us(), until.as_us()) == 1)
    }

    /// Notes how far it is, and gives the work back, unless somebody else has it meanwhile.
    pub async fn scrub_advance(
        &mut self,
        until: Time,
        cursor: &ScrubCursor,
        done: u64,
        now: Time,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE scrub SET kind = $2, registry_id = $3, digest = $4, done = $5, busy_until_us = $6
            WHERE busy_until_us = $1";
        let (kind, registry) = (cursor.kind.as_str(), cursor.registry.0);
        execute!(
            self,
            SQL,
            until.as_us(),
            kind,
            registry,
            &cursor.digest,
            signed(done),
            now.as_us()
        );
        Ok(())
    }

    /// Takes note that a blob's bytes are damaged, or that they are right after all, unless it was pushed or needed since it was looked at: then its bytes
    /// may be others by now. Returns whether it did.
    pub async fn blob_set_damaged(&mut self, blob: &BlobRow, damaged_at: Option<Time>) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE blobs SET damaged_at_us = $4 WHERE registry_id = $1 AND digest = $2 AND touched_at_us = $3";
        let BlobKey { registry, digest } = blob.key;
        let at = damaged_at.map(Time::as_us);
        Ok(execute!(self, SQL, registry.0, digest.to_string(), blob.touched_at.as_us(), at) == 1)
    }
}
