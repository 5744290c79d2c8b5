//! The authorization endpoint: where a client sends a person's browser (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2).
//!
//! Nothing is answered to a client before its id and its address are known to be good (rule 14): until then the person is told. The request is kept nowhere: a
//! browser that has to sign in first, or a person who is asked whether they agree ([`super::consent`]), comes back with it.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use wharf_app::App;
use wharf_app::identity::{BrowserSession, Caller};
use wharf_app::oauth::{AuthorizationRequest, Client, GrantError, GrantScope};
use wharf_types::id::TenantId;

use super::consent;
use super::operation::TenantPath;
use super::prompt::Prompts;
use super::respond::{Addressee, ResponseMode, Told, respond, tell};
use super::token::tenant_of;
use crate::body::only_field;
use crate::surface::sign_in::page::{message, see_other, show as show_page};
use crate::surface::sign_in::{PageError, Visit, refused, with_return};

pub(super) async fn show(app: &App, caller: Caller, tenant: TenantPath, parts: &Parts) -> Response {
    let visit = Visit::new(app.clone(), caller, parts);
    let answered = answer(&visit, tenant, parts.uri.path()).await;
    let mut response = answered.unwrap_or_else(|error| refused(&visit, &error));
    visit.keep_cookies(&mut response);
    response
}

/// A request by POST (OpenID Connect Core 1.0 §3.1.2.1) goes on by GET: a browser sends no cookie along with a form of another site.
pub(super) fn forward(path: &str, form: &[(String, String)]) -> Response {
    see_other(&format!("{path}?{}", encoded(form.iter())))
}

pub(super) fn field<'a>(visit: &'a Visit, name: &'static str) -> Result<Option<&'a str>, Told> {
    let value = only_field(&visit.query, name).map_err(|error| Told("invalid_request", error.to_string()))?;
    Ok(value.filter(|value| !value.is_empty()))
}

/// A request whose client and address are good.
pub(super) struct Asked {
    pub(super) to: Addressee,
    pub(super) tenant: Option<TenantId>,
    pub(super) request: Result<AuthorizationRequest, Told>,
}

/// Reads the request of a visit. What is wrong with client, address or directory is for the person.
pub(super) async fn read(visit: &Visit, tenant: TenantPath) -> Result<Result<Asked, Response>, PageError> {
    const TITLE: &str = "This link is not right";
    let Ok(tenant) = tenant_of(&visit.app, tenant).await else {
        let text = "The directory that this link names is not here.";
        return message(StatusCode::NOT_FOUND, TITLE, text, None).map(Err);
    };
    Ok(match addressee(visit, tenant).await? {
        Ok(to) => Ok(Asked {
            request: request(visit, &to),
            // A client is of one directory, and acts for nobody of another.
            tenant: tenant.or(to.client.tenant),
            to,
        }),
        Err(Told(_, text)) => Err(message(StatusCode::BAD_REQUEST, TITLE, &text, None)?),
    })
}

async fn answer(visit: &Visit, tenant: TenantPath, path: &str) -> Result<Response, PageError> {
    let asked = match read(visit, tenant).await? {
        Ok(asked) => asked,
        Err(response) => return Ok(response),
    };
    match &asked.request {
        Ok(request) => match go_on(visit, &asked, path, request).await? {
            Ok(response) => Ok(response),
            Err(told) => tell(&asked.to, told),
        },
        Err(Told(error, text)) => tell(&asked.to, Told(error, text.clone())),
    }
}

async fn addressee(visit: &Visit, tenant: Option<TenantId>) -> Result<Result<Addressee, Told>, PageError> {
    let client = match field(visit, "client_id") {
        Ok(Some(id)) => visit.app.client_find(id, tenant).await?,
        Ok(None) => None,
        Err(told) => return Ok(Err(told)),
    };
    let unknown = || {
        Told(
            "invalid_client",
            "The program that sent you here is not known.".to_owned(),
        )
    };
    let client = match client.ok_or_else(unknown) {
        Ok(client) => client,
        Err(told) => return Ok(Err(told)),
    };
    let issuer = match tenant.or(client.tenant) {
        Some(tenant) => Some(tenant),
        None => visit.app.tenant_find("organizations").await?.map(|tenant| tenant.id),
    };
    let issuer = issuer.map_or_else(String::new, |tenant| visit.app.directory_issuer(tenant));
    Ok(address(visit, client, issuer))
}

fn address(visit: &Visit, client: Client, issuer: String) -> Result<Addressee, Told> {
    let redirect_uri = field(visit, "redirect_uri")?.filter(|uri| client.redirect_kind(uri).is_some());
    let redirect_uri = redirect_uri.ok_or_else(|| {
        Told(
            "invalid_request",
            "The address to which this program wants its answer is not one of its own.".to_owned(),
        )
    })?;
    let mode = ResponseMode::parse(field(visit, "response_mode")?, redirect_uri)?;
    Ok(Addressee {
        client,
        redirect_uri: redirect_uri.to_owned(),
        mode,
        state: field(visit, "state")?.map(str::to_owned),
        issuer,
    })
}

