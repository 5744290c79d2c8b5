//! How fast a body has to move (rule 46).

use super::clock::milliseconds;
use super::limits::{Limits, seconds};

/// The slowest that a body may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    grace_ms: u64,
    bytes_per_second: u64,
}

/// What a client has left of its patience: it may wait for as long as the grace, and every byte that it moves gives some of that back. So nobody is ended
/// who moves the configured number of bytes a second, in lumps of whatever size the grace allows, and whoever is slower is, however it spreads its bytes.
#[derive(Debug)]
pub(super) struct Pace {
    left_ms: u64,
    most_ms: u64,
    seen_bytes: u64,
}

impl Rate {
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            grace_ms: milliseconds(seconds(limits.transfer_grace_seconds)),
            bytes_per_second: u64::from(limits.transfer_bytes_per_second),
        }
    }

    fn time_ms(self, bytes: u64) -> u64 {
        bytes.saturating_mul(1000) / self.bytes_per_second
    }
}

impl Pace {
    /// At the start of a body. `lump_bytes` is how much may lie between us and the client unseen: as long as that takes, a client may look idle and be not.
    pub(super) fn new(rate: Rate, lump_bytes: u64) -> Self {
        Self {
            left_ms: rate.grace_ms,
            most_ms: rate.grace_ms + rate.time_ms(lump_bytes),
            seen_bytes: 0,
        }
    }

    /// Whether the client's patience is used up: `moved_bytes` in all so far, and since the last look, `elapsed_ms` ago, it was waited for or not.
    pub(super) fn is_used_up(&mut self, rate: Rate, moved_bytes: u64, waited: bool, elapsed_ms: u64) -> bool {
        let gained_ms = rate.time_ms(moved_bytes.saturating_sub(self.seen_bytes));
        // A remainder smaller than a millisecond's worth is kept for the next look.
        if gained_ms > 0 {
            self.seen_bytes = moved_bytes;
            self.left_ms = self.left_ms.saturating_add(gained_ms).min(self.most_ms);
        }
        if waited {
            self.left_ms = self.left_ms.saturating_sub(elapsed_ms);
        }
        self.left_ms == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate() -> Rate {
        Rate::of(&Limits::default())
    }

    /// The second at which a client is ended that moves what `moved` says in each second, within two hours.
    fn ended_at(moved: impl Fn(u64) -> u64) -> Option<u64> {
        let (mut pace, mut total) = (Pace::new(rate(), 0), 0);
        (1..7200).find(|second| {
            total += moved(*second);
            pace.is_used_up(rate(), total, true, 1000)
        })
    }

    #[test]
    fn a_client_at_the_slowest_rate_is_not_ended() {
        assert_eq!(ended_at(|_| 1024), None);
        assert_eq!(ended_at(|second| if second % 50 == 0 { 50 * 1024 } else { 0 }), None);
    }

    #[test]
    fn a_client_that_stands_still_is_ended_after_the_grace() {
        assert_eq!(ended_at(|_| 0), Some(60));
        // What it sent before does not count for more than the grace.
        assert_eq!(ended_at(|second| if second == 10 { 1 << 30 } else { 0 }), Some(69));
    }

    #[test]
    fn bytes_one_by_one_do_not_help() {
        assert!(ended_at(|_| 1).is_some_and(|second| second < 65));
        assert!(ended_at(|_| 512).is_some_and(|second| second <= 121));
    }

    #[test]
    fn whoever_is_not_waited_for_loses_nothing() {
        let mut pace = Pace::new(rate(), 0);
        assert!((0..100_000).all(|_| !pace.is_used_up(rate(), 0, false, 1000)));
    }

    #[test]
    fn what_may_lie_unseen_is_granted() {
        let mut pace = Pace::new(rate(), 128 * 1024);
        assert!(!pace.is_used_up(rate(), 128 * 1024, true, 1000));
        assert!(!(0..126).any(|_| pace.is_used_up(rate(), 128 * 1024, true, 1000)));
    }

    proptest! {
        #[test]
        fn no_spread_of_enough_bytes_is_too_slow(lumps in prop::collection::vec(1u64..40, 1..200)) {
            let (mut pace, mut total) = (Pace::new(rate(), 0), 0);
            for wait in lumps {
                for _ in 0..wait {
                    prop_assert!(!pace.is_used_up(rate(), total, true, 1000));
                }
                total += wait * 1024;
                prop_assert!(!pace.is_used_up(rate(), total, true, 0));
            }
        }
    }
}
