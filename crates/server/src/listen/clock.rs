//! A clock that costs nothing to read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Time since the start of listening, as it was at the last tick. Deadlines of seconds need no more, and a request reads it without a system call.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    now_ms: AtomicU64,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            start: Instant::now(),
            now_ms: AtomicU64::new(0),
        }
    }

    /// Moves it to the present. Returns how long ago that was done last.
    pub(super) fn tick(&self) -> Duration {
        let now = milliseconds(self.start.elapsed());
        let before = self.now_ms.swap(now, Ordering::Relaxed);
        Duration::from_millis(now.saturating_sub(before))
    }

    /// Milliseconds since the start, at the last tick.
    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }
}

/// As the watches count it.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
