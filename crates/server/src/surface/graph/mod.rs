//! The graph: people, groups, applications and service principals, in the part of Microsoft Graph's wire shape that `az ad` and the SDKs use.
//!
//! Everything needs a directory access token for the graph. An application and its service principal have one set of secrets, which both show: whichever of
//! the two a client resets, the old secret really goes.

mod application;
mod body;
mod credential;
mod directory_object;
mod error;
mod federated_credential;
mod group;
mod identity_provider;
mod membership;
mod operation;
mod page;
mod permission_grant;
mod service_principal;
mod user;

use axum::extract::Request;
use axum::response::Response;
use wharf_app::identity::{Audience, Caller, Presented};
use wharf_app::{App, Error, OpContext, repeated};

use crate::body::drain;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::request::presented;
use error::{Failure, respond};
use operation::{Operation, route};

/// The surface's rows of the endpoint table.
pub fn endpoints() -> Vec<Endpoint> {
    Operation::endpoints()
}

pub(super) async fn handle(app: App, caller: Caller, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // Who calls comes before what is wrong with the call.
    let ctx = match sign_in(&app, caller, presented(&parts.headers)).await {
        Ok(ctx) => ctx,
        Err(error) => {
            drain(body).await;
            return respond(&error.into(), &app, caller.request);
        }
    };
    let operation = match route(&parts.method, parts.uri.path()) {
        Ok(operation) => operation,
        Err(error) => {
            drain(body).await;
            return respond(&error.into(), &app, caller.request);
        }
    };
    tracing::trace!(endpoint = operation.endpoint().path, "the graph was asked");
    let result = match Call::read(app.clone(), ctx, parts.uri, &parts.headers, body).await {
        Ok(call) => match call.renewed().await {
            Ok(call) => repeated!(
                perform(operation.clone(), call.clone()).await,
                Failure::App(Error::Contended)
            ),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    };
    result.unwrap_or_else(|failure| respond(&failure, &app, caller.request))
}

async fn sign_in(app: &App, caller: Caller, credential: Presented) -> Result<OpContext, Error> {
    match credential {
        Presented::Bearer(token) => app.directory_caller(caller, Audience::Graph, &token).await,
        Presented::Nothing | Presented::Basic { .. } => Err(Error::Unauthenticated),
    }
}

async fn perform(operation: Operation, call: Call) -> Result<Response, Failure> {
    match operation {
        Operation::ApplicationList => application::list(call).await,
        Operation::ApplicationCreate => application::create(call).await,
        Operation::ApplicationShow(id) => application::show(call, id).await,
        Operation::ApplicationUpdate(id) => application::update(call, id).await,
        Operation::ApplicationDelete(id) => application::delete(call, id).await,
        Operation::ApplicationAddPassword(id) => {
            let application = call.app.application_get(&call.ctx, id).await?;
            credential::add(call, application).await
        }
        Operation::ApplicationRemovePassword(id) => {
            let application = call.app.application_get(&call.ctx, id).await?;
            credential::remove(call, application).await
        }
        Operation::FederatedCredentialList(id) => federated_credential::list(call, id).await,
        Operation::FederatedCredentialCreate(id) => federated_credential::create(call, id).await,
        Operation::FederatedCredentialShow((id, one)) => federated_credential::show(call, id, &one).await,
        Operation::FederatedCredentialDelete((id, one)) => federated_credential::delete(call, id, &one).await,
        Operation::ServicePrincipalList => service_principal::list(call).await,
        Operation::ServicePrincipalCreate => service_principal::create(call).await,
        Operation::ServicePrincipalShow(id) => service_principal::show(call, id).await,
        Operation::ServicePrincipalUpdate(id) => service_principal::update(call, id).await,
        Operation::ServicePrincipalDelete(id) => service_principal::delete(call, id).await,
        Operation::ServicePrincipalAddPassword(id) => {
            let (_, application) = call.app.service_principal_get(&call.ctx, id).await?;
            credential::add(call, application).await
        }
        Operation::ServicePrincipalRemovePassword(id) => {
            let (_, application) = call.app.service_principal_get(&call.ctx, id).await?;
            credential::remove(call, application).await
        }
        Operation::PermissionGrantList => permission_grant::list(call).await,
        Operation::PermissionGrantCreate => permission_grant::create(call).await,
        Operation::PermissionGrantDelete(id) => permission_grant::delete(call, id).await,
        Operation::ObjectsByIds => directory_object::by_ids(call).await,
        Operation::ObjectCheckMemberGroups(id) => membership::check(call, id).await,
        Operation::ObjectMemberGroups(id)
        | Operation::GroupMemberGroups(id)
        | Operation::ServicePrincipalMemberGroups(id) => membership::member_groups(call, id).await,
        Operation::UserList => user::list(call).await,
        Operation::UserCreate => user::create(call).await,
        Operation::UserShow(id) => user::show(call, id).await,
        Operation::UserUpdate(id) => user::update(call, id).await,
        Operation::InvitationCreate => user::invite(call).await,
        Operation::UserDelete(id) => user::delete(call, id).await,
        Operation::UserMemberGroups(id) => user::member_groups(call, id).await,
        Operation::UserMemberOf(id) => user::member_of(call, id).await,
        Operation::UserIdentityList(id) => identity_provider::identities(call, id).await,
        Operation::UserIdentityAdd(id) => identity_provider::identity_add(call, id).await,
        Operation::UserIdentityRemove(id, provider) => identity_provider::identity_remove(call, id, provider).await,
        Operation::IdentityProviderList => identity_provider::list(call).await,
        Operation::IdentityProviderCreate => identity_provider::create(call).await,
        Operation::IdentityProviderShow(id) => identity_provider::show(call, id).await,
        Operation::IdentityProviderUpdate(id) => identity_provider::update(call, id).await,
        Operation::IdentityProviderDelete(id) => identity_provider::delete(call, id).await,
        Operation::IdentityProviderTest(id) => identity_provider::test(call, id).await,
        Operation::Me => user::me(call).await,
        Operation::MyMemberOf => user::my_member_of(call).await,
        Operation::GroupList => group::list(call).await,
        Operation::GroupCreate => group::create(call).await,
        Operation::GroupShow(id) => group::show(call, id).await,
        Operation::GroupUpdate(id) => group::update(call, id).await,
        Operation::GroupDelete(id) => group::delete(call, id).await,
        Operation::GroupOwners(id) => group::owners(call, id).await,
        Operation::GroupMemberList(id) => membership::list(call, id).await,
        Operation::GroupMemberAdd(id) => membership::add(call, id).await,
        Operation::GroupMemberRemove(id, member) => membership::remove(call, id, member).await,
    }
}
