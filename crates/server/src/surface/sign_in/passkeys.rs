//! Forms that a passkey answers. Our script asks the browser for one and puts what it says into the form; without the script the form is not seen.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_app::identity::{BrowserSession, Factor, PasskeyAnswer, PasskeyAsk, WebSessionStage};

use super::{PageError, Visit, enrol, page, steps};

const REFUSED: &str =
    "The passkey was not accepted, or this page was open for too long. Try once more, or another way.";

/// A form within a page.
#[derive(Template)]
#[template(path = "passkey.html")]
pub(super) struct PasskeyForm {
    action: &'static str,
    /// `get` or `create`, of `navigator.credentials`.
    kind: &'static str,
    label: &'static str,
    /// Whether it is what most people do on this page.
    main: bool,
    /// Whether the page does not say what passkeys are.
    intro: bool,
    ask_name: bool,
    form_token: String,
    return_to: String,
    ask: PasskeyAsk,
}

impl PasskeyForm {
    fn new(visit: &Visit, action: &'static str, kind: &'static str, label: &'static str, ask: PasskeyAsk) -> Self {
        Self {
            action,
            kind,
            label,
            main: false,
            intro: false,
            ask_name: kind == "create",
            form_token: visit.form_token(),
            return_to: visit.return_to(),
            ask,
        }
    }
}

/// Signs in without a name and a password.
pub(super) fn sign_in_form(visit: &Visit) -> Result<Option<PasskeyForm>, PageError> {
    let ask = visit
        .app
        .passkey_sign_in_ask(visit.form_key(), visit.browser.caller.now)?;
    Ok(ask.map(|ask| PasskeyForm::new(visit, "/sign-in/passkey", "get", "Sign in with a passkey", ask)))
}

/// In the place of a code.
pub(super) async fn factor_form(visit: &Visit, session: &BrowserSession) -> Result<Option<PasskeyForm>, PageError> {
    let ask = visit.app.passkey_factor_ask(session, visit.browser.caller.now).await?;
    let form = |ask| PasskeyForm {
        main: true,
        ..PasskeyForm::new(visit, "/sign-in/factor/passkey", "get", "Use a passkey", ask)
    };
    Ok(ask.map(form))
}

/// In the place of an authenticator app, for who was invited.
pub(super) async fn enrol_form(visit: &Visit, session: &BrowserSession) -> Result<Option<PasskeyForm>, PageError> {
    if session.session.stage != WebSessionStage::Enrolling {
        return Ok(None);
    }
    let ask = visit.app.passkey_enrol_ask(session, visit.browser.caller.now).await?;
    let form = |ask| PasskeyForm {
        intro: true,
        ..PasskeyForm::new(visit, "/enrol/passkey", "create", "Set up a passkey", ask)
    };
    Ok(ask.map(form))
}

fn answer(visit: &Visit) -> PasskeyAnswer<'_> {
    PasskeyAnswer {
        ceremony: visit.field("ceremony"),
        credential: visit.field("credential"),
    }
}

pub(super) async fn sign_in(visit: &mut Visit) -> Result<Response, PageError> {
    let signed_in = visit
        .app
        .sign_in_passkey(&visit.browser, visit.form_key(), answer(visit))
        .await;
    match signed_in {
        Ok(progress) => {
            visit.go_on(progress);
            page::after_form(&visit.return_to())
        }
        Err(Error::Unauthenticated) => {
            let error = Some(REFUSED.to_owned());
            steps::ask(visit, "", StatusCode::UNAUTHORIZED, error).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn factor_prove(visit: &mut Visit) -> Result<Response, PageError> {
    let session = steps::half_way(visit).await?;
    let proved = visit
        .app
        .sign_in_passkey_factor(&visit.browser, &session, answer(visit))
        .await;
    match proved {
        Ok(progress) => {
            visit.go_on(progress);
            page::after_form(&visit.return_to())
        }
        Err(Error::Unauthenticated) => steps::ask_code(visit, &session, Some(REFUSED)).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn enrol(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.session().await?.ok_or(enrol::NOT_ENROLLING)?;
    if session.session.stage != WebSessionStage::Enrolling {
        return Err(enrol::NOT_ENROLLING);
    }
    let enrolled = visit
        .app
        .enrol_passkey(&visit.browser, &session, answer(visit), visit.field("name"))
        .await;
    match enrolled {
        Ok(confirmed) => {
            visit.go_on(confirmed.progress);
            enrol::recovery(visit, &confirmed.recovery_codes)
        }
        Err(Error::Unauthenticated) => enrol::factor_show(visit, Some(REFUSED)).await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "add_passkey.html")]
struct Add {
    passkey: Option<PasskeyForm>,
    error: Option<&'static str>,
}

async fn ask_new(visit: &Visit, session: &BrowserSession, error: Option<&'static str>) -> Result<Response, PageError> {
    let ask = visit.app.passkey_enrol_ask(session, visit.browser.caller.now).await?;
    let form = |ask| PasskeyForm {
        main: true,
        ..PasskeyForm::new(visit, "/account/passkey", "create", "Add a passkey", ask)
    };
    let status = error.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    let passkey = ask.map(form);
    let page = Add { passkey, error };
    page::show_scripted(status, &page, page.passkey.as_ref())
}

pub(super) async fn add_show(visit: &Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account/passkey").await?;
    ask_new(visit, &session, None).await
}

pub(super) async fn add(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account/passkey").await?;
    let added = visit
        .app
        .enrol_passkey(&visit.browser, &session, answer(visit), visit.field("name"))
        .await;
    match added {
        Ok(confirmed) => {
            visit.go_on(confirmed.progress);
            Ok(page::see_other("/account"))
        }
        Err(Error::Unauthenticated) => ask_new(visit, &session, Some(REFUSED)).await,
        Err(error) => Err(error.into()),
    }
}

const NO_FACTOR: PageError = PageError::Gone("There is no such second factor.");

pub(super) async fn rename(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account").await?;
    let id = visit.field("factor").parse().map_err(|_| NO_FACTOR)?;
    let name = visit.field("name");
    match visit.app.passkey_rename(&visit.browser, &session, id, name).await {
        Ok(()) => Ok(page::see_other("/account")),
        Err(Error::NotFound { .. }) => Err(NO_FACTOR),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn remove(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account").await?;
    let factor = match visit.field("factor") {
        "authenticator" => Factor::Authenticator,
        id => Factor::Passkey(id.parse().map_err(|_| NO_FACTOR)?),
    };
    match visit.app.factor_remove(&visit.browser, &session, factor).await {
        Ok(progress) => {
            visit.go_on(progress);
            Ok(page::see_other("/account"))
        }
        Err(Error::NotFound { .. }) => Err(NO_FACTOR),
        Err(error) => Err(error.into()),
    }
}
