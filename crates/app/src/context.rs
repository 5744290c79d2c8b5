//! Who acts, in which request, from where, and when.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;
use wharf_store::meta::journal::Entry;
use wharf_types::access::{Action, Decision, Missing, Subject, decide};
use wharf_types::id::{KeyId, RegistryId, RequestId, TenantId};
use wharf_types::journal::{JournalKind, Outcome};
use wharf_types::name::RepositoryName;
use wharf_types::oauth::{ScopeActions, ScopeResource, TokenScope};
use wharf_types::resource::{RegistryScope, ResourceScope};
use wharf_types::time::Time;

use crate::{Audit, Error};

/// What a token restricts its bearer to, beside what the bearer may do.
#[derive(Clone, Debug)]
pub enum Limits {
    /// Nothing: the caller brought a credential, or a token of the directory.
    None,
    /// A registry token: what it lists, at that registry.
    Registry {
        /// Which registry; none for a token that grants nothing.
        registry: Option<RegistryId>,
        /// What it lists.
        scopes: Arc<[TokenScope]>,
    },
}

/// Whatever acts holds one of these.
#[derive(Clone)]
pub struct OpContext {
    /// The caller, with everything that it holds at this moment.
    pub subject: Arc<Subject>,
    /// The credential that it came with.
    pub credential: KeyId,
    /// What its token restricts it to.
    pub limits: Limits,
    /// The request, as logs, errors and the journal name it.
    pub request: RequestId,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// When it came.
    pub now: Time,
    /// Where refusals are counted.
    pub audit: Arc<Audit>,
}

/// Content of a registry that an action is about.
#[derive(Clone, Copy, Debug)]
pub struct ContentPlace<'a> {
    /// The directory.
    pub tenant: TenantId,
    /// The registry, by id.
    pub registry: RegistryId,
    /// The registry's ARM id.
    pub scope: &'a RegistryScope,
    /// The repository; none for the list of all.
    pub repository: Option<&'a RepositoryName>,
}

impl OpContext {
    /// Goes on if the caller may do `action` at `scope`; counts the refusal otherwise (rules 29, 66).
    pub fn require(&self, action: Action, tenant: TenantId, scope: &ResourceScope) -> Result<(), Error> {
        if !matches!(self.limits, Limits::None) {
            // A registry's token opens nothing but its content (rule 23).
            return Err(Error::Unauthenticated);
        }
        match decide(&self.subject, action, tenant, scope) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(missing) => Err(Error::Forbidden(self.refused(missing))),
        }
    }

    /// Whether the caller may do `action` at `scope`, without a refusal being counted: for lists that leave out what one may not see.
    pub fn may(&self, action: Action, tenant: TenantId, scope: &ResourceScope) -> bool {
        matches!(self.limits, Limits::None)
            && matches!(decide(&self.subject, action, tenant, scope), Decision::Allow(_))
    }

    /// Goes on if the caller may do `action` with a registry's content, and its token is for it. Rule 25: a token holds at most what it says, and the
    /// caller's rights are looked at anew with each request.
    pub fn require_content(&self, action: Action, place: ContentPlace<'_>) -> Result<(), Error> {
        let scope = match place.repository {
            Some(repository) => ResourceScope::Repository(place.scope.clone(), repository.clone()),
            None => ResourceScope::Registry(place.scope.clone()),
        };
        let missing = match decide(&self.subject, action, place.tenant, &scope) {
            Decision::Allow(_) => None,
            Decision::Deny(missing) => Some(missing),
        };
        let wanted = wanted_scope(action, place.repository);
        match (&self.limits, missing) {
            (Limits::None, None) => Ok(()),
            (Limits::None, Some(missing)) => Err(Error::Forbidden(self.refused(missing))),
            (Limits::Registry { registry, scopes }, None)
                if *registry == Some(place.registry) && holds(scopes, &wanted) =>
            {
                Ok(())
            }
            (Limits::Registry { .. }, missing) => {
                let missing = missing.map(|missing| self.refused(missing));
                Err(Error::TokenScope {
                    scope: Box::new(wanted),
                    missing,
                })
            }
        }
    }

    /// What the caller's token lacks for `action` where the caller itself may do it: with another token it would go.
    pub fn token_lacks(&self, action: Action, place: ContentPlace<'_>) -> Option<Error> {
        let (Limits::Registry { .. }, Some(repository)) = (&self.limits, place.repository) else {
            return None;
        };
        let scope = ResourceScope::Repository(place.scope.clone(), repository.clone());
        let is_allowed = matches!(decide(&self.subject, action, place.tenant, &scope), Decision::Allow(_));
        (is_allowed && !self.may_content(action, place)).then(|| Error::TokenScope {
            scope: Box::new(wanted_scope(action, place.repository)),
            missing: None,
        })
    }

    /// Whether the caller may do `action` with a repository's content, without a refusal being counted.
    pub fn may_content(&self, action: Action, place: ContentPlace<'_>) -> bool {
        let scope = match place.repository {
            Some(repository) => ResourceScope::Repository(place.scope.clone(), repository.clone()),
            None => ResourceScope::Registry(place.scope.clone()),
        };
        let in_token = match &self.limits {
            Limits::None => true,
            Limits::Registry { registry, scopes } => {
                *registry == Some(place.registry) && holds(scopes, &wanted_scope(action, place.repository))
            }
        };
        in_token && matches!(decide(&self.subject, action, place.tenant, &scope), Decision::Allow(_))
    }

    /// The record of a change that this caller makes.
    pub fn entry(&self, kind: JournalKind, tenant: TenantId, resource: impl ToString, payload: Value) -> Entry {
        Entry {
            time: self.now,
            tenant,
            registry: None,
            kind,
            resource: resource.to_string(),
            actor: self.subject.principal.to_string(),
            address: self.address,
            request: self.request,
            outcome: Outcome::Succeeded,
            payload,
        }
    }

    /// Counts a refusal that is not for want of the right itself, but because the caller would give more than it holds (rules 36, 66).
    pub(crate) fn note_refusal(&self, action: Action, scope: &ResourceScope) {
        self.audit.refused(
            self,
            &Missing {
                action,
                scope: scope.clone(),
            },
        );
    }

    fn refused(&self, missing: Missing) -> Box<Missing> {
        self.audit.refused(self, &missing);
        Box::new(missing)
    }
}

/// The scope that a challenge names for an action: a write needs pull as well, as clients and ACR have it.
fn wanted_scope(action: Action, repository: Option<&RepositoryName>) -> TokenScope {
    let Some(repository) = repository else {
        return TokenScope::catalog();
    };
    let actions = match action {
        Action::ContentPush => ScopeActions::PULL.with(ScopeActions::PUSH),
        Action::ContentDelete => ScopeActions::DELETE,
        Action::MetadataRead => ScopeActions::METADATA_READ,
        Action::MetadataWrite => ScopeActions::METADATA_WRITE,
        _ => ScopeActions::PULL,
    };
    TokenScope::repository(repository.clone(), actions)
}

fn holds(scopes: &[TokenScope], wanted: &TokenScope) -> bool {
    let needed = match wanted.resource {
        // `pull,push` is what a client asks for; `push` is what the token must hold.
        ScopeResource::Repository(_) if wanted.actions.contains(ScopeActions::PUSH) => ScopeActions::PUSH,
        ScopeResource::Repository(_) => wanted.actions,
        ScopeResource::Catalog => ScopeActions::NONE,
    };
    scopes
        .iter()
        .any(|scope| scope.resource == wanted.resource && scope.actions.contains(needed))
}
