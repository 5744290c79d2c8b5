//! Taking a blob over from another repository (distribution-spec, "Mounting a blob from another repository").
//!
//! Rule 32: a mount reads the source. A source that the caller may not read is one that does not have the blob.

use serde_json::json;
use wharf_types::access::Action;
use wharf_types::digest::Digest;
use wharf_types::journal::JournalKind;
use wharf_types::name::RepositoryName;

use crate::registry::{Place, RegistryError};
use crate::{App, OpContext};

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

/// The most repositories that are looked through for a blob when none is named.
const MOST_SOURCES: usize = 50;

impl App {
    /// Fails with what the caller's token lacks, where it alone is why a mount would not be made: the caller may read the source, and the blob is there.
    /// A client that knows the token service then asks for a token of both repositories, and saves the upload.
    pub async fn mount_challenge(
        &self,
        ctx: &OpContext,
        place: &Place,
        digest: &Digest,
        source: &RepositoryName,
    ) -> Result<(), RegistryError> {
        let Some(lacking) = ctx.token_lacks(Action::ContentPull, place.content(Some(source))) else {
            return Ok(());
        };
        let mut read = self.inner.meta.read().await?;
        match read.blob_size(place.registry.id, source, digest).await? {
            Some(_) => Err(lacking.into()),
            None => Ok(()),
        }
    }

    /// Whether the blob is in the repository now.
    pub(super) async fn mount(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        digest: &Digest,
        source: &MountSource,
    ) -> Result<bool, RegistryError> {
        let registry = place.registry.id;
        let mut sources = match source {
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
        sources.retain(|source| ctx.may_content(Action::ContentPull, place.content(Some(source))));
        if sources.is_empty() {
            return Ok(false);
        }
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        for source in sources {
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
}
