//! Writing to sessions, and making blobs of them.

use std::pin::pin;

use futures_util::stream;
use serde_json::json;
use wharf_store::StoreError;
use wharf_store::blob::{Appended, BlobKey, Body, RunningHash, UploadKey};
use wharf_store::meta::Unrecorded;
use wharf_store::meta::upload::Upload;
use wharf_types::access::Action;
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::id::UploadId;
use wharf_types::journal::JournalKind;
use wharf_types::name::RepositoryName;
use wharf_types::range::ByteRange;

use super::{Session, UploadStatus};
use crate::registry::error::DigestMismatch;
use crate::registry::{Place, RegistryError};
use crate::{App, Error, OpContext, repeated};

/// Bytes of a blob in a request.
pub struct Chunk<'a> {
    /// Where they belong, if the client says so (`Content-Range`).
    pub range: Option<ByteRange>,
    /// How many there are, if the client says so (`Content-Length`).
    pub length: Option<u64>,
    /// The bytes.
    pub body: Body<'a>,
}

impl App {
    /// Adds a chunk to a session. When this returns, the chunk is durable.
    pub async fn upload_append(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
        chunk: Chunk<'_>,
    ) -> Result<UploadStatus, RegistryError> {
        let session = self.session_hold(ctx, place, repository, id).await?;
        let appended = self.write_chunk(&session, chunk).await?;
        if appended.moved {
            // Nothing more can be added to what was closed already, if only this server knows of it.
            self.session_end(&session).await?;
            return Err(RegistryError::UploadUnknown);
        }
        self.session_advance(ctx, &session, &appended).await?;
        match appended.interrupted {
            None => Ok(UploadStatus {
                id: id.clone(),
                offset: appended.offset,
            }),
            Some(_) => Err(RegistryError::UploadInterrupted(appended.offset)),
        }
    }

    async fn write_chunk(&self, session: &Session, chunk: Chunk<'_>) -> Result<Appended, RegistryError> {
        let offset = session.upload.offset;
        let Chunk { range, length, body } = chunk;
        if range.is_some_and(|range| range.start != offset) {
            return Err(RegistryError::UploadRange {
                offset,
                problem: "the chunk has to begin there",
            });
        }
        self.must_have_room(length.unwrap_or(0)).await?;
        let hash = RunningHash::resume(&session.upload.hash_state)?;
        let appended = self
            .inner
            .blobs
            .upload_append(&session.hold, offset, hash, body)
            .await?;
        let declared = range.map(|range| range.len());
        if appended.interrupted.is_none() && declared.is_some_and(|declared| declared != appended.offset - offset) {
            let problem = "the chunk has not the length that its Content-Range says";
            return Err(RegistryError::UploadRange { offset, problem });
        }
        Ok(appended)
    }

    /// Makes durable what was written, and notes how far the session is. The guard in the statement lets no two requests both go on from one offset. Of a session that holds no bytes there is
    /// nothing to note.
    async fn session_advance(
        &self,
        ctx: &OpContext,
        session: &Session,
        appended: &Appended,
    ) -> Result<(), RegistryError> {
        if !session.is_stored && appended.offset == 0 {
            return Ok(());
        }
        self.inner
            .blobs
            .upload_keep(&session.hold, session.upload.offset)
            .await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let noted = if session.is_stored {
            tx.upload_advance(&session.upload, appended.offset, &appended.hash.state(), ctx.now)
                .await
        } else {
            let upload = Upload {
                offset: appended.offset,
                hash_state: appended.hash.state(),
                ..session.upload.clone()
            };
            tx.upload_insert(&upload, ctx.now).await
        };
        noted.map_err(|error| session.error(error))?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        Ok(())
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
        let session = self.session_hold(ctx, place, repository, id).await?;
        self.finish(ctx, place, session, digest, last).await
    }

