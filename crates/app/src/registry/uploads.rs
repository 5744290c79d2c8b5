//! Upload sessions (distribution-spec, "Pushing Blobs"): in one request, in one PUT, in chunks, by mount.
//!
//! Rule 31: a session belongs to a registry, a repository and a principal, and the right to push is asked for with each request.

use serde_json::json;
use wharf_store::StoreError;
use wharf_store::blob::{Appended, BlobKey, Body, RunningHash, UploadKey};
use wharf_store::meta::Unrecorded;
use wharf_store::meta::upload::Upload;
use wharf_types::access::Action;
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::id::{RepositoryId, UploadId};
use wharf_types::journal::JournalKind;
use wharf_types::name::RepositoryName;
use wharf_types::range::ByteRange;

use crate::registry::error::DigestMismatch;
use crate::registry::{Place, RegistryError};
use crate::{App, OpContext};

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadStatus {
    /// The session.
    pub id: UploadId,
    /// How many bytes are durable.
    pub offset: u64,
}

/// Where a blob is to be mounted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// Wherever the caller may read it.
    Any,
    /// This repository of the same registry.
    Repository(RepositoryName),
    /// Somewhere that this registry cannot reach, such as another registry: never mounted.
    Elsewhere,
}

/// How a push of a blob begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadStart {
    /// The blob is in the repository now.
    Mounted,
    /// A session was opened.
    Session(UploadStatus),
}

/// Bytes of a blob in a request.
pub struct Chunk<'a> {
    /// Where they belong, if the client says so (`Content-Range`).
    pub range: Option<ByteRange>,
    /// The bytes.
    pub body: Body<'a>,
}

/// The most repositories that are looked through for a blob to mount when none is named.
const MOST_SOURCES: usize = 50;

impl App {
    /// Mounts the blob where that is possible, or opens a session. Rule 32: a source that the caller may not read is one that does not have the blob.
    pub async fn upload_start(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        mount: Option<(Digest, MountSource)>,
    ) -> Result<UploadStart, RegistryError> {
        ctx.require_content(Action::ContentPush, place.content(Some(repository)))?;
        self.must_have_room().await?;
        if let Some((digest, source)) = mount
            && self.mount(ctx, place, repository, &digest, &source).await?
        {
            return Ok(UploadStart::Mounted);
        }
        let upload = self.session_open(ctx, place, repository).await?;
        Ok(UploadStart::Session(UploadStatus {
            id: upload.id,
            offset: 0,
        }))
    }

