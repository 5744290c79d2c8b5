//! Sessions of browsers: begun, stepped, ended. What a cookie holds changes with each step, so that nobody goes on with one that was planted or seen before (rule 10).

use std::time::Duration;

use serde_json::{Value, json};
use wharf_store::meta::Unrecorded;
use wharf_store::meta::journal::Entry;
use wharf_store::meta::refresh_family::RefreshFamily;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::{WebSession, WebSessionStage};
use wharf_types::access::Principal;
use wharf_types::id::KeyId;
use wharf_types::journal::{JournalKind, Outcome};
use wharf_types::resource::ResourceScope;
use wharf_types::secret::{Secret, SecretKind};
use wharf_types::time::Time;

use super::FRESH;
use crate::identity::Caller;
use crate::{App, Error};

/// A session ends when it was not used for this long (rule 52).
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends this long after its user proved who they are, however much it is used (rule 52).
pub(crate) const LIFE: Duration = Duration::from_secs(12 * 3600);
/// So long may somebody take between the password and the code.
pub(crate) const HALF_WAY: Duration = Duration::from_secs(10 * 60);
/// That a session is in use is written down no more often than this.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// Longest name of a program that is kept, in characters.
const MAX_AGENT: usize = 200;

/// A browser, in one request.
#[derive(Clone, Debug)]
pub struct Browser {
    /// The request.
    pub caller: Caller,
    /// The program, as it calls itself.
    pub user_agent: String,
}

impl Browser {
    /// A browser, or another program that signs somebody in.
    pub fn new(caller: Caller, user_agent: &str) -> Self {
        let kept = user_agent.chars().filter(|c| !c.is_control()).take(MAX_AGENT);
        Self {
            caller,
            user_agent: kept.collect(),
        }
    }

    pub(crate) fn address(&self) -> String {
        self.caller
            .address
            .map(|address| address.to_string())
            .unwrap_or_default()
    }
}

/// A session with whose it is.
#[derive(Clone, Debug)]
pub struct BrowserSession {
    /// The session.
    pub session: WebSession,
    /// Whose it is.
    pub user: User,
}

impl BrowserSession {
    /// Whether its user proved who they are.
    pub fn is_complete(&self) -> bool {
        self.session.stage == WebSessionStage::Complete
    }

    /// Whether the second factor was shown within the last five minutes (rule 11).
    pub fn is_fresh(&self, now: Time) -> bool {
        self.is_complete() && self.session.factor_at.is_some_and(|at| now < at + FRESH)
    }

    pub(crate) fn require_fresh(&self, now: Time) -> Result<(), Error> {
        if self.is_fresh(now) {
            Ok(())
        } else {
            Err(Error::Unauthenticated)
        }
    }
}

/// What a browser's cookie has to hold from now on.
#[derive(Clone, Debug)]
pub struct SignInProgress {
    /// The session's new token.
    pub token: Secret,
    /// How far it has come.
    pub stage: WebSessionStage,
    /// Whether its user came from an identity provider: then they have no password of ours to choose.
    pub from_provider: bool,
}

impl App {
    /// The session that a cookie names, if it holds and its user may sign in.
    pub async fn browser_session(&self, browser: &Browser, token: &Secret) -> Result<Option<BrowserSession>, Error> {
        let now = browser.caller.now;
        let mut read = self.inner.meta.read().await?;
        let Some(session) = read.web_session_by_token(&token.sha256()).await? else {
            return Ok(None);
        };
        if !holds(&session, now) {
            return Ok(None);
        }
        let user = read.user_get(session.tenant, session.user).await?;
        drop(read);
        let Some(user) = user.filter(|user| user.enabled) else {
            return Ok(None);
        };
        if session.seen_at + SEEN_EVERY <= now {
            let mut tx = self.inner.meta.begin(now).await?;
            tx.web_session_seen(session.id, &browser.address(), now).await?;
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        }
        Ok(Some(BrowserSession { session, user }))
    }

    pub(super) async fn session_begin(
        &self,
        browser: &Browser,
        user: &User,
        stage: WebSessionStage,
        invitation: Option<[u8; 32]>,
        life: Duration,
    ) -> Result<SignInProgress, Error> {
        let (session, progress) = self.web_session_new(browser, user, stage, invitation, life);
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        tx.web_session_insert(&session).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(progress)
    }

