//! The account page: sessions, password, second factor.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_app::identity::{Factors, RefreshFamily, WebSession};
use wharf_app::oauth::AgreedApplication;
use wharf_types::secret::Secret;

use super::enrol::{ChoosePassword, DIFFERENT, recovery};
use super::{PageError, Visit, page};

struct Shown {
    id: String,
    agent: String,
    address: String,
    since: String,
    used: String,
    current: bool,
}

struct ShownFactor {
    id: String,
    name: String,
    since: String,
    used: String,
    passkey: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    form_token: String,
    display_name: String,
    user: String,
    recovery_codes: u64,
    factors: Vec<ShownFactor>,
    authenticator: bool,
    browsers: Vec<Shown>,
    clients: Vec<Shown>,
    applications: Vec<Agreed>,
}

/// An application that the person agreed to.
struct Agreed {
    id: String,
    name: String,
    since: String,
    meanings: Vec<&'static str>,
}

fn agreed(application: AgreedApplication) -> Agreed {
    let permissions = application.permissions.iter();
    Agreed {
        id: application.id.to_string(),
        name: application.display_name,
        since: application.since.to_string(),
        meanings: permissions.map(|permission| permission.meaning).collect(),
    }
}

fn agent(text: &str) -> String {
    if text.is_empty() {
        "Unknown program".to_owned()
    } else {
        text.to_owned()
    }
}

fn browser(session: &WebSession, current: &WebSession) -> Shown {
    Shown {
        id: session.id.to_string(),
        agent: agent(&session.user_agent),
        address: session.address.clone(),
        since: session.created_at.to_string(),
        used: session.seen_at.to_string(),
        current: session.id == current.id,
    }
}

fn client(family: &RefreshFamily) -> Shown {
    Shown {
        id: family.id.to_string(),
        agent: agent(&family.user_agent),
        address: family.address.clone(),
        since: family.created_at.to_string(),
        used: family.rotated_at.to_string(),
        current: false,
    }
}

fn shown_factors(factors: &Factors) -> Vec<ShownFactor> {
    let app = factors.authenticator.map(|(since, used)| ShownFactor {
        id: "authenticator".to_owned(),
        name: "Authenticator app".to_owned(),
        since: since.to_string(),
        used: format!("last used {used}"),
        passkey: false,
    });
    let passkeys = factors.passkeys.iter().map(|passkey| ShownFactor {
        id: passkey.id.to_string(),
        name: passkey.name.clone(),
        since: passkey.created_at.to_string(),
        used: passkey
            .last_used_at
            .map_or_else(|| "never used".to_owned(), |used| format!("last used {used}")),
        passkey: true,
    });
    app.into_iter().chain(passkeys).collect()
}

pub(super) async fn show(visit: &Visit) -> Result<Response, PageError> {
    let session = visit.signed_in("/account").await?;
    let (browsers, clients) = visit.app.sign_in_list(&session, visit.browser.caller.now).await?;
    let factors = visit.app.factor_list(&session).await?;
    let applications = visit.app.agreed_applications(&session).await?;
    let page = Account {
        form_token: visit.form_token(),
        display_name: session.user.display_name.clone(),
        user: session.user.user_principal_name.to_string(),
        recovery_codes: visit.app.recovery_code_count(&session).await?,
        factors: shown_factors(&factors),
        authenticator: factors.authenticator.is_some(),
        browsers: browsers.iter().map(|other| browser(other, &session.session)).collect(),
        clients: clients.iter().map(client).collect(),
        applications: applications.into_iter().map(agreed).collect(),
    };
    page::show(StatusCode::OK, &page)
}

pub(super) async fn end(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.signed_in("/account").await?;
    let id = visit.field("session").parse();
    let id = id.map_err(|_| PageError::Gone("There is no such session."))?;
    visit.app.sign_in_end(&visit.browser, &session, id).await?;
    if id == session.session.id {
        visit.forget();
    }
    Ok(page::see_other("/account"))
}

pub(super) async fn consent_take_back(visit: &Visit) -> Result<Response, PageError> {
    let session = visit.signed_in("/account").await?;
    let id = visit.field("application").parse();
    let id = id.map_err(|_| PageError::Gone("There is no such application."))?;
    visit.app.consent_take_back(&visit.browser, &session, id).await?;
    Ok(page::see_other("/account"))
}

pub(super) async fn end_all(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.signed_in("/account").await?;
    visit.app.sign_in_end_all(&visit.browser, &session).await?;
    visit.forget();
    page::message(
        StatusCode::OK,
        "Signed out everywhere",
        "Every browser and every program has to sign in again.",
        None,
    )
}

pub(super) async fn sign_out(visit: &mut Visit) -> Result<Response, PageError> {
    if let Some(session) = visit.session().await? {
        visit.app.sign_out(&visit.browser, &session).await?;
    }
    visit.forget();
    let text = |name| visit.field(name).to_owned();
    let asked = page::SignedOut {
        client_id: text("client_id"),
        redirect_uri: text("post_logout_redirect_uri"),
        state: text("state"),
    };
    let back = crate::surface::directory::after_sign_out(&visit.app, &asked).await?;
    page::message(
        StatusCode::OK,
        "Signed out",
        "This browser is signed out.",
        back.as_deref(),
    )
}

fn ask_password(visit: &Visit, user: &str, error: Option<String>) -> Result<Response, PageError> {
    let status = error.as_ref().map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    let page = ChoosePassword {
        action: "/account/password",
        form_token: visit.form_token(),
        user: user.to_owned(),
        ask_current: true,
        error,
    };
    page::show(status, &page)
}

pub(super) async fn password_show(visit: &Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account/password").await?;
    ask_password(visit, session.user.user_principal_name.as_str(), None)
}

pub(super) async fn password_change(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account/password").await?;
    let name = session.user.user_principal_name.to_string();
    if visit.field("password") != visit.field("again") {
        return ask_password(visit, &name, Some(DIFFERENT.to_owned()));
    }
    let (current, chosen) = (
        Secret::new(visit.field("current")),
        Secret::new(visit.field("password")),
    );
    let changed = visit
        .app
        .password_change(&visit.browser, &session, &current, &chosen)
        .await;
    match changed {
        Ok(progress) => {
            visit.go_on(progress);
            Ok(page::see_other("/account"))
        }
        Err(Error::Unauthenticated) => {
            let message = "The password that you have now is not right, or has to wait.";
            ask_password(visit, &name, Some(message.to_owned()))
        }
        Err(Error::Invalid(message)) => ask_password(visit, &name, Some(message)),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn factor_change(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account").await?;
    let progress = visit.app.enrol_factor(&visit.browser, &session).await?;
    visit.go_on(progress);
    Ok(page::see_other("/enrol/factor"))
}

pub(super) async fn recovery_codes(visit: &mut Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/account").await?;
    let codes = visit.app.recovery_codes_renew(&visit.browser, &session).await?;
    recovery(visit, &codes)
}
