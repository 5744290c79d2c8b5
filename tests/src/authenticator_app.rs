//! An authenticator app on somebody's telephone (RFC 6238), in real time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use totp_rs::{Builder, Secret};

use crate::eventually;

const STEP_SECONDS: u64 = 30;
/// A code is typed in no less time before it ends than this.
const MARGIN_SECONDS: u64 = 8;

/// One account of the app.
#[derive(Debug)]
pub struct AuthenticatorApp {
    secret: String,
    /// The time step of the last code that was typed: each is good once.
    last: u64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server is a process of its own, which lives in real time"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is after 1970").as_secs()
}

impl AuthenticatorApp {
    /// The app with the key that a page showed.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self {
            secret: secret.to_owned(),
            last: 0,
        }
    }

    /// A code that was not typed yet, the earliest that the server takes: that of the step before, then the present one. So an enrolment and a sign-in need
    /// not wait for each other, and a third has to wait until the clock goes on.
    pub fn code(&mut self) -> String {
        let mut step = None;
        eventually(
            "the app shows another code",
            Duration::from_secs(2 * STEP_SECONDS),
            || {
                let (present, left) = (now() / STEP_SECONDS, STEP_SECONDS - now() % STEP_SECONDS);
                let before = (left >= MARGIN_SECONDS).then(|| present - 1);
                step = before.into_iter().chain([present]).find(|step| *step > self.last);
                step.is_some()
            },
        );
        let step = step.expect("there is one");
        self.last = step;
        let secret = Secret::try_from_base32(&self.secret).expect("the key is base 32");
        let totp = Builder::new()
            .with_secret(secret)
            .build()
            .expect("the key is long enough");
        totp.generate(step * STEP_SECONDS).to_string()
    }
}
