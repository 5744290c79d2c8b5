//! The second factor: codes that an authenticator shows (RFC 6238), and recovery codes for when it is lost.

use serde_json::json;
use totp_rs::{Builder, Totp};
use wharf_store::meta::Unrecorded;
use wharf_store::meta::web_session::{WebSession, WebSessionStage};
use wharf_types::id::ObjectId;
use wharf_types::journal::JournalKind;
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use super::{Browser, BrowserSession, SignInProgress};
use crate::identity::people::session::{LIFE, user_entry};
use crate::{App, Error};

/// How long a code is shown, in seconds.
pub(super) const STEP_SECONDS: u64 = 30;
const DIGITS: usize = 6;
/// Random bytes of a seed: 160 bits, as long as the sum that it keys (RFC 4226 §4).
pub(super) const SEED_BYTES: usize = 20;
const RECOVERY_CODES: usize = 8;

/// What somebody typed as a code.
enum Shown {
    Code(String),
    Recovery(Secret),
}

impl Shown {
    fn parse(text: &str) -> Self {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).take(100).collect();
        if plain.len() == DIGITS && plain.bytes().all(|b| b.is_ascii_digit()) {
            Self::Code(plain)
        } else {
            Self::Recovery(Secret::new(plain.to_ascii_uppercase()))
        }
    }
}

impl App {
    /// The second step of signing in, and the proof that somebody is still there: a code of the second factor, or a recovery code.
    pub async fn sign_in_factor(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        code: &str,
    ) -> Result<SignInProgress, Error> {
        let (caller, user) = (browser.caller, &session.user);
        let account = self.attempt_account(user.user_principal_name.as_str());
        if session.session.stage == WebSessionStage::Enrolling {
            return Err(Error::Unauthenticated);
        }
        if !self.attempt_admit(caller, &account).await? {
            return Err(self.attempt_failed(caller, &account, Some(user), false).await?);
        }
        let now = caller.now;
        let shown = Shown::parse(code);
        let step = match &shown {
            Shown::Code(code) => self.matching_step(user.id, code, now).await?,
            Shown::Recovery(_) => None,
        };
        let (next, progress) = self.session_next(browser, session, |next| complete(next, now));
        let mut tx = self.inner.meta.begin(now).await?;
        let right = match (&shown, step) {
            (Shown::Code(_), Some(step)) => tx.user_factor_step(user.id, step).await?,
            (Shown::Code(_), None) => false,
            (Shown::Recovery(code), _) => tx.recovery_code_use(user.id, &code.sha256()).await?,
        };
        if !right {
            drop(tx);
            return Err(self.attempt_failed(caller, &account, Some(user), true).await?);
        }
        tx.web_session_step(&session.session.token_hash, &next).await?;
        tx.sign_in_succeeded(&account).await?;
        match shown {
            Shown::Code(_) => tx.commit_unrecorded(Unrecorded::Bookkeeping).await?,
            Shown::Recovery(_) => {
                let payload = json!({"recoveryCodeUsed": true});
                tx.commit(&user_entry(caller, user, JournalKind::UserCredentialsWrite, payload))
                    .await?;
            }
        }
        self.attempt_succeeded(caller, user);
        Ok(progress)
    }

    /// The time step that a code of the enrolled factor is of.
    async fn matching_step(&self, user: ObjectId, code: &str, now: Time) -> Result<Option<i64>, Error> {
        let Some(factor) = self.inner.meta.read().await?.user_factor(user).await? else {
            return Ok(None);
        };
        let seed = self.inner.vault.open(&seed_place(user), &factor.ciphertext)?;
        Ok(step_of(&seed, code, now))
    }

    /// How many recovery codes somebody has left.
    pub async fn recovery_code_count(&self, session: &BrowserSession) -> Result<u64, Error> {
        let mut read = self.inner.meta.read().await?;
        Ok(read.recovery_code_count(session.user.id).await?)
    }

    /// New recovery codes; the old ones are worth nothing any more.
    pub async fn recovery_codes_renew(
        &self,
        browser: &Browser,
        session: &BrowserSession,
    ) -> Result<Vec<Secret>, Error> {
        session.require_fresh(browser.caller.now)?;
        let codes = self.recovery_codes();
        let sums: Vec<_> = codes.iter().map(plain_sum).collect();
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        tx.recovery_codes_put(session.user.id, &sums).await?;
        let payload = json!({"recoveryCodes": RECOVERY_CODES});
        tx.commit(&user_entry(
            browser.caller,
            &session.user,
            JournalKind::UserCredentialsWrite,
            payload,
        ))
        .await?;
        Ok(codes)
    }

    /// Recovery codes as they are shown: 160 random bits each (rule 3), in groups of four letters.
    pub(super) fn recovery_codes(&self) -> Vec<Secret> {
        let code = |_| {
            let mut random = [0; SEED_BYTES];
            self.inner.environment.entropy.fill(&mut random);
            let text = base32(&random);
            let groups: Vec<_> = text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
            Secret::new(groups.join("-"))
        };
        (0..RECOVERY_CODES).map(code).collect()
    }
}

/// What a recovery code is stored under: its letters alone, however they are grouped.
pub(super) fn plain_sum(code: &Secret) -> [u8; 32] {
    match Shown::parse(code.expose()) {
        Shown::Recovery(plain) => plain.sha256(),
        Shown::Code(plain) => Secret::new(plain).sha256(),
    }
}

pub(super) fn complete(next: &mut WebSession, now: Time) {
    // Showing the factor again does not make the session longer: only the password does that.
    if next.stage != WebSessionStage::Complete {
        next.authenticated_at = Some(now);
        next.expires_at = now + LIFE;
    }
    next.stage = WebSessionStage::Complete;
    next.factor_at = Some(now);
    next.invitation = None;
    next.new_password = None;
    next.new_seed = None;
}

pub(super) fn seed_place(user: ObjectId) -> String {
    format!("user-factor/{user}")
}

pub(super) fn base32(bytes: &[u8]) -> String {
    totp_rs::Secret::from(bytes.to_vec()).to_base32()
}

/// The step that a code is of: the present one or the one before (rule 8). A clock that is ahead of ours is not waited for.
pub(super) fn step_of(seed: &[u8], code: &str, now: Time) -> Option<i64> {
    let totp: Totp = Builder::new()
        .with_secret(seed.to_vec())
        .with_skew(0)
        .with_step_duration(STEP_SECONDS)
        .build()
        .ok()?;
    let now = u64::try_from(now.unix_seconds()).ok()?;
    let step = totp
        .check(code, now)
        .or_else(|| totp.check(code, now.saturating_sub(STEP_SECONDS)))?;
    i64::try_from(step).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the seed of the SHA-1 vectors, with the last six of their eight digits.
    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code, step) in [
            (59, "287082", 1),
            (1_111_111_109, "081804", 37_037_036),
            (2_000_000_000, "279037", 66_666_666),
        ] {
            assert_eq!(step_of(SEED, code, Time::from_unix_seconds(seconds)), Some(step));
        }
    }

    #[test]
    fn a_code_is_good_in_its_step_and_in_the_next_one() {
        let at = |seconds| step_of(SEED, "287082", Time::from_unix_seconds(seconds));
        assert_eq!(at(29), None);
        assert_eq!((at(30), at(59), at(60), at(89)), (Some(1), Some(1), Some(1), Some(1)));
        assert_eq!(at(90), None);
    }
}
