//! Who calls: from what a request brings to a subject.
//!
//! One road for every surface that takes a secret: the registry's Basic and token endpoint, and the directory's token endpoint. Machines only (rule 7).
//! Absent, wrong, expired, disabled and deleted are one answer after about the same work (rule 5).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use subtle::ConstantTimeEq;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::credential::Credential;
use wharf_store::meta::registry::Registry;
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::{Principal, Subject};
use wharf_types::id::{AppId, KeyId, RegistryId, RequestId, TOKEN_USER_NAME, TenantId};
use wharf_types::oauth::TokenScope;
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use crate::access::NO_CREDENTIAL;
use crate::audit::SignIn;
use crate::identity::Audience;
use crate::identity::throttle::must_wait;
use crate::identity::tokens::TokenSubject;
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
    /// The time.
    pub now: Time,
}

/// A machine that proved who it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedIn {
    pub(crate) tenant: TenantId,
    pub(crate) principal: Principal,
    pub(crate) credential: KeyId,
    /// The one registry that the proof is good at: whoever brings a refresh token is nobody at another (rule 17).
    pub(crate) confined_to: Option<RegistryId>,
}

/// What became of a secret.
enum Verdict<'a> {
    /// It is this credential's.
    Right(&'a Credential),
    /// It was compared, and is none's.
    Wrong,
    /// It cannot be guessed, or the account has to wait: nothing was learnt by it.
    NotTried,
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
                let signed_in = self.registry_sign_in(caller, host, user, secret).await?;
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
                    .subject(signed_in.tenant, signed_in.principal, signed_in.credential, caller.now)
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
        let subject = self
            .subject(claims.tid, checked.principal, claims.cid, caller.now)
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
            now: self.inner.environment.clock.now(),
        };
        self.context(caller, self.system_subject(tenant), NO_CREDENTIAL, Limits::None)
    }

    fn context(&self, caller: Caller, subject: Arc<Subject>, credential: KeyId, limits: Limits) -> OpContext {
        let Caller { request, address, now } = caller;
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
            return self.token_sign_in(registry.map(|registry| registry.id), secret.expose(), caller.now);
        }
        if let Ok(app_id) = user.parse() {
            let principal = self
                .service_principal_for_sign_in(app_id, registry.map(|registry| registry.tenant))
                .await?;
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
    pub(crate) fn token_sign_in(
        &self,
        registry: Option<RegistryId>,
        token: &str,
        now: Time,
    ) -> Result<SignedIn, Error> {
        let claims = self
            .refresh_token_verify(token, now)
            .filter(|claims| registry.is_none_or(|registry| registry == claims.rid))
            .ok_or(Error::Unauthenticated)?;
        Ok(SignedIn {
            tenant: claims.tid,
            principal: claims.sub.parse().map_err(|_| Error::Unauthenticated)?,
            credential: claims.cid,
            confined_to: Some(claims.rid),
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

    async fn service_principal_for_sign_in(
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

    async fn service_principal_sign_in(
        &self,
        caller: Caller,
        user: &str,
        principal: Option<&ServicePrincipal>,
        secret: &Secret,
    ) -> Result<SignedIn, Error> {
        let credentials = match principal {
            Some(principal) => {
                self.inner
                    .meta
                    .read()
                    .await?
                    .credential_list(principal.tenant, principal.app_id)
                    .await?
            }
            None => Vec::new(),
        };
        let valid: Vec<&Credential> = credentials
            .iter()
            .filter(|credential| credential.is_valid_at(caller.now))
            .collect();
        let verdict = self.find_credential(caller, user, &valid, secret).await?;
        match (verdict, principal) {
            (Verdict::Right(credential), Some(principal)) => {
                let signed_in = SignedIn {
                    tenant: principal.tenant,
                    principal: Principal::ServicePrincipal(principal.id),
                    credential: credential.key,
                    confined_to: None,
                };
                self.sign_in_done(caller, signed_in, user);
                Ok(signed_in)
            }
            (verdict, _) => {
                let tenant = principal.map(|principal| principal.tenant);
                let was_tried = matches!(verdict, Verdict::Wrong);
                Err(self.sign_in_failed(caller, user, tenant, was_tried).await?)
            }
        }
    }

    /// Looks for the credential whose secret this is.
    async fn find_credential<'a>(
        &self,
        caller: Caller,
        user: &str,
        valid: &[&'a Credential],
        secret: &Secret,
    ) -> Result<Verdict<'a>, Error> {
        let sum = format!("sha256:{}", hex(&secret.sha256()));
        let same = |credential: &&&Credential| credential.secret_hash.as_bytes().ct_eq(sum.as_bytes()).into();
        if let Some(credential) = valid.iter().find(same) {
            return Ok(Verdict::Right(credential));
        }
        if secret.is_generated() {
            return Ok(Verdict::NotTried);
        }
        // From here on the secret is one that can be guessed.
        let chosen: Vec<&&Credential> = valid
            .iter()
            .filter(|credential| credential.secret_hash.starts_with('$'))
            .collect();
        self.inner.throttle.admit(caller.address, caller.now)?;
        let failures = self
            .inner
            .meta
            .read()
            .await?
            .sign_in_failures(&user.to_ascii_lowercase())
            .await?;
        if must_wait(failures, caller.now) {
            return Ok(Verdict::NotTried);
        }
        let mut found = chosen
            .iter()
            .copied()
            .find(|credential| self.inner.hasher.recognises(&credential.secret_hash, secret))
            .copied();
        if found.is_none() {
            if chosen.is_empty() {
                self.inner.hasher.verify(None, secret).await?;
            }
            for credential in chosen {
                if self.inner.hasher.verify(Some(&credential.secret_hash), secret).await? {
                    found = Some(credential);
                    break;
                }
            }
        }
        if found.is_some() && failures.is_some() {
            let mut tx = self.inner.meta.begin(caller.now).await?;
            tx.sign_in_succeeded(&user.to_ascii_lowercase()).await?;
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        }
        Ok(found.map_or(Verdict::Wrong, Verdict::Right))
    }

    /// The admin account, where it is enabled, with either of its two passwords (M8).
    async fn admin_sign_in(
        &self,
        caller: Caller,
        user: &str,
        registry: Option<&Registry>,
        secret: &Secret,
    ) -> Result<SignedIn, Error> {
        if let Some(registry) = registry.filter(|registry| registry.admin_enabled) {
            for (password, clear) in self.admin_passwords(registry.id).await? {
                if clear.matches(secret) {
                    let principal = Principal::AdminAccount(registry.id);
                    let signed_in = SignedIn {
                        tenant: registry.tenant,
                        principal,
                        credential: password.key,
                        confined_to: None,
                    };
                    self.sign_in_done(caller, signed_in, user);
                    return Ok(signed_in);
                }
            }
        }
        let was_tried = !secret.is_generated();
        if was_tried {
            // What was typed by hand costs the same whoever it was typed for.
            self.inner.throttle.admit(caller.address, caller.now)?;
            self.inner.hasher.verify(None, secret).await?;
        }
        let tenant = registry.map(|registry| registry.tenant);
        Err(self.sign_in_failed(caller, user, tenant, was_tried).await?)
    }

    fn sign_in_done(&self, caller: Caller, signed_in: SignedIn, user: &str) {
        let is_admin = matches!(signed_in.principal, Principal::AdminAccount(_));
        self.inner
            .usage
            .note(signed_in.credential, is_admin, caller.now, caller.address);
        let actor = signed_in.principal.to_string();
        self.inner
            .audit
            .signed_in(sign_in(caller, signed_in.tenant, actor, user), true);
    }

    /// Counts the failure, by source, and by account if the secret was tried; and gives the one answer to all failures.
    ///
    /// What was not tried is no guess: if it counted, a burst of them would lock a chosen secret for good in a moment.
    async fn sign_in_failed(
        &self,
        caller: Caller,
        user: &str,
        tenant: Option<TenantId>,
        was_tried: bool,
    ) -> Result<Error, Error> {
        if let Err(throttled) = self.inner.throttle.admit(caller.address, caller.now) {
            return Ok(throttled);
        }
        self.inner.throttle.failed(caller.address, caller.now);
        // Only what can be an account's name is kept, so that the table holds nothing that somebody typed into the wrong field.
        let account = user.to_ascii_lowercase();
        if user.parse::<AppId>().is_ok() || user.parse::<wharf_types::name::RegistryName>().is_ok() {
            if was_tried {
                let mut tx = self.inner.meta.begin(caller.now).await?;
                tx.sign_in_failed(&account, caller.now).await?;
                tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
            }
            if let Some(tenant) = tenant {
                self.inner
                    .audit
                    .signed_in(sign_in(caller, tenant, format!("unverified/{account}"), user), false);
            }
        }
        // From where is in the journal (rule 66), and not here.
        tracing::info!("sign-in failed");
        Ok(Error::Unauthenticated)
    }

    /// Whom a registry token is for.
    pub(crate) fn token_subject(&self, signed_in: SignedIn, registry: Option<&Registry>) -> TokenSubject {
        let public = &self.inner.settings.public;
        TokenSubject {
            tenant: signed_in.tenant,
            principal: signed_in.principal,
            credential: signed_in.credential,
            registry: registry.map(|registry| registry.id),
            audience: registry.map_or_else(|| public.base(), |registry| public.registry(&registry.name)),
        }
    }
}

fn sign_in(caller: Caller, tenant: TenantId, actor: String, user: &str) -> SignIn {
    let resource = format!("/providers/Microsoft.Directory/signIns/{}", user.to_ascii_lowercase());
    SignIn {
        tenant,
        actor,
        resource,
        address: caller.address,
        request: caller.request,
        at: caller.now,
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
