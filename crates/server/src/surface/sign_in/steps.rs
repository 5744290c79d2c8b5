//! Signing in: name and password, then a second factor.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_app::identity::{BrowserSession, SignInProgress, UpstreamError, WebSessionStage};
use wharf_types::secret::Secret;

use super::passkeys::{self, PasskeyForm};
use super::upstream::{self, Offered};
use super::visit::with_return;
use super::{PageError, Visit, page};
use crate::body::field;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    place: String,
    form_token: String,
    return_to: String,
    name: String,
    passkey: Option<PasskeyForm>,
    error: Option<String>,
    providers: Vec<Offered>,
}

#[derive(Template)]
#[template(path = "factor.html")]
struct Factor {
    form_token: String,
    return_to: String,
    user: String,
    again: bool,
    authenticator: bool,
    passkey: Option<PasskeyForm>,
    error: Option<&'static str>,
}

const WRONG: &str = "The user name or the password is not right, or has to wait. Try again in a moment.";
const WRONG_CODE: &str =
    "This code is not right, was used already, or has to wait. Take the next one that your authenticator shows.";

pub(super) async fn ask(
    visit: &Visit,
    name: &str,
    status: StatusCode,
    error: Option<String>,
) -> Result<Response, PageError> {
    let page = SignIn {
        place: visit.app.settings().public.base(),
        form_token: visit.form_token(),
        return_to: visit.return_to(),
        name: name.chars().take(320).collect(),
        passkey: passkeys::sign_in_form(visit)?,
        error,
        providers: upstream::offered(visit).await?,
    };
    page::show_scripted(status, &page, page.passkey.as_ref())
}

pub(super) async fn sign_in_show(visit: &Visit) -> Result<Response, PageError> {
    ask(visit, field(&visit.query, "name").unwrap_or(""), StatusCode::OK, None).await
}

pub(super) async fn sign_in(visit: &mut Visit) -> Result<Response, PageError> {
    let (name, password) = (visit.field("name").to_owned(), Secret::new(visit.field("password")));
    match visit.app.sign_in_password(&visit.browser, &name, &password).await {
        Ok(progress) => {
            let return_to = visit.return_to();
            go_on(visit, progress, &return_to)
        }
        Err(UpstreamError::Operation(Error::Unauthenticated)) => {
            ask(visit, &name, StatusCode::UNAUTHORIZED, Some(WRONG.to_owned())).await
        }
        Err(UpstreamError::Operation(error)) => Err(error.into()),
        Err(UpstreamError::Refused(refusal)) => {
            let status = upstream::status(&refusal);
            ask(visit, &name, status, Some(refusal.to_string())).await
        }
    }
}

/// After the first step, at which place and by which provider it ever was: on to the next one.
pub(super) fn go_on(visit: &mut Visit, progress: SignInProgress, return_to: &str) -> Result<Response, PageError> {
    let next = match progress.stage {
        WebSessionStage::Enrolling if progress.from_provider => with_return("/enrol/factor", return_to),
        WebSessionStage::Enrolling => "/enrol/password".to_owned(),
        WebSessionStage::Password => with_return("/sign-in/factor", return_to),
        WebSessionStage::Complete => {
            visit.go_on(progress);
            return page::after_form(return_to);
        }
    };
    visit.go_on(progress);
    Ok(page::see_other(&next))
}

/// The session whose user has to show a code: in the middle of signing in, or once more.
pub(super) async fn half_way(visit: &Visit) -> Result<BrowserSession, PageError> {
    let session = visit.session().await?;
    let session = session.filter(|session| session.session.stage != WebSessionStage::Enrolling);
    session.ok_or_else(|| PageError::SignIn(with_return("/sign-in", &visit.return_to())))
}

pub(super) async fn ask_code(
    visit: &Visit,
    session: &BrowserSession,
    error: Option<&'static str>,
) -> Result<Response, PageError> {
    let status = error.map_or(StatusCode::OK, |_| StatusCode::UNAUTHORIZED);
    let page = Factor {
        form_token: visit.form_token(),
        return_to: visit.return_to(),
        user: session.user.user_principal_name.to_string(),
        again: session.is_complete(),
        authenticator: visit.app.factor_list(session).await?.authenticator.is_some(),
        passkey: passkeys::factor_form(visit, session).await?,
        error,
    };
    page::show_scripted(status, &page, page.passkey.as_ref())
}

pub(super) async fn factor_show(visit: &Visit) -> Result<Response, PageError> {
    let session = half_way(visit).await?;
    if let Some(answer) = upstream::prove_again(visit, &session).await? {
        return Ok(answer);
    }
    ask_code(visit, &session, None).await
}

pub(super) async fn factor_prove(visit: &mut Visit) -> Result<Response, PageError> {
    let session = half_way(visit).await?;
    let proved = visit
        .app
        .sign_in_factor(&visit.browser, &session, visit.field("code"))
        .await;
    match proved {
        Ok(progress) => {
            visit.go_on(progress);
            page::after_form(&visit.return_to())
        }
        Err(Error::Unauthenticated) => ask_code(visit, &session, Some(WRONG_CODE)).await,
        Err(error) => Err(error.into()),
    }
}
