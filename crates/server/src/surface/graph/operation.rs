//! Every operation of the graph, and which request means which.

use http::Method;
use uuid::Uuid;
use wharf_types::access::Action;
use wharf_types::id::ObjectId;

use crate::endpoint::Access::{Right, SignedIn};
use crate::operations::operations;
use crate::path::{RouteError, find, part, segments};

operations! {
    /// An operation of the graph. `{id}` is an object id; `(appId='…')` names an application or a service principal as well, and a person's
    /// name the person.
    enum Operation {
        /// Applications that the caller may see.
        ApplicationList => GET "/v1.0/applications", SignedIn, None;
        /// Registers an application.
        ApplicationCreate => POST "/v1.0/applications", Right(Action::ApplicationCreate), Forbidden;
        /// One application.
        ApplicationShow(Uuid) => GET "/v1.0/applications/{id}", Right(Action::DirectoryRead), NotFound;
        /// Renames it.
        ApplicationUpdate(Uuid) => PATCH "/v1.0/applications/{id}", Right(Action::ApplicationUpdate), NotFound;
        /// Deletes it with its secrets and its service principal.
        ApplicationDelete(Uuid) => DELETE "/v1.0/applications/{id}", Right(Action::ApplicationDelete), NotFound;
        /// Makes a secret.
        ApplicationAddPassword(Uuid) => POST "/v1.0/applications/{id}/addPassword", Right(Action::ApplicationCredentials), NotFound;
        /// Removes a secret.
        ApplicationRemovePassword(Uuid) => POST "/v1.0/applications/{id}/removePassword", Right(Action::ApplicationCredentials), NotFound;
        /// Whose tokens it accepts.
        FederatedCredentialList(Uuid) => GET "/v1.0/applications/{id}/federatedIdentityCredentials", Right(Action::DirectoryRead), NotFound;
        /// Has it accept somebody's.
        FederatedCredentialCreate(Uuid) => POST "/v1.0/applications/{id}/federatedIdentityCredentials", Right(Action::ApplicationCredentials), NotFound;
        /// One that it accepts, by id or name.
        FederatedCredentialShow((Uuid, String)) => GET "/v1.0/applications/{id}/federatedIdentityCredentials/{credential}", Right(Action::DirectoryRead), NotFound;
        /// Ends that.
        FederatedCredentialDelete((Uuid, String)) => DELETE "/v1.0/applications/{id}/federatedIdentityCredentials/{credential}", Right(Action::ApplicationCredentials), NotFound;
        /// Service principals that the caller may see.
        ServicePrincipalList => GET "/v1.0/servicePrincipals", SignedIn, None;
        /// Makes an application's service principal.
        ServicePrincipalCreate => POST "/v1.0/servicePrincipals", Right(Action::ApplicationUpdate), NotFound;
        /// One service principal.
        ServicePrincipalShow(Uuid) => GET "/v1.0/servicePrincipals/{id}", Right(Action::DirectoryRead), NotFound;
        /// Lets it sign in, or no longer.
        ServicePrincipalUpdate(Uuid) => PATCH "/v1.0/servicePrincipals/{id}", Right(Action::ApplicationUpdate), NotFound;
        /// Deletes it with its roles.
        ServicePrincipalDelete(Uuid) => DELETE "/v1.0/servicePrincipals/{id}", Right(Action::ApplicationDelete), NotFound;
        /// Makes a secret of its application.
        ServicePrincipalAddPassword(Uuid) => POST "/v1.0/servicePrincipals/{id}/addPassword", Right(Action::ApplicationCredentials), NotFound;
        /// Removes one.
        ServicePrincipalRemovePassword(Uuid) => POST "/v1.0/servicePrincipals/{id}/removePassword", Right(Action::ApplicationCredentials), NotFound;
        /// Objects of any kind by their ids.
        ObjectsByIds => POST "/v1.0/directoryObjects/getByIds", SignedIn, None;
        /// Which of some groups an object is in.
        ObjectCheckMemberGroups(ObjectId) => POST "/v1.0/directoryObjects/{id}/checkMemberGroups", Right(Action::DirectoryRead), NotFound;
        /// All groups that an object is in.
        ObjectMemberGroups(ObjectId) => POST "/v1.0/directoryObjects/{id}/getMemberGroups", Right(Action::DirectoryRead), NotFound;
        /// All groups that a service principal is in.
        ServicePrincipalMemberGroups(ObjectId) => POST "/v1.0/servicePrincipals/{id}/getMemberGroups", Right(Action::DirectoryRead), NotFound;
        /// What clients may ask for on people's behalf.
        PermissionGrantList => GET "/v1.0/oauth2PermissionGrants", Right(Action::DirectoryRead), Forbidden;
        /// An owner agrees for everybody.
        PermissionGrantCreate => POST "/v1.0/oauth2PermissionGrants", Right(Action::RoleAssignmentWrite), Forbidden;
        /// Takes such a thing back.
        PermissionGrantDelete(Uuid) => DELETE "/v1.0/oauth2PermissionGrants/{grant}", Right(Action::RoleAssignmentWrite), Forbidden;
        /// People whom the caller may see.
        UserList => GET "/v1.0/users", SignedIn, None;
        /// Adds a person.
        UserCreate => POST "/v1.0/users", Right(Action::UserCreate), Forbidden;
        /// One person.
        UserShow(String) => GET "/v1.0/users/{id}", Right(Action::DirectoryRead), NotFound;
        /// Changes what is known of them, lets them sign in or no longer.
        UserUpdate(String) => PATCH "/v1.0/users/{id}", Right(Action::UserUpdate), NotFound;
        /// A link with which a person chooses a password and a second factor.
        InvitationCreate => POST "/v1.0/invitations", Right(Action::UserCredentials), NotFound;
        /// Deletes them with their roles and memberships.
        UserDelete(String) => DELETE "/v1.0/users/{id}", Right(Action::UserDelete), NotFound;
        /// All groups that they are in.
        UserMemberGroups(String) => POST "/v1.0/users/{id}/getMemberGroups", Right(Action::DirectoryRead), NotFound;
        /// The groups that they are members of themselves.
        UserMemberOf(String) => GET "/v1.0/users/{id}/memberOf", Right(Action::DirectoryRead), NotFound;
        /// What identity providers call them.
        UserIdentityList(String) => GET "/v1.0/users/{id}/identities", Right(Action::DirectoryRead), NotFound;
        /// Links them with what a provider calls them.
        UserIdentityAdd(String) => POST "/v1.0/users/{id}/identities", Right(Action::UserCredentials), NotFound;
        /// Removes that link.
        UserIdentityRemove(String, Uuid) => DELETE "/v1.0/users/{id}/identities/{identity}", Right(Action::UserCredentials), NotFound;
        /// Where people sign in beside the accounts of their own.
        IdentityProviderList => GET "/v1.0/identity/identityProviders", Right(Action::IdentityProviderRead), Forbidden;
        /// Makes an identity provider.
        IdentityProviderCreate => POST "/v1.0/identity/identityProviders", Right(Action::IdentityProviderWrite), Forbidden;
        /// One of them.
        IdentityProviderShow(ObjectId) => GET "/v1.0/identity/identityProviders/{id}", Right(Action::IdentityProviderRead), NotFound;
        /// Changes it, switches it on or off.
        IdentityProviderUpdate(ObjectId) => PATCH "/v1.0/identity/identityProviders/{id}", Right(Action::IdentityProviderWrite), NotFound;
        /// Deletes it with what it gave.
        IdentityProviderDelete(ObjectId) => DELETE "/v1.0/identity/identityProviders/{id}", Right(Action::IdentityProviderWrite), NotFound;
        /// Connects to it as a sign-in would, and says what came of it.
        IdentityProviderTest(ObjectId) => POST "/v1.0/identity/identityProviders/{id}/test", Right(Action::IdentityProviderWrite), NotFound;
        /// The person who asks.
        Me => GET "/v1.0/me", SignedIn, None;
        /// The groups that the person who asks is a member of.
        MyMemberOf => GET "/v1.0/me/memberOf", SignedIn, None;
        /// Groups that the caller may see.
        GroupList => GET "/v1.0/groups", SignedIn, None;
        /// Makes a group.
        GroupCreate => POST "/v1.0/groups", Right(Action::GroupCreate), Forbidden;
        /// One group.
        GroupShow(ObjectId) => GET "/v1.0/groups/{id}", Right(Action::DirectoryRead), NotFound;
        /// Renames it.
        GroupUpdate(ObjectId) => PATCH "/v1.0/groups/{id}", Right(Action::GroupUpdate), NotFound;
        /// Deletes it with its roles; its members stay.
        GroupDelete(ObjectId) => DELETE "/v1.0/groups/{id}", Right(Action::GroupDelete), NotFound;
        /// Who made it.
        GroupOwners(ObjectId) => GET "/v1.0/groups/{id}/owners", Right(Action::DirectoryRead), NotFound;
        /// Its own members.
        GroupMemberList(ObjectId) => GET "/v1.0/groups/{id}/members", Right(Action::DirectoryRead), NotFound;
        /// Adds one.
        GroupMemberAdd(ObjectId) => POST "/v1.0/groups/{id}/members/$ref", Right(Action::GroupMembers), NotFound;
        /// Takes one out.
        GroupMemberRemove(ObjectId, ObjectId) => DELETE "/v1.0/groups/{id}/members/{member}/$ref", Right(Action::GroupMembers), NotFound;
        /// All groups that it is in.
        GroupMemberGroups(ObjectId) => POST "/v1.0/groups/{id}/getMemberGroups", Right(Action::DirectoryRead), NotFound;
    }
}

