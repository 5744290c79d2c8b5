//! Upload sessions (distribution-spec, "Pushing Blobs"): in one request, in one PUT, in chunks, by mount.
//!
//! Rule 31: a session belongs to a registry, a repository and a principal, and the right to push is asked for with each request. Whoever works on a
//! session holds it from before its row is read ([`Session`]), so that what the row says is true of the bytes.

mod mount;
mod session;
mod write;

use wharf_store::StoreError;
use wharf_store::blob::UploadKey;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::upload::StoredUpload;
use wharf_types::access::Action;
use wharf_types::digest::Digest;
use wharf_types::id::{RepositoryId, UploadId};
use wharf_types::name::RepositoryName;

use crate::registry::{Place, RegistryError};
use crate::{App, Error, OpContext};

use self::session::Session;

pub use mount::MountSource;
pub(crate) use session::Finished;
pub use write::Chunk;

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadStatus {
    /// The session.
    pub id: UploadId,
    /// How many bytes are durable.
    pub offset: u64,
}

/// How a push of a blob begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadStart {
    /// The blob is in the repository now.
    Mounted,
    /// A session was opened.
    Session(UploadStatus),
}

impl App {
    /// Mounts the blob where that is possible, or opens a session.
    pub async fn upload_start(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        mount: Option<(Digest, MountSource)>,
    ) -> Result<UploadStart, RegistryError> {
        ctx.require_content(Action::ContentPush, place.content(Some(repository)))?;
        self.must_have_room(0).await?;
        if let Some((digest, source)) = mount
            && self.mount(ctx, place, repository, &digest, &source).await?
        {
            return Ok(UploadStart::Mounted);
        }
        Ok(UploadStart::Session(UploadStatus {
            id: self.session_seal(&self.session_new(ctx, place, repository)),
            offset: 0,
        }))
    }

    fn new_repository_id(&self) -> RepositoryId {
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
        let standing = self.session_of(ctx, place, repository, id).await?;
        Ok(UploadStatus {
            id: id.clone(),
            offset: standing.upload.offset,
        })
    }

    /// Cancels a session.
    pub async fn upload_cancel(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<(), RegistryError> {
        let session = self.session_hold(ctx, place, repository, id).await?;
        Ok(self.session_end(&session).await?)
    }

    /// Throws a session's bytes away, and lets its id be good for nothing on any node.
    async fn session_end(&self, session: &Session) -> Result<(), Error> {
        let now = self.inner.environment.clock.now();
        let mut tx = self.inner.meta.begin(now).await?;
        tx.upload_end(&session.upload, now).await?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        self.inner.blobs.upload_discard(&session.hold).await?;
        Ok(())
    }

    /// Ends sessions that nobody goes on with, and throws away what requests left that did not come to their end.
    pub(crate) async fn uploads_expire(&self, most: usize) -> Result<(), Error> {
        let (now, settings) = (self.inner.environment.clock.now(), &self.inner.settings);
        let (idle_since, created_before) = (now - settings.upload_idle, now - settings.upload_life);
        let mut read = self.inner.meta.read().await?;
        let expired = read.upload_list_expired(idle_since, created_before, most).await?;
        drop(read);
        let left = self.inner.blobs.upload_list_left(idle_since, most).await?;
        let expired = expired.into_iter().map(|upload| UploadKey {
            registry: upload.registry,
            id: upload.id,
        });
        for key in expired.chain(left) {
            // One that cannot be ended now must not keep the others.
            if let Err(error) = self.upload_expire(key).await {
                tracing::warn!(error = %error, "an abandoned upload session could not be ended: {error}");
            }
        }
        let mut tx = self.inner.meta.begin(now).await?;
        tx.uploads_forget_ended(idle_since, most).await?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        Ok(())
    }

    /// Ends a session that nobody goes on with. One that is just being written to is not abandoned: the next run looks again.
    async fn upload_expire(&self, key: UploadKey) -> Result<(), Error> {
        let hold = match self.inner.blobs.upload_hold(&key).await {
            Err(StoreError::Conflict(_)) => return Ok(()),
            other => other?,
        };
        let (now, settings) = (self.inner.environment.clock.now(), &self.inner.settings);
        let (idle_since, created_before) = (now - settings.upload_idle, now - settings.upload_life);
        let mut tx = self.inner.meta.begin(now).await?;
        let expired = tx
            .upload_delete_expired(key.registry, key.id, idle_since, created_before)
            .await?;
        let known = tx.upload_get(key.registry, key.id).await?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        if matches!(known, Some(StoredUpload::Open(_))) {
            // Somebody went on with it.
            return Ok(());
        }
        self.inner.blobs.upload_discard(&hold).await?;
        if expired {
            tracing::info!(registry.id = %key.registry, "an abandoned upload session has ended");
        }
        Ok(())
    }
}
