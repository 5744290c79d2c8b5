//! The registry's token endpoint (distribution, "Token Authentication Specification"; client-facing rules 17, 23, 25).

use wharf_store::meta::registry::Registry;
use wharf_types::access::{Action, Decision, Principal, Subject, decide};
use wharf_types::name::{RegistryName, RepositoryName};
use wharf_types::oauth::{ScopeActions, ScopeResource, TokenScope};
use wharf_types::resource::ResourceScope;
use wharf_types::secret::Secret;

use crate::access::NO_CREDENTIAL;
use crate::identity::{Caller, IssuedToken, SignedIn};
use crate::registry::Place;
use crate::{App, Error};

/// How the client proves who it is.
#[derive(Clone, Debug)]
pub enum TokenGrant {
    /// Not at all.
    Anonymous,
    /// A user name and a secret, by Basic or in the form.
    Password {
        /// The user name.
        user: String,
        /// The secret.
        secret: Secret,
    },
    /// A registry refresh token.
    RefreshToken(Secret),
}

/// A request for a token.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// How the client proves who it is.
    pub grant: TokenGrant,
    /// What it wants, with repositories named as the client names them.
    pub scopes: Vec<TokenScope>,
    /// Whether it wants a refresh token as well.
    pub wants_refresh_token: bool,
}

/// What it gets.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// The access token.
    pub access: IssuedToken,
    /// The refresh token.
    pub refresh: Option<IssuedToken>,
}

/// A scope within its registry.
struct Wanted {
    resource: ScopeResource,
    actions: ScopeActions,
}

impl App {
    /// Issues a token for what the client asked for, as far as it holds it: refusing all for one that is missing would break clients that ask for more
    /// than they need. `host` is the registry that the host names; none at the base host, where the scopes' names do.
    pub async fn registry_token(
        &self,
        caller: Caller,
        host: Option<&Place>,
        request: TokenRequest,
    ) -> Result<TokenAnswer, Error> {
        let named = match host {
            Some(place) => Some(place.clone()),
            None => match registry_of(&request.scopes) {
                Some(name) => self.registry_place(&name, caller.now).await?,
                None => None,
            },
        };
        let host_registry = host.map(|place| &*place.registry);
        let signed_in = match &request.grant {
            TokenGrant::Anonymous => anonymous(named.as_ref())?,
            TokenGrant::Password { user, secret } => self.registry_sign_in(caller, host_registry, user, secret).await?,
            TokenGrant::RefreshToken(token) => {
                self.token_sign_in(host_registry.map(|registry| registry.id), token.expose(), caller.now)
                    .await?
            }
        };
        let place = self.place_of_token(&signed_in, named).await?;
        let at = place.as_ref().map(|place| &*place.registry);
        let subject = self
            .registry_subject(
                signed_in.tenant,
                signed_in.principal,
                signed_in.credential,
                at,
                caller.now,
            )
            .await?;
        let granted = match &place {
            Some(place) => granted(&subject, place, wanted(&request.scopes, place, host.is_none())),
            // At the base host the list of repositories is of all registries: what it holds is decided when it is asked for.
            None => request
                .scopes
                .iter()
                .filter(|scope| scope.resource == ScopeResource::Catalog)
                .cloned()
                .collect(),
        };
        let registry: Option<&Registry> = place.as_ref().map(|place| &*place.registry);
        let token_subject = self.token_subject(signed_in, registry);
        // A refresh token does not make another, or its life would have no end (rule 17); nobody in particular gets none.
        let may_refresh = signed_in.confined_to.is_none() && !matches!(signed_in.principal, Principal::Anonymous(_));
        let refresh = match registry {
            Some(registry) if request.wants_refresh_token && may_refresh => {
                Some(self.refresh_token_issue(token_subject.clone(), registry.id, caller.now)?)
            }
            _ => None,
        };
        let access = self.registry_token_issue(token_subject, &granted, caller.now)?;
        Ok(TokenAnswer { access, refresh })
    }

