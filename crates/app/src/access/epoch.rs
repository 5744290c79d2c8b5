//! Whether what a node remembers of access (rule 26) and of content may still be used.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use wharf_store::meta::{ContentShard, Generations};
use wharf_types::time::Time;

/// Memory is true as long as the generation did not move. A commit of this process moves it at once; the journal's reader moves it for the
/// commits of other processes. When that reader has not succeeded for a while, nobody knows, and nothing is remembered.
pub(crate) struct Epoch {
    generations: Arc<Generations>,
    shared: bool,
    journal_read_at_us: AtomicI64,
}

/// Of the five seconds in which a revocation must be known everywhere, this many may pass without news of the journal.
const TRUSTED_FOR: Duration = Duration::from_secs(3);

impl Epoch {
    pub(crate) fn new(generations: Arc<Generations>, shared: bool, now: Time) -> Self {
        Self {
            generations,
            shared,
            journal_read_at_us: AtomicI64::new(now.as_us()),
        }
    }

    /// What to compare the generation of something remembered about access with; none when nothing remembered may be used.
    pub(crate) fn access(&self, now: Time) -> Option<u64> {
        self.hears_of_changes(now).then(|| self.generations.access())
    }

    /// The same for what is remembered of a repository's content that may be some seconds old: that something is there, under its digest.
    pub(crate) fn content(&self, shard: ContentShard, now: Time) -> Option<u64> {
        self.generations.content(shard).filter(|_| self.hears_of_changes(now))
    }

    /// The same for tags, which are read as they were written last: other nodes' writes are known too late for that.
    pub(crate) fn tags(&self, shard: ContentShard) -> Option<u64> {
        self.generations.content(shard).filter(|_| !self.shared)
    }

    fn hears_of_changes(&self, now: Time) -> bool {
        let read_at = Time::from_us(self.journal_read_at_us.load(Ordering::Acquire));
        !self.shared || read_at.until(now) <= TRUSTED_FOR
    }

    /// The journal was read to its end.
    pub(crate) fn journal_was_read(&self, now: Time) {
        self.journal_read_at_us.store(now.as_us(), Ordering::Release);
    }
}
