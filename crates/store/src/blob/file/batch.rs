//! Bytes that were received and not yet written, within a bound.

use std::mem;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;

use super::direct::ALIGNMENT;

/// What all bodies together may hold in memory, as long as each has its smallest share.
const BUDGET_BYTES: usize = 16 * 1024 * 1024;
const LARGEST_BYTES: usize = 2 * 1024 * 1024;
/// With room to begin at a block's address.
const KEPT_BYTES: usize = LARGEST_BYTES + ALIGNMENT;
const SMALLEST_BYTES: usize = 4 * ALIGNMENT;
/// Most bodies are small: nobody sets aside for more than this before it is needed.
const FIRST_BYTES: usize = 64 * 1024;
/// So many of the largest buffers are kept for the next batches: the kernel would clear fresh memory page by page.
const MOST_KEPT: usize = 2;

/// How many bodies are being received, and buffers for them. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bodies: AtomicUsize,
    cores: usize,
    kept: Mutex<Vec<Vec<u8>>>,
}

/// One of them.
pub(super) struct Share(Memory);

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Shared {
            bodies: AtomicUsize::default(),
            cores: available_parallelism().map_or(1, NonZeroUsize::get),
            kept: Mutex::default(),
        }))
    }
}

impl Memory {
    pub(super) fn enter(&self) -> Share {
        self.0.bodies.fetch_add(1, Ordering::Relaxed);
        Share(self.clone())
    }

    /// Room for at least `bytes` bytes.
    fn take(&self, bytes: usize) -> Vec<u8> {
        let kept = || self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let kept = if bytes == KEPT_BYTES { kept() } else { None };
        kept.unwrap_or_else(|| Vec::with_capacity(bytes))
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if buffer.capacity() == KEPT_BYTES && kept.len() < MOST_KEPT {
            buffer.clear();
            kept.push(buffer);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.0.bodies.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Share {
    /// There are more bodies than cores.
    pub(super) fn is_of_a_crowd(&self) -> bool {
        self.0.0.bodies.load(Ordering::Relaxed) > self.0.0.cores
    }

    /// How large a batch may be now: each body has one that is being received and one that is being written.
    fn batch_bytes(&self) -> usize {
        let bodies = self.0.0.bodies.load(Ordering::Relaxed).max(1);
        let share = (BUDGET_BYTES / 2 / bodies).clamp(SMALLEST_BYTES, LARGEST_BYTES);
        share - share % ALIGNMENT
    }
}

/// Bytes of a body, at the address of a block, and ending where one ends in the file.
pub(super) struct Batch {
    buffer: Vec<u8>,
    /// Where the bytes begin in the buffer.
    from: usize,
    /// How many there may be.
    most: usize,
    /// Where they begin in the file.
    at: u64,
    /// Where the buffer goes back to.
    memory: Memory,
}

impl Batch {
    /// For the bytes after the first `at` ones.
    pub(super) fn first(at: u64, share: &Share) -> Self {
        Self::with(at, FIRST_BYTES, &share.0)
    }

    /// For the bytes after the first `at` ones, when many have come already.
    pub(super) fn next(at: u64, share: &Share) -> Self {
        Self::with(at, share.batch_bytes(), &share.0)
    }

    fn with(at: u64, size: usize, memory: &Memory) -> Self {
        let mut buffer = memory.take(size + ALIGNMENT);
        let from = buffer.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        buffer.resize(from, 0);
        // Up to the end of a block, so that the next one begins at the place of one.
        let ahead = usize::try_from(at % ALIGNMENT as u64).unwrap_or(0);
        Self {
            buffer,
            from,
            most: size - ahead,
            at,
            memory: memory.clone(),
        }
    }

    /// Where its bytes end in the file.
    pub(super) fn end(&self) -> u64 {
        self.at + self.bytes().len() as u64
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.from..]
    }

    /// Takes as much as there is room for, and returns the rest.
    pub(super) fn fill<'a>(&mut self, bytes: &'a [u8], share: &Share) -> &'a [u8] {
        let room = self.most - self.bytes().len();
        if bytes.len() > room {
            self.grow(share);
        }
        let (taken, rest) = bytes.split_at(bytes.len().min(self.most - self.bytes().len()));
        self.buffer.extend_from_slice(taken);
        rest
    }

    /// The first one becomes as large as the others.
    fn grow(&mut self, share: &Share) {
        let size = share.batch_bytes();
        let mut larger = Self::with(self.at, size, &share.0);
        if larger.most > self.most {
            larger.buffer.extend_from_slice(self.bytes());
            *self = larger;
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes().len() == self.most
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.memory.give_back(mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_begin_and_end_where_blocks_do() {
        let memory = Memory::default();
        let share = memory.enter();
        let bytes: Vec<u8> = (0..3 * LARGEST_BYTES).map(|n| (n % 251) as u8).collect();
        for at in [0, 1, 4095, 4096, 10_000] {
            let (mut batch, mut seen, mut rest) = (Batch::first(at, &share), Vec::new(), &bytes[..]);
            while !rest.is_empty() {
                rest = batch.fill(rest, &share);
                if batch.is_full() {
                    assert!(batch.end().is_multiple_of(ALIGNMENT as u64));
                    assert_eq!(batch.bytes().as_ptr().align_offset(ALIGNMENT), 0);
                    assert!(batch.bytes().len() <= LARGEST_BYTES);
                    seen.extend_from_slice(batch.bytes());
                    batch = Batch::next(batch.end(), &share);
                }
            }
            seen.extend_from_slice(batch.bytes());
            assert!(seen == bytes, "from {at}");
        }
    }

    #[test]
    fn many_bodies_share_what_one_may_have() {
        let memory = Memory::default();
        let first = memory.enter();
        assert_eq!(first.batch_bytes(), LARGEST_BYTES);
        let others: Vec<_> = (0..99).map(|_| memory.enter()).collect();
        assert!(first.batch_bytes() * 2 * 100 <= BUDGET_BYTES);
        drop(others);
        assert_eq!(first.batch_bytes(), LARGEST_BYTES);
    }
}
