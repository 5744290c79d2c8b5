//! Why an operation was not done. Each surface has one table from these to its own statuses and codes.

use std::time::Duration;

use wharf_store::StoreError;
use wharf_types::access::Missing;
use wharf_types::oauth::TokenScope;

/// Why an operation was not done. The text is for whoever asked; what only the operator may know is in the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No credential, or one that does not hold: wrong, expired, disabled, of somebody deleted. Always the same words (rule 5).
    #[error("authentication required")]
    Unauthenticated,
    /// Too many failures from there.
    #[error("too many failed sign-ins: try again in {} seconds", .retry_after.as_secs().max(1))]
    Throttled {
        /// When to come back.
        retry_after: Duration,
    },
    /// The caller is known and lacks a right.
    #[error("{0}")]
    Forbidden(Box<Missing>),
    /// The token that was brought is not for this.
    #[error("{}", outside(.missing.as_deref(), scope))]
    TokenScope {
        /// The scope that a token for this needs.
        scope: Box<TokenScope>,
        /// The right, if the caller would lack it even with such a token.
        missing: Option<Box<Missing>>,
    },
    /// The thing does not exist, as far as the caller may know.
    #[error("{what} {name} was not found")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It cannot be done in the present state.
    #[error("{message}")]
    Conflict {
        /// The code of the resource manager.
        code: &'static str,
        /// What is in the way, and what to do.
        message: String,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Too much work is waiting.
    #[error("the server is busy: try again in a moment")]
    Busy,
    /// Others wrote the same at the same moment, and the database undid this: the same again may succeed ([`crate::repeated`]).
    #[error("the server is busy: try again in a moment")]
    Contended,
    /// No room is left for writing.
    #[error("the server's storage is full: nothing was stored; free some space, then try again")]
    Full,
    /// The state cannot be read or written now, so nothing is granted and nothing done (rule 26).
    #[error("the server cannot reach its database: nothing was done; try again in a moment")]
    Unavailable(#[source] StoreError),
    /// Something of ours failed.
    #[error("internal error")]
    Internal(#[source] StoreError),
}

fn outside(missing: Option<&Missing>, scope: &TokenScope) -> String {
    match missing {
        Some(missing) => missing.to_string(),
        None => format!("the token does not hold the scope {scope}"),
    }
}

impl Error {
    /// The thing does not exist.
    pub fn not_found(what: &'static str, name: impl ToString) -> Self {
        Self::NotFound {
            what,
            name: name.to_string(),
        }
    }

    /// It cannot be done in the present state.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            message: message.into(),
        }
    }

    /// What only the operator may know of it, for the log.
    pub fn cause(&self) -> Option<&StoreError> {
        match self {
            Self::Unavailable(cause) | Self::Internal(cause) => Some(cause),
            _ => None,
        }
    }

    /// When to come back, if coming back helps.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => Some((*retry_after).max(Duration::from_secs(1))),
            Self::Busy | Self::Contended | Self::Unavailable(_) => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// What the installation was configured with cannot be used.
    pub(crate) fn setup(error: impl ToString) -> Self {
        Self::Invalid(error.to_string())
    }

    /// The request makes no sense.
    pub fn invalid(message: impl ToString) -> Self {
        Self::Invalid(message.to_string())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Conflict(message) => Self::Conflict {
                code: "Conflict",
                message: message.to_owned(),
            },
            StoreError::Retry => Self::Contended,
            gone @ StoreError::Unavailable(_) => Self::Unavailable(gone),
            other => Self::Internal(other),
        }
    }
}
