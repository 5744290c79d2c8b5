//! What somebody has enrolled, and taking one of it away again.

use serde_json::json;
use wharf_store::meta::passkey::Passkey;
use wharf_types::id::KeyId;
use wharf_types::journal::JournalKind;
use wharf_types::time::Time;

use super::enrol::kept_name;
use crate::identity::people::factor::STEP_SECONDS;
use crate::identity::people::session::user_entry;
use crate::identity::people::{Browser, BrowserSession, SignInProgress};
use crate::{App, Error};

/// A person's second factors.
#[derive(Clone, Debug)]
pub struct Factors {
    /// The authenticator app: when it was enrolled, and when it was last used.
    pub authenticator: Option<(Time, Time)>,
    /// Passkeys, the oldest first.
    pub passkeys: Vec<Passkey>,
}

/// One of a person's second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The authenticator app.
    Authenticator,
    /// A passkey.
    Passkey(KeyId),
}

impl App {
    /// What somebody has enrolled.
    pub async fn factor_list(&self, session: &BrowserSession) -> Result<Factors, Error> {
        let mut read = self.inner.meta.read().await?;
        let app = read.user_factor(session.user.id).await?;
        let used = |step: i64| Time::from_unix_seconds(step.saturating_mul(STEP_SECONDS.cast_signed()));
        Ok(Factors {
            authenticator: app.map(|app| (app.enrolled_at, used(app.last_step))),
            passkeys: read.passkey_list(session.user.id).await?,
        })
    }

    /// Calls a passkey something else.
    pub async fn passkey_rename(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        id: KeyId,
        name: &str,
    ) -> Result<(), Error> {
        session.require_fresh(browser.caller.now)?;
        let name = kept_name(name);
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        if !tx.passkey_rename(session.user.id, id, &name).await? {
            return Err(Error::not_found("passkey", id));
        }
        let payload = json!({"passkeyRenamed": id, "name": name});
        let kind = JournalKind::UserCredentialsWrite;
        tx.commit(&user_entry(browser.caller, &session.user, kind, payload))
            .await?;
        Ok(())
    }

    /// Takes a factor away, unless it is the last one. Every other session, and whatever clients were given, ends: it may have been used for them.
    pub async fn factor_remove(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        factor: Factor,
    ) -> Result<SignInProgress, Error> {
        session.require_fresh(browser.caller.now)?;
        let (caller, user) = (browser.caller, &session.user);
        let (next, progress) = self.session_next(browser, session, |_| {});
        let mut tx = self.inner.meta.begin(caller.now).await?;
        tx.user_hold(user.tenant, user.id).await?;
        let count = tx.passkey_list(user.id).await?.len() + usize::from(tx.user_factor(user.id).await?.is_some());
        let (was, payload) = match factor {
            Factor::Authenticator => (
                tx.user_factor_delete(user.id).await?,
                json!({"authenticatorRemoved": true, "sessionsEnded": true}),
            ),
            Factor::Passkey(id) => (
                tx.passkey_delete(user.id, id).await?,
                json!({"passkeyRemoved": id, "sessionsEnded": true}),
            ),
        };
        if !was {
            return Err(Error::not_found("second factor", ""));
        }
        if count <= 1 {
            let message = "this is your last second factor: add another one before you remove it";
            return Err(Error::conflict("LastFactor", message));
        }
        tx.web_session_step(&session.session.token_hash, &next).await?;
        tx.web_sessions_delete(user.id, Some(next.id)).await?;
        tx.refresh_families_delete(user.id).await?;
        tx.commit(&user_entry(caller, user, JournalKind::UserCredentialsWrite, payload))
            .await?;
        Ok(progress)
    }
}
