//! `/oauth2/exchange` and `/oauth2/revoke`: where a registry's refresh tokens come from, and end (ACR; RFC 7009).

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, PRAGMA};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use wharf_app::App;
use wharf_app::identity::Caller;
use wharf_types::name::RegistryName;
use wharf_types::secret::Secret;

use super::v2::OciError;
use crate::body::{drain, only_field, read_form};
use crate::host::Host;

pub(super) async fn exchange(app: App, caller: Caller, host: Host, request: Request) -> Response {
    let answer = match form(request).await {
        Ok(form) => issue(&app, caller, &host, form).await,
        Err(response) => return response,
    };
    not_stored(answer.unwrap_or_else(IntoResponse::into_response))
}

pub(super) async fn revoke(app: App, caller: Caller, request: Request) -> Response {
    let form = match form(request).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let revoked = async {
        let form = form?;
        let token = value(&form, "token")?.ok_or_else(|| missing("token"))?;
        Ok::<_, OciError>(app.refresh_token_revoke(caller, token).await?)
    };
    not_stored(match revoked.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.into_response(),
    })
}

type Form = Vec<(String, String)>;

/// The form of a POST, or why it cannot be read; any other method is answered at once.
async fn form(request: Request) -> Result<Result<Form, OciError>, Response> {
    let (parts, body): (Parts, Body) = request.into_parts();
    if parts.method != Method::POST {
        drain(body).await;
        return Err((StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response());
    }
    Ok(read_form(&parts.headers, body).await.map_err(OciError::from))
}

/// A field's value; none of them may be said in two ways.
fn value<'a>(form: &'a Form, name: &'static str) -> Result<Option<&'a str>, OciError> {
    let value = only_field(form, name).map_err(|error| unsupported(&error.to_string()))?;
    Ok(value.filter(|text| !text.is_empty()))
}

async fn issue(app: &App, caller: Caller, host: &Host, form: Result<Form, OciError>) -> Result<Response, OciError> {
    let form = form?;
    let token = match value(&form, "grant_type")? {
        // With both, the access token is enough: whoever could refresh it has just done so.
        Some("access_token" | "access_token_refresh_token") => {
            value(&form, "access_token")?.ok_or_else(|| missing("access_token"))?
        }
        // The directory's refresh tokens rotate: one that is used up here would end the session of the client that keeps it.
        Some("refresh_token") => {
            return Err(unsupported(
                "the directory's refresh tokens are used at the directory alone: get an access token there with the scope https://containerregistry.azure.net/.default, and exchange that (grant_type=access_token)",
            ));
        }
        other => {
            let shown: String = other.unwrap_or("").chars().take(100).collect();
            return Err(unsupported(&format!(
                "grant_type is access_token or access_token_refresh_token, and not {shown:?}"
            )));
        }
    };
    let name = registry(app, host, value(&form, "service")?)?;
    let place = app.registry_place(&name, caller.now).await?;
    let tenant = value(&form, "tenant")?;
    match app
        .registry_exchange(caller, place.as_ref(), tenant, &Secret::new(token))
        .await?
    {
        Some(refresh) => Ok(Json(json!({"refresh_token": refresh.token})).into_response()),
        None => Err(OciError::registry_unknown(name.as_str())),
    }
}

/// The registry: that of the host, or at the base host the one that `service` names, as `myregistry.example.com` or as `example.com/myregistry`.
fn registry(app: &App, host: &Host, service: Option<&str>) -> Result<RegistryName, OciError> {
    let authority = match host {
        Host::Registry { name, .. } => return Ok(name.clone()),
        Host::Base { authority } => authority,
    };
    let public = &app.settings().public;
    let by_path = || service?.split_once('/')?.1.parse().ok();
    let by_host = || match Host::parse(service?, public)? {
        Host::Registry { name, .. } => Some(name),
        Host::Base { .. } => None,
    };
    by_host().or_else(by_path).ok_or_else(|| {
        unsupported(&format!(
            "a refresh token is for one registry: name it, service=REGISTRY.{} or service={authority}/REGISTRY",
            public.base()
        ))
    })
}

fn missing(name: &str) -> OciError {
    unsupported(&format!("the field {name} is missing"))
}

fn unsupported(message: &str) -> OciError {
    OciError::Parameter {
        code: "UNSUPPORTED",
        message: message.to_owned(),
    }
}

/// RFC 6749 §5.1.
fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
