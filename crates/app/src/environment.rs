//! The outside, as arguments: time and randomness.

use std::sync::Arc;

use wharf_types::entropy::Entropy;
use wharf_types::time::{Clock, Time};

/// Clock and entropy. Tests bring their own.
#[derive(Clone)]
pub struct Environment {
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
}

impl Environment {
    /// The host's clock and the operating system's generator.
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

/// The host's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the host's clock enters")]
    fn now(&self) -> Time {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Time::from_us(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's random generator (rule 3).
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // A machine that cannot give random bytes must not go on and give out guessable secrets.
        assert!(
            aws_lc_rs::rand::fill(buffer).is_ok(),
            "the operating system gives no random bytes"
        );
    }
}
