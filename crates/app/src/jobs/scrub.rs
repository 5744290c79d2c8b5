//! Looking at all that is stored, so that what a disk lost is known before it is needed (rule 59).
//!
//! A blob whose bytes are not what its digest says is marked in its row: then it is as good as absent, for readers and for those who ask whether it has to
//! be pushed, and the next push of it makes it right. What is marked is looked at as well: a file that an operator restored is served again.
//!
//! The job goes through everything once in a period, evenly, a little in each run. How far it is stands in the database, so that it goes on after a
//! restart, and so that of several nodes one is at it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use wharf_store::StoreError;
use wharf_store::blob::{BlobKey, examine};
use wharf_store::meta::scrub::{BlobRow, EACH, Scrub, ScrubCursor, ScrubKind};
use wharf_store::meta::{Tx, Unrecorded};
use wharf_types::digest::Digest;
use wharf_types::id::{RegistryId, TenantId};
use wharf_types::journal::JournalKind;
use wharf_types::name::RepositoryName;

use crate::{App, Error};

/// Things that are read of the database at once.
const BATCH: usize = 100;
/// A run ends after this long, and the next one goes on.
const RUN: Duration = Duration::from_secs(8);
/// Whoever says that it is at it, and says no more for this long, has died. What two of them do at once is done twice, and no harm.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// At most so many bytes a second are read, so that nobody else has to wait for the disk.
const BYTES_PER_SECOND: u64 = 32 * 1024 * 1024;
/// How often a blob is looked at again that was pushed while it was looked at.
const ATTEMPTS: usize = 3;

/// What a look at a thing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Its bytes are right.
    Sound,
    /// They are right, and were not.
    Restored,
    /// They are not; this is the matter with them.
    Damaged(String),
}

/// The blobs that are being looked at because a reader found them wrong: each by one.
#[derive(Debug, Default)]
pub(crate) struct Suspects(Mutex<HashSet<BlobKey>>);

/// A blob that is being looked at, until this is dropped: also when whoever asked goes away.
struct Suspicion<'a> {
    suspects: &'a Suspects,
    blob: BlobKey,
}

impl Suspects {
    /// None when somebody is looking at it.
    fn look_at(&self, blob: BlobKey) -> Option<Suspicion<'_>> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(blob);
        is_first.then_some(Suspicion { suspects: self, blob })
    }
}

impl Drop for Suspicion<'_> {
    fn drop(&mut self) {
        let mut known = self.suspects.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&self.blob);
    }
}

impl App {
    /// Looks at as much as is due.
    pub(super) async fn scrub(&self) -> Result<(), Error> {
        let Some(period) = self.inner.settings.scrub_period else {
            return Ok(());
        };
        let Some(scrub) = self.scrub_due(period).await? else {
            return Ok(());
        };
        let began = Instant::now();
        let (mut cursor, mut done) = (scrub.cursor.clone(), scrub.done);
        let due = self.due(&scrub, period);
        let mut worked = Ok(());
        while cursor.kind != ScrubKind::Done && done < due && began.elapsed() < RUN {
            worked = self.scrub_step(&mut cursor, &mut done, due, began + RUN).await;
            if worked.is_err() {
                break;
            }
        }
        let now = self.inner.environment.clock.now();
        let mut tx = self.inner.meta.begin(now).await?;
        tx.scrub_advance(scrub.busy_until, &cursor, done, now).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        if cursor.kind == ScrubKind::Done {
            tracing::info!(scrub.total = scrub.total, "all that is stored was looked at");
        }
        worked
    }

