//! What pages look like, and what every answer to a browser says (rule 53).

use askama::Template;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use wharf_app::Error;

use super::passkeys::PasskeyForm;
use super::{PageError, Visit};

const STYLE: &str = include_str!("../../../templates/style.css");
/// Nothing but our own style; no script, no frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const PASSKEY_SCRIPT: &str = include_str!("../../../templates/passkey.js");
/// The same, with scripts of our own address.
const SCRIPTED: &str = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The only script within a page: it sends the form that it stands in.
const SUBMIT: &str = "document.forms[0].submit()";

fn base(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // A browser that sends no referrer at all sends no origin with a form either.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A page.
pub(in crate::surface) fn show(status: StatusCode, page: &impl Template) -> Result<Response, PageError> {
    // Rendering fails only where a value of ours does, and none of them does.
    let html = page.render().map_err(|_| PageError::App(Error::Busy))?;
    Ok(base(status, "text/html; charset=utf-8", html))
}

/// A page with our script, if it has a form that a passkey answers: no other script, and none within the page.
pub(super) fn show_scripted(
    status: StatusCode,
    page: &impl Template,
    passkey: Option<&PasskeyForm>,
) -> Result<Response, PageError> {
    let mut response = show(status, page)?;
    if passkey.is_some() {
        let policy = HeaderValue::from_static(SCRIPTED);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

pub(super) fn style() -> Response {
    kept("text/css; charset=utf-8", STYLE)
}

pub(super) fn passkey_script() -> Response {
    kept("text/javascript; charset=utf-8", PASSKEY_SCRIPT)
}

/// What is the same for everybody until the next release.
fn kept(content_type: &'static str, text: &str) -> Response {
    let mut response = base(StatusCode::OK, content_type, text.to_owned());
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

/// On to another address.
pub(in crate::surface) fn see_other(address: &str) -> Response {
    let mut response = base(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// After a form: on to `path`. An authorization request ends at the client's address, to which no form of ours may lead (`form-action`): there a page goes on.
pub(in crate::surface) fn after_form(path: &str) -> Result<Response, PageError> {
    if path.contains("/oauth2/") {
        message(StatusCode::OK, "Signed in", "Going on …", Some(path))
    } else {
        Ok(see_other(path))
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
    go_on: Option<&'a str>,
}

/// A page that says something.
pub(in crate::surface) fn message(
    status: StatusCode,
    title: &str,
    text: &str,
    go_on: Option<&str>,
) -> Result<Response, PageError> {
    show(status, &Message { title, text, go_on })
}

/// What a client said that sent somebody to sign out; empty where none did.
#[derive(Clone, Debug, Default)]
pub(in crate::surface) struct SignedOut {
    pub(in crate::surface) client_id: String,
    pub(in crate::surface) redirect_uri: String,
    pub(in crate::surface) state: String,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOut {
    form_token: String,
    asked: SignedOut,
}

pub(in crate::surface) fn sign_out(visit: &Visit, asked: SignedOut) -> Result<Response, PageError> {
    let form_token = visit.form_token();
    show(StatusCode::OK, &SignOut { form_token, asked })
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    action: &'a str,
    fields: &'a [(&'static str, String)],
    script: &'static str,
}

/// Sends fields to a client by a form (OAuth 2.0 Form Post Response Mode). The script is permitted by its hash, the address by its origin.
pub(in crate::surface) fn form_post(action: &str, fields: &[(&'static str, String)]) -> Result<Response, PageError> {
    let script = SUBMIT;
    let mut response = show(StatusCode::OK, &FormPost { action, fields, script })?;
    let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
    let origin = url::Url::parse(action).map(|url| url.origin().ascii_serialization());
    let origin = origin.unwrap_or_else(|_| "'none'".to_owned());
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'sha256-{hash}'; form-action {origin}; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    }
    Ok(response)
}
