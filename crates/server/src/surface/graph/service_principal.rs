//! Service principals.

use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;
use wharf_app::identity::PrincipalFilter;
use wharf_types::graph::service_principal::{ServicePrincipalPatch, ServicePrincipalPost};
use wharf_types::id::AppId;

use super::error::Failure;
use super::page::{page_of, paged};
use super::{body, credential};
use crate::call::{Call, empty, json};
use crate::filter::{FilterError, Operator, Term, parse};

pub(super) async fn list(call: Call) -> Result<Response, Failure> {
    let (after, size) = page_of(&call)?;
    let filter = match call.field("$filter") {
        Some(text) => filter(text)?,
        None => PrincipalFilter::All,
    };
    let (principals, next) = call.app.service_principal_list(&call.ctx, &filter, after, size).await?;
    let mut value = Vec::with_capacity(principals.len());
    for principal in principals {
        let (principal, application) = call.app.service_principal_get(&call.ctx, principal.id.0).await?;
        let credentials = credential::list(&call, &application).await?;
        value.push(body::service_principal(principal, credentials));
    }
    Ok(paged(&call, value, next))
}

/// Clients ask for one thing at a time.
fn filter(text: &str) -> Result<PrincipalFilter, FilterError> {
    let error = || FilterError(text.to_owned());
    let by_app_id = |value: String| value.parse().map_or(PrincipalFilter::Nothing, PrincipalFilter::AppId);
    let [term] = <[Term; 1]>::try_from(parse(text)?).map_err(|_| error())?;
    match term {
        Term::Compare {
            field,
            operator: Operator::Equal,
            value,
        } => match field.as_str() {
            "displayName" => Ok(PrincipalFilter::DisplayName(value)),
            "appId" => Ok(by_app_id(value)),
            _ => Err(error()),
        },
        Term::Call { name, arguments } if name == "startswith" => match <[String; 2]>::try_from(arguments) {
            Ok([field, start]) if field == "displayName" => Ok(PrincipalFilter::DisplayNameStartsWith(start)),
            _ => Err(error()),
        },
        Term::Any { collection, value } if collection == "servicePrincipalNames" => Ok(by_app_id(value)),
        _ => Err(error()),
    }
}

pub(super) async fn create(call: Call) -> Result<Response, Failure> {
    let ServicePrincipalPost {
        app_id,
        account_enabled,
    } = call.input()?;
    if !account_enabled {
        return Err(Failure::Bad(
            "a service principal is made enabled: make it, then disable it with PATCH",
        ));
    }
    let principal = call.app.service_principal_create(&call.ctx, AppId(app_id)).await?;
    let (principal, application) = call.app.service_principal_get(&call.ctx, principal.id.0).await?;
    let credentials = credential::list(&call, &application).await?;
    Ok(json(
        StatusCode::CREATED,
        &body::service_principal(principal, credentials),
    ))
}

pub(super) async fn show(call: Call, id: Uuid) -> Result<Response, Failure> {
    let (principal, application) = call.app.service_principal_get(&call.ctx, id).await?;
    let credentials = credential::list(&call, &application).await?;
    Ok(json(StatusCode::OK, &body::service_principal(principal, credentials)))
}

pub(super) async fn update(call: Call, id: Uuid) -> Result<Response, Failure> {
    let ServicePrincipalPatch {
        account_enabled,
        key_credentials,
    } = call.input()?;
    if let Some(certificates) = key_credentials {
        let (_, application) = call.app.service_principal_get(&call.ctx, id).await?;
        credential::set_certificates(&call, &application, certificates).await?;
    }
    match account_enabled {
        Some(enabled) => call.app.service_principal_enable(&call.ctx, id, enabled).await?,
        None => {
            call.app.service_principal_get(&call.ctx, id).await?;
        }
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn delete(call: Call, id: Uuid) -> Result<Response, Failure> {
    call.app.service_principal_delete(&call.ctx, id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
