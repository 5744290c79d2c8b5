//! When to try again: only when the server says so, and says when.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};

/// Bounds of retrying.
///
/// A call is repeated on 429 and 503 with a `Retry-After` in seconds: then the server did nothing, whatever the method. Without
/// that header it may have, so the error is the caller's.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Tries in all, the first included.
    pub attempts_max: u32,
    /// Longest wait that is obeyed; a longer one ends the call with the server's error.
    pub wait_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts_max: 4,
            wait_max: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// How long to wait before trying again, if at all.
    pub(crate) fn wait(&self, attempt: u32, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        let again = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let wait = retry_after(headers)?;
        (again && attempt < self.attempts_max && wait <= self.wait_max).then_some(wait)
    }
}

/// The `Retry-After` header in its form of seconds. The form of a date is not read: it needs the wall clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(attempt: u32, status: u16, seconds: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        if let Some(seconds) = seconds {
            headers.insert("retry-after", seconds.parse().unwrap());
        }
        RetryPolicy::default().wait(attempt, StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn only_a_server_that_asks_for_it_is_asked_again() {
        assert_eq!(wait(1, 429, Some("2")), Some(Duration::from_secs(2)));
        assert_eq!(wait(1, 503, Some("0")), Some(Duration::ZERO));
        assert_eq!(wait(1, 503, None), None);
        assert_eq!(wait(1, 500, Some("1")), None);
        assert_eq!(wait(4, 429, Some("1")), None);
        assert_eq!(wait(1, 429, Some("3600")), None);
    }
}
