//! Registry refresh tokens that are ended before their time: by whoever holds one (RFC 7009).

use moka::sync::Cache;
use serde_json::json;
use wharf_store::meta::Unrecorded;
use wharf_types::id::{TenantId, TokenId};
use wharf_types::journal::JournalKind;
use wharf_types::time::Time;

use crate::identity::Caller;
use crate::{App, Error, Limits};

/// Whether tokens are revoked, remembered while nothing that decides about access changed.
pub(crate) struct RevokedTokens(Cache<TokenId, (u64, bool)>);

impl RevokedTokens {
    pub(crate) fn new() -> Self {
        Self(Cache::new(20_000))
    }
}

impl App {
    /// Goes on if the refresh token has not been revoked: asked when it is used, and for each use of what was fetched with it.
    pub(crate) async fn token_not_revoked(&self, tenant: TenantId, token: TokenId, now: Time) -> Result<(), Error> {
        let current = self.inner.epoch.access(now);
        if let Some((generation, revoked)) = self.inner.revoked_tokens.0.get(&token)
            && Some(generation) == current
        {
            return if revoked { Err(Error::Unauthenticated) } else { Ok(()) };
        }
        let read = async || self.inner.meta.read().await?.token_is_revoked(tenant, token).await;
        let revoked = Box::pin(read()).await?;
        if let Some(generation) = current {
            self.inner.revoked_tokens.0.insert(token, (generation, revoked));
        }
        if revoked { Err(Error::Unauthenticated) } else { Ok(()) }
    }

    /// Revokes a registry refresh token, and with it the access tokens that were fetched with it. What is no token, or none that lives, needs no
    /// revoking: the answer is the same (RFC 7009 §2.2).
    pub async fn refresh_token_revoke(&self, caller: Caller, token: &str) -> Result<(), Error> {
        let Some(claims) = self.refresh_token_verify(token, caller.now) else {
            return Ok(());
        };
        let principal = claims.sub.parse().map_err(|_| Error::Unauthenticated)?;
        let subject = match self.subject(claims.tid, principal, claims.cid, caller.now).await {
            Err(Error::Unauthenticated) => return Ok(()),
            subject => subject?,
        };
        let ctx = self.context(caller, subject, claims.cid, Limits::None);
        // The last access token may have been fetched a moment ago.
        let life = self
            .inner
            .settings
            .registry_token_life
            .max(self.inner.settings.refresh_token_life);
        let kept_until = caller.now + life * 2;
        let mut tx = self.inner.meta.begin(caller.now).await?;
        if !tx.token_revoke(claims.tid, claims.jti, kept_until, caller.now).await? {
            return Ok(tx.commit_unrecorded(Unrecorded::NothingToDo).await?);
        }
        let payload = json!({"token": claims.jti, "registry": claims.rid});
        let resource = format!("/providers/Microsoft.ContainerRegistry/refreshTokens/{}", claims.jti);
        let entry = ctx.entry(JournalKind::RegistryTokenRevoke, claims.tid, resource, payload);
        Ok(tx.commit(&entry).await?)
    }
}
