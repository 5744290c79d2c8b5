//! How a command fails: exit code, message, and what to do.

use std::fmt;

use reqwest::StatusCode;
use wharf_client::{ClientError, ServiceError};

/// Exit codes, the same as `az`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Anything that is not below.
    General = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// What was asked for does not exist.
    NotFound = 3,
}

/// A failed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl Failure {
    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::General,
            message: message.into(),
            hint: None,
            request_id: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::general(message)
        }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::NotFound,
            ..Self::general(message)
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ERROR: {}", self.message)?;
        if let Some(id) = &self.request_id {
            write!(formatter, "\nrequest id: {id}")?;
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<ClientError>() {
            Ok(error) => error.into(),
            Err(error) => Self::general(format!("{error:#}")),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let hint = hint(&error);
        let mut failure = Self::general(error.to_string());
        if let ClientError::Service(error) = error {
            if error.status == StatusCode::NOT_FOUND {
                failure.exit = Exit::NotFound;
            }
            failure.request_id = error.request_id;
        }
        failure.hint = hint.map(str::to_owned);
        failure
    }
}

fn hint(error: &ClientError) -> Option<&'static str> {
    match error {
        ClientError::Service(error) => service_hint(error),
        ClientError::Unreachable { .. } => {
            Some("start a server with `wharf serve`, or sign in to another: wharf login --server URL …")
        }
        ClientError::Tls { .. } => Some(
            "if the server has a certificate authority of its own, name its file: --ca-cert FILE, or the variable SSL_CERT_FILE",
        ),
        ClientError::TimedOut { .. } => Some("the server is there but slow or stuck; its log says more"),
        ClientError::Protocol { .. } => Some("is this the address of a Wharf server? --debug shows the requests"),
        ClientError::Address { .. } => {
            Some("use https; --allow-insecure permits plain http on a network that you trust")
        }
        ClientError::Token(_) => Some("wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT"),
        ClientError::Certificates { .. } | ClientError::Setup(_) => None,
    }
}

fn service_hint(error: &ServiceError) -> Option<&'static str> {
    let by_code = match error.code.as_str() {
        "invalid_client" | "unauthorized_client" => {
            "check app id, password and tenant; an owner makes a new password with: wharf ad sp credential reset --id APP_ID"
        }
        "invalid_tenant" => "check --tenant; `wharf admin bootstrap` printed it",
        "ResourceGroupNotFound" => {
            "wharf group list shows the groups; wharf group create -n GROUP -l LOCATION makes one"
        }
        "SubscriptionNotFound" => "wharf account list --refresh shows the subscriptions that you can use",
        "AuthorizationFailed" | "Authorization_RequestDenied" => {
            "someone with the right to assign roles there can give one: wharf role assignment create --assignee APP_ID --role ROLE --scope SCOPE"
        }
        _ => "",
    };
    match error.status {
        _ if !by_code.is_empty() => Some(by_code),
        StatusCode::UNAUTHORIZED => {
            Some("sign in again: wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT")
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Some("the server is busy; try again in a moment")
        }
        status if status.is_server_error() => Some("the server's log says more, under the request id"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(status: StatusCode, code: &str) -> Failure {
        let (code, message) = (code.to_owned(), "Words.".to_owned());
        ClientError::Service(ServiceError {
            status,
            code,
            message,
            request_id: Some("r".into()),
        })
        .into()
    }

    #[test]
    fn what_is_not_there_has_an_exit_code_of_its_own() {
        assert_eq!(service(StatusCode::NOT_FOUND, "ResourceNotFound").exit, Exit::NotFound);
        assert_eq!(
            service(StatusCode::FORBIDDEN, "AuthorizationFailed").exit,
            Exit::General
        );
    }

    #[test]
    fn an_error_says_code_request_and_remedy() {
        insta::assert_snapshot!(service(StatusCode::FORBIDDEN, "AuthorizationFailed"), @r"
        ERROR: (AuthorizationFailed) Words.
        request id: r
        hint: someone with the right to assign roles there can give one: wharf role assignment create --assignee APP_ID --role ROLE --scope SCOPE
        ");
        insta::assert_snapshot!(service(StatusCode::BAD_REQUEST, "BadName"), @r"
        ERROR: (BadName) Words.
        request id: r
        ");
    }
}