    /// Stores a blob in one request (distribution-spec, "Single POST").
    pub async fn upload_whole(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        digest: &Digest,
        whole: Chunk<'_>,
    ) -> Result<(), RegistryError> {
        ctx.require_content(Action::ContentPush, place.content(Some(repository)))?;
        let upload = self.session_new(ctx, place, repository);
        let key = UploadKey {
            registry: upload.registry,
            id: upload.id,
        };
        let session = Session {
            upload,
            is_stored: false,
            hold: self.inner.blobs.upload_hold(&key).await?,
        };
        self.finish(ctx, place, session, digest, Some(whole)).await
    }

    async fn finish(
        &self,
        ctx: &OpContext,
        place: &Place,
        session: Session,
        digest: &Digest,
        last: Option<Chunk<'_>>,
    ) -> Result<(), RegistryError> {
        let upload = &session.upload;
        let (size_bytes, hash) = match last {
            // The session's file is made by its first chunk: an empty blob needs one too.
            None if upload.offset > 0 => (upload.offset, RunningHash::resume(&upload.hash_state)?),
            last => {
                let appended = match last {
                    Some(last) => self.write_chunk(&session, last).await?,
                    None => {
                        let nothing = pin!(stream::empty());
                        self.write_chunk(
                            &session,
                            Chunk {
                                range: None,
                                length: Some(0),
                                body: nothing,
                            },
                        )
                        .await?
                    }
                };
                if appended.interrupted.is_some() {
                    if appended.moved {
                        return Err(RegistryError::UploadInterrupted(upload.offset));
                    }
                    self.session_advance(ctx, &session, &appended).await?;
                    return Err(RegistryError::UploadInterrupted(appended.offset));
                }
                (appended.offset, appended.hash)
            }
        };
        let found = match digest.algorithm() {
            Algorithm::Sha256 => hash.digest(),
            other => match self.inner.blobs.upload_digest(&session.hold, size_bytes, other).await {
                // A crash came between this session's end and the record of it; only the running sum could have told.
                Err(StoreError::Corrupt { .. }) => {
                    self.session_end(&session).await?;
                    return Err(RegistryError::UploadUnknown);
                }
                digest => digest?,
            },
        };
        if let Err(mismatch) = DigestMismatch::check(*digest, found) {
            self.session_end(&session).await?;
            return Err(mismatch);
        }
        // The bytes may have taken hours: the right is asked for again before they become content (rules 26, 31).
        let ctx = &self.renewed(ctx).await?;
        ctx.require_content(Action::ContentPush, place.content(Some(&upload.repository)))?;
        let blob = BlobKey {
            registry: upload.registry,
            digest: *digest,
        };
        self.inner.blobs.upload_commit(&session.hold, size_bytes, &blob).await?;
        repeated!(
            self.blob_record(ctx, place, &session, &blob, size_bytes).await,
            RegistryError::Operation(Error::Contended)
        )?;
        // Before it is given back: whoever holds it next finds it finished.
        self.inner.finished_uploads.insert(session.upload.id);
        Ok(())
    }

    /// One transaction: the session ends, the blob exists, the repository has it, the journal says so.
    async fn blob_record(
        &self,
        ctx: &OpContext,
        place: &Place,
        session: &Session,
        blob: &BlobKey,
        size_bytes: u64,
    ) -> Result<(), RegistryError> {
        let (BlobKey { registry, digest }, upload) = (*blob, &session.upload);
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if session.is_stored && !tx.upload_delete(registry, upload.id).await? {
            return Err(RegistryError::UploadUnknown);
        }
        let repository = tx
            .repository_ensure(registry, &upload.repository, self.new_repository_id(), ctx.now)
            .await?;
        tx.blob_put(registry, &digest, size_bytes, ctx.now).await?;
        tx.blob_link(registry, repository, &digest, ctx.now).await?;
        let payload = json!({"digest": digest, "size": size_bytes});
        tx.commit(&self.content_entry(ctx, place, JournalKind::BlobWrite, &upload.repository, payload))
            .await?;
        Ok(())
    }
}
