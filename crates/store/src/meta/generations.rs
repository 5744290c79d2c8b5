//! How a node's memory learns that it is stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wharf_types::journal::Area;

use crate::meta::journal::Entry;

/// Counters that move with every change: a cache that remembers the counter's value from before it read the database knows, by comparing, whether what
/// it holds may be stale. A commit on this node moves them at once, the journal's reader for commits of other nodes and processes.
///
/// Content has many counters, one for some of the repositories each: a push makes stale what is remembered of its own repository and not of all.
#[derive(Debug)]
pub struct Generations {
    access: AtomicU64,
    /// The generation above the lowest 16 bits, in them the commits that are under way.
    content: Box<[AtomicU64]>,
}

const SHARDS: usize = 1024;
const UNDER_WAY: u64 = 0xffff;

/// The counter that a repository's changes move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentShard(usize);

impl ContentShard {
    /// That of the resource whose text in the journal ([`Entry::resource`]) is these parts, one after the other.
    pub fn of(parts: &[&str]) -> Self {
        // FNV-1a: it takes the parts as one text, and an unlucky pair of repositories only shares a counter.
        let bytes = parts.iter().flat_map(|part| part.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self((hash >> 32) as usize % SHARDS)
    }
}

/// What a change makes stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    Access,
    Content(ContentShard),
}

impl Stale {
    pub(crate) fn by(entry: &Entry) -> Option<Self> {
        match entry.kind.area() {
            Area::Access => Some(Self::Access),
            Area::Content => Some(Self::Content(ContentShard::of(&[&entry.resource]))),
            Area::Record => None,
        }
    }
}

impl Default for Generations {
    fn default() -> Self {
        Self {
            access: AtomicU64::new(0),
            content: (0..SHARDS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Generations {
    /// Moved by whatever decides about access.
    pub fn access(&self) -> u64 {
        self.access.load(Ordering::Acquire)
    }

    /// Moved by changes of the shard's content. None while one is being committed: the database shows it at a moment that nobody knows, and a reader that
    /// saw it must not be followed by one that remembers what was before.
    pub fn content(&self, shard: ContentShard) -> Option<u64> {
        let value = self.content[shard.0].load(Ordering::Acquire);
        (value & UNDER_WAY == 0).then_some(value >> 16)
    }

    /// Another node or process committed this.
    pub fn changed(&self, entry: &Entry) {
        match Stale::by(entry) {
            Some(Stale::Access) => {
                self.access.fetch_add(1, Ordering::AcqRel);
            }
            Some(Stale::Content(shard)) => {
                self.content[shard.0].fetch_add(UNDER_WAY + 1, Ordering::AcqRel);
            }
            None => {}
        }
    }

    /// A commit of this begins; it has ended when the value is dropped, whichever way.
    pub(crate) fn committing(self: &Arc<Self>, stale: Vec<Stale>) -> Committing {
        for shard in stale.iter().filter_map(shard_of) {
            self.content[shard.0].fetch_add(1, Ordering::AcqRel);
        }
        Committing {
            generations: Arc::clone(self),
            stale,
        }
    }
}

fn shard_of(stale: &Stale) -> Option<ContentShard> {
    match stale {
        Stale::Content(shard) => Some(*shard),
        Stale::Access => None,
    }
}

/// A commit that is under way.
pub(crate) struct Committing {
    generations: Arc<Generations>,
    stale: Vec<Stale>,
}

impl Drop for Committing {
    fn drop(&mut self) {
        for stale in &self.stale {
            match stale {
                Stale::Access => self.generations.access.fetch_add(1, Ordering::AcqRel),
                // One less under way, one generation more.
                Stale::Content(shard) => self.generations.content[shard.0].fetch_add(UNDER_WAY, Ordering::AcqRel),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_of_the_whole_text_however_it_is_cut() {
        assert_eq!(ContentShard::of(&["/a", "/b"]), ContentShard::of(&["/a/b"]));
        assert_ne!(ContentShard::of(&["/a/b"]), ContentShard::of(&["/a/c"]));
    }

    #[test]
    fn nothing_is_remembered_while_a_commit_is_under_way() {
        let generations = Arc::new(Generations::default());
        let shard = ContentShard::of(&["/a"]);
        let before = generations.content(shard);
        let first = generations.committing(vec![Stale::Content(shard)]);
        let second = generations.committing(vec![Stale::Content(shard), Stale::Content(shard)]);
        assert_eq!(generations.content(shard), None);
        drop(first);
        assert_eq!(generations.content(shard), None);
        drop(second);
        assert_eq!(generations.content(shard), before.map(|generation| generation + 3));
    }
}
