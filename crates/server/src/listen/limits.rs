//! The bounds of a listener. Each is a key of the configuration's `[limits]` (docs/operate/configuration.md), with a range outside of which nobody means it.

use std::time::Duration;

use serde::Deserialize;

/// The bounds of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections in all. Beyond them idle ones are ended, and then nobody is let in before somebody leaves.
    pub connections: u32,
    /// Connections of one source: an IPv4 address, an IPv6 /64 (rule 46). Beyond them new ones are refused.
    pub connections_per_source: u32,
    /// Requests of one source that are worked on at once; the others wait in line behind them, and other sources do not (rule 40).
    pub requests_per_source: u32,
    /// How long a request waits in that line before it is told to come back (429).
    pub queue_seconds: u32,
    /// How long a TLS handshake may take.
    pub handshake_seconds: u32,
    /// How long a request's head may take, and the first byte of a new connection.
    pub head_seconds: u32,
    /// How long a connection may stay without a request.
    pub idle_seconds: u32,
    /// How long a client may let a body stand still, in either direction.
    pub transfer_grace_seconds: u32,
    /// So many bytes moved buy a client another second of standing still, up to the grace: the slowest that a body may be.
    pub transfer_bytes_per_second: u32,
    /// Requests at once on one HTTP/2 connection.
    pub http2_streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            connections_per_source: 1024,
            requests_per_source: 128,
            queue_seconds: 30,
            handshake_seconds: 10,
            head_seconds: 10,
            idle_seconds: 75,
            transfer_grace_seconds: 60,
            transfer_bytes_per_second: 1024,
            http2_streams: 100,
        }
    }
}

/// A bound that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limits.{key} is {value}, and has to be from {least} to {most}")]
pub struct InvalidLimit {
    key: &'static str,
    value: u32,
    least: u32,
    most: u32,
}

impl Limits {
    /// Whether each can be meant (rule 69).
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self) -> Result<(), InvalidLimit> {
        let ranges = [
            ("connections", self.connections, 16, 1_000_000),
            ("connections_per_source", self.connections_per_source, 1, 1_000_000),
            ("requests_per_source", self.requests_per_source, 1, 100_000),
            ("queue_seconds", self.queue_seconds, 1, 300),
            ("handshake_seconds", self.handshake_seconds, 1, 60),
            ("head_seconds", self.head_seconds, 1, 60),
            ("idle_seconds", self.idle_seconds, 1, 3600),
            ("transfer_grace_seconds", self.transfer_grace_seconds, 1, 3600),
            (
                "transfer_bytes_per_second",
                self.transfer_bytes_per_second,
                1,
                1024 * 1024,
            ),
            ("http2_streams", self.http2_streams, 1, 1000),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(InvalidLimit {
                    key,
                    value,
                    least,
                    most,
                });
            }
        }
        Ok(())
    }

    /// How often connections are looked at: four times within the shortest deadline.
    pub(super) fn tick(&self) -> Duration {
        let shortest = [
            self.handshake_seconds,
            self.head_seconds,
            self.idle_seconds,
            self.transfer_grace_seconds,
        ];
        let shortest = shortest.into_iter().min().unwrap_or(1);
        (seconds(shortest) / 4).min(Duration::from_secs(1))
    }
}

/// A bound as a time.
pub(super) fn seconds(number: u32) -> Duration {
    Duration::from_secs(u64::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_meant() {
        assert_eq!(Limits::default().check(), Ok(()));
    }

    #[test]
    fn a_bound_that_cannot_be_meant_is_named_with_its_range() {
        let limits = Limits {
            head_seconds: 0,
            ..Limits::default()
        };
        let error = limits.check().unwrap_err().to_string();
        assert_eq!(error, "limits.head_seconds is 0, and has to be from 1 to 60");
    }
}
