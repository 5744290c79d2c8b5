//! How a node's memory learns that it is stale.

use std::sync::atomic::{AtomicU64, Ordering};

use wharf_types::journal::Area;

/// Counters that move with every change: a cache that remembers the counter's value from before it read the database knows, by comparing, whether what
/// it holds may be stale. A commit on this node moves them at once, the journal's reader for commits of other nodes and processes.
#[derive(Debug, Default)]
pub struct Generations {
    access: AtomicU64,
    content: AtomicU64,
}

impl Generations {
    /// Moved by whatever decides about access.
    pub fn access(&self) -> u64 {
        self.access.load(Ordering::Acquire)
    }

    /// Moved by changes of content.
    pub fn content(&self) -> u64 {
        self.content.load(Ordering::Acquire)
    }

    /// Something of `area` changed.
    pub fn bump(&self, area: Area) {
        match area {
            Area::Access => self.access.fetch_add(1, Ordering::AcqRel),
            Area::Content => self.content.fetch_add(1, Ordering::AcqRel),
            Area::Record => 0,
        };
    }
}
