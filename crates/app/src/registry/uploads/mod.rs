//! Upload sessions (distribution-spec, "Pushing Blobs"): in one request, in one PUT, in chunks, by mount.
//!
//! Rule 31: a session belongs to a registry, a repository and a principal, and the right to push is asked for with each request. Whoever works on a
//! session holds it from before its row is read ([`Session`]), so that what the row says is true of the bytes.

mod mount;
mod write;

use wharf_store::StoreError;
use wharf_store::blob::{RunningHash, UploadHold, UploadKey};
use wharf_store::meta::Unrecorded;
use wharf_store::meta::upload::Upload;
use wharf_types::access::Action;
use wharf_types::digest::Digest;
use wharf_types::id::{RepositoryId, UploadId};
use wharf_types::name::RepositoryName;

use crate::registry::{Place, RegistryError};
use crate::{App, Error, OpContext};

pub use mount::MountSource;
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

/// A session that this request works on, and nobody else.
struct Session {
    upload: Upload,
    hold: UploadHold,
}

impl Session {
    /// Two requests at one session: the second one is told where the session stands, as for a chunk that comes out of order.
    fn error(&self, error: StoreError) -> RegistryError {
        match error {
            StoreError::Conflict(problem) => RegistryError::UploadRange {
                offset: self.upload.offset,
                problem,
            },
            other => other.into(),
        }
    }
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
        let upload = self.session_of(ctx, place, repository, id).await?;
        Ok(UploadStatus {
            id: upload.id,
            offset: upload.offset,
        })
    }

    /// The session, if it is the caller's, of this repository.
    async fn session_of(
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

    /// The same, held for work on it.
    async fn session_hold(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<Session, RegistryError> {
        let key = UploadKey {
            registry: place.registry.id,
            id: id.clone(),
        };
        let hold = match self.inner.blobs.upload_hold(&key).await {
            Err(StoreError::Conflict(problem)) => {
                // Only its owner learns that there is such a session.
                let offset = self.session_of(ctx, place, repository, id).await?.offset;
                return Err(RegistryError::UploadRange { offset, problem });
            }
            other => other?,
        };
        let upload = self.session_of(ctx, place, repository, id).await?;
        Ok(Session { upload, hold })
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
        Ok(self.session_discard(&session).await?)
    }

    async fn session_discard(&self, session: &Session) -> Result<(), Error> {
        let now = self.inner.environment.clock.now();
        self.inner.blobs.upload_discard(&session.hold).await?;
        let mut tx = self.inner.meta.begin(now).await?;
        tx.upload_delete(session.upload.registry, &session.upload.id).await?;
        tx.commit_unrecorded(Unrecorded::UploadProgress).await?;
        Ok(())
    }

    /// Ends a session that nobody goes on with. One that is just being written to is not abandoned: the next run looks again.
    pub(crate) async fn upload_expire(&self, upload: Upload) -> Result<(), Error> {
        let key = UploadKey {
            registry: upload.registry,
            id: upload.id.clone(),
        };
        let hold = match self.inner.blobs.upload_hold(&key).await {
            Err(StoreError::Conflict(_)) => return Ok(()),
            other => other?,
        };
        tracing::info!(repository.name = %upload.repository, "an abandoned upload session of {} has ended", upload.repository);
        self.session_discard(&Session { upload, hold }).await
    }
}
