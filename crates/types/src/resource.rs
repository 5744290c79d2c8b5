//! Resource ids and the scopes of role assignments, in ARM's form.
//!
//! `/subscriptions/{S}/resourceGroups/{G}/providers/Microsoft.ContainerRegistry/registries/{name}`: keywords and names are compared without
//! regard to case (`az` sends `resourcegroups` and `resourceGroups`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{ObjectId, SubscriptionId};
use crate::name::{InvalidName, RegistryName, RepositoryName, ResourceGroupName};

/// The resource provider's name for registries.
pub const REGISTRY_PROVIDER: &str = "Microsoft.ContainerRegistry";
/// The resource type of registries.
pub const REGISTRY_TYPE: &str = "Microsoft.ContainerRegistry/registries";

/// A registry's place: its ARM id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistryScope {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The resource group.
    pub group: ResourceGroupName,
    /// The registry.
    pub name: RegistryName,
}

/// Where an action happens, and where a role assignment holds: there and everywhere below.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResourceScope {
    /// Everything of the tenant: `/`.
    Root,
    /// A subscription.
    Subscription(SubscriptionId),
    /// A resource group.
    ResourceGroup(SubscriptionId, ResourceGroupName),
    /// A registry.
    Registry(RegistryScope),
    /// A repository. Role assignments do not name one; requests for content do.
    Repository(RegistryScope, RepositoryName),
    /// An object of the directory: an application or a service principal.
    DirectoryObject(ObjectId),
}

impl ResourceScope {
    /// The scope that this one lies in; none for the root.
    pub fn parent(&self) -> Option<ResourceScope> {
        match self {
            Self::Root => None,
            Self::Subscription(_) | Self::DirectoryObject(_) => Some(Self::Root),
            Self::ResourceGroup(subscription, _) => Some(Self::Subscription(*subscription)),
            Self::Registry(registry) => Some(Self::ResourceGroup(registry.subscription, registry.group.clone())),
            Self::Repository(registry, _) => Some(Self::Registry(registry.clone())),
        }
    }

    /// Whether `inner` is this scope or lies in it.
    pub fn contains(&self, inner: &ResourceScope) -> bool {
        // Asked many times with each request: nothing is copied.
        match (self, inner) {
            (Self::Root, _) => true,
            (Self::Subscription(outer), inner) => inner.subscription() == Some(*outer),
            (Self::ResourceGroup(subscription, outer), inner) => {
                inner.subscription() == Some(*subscription) && inner.group() == Some(outer)
            }
            (Self::Registry(outer), Self::Registry(inner) | Self::Repository(inner, _)) => outer == inner,
            _ => self == inner,
        }
    }

    fn group(&self) -> Option<&ResourceGroupName> {
        match self {
            Self::Root | Self::DirectoryObject(_) | Self::Subscription(_) => None,
            Self::ResourceGroup(_, group) => Some(group),
            Self::Registry(registry) | Self::Repository(registry, _) => Some(&registry.group),
        }
    }

    /// What it is stored and looked up under: its text in small letters.
    pub fn key(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }

    /// The subscription that it lies in.
    pub fn subscription(&self) -> Option<SubscriptionId> {
        match self {
            Self::Root | Self::DirectoryObject(_) => None,
            Self::Subscription(subscription) | Self::ResourceGroup(subscription, _) => Some(*subscription),
            Self::Registry(registry) | Self::Repository(registry, _) => Some(registry.subscription),
        }
    }
}

impl fmt::Display for RegistryScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subscription,
            group,
            name,
        } = self;
        write!(
            f,
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/{REGISTRY_TYPE}/{name}"
        )
    }
}

impl fmt::Display for ResourceScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("/"),
            Self::Subscription(subscription) => write!(f, "/subscriptions/{subscription}"),
            Self::ResourceGroup(subscription, group) => {
                write!(f, "/subscriptions/{subscription}/resourceGroups/{group}")
            }
            Self::Registry(registry) => write!(f, "{registry}"),
            Self::Repository(registry, repository) => write!(f, "{registry}/repositories/{repository}"),
            Self::DirectoryObject(object) => write!(f, "/providers/Microsoft.Directory/objects/{object}"),
        }
    }
}

impl FromStr for ResourceScope {
    type Err = InvalidName;

    /// Reads a scope that a role may be assigned at: the root, a subscription, a resource group or a registry.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: InvalidName = InvalidName(
            "a scope is /, /subscriptions/S, /subscriptions/S/resourceGroups/G or /subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/NAME",
        );
        let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
        let keyword = |at: usize, word: &str| {
            segments
                .get(at)
                .is_some_and(|segment| segment.eq_ignore_ascii_case(word))
        };
        if segments.is_empty() && text.starts_with('/') {
            return Ok(Self::Root);
        }
        if segments.len() < 2 || !keyword(0, "subscriptions") {
            return Err(FORM);
        }
        let subscription: SubscriptionId = segments[1]
            .parse()
            .map_err(|_| InvalidName("a subscription id is a UUID"))?;
        if segments.len() == 2 {
            return Ok(Self::Subscription(subscription));
        }
        if segments.len() < 4 || !keyword(2, "resourceGroups") {
            return Err(FORM);
        }
        let group: ResourceGroupName = segments[3].parse()?;
        if segments.len() == 4 {
            return Ok(Self::ResourceGroup(subscription, group));
        }
        if segments.len() != 8
            || !keyword(4, "providers")
            || !keyword(5, REGISTRY_PROVIDER)
            || !keyword(6, "registries")
        {
            return Err(FORM);
        }
        Ok(Self::Registry(RegistryScope {
            subscription,
            group,
            name: segments[7].parse()?,
        }))
    }
}

impl Serialize for ResourceScope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResourceScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: &str = "/subscriptions/11111111-1111-4111-8111-111111111111";

    fn scope(text: &str) -> ResourceScope {
        text.parse().unwrap()
    }

    #[test]
    fn a_scope_prints_as_it_is_parsed_and_case_does_not_matter() {
        for text in [
            "/".to_owned(),
            S.to_owned(),
            format!("{S}/resourceGroups/Prod"),
            format!("{S}/resourceGroups/Prod/providers/{REGISTRY_TYPE}/myregistry"),
        ] {
            assert_eq!(scope(&text).to_string(), text);
            assert_eq!(scope(&text.to_uppercase()), scope(&text));
            assert_eq!(scope(&format!("{text}/")), scope(&text));
        }
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for text in [
            "",
            "subscriptions",
            "/subscriptions",
            "/subscriptions/x",
            &format!("{S}/resourceGroups"),
            &format!("{S}/other/x"),
            &format!("{S}/resourceGroups/g/providers/{REGISTRY_TYPE}"),
            &format!("{S}/resourceGroups/g/providers/Microsoft.Web/sites/webapp"),
        ] {
            assert!(text.parse::<ResourceScope>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_scope_contains_what_lies_below_it_and_no_namesake() {
        let registry = scope(&format!("{S}/resourceGroups/prod/providers/{REGISTRY_TYPE}/myregistry"));
        for outer in ["/".to_owned(), S.to_owned(), format!("{S}/resourceGroups/PROD")] {
            assert!(scope(&outer).contains(&registry), "{outer}");
            assert!(!registry.contains(&scope(&outer)), "{outer}");
        }
        assert!(!scope(&format!("{S}/resourceGroups/pro")).contains(&registry));
        assert!(!scope("/subscriptions/22222222-2222-4222-8222-222222222222").contains(&registry));
    }
}
