//! How failures of the registry protocol are answered (distribution-spec, "Error Codes"). The one table from causes to statuses and codes.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_RANGE, LOCATION, RANGE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use wharf_app::Error;
use wharf_app::identity::Presented;
use wharf_app::registry::{ExchangeError, RegistryError, TokenGrant};
use wharf_types::id::RequestId;
use wharf_types::name::RepositoryName;
use wharf_types::v2::PathError;

use super::Challenge;
use crate::body::BodyError;

/// A failure, as this surface answers it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OciError {
    /// What the operation said.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The path names nothing.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The path names something that this method cannot be used on.
    #[error("this method is not allowed here: {allowed} are")]
    MethodNotAllowed {
        /// Which are.
        allowed: &'static str,
    },
    /// The body could not be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// What the client brought does not open. One answer for wrong, expired, disabled and deleted (rule 5); other words than for whoever brought nothing,
    /// since docker shows only words that are not the standard's own.
    #[error("{0}")]
    CredentialRefused(&'static str),
    /// A directory token was not exchanged.
    #[error(transparent)]
    Exchange(ExchangeError),
    /// No registry of that name, or none named.
    #[error("{0}")]
    NameUnknown(String),
    /// A parameter is not what it should be.
    #[error("{message}")]
    Parameter {
        /// The standard's code.
        code: &'static str,
        /// What is wrong.
        message: String,
    },
    /// More tags than one request may set.
    #[error("at most {0} tags may be given at once")]
    TooManyTags(usize),
    /// A chunk that does not fit, or ended early, with where the session stands.
    #[error("{source}")]
    Upload {
        /// What the operation said.
        source: RegistryError,
        /// The session's location.
        location: String,
    },
    /// A failure that a credential, or another one, may help with.
    #[error("{source}")]
    Challenged {
        /// What the operation said.
        source: Box<OciError>,
        /// What to do.
        challenge: Box<Challenge>,
    },
}

/// The longest message of an answer.
const LONGEST_MESSAGE_BYTES: usize = 1024;
/// The most missing blobs that an answer names.
const MOST_DIGESTS: usize = 100;

/// What a client brought to say who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::surface) enum Brought {
    Nothing,
    Secret,
    Token,
}

impl From<&Presented> for Brought {
    fn from(presented: &Presented) -> Self {
        match presented {
            Presented::Nothing => Self::Nothing,
            Presented::Basic { .. } => Self::Secret,
            Presented::Bearer(_) => Self::Token,
        }
    }
}

impl From<&TokenGrant> for Brought {
    fn from(grant: &TokenGrant) -> Self {
        match grant {
            TokenGrant::Anonymous => Self::Nothing,
            TokenGrant::Password { .. } => Self::Secret,
            TokenGrant::RefreshToken(_) => Self::Token,
        }
    }
}

impl From<Error> for OciError {
    fn from(error: Error) -> Self {
        Self::Registry(RegistryError::Operation(error))
    }
}

impl From<ExchangeError> for OciError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Operation(error) => error.into(),
            error => Self::Exchange(error),
        }
    }
}

impl OciError {
    pub(crate) fn registry_unknown(name: &str) -> Self {
        Self::NameUnknown(format!("no registry is called {name} here"))
    }

    /// A parameter that is not what it should be.
    pub(super) fn parameter(code: &'static str, message: impl ToString) -> Self {
        let message = message.to_string();
        Self::Parameter { code, message }
    }

    pub(super) fn registry_missing(authority: &str, repository: &RepositoryName) -> Self {
        Self::NameUnknown(format!(
            "on this host the first part of a name is the registry's: {authority}/REGISTRY/{repository} and not {authority}/{repository}"
        ))
    }

    /// The same failure with the challenge, where the caller could do something about it: by signing in, or by asking for another token. Whoever brought
    /// a secret and lacks a right is refused for good (403), since no other token would help.
    pub(super) fn challenge(self, challenge: &Challenge, presented: &Presented) -> Self {
        let source = self.explained(presented.into());
        let helps = match &source {
            Self::CredentialRefused(_) => true,
            Self::Registry(RegistryError::Operation(error)) => match error {
                Error::Unauthenticated | Error::TokenScope { .. } => true,
                Error::Forbidden(_) => matches!(presented, Presented::Nothing),
                _ => false,
            },
            _ => false,
        };
        if helps {
            Self::Challenged {
                source: Box::new(source),
                challenge: Box::new(challenge.clone()),
            }
        } else {
            source
        }
    }

