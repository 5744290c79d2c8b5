//! The tokens that we issue, and what they are good for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wharf_types::access::Principal;
use wharf_types::id::{AppId, KeyId, ObjectId, RegistryId, TenantId, TokenId};
use wharf_types::oauth::{
    AccessEntry, DirectoryAccessClaims, RegistryAccessClaims, RegistryRefreshClaims, ScopeActions, ScopeResource,
    TokenScope,
};
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use crate::identity::Caller;
use crate::identity::token_cache::CheckedToken;
use crate::oauth::PUBLIC_CLIENT;
use crate::{App, Error};

/// What a token is, in its header (RFC 8725 §3.11): none is taken for another.
pub(crate) const DIRECTORY_ACCESS: &str = "at+jwt";
const REGISTRY_ACCESS: &str = "wharf-registry-access+jwt";
const REGISTRY_REFRESH: &str = "wharf-registry-refresh+jwt";

/// Clocks may differ by so much (rule 24).
const TOLERANCE: Duration = Duration::from_secs(60);

/// A token with what a client has to know of it.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token.
    pub token: String,
    /// When it was issued.
    pub issued_at: Time,
    /// How long it lives.
    pub life: Duration,
}

impl fmt::Debug for IssuedToken {
    /// Without the token (rule 67).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issued_at, life, .. } = self;
        f.debug_struct("IssuedToken")
            .field("issued_at", issued_at)
            .field("life", life)
            .finish_non_exhaustive()
    }
}

/// The API that a directory access token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The resource manager.
    ResourceManager,
    /// The graph.
    Graph,
    /// The registries' exchange.
    Registry,
    /// Who somebody is, and nothing else (OpenID Connect Core 1.0 §5.3). No scope names it: it is what a client gets that asks for no API.
    UserInfo,
}

impl Audience {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::ResourceManager, Self::Graph, Self::Registry, Self::UserInfo];

    /// The audience that a `scope` or `resource` names: Azure's names, as the SDKs have them built in, and the graph under the installation's own address,
    /// as the metadata announce it.
    pub fn parse(text: &str, base_url: &str) -> Option<Self> {
        let resource = text.strip_suffix("/.default").unwrap_or(text).trim_end_matches('/');
        match resource {
            "https://management.azure.com" | "https://management.core.windows.net" => Some(Self::ResourceManager),
            "https://containerregistry.azure.net" => Some(Self::Registry),
            "https://graph.microsoft.com" => Some(Self::Graph),
            own if own == base_url => Some(Self::Graph),
            _ => None,
        }
    }

    /// The one name that our tokens bear for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResourceManager => "https://management.azure.com",
            Self::Graph => "https://graph.microsoft.com",
            Self::Registry => "https://containerregistry.azure.net",
            Self::UserInfo => "https://graph.microsoft.com/oidc/userinfo",
        }
    }
}

/// Why a directory access token is not exchanged. Who gets to know it holds a token that we signed, or none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DirectoryTokenProblem {
    /// Not signed by this directory, or no token.
    NotOurs,
    /// For another API.
    Audience(String),
    /// Its time is over, or has not begun.
    Expired,
}

/// Who a registry token is for, and where.
#[derive(Clone, Debug)]
pub(crate) struct TokenSubject {
    pub(crate) tenant: TenantId,
    pub(crate) principal: Principal,
    pub(crate) credential: KeyId,
    pub(crate) registry: Option<RegistryId>,
    /// The refresh token that it is fetched with, if it is.
    pub(crate) refresh: Option<TokenId>,
    pub(crate) audience: String,
}

pub(crate) struct Times {
    now: Time,
    pub(crate) issued: i64,
    pub(crate) expires: i64,
}

impl Times {
    pub(crate) fn new(now: Time, life: Duration) -> Self {
        Self {
            now,
            issued: now.unix_seconds(),
            expires: (now + life).unix_seconds(),
        }
    }
}

/// Whether a token of these times may be used at `now`.
fn in_time(nbf: i64, exp: i64, now: Time) -> bool {
    let tolerance = i64::try_from(TOLERANCE.as_secs()).unwrap_or(0);
    nbf <= now.unix_seconds() + tolerance && now.unix_seconds() - tolerance < exp
}