fn request(visit: &Visit, to: &Addressee) -> Result<AuthorizationRequest, Told> {
    let invalid = |text: &str| Told("invalid_request", text.to_owned());
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        if field(visit, name)?.is_some() {
            return Err(Told(error, format!("{name} is not supported")));
        }
    }
    match field(visit, "response_type")? {
        Some("code") => {}
        None => return Err(invalid("response_type is needed: code")),
        Some(_) => return Err(Told("unsupported_response_type", "response_type is code".to_owned())),
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
    let scope = GrantScope::parse(scope, &base, &to.client).map_err(|error| match error {
        GrantError::Resource(_) => Told("invalid_target", error.to_string()),
        other => Told("invalid_scope", other.to_string()),
    })?;
    let nonce = field(visit, "nonce")?;
    if nonce.is_some_and(|nonce| nonce.len() > 1024) {
        return Err(invalid("nonce is too long"));
    }
    Ok(AuthorizationRequest {
        client: to.client.clone(),
        redirect_uri: to.redirect_uri.clone(),
        scope,
        challenge: challenge.to_owned(),
        nonce: nonce.map(str::to_owned),
    })
}

#[derive(Template)]
#[template(path = "choose_account.html")]
struct ChooseAccount {
    client: String,
    user: String,
    go_on: String,
    other: String,
}

/// What a person sees next, or what the client is told.
async fn go_on(
    visit: &Visit,
    asked: &Asked,
    path: &str,
    request: &AuthorizationRequest,
) -> Result<Result<Response, Told>, PageError> {
    let (prompts, max_age, hinted) = match wishes(visit) {
        Ok(wishes) => wishes,
        Err(told) => return Ok(Err(told)),
    };
    let session = visit.session().await?.filter(|session| {
        let is_whole = session.is_complete() && asked.tenant.is_none_or(|tenant| tenant == session.user.tenant);
        let is_hinted = hinted.as_ref().is_none_or(|user| *user == session.user.id.to_string());
        is_whole && is_hinted && young_enough(visit, session, max_age)
    });
    let sign_in = || {
        let hint = only_field(&visit.query, "login_hint").ok().flatten().unwrap_or("");
        let hint: String = url::form_urlencoded::byte_serialize(hint.as_bytes()).collect();
        // The same request, which after a sign-in asks for no other.
        let again = again(visit, path, &prompts.after_sign_in());
        format!("{}&name={hint}", with_return("/sign-in", &again))
    };
    let Some(session) = session else {
        return Ok(match prompts.none {
            true => Err(Told(
                "login_required",
                "nobody is signed in, or not as asked for".to_owned(),
            )),
            false => Ok(see_other(&sign_in())),
        });
    };
    if prompts.login {
        return Ok(Ok(see_other(&sign_in())));
    }
    if prompts.select_account {
        let page = ChooseAccount {
            client: asked.to.client.display_name.clone(),
            user: session.user.user_principal_name.to_string(),
            other: sign_in(),
            go_on: again(visit, path, &prompts.after_sign_in()),
        };
        return show_page(StatusCode::OK, &page).map(Ok);
    }
    let missing = visit
        .app
        .consent_missing(&session, &request.client, &request.scope)
        .await?;
    let asks = prompts.consent && !request.client.is_built_in();
    if missing.is_empty() && !asks {
        return grant(visit, &session, &asked.to, request).await.map(Ok);
    }
    if prompts.none {
        let text = "the person has not agreed to what is asked for".to_owned();
        return Ok(Err(Told("consent_required", text)));
    }
    let again = again(visit, path, &[]);
    consent::ask(visit, &session, &asked.to, request, &again).await.map(Ok)
}

/// What a client wishes of the person: prompts, how long ago they may have signed in, and whom it takes them for.
fn wishes(visit: &Visit) -> Result<(Prompts, Option<u64>, Option<String>), Told> {
    let prompts = Prompts::parse(field(visit, "prompt")?.unwrap_or(""))?;
    let max_age = field(visit, "max_age")?.map(str::parse).transpose();
    let max_age = max_age.map_err(|_| Told("invalid_request", "max_age is a number of seconds".to_owned()))?;
    let hinted = match field(visit, "id_token_hint")? {
        None => None,
        Some(token) => {
            let claims = visit.app.id_token_hint(token);
            let unknown = || {
                Told(
                    "invalid_request",
                    "id_token_hint is no ID token of this directory".to_owned(),
                )
            };
            Some(claims.ok_or_else(unknown)?.sub)
        }
    };
    Ok((prompts, max_age, hinted))
}

/// `max_age`: how long ago the person may have proved who they are.
fn young_enough(visit: &Visit, session: &BrowserSession, max_age: Option<u64>) -> bool {
    let at = session.session.authenticated_at;
    max_age.is_none_or(|seconds| at.is_some_and(|at| at.until(visit.browser.caller.now).as_secs() <= seconds))
}

fn encoded<'a>(fields: impl Iterator<Item = &'a (String, String)>) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.map(|(name, value)| (name, value)))
        .finish()
}

/// The same request with these prompts.
fn again(visit: &Visit, path: &str, prompts: &[&str]) -> String {
    let kept = visit
        .query
        .iter()
        .filter(|(name, _)| !["prompt", "max_age"].contains(&name.as_str()));
    let mut query = encoded(kept);
    if !prompts.is_empty() {
        query = format!("{query}&prompt={}", prompts.join("+"));
    }
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
