//! What one connection is doing, as it says itself and as [`super::connections`] looks at it.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;

use super::clock::Clock;
use super::pace::{Pace, Rate};
use super::socket::UNSENT_BYTES;
use super::transfer::{Direction, Transfer};

/// What a connection is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Of the TLS handshake.
    Handshake,
    /// Of nothing yet: not a byte of a request has come.
    New,
    /// Of a request's head.
    Head,
    /// Of nothing, after a request.
    Idle,
    /// The same over HTTP/2, where bytes that come need not be a request's.
    IdleMultiplexed,
    /// Of a request, or several.
    Busy,
}

impl Phase {
    const ALL: [Self; 6] = [
        Self::Handshake,
        Self::New,
        Self::Head,
        Self::Idle,
        Self::IdleMultiplexed,
        Self::Busy,
    ];
}

/// What a connection is wished to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Wish {
    /// Nothing.
    GoOn,
    /// To finish, unless a request has come.
    MakeRoom,
    /// To finish what it is in the middle of.
    Finish,
    /// To end at once.
    End,
}

/// The watch of one connection. Written by the connection without locks; nothing of it is read back on the way of a request but the clock.
#[derive(Debug)]
pub(super) struct Watch {
    clock: Arc<Clock>,
    rate: Rate,
    phase: AtomicU8,
    since_ms: AtomicU64,
    requests: AtomicU32,
    is_multiplexed: AtomicBool,
    written_bytes: AtomicU64,
    is_blocked: AtomicBool,
    written_pace: Mutex<Pace>,
    transfers: Mutex<Vec<Arc<Transfer>>>,
    wish: AtomicU8,
    task: AtomicWaker,
}

impl Watch {
    pub(super) fn new(clock: Arc<Clock>, rate: Rate, phase: Phase) -> Self {
        let since_ms = AtomicU64::new(clock.now_ms());
        Self {
            clock,
            rate,
            phase: AtomicU8::new(phase as u8),
            since_ms,
            requests: AtomicU32::new(0),
            is_multiplexed: AtomicBool::new(false),
            written_bytes: AtomicU64::new(0),
            is_blocked: AtomicBool::new(false),
            written_pace: Mutex::new(Pace::new(rate, u64::from(UNSENT_BYTES))),
            transfers: Mutex::default(),
            wish: AtomicU8::new(Wish::GoOn as u8),
            task: AtomicWaker::new(),
        }
    }

    /// The phase. Requests go before what was entered last: over HTTP/2 one may begin while another says that it was the last.
    pub(super) fn phase(&self) -> Phase {
        if self.requests.load(Ordering::Relaxed) > 0 {
            return Phase::Busy;
        }
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed))]
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.since_ms.store(self.clock.now_ms(), Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// From now on there may be several requests at once.
    pub(super) fn multiplex(&self) {
        self.is_multiplexed.store(true, Ordering::Relaxed);
        self.enter(Phase::IdleMultiplexed);
    }

    pub(super) fn is_multiplexed(&self) -> bool {
        self.is_multiplexed.load(Ordering::Relaxed)
    }

    /// Milliseconds in the phase.
    pub(super) fn age_ms(&self) -> u64 {
        let since = self.since_ms.load(Ordering::Relaxed);
        self.clock.now_ms().saturating_sub(since)
    }

    pub(super) fn request_begins(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn request_ends(&self) {
        if self.requests.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.enter(if self.is_multiplexed() {
                Phase::IdleMultiplexed
            } else {
                Phase::Idle
            });
        }
    }

    /// Bytes came from the client. Between requests they are the next one's head.
    pub(super) fn has_read(&self) {
        if matches!(self.phase(), Phase::New | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    /// The kernel took bytes for the client, or has no room for more.
    pub(super) fn has_written(&self, bytes: Option<usize>) {
        match bytes {
            Some(bytes) => {
                // The connection's task alone writes this.
                let written = self.written_bytes.load(Ordering::Relaxed) + bytes as u64;
                self.written_bytes.store(written, Ordering::Relaxed);
                self.is_blocked.store(false, Ordering::Relaxed);
            }
            None => self.is_blocked.store(true, Ordering::Relaxed),
        }
    }

    /// Whether bytes wait for the client to read those before them.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }

    /// Whether it is being ended although bytes wait for its client.
    pub(super) fn is_cut_off(&self) -> bool {
        self.wish.load(Ordering::Relaxed) == Wish::End as u8 && self.is_blocked()
    }

    pub(super) fn begin_transfer(&self, direction: Direction, lump_bytes: u64) -> Arc<Transfer> {
        let transfer = Arc::new(Transfer::new(direction, self.rate, lump_bytes));
        let mut transfers = self.transfers.lock().unwrap_or_else(PoisonError::into_inner);
        transfers.push(Arc::clone(&transfer));
        transfer
    }

    pub(super) fn end_transfer(&self, transfer: &Arc<Transfer>) {
        let mut transfers = self.transfers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = transfers.iter().position(|other| Arc::ptr_eq(other, transfer)) {
            transfers.swap_remove(index);
        }
    }

    /// Looks at all that moves, `elapsed_ms` after the last look. Senders that are too slow are told through their bodies; whether some reader is, is returned.
    pub(super) fn has_slow_reader(&self, elapsed_ms: u64) -> bool {
        let written = self.written_bytes.load(Ordering::Relaxed);
        let mut pace = self.written_pace.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_slow = pace.is_used_up(self.rate, written, self.is_blocked(), elapsed_ms);
        drop(pace);
        for transfer in &*self.transfers.lock().unwrap_or_else(PoisonError::into_inner) {
            let is_too_slow = transfer.judge(self.rate, elapsed_ms);
            is_slow |= is_too_slow && transfer.direction() == Direction::Out;
        }
        is_slow
    }

    /// Asks for something. A stronger wish stands.
    pub(super) fn ask(&self, wish: Wish) {
        if self.wish.fetch_max(wish as u8, Ordering::AcqRel) < wish as u8 {
            self.task.wake();
        }
    }

    /// What is wished; `task` learns when that changes.
    pub(super) fn wish(&self, task: &Waker) -> Wish {
        self.task.register(task);
        match self.wish.load(Ordering::Acquire) {
            0 => Wish::GoOn,
            1 => Wish::MakeRoom,
            2 => Wish::Finish,
            _ => Wish::End,
        }
    }

    /// A request has come to a connection that was to make room.
    pub(super) fn stay(&self) {
        let (asked, stays) = (Wish::MakeRoom as u8, Wish::GoOn as u8);
        // Fails when more is wished meanwhile, which stands.
        let _ = self
            .wish
            .compare_exchange(asked, stays, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Waits for a request.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.phase(), Phase::Idle | Phase::IdleMultiplexed)
    }
}
