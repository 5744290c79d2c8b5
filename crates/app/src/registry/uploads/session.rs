//! What a session is, and who may go on with it.
//!
//! A session that holds no bytes is nowhere but in its id, which is authenticated state (rule 31): the seal is over the registry, the repository, the
//! principal, the start and 128 random bits. The row appears with the first bytes that have to be remembered. So a push of a blob in one `PUT` costs no
//! write before its own, and any node knows any session (`docs/decisions/0015-upload-sessions-without-a-row.md`).

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use wharf_store::StoreError;
use wharf_store::blob::{RunningHash, UploadHold, UploadKey};
use wharf_store::meta::upload::{StoredUpload, Upload};
use wharf_types::access::Action;
use wharf_types::id::{SessionId, UploadId};
use wharf_types::name::RepositoryName;

use crate::registry::{Place, RegistryError};
use crate::{App, OpContext};

const PURPOSE: &str = "upload session";

/// A session as it stands now.
pub(super) struct Standing {
    pub(super) upload: Upload,
    /// It has a row.
    pub(super) is_stored: bool,
}

/// A session that this request works on, and nobody else.
pub(super) struct Session {
    pub(super) upload: Upload,
    pub(super) is_stored: bool,
    pub(super) hold: UploadHold,
}

impl Session {
    /// Two requests at one session: the second one is told where the session stands, as for a chunk that comes out of order.
    pub(super) fn error(&self, error: StoreError) -> RegistryError {
        match error {
            StoreError::Conflict(problem) => RegistryError::UploadRange {
                offset: self.upload.offset,
                problem,
            },
            other => other.into(),
        }
    }
}

/// The sessions that were finished here: the newest ones. Of a session that is finished nothing is stored, so that its id would begin it anew.
#[derive(Default)]
pub(crate) struct Finished(Mutex<(HashSet<SessionId>, VecDeque<SessionId>)>);

/// Of about 50 bytes each.
const MOST_FINISHED: usize = 16_384;

impl Finished {
    pub(super) fn insert(&self, session: SessionId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (sessions, order) = &mut *known;
        if sessions.insert(session) {
            order.push_back(session);
            if order.len() > MOST_FINISHED
                && let Some(oldest) = order.pop_front()
            {
                sessions.remove(&oldest);
            }
        }
    }

    fn contains(&self, session: SessionId) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.0.contains(&session)
    }
}

/// What the seal of a session's id is over.
fn sealed<'a>(upload: &'a Upload, started_at: &'a [u8; 8]) -> [&'a [u8]; 5] {
    [
        upload.registry.0.as_bytes(),
        upload.repository.as_str().as_bytes(),
        upload.principal.as_bytes(),
        started_at,
        upload.id.as_bytes(),
    ]
}

impl App {
    /// A new session of the caller's, and its id.
    pub(super) fn session_new(&self, ctx: &OpContext, place: &Place, repository: &RepositoryName) -> Upload {
        let mut random = [0; 16];
        self.inner.environment.entropy.fill(&mut random);
        session_without_bytes(ctx, place, repository, SessionId::new(random), ctx.now)
    }

    pub(super) fn session_seal(&self, upload: &Upload) -> UploadId {
        let started_at = upload.created_at.as_us().to_be_bytes();
        UploadId {
            session: upload.id,
            started_at: upload.created_at,
            seal: self.inner.vault.authenticate(PURPOSE, &sealed(upload, &started_at)),
        }
    }

    /// The session, if it is the caller's, of this repository, and has not ended.
    pub(super) async fn session_of(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<Standing, RegistryError> {
        let fresh = self.session_named(ctx, place, repository, id)?;
        let found = self
            .inner
            .meta
            .read()
            .await?
            .upload_get(place.registry.id, id.session)
            .await?;
        match found {
            Some(StoredUpload::Open(upload)) => Ok(Standing {
                upload,
                is_stored: true,
            }),
            Some(StoredUpload::Ended) => Err(RegistryError::UploadUnknown),
            // Asked after the row: whoever finishes it removes that first.
            None if self.inner.finished_uploads.contains(id.session) => Err(RegistryError::UploadUnknown),
            // Where its row is gone because it ended by itself, the id is too old as well.
            None if id.started_at + self.inner.settings.upload_idle <= ctx.now => Err(RegistryError::UploadUnknown),
            None => Ok(Standing {
                upload: fresh,
                is_stored: false,
            }),
        }
    }

    /// The session as it began, if its id was given to this caller for this repository.
    fn session_named(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<Upload, RegistryError> {
        ctx.require_content(Action::ContentPush, place.content(Some(repository)))?;
        let upload = session_without_bytes(ctx, place, repository, id.session, id.started_at);
        let started_at = id.started_at.as_us().to_be_bytes();
        let fields = sealed(&upload, &started_at);
        if self.inner.vault.is_authentic(PURPOSE, &fields, &id.seal) {
            Ok(upload)
        } else {
            Err(RegistryError::UploadUnknown)
        }
    }

    /// The same, held for work on it.
    pub(super) async fn session_hold(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        id: &UploadId,
    ) -> Result<Session, RegistryError> {
        // Only its owner learns that there is such a session, and only its owner holds it.
        self.session_named(ctx, place, repository, id)?;
        let key = UploadKey {
            registry: place.registry.id,
            id: id.session,
        };
        let hold = match self.inner.blobs.upload_hold(&key).await {
            Err(StoreError::Conflict(problem)) => {
                let offset = self.session_of(ctx, place, repository, id).await?.upload.offset;
                return Err(RegistryError::UploadRange { offset, problem });
            }
            other => other?,
        };
        let Standing { upload, is_stored } = self.session_of(ctx, place, repository, id).await?;
        Ok(Session {
            upload,
            is_stored,
            hold,
        })
    }
}

fn session_without_bytes(
    ctx: &OpContext,
    place: &Place,
    repository: &RepositoryName,
    id: SessionId,
    started_at: wharf_types::time::Time,
) -> Upload {
    Upload {
        id,
        registry: place.registry.id,
        repository: repository.clone(),
        principal: ctx.subject.principal.to_string(),
        offset: 0,
        hash_state: RunningHash::default().state(),
        created_at: started_at,
    }
}
