//! Every operation of the resource manager, and which request means which.

use http::Method;
use wharf_types::access::Action;
use wharf_types::id::{RoleAssignmentId, RoleDefinitionId, SubscriptionId};
use wharf_types::name::ResourceGroupName;
use wharf_types::resource::{RegistryScope, ResourceScope};

use crate::endpoint::Access::{Public, Right, SignedIn};
use crate::operations::operations;
use crate::path::{RouteError, find, part, segments};

operations! {
    /// An operation of the resource manager.
    enum Operation {
        /// Where to sign in, and for what.
        MetadataShow => GET "/metadata/endpoints", Public, None;
        /// The caller's tenant.
        TenantList => GET "/tenants", SignedIn, None;
        /// The subscriptions in which the caller holds a role.
        SubscriptionList => GET "/subscriptions", SignedIn, None;
        /// One of them.
        SubscriptionShow(SubscriptionId) => GET "/subscriptions/{subscription}", SignedIn, NotFound;
        /// Where resources can be.
        LocationList(SubscriptionId) => GET "/subscriptions/{subscription}/locations", SignedIn, NotFound;
        /// A subscription by its alias.
        AliasShow(String) => GET "/providers/Microsoft.Subscription/aliases/{alias}", SignedIn, NotFound;
        /// Makes a subscription.
        AliasPut(String) => PUT "/providers/Microsoft.Subscription/aliases/{alias}", Right(Action::SubscriptionCreate), Forbidden;
        /// The kinds of resources that there are.
        ProviderList(SubscriptionId) => GET "/subscriptions/{subscription}/providers", SignedIn, NotFound;
        /// One provider of them.
        ProviderShow(SubscriptionId, String) => GET "/subscriptions/{subscription}/providers/{provider}", SignedIn, NotFound;
        /// Providers are always registered; clients ask all the same.
        ProviderRegister(SubscriptionId, String) => POST "/subscriptions/{subscription}/providers/{provider}/register", SignedIn, NotFound;
        /// Resources of any kind, for looking up a name.
        ResourceList(SubscriptionId) => GET "/subscriptions/{subscription}/resources", SignedIn, NotFound;
        /// Resource groups that the caller may see.
        GroupList(SubscriptionId) => GET "/subscriptions/{subscription}/resourcegroups", SignedIn, NotFound;
        /// Creates a group, or replaces its tags.
        GroupPut(SubscriptionId, ResourceGroupName) => PUT "/subscriptions/{subscription}/resourcegroups/{group}", Right(Action::ResourceGroupWrite), Forbidden;
        /// Replaces a group's tags.
        GroupPatch(SubscriptionId, ResourceGroupName) => PATCH "/subscriptions/{subscription}/resourcegroups/{group}", Right(Action::ResourceGroupWrite), Forbidden;
        /// One group.
        GroupShow(SubscriptionId, ResourceGroupName) => GET "/subscriptions/{subscription}/resourcegroups/{group}", Right(Action::ResourceGroupRead), NotFound;
        /// Whether there is such a group.
        GroupExists(SubscriptionId, ResourceGroupName) => HEAD "/subscriptions/{subscription}/resourcegroups/{group}", Right(Action::ResourceGroupRead), NotFound;
        /// Deletes a group with its registries and every role in it.
        GroupDelete(SubscriptionId, ResourceGroupName) => DELETE "/subscriptions/{subscription}/resourcegroups/{group}", Right(Action::ResourceGroupDelete), NotFound;
        /// Resources of one group.
        GroupResourceList(SubscriptionId, ResourceGroupName) => GET "/subscriptions/{subscription}/resourcegroups/{group}/resources", SignedIn, NotFound;
        /// Whether a registry may be called so.
        RegistryNameCheck(SubscriptionId) => POST "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability", SignedIn, NotFound;
        /// Registries of a subscription that the caller may see.
        RegistryList(SubscriptionId) => GET "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries", SignedIn, NotFound;
        /// Registries of a group that the caller may see.
        RegistryListInGroup(SubscriptionId, ResourceGroupName) => GET "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ContainerRegistry/registries", SignedIn, NotFound;
        /// Creates a registry, or sets all of its settings.
        RegistryPut(RegistryScope) => PUT "{registry}", Right(Action::RegistryWrite), Forbidden;
        /// Changes some settings.
        RegistryPatch(RegistryScope) => PATCH "{registry}", Right(Action::RegistryWrite), NotFound;
        /// One registry.
        RegistryShow(RegistryScope) => GET "{registry}", Right(Action::RegistryRead), NotFound;
        /// Deletes a registry with its content.
        RegistryDelete(RegistryScope) => DELETE "{registry}", Right(Action::RegistryDelete), NotFound;
        /// The admin account's passwords.
        CredentialList(RegistryScope) => POST "{registry}/listCredentials", Right(Action::RegistryListCredentials), NotFound;
        /// Replaces one of them.
        CredentialRegenerate(RegistryScope) => POST "{registry}/regenerateCredential", Right(Action::RegistryRegenerateCredential), NotFound;
        /// How much a registry holds.
        UsageList(RegistryScope) => GET "{registry}/listUsages", Right(Action::RegistryListUsages), NotFound;
        /// The roles that can be given.
        RoleDefinitionList(ResourceScope) => GET "{scope}/providers/Microsoft.Authorization/roleDefinitions", SignedIn, None;
        /// One of them.
        RoleDefinitionShow(ResourceScope, RoleDefinitionId) => GET "{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}", SignedIn, None;
        /// Who holds which role, as far as the caller may see it.
        RoleAssignmentList(ResourceScope) => GET "{scope}/providers/Microsoft.Authorization/roleAssignments", SignedIn, None;
        /// One assignment.
        RoleAssignmentShow(ResourceScope, RoleAssignmentId) => GET "{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}", Right(Action::RoleAssignmentRead), NotFound;
        /// Gives a role.
        RoleAssignmentPut(ResourceScope, RoleAssignmentId) => PUT "{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}", Right(Action::RoleAssignmentWrite), Forbidden;
        /// Takes a role away. Deleting what is not there, or not to be seen, is 204.
        RoleAssignmentDelete(ResourceScope, RoleAssignmentId) => DELETE "{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}", Right(Action::RoleAssignmentDelete), NotFound;
        /// Whether somebody may do something, and why: oneself, or anybody where one may see role assignments.
        AccessCheck(ResourceScope) => POST "{scope}/providers/Microsoft.Authorization/checkAccess", Right(Action::RoleAssignmentRead), Forbidden;
        /// What was done, by whom. Without a subscription, all of the tenant's.
        ActivityList(Option<SubscriptionId>) => GET "/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values", Right(Action::ActivityRead), Forbidden;
    }
}