    /// The look that has to go on now, claimed; none when there is nothing to do, or somebody else is at it.
    async fn scrub_due(&self, period: Duration) -> Result<Option<Scrub>, Error> {
        let now = self.inner.environment.clock.now();
        let mut read = self.inner.meta.read().await?;
        let known = read.scrub_get().await?;
        let busy_until = now + LEASE;
        if let Some(known) = known.clone().filter(|known| now < known.started_at + period) {
            if known.cursor.kind == ScrubKind::Done || known.done >= self.due(&known, period) || known.busy_until > now
            {
                return Ok(None);
            }
            drop(read);
            let mut tx = self.inner.meta.begin(now).await?;
            let is_ours = tx.scrub_claim(now, busy_until).await?;
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
            // Somebody may have gone on between the two looks.
            let scrub = self.inner.meta.read().await?.scrub_get().await?;
            return Ok(scrub.filter(|_| is_ours));
        }
        // One that did not come to its end in time goes on where it is.
        let cursor = known.as_ref().map(|known| known.cursor.clone());
        let cursor = cursor.filter(|cursor| cursor.kind != ScrubKind::Done);
        let scrub = Scrub {
            cursor: cursor.unwrap_or_else(|| ScrubCursor::start(ScrubKind::Blob)),
            total: read.scrub_total().await?,
            done: 0,
            started_at: now,
            busy_until,
        };
        drop(read);
        let mut tx = self.inner.meta.begin(now).await?;
        let is_ours = tx.scrub_start(known.map(|known| known.started_at), &scrub).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(is_ours.then_some(scrub))
    }

    /// How much has to have been looked at by now: evenly, and a little ahead, so that a look ends within its period.
    fn due(&self, scrub: &Scrub, period: Duration) -> u64 {
        let elapsed_us = self.inner.environment.clock.now().as_us() - scrub.started_at.as_us();
        let soon = u128::try_from(elapsed_us / 1_000_000).unwrap_or(0) + u128::from(period.as_secs() / 100) + 1;
        let due = u128::from(scrub.total + EACH) * soon * 10 / (u128::from(period.as_secs().max(1)) * 9);
        u64::try_from(due).unwrap_or(u64::MAX)
    }

    /// Looks at the next things of a kind, or goes on to the next kind.
    async fn scrub_step(&self, cursor: &mut ScrubCursor, done: &mut u64, due: u64, end: Instant) -> Result<(), Error> {
        let mut read = self.inner.meta.read().await?;
        let go_on = |done: u64| done < due && Instant::now() < end;
        let next = if cursor.kind == ScrubKind::Blob {
            let blobs = read.blob_list_after(cursor, BATCH).await?;
            drop(read);
            for blob in &blobs {
                self.blob_examine(*blob, BYTES_PER_SECOND).await?;
                (cursor.registry, cursor.digest) = (blob.key.registry, blob.key.digest.to_string());
                *done += blob.size_bytes + EACH;
                if !go_on(*done) {
                    return Ok(());
                }
            }
            blobs.is_empty().then_some(ScrubKind::Manifest)
        } else {
            let manifests = read.manifest_list_after(cursor, BATCH).await?;
            drop(read);
            for (registry, digest) in &manifests {
                self.manifest_examine(*registry, digest).await?;
                (cursor.registry, cursor.digest) = (*registry, digest.to_string());
                *done += EACH;
                if !go_on(*done) {
                    return Ok(());
                }
            }
            manifests.is_empty().then_some(ScrubKind::Done)
        };
        if let Some(next) = next {
            *cursor = ScrubCursor::start(next);
        }
        Ok(())
    }

    /// A reader found a blob wrong: looks at all of it, and marks it. Returns whether it is damaged.
    pub(crate) async fn blob_suspected(&self, blob: BlobKey) -> Result<bool, Error> {
        let Some(_suspicion) = self.inner.suspects.look_at(blob) else {
            // Somebody else's reader came first; it is wrong for this one all the same.
            return Ok(true);
        };
        let row = self.inner.meta.read().await?.blob_row(&blob).await?;
        let Some(row) = row else { return Ok(false) };
        let finding = self.blob_examine(row, u64::MAX).await?;
        Ok(matches!(finding, Finding::Damaged(_)))
    }

    /// Looks at a blob's bytes, and makes its row true to them.
    pub(super) async fn blob_examine(&self, mut blob: BlobRow, bytes_per_second: u64) -> Result<Finding, Error> {
        for _ in 0..ATTEMPTS {
            let store = self.inner.blobs.as_ref();
            let finding = match examine(store, &blob.key, blob.size_bytes, bytes_per_second).await {
                Ok(()) if blob.damaged => Finding::Restored,
                Ok(()) => return Ok(Finding::Sound),
                Err(StoreError::Corrupt { problem, .. }) if blob.damaged => return Ok(Finding::Damaged(problem)),
                Err(StoreError::Corrupt { problem, .. }) => Finding::Damaged(problem),
                Err(error) => return Err(error.into()),
            };
            // A folder that is not there, such as a disk that is not mounted, says nothing of its blobs.
            if store.owner().await?.is_none() {
                let problem = "the folder of blobs has lost its INSTALLATION file: is its disk mounted?";
                return Err(StoreError::Mismatch(problem.to_owned()).into());
            }
            if self.blob_mark(&blob, &finding).await? {
                return Ok(finding);
            }
            match self.inner.meta.read().await?.blob_row(&blob.key).await? {
                Some(now) => blob = now,
                None => break,
            }
        }
        // It is being pushed again and again, or is gone: nobody is served what was found here.
        Ok(Finding::Sound)
    }

