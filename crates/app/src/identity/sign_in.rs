//! Machines sign in (rule 7): at a registry by Basic or at its token endpoint, and at the directory. One road for every surface that takes a secret.

use wharf_store::meta::registry::Registry;
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::Principal;
use wharf_types::id::{AppId, KeyId, RegistryId, TOKEN_USER_NAME, TenantId, TokenId};
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use crate::identity::Caller;
use crate::identity::tokens::TokenSubject;
use crate::{App, Error};

/// A machine that proved who it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedIn {
    pub(crate) tenant: TenantId,
    pub(crate) principal: Principal,
    pub(crate) credential: KeyId,
    /// The one registry that the proof is good at: whoever brings a refresh token is nobody at another (rule 17).
    pub(crate) confined_to: Option<RegistryId>,
    /// The refresh token that was the proof: what is issued for it ends with it.
    pub(crate) refresh: Option<TokenId>,
}

impl App {
    /// A machine signs in at a registry, or at the base host, with a user name and a secret; or with a refresh token under the nil user name, which is
    /// good for no other registry than its own.
    pub(crate) async fn registry_sign_in(
        &self,
        caller: Caller,
        registry: Option<&Registry>,
        user: &str,
        secret: &Secret,
    ) -> Result<SignedIn, Error> {
        if user == TOKEN_USER_NAME {
            return self
                .token_sign_in(registry.map(|registry| registry.id), secret.expose(), caller.now)
                .await;
        }
        if let Ok(app_id) = user.parse() {
            let tenant = registry.map(|registry| registry.tenant);
            if let Some(known) = self.known_secret(caller, app_id, tenant, secret).await? {
                self.sign_in_done(caller, known, user);
                return Ok(known);
            }
            let principal = self.service_principal_for_sign_in(app_id, tenant).await?;
            return self
                .service_principal_sign_in(caller, user, principal.as_ref(), secret)
                .await;
        }
        let registry = match registry {
            Some(registry) => {
                Some(registry.clone()).filter(|registry| registry.name.as_str().eq_ignore_ascii_case(user))
            }
            None => match user.parse() {
                Ok(name) => self.registry_named(&name, caller.now).await?,
                Err(_) => None,
            },
        };
        self.admin_sign_in(caller, user, registry.as_ref(), secret).await
    }

    /// A refresh token, in a password's place or by itself; `registry` is the one whose host was used.
    pub(crate) async fn token_sign_in(
        &self,
        registry: Option<RegistryId>,
        token: &str,
        now: Time,
    ) -> Result<SignedIn, Error> {
        let claims = self
            .refresh_token_verify(token, now)
            .filter(|claims| registry.is_none_or(|registry| registry == claims.rid))
            .ok_or(Error::Unauthenticated)?;
        self.token_not_revoked(claims.tid, claims.jti, now).await?;
        Ok(SignedIn {
            tenant: claims.tid,
            principal: claims.sub.parse().map_err(|_| Error::Unauthenticated)?,
            credential: claims.cid,
            confined_to: Some(claims.rid),
            refresh: Some(claims.jti),
        })
    }

    /// A service principal signs in at the directory with its secret (RFC 6749 §4.4). Where the URL names no tenant, it is the client's.
    pub(crate) async fn directory_sign_in(
        &self,
        caller: Caller,
        tenant: Option<TenantId>,
        client_id: &str,
        secret: &Secret,
    ) -> Result<(SignedIn, ServicePrincipal), Error> {
        let principal = match client_id.parse() {
            Ok(app_id) => self.service_principal_for_sign_in(app_id, tenant).await?,
            Err(_) => None,
        };
        let signed_in = self
            .service_principal_sign_in(caller, client_id, principal.as_ref(), secret)
            .await?;
        principal
            .map(|principal| (signed_in, principal))
            .ok_or(Error::Unauthenticated)
    }

    pub(super) async fn service_principal_for_sign_in(
        &self,
        app_id: AppId,
        tenant: Option<TenantId>,
    ) -> Result<Option<ServicePrincipal>, Error> {
        let found = self
            .inner
            .meta
            .read()
            .await?
            .service_principal_by_app_id(app_id)
            .await?;
        Ok(found.filter(|found| found.enabled && tenant.is_none_or(|tenant| tenant == found.tenant)))
    }

    /// Whom a registry token is for.
    pub(crate) fn token_subject(&self, signed_in: SignedIn, registry: Option<&Registry>) -> TokenSubject {
        let public = &self.inner.settings.public;
        TokenSubject {
            tenant: signed_in.tenant,
            principal: signed_in.principal,
            credential: signed_in.credential,
            registry: registry.map(|registry| registry.id),
            refresh: signed_in.refresh,
            audience: registry.map_or_else(|| public.base(), |registry| public.registry(&registry.name)),
        }
    }
}
