//! Asks a person whether an application may act for them, and hears the answer.
//!
//! The page says who asks, where the answer goes and what it would be able to do. The form brings the request back as it came, which is read anew, and names the
//! session that the page was shown to: whoever signed in since with the same browser has not agreed (rule 52).

use askama::Template;
use axum::response::Response;
use http::{Method, StatusCode, Uri};
use wharf_app::identity::BrowserSession;
use wharf_app::oauth::AuthorizationRequest;

use super::authorize::read;
use super::operation::{Operation, route};
use super::respond::{Addressee, Told, tell, told_address};
use crate::surface::sign_in::page::{after_form, message, show};
use crate::surface::sign_in::{PageError, Visit, is_own_path};

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent {
    form_token: String,
    client: String,
    client_id: String,
    publisher: String,
    address: String,
    user: String,
    session: String,
    request: String,
    meanings: Vec<&'static str>,
}

/// Where an answer goes, as far as it says whose it is.
fn shown_address(redirect_uri: &str) -> String {
    match url::Url::parse(redirect_uri) {
        Ok(uri)
            if uri
                .host_str()
                .is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host)) =>
        {
            "a program on this computer".to_owned()
        }
        Ok(uri) => match (uri.scheme(), uri.host_str()) {
            ("https" | "http", Some(host)) => host.to_owned(),
            (scheme, _) => format!("the program for {scheme}: on this computer"),
        },
        Err(_) => String::new(),
    }
}

pub(super) async fn ask(
    visit: &Visit,
    session: &BrowserSession,
    to: &Addressee,
    request: &AuthorizationRequest,
    again: &str,
) -> Result<Response, PageError> {
    let publisher = visit.app.tenant_find(&session.user.tenant.to_string()).await?;
    let permissions = request.scope.permissions();
    let page = Consent {
        form_token: visit.form_token(),
        client: to.client.display_name.clone(),
        client_id: to.client.id.to_string(),
        publisher: publisher.map_or_else(String::new, |tenant| tenant.display_name),
        address: shown_address(&to.redirect_uri),
        user: session.user.user_principal_name.to_string(),
        session: session.session.id.to_string(),
        request: again.to_owned(),
        meanings: permissions.iter().map(|permission| permission.meaning).collect(),
    };
    show(StatusCode::OK, &page)
}

/// Yes or no.
pub(in crate::surface) async fn decide(visit: &mut Visit) -> Result<Response, PageError> {
    const OLD: PageError = PageError::Foreign;
    let request = visit.field("request").to_owned();
    let uri: Uri = request.parse().map_err(|_| OLD)?;
    // It is gone on to afterwards: a path of ours, and nobody else's address (rule 53).
    if !is_own_path(&request) {
        return Err(OLD);
    }
    let Ok(Operation::AuthorizeShow(tenant)) = route(&Method::GET, uri.path()) else {
        return Err(OLD);
    };
    visit.query = crate::body::query(&uri);
    let session = visit.signed_in(&request).await?;
    if visit.field("session") != session.session.id.to_string() {
        return Err(OLD);
    }
    let asked = match read(visit, tenant).await? {
        Ok(asked) => asked,
        Err(response) => return Ok(response),
    };
    let Ok(wanted) = &asked.request else {
        return Err(OLD);
    };
    if visit.field("decision") == "yes" {
        let client = &asked.to.client;
        visit
            .app
            .consent_give(&visit.browser, &session, client, &wanted.scope)
            .await?;
        // No form of ours leads to a client's address: a page goes on to the request, which now has nothing more to ask.
        return after_form(&request);
    }
    let no = || Told("access_denied", "the person did not agree".to_owned());
    match told_address(&asked.to, no()) {
        Some(address) => message(
            StatusCode::OK,
            "Not allowed",
            "Nothing was given. Going back …",
            Some(&address),
        ),
        None => tell(&asked.to, no()),
    }
}
