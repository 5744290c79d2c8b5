//! The pages on which people sign in, enrol, let devices in, and look after their account.
//!
//! Rendered here, and without a script, but for the one line that sends a form back to a client (OAuth 2.0 Form Post Response Mode), and a file of ours where
//! a passkey may be used: browsers give them to scripts alone. GET changes nothing; a POST is
//! heard only from our own pages (rule 52): the browser has to say so (`Origin`), and the form holds a token that only our page knows.

mod account;
mod device;
mod enrol;
mod operation;
pub(super) mod page;
mod passkeys;
mod steps;
mod upstream;
mod visit;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use wharf_app::identity::Caller;
use wharf_app::{App, Error};

use crate::body::{BodyError, drain, read_form};
use crate::endpoint::Endpoint;
use crate::path::RouteError;
use operation::{Operation, route};
pub(super) use visit::{Visit, is_own_path, with_return};

/// The surface's rows of the endpoint table.
pub fn endpoints() -> Vec<Endpoint> {
    Operation::endpoints()
}

/// Whether a path of the base host is one of these pages'.
pub(super) fn owns(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty());
    first.is_some_and(|first| {
        [
            "sign-in",
            "sign-out",
            "invitation",
            "enrol",
            "device",
            "consent",
            "account",
        ]
        .contains(&first)
    })
}

/// Why a page was not shown or a form not heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    #[error(transparent)]
    App(#[from] Error),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The form is not of one of our pages, or of one that is too old.
    #[error("this form is not from a page of ours, or the page was too old: go back, load it again, and try once more")]
    Foreign,
    /// What the page is about is not there.
    #[error("{0}")]
    Gone(&'static str),
    /// Nobody is signed in far enough: where to do that.
    #[error("sign in first")]
    SignIn(String),
}

pub(super) async fn handle(app: App, caller: Caller, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut visit = Visit::new(app, caller, &parts);
    let operation = match route(&parts.method, parts.uri.path()) {
        Ok(operation) => {
            tracing::trace!(endpoint = operation.endpoint().path, "a page was asked for");
            operation
        }
        Err(error) => {
            drain(body).await;
            return refused(&visit, &error.into());
        }
    };
    let heard = if parts.method == http::Method::POST {
        match read_form(&parts.headers, body).await {
            Ok(form) => visit.hear(form, &parts.headers),
            Err(error) => Err(error.into()),
        }
    } else {
        drain(body).await;
        Ok(())
    };
    let answered = match heard {
        Ok(()) => Box::pin(perform(&mut visit, operation)).await,
        Err(error) => Err(error),
    };
    let mut response = answered.unwrap_or_else(|error| refused(&visit, &error));
    visit.keep_cookies(&mut response);
    response
}

async fn perform(visit: &mut Visit, operation: Operation) -> Result<Response, PageError> {
    match operation {
        Operation::StyleShow => Ok(page::style()),
        Operation::PasskeyScriptShow => Ok(page::passkey_script()),
        Operation::PasskeySignIn => passkeys::sign_in(visit).await,
        Operation::PasskeyProve => passkeys::factor_prove(visit).await,
        Operation::PasskeyEnrol => passkeys::enrol(visit).await,
        Operation::PasskeyAddShow => passkeys::add_show(visit).await,
        Operation::PasskeyAdd => passkeys::add(visit).await,
        Operation::PasskeyRename => passkeys::rename(visit).await,
        Operation::FactorRemove => passkeys::remove(visit).await,
        Operation::SignInShow => steps::sign_in_show(visit).await,
        Operation::SignIn => steps::sign_in(visit).await,
        Operation::FactorShow => steps::factor_show(visit).await,
        Operation::FactorProve => steps::factor_prove(visit).await,
        Operation::UpstreamBegin(provider) => upstream::begin(visit, provider).await,
        Operation::UpstreamReturn(provider) => upstream::finish(visit, provider).await,
        Operation::SignOutShow => page::sign_out(visit, page::SignedOut::default()),
        Operation::SignOut => account::sign_out(visit).await,
        Operation::InvitationShow(token) => enrol::invitation_show(visit, &token).await,
        Operation::InvitationAccept(token) => enrol::invitation_accept(visit, &token).await,
        Operation::PasswordChooseShow => enrol::password_show(visit).await,
        Operation::PasswordChoose => enrol::password_choose(visit).await,
        Operation::FactorEnrolShow => enrol::factor_show(visit, None).await,
        Operation::FactorEnrol => enrol::factor_enrol(visit).await,
        Operation::DeviceShow => device::show(visit).await,
        Operation::DeviceFind => device::find(visit).await,
        Operation::DeviceDecide => device::decide(visit).await,
        Operation::ConsentDecide => super::directory::consent_decide(visit).await,
        Operation::ConsentTakeBack => account::consent_take_back(visit).await,
        Operation::AccountShow => account::show(visit).await,
        Operation::SessionEnd => account::end(visit).await,
        Operation::SessionEndAll => account::end_all(visit).await,
        Operation::PasswordChangeShow => account::password_show(visit).await,
        Operation::PasswordChange => account::password_change(visit).await,
        Operation::FactorChange => account::factor_change(visit).await,
        Operation::RecoveryCodesRenew => account::recovery_codes(visit).await,
    }
}

/// The pages' one table from errors to statuses.
pub(super) fn refused(visit: &Visit, error: &PageError) -> Response {
    if let PageError::SignIn(address) = error {
        return page::see_other(address);
    }
    if let PageError::App(error) = error
        && let Some(cause) = error.cause()
    {
        tracing::error!(error = %cause, "a page failed");
    }
    let (status, title) = match error {
        PageError::App(Error::Throttled { .. }) => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts"),
        PageError::App(Error::Busy | Error::Contended | Error::Unavailable(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "One moment")
        }
        PageError::App(Error::Full) => (StatusCode::INSUFFICIENT_STORAGE, "The server is full"),
        PageError::App(Error::Internal(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong"),
        PageError::App(Error::Conflict { .. }) => (StatusCode::CONFLICT, "It went on elsewhere"),
        PageError::App(_) | PageError::Foreign => (StatusCode::FORBIDDEN, "That cannot be done"),
        PageError::Body(BodyError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
        PageError::Body(_) => (StatusCode::BAD_REQUEST, "That cannot be read"),
        PageError::Route(RouteError::Method(_)) => (StatusCode::METHOD_NOT_ALLOWED, "Not like that"),
        PageError::Route(_) | PageError::Gone(_) => (StatusCode::NOT_FOUND, "There is nothing here"),
        PageError::SignIn(_) => (StatusCode::SEE_OTHER, "Sign in"),
    };
    let mut response =
        page::message(status, title, &error.to_string(), None).unwrap_or_else(|_| (status, title).into_response());
    if let PageError::App(error) = error
        && let Some(wait) = error.retry_after()
    {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    visit.protect(&mut response);
    response
}
