//! The authorization endpoint: where a client sends a person's browser (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2).
//!
//! Nothing is answered to a client before its id and its address are known to be good (rule 14): until then the person is told. The request is kept nowhere: a
//! browser that has to sign in first comes back with it.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use wharf_app::App;
use wharf_app::identity::{BrowserSession, Caller};
use wharf_app::oauth::{AuthorizationRequest, Client, GrantError, GrantScope, client_find};
use wharf_types::id::TenantId;

use super::operation::TenantPath;
use super::token::tenant_of;
use crate::body::only_field;
use crate::surface::sign_in::page::{form_post, message, see_other, show as show_page};
use crate::surface::sign_in::{PageError, Visit, refused, with_return};

/// How the client wants its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ResponseMode {
    Query,
    FormPost,
}

/// A client to which answers may be sent.
struct Addressee {
    client: Client,
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
}

/// An error that the client is told (RFC 6749 §4.1.2.1).
struct Told(&'static str, String);

pub(super) async fn show(app: &App, caller: Caller, tenant: TenantPath, parts: &Parts) -> Response {
    let visit = Visit::new(app.clone(), caller, parts);
    let answered = answer(&visit, tenant, parts.uri.path()).await;
    let mut response = answered.unwrap_or_else(|error| refused(&visit, &error));
    visit.keep_cookies(&mut response);
    response
}

fn field<'a>(visit: &'a Visit, name: &'static str) -> Result<Option<&'a str>, Told> {
    let value = only_field(&visit.query, name).map_err(|error| Told("invalid_request", error.to_string()))?;
    Ok(value.filter(|value| !value.is_empty()))
}

async fn answer(visit: &Visit, tenant: TenantPath, path: &str) -> Result<Response, PageError> {
    let to = match addressee(visit) {
        Ok(to) => to,
        Err(Told(_, text)) => return message(StatusCode::BAD_REQUEST, "This link is not right", &text, None),
    };
    let Ok(tenant) = tenant_of(&visit.app, tenant).await else {
        let text = "The directory that this link names is not here.";
        return message(StatusCode::NOT_FOUND, "This link is not right", text, None);
    };
    match request(visit, &to) {
        Ok(request) => go_on(visit, tenant, path, &to, &request).await,
        Err(error) => tell(&to, error),
    }
}

fn addressee(visit: &Visit) -> Result<Addressee, Told> {
    let unknown = || {
        Told(
            "invalid_client",
            "The program that sent you here is not known.".to_owned(),
        )
    };
    let client = field(visit, "client_id")?.and_then(client_find).ok_or_else(unknown)?;
    let redirect_uri = field(visit, "redirect_uri")?.filter(|uri| client.accepts_redirect(uri));
    let redirect_uri = redirect_uri.ok_or_else(|| {
        Told(
            "invalid_request",
            "The address to which this program wants its answer is not one of its own.".to_owned(),
        )
    })?;
    let mode = match field(visit, "response_mode")? {
        None | Some("query") => ResponseMode::Query,
        Some("form_post") => ResponseMode::FormPost,
        Some(_) => {
            return Err(Told(
                "invalid_request",
                "response_mode is query or form_post".to_owned(),
            ));
        }
    };
    Ok(Addressee {
        client,
        redirect_uri: redirect_uri.to_owned(),
        mode,
        state: field(visit, "state")?.map(str::to_owned),
    })
}

fn request(visit: &Visit, to: &Addressee) -> Result<AuthorizationRequest, Told> {
    let invalid = |text: &str| Told("invalid_request", text.to_owned());
    if field(visit, "request")?.is_some() {
        return Err(Told(
            "request_not_supported",
            "request objects are not supported".to_owned(),
        ));
    }
    if field(visit, "request_uri")?.is_some() {
        return Err(Told(
            "request_uri_not_supported",
            "request objects are not supported".to_owned(),
        ));
    }
    if field(visit, "response_type")? != Some("code") {
        return Err(Told("unsupported_response_type", "response_type is code".to_owned()));
    }
    let challenge = field(visit, "code_challenge")?.ok_or_else(|| invalid("code_challenge is needed (PKCE)"))?;
    let is_sum = challenge.len() == 43
        && challenge
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if field(visit, "code_challenge_method")? != Some("S256") || !is_sum {
        return Err(invalid("code_challenge_method is S256, and code_challenge a sum of it"));
    }
    let base = visit.app.settings().public.base_url();
    let scope = field(visit, "scope")?.ok_or_else(|| invalid("scope is needed"))?;
    let scope = GrantScope::parse(scope, &base).map_err(|error| match error {
        GrantError::Resource(_) => Told("invalid_target", error.to_string()),
        other => Told("invalid_scope", other.to_string()),
    })?;
    let nonce = field(visit, "nonce")?;
    if nonce.is_some_and(|nonce| nonce.len() > 1024) {
        return Err(invalid("nonce is too long"));
    }
    Ok(AuthorizationRequest {
        client: to.client,
        redirect_uri: to.redirect_uri.clone(),
        scope,
        challenge: challenge.to_owned(),
        nonce: nonce.map(str::to_owned),
    })
}

#[derive(Template)]
#[template(path = "choose_account.html")]
struct ChooseAccount {
    client: &'static str,
    user: String,
    go_on: String,
    other: String,
}

async fn go_on(
    visit: &Visit,
    tenant: Option<TenantId>,
    path: &str,
    to: &Addressee,
    request: &AuthorizationRequest,
) -> Result<Response, PageError> {
    let prompt = only_field(&visit.query, "prompt").ok().flatten().unwrap_or("");
    let session = visit.session().await?;
    let session = session.filter(|session| {
        session.is_complete()
            && tenant.is_none_or(|tenant| tenant == session.user.tenant)
            && young_enough(visit, session)
    });
    // The same request, which after a sign-in asks for no other.
    let again = again(visit, path);
    let sign_in = || {
        let hint = only_field(&visit.query, "login_hint").ok().flatten().unwrap_or("");
        let hint: String = url::form_urlencoded::byte_serialize(hint.as_bytes()).collect();
        format!("{}&name={hint}", with_return("/sign-in", &again))
    };
    match (prompt, session) {
        ("none", None) => tell(to, Told("login_required", "nobody is signed in".to_owned())),
        ("login", _) | (_, None) => Ok(see_other(&sign_in())),
        ("select_account", Some(session)) => {
            let page = ChooseAccount {
                client: to.client.display_name,
                user: session.user.user_principal_name.to_string(),
                other: sign_in(),
                go_on: again,
            };
            show_page(StatusCode::OK, &page)
        }
        (_, Some(session)) => grant(visit, &session, to, request).await,
    }
}

/// `max_age`: how long ago the person may have proved who they are.
fn young_enough(visit: &Visit, session: &BrowserSession) -> bool {
    let max_age = only_field(&visit.query, "max_age").ok().flatten();
    match max_age.and_then(|text| text.parse::<u64>().ok()) {
        Some(seconds) => session
            .session
            .authenticated_at
            .is_some_and(|at| at.until(visit.browser.caller.now).as_secs() <= seconds),
        None => true,
    }
}

fn again(visit: &Visit, path: &str) -> String {
    let kept = visit
        .query
        .iter()
        .filter(|(name, _)| !["prompt", "max_age"].contains(&name.as_str()));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    format!("{path}?{query}")
}

async fn grant(
    visit: &Visit,
    session: &BrowserSession,
    to: &Addressee,
    request: &AuthorizationRequest,
) -> Result<Response, PageError> {
    let code = visit.app.code_issue(&visit.browser, session, request).await?;
    let mut fields = vec![("code", code.expose().to_owned())];
    // Which directory answers, so that a client with several knows (RFC 9207).
    fields.push(("iss", visit.app.directory_issuer(session.user.tenant)));
    if only_field(&visit.query, "client_info") == Ok(Some("1")) {
        fields.push(("client_info", visit.app.client_info(&session.user)));
    }
    respond(to, fields)
}

fn tell(to: &Addressee, Told(error, text): Told) -> Result<Response, PageError> {
    respond(to, vec![("error", error.to_owned()), ("error_description", text)])
}

fn respond(to: &Addressee, mut fields: Vec<(&'static str, String)>) -> Result<Response, PageError> {
    if let Some(state) = &to.state {
        fields.push(("state", state.clone()));
    }
    match to.mode {
        ResponseMode::FormPost => form_post(&to.redirect_uri, &fields),
        ResponseMode::Query => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&fields)
                .finish();
            Ok(see_other(&format!("{}?{query}", to.redirect_uri)))
        }
    }
}
