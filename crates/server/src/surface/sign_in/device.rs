//! Where somebody types the code of a device, looks at what it would let in, and decides (RFC 8628 §3.3, rule 18).

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_app::oauth::DeviceCode;

use super::{PageError, Visit, page};

#[derive(Template)]
#[template(path = "device.html")]
struct Ask {
    form_token: String,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "device_confirm.html")]
struct Confirm {
    form_token: String,
    client: String,
    /// What it would be able to do; empty for what does all that the person may.
    meanings: Vec<&'static str>,
    scope: String,
    address: String,
    user_agent: String,
    asked_at: String,
    user_code: String,
    user: String,
}

const UNKNOWN: &str = "No device waits with this code: it may have ended. Ask the device for a new one.";
const NOT_THIS_WAY: &str = "Whoever can give rights to others does not let devices in by a code, since a code can be had by talking somebody into it. Sign in with a browser on that machine, or ask the operator to set device_code to \"everybody\".";

fn ask(visit: &Visit, error: Option<&'static str>) -> Result<Response, PageError> {
    let status = error.map_or(StatusCode::OK, |_| StatusCode::NOT_FOUND);
    let form_token = visit.form_token();
    page::show(status, &Ask { form_token, error })
}

pub(super) async fn show(visit: &Visit) -> Result<Response, PageError> {
    visit.fresh("/device").await?;
    ask(visit, None)
}

pub(super) async fn find(visit: &Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/device").await?;
    let code = match visit
        .app
        .device_code_find(&visit.browser, &session, visit.field("user_code"))
        .await
    {
        Ok(code) => code,
        Err(Error::NotFound { .. }) => return ask(visit, Some(UNKNOWN)),
        Err(error) => return Err(error.into()),
    };
    if !visit.app.device_code_allowed(&session.user).await? {
        return page::message(StatusCode::FORBIDDEN, "Not this way", NOT_THIS_WAY, None);
    }
    let (client, permissions) = visit.app.device_code_client(&code).await?;
    let DeviceCode {
        scope,
        address,
        user_agent,
        created_at,
        user_code,
        ..
    } = code;
    let page = Confirm {
        form_token: visit.form_token(),
        client,
        meanings: permissions.iter().map(|permission| permission.meaning).collect(),
        scope,
        address,
        user_agent,
        asked_at: created_at.to_string(),
        user_code,
        user: session.user.user_principal_name.to_string(),
    };
    page::show(StatusCode::OK, &page)
}

pub(super) async fn decide(visit: &Visit) -> Result<Response, PageError> {
    let session = visit.fresh("/device").await?;
    let approve = visit.field("decision") == "approve";
    let decided = visit
        .app
        .device_code_decide(&visit.browser, &session, visit.field("user_code"), approve)
        .await;
    match decided {
        Ok(()) if approve => page::message(
            StatusCode::OK,
            "The device is connected",
            "Go on there. You may close this page.",
            None,
        ),
        Ok(()) => page::message(StatusCode::OK, "Declined", "The device was not let in.", None),
        Err(Error::NotFound { .. }) => ask(visit, Some(UNKNOWN)),
        Err(error) => Err(error.into()),
    }
}
