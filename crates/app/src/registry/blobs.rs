//! Blobs: looked at, read, deleted.

use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;
use wharf_store::StoreError;
use wharf_store::blob::{BlobContent, BlobKey, BlobStream};
use wharf_store::meta::Unrecorded;
use wharf_types::access::Action;
use wharf_types::digest::Digest;
use wharf_types::journal::JournalKind;
use wharf_types::name::RepositoryName;
use wharf_types::range::{ByteRange, RangeAnswer, range};

use crate::registry::{Place, RegistryError};
use crate::{App, Error, OpContext};

/// A blob, or a part of one, being read.
pub struct BlobDownload {
    /// The size of the whole blob.
    pub size_bytes: u64,
    /// The part; the whole blob when none was asked for.
    pub part: Option<ByteRange>,
    /// The bytes.
    pub content: BlobContent,
}

/// Why the server cannot take all requests. The texts are for everybody; the causes for the operator.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// There is no room to write: pushes are refused.
    #[error("the storage is full: pushes are refused; pulls, sign-ins and deletes go on")]
    Full,
    /// The folder of blobs cannot be used.
    #[error("the storage cannot be used")]
    Files(#[source] StoreError),
    /// The database cannot be used.
    #[error("the database cannot be reached")]
    Database(#[source] StoreError),
}

impl App {
    /// The size of a blob of the repository.
    pub async fn blob_head(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<u64, RegistryError> {
        ctx.require_content(Action::ContentPull, place.content(Some(repository)))?;
        let remembered = &self.inner.content;
        let generation = self.inner.epoch.content(place.shard(repository), ctx.now);
        let key = (place.registry.id, repository.clone(), *digest);
        if let Some(size) = remembered.blob(generation, &key) {
            return Ok(size);
        }
        let read = async || -> Result<Option<u64>, RegistryError> {
            let mut read = self.inner.meta.read().await?;
            Ok(read.blob_size(place.registry.id, repository, digest).await?)
        };
        let size = Box::pin(read()).await?.ok_or(RegistryError::BlobUnknown(*digest))?;
        remembered.remember_blob(generation, key, size);
        Ok(size)
    }

    /// Reads a blob of the repository, or the part that a `Range` header asks for.
    pub async fn blob_get(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        digest: &Digest,
        range_header: Option<&str>,
    ) -> Result<BlobDownload, RegistryError> {
        let size_bytes = self.blob_head(ctx, place, repository, digest).await?;
        let part = match range_header.map_or(RangeAnswer::Whole, |header| range(header, size_bytes)) {
            RangeAnswer::Whole => None,
            RangeAnswer::Part(part) => Some(part),
            RangeAnswer::Unsatisfiable => return Err(RegistryError::RangeInvalid { size_bytes }),
        };
        let key = BlobKey {
            registry: place.registry.id,
            digest: *digest,
        };
        let store = self.inner.blobs.as_ref();
        let content = match self.inner.blob_reader.download(store, key, size_bytes, part).await {
            Ok(BlobContent::Blocks(blocks)) => BlobContent::Blocks(self.watched(key, blocks)),
            Err(StoreError::Corrupt { .. }) if self.blob_suspected(key).await? => {
                return Err(RegistryError::BlobUnknown(*digest));
            }
            other => other?,
        };
        Ok(BlobDownload {
            size_bytes,
            part,
            content,
        })
    }

    /// The blocks of a blob that is being sent. What is wrong with them is known too late for the answer, which ends early; it is seen to that there is no
    /// other such answer.
    fn watched(&self, blob: BlobKey, blocks: BlobStream) -> BlobStream {
        let app = self.clone();
        let watch = move |block: &StoreError| {
            if matches!(block, StoreError::Corrupt { .. }) {
                let app = app.clone();
                tokio::spawn(async move {
                    if let Err(error) = app.blob_suspected(blob).await {
                        tracing::warn!(blob.digest = %blob.digest, error = %error, "a damaged blob could not be marked: {error}");
                    }
                });
            }
        };
        blocks.inspect_err(watch).boxed()
    }

    /// Takes a blob away from the repository. Its bytes are collected when no repository has it any more.
    pub async fn blob_delete(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<(), RegistryError> {
        ctx.require_content(Action::ContentDelete, place.content(Some(repository)))?;
        let unknown = || RegistryError::BlobUnknown(*digest);
        let registry = place.registry.id;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let id = tx.repository_get(registry, repository).await?.ok_or_else(unknown)?;
        match tx.blob_unlink(registry, id, digest, ctx.now).await {
            Ok(true) => {}
            // What was found may be about to be committed: the answer is told when it is (`Unrecorded::NothingToDo`).
            Ok(false) => {
                tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
                return Err(unknown());
            }
            Err(StoreError::Conflict(_)) => {
                tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
                return Err(RegistryError::BlobInUse(*digest));
            }
            Err(error) => return Err(error.into()),
        }
        tx.commit(&self.content_entry(
            ctx,
            place,
            JournalKind::BlobDelete,
            repository,
            json!({"digest": digest}),
        ))
        .await?;
        Ok(())
    }

    /// The record of a change of content.
    pub(super) fn content_entry(
        &self,
        ctx: &OpContext,
        place: &Place,
        kind: JournalKind,
        repository: &RepositoryName,
        payload: serde_json::Value,
    ) -> wharf_store::meta::journal::Entry {
        let mut entry = ctx.entry(kind, place.tenant(), place.resource(repository), payload);
        entry.registry = Some(place.registry.id);
        entry
    }

    /// Goes on if there is room for writing (rule 58): refused early, so that deletes, sign-ins and the journal keep the rest.
    pub(super) async fn must_have_room(&self, more_bytes: u64) -> Result<(), Error> {
        Ok(self.inner.blobs.must_have_room(more_bytes).await?)
    }

    /// Whether the server can take requests: the database answers, and there is room to write.
    pub async fn readiness(&self) -> Result<(), NotReady> {
        let mut read = self.inner.meta.read().await.map_err(NotReady::Database)?;
        read.installation().await.map_err(NotReady::Database)?;
        match self.inner.blobs.must_have_room(0).await {
            Err(StoreError::Full) => Err(NotReady::Full),
            other => other.map_err(NotReady::Files),
        }
    }
}
