//! The memory that transfers share: blocks of bytes that are used again and again.
//!
//! A transfer holds a block or two at a time, large ones while its client is fast and there are enough of them, small ones otherwise. So memory is
//! bounded by the number of connections times a small block, plus all large ones (rule 47), whatever the size of the blobs and however slowly clients read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

/// Fits a core's cache beside what is sent of it: larger ones are read and sent more slowly.
const LARGE_BYTES: usize = 256 * 1024;
/// What a client that reads slowly costs.
const SMALL_BYTES: usize = 32 * 1024;
/// 6 MiB of large blocks at most are in use,
const MOST_LARGE: usize = 24;
/// and 4 MiB are kept for the next transfer.
const MOST_KEPT: usize = 16;

/// Where blocks come from. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks(Arc<Pool>);

#[derive(Debug, Default)]
struct Pool {
    large_in_use: AtomicUsize,
    kept: Mutex<Vec<Vec<u8>>>,
}

impl Blocks {
    /// A block of at most `wanted` bytes: a large one if the transfer is fast and there is one.
    pub(super) fn take(&self, wanted: u64, fast: bool) -> Block {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let large = fast && wanted > SMALL_BYTES && self.take_large();
        let bytes = if large {
            let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
            kept.unwrap_or_else(|| vec![0; LARGE_BYTES])
        } else {
            vec![0; wanted.min(SMALL_BYTES)]
        };
        Block {
            length: wanted.min(bytes.len()),
            bytes,
            pool: large.then(|| Arc::clone(&self.0)),
            _held: None,
        }
    }

    fn take_large(&self) -> bool {
        let in_use = &self.0.large_in_use;
        in_use
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                (count < MOST_LARGE).then_some(count + 1)
            })
            .is_ok()
    }
}

/// A block of bytes that a part of a blob is read into.
#[derive(Debug)]
pub struct Block {
    bytes: Vec<u8>,
    length: usize,
    /// Where a large one goes back to.
    pool: Option<Arc<Pool>>,
    _held: Option<OwnedSemaphorePermit>,
}

impl Block {
    /// How many bytes are to be read into it.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its bytes.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }

    /// The same block, which gives the permit back when its bytes have been sent.
    pub(super) fn holding(mut self, permit: OwnedSemaphorePermit) -> Self {
        self._held = Some(permit);
        self
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl From<Block> for Bytes {
    fn from(block: Block) -> Self {
        Self::from_owner(block)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let Some(pool) = self.pool.take() else { return };
        pool.large_in_use.fetch_sub(1, Ordering::AcqRel);
        let mut kept = pool.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT {
            kept.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_blocks_are_bounded_and_come_back() {
        let blocks = Blocks::default();
        let mut taken: Vec<Block> = (0..MOST_LARGE).map(|_| blocks.take(u64::MAX, true)).collect();
        assert!(taken.iter().all(|block| block.len() == LARGE_BYTES));
        assert_eq!(blocks.take(u64::MAX, true).len(), SMALL_BYTES);
        taken.pop();
        assert_eq!(blocks.take(u64::MAX, true).len(), LARGE_BYTES);
        drop(taken);
        assert_eq!(blocks.0.kept.lock().unwrap().len(), MOST_KEPT);
        assert_eq!(blocks.0.large_in_use.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_block_is_no_longer_than_what_is_wanted() {
        let blocks = Blocks::default();
        for (wanted, fast, length) in [
            (5, true, 5),
            (5, false, 5),
            (100_000, true, 100_000),
            (100_000, false, SMALL_BYTES),
        ] {
            assert_eq!(blocks.take(wanted, fast).len(), length);
        }
    }
}
