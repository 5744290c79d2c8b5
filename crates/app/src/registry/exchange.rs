//! `/oauth2/exchange`: a directory's access token becomes a registry's refresh token (M3).
//!
//! What comes out may do nothing that its principal may not do when it is used, and ends with the credential that the directory token was issued for: an
//! exchange makes nobody's rights last longer.

use wharf_types::access::{Action, Missing, Principal, reaches_content};
use wharf_types::resource::ResourceScope;
use wharf_types::secret::Secret;

use crate::identity::{Caller, DirectoryTokenProblem, IssuedToken, SignedIn};
use crate::registry::Place;
use crate::{App, Error, Limits};

/// Why a directory token was not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// What can go wrong with any operation.
    #[error(transparent)]
    Operation(#[from] Error),
    /// No token of this directory.
    #[error("the access token is none of this directory's: sign in again (az login, wharf login)")]
    NotOurs,
    /// A token for another API.
    #[error(
        "the access token is for {0}: ask the directory for one with the scope https://containerregistry.azure.net/.default"
    )]
    Audience(String),
    /// A token whose time is over.
    #[error("the access token has expired: sign in again, or fetch another one")]
    Expired,
    /// A token of somebody who is gone, or whose credential is.
    #[error(
        "the sign-in that the access token came of has ended: its account or its credential was removed, disabled or replaced. Sign in again"
    )]
    Ended,
    /// A token of another directory than was named, or than the registry's.
    #[error("the access token is of another tenant: sign in to the one that the registry belongs to (--tenant)")]
    Tenant,
    /// The principal may do nothing with the registry's content.
    #[error("you are signed in, and hold no role on the registry {0}: ask for one, such as AcrPull or AcrPush")]
    NoRight(String),
}

impl App {
    /// Exchanges a directory access token for a refresh token of the registry. `tenant` is the one that the client takes for its own: its id or a name.
    pub async fn registry_exchange(
        &self,
        caller: Caller,
        place: Option<&Place>,
        tenant: Option<&str>,
        token: &Secret,
    ) -> Result<Option<IssuedToken>, ExchangeError> {
        let claims = self.directory_token_exchanged(token.expose(), caller.now)?;
        if let Some(tenant) = tenant {
            let own = claims.tid.to_string();
            // The database is asked only about a name: this is a hot road.
            let is_own = tenant.eq_ignore_ascii_case(&own) || ["organizations", "common"].contains(&tenant);
            if !is_own
                && self
                    .tenant_find(tenant)
                    .await?
                    .is_none_or(|named| named.id != claims.tid)
            {
                return Err(ExchangeError::Tenant);
            }
        }
        let principal: Principal = claims.sub.parse().map_err(|_| ExchangeError::NotOurs)?;
        let registry = place.map(|place| &*place.registry);
        let found = self.registry_subject(claims.tid, principal, claims.cid, registry, caller.now);
        let subject = found.await.map_err(|error| match error {
            Error::Unauthenticated => ExchangeError::Ended,
            error => error.into(),
        })?;
        // Which names exist is told only to somebody (rule 33), as at `/v2/`: so the registry is looked at last.
        let Some(place) = place else { return Ok(None) };
        if place.tenant() != claims.tid {
            return Err(ExchangeError::Tenant);
        }
        let scope = ResourceScope::Registry((*place.scope).clone());
        if !reaches_content(&subject, place.tenant(), &scope) {
            let ctx = self.context(caller, subject, claims.cid, Limits::None);
            let action = Action::ContentPull;
            self.inner.audit.refused(&ctx, &Missing { action, scope });
            return Err(ExchangeError::NoRight(place.registry.name.to_string()));
        }
        let signed_in = SignedIn {
            tenant: claims.tid,
            principal,
            credential: claims.cid,
            confined_to: None,
            refresh: None,
        };
        let subject = self.token_subject(signed_in, Some(&place.registry));
        Ok(Some(self.refresh_token_issue(
            subject,
            place.registry.id,
            caller.now,
        )?))
    }
}

impl From<DirectoryTokenProblem> for ExchangeError {
    fn from(problem: DirectoryTokenProblem) -> Self {
        match problem {
            DirectoryTokenProblem::NotOurs => Self::NotOurs,
            DirectoryTokenProblem::Audience(audience) => Self::Audience(audience),
            DirectoryTokenProblem::Expired => Self::Expired,
        }
    }
}
