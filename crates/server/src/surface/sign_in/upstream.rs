//! Signing in by an identity provider that people are sent to: the buttons, the way there, the way back.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_app::identity::{BrowserSession, UpstreamAnswer, UpstreamError, UpstreamRefusal};
use wharf_types::id::ObjectId;
use wharf_types::identity_provider::{ProviderKind, SecondFactor};

use super::visit::with_return;
use super::{PageError, Visit, page, steps};
use crate::body::field;

/// A button of the sign-in page.
pub(super) struct Offered {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Template)]
#[template(path = "upstream_refused.html")]
struct Refused<'a> {
    title: &'a str,
    text: String,
    again: String,
}

#[derive(Template)]
#[template(path = "upstream_again.html")]
struct Again {
    form_token: String,
    return_to: String,
    user: String,
    provider: Offered,
}

const OFF: PageError = PageError::Gone("This way to sign in is switched off, or never was. Sign in with a password.");

/// The providers that people can be sent to.
pub(super) async fn offered(visit: &Visit) -> Result<Vec<Offered>, PageError> {
    let found = visit.app.identity_providers_offered().await?;
    let to_go_to = found
        .into_iter()
        .filter(|provider| provider.kind == ProviderKind::OpenIdConnect);
    Ok(to_go_to
        .map(|provider| Offered {
            id: provider.id.to_string(),
            name: provider.display_name,
        })
        .collect())
}

/// Sends the browser to a provider. No form of ours may lead anywhere else (`form-action`), so a page goes on.
pub(super) async fn begin(visit: &Visit, id: ObjectId) -> Result<Response, PageError> {
    let provider = visit.app.identity_provider_for_sign_in(id).await?.ok_or(OFF)?;
    let anew = !visit.field("again").is_empty();
    let begun = visit
        .app
        .upstream_begin(&visit.browser, &provider, visit.form_key(), &visit.return_to(), anew)
        .await;
    match begun {
        Ok(address) => {
            let text = format!("Going on to {} …", provider.display_name);
            page::message(StatusCode::OK, "Sign in", &text, Some(address.as_str()))
        }
        Err(error) => refused(error, &visit.return_to()),
    }
}

/// The provider's answer.
pub(super) async fn finish(visit: &mut Visit, id: ObjectId) -> Result<Response, PageError> {
    let text = |name| field(&visit.query, name).map(str::to_owned);
    let answer = UpstreamAnswer {
        state: text("state").unwrap_or_default(),
        code: text("code"),
        issuer: text("iss"),
        error: text("error"),
    };
    let returned = Box::pin(visit.app.upstream_return(&visit.browser, id, visit.form_key(), &answer)).await;
    let return_to = returned.return_to.unwrap_or_else(|| visit.return_to());
    match returned.result {
        Ok(progress) => steps::go_on(visit, progress, &return_to),
        Err(error) => refused(error, &return_to),
    }
}

/// Whoever proved by a trusted provider who they are proves it there once more; none for everybody else.
pub(super) async fn prove_again(visit: &Visit, session: &BrowserSession) -> Result<Option<Response>, PageError> {
    let Some(id) = session.session.provider.filter(|_| session.is_complete()) else {
        return Ok(None);
    };
    let provider = visit.app.identity_provider_for_sign_in(id).await?;
    let trusted = provider.filter(|provider| provider.second_factor == SecondFactor::Trusted);
    let Some(provider) = trusted else {
        return Ok(None);
    };
    if provider.kind == ProviderKind::Ldap {
        // Its second factor is within the password.
        return Ok(Some(page::see_other(&with_return("/sign-in", &visit.return_to()))));
    }
    let page = Again {
        form_token: visit.form_token(),
        return_to: visit.return_to(),
        user: session.user.user_principal_name.to_string(),
        provider: Offered {
            id: id.to_string(),
            name: provider.display_name,
        },
    };
    page::show(StatusCode::OK, &page).map(Some)
}

pub(super) fn status(refusal: &UpstreamRefusal) -> StatusCode {
    match refusal {
        UpstreamRefusal::Unreachable { .. } | UpstreamRefusal::Answer { .. } => StatusCode::BAD_GATEWAY,
        UpstreamRefusal::DirectorySilent { .. } => StatusCode::SERVICE_UNAVAILABLE,
        UpstreamRefusal::Stale => StatusCode::BAD_REQUEST,
        UpstreamRefusal::Off => StatusCode::NOT_FOUND,
        _ => StatusCode::FORBIDDEN,
    }
}

/// Says what is wrong, and that there are other ways.
fn refused(error: UpstreamError, return_to: &str) -> Result<Response, PageError> {
    let (status, title, text) = match error {
        UpstreamError::Operation(Error::Unauthenticated) => (
            StatusCode::FORBIDDEN,
            "You cannot sign in",
            "The account cannot sign in. Ask an administrator.".to_owned(),
        ),
        UpstreamError::Operation(error) => return Err(error.into()),
        UpstreamError::Refused(refusal) => {
            let title = match &refusal {
                UpstreamRefusal::Unreachable { .. } | UpstreamRefusal::DirectorySilent { .. } => "No answer",
                UpstreamRefusal::Answer { .. } => "That was not understood",
                UpstreamRefusal::Stale => "Too late",
                UpstreamRefusal::Off => "Switched off",
                _ => "You cannot sign in",
            };
            (status(&refusal), title, refusal.to_string())
        }
    };
    let again = with_return("/sign-in", return_to);
    page::show(status, &Refused { title, text, again })
}
