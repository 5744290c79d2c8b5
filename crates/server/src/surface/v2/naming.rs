//! How a registry and its repositories are called on the host that a client used: challenges, locations and links repeat that.

use wharf_app::PublicAddress;
use wharf_types::name::{RegistryName, RepositoryName};
use wharf_types::oauth::{ScopeActions, TokenScope};

use super::Challenge;
use super::operation::{Operation, Wanted};
use crate::host::Host;

/// The names of one host.
pub(crate) struct Naming {
    scheme: &'static str,
    authority: String,
    at_base: bool,
}

impl Naming {
    pub(crate) fn new(host: &Host, public: &PublicAddress) -> Self {
        Self {
            scheme: public.scheme,
            authority: host.authority().to_owned(),
            at_base: matches!(host, Host::Base { .. }),
        }
    }

    /// A repository as the client calls it.
    pub(super) fn repository(&self, registry: &RegistryName, repository: &RepositoryName) -> String {
        if self.at_base {
            format!("{registry}/{repository}")
        } else {
            repository.to_string()
        }
    }

    /// A repository as it is called within its registry, if it is of that one: the source of a mount is named as the client calls it.
    pub(super) fn within(&self, registry: &RegistryName, name: RepositoryName) -> Option<RepositoryName> {
        if !self.at_base {
            return Some(name);
        }
        let (first, rest) = name.split_first()?;
        (first == registry.as_str()).then_some(rest)
    }

    /// The challenge for an operation. For `/v2/` it names no scope: clients work it out themselves. For a mount it names the source as well, so that one
    /// token does for both.
    pub(super) fn challenge(&self, wanted: &Wanted) -> Challenge {
        let mut scopes: Vec<TokenScope> = match (&wanted.repository, &wanted.operation) {
            (Some(name), operation) => vec![TokenScope::repository(name.clone(), operation.scope_actions())],
            (None, Operation::Catalog) => vec![TokenScope::catalog()],
            (None, _) => Vec::new(),
        };
        if let (Some(name), Some(source)) = (&wanted.repository, &wanted.source)
            && source != name
            && self.is_same_registry(name, source)
        {
            scopes.push(TokenScope::repository(source.clone(), ScopeActions::PULL));
        }
        let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        Challenge {
            realm: self.realm(),
            service: self.authority.clone(),
            scope: (!scopes.is_empty()).then(|| scopes.join(" ")),
        }
    }

    fn is_same_registry(&self, one: &RepositoryName, other: &RepositoryName) -> bool {
        let first = |name: &RepositoryName| name.split_first().map(|(first, _)| first.to_owned());
        !self.at_base || first(one) == first(other)
    }

    /// The token endpoint, on the host and the scheme that the client used: some clients refuse any other.
    pub(crate) fn realm(&self) -> String {
        format!("{}://{}/oauth2/token", self.scheme, self.authority)
    }
}
