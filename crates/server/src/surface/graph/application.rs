//! Applications.

use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;
use wharf_app::identity::{Application, NewApplication};
use wharf_types::graph::GraphPage;
use wharf_types::graph::application::ApplicationInput;

use super::error::{BAD_PAGE, Failure};
use super::{body, credential};
use crate::call::{Call, empty, json};
use crate::filter::{FilterError, Operator, Term, parse};

pub(super) async fn list(call: Call) -> Result<Response, Failure> {
    let page = call.page().ok_or(BAD_PAGE)?;
    let after = page
        .after
        .map_or(Ok(Uuid::nil()), |key| key.parse())
        .map_err(|_| BAD_PAGE)?;
    let terms = match call.field("$filter") {
        Some(text) => known(parse(text)?, text)?,
        None => Vec::new(),
    };
    let admits = |application: &Application| terms.iter().all(|term| term.admits(application));
    let (applications, next) = call.app.application_list(&call.ctx, admits, after, page.size).await?;
    let mut value = Vec::with_capacity(applications.len());
    for application in applications {
        let credentials = credential::list(&call, &application).await?;
        value.push(body::application(application, credentials));
    }
    let page = GraphPage {
        context: None,
        next_link: next.map(|key| call.next_link(key)),
        value,
    };
    Ok(json(StatusCode::OK, &page))
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
    let input: ApplicationInput = call.input()?;
    let certificates = input.key_credentials.unwrap_or_default();
    let new = NewApplication {
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
    let input: ApplicationInput = call.input()?;
    let known = call.app.application_get(&call.ctx, id).await?;
    if input.identifier_uris.is_some_and(|uris| uris != known.identifier_uris) {
        return Err(Failure::Bad(
            "identifierUris cannot be changed after the application was registered",
        ));
    }
    if let Some(certificates) = input.key_credentials {
        credential::set_certificates(&call, &known, certificates).await?;
    }
    if let Some(name) = input.display_name {
        call.app.application_rename(&call.ctx, id, &name).await?;
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn delete(call: Call, id: Uuid) -> Result<Response, Failure> {
    call.app.application_delete(&call.ctx, id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
