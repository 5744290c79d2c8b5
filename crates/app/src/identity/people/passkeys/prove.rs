//! Proving who one is with a passkey: by itself, after the password, or once more.
//!
//! Nothing can be guessed here, so an account whose password is being guessed is let in as ever (rule 6); a source that fails too often has to wait like any
//! other.

use serde_json::json;
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey as Credential, PublicKeyCredential, WebauthnError};
use webauthn_rs_proto::AllowCredentials;
use wharf_store::meta::passkey::Passkey;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::WebSessionStage;
use wharf_store::meta::{Tx, Unrecorded};
use wharf_types::id::ObjectId;
use wharf_types::journal::{JournalKind, Outcome};
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use super::ceremony::{Opened, PasskeyAnswer, PasskeyAsk, Purpose};
use crate::identity::Caller;
use crate::identity::people::factor::complete;
use crate::identity::people::session::{LIFE, user_entry};
use crate::identity::people::{Browser, BrowserSession, SignInProgress};
use crate::{App, Error};

/// Whoever an organisation's provider or directory judges has to be let in by that each time, or who is gone there would come in here.
const ELSEWHERE: &str = "your account signs in by what your organisation has: go back and sign in by that; the passkey is asked for as the second step";

/// A passkey that proved whose it is, before that is written down.
struct Proved {
    asked: Opened<DiscoverableAuthentication>,
    passkey: Passkey,
    user: User,
    sign_count: u32,
    credential: String,
}

/// Why a passkey proves nothing.
enum Refused {
    /// It is not known, not of that person, or the answer is wrong.
    Wrong(Option<Box<User>>),
    /// It counts less than it did: there are two of it.
    CountedBack(Box<(Passkey, User)>),
}

impl App {
    /// What a browser needs to let somebody sign in with a passkey alone; none where there are no passkeys. `key` is what the browser keeps.
    pub fn passkey_sign_in_ask(&self, key: &Secret, now: Time) -> Result<Option<PasskeyAsk>, Error> {
        self.passkey_request(Purpose::SignIn(key), &[], now)
    }

    /// What a browser needs to let the user of a session prove who they are with a passkey; none if they have none.
    pub async fn passkey_factor_ask(&self, session: &BrowserSession, now: Time) -> Result<Option<PasskeyAsk>, Error> {
        let passkeys = self.inner.meta.read().await?.passkey_list(session.user.id).await?;
        if passkeys.is_empty() {
            return Ok(None);
        }
        self.passkey_request(Purpose::Factor(session.session.id), &passkeys, now)
    }

    fn passkey_request(
        &self,
        purpose: Purpose<'_>,
        allowed: &[Passkey],
        now: Time,
    ) -> Result<Option<PasskeyAsk>, Error> {
        let started = self
            .webauthn()
            .map(|webauthn| webauthn.start_discoverable_authentication());
        let Some(Ok((mut options, state))) = started else {
            return Ok(None);
        };
        options.public_key.extensions = None;
        let allow = allowed.iter().map(|passkey| AllowCredentials {
            type_: "public-key".to_owned(),
            id: passkey.credential_id.clone(),
            transports: None,
        });
        options.public_key.allow_credentials = allow.collect();
        self.passkey_ask(purpose, &options.public_key, &state, now).map(Some)
    }

    /// Signs somebody in with a passkey alone: it is something that they have, and it verified who they are.
    pub async fn sign_in_passkey(
        &self,
        browser: &Browser,
        key: &Secret,
        answer: PasskeyAnswer<'_>,
    ) -> Result<SignInProgress, Error> {
        let caller = browser.caller;
        let proved = self.passkey_proved(caller, Purpose::SignIn(key), None, answer).await?;
        if !self.has_password_here(&proved.user).await? {
            return Err(Error::conflict("SignInElsewhere", ELSEWHERE));
        }
        let (mut session, progress) =
            self.web_session_new(browser, &proved.user, WebSessionStage::Complete, None, LIFE);
        session.authenticated_at = Some(caller.now);
        session.factor_at = Some(caller.now);
        let mut tx = self.inner.meta.begin(caller.now).await?;
        self.passkey_used(caller, &mut tx, &proved).await?;
        tx.web_session_insert(&session).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        self.attempt_succeeded(caller, &proved.user);
        Ok(progress)
    }

    /// The second step of signing in, and the proof that somebody is still there, with a passkey.
    pub async fn sign_in_passkey_factor(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        answer: PasskeyAnswer<'_>,
    ) -> Result<SignInProgress, Error> {
        let (caller, state) = (browser.caller, &session.session);
        if state.stage == WebSessionStage::Enrolling {
            return Err(Error::Unauthenticated);
        }
        let owner = Some(session.user.id);
        let proved = self
            .passkey_proved(caller, Purpose::Factor(state.id), owner, answer)
            .await?;
        let (next, progress) = self.session_next(browser, session, |next| complete(next, caller.now));
        let mut tx = self.inner.meta.begin(caller.now).await?;
        self.passkey_used(caller, &mut tx, &proved).await?;
        tx.web_session_step(&state.token_hash, &next).await?;
        if state.stage == WebSessionStage::Password {
            let account = self.attempt_account(session.user.user_principal_name.as_str());
            tx.sign_in_succeeded(&account).await?;
        }
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        self.attempt_succeeded(caller, &session.user);
        Ok(progress)
    }

