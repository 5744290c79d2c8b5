//! Who calls: from what a request brings to a subject with all that it holds.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use wharf_store::meta::registry::Registry;
use wharf_types::access::{Principal, Subject};
use wharf_types::client_name::ClientName;
use wharf_types::id::{KeyId, RequestId, TenantId};
use wharf_types::oauth::TokenScope;
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use crate::access::NO_CREDENTIAL;
use crate::identity::Audience;
use crate::{App, Error, Limits, OpContext};

/// What a request brings to say who calls.
#[derive(Clone)]
pub enum Presented {
    /// Nothing.
    Nothing,
    /// A user name and a secret (RFC 7617).
    Basic {
        /// The user name.
        user: String,
        /// The secret.
        secret: Secret,
    },
    /// A token (RFC 6750).
    Bearer(String),
}

impl fmt::Debug for Presented {
    /// What kind, and nothing that could be used (rule 67).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Basic { .. } => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// In which request, from where, when.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The request.
    pub request: RequestId,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub client: ClientName,
    /// The time.
    pub now: Time,
}

impl App {
    /// The caller of a registry's content. `host` is the registry that the host names, at which a secret is tried; `target` is the one that the request is
    /// about: at the base host they differ, or there is none yet. Somebody who brings nothing is the anonymous caller where the target has one.
    pub async fn registry_caller(
        &self,
        caller: Caller,
        host: Option<&Registry>,
        target: Option<&Registry>,
        presented: &Presented,
    ) -> Result<OpContext, Error> {
        match presented {
            Presented::Nothing => {
                let registry = target
                    .filter(|registry| registry.anonymous_pull)
                    .ok_or(Error::Unauthenticated)?;
                let principal = Principal::Anonymous(registry.id);
                let subject = self
                    .subject(registry.tenant, principal, NO_CREDENTIAL, caller.now)
                    .await?;
                Ok(self.context(caller, subject, NO_CREDENTIAL, Limits::None))
            }
            Presented::Basic { user, secret } => {
                let signed_in = Box::pin(self.registry_sign_in(caller, host, user, secret)).await?;
                let limits = match (signed_in.confined_to, target) {
                    (None, _) => Limits::None,
                    (Some(bound), Some(target)) if bound == target.id => Limits::None,
                    (Some(_), Some(_)) => return Err(Error::Unauthenticated),
                    // Of the list of all repositories, those of its own registry.
                    (Some(_), None) => Limits::Registry {
                        registry: signed_in.confined_to,
                        scopes: [TokenScope::catalog()].into(),
                    },
                };
                let subject = self
                    .registry_subject(
                        signed_in.tenant,
                        signed_in.principal,
                        signed_in.credential,
                        target,
                        caller.now,
                    )
                    .await?;
                Ok(self.context(caller, subject, signed_in.credential, limits))
            }
            Presented::Bearer(token) => self.registry_bearer(caller, host, target, token).await,
        }
    }

    /// Rule 23: a registry accepts only tokens whose audience is itself. At the base host before a registry is named any of ours is good, for nothing but
    /// to learn that it is.
    async fn registry_bearer(
        &self,
        caller: Caller,
        host: Option<&Registry>,
        registry: Option<&Registry>,
        token: &str,
    ) -> Result<OpContext, Error> {
        let checked = self
            .registry_token_verify(token, caller.now)
            .ok_or(Error::Unauthenticated)?;
        let claims = &checked.claims;
        if let Some(registry) = registry {
            let is_base_login =
                host.is_none() && claims.rid.is_none() && claims.aud == self.inner.settings.public.base();
            let is_ours =
                claims.rid == Some(registry.id) && claims.aud == self.inner.settings.public.registry(&registry.name);
            if !is_ours && !is_base_login {
                return Err(Error::Unauthenticated);
            }
        }
        if let Some(refresh) = claims.rti {
            self.token_not_revoked(claims.tid, refresh, caller.now).await?;
        }
        let subject = self
            .registry_subject(claims.tid, checked.principal, claims.cid, registry, caller.now)
            .await?;
        let limits = Limits::Registry {
            registry: claims.rid,
            scopes: Arc::clone(&checked.scopes),
        };
        Ok(self.context(caller, subject, claims.cid, limits))
    }

    /// The caller of the resource manager or the graph.
    pub async fn directory_caller(&self, caller: Caller, audience: Audience, token: &str) -> Result<OpContext, Error> {
        let claims = self
            .directory_token_verify(token, audience, caller.now)
            .ok_or(Error::Unauthenticated)?;
        let principal = claims.sub.parse().map_err(|_| Error::Unauthenticated)?;
        let subject = self.subject(claims.tid, principal, claims.cid, caller.now).await?;
        Ok(self.context(caller, subject, claims.cid, Limits::None))
    }

    /// The same caller with what it holds now, if it is still somebody: for requests whose body may have come long after their head (rule 26). That its
    /// token may have ended meanwhile does not matter: what was begun with a good token may be finished.
    pub async fn renewed(&self, ctx: &OpContext) -> Result<OpContext, Error> {
        let known = &ctx.subject;
        if known.principal == Principal::System {
            return Ok(ctx.clone());
        }
        let now = self.inner.environment.clock.now();
        let subject = self.subject(known.tenant, known.principal, ctx.credential, now).await?;
        Ok(OpContext {
            subject,
            now,
            ..ctx.clone()
        })
    }

    /// The product itself, in a tenant: for jobs and for the operator at the server's host.
    pub fn system_context(&self, tenant: TenantId) -> OpContext {
        let request = RequestId(self.inner.environment.entropy.uuid());
        let caller = Caller {
            request,
            address: None,
            client: ClientName::default(),
            now: self.inner.environment.clock.now(),
        };
        self.context(caller, self.system_subject(tenant), NO_CREDENTIAL, Limits::None)
    }

    pub(crate) fn context(
        &self,
        caller: Caller,
        subject: Arc<Subject>,
        credential: KeyId,
        limits: Limits,
    ) -> OpContext {
        let Caller {
            request, address, now, ..
        } = caller;
        OpContext {
            subject,
            credential,
            limits,
            request,
            address,
            now,
            audit: Arc::clone(&self.inner.audit),
        }
    }
}
