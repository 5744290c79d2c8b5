//! Where a client sends a person to sign out (OpenID Connect RP-Initiated Logout 1.0).
//!
//! The person is always asked, since GET changes nothing (rule 52). Afterwards they come back to an address that the client has registered, and to no other.

use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use wharf_app::App;
use wharf_app::identity::Caller;

use super::authorize::field;
use super::respond::Told;
use crate::surface::sign_in::page::{SignedOut, message, see_other, sign_out};
use crate::surface::sign_in::{PageError, Visit, refused};

pub(super) async fn show(app: &App, caller: Caller, parts: &Parts) -> Response {
    let visit = Visit::new(app.clone(), caller, parts);
    let answered = answer(&visit).await;
    let mut response = answered.unwrap_or_else(|error| refused(&visit, &error));
    visit.keep_cookies(&mut response);
    response
}

async fn answer(visit: &Visit) -> Result<Response, PageError> {
    let asked = match asked(visit) {
        Ok(asked) => asked,
        Err(Told(_, text)) => return message(StatusCode::BAD_REQUEST, "This link is not right", &text, None),
    };
    let back = address(&visit.app, &asked).await?;
    if back.is_none() && !asked.redirect_uri.is_empty() {
        let text = "The address to which this program wants you to come back is not one of its own.";
        return message(StatusCode::BAD_REQUEST, "This link is not right", text, None);
    }
    match (visit.session().await?, back) {
        (None, Some(back)) => Ok(see_other(&back)),
        _ => sign_out(visit, asked),
    }
}

/// What a client asks for. It is known by its id, or by an ID token of ours that names it.
fn asked(visit: &Visit) -> Result<SignedOut, Told> {
    let text = |name| Ok::<_, Told>(field(visit, name)?.unwrap_or("").to_owned());
    let mut asked = SignedOut {
        client_id: text("client_id")?,
        redirect_uri: text("post_logout_redirect_uri")?,
        state: text("state")?,
    };
    if let Some(hint) = field(visit, "id_token_hint")? {
        let hint = visit.app.id_token_hint(hint).map(|claims| claims.aud.to_string());
        let is_same = |id: &String| asked.client_id.is_empty() || asked.client_id.eq_ignore_ascii_case(id);
        let wrong = || {
            Told(
                "invalid_request",
                "The ID token that this link brings is not right.".to_owned(),
            )
        };
        asked.client_id = hint.filter(is_same).ok_or_else(wrong)?;
    }
    Ok(asked)
}

/// Where the person goes when they have signed out, if that is one of the client's addresses.
pub(in crate::surface) async fn address(app: &App, asked: &SignedOut) -> Result<Option<String>, PageError> {
    let SignedOut {
        client_id,
        redirect_uri,
        state,
    } = asked;
    let client = app.client_find(client_id, None).await?;
    if client.is_none_or(|client| client.redirect_kind(redirect_uri).is_none()) {
        return Ok(None);
    }
    if state.is_empty() {
        return Ok(Some(redirect_uri.clone()));
    }
    let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let between = if redirect_uri.contains('?') { '&' } else { '?' };
    Ok(Some(format!("{redirect_uri}{between}state={state}")))
}
