//! The directory's one table from errors to statuses and codes: RFC 6749 §5.2, with Entra's numbers, which `az` and MSAL show.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use wharf_app::Error;
use wharf_app::identity::{AssertionError, Caller};
use wharf_app::oauth::GrantError;
use wharf_types::oauth::OAuthErrorBody;

use crate::body::BodyError;
use crate::call::json;
use crate::path::RouteError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    App(#[from] Error),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Route(#[from] RouteError),
    /// A field that has to be there is not, or comes twice (RFC 6749 §3.2).
    #[error("The request body must contain the following parameter once: '{0}'.")]
    Field(&'static str),
    /// Two ways at once to say who the client is (RFC 6749 §2.3).
    #[error("The client has to say who it is in one way: by Basic, or in the body.")]
    TwoCredentials,
    /// An assertion that does not open.
    #[error(transparent)]
    Assertion(AssertionError),
    /// An assertion of another kind than a JWT.
    #[error("client_assertion_type has to be urn:ietf:params:oauth:client-assertion-type:jwt-bearer.")]
    AssertionType,
    /// A grant that this directory does not have.
    #[error(
        "The grant '{0}' is not supported. Service principals sign in with client_credentials, people in a browser or with a device code."
    )]
    Grant(String),
    /// The scope is not `{resource}/.default`.
    #[error(
        "The scope '{0}' is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier."
    )]
    Scope(String),
    /// A resource that nothing here is.
    #[error("The resource '{0}' is not known here. See /metadata/endpoints for those that are.")]
    Resource(String),
    /// What a client asks for on a person's behalf is not granted, or not yet.
    #[error(transparent)]
    Person(GrantError),
    /// No token of the graph was brought, or one that is not good.
    #[error("A bearer token for the graph is needed.")]
    Bearer,
    /// A tenant that is not here.
    #[error(
        "Tenant '{0}' not found. Check that you have the correct tenant ID, and that you sign in at the right server."
    )]
    Tenant(String),
}

impl From<GrantError> for Refusal {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::App(error) => Self::App(error),
            other => Self::Person(other),
        }
    }
}

fn person_kind(error: &GrantError) -> (StatusCode, &'static str, u32) {
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    match error {
        GrantError::Client => (StatusCode::UNAUTHORIZED, "invalid_client", 700_016),
        GrantError::Secret | GrantError::Device => (StatusCode::UNAUTHORIZED, "invalid_client", 7_000_218),
        GrantError::Origin => (BAD, "invalid_request", 9_002_327),
        GrantError::Consent => (BAD, "invalid_grant", 65_001),
        GrantError::Scope(_) => (BAD, "invalid_scope", 70_011),
        GrantError::Resource(_) => (BAD, "invalid_resource", 500_011),
        GrantError::Pending => (BAD, "authorization_pending", 70_016),
        GrantError::SlowDown => (BAD, "slow_down", 70_016),
        GrantError::Expired => (BAD, "expired_token", 70_020),
        GrantError::Denied => (BAD, "access_denied", 65_004),
        GrantError::Grant(_) | GrantError::App(_) => (BAD, "invalid_grant", 700_082),
    }
}

/// Status, RFC 6749's code and Entra's number.
fn kind(refusal: &Refusal) -> (StatusCode, &'static str, u32) {
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    match refusal {
        Refusal::App(Error::Throttled { .. }) => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", 50196),
        Refusal::App(Error::Busy | Error::Contended | Error::Unavailable(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", 90033)
        }
        Refusal::App(Error::Internal(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", 90002),
        Refusal::App(Error::Full) => (StatusCode::INSUFFICIENT_STORAGE, "server_error", 90033),
        Refusal::App(Error::Invalid(_)) => (BAD, "invalid_request", 900_144),
        // Wrong, absent, expired, disabled, deleted: one answer (rule 5).
        Refusal::App(_) => (StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215),
        Refusal::Assertion(error) => (StatusCode::UNAUTHORIZED, "invalid_client", assertion(error)),
        Refusal::Body(BodyError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", 90_100),
        Refusal::AssertionType => (BAD, "invalid_request", 50_027),
        Refusal::Body(_) | Refusal::Field(_) | Refusal::TwoCredentials => (BAD, "invalid_request", 900_144),
        Refusal::Route(RouteError::Method(_)) => (StatusCode::METHOD_NOT_ALLOWED, "invalid_request", 900_561),
        Refusal::Route(_) => (StatusCode::NOT_FOUND, "invalid_request", 90_023),
        Refusal::Grant(_) => (BAD, "unsupported_grant_type", 70_003),
        Refusal::Scope(_) => (BAD, "invalid_scope", 1_002_012),
        Refusal::Resource(_) => (BAD, "invalid_resource", 500_011),
        Refusal::Tenant(_) => (BAD, "invalid_request", 90_002),
        Refusal::Person(error) => person_kind(error),
        Refusal::Bearer => (StatusCode::UNAUTHORIZED, "invalid_token", 50_013),
    }
}

/// Entra's number for what is wrong with an assertion.
fn assertion(error: &AssertionError) -> u32 {
    match error {
        AssertionError::Operation(_) => 90_002,
        AssertionError::Malformed(_) => 50_027,
        AssertionError::Key | AssertionError::IssuerKey => 700_027,
        AssertionError::Audience(_) => 700_023,
        AssertionError::Times(_) => 700_024,
        AssertionError::Used => 700_031,
        AssertionError::NoFederatedCredential { .. } => 700_213,
        AssertionError::Issuer(_) => 90_014,
    }
}

impl From<AssertionError> for Refusal {
    fn from(error: AssertionError) -> Self {
        match error {
            AssertionError::Operation(error) => Self::App(error),
            error => Self::Assertion(error),
        }
    }
}

/// The answer for a refusal. `by_basic` says that the client showed its secret in a header, which then gets a challenge of its own (RFC 6749 §5.2).
pub(super) fn respond(refusal: &Refusal, caller: Caller, by_basic: bool) -> Response {
    let (status, error, number) = kind(refusal);
    if let Refusal::App(error) = refusal
        && let Some(cause) = error.cause()
    {
        tracing::error!(error = %cause, "a request of the directory failed");
    }
    let text = match refusal {
        Refusal::App(Error::Unauthenticated) => {
            "Invalid client secret provided, or the client is not known, disabled, or its secret has expired. Ensure the secret being sent is the client secret value, not the client secret ID.".to_owned()
        }
        other => other.to_string(),
    };
    let (request, now) = (caller.request, caller.now);
    let body = OAuthErrorBody {
        error: error.to_owned(),
        error_description: format!("AADSTS{number}: {text} Correlation ID: {request} Timestamp: {now}"),
        error_codes: vec![number],
        timestamp: now,
        correlation_id: request.to_string(),
    };
    let mut response = json(status, &body);
    let headers = response.headers_mut();
    if let Refusal::App(error) = refusal
        && let Some(wait) = error.retry_after()
    {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    match refusal {
        Refusal::Route(RouteError::Method(methods)) => {
            if let Ok(value) = HeaderValue::from_str(&methods.join(", ")) {
                headers.insert(header::ALLOW, value);
            }
        }
        Refusal::Bearer => {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer error=\"invalid_token\""),
            );
        }
        _ if status == StatusCode::UNAUTHORIZED && by_basic => {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"directory\""),
            );
        }
        _ => {}
    }
    response
}
