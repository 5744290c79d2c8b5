//! The graph's one table from errors to statuses and codes.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use wharf_app::{App, Error};
use wharf_types::arm::input::InputError;
use wharf_types::graph::error::GraphInnerError;
use wharf_types::graph::{GraphError, GraphErrorDetail};
use wharf_types::id::RequestId;

use crate::body::BodyError;
use crate::call::json;
use crate::filter::FilterError;
use crate::path::RouteError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
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
    /// A value that is not what it has to be, or a wish that this version does not fulfil.
    #[error("{0}")]
    Bad(&'static str),
}

/// `$top` or `$skiptoken` is none of ours.
pub(super) const BAD_PAGE: Failure = Failure::Bad("the page that was asked for is not one of this list");

fn kind(failure: &Failure) -> (StatusCode, &'static str) {
    const BAD: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "Request_BadRequest");
    match failure {
        Failure::App(error) => app_kind(error),
        Failure::Body(BodyError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "Request_EntityTooLarge"),
        Failure::Body(BodyError::Compressed) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Request_UnsupportedMediaType"),
        Failure::Filter(_) => (StatusCode::BAD_REQUEST, "Request_UnsupportedQuery"),
        Failure::Route(RouteError::Unknown) => (StatusCode::NOT_FOUND, "Request_ResourceNotFound"),
        Failure::Route(RouteError::Method(_)) => (StatusCode::METHOD_NOT_ALLOWED, "Request_MethodNotAllowed"),
        Failure::Body(_) | Failure::Input(_) | Failure::Route(_) | Failure::Bad(_) => BAD,
    }
}

fn app_kind(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken"),
        Error::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
        Error::Forbidden(_) | Error::TokenScope { .. } => (StatusCode::FORBIDDEN, "Authorization_RequestDenied"),
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, "Request_ResourceNotFound"),
        Error::Conflict { code, .. } => match *code {
            "ObjectConflict" => (StatusCode::CONFLICT, "Request_MultipleObjectsWithSameKeyValue"),
            "PrincipalExceedsCaller" => (StatusCode::FORBIDDEN, "Authorization_RequestDenied"),
            "OutsideDomains" => (StatusCode::BAD_REQUEST, "Request_BadRequest"),
            "TooManyIdentityProviders" => (StatusCode::BAD_REQUEST, "Directory_QuotaExceeded"),
            "MemberExists" | "GroupCycle" | "GroupNestingTooDeep" => (StatusCode::BAD_REQUEST, "Request_BadRequest"),
            "TooManyCredentials" => (StatusCode::BAD_REQUEST, "Directory_QuotaExceeded"),
            code => (StatusCode::CONFLICT, code),
        },
        Error::Invalid(_) => (StatusCode::BAD_REQUEST, "Request_BadRequest"),
        Error::Busy | Error::Contended => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        Error::Full => (StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
    }
}

/// The answer for a failure.
pub(super) fn respond(failure: &Failure, app: &App, request: RequestId) -> Response {
    let (status, code) = kind(failure);
    if let Failure::App(error) = failure
        && let Some(cause) = error.cause()
    {
        tracing::error!(error = %cause, "a request of the graph failed");
    }
    let message = match failure {
        Failure::App(Error::Unauthenticated) => {
            "The access token is missing, invalid, has expired, is for another audience, or was issued for a credential that no longer exists.".to_owned()
        }
        Failure::App(Error::Forbidden(_)) => format!("{failure}; `wharf acr explain {request}` says more"),
        other => other.to_string(),
    };
    let body = GraphError {
        error: GraphErrorDetail {
            code: code.to_owned(),
            message,
            inner_error: Some(GraphInnerError {
                request_id: Some(request.to_string()),
                client_request_id: None,
            }),
        },
    };
    let mut response = json(status, &body);
    let header = match failure {
        Failure::App(Error::Unauthenticated) => {
            let base = app.settings().public.base_url();
            Some((
                header::WWW_AUTHENTICATE,
                format!("Bearer authorization_uri=\"{base}/organizations\""),
            ))
        }
        Failure::App(error) => error
            .retry_after()
            .map(|wait| (header::RETRY_AFTER, wait.as_secs().to_string())),
        Failure::Route(RouteError::Method(methods)) => Some((header::ALLOW, methods.join(", "))),
        _ => None,
    };
    if let Some((name, value)) = header
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        response.headers_mut().insert(name, value);
    }
    response
}
