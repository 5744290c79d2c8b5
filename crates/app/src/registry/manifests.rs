//! Manifests: read, pushed, deleted; and the lists of those that refer to one.

use std::collections::BTreeSet;

use serde_json::json;
use wharf_store::StoreError;
use wharf_store::meta::manifest::{NewManifest, StoredManifest};
use wharf_store::meta::{Tx, Unrecorded};
use wharf_types::access::Action;
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::id::{RegistryId, RepositoryId};
use wharf_types::journal::JournalKind;
use wharf_types::manifest::{Descriptor, Manifest, ManifestError, MediaType};
use wharf_types::name::{Reference, RepositoryName, TagName};

use crate::registry::error::DigestMismatch;
use crate::registry::{Place, RegistryError};
use crate::{App, OpContext};

/// A manifest that is being pushed.
#[derive(Clone, Debug)]
pub struct ManifestPut<'a> {
    /// The tag that is to name it, or its own digest.
    pub reference: Reference,
    /// Tags that are to name it as well (`?tag=`, distribution-spec after 1.1).
    pub tags: BTreeSet<TagName>,
    /// What it is sent as.
    pub content_type: Option<&'a str>,
    /// Its bytes.
    pub content: &'a [u8],
}

/// A manifest that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedManifest {
    /// Its digest.
    pub digest: Digest,
    /// What it refers to, which the answer repeats (`OCI-Subject`).
    pub subject: Option<Digest>,
}

/// A page of the manifests that refer to one.
#[derive(Clone, Debug)]
pub struct Referrers {
    /// What the index lists.
    pub manifests: Vec<Descriptor>,
    /// Where the next page starts.
    pub next: Option<String>,
}

impl App {
    /// A manifest as it was sent.
    pub async fn manifest_get(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        reference: &Reference,
    ) -> Result<StoredManifest, RegistryError> {
        ctx.require_content(Action::ContentPull, place.content(Some(repository)))?;
        let (registry, shard, remembered) = (place.registry.id, place.shard(repository), &self.inner.content);
        let generation = match reference {
            Reference::Tag(_) => self.inner.epoch.tags(shard),
            Reference::Digest(_) => self.inner.epoch.content(shard, ctx.now),
        };
        let key = (registry, repository.clone(), reference.clone());
        if let Some(known) = remembered.manifest(generation, &key) {
            return Ok(known);
        }
        let found = Box::pin(self.manifest_read(registry, repository, reference)).await?;
        remembered.remember_manifest(generation, key, &found);
        Ok(found)
    }

    async fn manifest_read(
        &self,
        registry: RegistryId,
        repository: &RepositoryName,
        reference: &Reference,
    ) -> Result<StoredManifest, RegistryError> {
        let mut read = self.inner.meta.read().await?;
        let found = match reference {
            Reference::Tag(tag) => read.manifest_by_tag(registry, repository, tag).await,
            Reference::Digest(digest) => read.manifest_by_digest(registry, repository, digest).await,
        };
        let found = match found {
            // As good as absent, so that it is pushed again and whole again.
            Err(damaged @ StoreError::Corrupt { .. }) => {
                tracing::error!(repository.name = %repository, "a manifest cannot be served: {damaged}");
                None
            }
            other => other?,
        };
        found.ok_or_else(|| RegistryError::ManifestUnknown(reference.clone()))
    }

    /// Stores a manifest with the bytes that were sent, and lets its tags name it. Everything that it needs must be there, in the same transaction
    /// (rule 61); of an index, the listed manifests may be missing (distribution-spec: sparse indexes).
    pub async fn manifest_put(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        put: ManifestPut<'_>,
    ) -> Result<PushedManifest, RegistryError> {
        ctx.require_content(Action::ContentPush, place.content(Some(repository)))?;
        self.must_have_room(put.content.len() as u64).await?;
        let (digest, media_type) = identify(&put)?;
        let manifest = Manifest::parse(media_type, put.content)?;
        let registry = place.registry.id;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let id = tx
            .repository_ensure(
                registry,
                repository,
                RepositoryId(self.inner.environment.entropy.uuid()),
                ctx.now,
            )
            .await?;
        let reached = self.hold_reached(&mut tx, ctx, place, id, &manifest).await?;
        let subject = manifest.subject.as_ref().map(|subject| subject.digest);
        let new = NewManifest {
            digest,
            media_type,
            content: put.content,
            artifact_type: manifest.artifact_type.as_deref(),
            subject,
            annotations: &manifest.annotations,
            blobs: reached.blobs,
            manifests: reached.manifests,
        };
        tx.manifest_insert(registry, id, &new, ctx.now).await?;
        let written =
            json!({"digest": digest, "mediaType": media_type.as_str(), "size": put.content.len(), "subject": subject});
        let mut entry = self.content_entry(ctx, place, JournalKind::ManifestWrite, repository, written);
        let mut tags = put.tags;
        if let Reference::Tag(tag) = put.reference {
            tags.insert(tag);
        }
        // In the order of their names: two pushes that move the same tags wait for each other in the same order.
        for tag in &tags {
            tx.record(&entry).await?;
            let before = tx.tag_put(registry, id, tag, &digest, ctx.now).await?;
            let moved = json!({"tag": tag, "digest": digest, "before": before});
            entry = self.content_entry(ctx, place, JournalKind::TagWrite, repository, moved);
        }
        tx.commit(&entry).await?;
        Ok(PushedManifest { digest, subject })
    }

