//! Points in time, in microseconds, and the clock as an argument.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: microseconds since the Unix epoch, as the database keeps it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

impl Time {
    /// The time `microseconds` after the Unix epoch.
    pub const fn from_us(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// The time `seconds` after the Unix epoch, as in a JWT's `exp` (RFC 7519 §2, NumericDate).
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// How long before `later` this is; zero when it is not before.
    pub fn until(self, later: Time) -> Duration {
        Duration::from_micros(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Parses an RFC 3339 date and time, or a date alone (`2027-01-31`, meaning its first moment in UTC), as `az` accepts both.
    pub fn parse(text: &str) -> Option<Self> {
        let midnight;
        let text = if text.len() == 10 {
            midnight = format!("{text}T00:00:00Z");
            &midnight
        } else {
            text
        };
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(parsed.unix_timestamp_nanos() / 1000).ok().map(Self)
    }
}

impl From<Time> for OffsetDateTime {
    /// What lies beyond the year 9999 is its last second, as [`Time`] prints it.
    fn from(time: Time) -> Self {
        const LAST: OffsetDateTime = ::time::macros::datetime!(9999-12-31 23:59:59 UTC);
        Self::from_unix_timestamp_nanos(i128::from(time.0) * 1000).unwrap_or(LAST)
    }
}

impl From<OffsetDateTime> for Time {
    fn from(time: OffsetDateTime) -> Self {
        Self(i64::try_from(time.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC with at most six digits of a second, as ARM, Graph and the token answer write times.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = i128::from(self.0) * 1000;
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
            .ok()
            .and_then(|t| t.format(&Rfc3339).ok());
        f.write_str(text.as_deref().unwrap_or("9999-12-31T23:59:59Z"))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, duration: Duration) -> Time {
        Time(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Time {
    type Output = Time;

    fn sub(self, duration: Duration) -> Time {
        Time(
            self.0
                .saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Time::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

/// Where the present comes from. The product reads the host's clock; tests set their own.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Time;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_prints_as_it_is_parsed() {
        for text in [
            "2026-11-21T10:00:00Z",
            "2026-11-21T10:00:00.123456Z",
            "1970-01-01T00:00:00Z",
        ] {
            assert_eq!(Time::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_date_alone_is_its_first_moment_and_an_offset_is_applied() {
        assert_eq!(Time::parse("2026-11-21").unwrap().to_string(), "2026-11-21T00:00:00Z");
        assert_eq!(
            Time::parse("2026-11-21T02:00:00+02:00").unwrap().to_string(),
            "2026-11-21T00:00:00Z"
        );
        assert_eq!(Time::parse("yesterday"), None);
    }
}
