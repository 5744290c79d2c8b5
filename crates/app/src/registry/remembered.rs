//! What a node remembers of content, so that a warm pull asks the database nothing (design §7).
//!
//! An entry holds the generation of its repository's content from before the database was read, and is used only while that stands. Keys name the
//! registry and the repository (rule 39); whether the caller may pull is decided before with each request. Memory is fixed.

use moka::sync::Cache;
use wharf_store::meta::manifest::StoredManifest;
use wharf_types::digest::Digest;
use wharf_types::id::RegistryId;
use wharf_types::name::{Reference, RepositoryName};

type Known<T> = (u64, T);

/// Manifests by tag and digest, and the sizes of blobs.
pub(crate) struct RememberedContent {
    manifests: Cache<(RegistryId, RepositoryName, Reference), Known<StoredManifest>>,
    blobs: Cache<(RegistryId, RepositoryName, Digest), Known<u64>>,
}

/// The bytes of manifests, and what an entry takes beside them.
const MANIFESTS_BYTES: u64 = 16 * 1024 * 1024;
const ENTRY_BYTES: usize = 500;
/// About 300 bytes each.
const MOST_BLOBS: u64 = 20_000;

impl RememberedContent {
    pub(crate) fn new() -> Self {
        let manifests =
            Cache::builder()
                .max_capacity(MANIFESTS_BYTES)
                .weigher(|_, (_, known): &Known<StoredManifest>| {
                    u32::try_from(known.content.len() + ENTRY_BYTES).unwrap_or(u32::MAX)
                });
        Self {
            manifests: manifests.build(),
            blobs: Cache::new(MOST_BLOBS),
        }
    }

    /// The manifest as it was at `generation`.
    pub(super) fn manifest(
        &self,
        generation: Option<u64>,
        key: &(RegistryId, RepositoryName, Reference),
    ) -> Option<StoredManifest> {
        current(generation, self.manifests.get(key))
    }

    pub(super) fn remember_manifest(
        &self,
        generation: Option<u64>,
        key: (RegistryId, RepositoryName, Reference),
        manifest: &StoredManifest,
    ) {
        if let Some(generation) = generation {
            self.manifests.insert(key, (generation, manifest.clone()));
        }
    }

    /// The blob's size as it was at `generation`.
    pub(super) fn blob(&self, generation: Option<u64>, key: &(RegistryId, RepositoryName, Digest)) -> Option<u64> {
        current(generation, self.blobs.get(key))
    }

    pub(super) fn remember_blob(
        &self,
        generation: Option<u64>,
        key: (RegistryId, RepositoryName, Digest),
        size_bytes: u64,
    ) {
        if let Some(generation) = generation {
            self.blobs.insert(key, (generation, size_bytes));
        }
    }
}

fn current<T>(generation: Option<u64>, known: Option<Known<T>>) -> Option<T> {
    known
        .filter(|(remembered, _)| Some(*remembered) == generation)
        .map(|(_, value)| value)
}