/// The operation of a request.
pub(super) fn route(method: &Method, path: &str) -> Result<Operation, RouteError> {
    let segments = segments(path).ok_or(RouteError::Unknown)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    // Graph's own SDKs write the names as they are here; only what `az` varies is compared loosely.
    let [_, rest @ ..] = segments.as_slice() else {
        return Err(RouteError::Unknown);
    };
    find(method, |method| match rest {
        ["applications", rest @ ..] => application(method, rest),
        ["servicePrincipals", rest @ ..] => service_principal(method, rest),
        ["users", rest @ ..] => user(method, rest),
        ["identity", "identityProviders", rest @ ..] => identity_provider(method, rest),
        ["groups", rest @ ..] => group(method, rest),
        _ => Ok(match (method, rest) {
            (&Method::POST, ["directoryObjects", "getByIds"]) => Some(Operation::ObjectsByIds),
            (&Method::POST, ["directoryObjects", one, "checkMemberGroups"]) => {
                Some(Operation::ObjectCheckMemberGroups(object(one)?))
            }
            (&Method::POST, ["directoryObjects", one, "getMemberGroups"]) => {
                Some(Operation::ObjectMemberGroups(object(one)?))
            }
            (&Method::GET, ["oauth2PermissionGrants"]) => Some(Operation::PermissionGrantList),
            (&Method::POST, ["oauth2PermissionGrants"]) => Some(Operation::PermissionGrantCreate),
            (&Method::DELETE, ["oauth2PermissionGrants", one]) => Some(Operation::PermissionGrantDelete(id(one)?)),
            (&Method::POST, ["invitations"]) => Some(Operation::InvitationCreate),
            (&Method::GET, ["me"]) => Some(Operation::Me),
            (&Method::GET, ["me", "memberOf"]) => Some(Operation::MyMemberOf),
            _ => by_app_id(method, rest)?,
        }),
    })
}

