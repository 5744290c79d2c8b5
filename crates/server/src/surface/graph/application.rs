//! Applications.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;
use wharf_app::identity::{Application, ApplicationChange, ClientSettings, NewApplication};
use wharf_types::graph::application::ApplicationInput;

use super::error::Failure;
use super::page::{page_of, paged};
use super::{body, credential};
use crate::call::{Call, empty, json};
use crate::filter::{FilterError, Operator, Term, parse};

pub(super) async fn list(call: Call) -> Result<Response, Failure> {
    let (after, size) = page_of(&call)?;
    let terms = match call.field("$filter") {
        Some(text) => known(parse(text)?, text)?,
        None => Vec::new(),
    };
    let admits = |application: &Application| terms.iter().all(|term| term.admits(application));
    let (applications, next) = call.app.application_list(&call.ctx, admits, after, size).await?;
    let mut value = Vec::with_capacity(applications.len());
    for application in applications {
        let credentials = credential::list(&call, &application).await?;
        value.push(body::application(application, credentials));
    }
    Ok(paged(&call, value, next))
}

/// A term of a filter that applications have.
enum Wanted {
    Id(String),
    AppId(String),
    DisplayName(String),
    DisplayNameStart(String),
    IdentifierUri(String),
}

impl Wanted {
    fn admits(&self, application: &Application) -> bool {
        match self {
            Self::Id(id) => application.id.to_string().eq_ignore_ascii_case(id),
            Self::AppId(id) => application.app_id.to_string().eq_ignore_ascii_case(id),
            Self::DisplayName(name) => application.display_name.eq_ignore_ascii_case(name),
            Self::DisplayNameStart(start) => {
                let head = application.display_name.get(..start.len());
                head.is_some_and(|head| head.eq_ignore_ascii_case(start))
            }
            Self::IdentifierUri(uri) => application.identifier_uris.contains(uri),
        }
    }
}

fn known(terms: Vec<Term>, text: &str) -> Result<Vec<Wanted>, FilterError> {
    let wanted = |term| match term {
        Term::Compare {
            field,
            operator: Operator::Equal,
            value,
        } => match field.as_str() {
            "id" => Some(Wanted::Id(value)),
            "appId" => Some(Wanted::AppId(value)),
            "displayName" => Some(Wanted::DisplayName(value)),
            _ => None,
        },
        Term::Call { name, arguments } if name == "startswith" => match <[String; 2]>::try_from(arguments) {
            Ok([field, start]) if field == "displayName" => Some(Wanted::DisplayNameStart(start)),
            _ => None,
        },
        Term::Any { collection, value } if collection == "identifierUris" => Some(Wanted::IdentifierUri(value)),
        _ => None,
    };
    let wanted: Option<Vec<Wanted>> = terms.into_iter().map(wanted).collect();
    wanted.ok_or_else(|| FilterError(text.to_owned()))
}

pub(super) async fn create(call: Call) -> Result<Response, Failure> {
    let mut input: ApplicationInput = call.input()?;
    let client = client(&mut input, &ClientSettings::default())?;
    let certificates = input.key_credentials.unwrap_or_default();
    let new = NewApplication {
        client: client.unwrap_or_default(),
        display_name: input.display_name.ok_or(Failure::Bad("displayName is missing"))?,
        identifier_uris: input.identifier_uris.unwrap_or_default(),
    };
    let application = call.app.application_create(&call.ctx, new).await?;
    if !certificates.is_empty()
        && let Err(failure) = credential::set_certificates(&call, &application, certificates).await
    {
        // A request that is refused leaves nothing behind.
        call.app.application_delete(&call.ctx, application.id.0).await?;
        return Err(failure);
    }
    let credentials = credential::list(&call, &application).await?;
    Ok(json(StatusCode::CREATED, &body::application(application, credentials)))
}

pub(super) async fn show(call: Call, id: Uuid) -> Result<Response, Failure> {
    let application = call.app.application_get(&call.ctx, id).await?;
    let credentials = credential::list(&call, &application).await?;
    Ok(json(StatusCode::OK, &body::application(application, credentials)))
}

pub(super) async fn update(call: Call, id: Uuid) -> Result<Response, Failure> {
    let mut input: ApplicationInput = call.input()?;
    let known = call.app.application_get(&call.ctx, id).await?;
    let change = ApplicationChange {
        client: client(&mut input, &known.client)?,
        display_name: input.display_name,
        identifier_uris: input.identifier_uris,
    };
    if let Some(certificates) = input.key_credentials {
        credential::set_certificates(&call, &known, certificates).await?;
    }
    if change.display_name.is_some() || change.identifier_uris.is_some() || change.client.is_some() {
        call.app.application_update(&call.ctx, id, change).await?;
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

/// What an application is to be to people whom it acts for; none where nothing is said of it. What there is not here is refused, and not forgotten.
fn client(input: &mut ApplicationInput, known: &ClientSettings) -> Result<Option<ClientSettings>, Failure> {
    let is_said = |list: &Option<Vec<Value>>| list.as_ref().is_some_and(|list| !list.is_empty());
    if input
        .sign_in_audience
        .as_deref()
        .is_some_and(|audience| audience != "AzureADMyOrg")
    {
        return Err(Failure::Bad(
            "signInAudience is AzureADMyOrg: an application acts for people of its own directory",
        ));
    }
    if is_said(&input.app_roles)
        || input
            .api
            .as_ref()
            .is_some_and(|api| is_said(&api.oauth2_permission_scopes))
    {
        return Err(Failure::Bad(
            "appRoles and api.oauth2PermissionScopes are not supported: applications have no permissions of their own to give",
        ));
    }
    let asks = |claims: &Value| {
        let lists = claims.as_object().into_iter().flat_map(|claims| claims.values());
        lists.filter_map(Value::as_array).any(|list| !list.is_empty())
    };
    if input.optional_claims.as_ref().is_some_and(asks) {
        return Err(Failure::Bad(
            "optionalClaims are not supported: every token has all claims",
        ));
    }
    let mut client = known.clone();
    if let Some(web) = input.web.take() {
        let implicit = web.implicit_grant_settings.unwrap_or_default();
        if implicit.enable_access_token_issuance || implicit.enable_id_token_issuance {
            return Err(Failure::Bad(
                "implicitGrantSettings are off, always: tokens are fetched with a code and PKCE",
            ));
        }
        client.web = web.redirect_uris.unwrap_or(client.web);
        client.home_page = web.home_page_url.filter(|page| !page.is_empty()).or(client.home_page);
    }
    if let Some(spa) = input.spa.take() {
        client.spa = spa.redirect_uris;
    }
    if let Some(native) = input.public_client.take() {
        client.native = native.redirect_uris;
    }
    client.allow_public = input.is_fallback_public_client.unwrap_or(client.allow_public);
    if let Some(required) = input.required_resource_access.take() {
        client.required_access = required;
    }
    Ok((client != *known).then_some(client))
}

pub(super) async fn delete(call: Call, id: Uuid) -> Result<Response, Failure> {
    call.app.application_delete(&call.ctx, id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