    /// Marks a blob, or takes the mark away; with a record for each repository that has it. Returns whether the blob still was what was looked at.
    async fn blob_mark(&self, blob: &BlobRow, finding: &Finding) -> Result<bool, Error> {
        let now = self.inner.environment.clock.now();
        let BlobKey { registry, digest } = blob.key;
        let (kind, damaged_at, problem) = match finding {
            Finding::Damaged(problem) => (JournalKind::BlobDamaged, Some(now), problem.as_str()),
            Finding::Restored | Finding::Sound => (JournalKind::BlobRestored, None, ""),
        };
        let mut tx = self.inner.meta.begin(now).await?;
        let Some(tenant) = tx.registry_tenant(registry).await? else {
            return Ok(true);
        };
        if !tx.blob_set_damaged(blob, damaged_at).await? {
            return Ok(false);
        }
        let repositories = tx.blob_repositories(registry, &digest, usize::MAX >> 1).await?;
        let payload = json!({"digest": digest, "problem": problem});
        self.commit_for_each(tx, tenant, registry, kind, &repositories, &payload)
            .await?;
        match finding {
            Finding::Damaged(problem) => tracing::error!(
                registry.id = %registry, blob.digest = %digest, problem,
                "the blob {digest} is damaged ({problem}); it is not served any more, and is whole again when it is pushed again"
            ),
            _ => {
                tracing::warn!(registry.id = %registry, blob.digest = %digest, "the blob {digest} is whole again, and served");
            }
        }
        Ok(true)
    }

    /// Commits a change with a record for each of these repositories: what nodes remember, they remember by repository.
    async fn commit_for_each(
        &self,
        mut tx: Tx,
        tenant: TenantId,
        registry: RegistryId,
        kind: JournalKind,
        repositories: &[RepositoryName],
        payload: &serde_json::Value,
    ) -> Result<(), Error> {
        let ctx = self.system_context(tenant);
        let place = tx.registry_get(tenant, registry).await?;
        let scope = place.map_or_else(|| "/".to_owned(), |place| place.scope().to_string());
        let entry = |resource: String| {
            let mut entry = ctx.entry(kind, tenant, resource, payload.clone());
            entry.registry = Some(registry);
            entry
        };
        for repository in repositories {
            tx.record(&entry(format!("{scope}/repositories/{repository}"))).await?;
        }
        tx.commit(&entry(scope)).await?;
        Ok(())
    }

    /// Looks at a manifest's bytes. Readers look as well, each time that they come from the database; pushing it again makes it right.
    pub(super) async fn manifest_examine(&self, registry: RegistryId, digest: &Digest) -> Result<Finding, Error> {
        let mut read = self.inner.meta.read().await?;
        let Some(content) = read.manifest_bytes(registry, digest).await? else {
            return Ok(Finding::Sound);
        };
        if Digest::of(digest.algorithm(), &content) == *digest {
            return Ok(Finding::Sound);
        }
        let (tenant, repositories) = (
            read.registry_tenant(registry).await?,
            read.manifest_repositories(registry, digest).await?,
        );
        drop(read);
        let problem = "its bytes do not have this digest";
        if let Some(tenant) = tenant {
            let tx = self.inner.meta.begin(self.inner.environment.clock.now()).await?;
            let payload = json!({"digest": digest, "problem": problem});
            let kind = JournalKind::ManifestDamaged;
            self.commit_for_each(tx, tenant, registry, kind, &repositories, &payload)
                .await?;
        }
        tracing::error!(
            registry.id = %registry, manifest.digest = %digest,
            "the manifest {digest} is damaged; it is not served, and is whole again when it is pushed again"
        );
        Ok(Finding::Damaged(problem.to_owned()))
    }
}
