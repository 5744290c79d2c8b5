//! What can go wrong on the way to a server and back.

use std::path::PathBuf;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// A failed call. Variants are what a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server answered with an error.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// No connection: wrong address, nothing listening, no route.
    #[error("cannot connect to {url}: {reason}")]
    Unreachable {
        /// Where to; without query.
        url: Url,
        /// The innermost cause.
        reason: String,
    },
    /// The server's certificate is not trusted, or TLS failed otherwise.
    #[error("no trusted TLS connection to {url}: {reason}")]
    Tls {
        /// Where to; without query.
        url: Url,
        /// The innermost cause.
        reason: String,
    },
    /// No answer in time.
    #[error("{url} did not answer in time")]
    TimedOut {
        /// Where to; without query.
        url: Url,
    },
    /// An answer that this client does not understand.
    #[error("unexpected answer from {url}: {reason}")]
    Protocol {
        /// Where to; without query.
        url: Url,
        /// What was wrong with it.
        reason: String,
    },
    /// An address that must not be used.
    #[error("{url}: {reason}")]
    Address {
        /// As given.
        url: String,
        /// Why not.
        reason: String,
    },
    /// A file of certificates that cannot be used.
    #[error("cannot read certificates from {}: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The platform does not provide what TLS needs.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
    /// The token source has no token to give.
    #[error("{0}")]
    Token(String),
}

impl ClientError {
    /// The status that the server answered, if it did.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Service(error) => Some(error.status),
            _ => None,
        }
    }

    /// The code that the server answered, if it did.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service(error) => Some(&error.code),
            _ => None,
        }
    }
}

/// An error that the server answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("({code}) {message}")]
pub struct ServiceError {
    /// HTTP status.
    pub status: StatusCode,
    /// `error.code` of the body, `error` of an OAuth body, or the status' name.
    pub code: String,
    /// `error.message`, `error_description`, or the status' name.
    pub message: String,
    /// The server's id of the request.
    pub request_id: Option<String>,
}

/// The registry's form (distribution-spec, "Error Codes").
#[derive(Deserialize)]
struct RegistryErrorBody {
    errors: Vec<RegistryErrorEntry>,
}

#[derive(Deserialize)]
struct RegistryErrorEntry {
    code: String,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct AnyErrorBody {
    error: Value,
    error_description: Option<String>,
}

impl ServiceError {
    /// Reads an answer that is not a success, whichever surface it came from.
    pub(crate) fn read(status: StatusCode, request_id: Option<String>, body: &[u8]) -> Self {
        let name = status.canonical_reason().unwrap_or("Unknown");
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let (code, message) = match serde_json::from_slice::<AnyErrorBody>(body) {
            Ok(AnyErrorBody {
                error: Value::String(code),
                error_description,
            }) => (Some(code), error_description),
            Ok(AnyErrorBody { error, .. }) => (text(error.get("code")), text(error.get("message"))),
            Err(_) => match serde_json::from_slice::<RegistryErrorBody>(body) {
                Ok(RegistryErrorBody { errors }) => errors
                    .into_iter()
                    .next()
                    .map_or((None, None), |first| (Some(first.code), first.message)),
                Err(_) => (None, None),
            },
        };
        Self {
            status,
            code: code.unwrap_or_else(|| name.replace(' ', "")),
            message: message.unwrap_or_else(|| format!("The server answered {status}.")),
            request_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> String {
        ServiceError::read(StatusCode::BAD_REQUEST, None, body.as_bytes()).to_string()
    }

    #[test]
    fn the_error_bodies_of_all_surfaces_are_read() {
        assert_eq!(read(r#"{"error":{"code":"BadName","message":"No."}}"#), "(BadName) No.");
        assert_eq!(
            read(r#"{"error":"invalid_client","error_description":"Wrong."}"#),
            "(invalid_client) Wrong."
        );
        assert_eq!(
            read(r#"{"errors":[{"code":"DENIED","message":"No role."}]}"#),
            "(DENIED) No role."
        );
        assert_eq!(read("<html>"), "(BadRequest) The server answered 400 Bad Request.");
        assert_eq!(
            read(r#"{"error":{}}"#),
            "(BadRequest) The server answered 400 Bad Request."
        );
    }
}
