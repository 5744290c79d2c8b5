//! The resource manager's one table from errors to statuses and codes.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Method, StatusCode, header};
use wharf_app::{App, Error};
use wharf_types::access::Principal;
use wharf_types::arm::ErrorBody;
use wharf_types::arm::input::InputError;
use wharf_types::id::RequestId;
use wharf_types::time::Time;

use crate::body::BodyError;
use crate::call::json;
use crate::filter::FilterError;
use crate::path::RouteError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArmError {
    #[error(transparent)]
    App(#[from] Error),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// `$top` or `$skiptoken` is none of ours.
    #[error("the page that was asked for is not one of this list: start again without $skiptoken")]
    Page,
    /// A setting that this version does not have.
    #[error("{0}")]
    Unsupported(String),
    /// A value that is not what it has to be.
    #[error("{message}")]
    Invalid { code: &'static str, message: String },
}

impl ArmError {
    /// A value that is not what it has to be.
    pub(super) fn invalid(code: &'static str, message: impl ToString) -> Self {
        Self::Invalid {
            code,
            message: message.to_string(),
        }
    }
}

/// Who and where, as errors name them.
pub(super) struct Asked<'a> {
    pub(super) app: &'a App,
    pub(super) method: Method,
    pub(super) principal: Option<Principal>,
    /// Whether a token was brought: then the client is told to fetch another.
    pub(super) brought_token: bool,
    pub(super) request: RequestId,
    pub(super) now: Time,
}

/// Status and code of an error.
fn kind(error: &ArmError) -> (StatusCode, &'static str) {
    match error {
        ArmError::App(error) => app_kind(error),
        ArmError::Body(BodyError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge"),
        ArmError::Body(BodyError::Compressed) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType"),
        ArmError::Body(_) | ArmError::Input(_) => (StatusCode::BAD_REQUEST, "InvalidRequestContent"),
        ArmError::Route(RouteError::Unknown) => (StatusCode::NOT_FOUND, "InvalidResourceType"),
        ArmError::Route(RouteError::Method(_)) => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        ArmError::Route(RouteError::Invalid { code, .. }) | ArmError::Invalid { code, .. } => {
            (StatusCode::BAD_REQUEST, code)
        }
        ArmError::Filter(_) => (StatusCode::BAD_REQUEST, "InvalidFilter"),
        ArmError::Page => (StatusCode::BAD_REQUEST, "InvalidSkipToken"),
        ArmError::Unsupported(_) => (StatusCode::BAD_REQUEST, "FeatureNotSupported"),
    }
}

fn app_kind(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "AuthenticationFailed"),
        Error::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
        Error::Forbidden(_) | Error::TokenScope { .. } => (StatusCode::FORBIDDEN, "AuthorizationFailed"),
        Error::NotFound { what, .. } => (
            StatusCode::NOT_FOUND,
            match *what {
                "subscription" => "SubscriptionNotFound",
                "resource group" => "ResourceGroupNotFound",
                "role assignment" => "RoleAssignmentNotFound",
                "role definition" => "RoleDefinitionDoesNotExist",
                _ => "ResourceNotFound",
            },
        ),
        Error::Conflict { code, .. } => (
            match *code {
                "AdminUserDisabled" | "PrincipalNotFound" | "UnmatchedPrincipalType" => StatusCode::BAD_REQUEST,
                "ResourceGroupNotFound" => StatusCode::NOT_FOUND,
                "RoleAssignmentExceedsCaller" => StatusCode::FORBIDDEN,
                _ => StatusCode::CONFLICT,
            },
            code,
        ),
        Error::Invalid(_) => (StatusCode::BAD_REQUEST, "InvalidRequestContent"),
        Error::Busy | Error::Contended => (StatusCode::SERVICE_UNAVAILABLE, "ServerBusy"),
        Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "ServerUnavailable"),
        Error::Full => (StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
    }
}

/// The answer for an error.
pub(super) fn respond(error: &ArmError, asked: &Asked<'_>) -> Response {
    let (status, code) = kind(error);
    if let ArmError::App(error) = error
        && let Some(cause) = error.cause()
    {
        tracing::error!(error = %cause, "a request of the resource manager failed");
    }
    let mut response = json(status, &ErrorBody::new(code, message(error, asked)));
    if asked.method == Method::HEAD {
        *response.body_mut() = axum::body::Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    for (name, value) in headers(error, asked) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn message(error: &ArmError, asked: &Asked<'_>) -> String {
    match error {
        ArmError::App(Error::Forbidden(missing)) => {
            let caller = match (asked.principal, asked.principal.and_then(Principal::object_id)) {
                (_, Some(id)) => format!("with object id '{id}'"),
                (Some(other), None) => format!("'{other}'"),
                (None, None) => String::new(),
            };
            format!(
                "The client {caller} does not have authorization to perform action '{}' over scope '{}'. A role that was given a moment ago holds from the next request on; `wharf acr explain {}` says more.",
                missing.action.name(),
                missing.scope,
                asked.request
            )
        }
        ArmError::App(Error::Unauthenticated) if !asked.brought_token => {
            "Authentication failed. The 'Authorization' header is missing.".to_owned()
        }
        ArmError::App(Error::Unauthenticated) => {
            "The access token is invalid, has expired, is for another audience, or was issued for a credential that no longer exists.".to_owned()
        }
        other => other.to_string(),
    }
}

fn headers(error: &ArmError, asked: &Asked<'_>) -> Vec<(header::HeaderName, String)> {
    match error {
        ArmError::App(Error::Unauthenticated) => vec![(header::WWW_AUTHENTICATE, challenge(asked))],
        ArmError::App(error) => error
            .retry_after()
            .map(|wait| (header::RETRY_AFTER, wait.as_secs().to_string()))
            .into_iter()
            .collect(),
        ArmError::Route(RouteError::Method(methods)) => vec![(header::ALLOW, methods.join(", "))],
        _ => Vec::new(),
    }
}

/// RFC 6750 §3, with Entra's claims challenge where a token was brought: `az` and the SDKs keep a token until it ends, whatever happened to its
/// credential, and only a challenge makes them fetch another.
fn challenge(asked: &Asked<'_>) -> String {
    let place = format!(
        "Bearer authorization_uri=\"{}/organizations\"",
        asked.app.settings().public.base_url()
    );
    if !asked.brought_token {
        return place;
    }
    let now = asked.now.unix_seconds();
    let claims = format!("{{\"access_token\":{{\"nbf\":{{\"essential\":true,\"value\":\"{now}\"}}}}}}");
    let claims = STANDARD.encode(claims);
    format!("{place}, error=\"insufficient_claims\", claims=\"{claims}\"")
}
