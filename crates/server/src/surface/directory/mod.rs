//! The directory: who may sign in, and the tokens that they get. Entra's wire shape, and that of AD FS, which spares `az` one setting.
//!
//! Machines sign in here with their secrets ([`token`]). For people, clients come with a code that they were given in a browser ([`authorize`]) or that a person
//! typed elsewhere, or with a refresh token ([`people`]); the pages are another surface's ([`super::sign_in`]).

mod authorize;
mod client;
mod consent;
mod cors;
mod discovery;
mod error;
mod logout;
mod operation;
mod people;
mod prompt;
mod respond;
mod token;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts;
use wharf_app::App;
use wharf_app::identity::{Browser, Caller, Presented};

use crate::body::{drain, read_form};
use crate::endpoint::Endpoint;
use crate::request::presented;
use client::Endpoint as ClientEndpoint;
pub(super) use consent::decide as consent_decide;
use cors::Readers;
use error::{Refusal, respond};
pub(super) use logout::address as after_sign_out;
use operation::{Operation, route};
use token::Form;

/// The surface's rows of the endpoint table.
pub fn endpoints() -> Vec<Endpoint> {
    Operation::endpoints()
}

/// Whether a path of the base host is the directory's.
pub(super) fn owns(path: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next()) {
        (Some("adfs"), Some(_)) => true,
        (Some(_), Some(second)) => ["v2.0", "oauth2", "discovery", "userrealm"].contains(&second),
        _ => false,
    }
}

pub(super) async fn handle(app: App, caller: Caller, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let credential = presented(&parts.headers);
    let by_basic = matches!(credential, Presented::Basic { .. });
    let mut readers = Readers::default();
    let result = match route(&parts.method, parts.uri.path()) {
        Ok(operation) => {
            tracing::trace!(endpoint = operation.endpoint().path, "the directory was asked");
            perform(&app, caller, operation, &parts, credential, body, &mut readers).await
        }
        Err(error) => {
            drain(body).await;
            Err(error.into())
        }
    };
    let mut response = result.unwrap_or_else(|refusal| respond(&refusal, caller, by_basic));
    readers.tell(&mut response);
    response
}

async fn perform(
    app: &App,
    caller: Caller,
    operation: Operation,
    parts: &Parts,
    credential: Presented,
    body: Body,
    readers: &mut Readers,
) -> Result<Response, Refusal> {
    match operation {
        Operation::DiscoveryShow(tenant) => {
            *readers = Readers::All;
            discovery::show(app, tenant).await
        }
        Operation::KeyList(tenant) => {
            *readers = Readers::All;
            discovery::key_list(app, tenant).await
        }
        Operation::TokenIssue(tenant) => {
            let form = Form(read_form(&parts.headers, body).await?);
            *readers = Readers::of_client(app, &parts.headers, &form).await;
            let origin = cors::origin(&parts.headers);
            token::issue(app, &program(caller, parts), tenant, credential, origin, form).await
        }
        Operation::AuthorizeShow(tenant) => Ok(authorize::show(app, caller, tenant, parts).await),
        Operation::AuthorizeForward(_) => {
            let form = read_form(&parts.headers, body).await?;
            Ok(authorize::forward(parts.uri.path(), &form))
        }
        Operation::LogoutShow(_) => Ok(logout::show(app, caller, parts).await),
        Operation::UserInfoShow(_) => people::user_info(app, caller, credential).await,
        Operation::UserInfoAsk(_) => {
            let credential = people::bearer_of(credential, &parts.headers, body).await?;
            people::user_info(app, caller, credential).await
        }
        Operation::DeviceCodeIssue(ref path)
        | Operation::TokenRevoke(ref path)
        | Operation::TokenIntrospect(ref path) => {
            let form = Form(read_form(&parts.headers, body).await?);
            let endpoint = ClientEndpoint {
                app,
                caller,
                tenant: token::tenant_of(app, path.clone()).await?,
                path,
                presented: &credential,
                form: &form,
                origin: cors::origin(&parts.headers),
            };
            match operation {
                Operation::DeviceCodeIssue(_) => people::device_code(&endpoint, &program(caller, parts)).await,
                Operation::TokenRevoke(_) => people::revoke(&endpoint, &program(caller, parts)).await,
                _ => people::introspect(&endpoint).await,
            }
        }
        Operation::UserRealmShow => Ok(people::user_realm()),
    }
}

/// The program that asks, as it calls itself.
fn program(caller: Caller, parts: &Parts) -> Browser {
    let agent = parts.headers.get(http::header::USER_AGENT);
    Browser::new(caller, agent.and_then(|value| value.to_str().ok()).unwrap_or(""))
}
