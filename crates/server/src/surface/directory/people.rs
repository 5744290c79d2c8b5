//! What clients ask for on people's behalf: tokens for codes and refresh tokens, device codes, and questions about tokens.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use wharf_app::identity::{Browser, Caller, Presented};
use wharf_app::oauth::{
    Client, CodeProof, DEVICE_CODE_LIFE, DeviceCodeRequest, GrantError, GrantScope, PersonTokens, client_find,
};
use wharf_app::{App, DeviceCodeFlow, Error};
use wharf_types::id::TenantId;
use wharf_types::oauth::{DeviceCodeAnswer, DirectoryTokenAnswer};
use wharf_types::secret::Secret;

use super::error::Refusal;
use super::operation::TenantPath;
use super::token::{Form, client, tenant_of};
use crate::call::{empty, json};

fn public_client(form: &Form) -> Result<Client, Refusal> {
    let found = client_find(form.required("client_id")?);
    found.ok_or(Refusal::Person(GrantError::Client))
}

/// Tokens for what a client brings.
pub(super) async fn redeem(
    app: &App,
    program: &Browser,
    tenant: Option<TenantId>,
    grant: &str,
    form: &Form,
) -> Result<Response, Refusal> {
    let client = public_client(form)?;
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
            let scope = form.optional("scope")?.unwrap_or("openid");
            app.refresh_redeem(program, tenant, client, &token, scope).await?
        }
        _ => {
            let code = match form.optional("device_code")? {
                Some(code) => code,
                // As MSAL called it once; it still sends both.
                None => form.required("code")?,
            };
            app.device_code_redeem(program, tenant, client, &Secret::new(code))
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
pub(super) async fn device_code(
    app: &App,
    device: &Browser,
    tenant: TenantPath,
    form: &Form,
) -> Result<Response, Refusal> {
    let client = public_client(form)?;
    if app.settings().device_code == DeviceCodeFlow::Off {
        return Err(Refusal::Person(GrantError::Denied));
    }
    let base = app.settings().public.base_url();
    let scope = GrantScope::parse(form.required("scope")?, &base)?;
    let tenant = match tenant_of(app, tenant).await? {
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
    name: String,
    preferred_username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    oid: String,
    tid: String,
}

pub(super) async fn user_info(app: &App, caller: Caller, presented: Presented) -> Result<Response, Refusal> {
    let Presented::Bearer(token) = presented else {
        return Err(Refusal::Bearer);
    };
    let user = app.token_user(caller, &token).await.map_err(|error| match error {
        Error::Unauthenticated => Refusal::Bearer,
        other => other.into(),
    })?;
    let info = UserInfo {
        sub: user.id.to_string(),
        name: user.display_name,
        preferred_username: user.user_principal_name.to_string(),
        email: user.mail,
        oid: user.id.to_string(),
        tid: user.tenant.to_string(),
    };
    Ok(json(StatusCode::OK, &info))
}

/// Ends what a client has. What is not the client's to end is no error (RFC 7009 §2.2).
pub(super) async fn revoke(
    app: &App,
    program: &Browser,
    tenant: TenantPath,
    presented: Presented,
    form: &Form,
) -> Result<Response, Refusal> {
    let token = Secret::new(form.required("token")?);
    match form.optional("client_id")?.and_then(client_find) {
        Some(public) => app.token_revoke(program, public, &token).await?,
        None => {
            // A confidential client says who it is first (rule 19). It holds nothing that outlives its secret.
            let tenant = tenant_of(app, tenant).await?;
            let (id, secret) = client(presented, form)?;
            app.token_introspect(program.caller, tenant, &id, &secret, token.expose())
                .await?;
        }
    }
    Ok(empty(StatusCode::OK))
}

/// Whether a token is good.
pub(super) async fn introspect(
    app: &App,
    caller: Caller,
    tenant: TenantPath,
    presented: Presented,
    form: &Form,
) -> Result<Response, Refusal> {
    let token = form.required("token")?;
    let tenant = tenant_of(app, tenant).await?;
    let (id, secret) = client(presented, form)?;
    let answer = app.token_introspect(caller, tenant, &id, &secret, token).await?;
    Ok(json(StatusCode::OK, &answer))
}

/// People of every domain sign in here.
pub(super) fn user_realm() -> Response {
    json(StatusCode::OK, &json!({"ver": "1.0", "account_type": "Managed"}))
}
