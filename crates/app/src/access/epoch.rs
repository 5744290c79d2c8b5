//! Whether what a node remembers about access may still be used (rule 26).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use wharf_store::meta::Generations;
use wharf_types::time::Time;

/// Memory of access is true as long as the generation did not move. A commit of this process moves it at once; the journal's reader moves it for the
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

    /// What to compare a remembered value's generation with; none when nothing remembered may be used.
    pub(crate) fn current(&self, now: Time) -> Option<u64> {
        let read_at = Time::from_us(self.journal_read_at_us.load(Ordering::Acquire));
        if self.shared && read_at.until(now) > TRUSTED_FOR {
            return None;
        }
        Some(self.generations.access())
    }

    /// The journal was read to its end.
    pub(crate) fn journal_was_read(&self, now: Time) {
        self.journal_read_at_us.store(now.as_us(), Ordering::Release);
    }
}