    /// The same failure, in words for whoever brought something that does not open.
    pub(in crate::surface) fn explained(self, brought: Brought) -> Self {
        match (&self, brought) {
            (Self::Registry(RegistryError::Operation(Error::Unauthenticated)), Brought::Secret) => {
                Self::CredentialRefused(
                    "wrong user name or password, or the account is disabled or its password expired",
                )
            }
            (Self::Registry(RegistryError::Operation(Error::Unauthenticated)), Brought::Token) => {
                Self::CredentialRefused("the token is not valid here, or not any more: log in again")
            }
            _ => self,
        }
    }

    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Registry(error) | Self::Upload { source: error, .. } => registry(error),
            Self::Path(PathError::NotFound) => (StatusCode::NOT_FOUND, "UNSUPPORTED"),
            Self::Path(PathError::Name) => (StatusCode::BAD_REQUEST, "NAME_INVALID"),
            Self::Path(PathError::Tag) => (StatusCode::BAD_REQUEST, "TAG_INVALID"),
            Self::Path(PathError::Digest) => (StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
            Self::Path(PathError::Upload) => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            Self::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
            Self::Body(BodyError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "MANIFEST_INVALID"),
            Self::Body(BodyError::Compressed) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED"),
            Self::Body(_) => (StatusCode::BAD_REQUEST, "UNSUPPORTED"),
            Self::Exchange(ExchangeError::NoRight(_)) => (StatusCode::FORBIDDEN, "DENIED"),
            Self::Exchange(_) => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
            Self::NameUnknown(_) => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            // The tags are in the address (distribution-spec, "Pushing Manifests").
            Self::TooManyTags(_) => (StatusCode::URI_TOO_LONG, "TAG_INVALID"),
            Self::Parameter { code, .. } => (StatusCode::BAD_REQUEST, code),
            Self::Challenged { .. } | Self::CredentialRefused(_) => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        }
    }

    fn detail(&self) -> Value {
        match self {
            Self::Registry(RegistryError::ManifestBlobUnknown(digests)) => json!(
                digests
                    .iter()
                    .take(MOST_DIGESTS)
                    .map(|digest| json!({"digest": digest}))
                    .collect::<Vec<_>>()
            ),
            Self::Registry(RegistryError::BlobUnknown(digest)) => json!({"digest": digest}),
            Self::Registry(RegistryError::ManifestUnknown(reference)) => json!({"reference": reference.to_string()}),
            Self::Registry(RegistryError::DigestMismatch(mismatch)) => {
                json!({"expected": mismatch.expected, "found": mismatch.found})
            }
            Self::Challenged { challenge, .. } => scope_detail(challenge.scope.as_deref()),
            _ => Value::Null,
        }
    }

    /// What the caller lacks, named as it names the repository: a resource's place in the resource manager is not for everybody's eyes (rule 33).
    fn message(&self) -> String {
        let missing = match self {
            Self::Registry(RegistryError::Operation(Error::Forbidden(missing))) => Some((missing, None)),
            Self::Challenged { source, challenge } => match &**source {
                Self::Registry(RegistryError::Operation(
                    Error::Forbidden(missing)
                    | Error::TokenScope {
                        missing: Some(missing), ..
                    },
                )) => Some((missing, challenge.scope.as_deref())),
                Self::Registry(RegistryError::Operation(Error::TokenScope { missing: None, .. })) => {
                    return format!(
                        "the token does not hold the scope {}",
                        challenge.scope.as_deref().unwrap_or("")
                    );
                }
                other => return other.message(),
            },
            _ => None,
        };
        match missing {
            Some((missing, scope)) => {
                let place = scope.and_then(|scope| scope.split(':').nth(1)).map(str::to_owned);
                let place = place.unwrap_or_else(|| place_name(&missing.scope));
                format!("the right {} is missing on {place}", missing.action.name())
            }
            None => self.to_string(),
        }
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let number = |value: u64| HeaderValue::from(value);
        match self {
            Self::Challenged { source, challenge } => {
                let insufficient = matches!(
                    **source,
                    Self::Registry(RegistryError::Operation(Error::TokenScope { .. }))
                );
                vec![(
                    WWW_AUTHENTICATE,
                    challenge.header(insufficient.then_some(("insufficient_scope", &self.message()))),
                )]
            }
            Self::MethodNotAllowed { allowed } => vec![(ALLOW, HeaderValue::from_static(allowed))],
            Self::Registry(RegistryError::RangeInvalid { size_bytes }) => {
                vec![(
                    CONTENT_RANGE,
                    HeaderValue::from_str(&format!("bytes */{size_bytes}"))
                        .unwrap_or(HeaderValue::from_static("bytes */*")),
                )]
            }
            Self::Registry(RegistryError::Operation(error))
            | Self::Upload {
                source: RegistryError::Operation(error),
                ..
            } => error
                .retry_after()
                .map(|wait| (RETRY_AFTER, number(wait.as_secs())))
                .into_iter()
                .collect(),
            Self::Upload {
                source: RegistryError::UploadRange { offset, .. } | RegistryError::UploadInterrupted(offset),
                location,
            } => {
                let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
                vec![
                    (LOCATION, value(location)),
                    (RANGE, value(&super::uploads::received(*offset))),
                ]
            }
            _ => Vec::new(),
        }
    }
}

