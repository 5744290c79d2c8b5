//! Slowing of guesses, in one place for every road that takes a secret (rule 6).
//!
//! Two counters. By source: whoever fails often from one address waits, in memory, whatever the names tried. By account: failures in a row are kept in
//! the database, and from the fifth on each further try has to wait longer than the one before. A generated secret cannot be guessed, so the right one
//! opens whatever the counters say: nobody can lock a build out by trying names. Sessions that exist go on.

use std::net::IpAddr;
use std::time::Duration;

use moka::sync::Cache;
use wharf_store::meta::sign_in_failure::SignInFailures;
use wharf_types::time::Time;

use crate::Error;

/// Failures in a row of one account that cost nothing.
const FREE_FAILURES: u32 = 5;
/// The longest wait of an account: 100 failures in a row take more than a day.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// After so many failures in a row only a generated secret, or a reset, opens the account.
const MOST_FAILURES: u32 = 100;
/// Failures from one address within a minute before it has to wait.
const SOURCE_FAILURES: u32 = 30;
const SOURCE_WINDOW: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
struct Source {
    failures: u32,
    since: Time,
}

/// What failed lately, by address.
pub(crate) struct Throttle {
    sources: Cache<IpAddr, Source>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            sources: Cache::new(100_000),
        }
    }
}

impl Throttle {
    /// Goes on unless the address failed too often within the last minute.
    pub(crate) fn admit(&self, address: Option<IpAddr>, now: Time) -> Result<(), Error> {
        let Some(source) = address.and_then(|address| self.sources.get(&network(address))) else {
            return Ok(());
        };
        let end = source.since + SOURCE_WINDOW;
        if source.failures >= SOURCE_FAILURES && now < end {
            return Err(Error::Throttled {
                retry_after: now.until(end),
            });
        }
        Ok(())
    }

    /// One more failure from that address, or whatever else is counted.
    pub(crate) fn failed(&self, address: Option<IpAddr>, now: Time) {
        let Some(address) = address.map(network) else { return };
        let fresh = Source {
            failures: 0,
            since: now,
        };
        self.sources.entry(address).and_upsert_with(|known| {
            let known = known.map_or(fresh, |known| known.into_value());
            let current = if now < known.since + SOURCE_WINDOW {
                known
            } else {
                fresh
            };
            Source {
                failures: current.failures + 1,
                ..current
            }
        });
    }
}

/// The source that an address stands for: with IPv6 one host has a whole network to choose from (RFC 6177), so that is what counts.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

/// Whether an account that failed so often has to wait longer before a guessable secret is looked at.
pub(crate) fn must_wait(failures: Option<SignInFailures>, now: Time) -> bool {
    let Some(failures) = failures else { return false };
    if failures.count >= MOST_FAILURES {
        return true;
    }
    let Some(doublings) = failures.count.checked_sub(FREE_FAILURES) else {
        return false;
    };
    let wait = Duration::from_secs(1 << doublings.min(20)).min(LONGEST_WAIT);
    now < failures.last_at + wait
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_account_waits_longer_with_each_failure_and_stops_at_a_hundred() {
        let at = Time::from_us(0);
        let failed = |count| Some(SignInFailures { count, last_at: at });
        assert!(!must_wait(None, at));
        assert!(!must_wait(failed(4), at));
        assert!(must_wait(failed(5), at));
        assert!(!must_wait(failed(5), at + SECOND));
        assert!(must_wait(failed(8), at + 7 * SECOND));
        assert!(!must_wait(failed(8), at + 8 * SECOND));
        assert!(!must_wait(failed(99), at + LONGEST_WAIT));
        assert!(must_wait(failed(100), at + 1000 * LONGEST_WAIT));
    }

    #[test]
    fn an_address_that_fails_too_often_waits_a_minute() {
        let throttle = Throttle::default();
        let (here, there) = (Some(IpAddr::from([127, 0, 0, 1])), Some(IpAddr::from([127, 0, 0, 2])));
        let at = Time::from_us(0);
        for _ in 0..SOURCE_FAILURES {
            assert!(throttle.admit(here, at).is_ok());
            throttle.failed(here, at);
        }
        assert!(matches!(
            throttle.admit(here, at + SECOND),
            Err(Error::Throttled { .. })
        ));
        assert!(throttle.admit(there, at + SECOND).is_ok());
        assert!(throttle.admit(here, at + SOURCE_WINDOW).is_ok());
    }
}
