//! One body on its way, in one direction, as the connection's watch sees it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;

use super::pace::{Pace, Rate};

/// Which way a body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// A request's body: the client sends.
    In,
    /// An answer's: the client reads.
    Out,
}

/// A body on its way.
#[derive(Debug)]
pub(super) struct Transfer {
    direction: Direction,
    moved_bytes: AtomicU64,
    /// Whether it is the client that has to do something next.
    waits: AtomicBool,
    is_too_slow: AtomicBool,
    reader: AtomicWaker,
    pace: Mutex<Pace>,
}

impl Transfer {
    pub(super) fn new(direction: Direction, rate: Rate, lump_bytes: u64) -> Self {
        Self {
            direction,
            moved_bytes: AtomicU64::new(0),
            waits: AtomicBool::new(direction == Direction::Out),
            is_too_slow: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            pace: Mutex::new(Pace::new(rate, lump_bytes)),
        }
    }

    pub(super) fn direction(&self) -> Direction {
        self.direction
    }

    pub(super) fn is_too_slow(&self) -> bool {
        self.is_too_slow.load(Ordering::Acquire)
    }

    /// From now on the client is waited for; `reader` learns when that has taken too long.
    pub(super) fn wait(&self, reader: &Waker) {
        self.reader.register(reader);
        self.waits.store(true, Ordering::Relaxed);
    }

    /// From now on it is we who have to do something.
    pub(super) fn go_on(&self) {
        self.waits.store(false, Ordering::Relaxed);
    }

    pub(super) fn moved(&self, bytes: usize) {
        self.moved_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The next piece is the client's to take.
    pub(super) fn offered(&self, bytes: usize) {
        self.moved(bytes);
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Looks whether the client is too slow, `elapsed_ms` after the last look. Its reader is told once.
    pub(super) fn judge(&self, rate: Rate, elapsed_ms: u64) -> bool {
        let moved = self.moved_bytes.load(Ordering::Relaxed);
        let waits = self.waits.load(Ordering::Relaxed);
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let is_too_slow = pace.is_used_up(rate, moved, waits, elapsed_ms);
        if is_too_slow && !self.is_too_slow.swap(true, Ordering::AcqRel) {
            self.reader.wake();
        }
        is_too_slow
    }
}
