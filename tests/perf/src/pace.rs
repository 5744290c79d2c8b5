//! A client that is slow on purpose.

use std::thread;
use std::time::{Duration, Instant};

/// Keeps to a rate.
pub(crate) struct Pace {
    bytes_per_second: Option<u64>,
    began: Instant,
    done: u64,
}

impl Pace {
    /// At most so many bytes each second; without a number, as fast as it goes.
    pub(crate) fn new(bytes_per_second: Option<u64>) -> Self {
        Self {
            bytes_per_second,
            began: Instant::now(),
            done: 0,
        }
    }

    /// Waits until so many more bytes may have passed.
    pub(crate) fn wait(&mut self, bytes: u64) {
        let Some(rate) = self.bytes_per_second else { return };
        self.done += bytes;
        let due = self.began + Duration::from_secs_f64(self.done as f64 / rate as f64);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}