impl App {
    pub(crate) fn token_id(&self) -> String {
        self.inner.environment.entropy.uuid().to_string()
    }

    fn registry_issuer(&self) -> String {
        self.inner.settings.public.base_url()
    }

    /// The issuer of a tenant's directory tokens.
    pub fn directory_issuer(&self, tenant: TenantId) -> String {
        format!("{}/{tenant}/v2.0", self.inner.settings.public.base_url())
    }

    /// A service principal's token for an API (RFC 6749 §4.4, client credentials). Without a tenant, that of the client.
    pub async fn client_credentials_token(
        &self,
        caller: Caller,
        tenant: Option<TenantId>,
        client_id: &str,
        client_secret: &Secret,
        audience: Audience,
    ) -> Result<IssuedToken, Error> {
        let (signed_in, principal) = self.directory_sign_in(caller, tenant, client_id, client_secret).await?;
        self.directory_token_issue(
            principal.tenant,
            principal.id,
            principal.app_id,
            signed_in.credential,
            audience,
            caller.now,
        )
    }

    /// A directory access token for a service principal that has just signed in.
    pub(super) fn directory_token_issue(
        &self,
        tenant: TenantId,
        object: ObjectId,
        app: AppId,
        credential: KeyId,
        audience: Audience,
        now: Time,
    ) -> Result<IssuedToken, Error> {
        let life = self.inner.settings.directory_token_life;
        let times = Times::new(now, life);
        let claims = DirectoryAccessClaims {
            iss: self.directory_issuer(tenant),
            sub: Principal::ServicePrincipal(object).to_string(),
            aud: audience.as_str().to_owned(),
            exp: times.expires,
            nbf: times.issued,
            iat: times.issued,
            jti: self.token_id(),
            tid: tenant,
            cid: credential,
            oid: object,
            appid: app,
            ver: "1.0".to_owned(),
            upn: None,
            scp: None,
        };
        let token = self.inner.signer.sign(DIRECTORY_ACCESS, &claims, now)?;
        Ok(IssuedToken {
            token,
            issued_at: times.now,
            life,
        })
    }

    /// The claims of a directory access token for `audience`, if it is good at `now`.
    pub(crate) fn directory_token_verify(
        &self,
        token: &str,
        audience: Audience,
        now: Time,
    ) -> Option<DirectoryAccessClaims> {
        let claims: DirectoryAccessClaims = self.inner.signer.verify(DIRECTORY_ACCESS, token)?;
        let good = claims.aud == audience.as_str()
            && claims.iss == self.directory_issuer(claims.tid)
            && in_time(claims.nbf, claims.exp, now);
        good.then_some(claims)
    }

    /// The claims of a directory access token that is brought to be exchanged, if we signed it.
    pub(crate) fn directory_token_exchanged(
        &self,
        token: &str,
        now: Time,
    ) -> Result<Arc<DirectoryAccessClaims>, DirectoryTokenProblem> {
        let check = || self.inner.signer.verify(DIRECTORY_ACCESS, token);
        let claims = self.inner.tokens.directory_access.get(token, check);
        let claims = claims
            .filter(|claims| claims.iss == self.directory_issuer(claims.tid))
            .ok_or(DirectoryTokenProblem::NotOurs)?;
        // What somebody agreed to for the resource manager is not what they agreed to for the registries.
        let acts_for_somebody = claims.scp.is_some() && claims.appid != PUBLIC_CLIENT;
        let good = match acts_for_somebody {
            true => &[Audience::Registry][..],
            false => &[Audience::Registry, Audience::ResourceManager],
        };
        if !good.iter().any(|audience| claims.aud == audience.as_str()) {
            return Err(DirectoryTokenProblem::Audience(claims.aud.clone()));
        }
        if !in_time(claims.nbf, claims.exp, now) {
            return Err(DirectoryTokenProblem::Expired);
        }
        Ok(claims)
    }

