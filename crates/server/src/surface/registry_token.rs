//! `/oauth2/token`: the registry's token endpoint, by GET (distribution, "Token Authentication Specification") and POST (its OAuth 2 form, and ACR's).

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, PRAGMA};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use wharf_app::identity::{Caller, Presented};
use wharf_app::registry::{Place, TokenAnswer, TokenGrant, TokenRequest};
use wharf_app::{App, Error};
use wharf_types::oauth::{RegistryTokenAnswer, parse_scopes};
use wharf_types::secret::Secret;

use super::v2::OciError;
use crate::body::{drain, field, query, read_form};
use crate::host::Host;
use crate::request::presented;

pub(super) async fn handle(app: App, caller: Caller, host: Host, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let request = match parts.method {
        Method::GET => {
            drain(body).await;
            by_get(&parts)
        }
        Method::POST => by_post(&parts, body).await,
        _ => {
            drain(body).await;
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, POST")]).into_response();
        }
    };
    let answer = match request {
        Ok(request) => issue(&app, caller, &host, request).await,
        Err(error) => Err(error),
    };
    let mut response = match answer {
        Ok(answer) => Json(body_of(answer)).into_response(),
        Err(error) => error.into_response(),
    };
    // RFC 6749 §5.1.
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
        .headers_mut()
        .insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

async fn issue(app: &App, caller: Caller, host: &Host, request: TokenRequest) -> Result<TokenAnswer, OciError> {
    let brought = (&request.grant).into();
    let answer = async |place: Option<&Place>, request| {
        let answer = app.registry_token(caller, place, request).await;
        answer.map_err(|error| OciError::from(error).explained(brought))
    };
    let Host::Registry { name, .. } = host else {
        return answer(None, request).await;
    };
    match app.registry_place(name, caller.now).await? {
        Some(place) => answer(Some(&place), request).await,
        None => {
            // Which names exist is told only to somebody (rule 33).
            let login = TokenRequest {
                scopes: Vec::new(),
                wants_refresh_token: false,
                ..request
            };
            answer(None, login).await?;
            Err(OciError::registry_unknown(name.as_str()))
        }
    }
}

fn body_of(answer: TokenAnswer) -> RegistryTokenAnswer {
    RegistryTokenAnswer {
        token: answer.access.token.clone(),
        access_token: answer.access.token,
        expires_in: answer.access.life.as_secs(),
        issued_at: answer.access.issued_at,
        refresh_token: answer.refresh.map(|refresh| refresh.token),
    }
}

/// `service`, any number of `scope`, `account`, `client_id`, `offline_token`; Basic or nothing.
///
/// A refresh token is not given out here, also when `offline_token` asks for one: docker would keep it in the secret's place and, since it lives three
/// hours, a build server would have to be logged in again by hand each time.
fn by_get(parts: &Parts) -> Result<TokenRequest, OciError> {
    let fields = query(&parts.uri);
    let grant = match presented(&parts.headers) {
        Presented::Nothing => TokenGrant::Anonymous,
        Presented::Basic { user, secret } => TokenGrant::Password { user, secret },
        Presented::Bearer(_) => return Err(Error::Unauthenticated.into()),
    };
    request(&fields, grant, false)
}

async fn by_post(parts: &Parts, body: Body) -> Result<TokenRequest, OciError> {
    let fields = read_form(&parts.headers, body).await?;
    let value = |name| field(&fields, name).filter(|text| !text.is_empty());
    let grant = match value("grant_type") {
        Some("refresh_token") => TokenGrant::RefreshToken(Secret::new(value("refresh_token").unwrap_or(""))),
        Some("password") => match (value("username"), presented(&parts.headers)) {
            (Some(user), _) => TokenGrant::Password {
                user: user.to_owned(),
                secret: Secret::new(value("password").unwrap_or("")),
            },
            (None, Presented::Basic { user, secret }) => TokenGrant::Password { user, secret },
            // So an Azure SDK asks for the anonymous caller's token.
            (None, _) => TokenGrant::Anonymous,
        },
        other => {
            let shown: String = other.unwrap_or("").chars().take(100).collect();
            let message = format!("grant_type is password or refresh_token, and not {shown:?}");
            return Err(OciError::Parameter {
                code: "UNSUPPORTED",
                message,
            });
        }
    };
    request(&fields, grant, value("access_type") == Some("offline"))
}

fn request(
    fields: &[(String, String)],
    grant: TokenGrant,
    wants_refresh_token: bool,
) -> Result<TokenRequest, OciError> {
    let scopes = fields
        .iter()
        .filter(|(name, _)| name == "scope")
        .map(|(_, value)| value.as_str());
    let scopes = parse_scopes(scopes).map_err(|error| OciError::Parameter {
        code: "DENIED",
        message: error.to_string(),
    })?;
    Ok(TokenRequest {
        grant,
        scopes,
        wants_refresh_token,
    })
}
