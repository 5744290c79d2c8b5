//! What the directory says of itself: its endpoints and its keys. Only what exists is announced.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use wharf_app::App;

use super::error::Refusal;
use super::operation::TenantPath;
use crate::call::json;

/// OpenID Connect Discovery 1.0 §3, RFC 8414 §2.
#[derive(Serialize)]
struct Discovery {
    issuer: String,
    /// MSAL refuses a document without it.
    authorization_endpoint: String,
    token_endpoint: String,
    /// RFC 8628 §4.
    device_authorization_endpoint: String,
    userinfo_endpoint: String,
    end_session_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: [&'static str; 4],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: [&'static str; 4],
    grant_types_supported: [&'static str; 4],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    scopes_supported: [&'static str; 4],
    claims_supported: [&'static str; 15],
    prompt_values_supported: [&'static str; 4],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    /// What is asked for is asked for in the query: no objects, which may be false without being said, or true, as `request_uri` is.
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    /// RFC 9207.
    authorization_response_iss_parameter_supported: bool,
}

pub(super) async fn show(app: &App, tenant: TenantPath) -> Result<Response, Refusal> {
    let base = app.settings().public.base_url();
    // Tokens name the tenant that issued them. Where the path names none, the document has a template in its place, as Entra's have.
    let (issuer, oauth2, keys) = match tenant {
        TenantPath::Adfs => (
            format!("{base}/{{tenantid}}/v2.0"),
            format!("{base}/adfs/oauth2"),
            format!("{base}/adfs/discovery/keys"),
        ),
        TenantPath::Named(name) => {
            let found = app
                .tenant_find(&name)
                .await?
                .ok_or_else(|| Refusal::Tenant(name.clone()))?;
            let issuer = match name.as_str() {
                "organizations" | "common" => format!("{base}/{{tenantid}}/v2.0"),
                _ => app.directory_issuer(found.id),
            };
            // The tenant as the client wrote it: MSAL keeps tokens under that part of the path.
            (
                issuer,
                format!("{base}/{name}/oauth2/v2.0"),
                format!("{base}/{name}/discovery/v2.0/keys"),
            )
        }
    };
    let document = Discovery {
        issuer,
        authorization_endpoint: format!("{oauth2}/authorize"),
        token_endpoint: format!("{oauth2}/token"),
        device_authorization_endpoint: format!("{oauth2}/devicecode"),
        userinfo_endpoint: format!("{oauth2}/userinfo"),
        end_session_endpoint: format!("{oauth2}/logout"),
        revocation_endpoint: format!("{oauth2}/revoke"),
        introspection_endpoint: format!("{oauth2}/introspect"),
        jwks_uri: keys,
        token_endpoint_auth_methods_supported: ["none", "client_secret_post", "client_secret_basic", "private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["RS256", "PS256", "ES256"],
        introspection_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        revocation_endpoint_auth_methods_supported: [
            "none",
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
        ],
        grant_types_supported: [
            "authorization_code",
            "refresh_token",
            super::token::DEVICE_CODE,
            "client_credentials",
        ],
        response_types_supported: ["code"],
        response_modes_supported: ["query", "fragment", "form_post"],
        code_challenge_methods_supported: ["S256"],
        scopes_supported: ["openid", "profile", "email", "offline_access"],
        claims_supported: [
            "iss",
            "sub",
            "aud",
            "exp",
            "nbf",
            "iat",
            "auth_time",
            "nonce",
            "amr",
            "tid",
            "oid",
            "sid",
            "name",
            "preferred_username",
            "email",
        ],
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
    };
    Ok(json(StatusCode::OK, &document))
}

/// RFC 7517 §5.
#[derive(Serialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// All tenants' tokens are signed with the installation's keys.
pub(super) async fn key_list(app: &App, tenant: TenantPath) -> Result<Response, Refusal> {
    if let TenantPath::Named(name) = tenant
        && app.tenant_find(&name).await?.is_none()
    {
        return Err(Refusal::Tenant(name));
    }
    let keys = app.public_keys();
    Ok(json(StatusCode::OK, &KeySet { keys }))
}
