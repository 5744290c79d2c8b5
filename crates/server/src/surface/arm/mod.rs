//! The resource manager: subscriptions, resource groups, registries, roles, and what was done. ARM's wire shape, as `az` and the Azure SDKs speak it.
//!
//! Everything but `/metadata/endpoints` needs a directory access token for the resource manager. Every operation ends inside its request. Any `api-version`
//! is accepted, and none is required: there is one shape of every answer.

mod activity;
mod check_access;
mod credential;
mod error;
mod group;
mod metadata;
mod operation;
mod provider;
mod registry;
mod registry_body;
mod resource;
mod role_assignment;
mod role_definition;
mod subscription;

use axum::extract::Request;
use axum::response::Response;
use wharf_app::identity::{Audience, Caller, Presented};
use wharf_app::{App, Error, OpContext, repeated};

use crate::body::drain;
use crate::call::Call;
use crate::endpoint::{Access, Endpoint};
use crate::request::presented;
use error::{ArmError, Asked, respond};
use operation::{Operation, route};

/// The surface's rows of the endpoint table.
pub fn endpoints() -> Vec<Endpoint> {
    Operation::endpoints()
}

/// Whether a path of the base host is the resource manager's.
pub(super) fn owns(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty()).unwrap_or("");
    ["metadata", "tenants", "subscriptions", "providers"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(first))
}

pub(super) async fn handle(app: App, caller: Caller, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let credential = presented(&parts.headers);
    let mut asked = Asked {
        app: &app,
        method: parts.method.clone(),
        principal: None,
        brought_token: !matches!(credential, Presented::Nothing),
        request: caller.request,
        now: caller.now,
    };
    let operation = route(&parts.method, parts.uri.path());
    if matches!(&operation, Ok(operation) if operation.endpoint().access == Access::Public) {
        return metadata::show(&app, &parts.uri)
            .await
            .unwrap_or_else(|error| respond(&error, &asked));
    }
    // Who calls comes before what is wrong with the call.
    let ctx = match sign_in(&app, caller, credential).await {
        Ok(ctx) => ctx,
        Err(error) => {
            drain(body).await;
            return respond(&error.into(), &asked);
        }
    };
    asked.principal = Some(ctx.subject.principal);
    let operation = match operation {
        Ok(operation) => operation,
        Err(error) => {
            drain(body).await;
            return respond(&error.into(), &asked);
        }
    };
    tracing::trace!(endpoint = operation.endpoint().path, "the resource manager was asked");
    let result = match Call::read(app.clone(), ctx, parts.uri, &parts.headers, body).await {
        Ok(call) => match call.renewed().await {
            Ok(call) => repeated!(
                perform(operation.clone(), call.clone()).await,
                ArmError::App(Error::Contended)
            ),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    };
    result.unwrap_or_else(|error| respond(&error, &asked))
}

async fn sign_in(app: &App, caller: Caller, credential: Presented) -> Result<OpContext, Error> {
    match credential {
        Presented::Bearer(token) => app.directory_caller(caller, Audience::ResourceManager, &token).await,
        Presented::Nothing | Presented::Basic { .. } => Err(Error::Unauthenticated),
    }
}

async fn perform(operation: Operation, call: Call) -> Result<Response, ArmError> {
    match operation {
        Operation::MetadataShow => metadata::show(&call.app, call.uri()).await,
        Operation::TenantList => subscription::tenant_list(call).await,
        Operation::SubscriptionList => subscription::list(call).await,
        Operation::SubscriptionShow(id) => subscription::show(call, id).await,
        Operation::LocationList(id) => subscription::location_list(call, id).await,
        Operation::AliasShow(alias) => subscription::alias_show(call, &alias).await,
        Operation::AliasPut(alias) => subscription::alias_put(call, &alias).await,
        Operation::ProviderList(id) => provider::list(call, id).await,
        Operation::ProviderShow(id, name) | Operation::ProviderRegister(id, name) => {
            provider::show(call, id, &name).await
        }
        Operation::ResourceList(id) => resource::list(call, id).await,
        Operation::GroupList(id) => group::list(call, id).await,
        Operation::GroupPut(id, name) => group::put(call, id, name).await,
        Operation::GroupPatch(id, name) => group::patch(call, id, name).await,
        Operation::GroupShow(id, name) => group::show(call, id, name).await,
        Operation::GroupExists(id, name) => group::exists(call, id, name).await,
        Operation::GroupDelete(id, name) => group::delete(call, id, name).await,
        Operation::GroupResourceList(id, name) => resource::list_in_group(call, id, name).await,
        Operation::RegistryNameCheck(id) => registry::name_check(call, id).await,
        Operation::RegistryList(id) => registry::list(call, id).await,
        Operation::RegistryListInGroup(id, name) => registry::list_in_group(call, id, name).await,
        Operation::RegistryPut(scope) => registry::put(call, scope).await,
        Operation::RegistryPatch(scope) => registry::patch(call, scope).await,
        Operation::RegistryShow(scope) => registry::show(call, scope).await,
        Operation::RegistryDelete(scope) => registry::delete(call, scope).await,
        Operation::CredentialList(scope) => credential::list(call, scope).await,
        Operation::CredentialRegenerate(scope) => credential::regenerate(call, scope).await,
        Operation::UsageList(scope) => registry::usage_list(call, scope).await,
        Operation::RoleDefinitionList(scope) => role_definition::list(call, &scope),
        Operation::RoleDefinitionShow(scope, id) => role_definition::show(call, &scope, id),
        Operation::RoleAssignmentList(scope) => role_assignment::list(call, scope).await,
        Operation::RoleAssignmentShow(scope, id) => role_assignment::show(call, scope, id).await,
        Operation::RoleAssignmentPut(scope, id) => role_assignment::put(call, scope, id).await,
        Operation::RoleAssignmentDelete(scope, id) => role_assignment::delete(call, scope, id).await,
        Operation::AccessCheck(scope) => check_access::show(call, scope).await,
        Operation::ActivityList(subscription) => activity::list(call, subscription).await,
    }
}
