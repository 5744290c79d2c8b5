//! Scopes of registry tokens: `repository:team/web:pull,push`, `registry:catalog:*` (distribution, "Token Scope Documentation").

use std::fmt;

use crate::name::RepositoryName;

/// The most scopes that one request may ask for (rule 28).
const MAX_SCOPES: usize = 100;
/// The most bytes that they may take together (rule 28).
const MAX_BYTES: usize = 8 * 1024;

/// What may be done with a scope's resource: a set.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ScopeActions(u8);

impl ScopeActions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Read content.
    pub const PULL: Self = Self(1);
    /// Write content.
    pub const PUSH: Self = Self(1 << 1);
    /// Delete content.
    pub const DELETE: Self = Self(1 << 2);
    /// Read attributes.
    pub const METADATA_READ: Self = Self(1 << 3);
    /// Change attributes.
    pub const METADATA_WRITE: Self = Self(1 << 4);
    /// Everything: `*`.
    pub const ALL: Self = Self((1 << 5) - 1);

    const NAMED: [(Self, &'static str); 5] = [
        (Self::PULL, "pull"),
        (Self::PUSH, "push"),
        (Self::DELETE, "delete"),
        (Self::METADATA_READ, "metadata_read"),
        (Self::METADATA_WRITE, "metadata_write"),
    ];

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `other` is in it.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each action by itself.
    pub fn iter(self) -> impl Iterator<Item = ScopeActions> {
        Self::NAMED
            .into_iter()
            .map(|(action, _)| action)
            .filter(move |action| self.contains(*action))
    }

    /// Their names, in a fixed order.
    pub fn names(self) -> Vec<&'static str> {
        Self::NAMED
            .iter()
            .filter(|(action, _)| self.contains(*action))
            .map(|(_, name)| *name)
            .collect()
    }

    /// The actions of these names; an unknown name grants nothing.
    pub fn from_names<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        names.fold(Self::NONE, |set, name| match name {
            "*" => set.with(Self::ALL),
            name => Self::NAMED
                .iter()
                .find(|(_, known)| *known == name)
                .map_or(set, |(action, _)| set.with(*action)),
        })
    }
}

impl fmt::Display for ScopeActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(","))
    }
}

impl fmt::Debug for ScopeActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

/// What a scope is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ScopeResource {
    /// One repository, named as the client names it: on the base host the first component is the registry's.
    Repository(RepositoryName),
    /// The list of repositories.
    Catalog,
}

/// A scope that a client asks for, or that a challenge names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenScope {
    /// What it is about.
    pub resource: ScopeResource,
    /// What may be done with it.
    pub actions: ScopeActions,
}

impl TokenScope {
    /// The scope of some actions on a repository.
    pub fn repository(name: RepositoryName, actions: ScopeActions) -> Self {
        Self {
            resource: ScopeResource::Repository(name),
            actions,
        }
    }

    /// The scope of the list of repositories.
    pub fn catalog() -> Self {
        Self {
            resource: ScopeResource::Catalog,
            actions: ScopeActions::ALL,
        }
    }

    /// `type:name:actions`; nothing for a type or a name that is not known, which grants nothing.
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        // A name may hold a colon (a host with a port, in the distribution grammar), the actions never do.
        let (name, actions) = rest.rsplit_once(':')?;
        let actions = ScopeActions::from_names(actions.split(','));
        // A resource class in parentheses, `repository(plugin)`, says what is stored, which does not matter here.
        let resource = match kind.split('(').next() {
            Some("repository") => ScopeResource::Repository(name.parse().ok()?),
            Some("registry") if name == "catalog" => ScopeResource::Catalog,
            _ => return None,
        };
        Some(Self { resource, actions })
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            ScopeResource::Repository(name) => write!(f, "repository:{name}:{}", self.actions),
            ScopeResource::Catalog => f.write_str("registry:catalog:*"),
        }
    }
}

/// Why a list of scopes was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at most {MAX_SCOPES} scopes of {MAX_BYTES} bytes together may be asked for at once")]
pub struct ScopeError;

/// Reads the scopes of a token request: any number of fields, each of which may hold several apart by spaces. The same resource may come twice with
/// different actions (containerd does that); it is merged. What is not understood grants nothing and is left out.
pub fn parse_scopes<'a>(fields: impl IntoIterator<Item = &'a str>) -> Result<Vec<TokenScope>, ScopeError> {
    let mut scopes: Vec<TokenScope> = Vec::new();
    let (mut count, mut bytes) = (0, 0);
    for text in fields
        .into_iter()
        .flat_map(|field| field.split(' '))
        .filter(|text| !text.is_empty())
    {
        count += 1;
        bytes += text.len();
        if count > MAX_SCOPES || bytes > MAX_BYTES {
            return Err(ScopeError);
        }
        let Some(scope) = TokenScope::parse(text) else { continue };
        match scopes.iter_mut().find(|known| known.resource == scope.resource) {
            Some(known) => known.actions = known.actions.with(scope.actions),
            None => scopes.push(scope),
        }
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(fields: &[&str]) -> Vec<String> {
        parse_scopes(fields.iter().copied())
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn scopes_come_repeated_or_in_one_field_and_are_merged() {
        assert_eq!(
            read(&["repository:a/b:push,pull", "repository:c:pull"]),
            ["repository:a/b:pull,push", "repository:c:pull"]
        );
        assert_eq!(
            read(&["repository:a:pull repository:a:pull,push"]),
            ["repository:a:pull,push"]
        );
        assert_eq!(read(&["registry:catalog:*"]), ["registry:catalog:*"]);
        assert_eq!(
            read(&["repository:a:*"]),
            ["repository:a:pull,push,delete,metadata_read,metadata_write"]
        );
    }

    #[test]
    fn what_is_unknown_grants_nothing() {
        assert_eq!(
            read(&[
                "repository:a:fly,pull",
                "registry:None:*",
                "banana",
                "repository:A:pull",
                "x:y:z",
                "",
                "::"
            ]),
            ["repository:a:pull"]
        );
    }

    #[test]
    fn there_may_be_a_hundred_scopes_and_no_more() {
        let many = |n: usize| {
            (0..n)
                .map(|i| format!("repository:r{i}:pull"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(parse_scopes([many(100).as_str()]).unwrap().len(), 100);
        assert_eq!(parse_scopes([many(101).as_str()]), Err(ScopeError));
        assert_eq!(
            parse_scopes([format!("repository:{}:pull", "a".repeat(MAX_BYTES)).as_str()]),
            Err(ScopeError)
        );
    }

    proptest! {
        #[test]
        fn no_scope_panics(text in "\\PC{0,80}") {
            let _ = parse_scopes([text.as_str()]);
        }
    }
}
