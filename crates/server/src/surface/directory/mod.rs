//! The directory: who may sign in, and the tokens that they get. Entra's wire shape, and that of AD FS, which spares `az` one setting.
//!
//! Machines sign in here with their secrets ([`token`]). For people, clients come with a code that they were given in a browser ([`authorize`]) or that a person
//! typed elsewhere, or with a refresh token ([`people`]); the pages are another surface's ([`super::sign_in`]).

mod authorize;
mod discovery;
mod error;
mod operation;
mod people;
mod token;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts;
use wharf_app::App;
use wharf_app::identity::{Browser, Caller, Presented};

use super::sign_in::page::see_other;
use crate::body::{drain, read_form};
use crate::endpoint::Endpoint;
use crate::request::presented;
use error::{Refusal, respond};
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
    let result = match route(&parts.method, parts.uri.path()) {
        Ok(operation) => {
            tracing::trace!(endpoint = operation.endpoint().path, "the directory was asked");
            perform(&app, caller, operation, &parts, credential, body).await
        }
        Err(error) => {
            drain(body).await;
            Err(error.into())
        }
    };
    result.unwrap_or_else(|refusal| respond(&refusal, caller, by_basic))
}

async fn perform(
    app: &App,
    caller: Caller,
    operation: Operation,
    parts: &Parts,
    credential: Presented,
    body: Body,
) -> Result<Response, Refusal> {
    match operation {
        Operation::DiscoveryShow(tenant) => discovery::show(app, tenant).await,
        Operation::KeyList(tenant) => discovery::key_list(app, tenant).await,
        Operation::TokenIssue(tenant) => {
            let form = Form(read_form(&parts.headers, body).await?);
            token::issue(app, &program(caller, parts), tenant, credential, form).await
        }
        Operation::AuthorizeShow(tenant) => Ok(authorize::show(app, caller, tenant, parts).await),
        Operation::DeviceCodeIssue(tenant) => {
            let form = Form(read_form(&parts.headers, body).await?);
            people::device_code(app, &program(caller, parts), tenant, &form).await
        }
        Operation::LogoutShow(_) => Ok(see_other("/sign-out")),
        Operation::UserInfoShow(_) => people::user_info(app, caller, credential).await,
        Operation::TokenRevoke(tenant) => {
            let form = Form(read_form(&parts.headers, body).await?);
            people::revoke(app, &program(caller, parts), tenant, credential, &form).await
        }
        Operation::TokenIntrospect(tenant) => {
            let form = Form(read_form(&parts.headers, body).await?);
            people::introspect(app, caller, tenant, credential, &form).await
        }
        Operation::UserRealmShow => Ok(people::user_realm()),
    }
}

/// The program that asks, as it calls itself.
fn program(caller: Caller, parts: &Parts) -> Browser {
    let agent = parts.headers.get(http::header::USER_AGENT);
    Browser::new(caller, agent.and_then(|value| value.to_str().ok()).unwrap_or(""))
}