fn id(text: &str) -> Result<Uuid, RouteError> {
    part(text, "Request_BadRequest")
}

fn object(text: &str) -> Result<ObjectId, RouteError> {
    part(text, "Request_BadRequest")
}

/// `applications(appId='…')`, which is one segment.
fn by_app_id(method: &Method, rest: &[&str]) -> Result<Option<Operation>, RouteError> {
    let [first, rest @ ..] = rest else { return Ok(None) };
    let Some((collection, key)) = first.split_once("(appId='") else {
        return Ok(None);
    };
    let Some(app_id) = key.strip_suffix("')") else {
        return Ok(None);
    };
    let path: Vec<&str> = std::iter::once(app_id).chain(rest.iter().copied()).collect();
    match collection {
        "applications" => application(method, &path),
        "servicePrincipals" => service_principal(method, &path),
        _ => Ok(None),
    }
}

const FEDERATED: &str = "federatedIdentityCredentials";

fn application(method: &Method, rest: &[&str]) -> Result<Option<Operation>, RouteError> {
    Ok(Some(match (method, rest) {
        (&Method::GET, []) => Operation::ApplicationList,
        (&Method::POST, []) => Operation::ApplicationCreate,
        (&Method::GET, [one]) => Operation::ApplicationShow(id(one)?),
        (&Method::PATCH, [one]) => Operation::ApplicationUpdate(id(one)?),
        (&Method::DELETE, [one]) => Operation::ApplicationDelete(id(one)?),
        (&Method::POST, [one, "addPassword"]) => Operation::ApplicationAddPassword(id(one)?),
        (&Method::POST, [one, "removePassword"]) => Operation::ApplicationRemovePassword(id(one)?),
        (&Method::GET, [one, FEDERATED]) => Operation::FederatedCredentialList(id(one)?),
        (&Method::POST, [one, FEDERATED]) => Operation::FederatedCredentialCreate(id(one)?),
        (&Method::GET, [one, FEDERATED, which]) => Operation::FederatedCredentialShow((id(one)?, (*which).to_owned())),
        (&Method::DELETE, [one, FEDERATED, which]) => {
            Operation::FederatedCredentialDelete((id(one)?, (*which).to_owned()))
        }
        _ => return Ok(None),
    }))
}