    /// A session that is not stored yet.
    pub(in crate::identity) fn web_session_new(
        &self,
        browser: &Browser,
        user: &User,
        stage: WebSessionStage,
        invitation: Option<[u8; 32]>,
        life: Duration,
    ) -> (WebSession, SignInProgress) {
        let entropy = self.inner.environment.entropy.as_ref();
        let (now, token) = (browser.caller.now, Secret::generate(SecretKind::WebSession, entropy));
        let session = WebSession {
            id: KeyId(entropy.uuid()),
            tenant: user.tenant,
            user: user.id,
            token_hash: token.sha256(),
            stage,
            invitation,
            new_password: None,
            new_seed: None,
            created_at: now,
            seen_at: now,
            expires_at: now + life,
            authenticated_at: None,
            factor_at: None,
            user_agent: browser.user_agent.clone(),
            address: browser.address(),
            provider: None,
        };
        let progress = SignInProgress {
            token,
            stage,
            from_provider: false,
        };
        (session, progress)
    }

    /// A session's next step, under a new token.
    pub(super) fn session_next(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        change: impl FnOnce(&mut WebSession),
    ) -> (WebSession, SignInProgress) {
        let entropy = self.inner.environment.entropy.as_ref();
        let token = Secret::generate(SecretKind::WebSession, entropy);
        let mut next = session.session.clone();
        next.token_hash = token.sha256();
        next.seen_at = browser.caller.now;
        next.address = browser.address();
        change(&mut next);
        let progress = SignInProgress {
            token,
            stage: next.stage,
            from_provider: next.provider.is_some(),
        };
        (next, progress)
    }

    /// Ends the session that a browser is in.
    pub async fn sign_out(&self, browser: &Browser, session: &BrowserSession) -> Result<(), Error> {
        self.sign_in_end(browser, session, session.session.id).await.map(drop)
    }

    /// The browsers that somebody is signed in with, and the clients that act for them.
    pub async fn sign_in_list(
        &self,
        of: &BrowserSession,
        now: Time,
    ) -> Result<(Vec<WebSession>, Vec<RefreshFamily>), Error> {
        let mut read = self.inner.meta.read().await?;
        let browsers = read.web_session_list(of.user.id, now).await?;
        let families = read.refresh_family_list(of.user.id, now).await?;
        let browsers = browsers.into_iter().filter(|session| holds(session, now)).collect();
        Ok((browsers, families))
    }

    /// Ends one of somebody's own sessions: a browser's, or what a client was given. Returns whether it was there.
    pub async fn sign_in_end(&self, browser: &Browser, of: &BrowserSession, id: KeyId) -> Result<bool, Error> {
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        let ended = tx.web_session_delete(of.user.id, id).await? || tx.refresh_family_delete(of.user.id, id).await?;
        if !ended {
            tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
            return Ok(false);
        }
        let payload = json!({"session": id});
        tx.commit(&user_entry(
            browser.caller,
            &of.user,
            JournalKind::UserSessionEnd,
            payload,
        ))
        .await?;
        Ok(true)
    }

    /// Signs somebody out everywhere, this browser included.
    pub async fn sign_in_end_all(&self, browser: &Browser, of: &BrowserSession) -> Result<(), Error> {
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        let browsers = tx.web_sessions_delete(of.user.id, None).await?;
        let clients = tx.refresh_families_delete(of.user.id).await?;
        let payload = json!({"browsers": browsers, "clients": clients});
        tx.commit(&user_entry(
            browser.caller,
            &of.user,
            JournalKind::UserSessionEnd,
            payload,
        ))
        .await?;
        Ok(())
    }
}

/// Whether a session may be used at `now`.
pub(crate) fn holds(session: &WebSession, now: Time) -> bool {
    now < session.expires_at && now < session.seen_at + IDLE
}

/// The record of what somebody did to their own account.
pub(crate) fn user_entry(caller: Caller, user: &User, kind: JournalKind, payload: Value) -> Entry {
    Entry {
        time: caller.now,
        tenant: user.tenant,
        registry: None,
        kind,
        resource: ResourceScope::DirectoryObject(user.id).to_string(),
        actor: Principal::User(user.id).to_string(),
        address: caller.address,
        request: caller.request,
        outcome: Outcome::Succeeded,
        payload,
    }
}