    /// A registry access token that permits `scopes`.
    pub(crate) fn registry_token_issue(
        &self,
        subject: TokenSubject,
        scopes: &[TokenScope],
        now: Time,
    ) -> Result<IssuedToken, Error> {
        let life = self.inner.settings.registry_token_life;
        let times = Times::new(now, life);
        let claims = RegistryAccessClaims {
            iss: self.registry_issuer(),
            sub: subject.principal.to_string(),
            aud: subject.audience,
            exp: times.expires,
            nbf: times.issued,
            iat: times.issued,
            jti: self.token_id(),
            tid: subject.tenant,
            cid: subject.credential,
            rid: subject.registry,
            rti: subject.refresh,
            access: scopes.iter().map(access_entry).collect(),
            grant_type: "access_token".to_owned(),
        };
        let token = self.inner.signer.sign(REGISTRY_ACCESS, &claims, now)?;
        Ok(IssuedToken {
            token,
            issued_at: times.now,
            life,
        })
    }

    /// A registry access token, if it is good at `now`. For which registry is the caller's to check.
    pub(crate) fn registry_token_verify(&self, token: &str, now: Time) -> Option<Arc<CheckedToken>> {
        let checked = self.inner.tokens.registry_access.get(token, || {
            let claims: RegistryAccessClaims = self.inner.signer.verify(REGISTRY_ACCESS, token)?;
            let principal = claims.sub.parse().ok()?;
            let scopes = scopes_of(&claims.access).into();
            Some(CheckedToken {
                claims,
                principal,
                scopes,
            })
        })?;
        let claims = &checked.claims;
        let good = claims.iss == self.registry_issuer() && in_time(claims.nbf, claims.exp, now);
        good.then_some(checked)
    }

    /// A registry refresh token: three hours, one registry, at most what its principal may do at each use (rule 17).
    pub(crate) fn refresh_token_issue(
        &self,
        subject: TokenSubject,
        registry: RegistryId,
        now: Time,
    ) -> Result<IssuedToken, Error> {
        let life = self.inner.settings.refresh_token_life;
        let times = Times::new(now, life);
        let claims = RegistryRefreshClaims {
            iss: self.registry_issuer(),
            sub: subject.principal.to_string(),
            aud: subject.audience,
            exp: times.expires,
            nbf: times.issued,
            iat: times.issued,
            jti: TokenId(self.inner.environment.entropy.uuid()),
            tid: subject.tenant,
            cid: subject.credential,
            rid: registry,
            grant_type: "refresh_token".to_owned(),
        };
        let token = self.inner.signer.sign(REGISTRY_REFRESH, &claims, now)?;
        Ok(IssuedToken {
            token,
            issued_at: times.now,
            life,
        })
    }

    /// The claims of a registry refresh token, if it is good at `now`.
    pub(crate) fn refresh_token_verify(&self, token: &str, now: Time) -> Option<Arc<RegistryRefreshClaims>> {
        let check = || self.inner.signer.verify(REGISTRY_REFRESH, token);
        let claims = self.inner.tokens.registry_refresh.get(token, check)?;
        let good = claims.iss == self.registry_issuer() && in_time(claims.nbf, claims.exp, now);
        good.then_some(claims)
    }

    /// The public keys that our tokens are checked with (RFC 7517).
    pub fn public_keys(&self) -> Vec<serde_json::Value> {
        self.inner.signer.public_keys()
    }
}

fn access_entry(scope: &TokenScope) -> AccessEntry {
    let (kind, name, actions) = match &scope.resource {
        ScopeResource::Repository(name) => ("repository", name.to_string(), scope.actions.names()),
        ScopeResource::Catalog => ("registry", "catalog".to_owned(), vec!["*"]),
    };
    AccessEntry {
        kind: kind.to_owned(),
        name,
        actions: actions.into_iter().map(str::to_owned).collect(),
    }
}

/// What a token's `access` claim permits; an entry that is not understood permits nothing.
fn scopes_of(access: &[AccessEntry]) -> Vec<TokenScope> {
    let scope = |entry: &AccessEntry| {
        let actions = ScopeActions::from_names(entry.actions.iter().map(String::as_str));
        let resource = match entry.kind.as_str() {
            "repository" => ScopeResource::Repository(entry.name.parse().ok()?),
            "registry" if entry.name == "catalog" => ScopeResource::Catalog,
            _ => return None,
        };
        Some(TokenScope { resource, actions })
    };
    access.iter().filter_map(scope).collect()
}