fn service_principal(method: &Method, rest: &[&str]) -> Result<Option<Operation>, RouteError> {
    Ok(Some(match (method, rest) {
        (&Method::GET, []) => Operation::ServicePrincipalList,
        (&Method::POST, []) => Operation::ServicePrincipalCreate,
        (&Method::GET, [one]) => Operation::ServicePrincipalShow(id(one)?),
        (&Method::PATCH, [one]) => Operation::ServicePrincipalUpdate(id(one)?),
        (&Method::DELETE, [one]) => Operation::ServicePrincipalDelete(id(one)?),
        (&Method::POST, [one, "addPassword"]) => Operation::ServicePrincipalAddPassword(id(one)?),
        (&Method::POST, [one, "removePassword"]) => Operation::ServicePrincipalRemovePassword(id(one)?),
        (&Method::POST, [one, "getMemberGroups"]) => Operation::ServicePrincipalMemberGroups(object(one)?),
        _ => return Ok(None),
    }))
}

/// A person is named by an object id or by a name, and what is neither names nobody.
fn user(method: &Method, rest: &[&str]) -> Result<Option<Operation>, RouteError> {
    let name = |one: &str| one.to_owned();
    Ok(Some(match (method, rest) {
        (&Method::GET, []) => Operation::UserList,
        (&Method::POST, []) => Operation::UserCreate,
        (&Method::GET, [one]) => Operation::UserShow(name(one)),
        (&Method::PATCH, [one]) => Operation::UserUpdate(name(one)),
        (&Method::DELETE, [one]) => Operation::UserDelete(name(one)),
        (&Method::POST, [one, "getMemberGroups"]) => Operation::UserMemberGroups(name(one)),
        (&Method::GET, [one, "memberOf"]) => Operation::UserMemberOf(name(one)),
        (&Method::GET, [one, "identities"]) => Operation::UserIdentityList(name(one)),
        (&Method::POST, [one, "identities"]) => Operation::UserIdentityAdd(name(one)),
        (&Method::DELETE, [one, "identities", provider]) => Operation::UserIdentityRemove(name(one), id(provider)?),
        _ => return Ok(None),
    }))
}

fn identity_provider(method: &Method, rest: &[&str]) -> Result<Option<Operation>, RouteError> {
    Ok(Some(match (method, rest) {
        (&Method::GET, []) => Operation::IdentityProviderList,
        (&Method::POST, []) => Operation::IdentityProviderCreate,
        (&Method::GET, [one]) => Operation::IdentityProviderShow(object(one)?),
        (&Method::PATCH, [one]) => Operation::IdentityProviderUpdate(object(one)?),
        (&Method::DELETE, [one]) => Operation::IdentityProviderDelete(object(one)?),
        (&Method::POST, [one, "test"]) => Operation::IdentityProviderTest(object(one)?),
        _ => return Ok(None),
    }))
}

fn group(method: &Method, rest: &[&str]) -> Result<Option<Operation>, RouteError> {
    Ok(Some(match (method, rest) {
        (&Method::GET, []) => Operation::GroupList,
        (&Method::POST, []) => Operation::GroupCreate,
        (&Method::GET, [one]) => Operation::GroupShow(object(one)?),
        (&Method::PATCH, [one]) => Operation::GroupUpdate(object(one)?),
        (&Method::DELETE, [one]) => Operation::GroupDelete(object(one)?),
        (&Method::GET, [one, "owners"]) => Operation::GroupOwners(object(one)?),
        (&Method::GET, [one, "members"]) => Operation::GroupMemberList(object(one)?),
        (&Method::POST, [one, "members", "$ref"]) => Operation::GroupMemberAdd(object(one)?),
        (&Method::DELETE, [one, "members", member, "$ref"]) => {
            Operation::GroupMemberRemove(object(one)?, object(member)?)
        }
        (&Method::POST, [one, "getMemberGroups"]) => Operation::GroupMemberGroups(object(one)?),
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_its_id_or_by_its_application() {
        const ID: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
        let wanted = Ok(Operation::ServicePrincipalShow(ID.parse().unwrap()));
        assert_eq!(route(&Method::GET, &format!("/v1.0/servicePrincipals/{ID}")), wanted);
        assert_eq!(
            route(&Method::GET, &format!("/v1.0/servicePrincipals(appId='{ID}')")),
            wanted
        );
        assert_eq!(
            route(&Method::GET, &format!("/v1.0/servicePrincipals(appId=%27{ID}%27)")),
            wanted
        );
        assert!(matches!(
            route(&Method::GET, "/v1.0/applications/x"),
            Err(RouteError::Invalid { .. })
        ));
        let alice = Ok(Operation::UserShow("alice@b.example".to_owned()));
        assert_eq!(route(&Method::GET, "/v1.0/users/alice%40b.example"), alice);
        assert!(matches!(
            route(&Method::GET, "/v1.0/groups/team"),
            Err(RouteError::Invalid { .. })
        ));
        assert_eq!(route(&Method::GET, "/v1.0/nothing"), Err(RouteError::Unknown));
    }
}
