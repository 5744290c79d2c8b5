//! Time that stands still until the test moves it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use wharf_types::time::{Clock, Time};

/// A clock that a test holds.
pub struct TestClock(AtomicI64);

/// 2026-11-21T10:00:00Z, a Saturday.
const START_US: i64 = 1_795_255_200_000_000;

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(START_US))
    }
}

impl TestClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::AcqRel);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_us(self.0.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_when_it_is_told_to() {
        let clock = TestClock::default();
        assert_eq!(clock.now().to_string(), "2026-11-21T10:00:00Z");
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().to_string(), "2026-11-21T10:01:30Z");
    }
}
