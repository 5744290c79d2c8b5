//! Looking at all that is stored, now: for the operator who wants to know.

use wharf_store::meta::scrub::{ScrubCursor, ScrubKind};
use wharf_types::digest::Digest;
use wharf_types::id::RegistryId;

use super::scrub::Finding;
use crate::{App, Error};

/// Things that are read of the database at once.
const BATCH: usize = 500;
/// Nobody is spared: the operator waits for it.
const BYTES_PER_SECOND: u64 = u64::MAX;
/// The most things that are named; all are counted.
const MOST_NAMED: usize = 1000;

/// What a look at everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageReport {
    /// How many blobs were looked at.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many manifests were looked at.
    pub manifests: u64,
    /// How many blobs had been damaged, and are whole again.
    pub restored: u64,
    /// How many things are damaged.
    pub damaged: u64,
    /// Which: the first thousand.
    pub named: Vec<Damage>,
}

/// A damaged thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// `blob` or `manifest`.
    pub kind: &'static str,
    /// Its registry.
    pub registry: RegistryId,
    /// Its digest.
    pub digest: Digest,
    /// What is the matter with it.
    pub problem: String,
}

impl StorageReport {
    fn take(&mut self, finding: Finding, kind: &'static str, registry: RegistryId, digest: Digest) {
        match finding {
            Finding::Sound => {}
            Finding::Restored => self.restored += 1,
            Finding::Damaged(problem) => {
                self.damaged += 1;
                if self.named.len() < MOST_NAMED {
                    self.named.push(Damage {
                        kind,
                        registry,
                        digest,
                        problem,
                    });
                }
            }
        }
    }
}

impl App {
    /// Looks at everything. `progress` is called with the blobs' bytes that were looked at, and their sum, after each blob.
    pub async fn storage_check(&self, mut progress: impl FnMut(u64, u64)) -> Result<StorageReport, Error> {
        let total = self.inner.meta.read().await?.blob_bytes().await?;
        let mut report = StorageReport::default();
        let mut cursor = ScrubCursor::start(ScrubKind::Blob);
        loop {
            let blobs = self.inner.meta.read().await?.blob_list_after(&cursor, BATCH).await?;
            for blob in &blobs {
                let finding = self.blob_examine(*blob, BYTES_PER_SECOND).await?;
                report.blobs += 1;
                report.bytes += blob.size_bytes;
                report.take(finding, "blob", blob.key.registry, blob.key.digest);
                progress(report.bytes, total.max(report.bytes));
                (cursor.registry, cursor.digest) = (blob.key.registry, blob.key.digest.to_string());
            }
            if blobs.len() < BATCH {
                break;
            }
        }
        cursor = ScrubCursor::start(ScrubKind::Manifest);
        loop {
            let manifests = self
                .inner
                .meta
                .read()
                .await?
                .manifest_list_after(&cursor, BATCH)
                .await?;
            for (registry, digest) in &manifests {
                let finding = self.manifest_examine(*registry, digest).await?;
                report.manifests += 1;
                report.take(finding, "manifest", *registry, *digest);
                (cursor.registry, cursor.digest) = (*registry, digest.to_string());
            }
            if manifests.len() < BATCH {
                return Ok(report);
            }
        }
    }
}
