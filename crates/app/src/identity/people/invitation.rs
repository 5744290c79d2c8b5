//! Invitations: a link, good once, with which somebody chooses a password and enrols a second factor.

use std::time::Duration;

use wharf_store::meta::Tx;
use wharf_store::meta::invitation::Invitation;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::WebSessionStage;
use wharf_types::secret::{Secret, SecretKind};
use wharf_types::time::Time;

use super::session::IDLE;
use super::{Browser, SignInProgress};
use crate::{App, Error};

/// How long a link is good.
pub const INVITATION_LIFE: Duration = Duration::from_secs(72 * 3600);

impl App {
    /// Makes an invitation in a transaction of the caller's, who is known to be allowed to. An earlier link of the same person is worth nothing any more.
    pub(crate) async fn invitation_make(&self, tx: &mut Tx, user: &User, now: Time) -> Result<Secret, Error> {
        let token = Secret::generate(SecretKind::Invitation, self.inner.environment.entropy.as_ref());
        let invitation = Invitation {
            token_hash: token.sha256(),
            tenant: user.tenant,
            user: user.id,
            created_at: now,
            expires_at: now + INVITATION_LIFE,
        };
        tx.invitation_put(&invitation).await?;
        Ok(token)
    }

    /// The address of an invitation's page.
    pub fn invitation_link(&self, token: &Secret) -> String {
        format!(
            "{}/invitation/{}",
            self.inner.settings.public.base_url(),
            token.expose()
        )
    }

    /// Who a link is for, if it is good.
    pub async fn invitation_show(&self, token: &Secret, now: Time) -> Result<Option<User>, Error> {
        let mut read = self.inner.meta.read().await?;
        let Some(invitation) = read.invitation_get(&token.sha256(), now).await? else {
            return Ok(None);
        };
        let user = read.user_get(invitation.tenant, invitation.user).await?;
        Ok(user.filter(|user| user.enabled))
    }

    /// Begins the enrolment that a link invites to. The link stays good until the enrolment is finished: whoever closes the page may come back.
    pub async fn invitation_accept(&self, browser: &Browser, token: &Secret) -> Result<SignInProgress, Error> {
        let user = self.invitation_show(token, browser.caller.now).await?;
        let user = user.ok_or(Error::Unauthenticated)?;
        self.session_begin(browser, &user, WebSessionStage::Enrolling, Some(token.sha256()), IDLE)
            .await
    }
}
