//! All connections, looked at once in a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slab::Slab;

use super::clock::{Clock, milliseconds};
use super::limits::{Limits, seconds};
use super::pace::Rate;
use super::watch::{Phase, Watch, Wish};

/// Who asks again and again makes pauses like this: such a connection does not make room for another one.
const PAUSE_MS: u64 = 1000;

/// All connections.
#[derive(Debug)]
pub(super) struct Connections {
    clock: Arc<Clock>,
    rate: Rate,
    handshake_ms: u64,
    head_ms: u64,
    idle_ms: u64,
    watches: Mutex<Slab<Arc<Watch>>>,
}

/// A connection among the others. Taken out when dropped.
#[derive(Debug)]
pub(super) struct Entry {
    connections: Arc<Connections>,
    index: usize,
    watch: Arc<Watch>,
}

impl Entry {
    pub(super) fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.connections.watches().remove(self.index);
    }
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            clock: Arc::new(Clock::start()),
            rate: Rate::of(limits),
            handshake_ms: milliseconds(seconds(limits.handshake_seconds)),
            head_ms: milliseconds(seconds(limits.head_seconds)),
            idle_ms: milliseconds(seconds(limits.idle_seconds)),
            watches: Mutex::default(),
        }
    }

    fn watches(&self) -> MutexGuard<'_, Slab<Arc<Watch>>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(self: &Arc<Self>, phase: Phase) -> Entry {
        let watch = Arc::new(Watch::new(Arc::clone(&self.clock), self.rate, phase));
        let index = self.watches().insert(Arc::clone(&watch));
        Entry {
            connections: Arc::clone(self),
            index,
            watch,
        }
    }

    /// Ends what has waited too long for its client.
    pub(super) fn look(&self) {
        let elapsed_ms = milliseconds(self.clock.tick());
        for (_, watch) in &*self.watches() {
            if watch.has_slow_reader(elapsed_ms) {
                watch.ask(Wish::End);
                continue;
            }
            let age_ms = watch.age_ms();
            match watch.phase() {
                Phase::Handshake if age_ms >= self.handshake_ms => watch.ask(Wish::End),
                Phase::New | Phase::Head if age_ms >= self.head_ms => watch.ask(Wish::End),
                // The end of the last answer is still on its way, at a pace that is watched.
                phase @ (Phase::Idle | Phase::IdleMultiplexed) if watch.is_blocked() => watch.enter(phase),
                // It was asked to finish, and has not.
                Phase::Idle | Phase::IdleMultiplexed if age_ms >= self.idle_ms + self.head_ms => watch.ask(Wish::End),
                Phase::Idle | Phase::IdleMultiplexed if age_ms >= self.idle_ms => watch.ask(Wish::MakeRoom),
                _ => {}
            }
        }
    }

    /// Makes room: ends up to `most` connections that have no request, and had none for a while, those first that would be ended soonest.
    pub(super) fn end_idle(&self, most: usize) {
        let watches = self.watches();
        let is_idle = |watch: &&Arc<Watch>| watch.is_idle() && !watch.is_blocked() && watch.age_ms() >= PAUSE_MS;
        let mut idle: Vec<_> = watches.iter().map(|(_, watch)| watch).filter(is_idle).collect();
        idle.sort_unstable_by_key(|watch| std::cmp::Reverse(watch.age_ms()));
        for watch in idle.into_iter().take(most) {
            watch.ask(Wish::MakeRoom);
        }
    }

    /// Lets those that are in the middle of a request finish it, and ends all others.
    pub(super) fn finish(&self) {
        for (_, watch) in &*self.watches() {
            watch.ask(match watch.phase() {
                Phase::Handshake | Phase::New => Wish::End,
                _ => Wish::Finish,
            });
        }
    }

    /// Ends all of them.
    pub(super) fn end(&self) {
        for (_, watch) in &*self.watches() {
            watch.ask(Wish::End);
        }
    }
}
