//! What clients ask for on people's behalf: tokens for codes and refresh tokens, device codes, and questions about tokens.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde_json::json;
use wharf_app::identity::{Browser, Caller, Presented};
use wharf_app::oauth::{CodeProof, DEVICE_CODE_LIFE, DeviceCodeRequest, GrantError, GrantScope, PersonTokens};
use wharf_app::{App, DeviceCodeFlow, Error};
use wharf_types::oauth::{DeviceCodeAnswer, DirectoryTokenAnswer};
use wharf_types::secret::Secret;

use super::client::Endpoint;
use super::error::Refusal;
use super::token::Form;
use crate::body::{drain, read_form};
use crate::call::{empty, json};

/// Tokens for what a client brings.
pub(super) async fn redeem(endpoint: &Endpoint<'_>, program: &Browser, grant: &str) -> Result<Response, Refusal> {
    let Endpoint { app, tenant, form, .. } = endpoint;
    let (tenant, client) = (*tenant, endpoint.client().await?);
    let tokens = match grant {
        "authorization_code" => {
            let proof = CodeProof {
                client,
                code: Secret::new(form.required("code")?),
                redirect_uri: form.required("redirect_uri")?.to_owned(),
                verifier: Secret::new(form.required("code_verifier")?),
                scope: form.optional("scope")?.map(str::to_owned),
            };
            app.code_redeem(program, tenant, &proof).await?
        }
        "refresh_token" => {
            let token = Secret::new(form.required("refresh_token")?);
            let scope = form.optional("scope")?;
            app.refresh_redeem(program, tenant, &client, &token, scope).await?
        }
        _ => {
            let code = match form.optional("device_code")? {
                Some(code) => code,
                // As MSAL called it once; it still sends both.
                None => form.required("code")?,
            };
            app.device_code_redeem(program, tenant, &client.client, &Secret::new(code))
                .await?
        }
    };
    Ok(json(StatusCode::OK, &answer(tokens)))
}

fn answer(tokens: PersonTokens) -> DirectoryTokenAnswer {
    let life = tokens.access.life.as_secs();
    DirectoryTokenAnswer {
        token_type: "Bearer".to_owned(),
        access_token: tokens.access.token,
        expires_in: life,
        ext_expires_in: life,
        scope: Some(tokens.scope),
        refresh_token: tokens.refresh_token.map(|token| token.expose().to_owned()),
        id_token: tokens.id_token,
        client_info: Some(tokens.client_info),
    }
}

/// Codes for a device.
pub(super) async fn device_code(endpoint: &Endpoint<'_>, device: &Browser) -> Result<Response, Refusal> {
    let Endpoint { app, form, .. } = endpoint;
    let client = endpoint.client().await?.client;
    if app.settings().device_code == DeviceCodeFlow::Off {
        return Err(Refusal::Person(GrantError::Denied));
    }
    if !client.allows_devices() {
        return Err(Refusal::Person(GrantError::Device));
    }
    let base = app.settings().public.base_url();
    let scope = GrantScope::parse(form.required("scope")?, &base, &client)?;
    let tenant = match endpoint.tenant.or(client.tenant) {
        Some(tenant) => tenant,
        None => {
            let first = app.tenant_find("organizations").await?;
            first.ok_or_else(|| Refusal::Tenant("organizations".to_owned()))?.id
        }
    };
    let request = DeviceCodeRequest { tenant, client, scope };
    let issued = app.device_code_issue(device, &request).await?;
    let page = format!("{base}/device");
    let answer = DeviceCodeAnswer {
        message: format!(
            "To sign in, use a web browser to open the page {page} and enter the code {} to authenticate.",
            issued.user_code
        ),
        device_code: issued.device_code.expose().to_owned(),
        user_code: issued.user_code,
        verification_uri: page.clone(),
        verification_url: page,
        expires_in: DEVICE_CODE_LIFE.as_secs(),
        interval: issued.interval_s,
    };
    Ok(json(StatusCode::OK, &answer))
}

/// OpenID Connect Core 1.0 §5.3.2.
#[derive(Serialize)]
struct UserInfo {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    oid: String,
    tid: String,
}

/// The token of a form, where no header brings one (RFC 6750 §2.2). Two of them are none.
pub(super) async fn bearer_of(presented: Presented, headers: &HeaderMap, body: Body) -> Result<Presented, Refusal> {
    if !headers.contains_key(header::CONTENT_TYPE) {
        drain(body).await;
        return Ok(presented);
    }
    let form = Form(read_form(headers, body).await?);
    let in_body = form.optional("access_token")?.map(str::to_owned);
    Ok(match (presented, in_body) {
        (presented, None) => presented,
        (Presented::Nothing, Some(token)) => Presented::Bearer(token),
        (_, Some(_)) => Presented::Nothing,
    })
}

pub(super) async fn user_info(app: &App, caller: Caller, presented: Presented) -> Result<Response, Refusal> {
    let Presented::Bearer(token) = presented else {
        return Err(Refusal::Bearer);
    };
    let seen = app.token_user(caller, &token).await.map_err(|error| match error {
        Error::Unauthenticated => Refusal::Bearer,
        other => other.into(),
    })?;
    let user = seen.user;
    let info = UserInfo {
        sub: user.id.to_string(),
        name: seen.profile.then_some(user.display_name),
        preferred_username: seen.profile.then(|| user.user_principal_name.to_string()),
        email: user.mail.filter(|_| seen.email),
        oid: user.id.to_string(),
        tid: user.tenant.to_string(),
    };
    Ok(json(StatusCode::OK, &info))
}

/// Ends what a client has. What is not the client's to end is no error (RFC 7009 §2.2).
pub(super) async fn revoke(endpoint: &Endpoint<'_>, program: &Browser) -> Result<Response, Refusal> {
    let token = Secret::new(endpoint.form.required("token")?);
    let client = endpoint.client().await?;
    endpoint.app.token_revoke(program, &client, &token).await?;
    Ok(empty(StatusCode::OK))
}

/// Whether a token is good, for a client that shows who it is.
pub(super) async fn introspect(endpoint: &Endpoint<'_>) -> Result<Response, Refusal> {
    let token = endpoint.form.required("token")?;
    let client = endpoint.confidential_client().await?.client;
    // A client that proved who it is is an application, which has a directory.
    let tenant = client.tenant.ok_or(Refusal::Person(GrantError::Client))?;
    let answer = endpoint.app.token_introspect(endpoint.caller, tenant, token).await?;
    Ok(json(StatusCode::OK, &answer))
}

/// People of every domain sign in here.
pub(super) fn user_realm() -> Response {
    json(StatusCode::OK, &json!({"ver": "1.0", "account_type": "Managed"}))
}
