//! Adding a passkey: by who was invited, as their factor; by who is signed in, as another one.

use serde_json::json;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};
use webauthn_rs_proto::{AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationPolicy};
use wharf_store::meta::passkey::{MAX_PASSKEYS, Passkey};
use wharf_store::meta::web_session::WebSessionStage;
use wharf_types::id::KeyId;
use wharf_types::journal::JournalKind;
use wharf_types::time::Time;

use super::ceremony::{PasskeyAnswer, PasskeyAsk, Purpose};
use crate::identity::people::factor::{complete, plain_sum};
use crate::identity::people::session::user_entry;
use crate::identity::people::{Browser, BrowserSession, Confirmed};
use crate::{App, Error};

/// Longest name of a passkey, in characters.
const MAX_NAME: usize = 60;

/// What somebody calls a passkey, as it is kept.
pub(super) fn kept_name(name: &str) -> String {
    let kept: String = name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if kept.is_empty() { "Passkey".to_owned() } else { kept }
}

/// Whether the user of a session may add a passkey now: who was invited and chose a password, whom a
/// provider of theirs let in, and who proved lately who they are (rule 11).
fn may_enrol(session: &BrowserSession, now: Time) -> Result<(), Error> {
    match session.session.stage {
        WebSessionStage::Enrolling if session.session.may_enrol_a_factor() => Ok(()),
        WebSessionStage::Complete => session.require_fresh(now),
        _ => Err(Error::Unauthenticated),
    }
}

impl App {
    /// What a browser needs to make a passkey for the user of this session; none where there are no passkeys.
    pub async fn passkey_enrol_ask(&self, session: &BrowserSession, now: Time) -> Result<Option<PasskeyAsk>, Error> {
        may_enrol(session, now)?;
        let Some(webauthn) = self.webauthn() else {
            return Ok(None);
        };
        let user = &session.user;
        // The authenticator refuses to make a second one of these. Who was invited begins anew, on the same device if they like.
        let known = match session.session.stage {
            WebSessionStage::Complete => self.inner.meta.read().await?.passkey_list(user.id).await?,
            _ => Vec::new(),
        };
        let known = known.into_iter().map(|passkey| passkey.credential_id);
        let name = user.user_principal_name.as_str();
        let started = webauthn.start_passkey_registration(user.id.0, name, &user.display_name, Some(known.collect()));
        let Ok((mut options, state)) = started else {
            return Ok(None);
        };
        // One that the authenticator itself finds again, so that it also signs in by itself.
        options.public_key.authenticator_selection = Some(AuthenticatorSelectionCriteria {
            authenticator_attachment: None,
            resident_key: Some(ResidentKeyRequirement::Required),
            require_resident_key: true,
            user_verification: UserVerificationPolicy::Required,
        });
        let purpose = Purpose::Enrol(session.session.id);
        self.passkey_ask(purpose, &options.public_key, &state, now).map(Some)
    }

    /// The passkey that an answer holds, if everything about it is right.
    fn new_passkey(
        &self,
        session: &BrowserSession,
        state: &PasskeyRegistration,
        answer: PasskeyAnswer<'_>,
        name: &str,
        now: Time,
    ) -> Option<Passkey> {
        let credential: RegisterPublicKeyCredential = serde_json::from_str(answer.credential).ok()?;
        let made = self.webauthn()?.finish_passkey_registration(&credential, state);
        let made = made.inspect_err(|error| tracing::info!(%error, "a passkey was not accepted"));
        let made = made.ok()?;
        let count = serde_json::to_value(&made).ok()?;
        let count = count.pointer("/cred/counter").and_then(serde_json::Value::as_u64);
        Some(Passkey {
            id: KeyId(self.inner.environment.entropy.uuid()),
            tenant: session.user.tenant,
            user: session.user.id,
            credential_id: made.cred_id().to_vec(),
            credential: serde_json::to_string(&made).ok()?,
            sign_count: u32::try_from(count.unwrap_or(0)).ok()?,
            name: kept_name(name),
            created_at: now,
            last_used_at: None,
        })
    }

    /// Adds the passkey that a browser made. For who was invited it is the only factor from now on, with the password that was chosen before, and whatever was
    /// signed in or enrolled earlier ends; they are given recovery codes. For who was signed in it is one factor more.
    pub async fn enrol_passkey(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        answer: PasskeyAnswer<'_>,
        name: &str,
    ) -> Result<Confirmed, Error> {
        let (caller, user, state) = (browser.caller, &session.user, &session.session);
        may_enrol(session, caller.now)?;
        let asked = self.passkey_asked::<PasskeyRegistration>(Purpose::Enrol(state.id), answer.ceremony, caller.now);
        let asked = asked.ok_or(Error::Unauthenticated)?;
        let made = self.new_passkey(session, &asked.state, answer, name, caller.now);
        let passkey = made.ok_or(Error::Unauthenticated)?;
        let enrolling = state.stage == WebSessionStage::Enrolling;
        let recovery_codes = if enrolling { self.recovery_codes() } else { Vec::new() };
        let (next, progress) = self.session_next(browser, session, |next| complete(next, caller.now));
        let mut tx = self.inner.meta.begin(caller.now).await?;
        asked.use_up(&mut tx).await?;
        tx.user_hold(user.tenant, user.id).await?;
        if enrolling {
            if state.provider.is_none() {
                let invitation = state.invitation.as_ref().ok_or(Error::Unauthenticated)?;
                tx.invitation_use(invitation, caller.now).await?;
            }
            if let Some(hash) = &state.new_password {
                tx.user_password_put(user.id, hash, caller.now).await?;
            }
            let sums: Vec<_> = recovery_codes.iter().map(plain_sum).collect();
            tx.user_factor_delete(user.id).await?;
            tx.passkeys_delete(user.id).await?;
            tx.recovery_codes_put(user.id, &sums).await?;
            tx.web_sessions_delete(user.id, Some(state.id)).await?;
            tx.refresh_families_delete(user.id).await?;
            let account = self.attempt_account(user.user_principal_name.as_str());
            tx.sign_in_succeeded(&account).await?;
        } else if tx.passkey_list(user.id).await?.len() >= MAX_PASSKEYS {
            let message = format!("there are {MAX_PASSKEYS} passkeys already: remove one that you do not use");
            return Err(Error::conflict("TooManyPasskeys", message));
        }
        tx.passkey_insert(&passkey).await?;
        tx.web_session_step(&state.token_hash, &next).await?;
        let payload = json!({"password": state.new_password.is_some(), "factor": enrolling, "sessionsEnded": enrolling,
            "passkeyAdded": passkey.id, "name": passkey.name});
        tx.commit(&user_entry(caller, user, JournalKind::UserCredentialsWrite, payload))
            .await?;
        if enrolling {
            self.attempt_succeeded(caller, user);
        }
        Ok(Confirmed {
            progress,
            recovery_codes,
        })
    }
}