    async fn session_open(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
    ) -> Result<Upload, RegistryError> {
        let mut random = [0; 16];
        self.inner.environment.entropy.fill(&mut random);
        let upload = Upload {
            id: UploadId::new(random),
            registry: place.registry.id,
            repository: repository.clone(),
            principal: ctx.subject.principal.to_string(),
            offset: 0,
            hash_state: RunningHash::default().state(),
            created_at: ctx.now,
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.upload_insert(&upload).await?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        Ok(upload)
    }

    async fn mount(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        digest: &Digest,
        source: &MountSource,
    ) -> Result<bool, RegistryError> {
        let registry = place.registry.id;
        let sources = match source {
            MountSource::Repository(name) => vec![name.clone()],
            MountSource::Any => {
                self.inner
                    .meta
                    .read()
                    .await?
                    .blob_repositories(registry, digest, MOST_SOURCES)
                    .await?
            }
            MountSource::Elsewhere => return Ok(false),
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        for source in sources {
            if !ctx.may_content(Action::ContentPull, place.content(Some(&source))) {
                continue;
            }
            let Some(source_id) = tx.repository_get(registry, &source).await? else {
                continue;
            };
            if tx.blob_hold(registry, source_id, digest, ctx.now).await?.is_none() {
                continue;
            }
            let target = tx
                .repository_ensure(registry, repository, self.new_repository_id(), ctx.now)
                .await?;
            tx.blob_link(registry, target, digest, ctx.now).await?;
            let payload = json!({"digest": digest, "from": source});
            tx.commit(&self.content_entry(ctx, place, JournalKind::BlobMount, repository, payload))
                .await?;
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) fn new_repository_id(&self) -> RepositoryId {
        RepositoryId(self.inner.environment.entropy.uuid())
    }

    /// Where a session stands.
    pub async fn upload_status(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<UploadStatus, RegistryError> {
        let upload = self.session(ctx, place, repository, id).await?;
        Ok(UploadStatus {
            id: upload.id,
            offset: upload.offset,
        })
    }

    /// The session, if it is the caller's, of this repository.
    async fn session(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<Upload, RegistryError> {
        ctx.require_content(Action::ContentPush, place.content(Some(repository)))?;
        let found = self.inner.meta.read().await?.upload_get(place.registry.id, id).await?;
        let is_theirs =
            |upload: &Upload| upload.repository == *repository && upload.principal == ctx.subject.principal.to_string();
        found.filter(is_theirs).ok_or(RegistryError::UploadUnknown)
    }

    /// Adds a chunk to a session. When this returns, the chunk is durable.
    pub async fn upload_append(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
        chunk: Chunk<'_>,
    ) -> Result<UploadStatus, RegistryError> {
        let upload = self.session(ctx, place, repository, id).await?;
        let appended = self.write_chunk(&upload, chunk).await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.upload_advance(&upload, appended.offset, &appended.hash.state(), ctx.now)
            .await
            .map_err(|error| busy(&upload, error))?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        match appended.interrupted {
            None => Ok(UploadStatus {
                id: upload.id,
                offset: appended.offset,
            }),
            Some(_) => Err(RegistryError::UploadInterrupted(appended.offset)),
        }
    }

    async fn write_chunk(&self, upload: &Upload, chunk: Chunk<'_>) -> Result<Appended, RegistryError> {
        let offset = upload.offset;
        let Chunk { range, body } = chunk;
        if range.is_some_and(|range| range.start != offset) {
            return Err(RegistryError::UploadRange {
                offset,
                problem: "the chunk has to begin there",
            });
        }
        self.must_have_room().await?;
        let hash = RunningHash::resume(&upload.hash_state)?;
        let appended = self
            .inner
            .blobs
            .upload_append(&upload_key(upload), offset, hash, body)
            .await
            .map_err(|error| busy(upload, error))?;
        let declared = range.map(|range| range.len());
        if appended.interrupted.is_none() && declared.is_some_and(|declared| declared != appended.offset - offset) {
            return Err(RegistryError::UploadRange {
                offset,
                problem: "the chunk has not the length that its Content-Range says",
            });
        }
        Ok(appended)
    }

    /// Adds the last chunk, if there is one, and makes the session's bytes a blob of the repository, if they have that digest.
    pub async fn upload_finish(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
        digest: &Digest,
        last: Option<Chunk<'_>>,
    ) -> Result<(), RegistryError> {
        let upload = self.session(ctx, place, repository, id).await?;
        self.finish(ctx, place, upload, digest, last).await
    }

    /// Stores a blob in one request (distribution-spec, "Single POST").
    pub async fn upload_whole(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        digest: &Digest,
        body: Body<'_>,
    ) -> Result<(), RegistryError> {
        ctx.require_content(Action::ContentPush, place.content(Some(repository)))?;
        let upload = self.session_open(ctx, place, repository).await?;
        self.finish(ctx, place, upload, digest, Some(Chunk { range: None, body }))
            .await
    }

    async fn finish(
        &self,
        ctx: &OpContext,
        place: &Place,
        upload: Upload,
        digest: &Digest,
        last: Option<Chunk<'_>>,
    ) -> Result<(), RegistryError> {
        let (size_bytes, hash) = match last {
            // The session's file is made by its first chunk: an empty blob needs one too.
            None if upload.offset > 0 => (upload.offset, RunningHash::resume(&upload.hash_state)?),
            last => {
                let appended = match last {
                    Some(last) => self.write_chunk(&upload, last).await?,
                    None => {
                        let mut nothing = std::pin::pin!(futures_util::stream::empty());
                        self.write_chunk(
                            &upload,
                            Chunk {
                                range: None,
                                body: nothing.as_mut(),
                            },
                        )
                        .await?
                    }
                };
                if appended.interrupted.is_some() {
                    let mut tx = self.inner.meta.begin(ctx.now).await?;
                    tx.upload_advance(&upload, appended.offset, &appended.hash.state(), ctx.now)
                        .await?;
                    tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
                    return Err(RegistryError::UploadInterrupted(appended.offset));
                }
                (appended.offset, appended.hash)
            }
        };
        let key = upload_key(&upload);
        let found = match digest.algorithm() {
            Algorithm::Sha256 => hash.digest(),
            other => self.inner.blobs.upload_digest(&key, size_bytes, other).await?,
        };
        if let Err(mismatch) = DigestMismatch::check(*digest, found) {
            self.session_discard(ctx, &upload).await?;
            return Err(mismatch);
        }
        let registry = upload.registry;
        self.inner
            .blobs
            .upload_commit(
                &key,
                size_bytes,
                &BlobKey {
                    registry,
                    digest: *digest,
                },
            )
            .await
            .map_err(|error| busy(&upload, error))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if !tx.upload_delete(registry, &upload.id).await? {
            return Err(RegistryError::UploadUnknown);
        }
        let repository = tx
            .repository_ensure(registry, &upload.repository, self.new_repository_id(), ctx.now)
            .await?;
        tx.blob_put(registry, digest, size_bytes, ctx.now).await?;
        tx.blob_link(registry, repository, digest, ctx.now).await?;
        let payload = json!({"digest": digest, "size": size_bytes});
        tx.commit(&self.content_entry(ctx, place, JournalKind::BlobWrite, &upload.repository, payload))
            .await?;
        Ok(())
    }

    /// Cancels a session.
    pub async fn upload_cancel(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<(), RegistryError> {
        let upload = self.session(ctx, place, repository, id).await?;
        self.session_discard(ctx, &upload).await
    }

    async fn session_discard(&self, ctx: &OpContext, upload: &Upload) -> Result<(), RegistryError> {
        self.inner
            .blobs
            .upload_discard(&upload_key(upload))
            .await
            .map_err(|error| busy(upload, error))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.upload_delete(upload.registry, &upload.id).await?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        Ok(())
    }
}

pub(crate) fn upload_key(upload: &Upload) -> UploadKey {
    UploadKey {
        registry: upload.registry,
        id: upload.id.clone(),
    }
}

/// Two requests at one session: the second one is told where the session stands, as for a chunk that comes out of order.
fn busy(upload: &Upload, error: StoreError) -> RegistryError {
    match error {
        StoreError::Conflict(problem) => RegistryError::UploadRange {
            offset: upload.offset,
            problem,
        },
        other => other.into(),
    }
}