fn registry(error: &RegistryError) -> (StatusCode, &'static str) {
    match error {
        RegistryError::Operation(error) => operation(error),
        RegistryError::BlobUnknown(_) => (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
        RegistryError::BlobInUse(_) => (StatusCode::CONFLICT, "DENIED"),
        RegistryError::ManifestUnknown(_) => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
        RegistryError::ManifestInvalid(_) | RegistryError::ManifestType(_) => {
            (StatusCode::BAD_REQUEST, "MANIFEST_INVALID")
        }
        RegistryError::ManifestBlobUnknown(_) => (StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN"),
        RegistryError::NameUnknown(_) => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
        RegistryError::UploadUnknown => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
        RegistryError::UploadRange { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
        RegistryError::UploadInterrupted(_) => (StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID"),
        RegistryError::DigestMismatch(_) => (StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
        RegistryError::RangeInvalid { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_INVALID"),
    }
}

fn operation(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Unauthenticated | Error::TokenScope { .. } => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        Error::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
        Error::Forbidden(_) => (StatusCode::FORBIDDEN, "DENIED"),
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
        Error::Conflict { .. } => (StatusCode::CONFLICT, "DENIED"),
        Error::Invalid(_) => (StatusCode::BAD_REQUEST, "UNSUPPORTED"),
        Error::Busy | Error::Contended | Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        Error::Full => (StatusCode::INSUFFICIENT_STORAGE, "STORAGE_FULL"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"),
    }
}

/// ACR's form of what is wanted: `[{"Type":"repository","Name":"web","Action":"pull"}]`.
fn scope_detail(scopes: Option<&str>) -> Value {
    let Some(scopes) = scopes else { return Value::Null };
    let mut entries = Vec::new();
    for (kind, rest) in scopes.split(' ').filter_map(|scope| scope.split_once(':')) {
        let (name, actions) = rest.rsplit_once(':').unwrap_or((rest, ""));
        let entry = |action| json!({"Type": kind, "Name": name, "Action": action});
        entries.extend(actions.split(',').map(entry));
    }
    Value::Array(entries)
}

fn place_name(scope: &wharf_types::resource::ResourceScope) -> String {
    use wharf_types::resource::ResourceScope;
    match scope {
        ResourceScope::Repository(_, repository) => repository.to_string(),
        ResourceScope::Registry(registry) => registry.name.to_string(),
        _ => "this registry".to_owned(),
    }
}

fn shortened(message: &str) -> std::borrow::Cow<'_, str> {
    if message.len() <= LONGEST_MESSAGE_BYTES {
        return message.into();
    }
    let end = message.floor_char_boundary(LONGEST_MESSAGE_BYTES);
    format!("{}…", &message[..end]).into()
}

/// The body of an error that has no particulars.
pub(crate) fn error_body(code: &str, message: &str) -> Json<Value> {
    body(code, message, &Value::Null)
}

/// The body of an error. A message may repeat what the client sent; that is cut, so that no answer grows with its request.
fn body(code: &str, message: &str, detail: &Value) -> Json<Value> {
    let mut error = json!({"code": code, "message": shortened(message)});
    if !detail.is_null() {
        error["detail"] = detail.clone();
    }
    Json(json!({"errors": [error]}))
}

impl IntoResponse for OciError {
    fn into_response(self) -> Response {
        let message = self.message();
        self.respond(&message)
    }
}

impl OciError {
    /// The answer to a request. A refusal bears the request's id, by which it is found and explained.
    pub(super) fn answer(self, request: RequestId) -> Response {
        let mut message = self.message();
        if self.is_refusal() {
            message.push_str(&format!("; `wharf acr explain {request}` says more"));
        }
        self.respond(&message)
    }

    /// The caller is known and lacks a right: such are recorded.
    fn is_refusal(&self) -> bool {
        match self {
            Self::Registry(RegistryError::Operation(error)) => {
                matches!(error, Error::Forbidden(_) | Error::TokenScope { missing: Some(_), .. })
            }
            Self::Challenged { source, .. } => source.is_refusal(),
            _ => false,
        }
    }

    fn respond(self, message: &str) -> Response {
        let (status, code) = self.status_and_code();
        if let Self::Registry(RegistryError::Operation(error)) = &self
            && let Some(cause) = error.cause()
        {
            tracing::error!(error = %cause, "a request failed: {cause}");
        }
        let mut response = (status, body(code, message, &self.detail())).into_response();
        for (name, value) in self.headers() {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
