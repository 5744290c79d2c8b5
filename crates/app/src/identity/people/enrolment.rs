//! Choosing a password and enrolling a second factor: nothing of it counts before a code of the new factor was shown.

use serde_json::json;
use wharf_store::meta::user_secret::UserFactor;
use wharf_store::meta::web_session::WebSessionStage;
use wharf_store::meta::{Tx, Unrecorded};
use wharf_types::id::ObjectId;
use wharf_types::journal::JournalKind;
use wharf_types::secret::Secret;

use super::factor::{SEED_BYTES, base32, complete, plain_sum, seed_place, step_of};
use super::session::user_entry;
use super::{Browser, BrowserSession, SignInProgress};
use crate::{App, Error};

/// A second factor that is not confirmed yet.
#[derive(Clone, Debug)]
pub struct FactorOffer {
    /// What is typed into an authenticator.
    pub secret: Secret,
    /// The same, for a camera: an `otpauth` address.
    pub uri: Secret,
}

/// What somebody has when an enrolment is finished.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// The session goes on under this.
    pub progress: SignInProgress,
    /// Shown this once (rule 3).
    pub recovery_codes: Vec<Secret>,
}

impl App {
    /// An invited person chooses a password.
    pub async fn enrol_password(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        password: &Secret,
    ) -> Result<SignInProgress, Error> {
        // Who comes from an identity provider enrols a factor and has no password of ours.
        if session.session.stage != WebSessionStage::Enrolling || session.session.provider.is_some() {
            return Err(Error::Unauthenticated);
        }
        let hash = self.password_hash(&session.user, password).await?;
        self.offer(browser, session, Some(hash)).await
    }

    /// Somebody who is signed in wants another authenticator.
    pub async fn enrol_factor(&self, browser: &Browser, session: &BrowserSession) -> Result<SignInProgress, Error> {
        session.require_fresh(browser.caller.now)?;
        self.offer(browser, session, None).await
    }

    /// A new seed, kept with the session until it is confirmed.
    async fn offer(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        new_password: Option<String>,
    ) -> Result<SignInProgress, Error> {
        let sealed = self.new_seed(session.user.id)?;
        let (next, progress) = self.session_next(browser, session, |next| {
            next.new_seed = Some(sealed);
            next.new_password = new_password;
        });
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        tx.web_session_step(&session.session.token_hash, &next).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(progress)
    }

    /// A seed for an authenticator, under the master key.
    pub(in crate::identity) fn new_seed(&self, user: ObjectId) -> Result<Vec<u8>, Error> {
        let entropy = self.inner.environment.entropy.as_ref();
        let mut seed = [0; SEED_BYTES];
        entropy.fill(&mut seed);
        self.inner.vault.seal(entropy, &seed_place(user), &seed)
    }

    /// The factor that waits to be confirmed in this session.
    pub fn factor_offer(&self, session: &BrowserSession) -> Result<Option<FactorOffer>, Error> {
        let Some(sealed) = &session.session.new_seed else {
            return Ok(None);
        };
        let seed = self.inner.vault.open(&seed_place(session.user.id), sealed)?;
        let secret = base32(&seed);
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let issuer = encode(&format!("Wharf {}", self.inner.settings.public.base()));
        let account = encode(session.user.user_principal_name.as_str());
        // As authenticators read it: SHA-1, six digits, thirty seconds are what they take for granted.
        let uri = format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}");
        Ok(Some(FactorOffer {
            secret: Secret::new(secret),
            uri: Secret::new(uri),
        }))
    }

    /// A code of the new factor makes it, and the password that was chosen with it, the person's own. Whatever was signed in before ends.
    pub async fn enrol_confirm(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        code: &str,
    ) -> Result<Confirmed, Error> {
        let (caller, user, state) = (browser.caller, &session.user, &session.session);
        match state.stage {
            WebSessionStage::Enrolling if state.may_enrol_a_factor() => {}
            WebSessionStage::Complete => session.require_fresh(caller.now)?,
            _ => return Err(Error::Unauthenticated),
        }
        let sealed = state.new_seed.as_ref().ok_or(Error::Unauthenticated)?;
        let account = self.attempt_account(user.user_principal_name.as_str());
        let admitted = self.attempt_admit(caller, &account).await?;
        let seed = self.inner.vault.open(&seed_place(user.id), sealed)?;
        let plain: String = code.chars().filter(char::is_ascii_digit).take(20).collect();
        let Some(step) = step_of(&seed, &plain, caller.now).filter(|_| admitted) else {
            return Err(self.attempt_failed(caller, &account, Some(user), admitted).await?);
        };
        let factor = UserFactor {
            ciphertext: sealed.clone(),
            last_step: step,
            enrolled_at: caller.now,
        };
        let recovery_codes = self.recovery_codes();
        let (next, progress) = self.session_next(browser, session, |next| complete(next, caller.now));
        let mut tx = self.inner.meta.begin(caller.now).await?;
        if state.stage == WebSessionStage::Enrolling && state.provider.is_none() {
            let invitation = state.invitation.as_ref().ok_or(Error::Unauthenticated)?;
            tx.invitation_use(invitation, caller.now).await?;
            // What was enrolled before may be lost, or in other hands: nothing of it is a factor any more.
            tx.passkeys_delete(user.id).await?;
        }
        if let Some(hash) = &state.new_password {
            tx.user_password_put(user.id, hash, caller.now).await?;
        }
        self.put_factor(&mut tx, session, &factor, &recovery_codes).await?;
        tx.web_session_step(&state.token_hash, &next).await?;
        tx.sign_in_succeeded(&account).await?;
        let payload = json!({"password": state.new_password.is_some(), "factor": true, "sessionsEnded": true});
        tx.commit(&user_entry(caller, user, JournalKind::UserCredentialsWrite, payload))
            .await?;
        self.attempt_succeeded(caller, user);
        Ok(Confirmed {
            progress,
            recovery_codes,
        })
    }

    async fn put_factor(
        &self,
        tx: &mut Tx,
        session: &BrowserSession,
        factor: &UserFactor,
        recovery_codes: &[Secret],
    ) -> Result<(), Error> {
        let user = session.user.id;
        let sums: Vec<_> = recovery_codes.iter().map(plain_sum).collect();
        tx.user_factor_put(user, factor).await?;
        tx.recovery_codes_put(user, &sums).await?;
        tx.web_sessions_delete(user, Some(session.session.id)).await?;
        tx.refresh_families_delete(user).await?;
        Ok(())
    }
}
