//! From an invitation to an account: a password, a second factor, recovery codes.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use qrcode::QrCode;
use qrcode::render::svg;
use wharf_app::Error;
use wharf_app::identity::{BrowserSession, WebSessionStage};
use wharf_types::secret::Secret;

use super::passkeys::{self, PasskeyForm};
use super::{PageError, Visit, page};

#[derive(Template)]
#[template(path = "invitation.html")]
struct Invitation {
    place: String,
    user: String,
    form_token: String,
}

#[derive(Template)]
#[template(path = "choose_password.html")]
pub(super) struct ChoosePassword {
    pub(super) action: &'static str,
    pub(super) form_token: String,
    pub(super) user: String,
    pub(super) ask_current: bool,
    pub(super) error: Option<String>,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct Enrol {
    form_token: String,
    return_to: String,
    qr: String,
    secret: String,
    passkey: Option<PasskeyForm>,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "recovery.html")]
pub(super) struct Recovery {
    pub(super) codes: Vec<String>,
    pub(super) return_to: String,
}

const USED: PageError =
    PageError::Gone("This link was used already, or has ended: ask whoever sent it for another one.");
pub(super) const NOT_ENROLLING: PageError =
    PageError::Gone("This page is for somebody who has just opened an invitation: open the link once more.");
pub(super) const DIFFERENT: &str = "The two new passwords are not the same.";

pub(super) async fn invitation_show(visit: &Visit, token: &str) -> Result<Response, PageError> {
    let now = visit.browser.caller.now;
    let user = visit.app.invitation_show(&Secret::new(token), now).await?;
    let page = Invitation {
        place: visit.app.settings().public.base(),
        user: user.ok_or(USED)?.user_principal_name.to_string(),
        form_token: visit.form_token(),
    };
    page::show(StatusCode::OK, &page)
}

pub(super) async fn invitation_accept(visit: &mut Visit, token: &str) -> Result<Response, PageError> {
    match visit.app.invitation_accept(&visit.browser, &Secret::new(token)).await {
        Ok(progress) => {
            visit.go_on(progress);
            Ok(page::see_other("/enrol/password"))
        }
        Err(Error::Unauthenticated) => Err(USED),
        Err(error) => Err(error.into()),
    }
}

async fn enrolling(visit: &Visit) -> Result<BrowserSession, PageError> {
    let session = visit.session().await?;
    session
        .filter(|session| session.session.stage == WebSessionStage::Enrolling)
        .ok_or(NOT_ENROLLING)
}

fn ask_password(visit: &Visit, session: &BrowserSession, error: Option<String>) -> Result<Response, PageError> {
    let status = error.as_ref().map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    let page = ChoosePassword {
        action: "/enrol/password",
        form_token: visit.form_token(),
        user: session.user.user_principal_name.to_string(),
        ask_current: false,
        error,
    };
    page::show(status, &page)
}

pub(super) async fn password_show(visit: &Visit) -> Result<Response, PageError> {
    ask_password(visit, &enrolling(visit).await?, None)
}

pub(super) async fn password_choose(visit: &mut Visit) -> Result<Response, PageError> {
    let session = enrolling(visit).await?;
    if visit.field("password") != visit.field("again") {
        return ask_password(visit, &session, Some(DIFFERENT.to_owned()));
    }
    let password = Secret::new(visit.field("password"));
    match visit.app.enrol_password(&visit.browser, &session, &password).await {
        Ok(progress) => {
            visit.go_on(progress);
            Ok(page::see_other("/enrol/factor"))
        }
        Err(Error::Invalid(message)) => ask_password(visit, &session, Some(message)),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn factor_show(visit: &Visit, error: Option<&'static str>) -> Result<Response, PageError> {
    let session = visit.session().await?.ok_or(NOT_ENROLLING)?;
    let offer = visit.app.factor_offer(&session)?.ok_or(NOT_ENROLLING)?;
    let code = QrCode::new(offer.uri.expose()).map_err(|_| NOT_ENROLLING)?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // The drawing begins with a declaration that has no place inside a page.
    let qr = svg.find("<svg").map_or(String::new(), |at| svg[at..].to_owned());
    let status = error.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    let page = Enrol {
        form_token: visit.form_token(),
        return_to: visit.return_to(),
        qr,
        secret: offer.secret.expose().to_owned(),
        passkey: passkeys::enrol_form(visit, &session).await?,
        error,
    };
    page::show_scripted(status, &page, page.passkey.as_ref())
}

pub(super) async fn factor_enrol(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.session().await?.ok_or(NOT_ENROLLING)?;
    let confirmed = visit
        .app
        .enrol_confirm(&visit.browser, &session, visit.field("code"))
        .await;
    match confirmed {
        Ok(confirmed) => {
            visit.go_on(confirmed.progress);
            recovery(visit, &confirmed.recovery_codes)
        }
        Err(Error::Unauthenticated) => {
            factor_show(
                visit,
                Some("This code is not right. Wait for the next one, and check the time of your device."),
            )
            .await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn recovery(visit: &Visit, codes: &[Secret]) -> Result<Response, PageError> {
    let codes = codes.iter().map(|code| code.expose().to_owned()).collect();
    let return_to = visit.return_to();
    page::show(StatusCode::OK, &Recovery { codes, return_to })
}
