//! Passwords of people.

use serde_json::json;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::WebSessionStage;
use wharf_types::journal::JournalKind;
use wharf_types::secret::Secret;

use super::{Browser, BrowserSession, SignInProgress};
use crate::identity::common_secrets::{self, MAX_BYTES};
use crate::identity::people::session::{HALF_WAY, IDLE, user_entry};
use crate::identity::upstream::{PasswordPlace, UpstreamError};
use crate::{App, Error};

impl App {
    /// The first step of signing in: a name and a password. Unknown, wrong, disabled and locked are one answer after the same work (rules 5, 6). Whose name is a directory's is asked
    /// there, and nowhere else.
    pub async fn sign_in_password(
        &self,
        browser: &Browser,
        name: &str,
        password: &Secret,
    ) -> Result<SignInProgress, UpstreamError> {
        match self.password_place(name).await? {
            PasswordPlace::Here(name) => Ok(self.sign_in_own_password(browser, &name, password).await?),
            PasswordPlace::Directory(asked) => self.ldap_sign_in(browser, &asked, password).await,
        }
    }

    async fn sign_in_own_password(
        &self,
        browser: &Browser,
        name: &str,
        password: &Secret,
    ) -> Result<SignInProgress, Error> {
        let caller = browser.caller;
        let account = self.attempt_account(name);
        if !self.attempt_admit(caller, &account).await? {
            return Err(self.attempt_failed(caller, &account, None, false).await?);
        }
        let user = self.user_that_may_sign_in(name).await?;
        let right = password.expose().len() <= MAX_BYTES && self.password_matches(user.as_ref(), password).await?;
        match user {
            Some(user) if right && !self.has_factor(&user).await? => self.enrolment_begin(browser, &user).await,
            Some(user) if right => {
                self.session_begin(browser, &user, WebSessionStage::Password, None, HALF_WAY)
                    .await
            }
            user => Err(self.attempt_failed(caller, &account, user.as_ref(), true).await?),
        }
    }

    /// Whether an account signs in with a password of ours.
    pub(super) async fn has_password_here(&self, user: &User) -> Result<bool, Error> {
        let place = self.password_place(user.user_principal_name.as_str()).await?;
        let stored = self.inner.meta.read().await?.user_password(user.id).await?;
        Ok(matches!(place, PasswordPlace::Here(_)) && stored.is_some())
    }

    async fn has_factor(&self, user: &User) -> Result<bool, Error> {
        Ok(self.inner.meta.read().await?.user_has_factor(user.id).await?)
    }

    /// The first sign-in, with a password that somebody else chose: as if they had followed a link. Nothing is theirs before a factor is.
    async fn enrolment_begin(&self, browser: &Browser, user: &User) -> Result<SignInProgress, Error> {
        let now = browser.caller.now;
        let mut tx = self.inner.meta.begin(now).await?;
        let link = self.invitation_make(&mut tx, user, now).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        self.session_begin(browser, user, WebSessionStage::Enrolling, Some(link.sha256()), IDLE)
            .await
    }

    /// The person of that name, if they are enabled.
    async fn user_that_may_sign_in(&self, name: &str) -> Result<Option<User>, Error> {
        let Ok(name) = name.trim().parse() else {
            return Ok(None);
        };
        let found = self.inner.meta.read().await?.user_by_name(&name).await?;
        Ok(found.filter(|user| user.enabled))
    }

    async fn password_matches(&self, user: Option<&User>, password: &Secret) -> Result<bool, Error> {
        let stored = match user {
            Some(user) => self.inner.meta.read().await?.user_password(user.id).await?,
            None => None,
        };
        let stored = stored.as_ref().map(|(hash, _)| hash.as_str());
        self.inner.hasher.verify(stored, password).await
    }

    /// The hash of a password that somebody chose, if it is good enough (rule 1).
    pub(super) async fn password_hash(&self, user: &User, password: &Secret) -> Result<String, Error> {
        let name = user.user_principal_name.as_str();
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        let context = [&words[..], &[user.display_name.as_str()]].concat();
        if let Some(weakness) = common_secrets::password_weakness(password.expose(), &context) {
            return Err(Error::invalid(weakness));
        }
        let entropy = self.inner.environment.entropy.as_ref();
        self.inner.hasher.hash(entropy, password).await
    }

    /// Another password. Every other session, and whatever clients were given, ends with the old one.
    pub async fn password_change(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        current: &Secret,
        chosen: &Secret,
    ) -> Result<SignInProgress, Error> {
        session.require_fresh(browser.caller.now)?;
        let (caller, user) = (browser.caller, &session.user);
        let account = self.attempt_account(user.user_principal_name.as_str());
        let admitted = self.attempt_admit(caller, &account).await?;
        if !admitted || current.expose().len() > MAX_BYTES || !self.password_matches(Some(user), current).await? {
            return Err(self.attempt_failed(caller, &account, Some(user), admitted).await?);
        }
        let hash = self.password_hash(user, chosen).await?;
        let (next, progress) = self.session_next(browser, session, |_| {});
        let mut tx = self.inner.meta.begin(caller.now).await?;
        tx.web_session_step(&session.session.token_hash, &next).await?;
        tx.user_password_put(user.id, &hash, caller.now).await?;
        tx.web_sessions_delete(user.id, Some(next.id)).await?;
        tx.refresh_families_delete(user.id).await?;
        let payload = json!({"password": true, "sessionsEnded": true});
        tx.commit(&user_entry(caller, user, JournalKind::UserCredentialsWrite, payload))
            .await?;
        Ok(progress)
    }
}
