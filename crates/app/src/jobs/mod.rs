//! What happens without being asked. A job reads the present state and moves it towards the wanted one: it may run twice, late, or on every node.

mod fsck;
mod scrub;
mod seal;
mod verify;

use std::collections::HashMap;
use std::time::Duration;

use wharf_store::meta::Unrecorded;
use wharf_store::meta::last_use::LastUse;
use wharf_types::id::KeyId;

use crate::audit::Sums;
use crate::identity::people::IDLE;
use crate::{App, Error};

pub use fsck::{Damage, StorageReport};
pub(crate) use scrub::Suspects;
pub use verify::{JournalReport, Problem};

/// A job and how often it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Seals new rows of the journal into the hash chain, and takes note of other processes' changes.
    SealJournal,
    /// Writes what was only counted: sign-ins, refusals, last uses.
    FlushCounters,
    /// Ends upload sessions that nobody goes on with, and forgets old failures.
    Expire,
    /// Makes the next signing key in time.
    MaintainKeys,
    /// Looks at a part of all that is stored, whether its bytes are right.
    Scrub,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::SealJournal,
        Self::FlushCounters,
        Self::Expire,
        Self::MaintainKeys,
        Self::Scrub,
    ];

    /// Its name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SealJournal => "seal-journal",
            Self::FlushCounters => "flush-counters",
            Self::Expire => "expire",
            Self::MaintainKeys => "maintain-keys",
            Self::Scrub => "scrub",
        }
    }

    /// How long after one run the next one begins.
    pub const fn interval(self) -> Duration {
        match self {
            Self::SealJournal => Duration::from_secs(1),
            Self::FlushCounters => Duration::from_secs(5),
            Self::Scrub => Duration::from_secs(10),
            Self::Expire | Self::MaintainKeys => Duration::from_secs(60),
        }
    }
}

/// Each run ends after so many, and goes on with the next one.
const BATCH: usize = 500;
/// Failures in a row are forgotten after a day without one.
const FAILURES_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Codes are kept for so long after their end: that one is used again is noticed, and a device learns that its code has ended.
const CODES_KEPT: Duration = Duration::from_secs(3600);

impl App {
    /// Runs a job once.
    pub async fn job_run(&self, job: Job) -> Result<(), Error> {
        match job {
            Job::SealJournal => self.journal_seal().await,
            Job::FlushCounters => self.counters_flush().await,
            Job::Expire => self.expire().await,
            Job::Scrub => self.scrub().await,
            Job::MaintainKeys => {
                let inner = &self.inner;
                inner
                    .signer
                    .maintain(&inner.environment, &inner.meta, &inner.vault)
                    .await
            }
        }
    }

    async fn counters_flush(&self) -> Result<(), Error> {
        let (sums, uses) = (self.inner.audit.take(), self.inner.usage.take());
        if sums.is_empty() && uses.is_empty() {
            return Ok(());
        }
        let written = self.counters_write(&sums, &uses).await;
        if written.is_err() {
            // Nothing of it is lost while the database is away or full (rule 66).
            self.inner.audit.put_back(sums);
            self.inner.usage.put_back(uses);
        }
        written
    }

    async fn counters_write(&self, sums: &Sums, uses: &HashMap<KeyId, LastUse>) -> Result<(), Error> {
        let mut tx = self.inner.meta.begin(self.inner.environment.clock.now()).await?;
        for record in sums.entries() {
            tx.record(&record).await?;
        }
        // In one order on every node: two of them write the same rows.
        let mut uses: Vec<_> = uses.iter().collect();
        uses.sort_by_key(|(key, _)| key.0);
        for (key, used) in uses {
            tx.credential_used(*key, used).await?;
        }
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(())
    }

    async fn expire(&self) -> Result<(), Error> {
        self.uploads_expire(BATCH).await?;
        let now = self.inner.environment.clock.now();
        let mut tx = self.inner.meta.begin(now).await?;
        tx.sign_in_failures_expire(now - FAILURES_KEPT, BATCH).await?;
        tx.invitations_expire(now, BATCH).await?;
        tx.web_sessions_expire(now, now - IDLE, BATCH).await?;
        tx.refresh_families_expire(now, BATCH).await?;
        tx.authorization_codes_expire(now - CODES_KEPT, BATCH).await?;
        tx.device_codes_expire(now - CODES_KEPT, BATCH).await?;
        tx.revoked_tokens_expire(now, BATCH).await?;
        tx.used_assertions_expire(now, BATCH).await?;
        tx.upstream_attempts_expire(now, BATCH).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(())
    }
}
