//! Manifests of a repository: their bytes, what they reach, and who refers to them.

use std::collections::BTreeMap;

use bytes::Bytes;
use sqlx::FromRow;
use wharf_types::digest::Digest;
use wharf_types::id::{RegistryId, RepositoryId};
use wharf_types::manifest::MediaType;
use wharf_types::name::{RepositoryName, TagName};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, cursor, json_text, signed, stored, stored_json, unsigned};

/// A manifest as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest {
    /// The digest of its bytes.
    pub digest: Digest,
    /// What it was sent as.
    pub media_type: MediaType,
    /// Its bytes.
    pub content: Bytes,
}

/// What is written of a manifest.
#[derive(Clone, Debug)]
pub struct NewManifest<'a> {
    /// The digest of its bytes.
    pub digest: Digest,
    /// What it was sent as.
    pub media_type: MediaType,
    /// Its bytes.
    pub content: &'a [u8],
    /// What the referrers list says of it.
    pub artifact_type: Option<&'a str>,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// Free notes, which the referrers list repeats.
    pub annotations: &'a BTreeMap<String, String>,
    /// The blobs that it needs.
    pub blobs: Vec<Digest>,
    /// The manifests that it lists.
    pub manifests: Vec<Digest>,
}

/// An entry of a referrers list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The manifest that refers.
    pub digest: Digest,
    /// What it was sent as.
    pub media_type: MediaType,
    /// Its size.
    pub size_bytes: u64,
    /// The kind of artifact.
    pub artifact_type: Option<String>,
    /// Its notes.
    pub annotations: BTreeMap<String, String>,
}

const TABLE: &str = "manifests";

#[derive(FromRow)]
struct Row {
    digest: String,
    media_type: String,
    content: Vec<u8>,
}

impl TryFrom<Row> for StoredManifest {
    type Error = StoreError;

    fn try_from(
        Row {
            digest,
            media_type,
            content,
        }: Row,
    ) -> Result<Self, StoreError> {
        let media_type = media_type_of(&digest, &media_type)?;
        let expected: Digest = stored(TABLE, &digest, &digest)?;
        // Rule 48: what comes from a disk is looked at before it is believed.
        if Digest::of(expected.algorithm(), &content) != expected {
            return Err(StoreError::corrupt(TABLE, digest, "its bytes do not have this digest"));
        }
        Ok(Self {
            digest: expected,
            media_type,
            content: content.into(),
        })
    }
}

#[derive(FromRow)]
struct ReferrerRow {
    digest: String,
    media_type: String,
    size_bytes: i64,
    artifact_type: Option<String>,
    annotations: Option<String>,
}

impl TryFrom<ReferrerRow> for Referrer {
    type Error = StoreError;

    fn try_from(row: ReferrerRow) -> Result<Self, StoreError> {
        let annotations = row
            .annotations
            .map(|text| stored_json(TABLE, &row.digest, &text))
            .transpose()?
            .unwrap_or_default();
        Ok(Self {
            digest: stored(TABLE, &row.digest, &row.digest)?,
            media_type: media_type_of(&row.digest, &row.media_type)?,
            size_bytes: unsigned(row.size_bytes),
            artifact_type: row.artifact_type,
            annotations,
        })
    }
}

fn media_type_of(digest: &str, text: &str) -> Result<MediaType, StoreError> {
    MediaType::parse(text).ok_or_else(|| StoreError::corrupt(TABLE, digest, format!("unknown media type {text:?}")))
}

impl Read {
    /// The manifest that a tag names.
    pub async fn manifest_by_tag(
        &mut self,
        registry: RegistryId,
        repository: &RepositoryName,
        tag: &TagName,
    ) -> Result<Option<StoredManifest>, StoreError> {
        // Step by step instead of one join: a planner that takes all repositories for alike would begin with the manifests of the one.
        const SQL: &str = "SELECT manifests.digest, manifests.media_type, manifest_contents.content FROM manifests
            JOIN manifest_contents ON manifest_contents.registry_id = $1 AND manifest_contents.digest = manifests.digest
            WHERE manifests.registry_id = $1
            AND manifests.repository_id = (SELECT id FROM repositories WHERE registry_id = $1 AND name = $2)
            AND manifests.digest = (SELECT digest FROM tags WHERE registry_id = $1 AND name = $3
                AND repository_id = (SELECT id FROM repositories WHERE registry_id = $1 AND name = $2))";
        let row = fetch_optional!(Row, self, SQL, registry.0, repository.as_str(), tag.as_str());
        row.map(StoredManifest::try_from).transpose()
    }