    /// The registry that the token is for: the one that the request names. What a refresh token gets is for its own registry, and for no other, also at
    /// the base host (rule 17).
    async fn place_of_token(&self, signed_in: &SignedIn, named: Option<Place>) -> Result<Option<Place>, Error> {
        let Some(bound) = signed_in.confined_to else {
            return Ok(named);
        };
        if named.is_some() {
            let own = named.filter(|place| place.registry.id == bound);
            return own.ok_or(Error::Unauthenticated).map(Some);
        }
        let registry = self
            .inner
            .meta
            .read()
            .await?
            .registry_get(signed_in.tenant, bound)
            .await?
            .ok_or(Error::Unauthenticated)?;
        Ok(Some(registry.into()))
    }
}

fn anonymous(place: Option<&Place>) -> Result<SignedIn, Error> {
    let registry = place
        .map(|place| &place.registry)
        .filter(|registry| registry.anonymous_pull)
        .ok_or(Error::Unauthenticated)?;
    Ok(SignedIn {
        tenant: registry.tenant,
        principal: Principal::Anonymous(registry.id),
        credential: NO_CREDENTIAL,
        confined_to: None,
        refresh: None,
    })
}

/// The registry that a request at the base host is about: a token is for one. When a push mounts from another registry, it is the one that is pushed to.
fn registry_of(scopes: &[TokenScope]) -> Option<RegistryName> {
    let names = |with_push: bool| {
        scopes
            .iter()
            .filter(move |scope| !with_push || scope.actions.contains(ScopeActions::PUSH))
            .find_map(|scope| match &scope.resource {
                ScopeResource::Repository(name) => name.split_first().and_then(|(registry, _)| registry.parse().ok()),
                ScopeResource::Catalog => None,
            })
    };
    names(true).or_else(|| names(false))
}

/// The scopes that are about this registry, with repositories named within it.
fn wanted(scopes: &[TokenScope], place: &Place, at_base: bool) -> Vec<Wanted> {
    let within = |name: &RepositoryName| {
        if !at_base {
            return Some(name.clone());
        }
        let (registry, repository) = name.split_first()?;
        (registry == place.registry.name.as_str()).then_some(repository)
    };
    let wanted = |scope: &TokenScope| {
        let resource = match &scope.resource {
            ScopeResource::Repository(name) => ScopeResource::Repository(within(name)?),
            ScopeResource::Catalog => ScopeResource::Catalog,
        };
        Some(Wanted {
            resource,
            actions: scope.actions,
        })
    };
    scopes.iter().filter_map(wanted).collect()
}

/// What of it the subject holds at this moment (rule 25).
fn granted(subject: &Subject, place: &Place, wanted: Vec<Wanted>) -> Vec<TokenScope> {
    let allowed = |action: Action, scope: &ResourceScope| {
        matches!(
            decide(subject, action, place.registry.tenant, scope),
            Decision::Allow(_)
        )
    };
    let registry = ResourceScope::Registry((*place.scope).clone());
    let grant = |Wanted { resource, actions }: Wanted| {
        let actions = match &resource {
            ScopeResource::Repository(name) => {
                let scope = ResourceScope::Repository((*place.scope).clone(), name.clone());
                actions
                    .iter()
                    .filter(|one| allowed(action_of(*one), &scope))
                    .fold(ScopeActions::NONE, ScopeActions::with)
            }
            // What the list holds is decided when it is asked for.
            ScopeResource::Catalog
                if allowed(Action::CatalogList, &registry) || allowed(Action::ContentPull, &registry) =>
            {
                ScopeActions::ALL
            }
            ScopeResource::Catalog => ScopeActions::NONE,
        };
        Some(TokenScope { resource, actions }).filter(|scope| !scope.actions.is_empty())
    };
    wanted.into_iter().filter_map(grant).collect()
}

fn action_of(one: ScopeActions) -> Action {
    match one {
        ScopeActions::PUSH => Action::ContentPush,
        ScopeActions::DELETE => Action::ContentDelete,
        ScopeActions::METADATA_READ => Action::MetadataRead,
        ScopeActions::METADATA_WRITE => Action::MetadataWrite,
        _ => Action::ContentPull,
    }
}
