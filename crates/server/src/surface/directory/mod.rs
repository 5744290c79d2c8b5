//! The directory: who may sign in, and the tokens that they get. Entra's wire shape, and that of AD FS, which spares `az` one setting.
//!
//! Machines sign in here with their secrets. People's sign-in has its place in [`token`] and behind `authorize`, and is announced when it exists.

mod discovery;
mod error;
mod operation;
mod token;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts;
use wharf_app::App;
use wharf_app::identity::{Caller, Presented};

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
        (Some(_), Some(second)) => ["v2.0", "oauth2", "discovery"].contains(&second),
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
            token::issue(app, caller, tenant, credential, form).await
        }
        Operation::AuthorizeShow(_) => Err(Refusal::Grant("authorization_code".to_owned())),
    }
}