    /// The manifest of that digest, if the repository has it.
    pub async fn manifest_by_digest(
        &mut self,
        registry: RegistryId,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<StoredManifest>, StoreError> {
        const SQL: &str = "SELECT manifests.digest, manifests.media_type, manifest_contents.content FROM manifests
            JOIN manifest_contents ON manifest_contents.registry_id = $1 AND manifest_contents.digest = $3
            WHERE manifests.registry_id = $1 AND manifests.digest = $3
            AND manifests.repository_id = (SELECT id FROM repositories WHERE registry_id = $1 AND name = $2)";
        let row = fetch_optional!(Row, self, SQL, registry.0, repository.as_str(), digest.to_string());
        row.map(StoredManifest::try_from).transpose()
    }

    /// Whether the repository has a manifest of that digest.
    pub async fn manifest_exists(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        digest: &Digest,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT 1 FROM manifests WHERE registry_id = $1 AND repository_id = $2 AND digest = $3";
        Ok(fetch_optional!((i32,), self, SQL, registry.0, repository.0, digest.to_string()).is_some())
    }

    /// The manifests whose subject is `subject`, after that digest, in the order of their digests, at most `limit`.
    pub async fn referrer_list(
        &mut self,
        registry: RegistryId,
        repository: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Referrer>, StoreError> {
        const SQL: &str = "SELECT digest, media_type, size_bytes, artifact_type, annotations FROM manifests
            WHERE registry_id = $1 AND repository_id = (SELECT id FROM repositories WHERE registry_id = $1 AND name = $2)
            AND subject = $3 AND digest > $4 AND ($5 IS NULL OR artifact_type = $5) ORDER BY digest LIMIT $6";
        if artifact_type.is_some_and(|artifact_type| artifact_type.contains('\0')) {
            // No media type holds that byte, and PostgreSQL would not take the question.
            return Ok(Vec::new());
        }
        let rows = fetch_all!(
            ReferrerRow,
            self,
            SQL,
            registry.0,
            repository.as_str(),
            subject.to_string(),
            cursor(after),
            artifact_type,
            limit as i64
        );
        rows.into_iter().map(Referrer::try_from).collect()
    }
}

impl Tx {
    /// Adds a manifest with what it reaches. Its blobs must be held by this transaction ([`Tx::blob_hold`]). The same manifest again changes nothing, but for
    /// bytes that were damaged.
    /// Returns whether it is new.
    pub async fn manifest_insert(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        manifest: &NewManifest<'_>,
        now: Time,
    ) -> Result<bool, StoreError> {
        const CONTENT: &str = "INSERT INTO manifest_contents (registry_id, digest, content) VALUES ($1, $2, $3)
            ON CONFLICT (registry_id, digest) DO UPDATE SET content = excluded.content WHERE manifest_contents.content <> excluded.content";
        const HOLD: &str = "INSERT INTO manifest_contents (registry_id, digest, content) VALUES ($1, $2, $3)
            ON CONFLICT (registry_id, digest) DO UPDATE SET content = excluded.content";
        const MANIFEST: &str =
            "INSERT INTO manifests (registry_id, repository_id, digest, media_type, size_bytes, artifact_type, subject,
            annotations, created_at_us, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (registry_id, repository_id, digest) DO NOTHING";
        let digest = manifest.digest.to_string();
        let version = self.version();
        // Where transactions run side by side, content that is there has to be held: the deletion of its last other manifest would take it away.
        // SQLite has one writer, and would write the bytes again.
        let content = if self.is_sqlite() { CONTENT } else { HOLD };
        execute!(self, content, registry.0, &digest, manifest.content);
        let annotations = Some(manifest.annotations).filter(|map| !map.is_empty()).map(json_text);
        let rows = execute!(
            self,
            MANIFEST,
            registry.0,
            repository.0,
            &digest,
            manifest.media_type.as_str(),
            signed(manifest.content.len() as u64),
            manifest.artifact_type,
            manifest.subject.map(|subject| subject.to_string()),
            annotations,
            now.as_us(),
            version,
        );
        if rows == 1 {
            self.reference_insert(registry, repository, &digest, &manifest.blobs, "blob")
                .await?;
            self.reference_insert(registry, repository, &digest, &manifest.manifests, "manifest")
                .await?;
        }
        Ok(rows == 1)
    }

    /// Holds a manifest for this transaction, if the repository has it: until the commit nobody can delete it. Returns its size in bytes.
    pub async fn manifest_hold(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        digest: &Digest,
    ) -> Result<Option<u64>, StoreError> {
        const READ: &str =
            "SELECT size_bytes FROM manifests WHERE registry_id = $1 AND repository_id = $2 AND digest = $3";
        const HOLD: &str =
            "SELECT size_bytes FROM manifests WHERE registry_id = $1 AND repository_id = $2 AND digest = $3 FOR SHARE";
        // SQLite has one writer, and no row locks.
        let sql = if self.is_sqlite() { READ } else { HOLD };
        let row = fetch_optional!((i64,), self, sql, registry.0, repository.0, digest.to_string());
        Ok(row.map(|(size,)| unsigned(size)))
    }

    async fn reference_insert(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        digest: &str,
        targets: &[Digest],
        kind: &'static str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO manifest_references (registry_id, repository_id, digest, target, kind) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (registry_id, repository_id, digest, target) DO NOTHING";
        for target in targets {
            execute!(self, SQL, registry.0, repository.0, digest, target.to_string(), kind);
        }
        Ok(())
    }

    /// Removes a manifest and the tags that name it. Returns those tags, or nothing when the repository has no such manifest.
    pub async fn manifest_delete(
        &mut self,
        registry: RegistryId,
        repository: RepositoryId,
        digest: &Digest,
    ) -> Result<Option<Vec<TagName>>, StoreError> {
        // Who pushes the same content elsewhere or sets a tag on the manifest is waited for; the content first, as pushes take it.
        const CONTENT_LOCK: &str = "SELECT 1 FROM manifest_contents WHERE registry_id = $1 AND digest = $2 FOR UPDATE";
        const MANIFEST_LOCK: &str =
            "SELECT 1 FROM manifests WHERE registry_id = $1 AND repository_id = $2 AND digest = $3 FOR UPDATE";
        const TAGS: &str =
            "DELETE FROM tags WHERE registry_id = $1 AND repository_id = $2 AND digest = $3 RETURNING name";
        const REFERENCES: &str =
            "DELETE FROM manifest_references WHERE registry_id = $1 AND repository_id = $2 AND digest = $3";
        const MANIFEST: &str = "DELETE FROM manifests WHERE registry_id = $1 AND repository_id = $2 AND digest = $3";
        const CONTENT: &str = "DELETE FROM manifest_contents WHERE registry_id = $1 AND digest = $2 AND NOT EXISTS (
            SELECT 1 FROM manifests WHERE manifests.registry_id = $1 AND manifests.digest = $2)";
        let text = digest.to_string();
        lock!(self, CONTENT_LOCK, registry.0, &text);
        lock!(self, MANIFEST_LOCK, registry.0, repository.0, &text);
        let tags = fetch_all!((String,), self, TAGS, registry.0, repository.0, &text);
        execute!(self, REFERENCES, registry.0, repository.0, &text);
        if execute!(self, MANIFEST, registry.0, repository.0, &text) != 1 {
            return Ok(None);
        }
        execute!(self, CONTENT, registry.0, &text);
        tags.into_iter()
            .map(|(tag,)| stored("tags", &tag, &tag))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}