    async fn passkey_proved(
        &self,
        caller: Caller,
        purpose: Purpose<'_>,
        owner: Option<ObjectId>,
        answer: PasskeyAnswer<'_>,
    ) -> Result<Proved, Error> {
        self.inner.throttle.admit(caller.address, caller.now)?;
        match self.passkey_verify(caller, purpose, owner, answer).await? {
            Ok(proved) => Ok(proved),
            Err(Refused::Wrong(user)) => Err(self.attempt_failed(caller, "", user.as_deref(), false).await?),
            Err(Refused::CountedBack(found)) => Err(self.passkey_counted_back(caller, &found.0, &found.1).await?),
        }
    }

    async fn passkey_verify(
        &self,
        caller: Caller,
        purpose: Purpose<'_>,
        owner: Option<ObjectId>,
        answer: PasskeyAnswer<'_>,
    ) -> Result<Result<Proved, Refused>, Error> {
        let wrong = |user| Ok(Err(Refused::Wrong(user)));
        let asked = self.passkey_asked::<DiscoverableAuthentication>(purpose, answer.ceremony, caller.now);
        let shown = serde_json::from_str::<PublicKeyCredential>(answer.credential);
        let (Some(webauthn), Some(asked), Ok(shown)) = (self.webauthn(), asked, shown) else {
            return wrong(None);
        };
        let mut read = self.inner.meta.read().await?;
        if asked.is_used(&mut read).await? {
            return wrong(None);
        }
        let Some(passkey) = read.passkey_by_credential(shown.get_credential_id()).await? else {
            return wrong(None);
        };
        let user = read.user_get(passkey.tenant, passkey.user).await?;
        drop(read);
        let Some(user) = user.filter(|user| user.enabled) else {
            return wrong(None);
        };
        // WebAuthn §7.2, step 6: of the person who is known already, or of the one whom the authenticator names, and never of another.
        let handle = shown.get_user_unique_id();
        let named = handle.is_some_and(|handle| handle == user.id.0.as_bytes());
        let owned = match owner {
            Some(owner) => owner == user.id && (handle.is_none() || named),
            None => named,
        };
        let Ok(mut credential) = serde_json::from_str::<Credential>(&passkey.credential) else {
            return wrong(Some(Box::new(user)));
        };
        if !owned {
            return wrong(Some(Box::new(user)));
        }
        let verified = webauthn.finish_discoverable_authentication_v2(&shown, asked.state.clone(), &credential);
        let result = match verified {
            Ok(result) => result,
            Err(WebauthnError::CredentialPossibleCompromise) => {
                return Ok(Err(Refused::CountedBack(Box::new((passkey, user)))));
            }
            Err(error) => {
                tracing::info!(%error, "a passkey was not accepted");
                return wrong(Some(Box::new(user)));
            }
        };
        credential.update_credential(&result);
        let Ok(credential) = serde_json::to_string(&credential) else {
            return wrong(Some(Box::new(user)));
        };
        Ok(Ok(Proved {
            asked,
            passkey,
            user,
            sign_count: result.counter(),
            credential,
        }))
    }

    /// Writes down that a challenge was answered and how far the passkey has counted, in the transaction of what it opens.
    async fn passkey_used(&self, caller: Caller, tx: &mut Tx, proved: &Proved) -> Result<(), Error> {
        proved.asked.use_up(tx).await?;
        let Proved {
            passkey,
            sign_count,
            credential,
            ..
        } = proved;
        // Another request was let in with this count since it was looked at.
        if !tx.passkey_use(passkey.id, *sign_count, credential, caller.now).await? {
            return Err(Error::Unauthenticated);
        }
        Ok(())
    }

    /// Refuses a passkey of which there seem to be two, and keeps a record of it (rule 9).
    async fn passkey_counted_back(&self, caller: Caller, passkey: &Passkey, user: &User) -> Result<Error, Error> {
        let payload = json!({"passkey": passkey.id, "name": passkey.name, "counted": passkey.sign_count});
        let mut entry = user_entry(caller, user, JournalKind::UserPasskeySuspect, payload);
        entry.actor = format!("unverified/user/{}", user.id);
        entry.outcome = Outcome::Refused;
        let tx = self.inner.meta.begin(caller.now).await?;
        tx.commit(&entry).await?;
        self.attempt_failed(caller, "", Some(user), false).await
    }
}