    /// Holds what the manifest reaches until the transaction ends, or says which blobs are missing, or what has another size.
    async fn hold_reached(
        &self,
        tx: &mut Tx,
        ctx: &OpContext,
        place: &Place,
        id: RepositoryId,
        manifest: &Manifest,
    ) -> Result<Reached, RegistryError> {
        let registry = place.registry.id;
        // BuildKit's caches are indexes of blobs.
        let is_manifest = |child: &&Descriptor| MediaType::parse(&child.media_type).is_some();
        let (manifests, listed): (Vec<_>, Vec<_>) = manifest.manifests.iter().partition(is_manifest);
        let (mut reached, mut missing) = (Reached::default(), Vec::new());
        // In the order of their digests: two pushes that share content take the same locks in the same order.
        for (digest, size) in sized(manifests) {
            if let Some(found) = tx.manifest_hold(registry, id, &digest).await? {
                must_have_size(&digest, size, found)?;
            }
            reached.manifests.push(digest);
        }
        for (digest, size) in sized(manifest.required_blobs().chain(listed)) {
            match tx.blob_hold(registry, id, &digest, ctx.now).await? {
                Some(found) => must_have_size(&digest, size, found)?,
                None => missing.push(digest),
            }
            reached.blobs.push(digest);
        }
        if missing.is_empty() || manifest.media_type.is_index() || self.inner.settings.sparse_images {
            Ok(reached)
        } else {
            Err(RegistryError::ManifestBlobUnknown(missing))
        }
    }

    /// Removes a tag, or a manifest with the tags that name it.
    pub async fn manifest_delete(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        reference: &Reference,
    ) -> Result<(), RegistryError> {
        ctx.require_content(Action::ContentDelete, place.content(Some(repository)))?;
        let unknown = || RegistryError::ManifestUnknown(reference.clone());
        let registry = place.registry.id;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let id = tx.repository_get(registry, repository).await?.ok_or_else(unknown)?;
        let place_of = |name: &str| format!("{registry}/{id}/{name}");
        let (kind, payload) = match reference {
            Reference::Tag(tag) => {
                let Some(digest) = tx.tag_delete(registry, id, tag).await? else {
                    // It may be a deletion that is about to be committed: nobody may see the tag after this answer.
                    tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
                    return Err(unknown());
                };
                tx.tombstone_put("tag", &place_of(tag.as_str()), ctx.now).await?;
                (JournalKind::TagDelete, json!({"tag": tag, "digest": digest}))
            }
            Reference::Digest(digest) => {
                let Some(tags) = tx.manifest_delete(registry, id, digest).await? else {
                    tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
                    return Err(unknown());
                };
                for tag in &tags {
                    tx.tombstone_put("tag", &place_of(tag.as_str()), ctx.now).await?;
                }
                tx.tombstone_put("manifest", &place_of(&digest.to_string()), ctx.now)
                    .await?;
                (JournalKind::ManifestDelete, json!({"digest": digest, "tags": tags}))
            }
        };
        tx.commit(&self.content_entry(ctx, place, kind, repository, payload))
            .await?;
        Ok(())
    }

    /// The manifests of the repository that refer to `subject`, which itself need not be there (distribution-spec, "Listing Referrers").
    pub async fn referrer_list(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        after: &str,
    ) -> Result<Referrers, RegistryError> {
        const PAGE: usize = 1000;
        ctx.require_content(Action::ContentPull, place.content(Some(repository)))?;
        let mut read = self.inner.meta.read().await?;
        let mut found = read
            .referrer_list(place.registry.id, repository, subject, artifact_type, after, PAGE + 1)
            .await?;
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let next = found.last().filter(|_| more).map(|last| last.digest.to_string());
        let descriptor = |referrer: wharf_store::meta::manifest::Referrer| Descriptor {
            media_type: referrer.media_type.as_str().to_owned(),
            digest: referrer.digest,
            size: referrer.size_bytes,
            artifact_type: referrer.artifact_type,
            annotations: referrer.annotations,
            urls: Vec::new(),
        };
        Ok(Referrers {
            manifests: found.into_iter().map(descriptor).collect(),
            next,
        })
    }
}

/// The digest and the media type that a pushed manifest is to be stored under.
fn identify(put: &ManifestPut<'_>) -> Result<(Digest, MediaType), RegistryError> {
    let digest = match &put.reference {
        Reference::Tag(_) => Digest::of(Algorithm::Sha256, put.content),
        Reference::Digest(expected) => {
            let found = Digest::of(expected.algorithm(), put.content);
            DigestMismatch::check(*expected, found)?;
            found
        }
    };
    let content_type = put.content_type.unwrap_or("");
    let media_type =
        MediaType::parse(content_type).ok_or_else(|| RegistryError::ManifestType(content_type.to_owned()))?;
    Ok((digest, media_type))
}

/// What a manifest reaches in its repository.
#[derive(Default)]
struct Reached {
    blobs: Vec<Digest>,
    manifests: Vec<Digest>,
}

fn sized<'a>(descriptors: impl IntoIterator<Item = &'a Descriptor>) -> BTreeSet<(Digest, u64)> {
    descriptors
        .into_iter()
        .map(|found| (found.digest, found.size))
        .collect()
}

fn must_have_size(digest: &Digest, said: u64, found: u64) -> Result<(), RegistryError> {
    if said == found {
        return Ok(());
    }
    let message = format!("the manifest says that {digest} has {said} bytes, and it has {found}");
    Err(ManifestError::Field(message).into())
}