/// The operation of a request.
pub(super) fn route(method: &Method, path: &str) -> Result<Operation, RouteError> {
    let segments = segments(path).ok_or(RouteError::Unknown)?;
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    find(method, |method| match extension(&lower, "microsoft.authorization") {
        Some(at) => authorization(method, &segments, &lower, at),
        None => resource(method, &segments, &lower),
    })
}

/// Where `/providers/{provider}` begins the path's last part, which extends whatever resource stands before it.
fn extension(lower: &[&str], provider: &str) -> Option<usize> {
    lower.windows(2).rposition(|pair| pair == ["providers", provider])
}

fn authorization(
    method: &Method,
    segments: &[String],
    lower: &[&str],
    at: usize,
) -> Result<Option<Operation>, RouteError> {
    let scope = || part::<ResourceScope>(&format!("/{}", segments[..at].join("/")), "InvalidScope");
    Ok(Some(match (method, &lower[at + 2..]) {
        (&Method::GET, ["roledefinitions"]) => Operation::RoleDefinitionList(scope()?),
        (&Method::GET, ["roledefinitions", id]) => {
            Operation::RoleDefinitionShow(scope()?, part(id, "InvalidRoleDefinitionId")?)
        }
        (&Method::POST, ["checkaccess"]) => Operation::AccessCheck(scope()?),
        (&Method::GET, ["roleassignments"]) => Operation::RoleAssignmentList(scope()?),
        (method, ["roleassignments", id]) => {
            let id = || part(id, "InvalidRoleAssignmentId");
            match *method {
                Method::GET => Operation::RoleAssignmentShow(scope()?, id()?),
                Method::PUT => Operation::RoleAssignmentPut(scope()?, id()?),
                Method::DELETE => Operation::RoleAssignmentDelete(scope()?, id()?),
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    }))
}

fn resource(method: &Method, segments: &[String], lower: &[&str]) -> Result<Option<Operation>, RouteError> {
    const VALUES: [&str; 5] = ["providers", "microsoft.insights", "eventtypes", "management", "values"];
    Ok(Some(match (method, lower) {
        (&Method::GET, ["metadata", "endpoints"]) => Operation::MetadataShow,
        (&Method::GET, ["tenants"]) => Operation::TenantList,
        (&Method::GET, ["subscriptions"]) => Operation::SubscriptionList,
        (&Method::GET, path) if path == VALUES => Operation::ActivityList(None),
        (method, ["providers", "microsoft.subscription", "aliases", _]) => match *method {
            Method::GET => Operation::AliasShow(segments[3].clone()),
            Method::PUT => Operation::AliasPut(segments[3].clone()),
            _ => return Ok(None),
        },
        (method, ["subscriptions", subscription, rest @ ..]) => {
            let id = part(subscription, "InvalidSubscriptionId")?;
            return in_subscription(method, id, &segments[2..], rest);
        }
        _ => return Ok(None),
    }))
}

fn in_subscription(
    method: &Method,
    id: SubscriptionId,
    segments: &[String],
    lower: &[&str],
) -> Result<Option<Operation>, RouteError> {
    Ok(Some(match (method, lower) {
        (&Method::GET, []) => Operation::SubscriptionShow(id),
        (&Method::GET, ["locations"]) => Operation::LocationList(id),
        (&Method::GET, ["resources"]) => Operation::ResourceList(id),
        (&Method::GET, ["resourcegroups"]) => Operation::GroupList(id),
        (&Method::GET, ["providers"]) => Operation::ProviderList(id),
        (&Method::GET, ["providers", _]) => Operation::ProviderShow(id, segments[1].clone()),
        (&Method::POST, ["providers", _, "register"]) => Operation::ProviderRegister(id, segments[1].clone()),
        (&Method::GET, ["providers", "microsoft.insights", "eventtypes", "management", "values"]) => {
            Operation::ActivityList(Some(id))
        }
        (&Method::GET, ["providers", "microsoft.containerregistry", "registries"]) => Operation::RegistryList(id),
        (&Method::POST, ["providers", "microsoft.containerregistry", "checknameavailability"]) => {
            Operation::RegistryNameCheck(id)
        }
        (method, ["resourcegroups", _, rest @ ..]) => {
            let group = part(&segments[1], "InvalidResourceGroupName")?;
            return in_group(method, id, group, rest);
        }
        _ => return Ok(None),
    }))
}

fn in_group(
    method: &Method,
    id: SubscriptionId,
    group: ResourceGroupName,
    lower: &[&str],
) -> Result<Option<Operation>, RouteError> {
    Ok(Some(match (method, lower) {
        (&Method::PUT, []) => Operation::GroupPut(id, group),
        (&Method::PATCH, []) => Operation::GroupPatch(id, group),
        (&Method::GET, []) => Operation::GroupShow(id, group),
        (&Method::HEAD, []) => Operation::GroupExists(id, group),
        (&Method::DELETE, []) => Operation::GroupDelete(id, group),
        (&Method::GET, ["resources"]) => Operation::GroupResourceList(id, group),
        (&Method::GET, ["providers", "microsoft.containerregistry", "registries"]) => {
            Operation::RegistryListInGroup(id, group)
        }
        (
            method,
            [
                "providers",
                "microsoft.containerregistry",
                "registries",
                name,
                rest @ ..,
            ],
        ) => {
            let scope = RegistryScope {
                subscription: id,
                group,
                name: part(name, "InvalidRegistryName")?,
            };
            return Ok(in_registry(method, scope, rest));
        }
        _ => return Ok(None),
    }))
}

fn in_registry(method: &Method, scope: RegistryScope, lower: &[&str]) -> Option<Operation> {
    Some(match (method, lower) {
        (&Method::PUT, []) => Operation::RegistryPut(scope),
        (&Method::PATCH, []) => Operation::RegistryPatch(scope),
        (&Method::GET, []) => Operation::RegistryShow(scope),
        (&Method::DELETE, []) => Operation::RegistryDelete(scope),
        (&Method::POST, ["listcredentials"]) => Operation::CredentialList(scope),
        (&Method::POST, ["regeneratecredential"]) => Operation::CredentialRegenerate(scope),
        (&Method::GET, ["listusages"]) => Operation::UsageList(scope),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: &str = "11111111-1111-4111-8111-111111111111";

    fn scope() -> RegistryScope {
        RegistryScope {
            subscription: S.parse().unwrap(),
            group: "Demo".parse().unwrap(),
            name: "myregistry".parse().unwrap(),
        }
    }

    #[test]
    fn keywords_and_slashes_are_read_as_clients_write_them() {
        for path in [
            format!(
                "/subscriptions/{S}/resourceGroups/Demo/providers/Microsoft.ContainerRegistry/registries/MyRegistry"
            ),
            format!(
                "//subscriptions/{S}/resourcegroups/demo//providers/microsoft.containerregistry/Registries/myregistry/"
            ),
        ] {
            assert_eq!(
                route(&Method::GET, &path),
                Ok(Operation::RegistryShow(scope())),
                "{path}"
            );
        }
    }

    #[test]
    fn roles_extend_whatever_stands_before_them() {
        let id = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
        let path = |scope: &str| format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}");
        let put = |at: &ResourceScope| Ok(Operation::RoleAssignmentPut(at.clone(), id.parse().unwrap()));
        assert_eq!(route(&Method::PUT, &path("")), put(&ResourceScope::Root));
        for scope in [
            ResourceScope::Subscription(S.parse().unwrap()),
            ResourceScope::Registry(scope()),
        ] {
            assert_eq!(route(&Method::PUT, &path(&scope.to_string())), put(&scope));
        }
        let elsewhere = route(&Method::PUT, &path("/subscriptions/x"));
        assert!(matches!(
            elsewhere,
            Err(RouteError::Invalid {
                code: "InvalidScope",
                ..
            })
        ));
    }

    #[test]
    fn what_is_not_there_is_told_from_what_has_other_methods() {
        assert!(route(&Method::GET, "/subscriptions/x/nothing").is_err());
        assert_eq!(route(&Method::GET, "/providers/x"), Err(RouteError::Unknown));
        assert_eq!(route(&Method::DELETE, "/tenants"), Err(RouteError::Method(vec!["GET"])));
        assert_eq!(route(&Method::GET, "/subscriptions/%2e%2e/x"), Err(RouteError::Unknown));
    }
}
