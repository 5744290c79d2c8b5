//! An OpenID Connect provider on the loopback network, which says what a test has it say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// What the provider knows this registry by.
pub(super) const CLIENT: &str = "wharf";
/// It has signs in it that a header has to carry encoded.
pub(super) const SECRET: &str = "s3cret: with +signs";

/// How an ID token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    Es256,
    Rs256,
    /// By nobody (`alg: none`).
    Nobody,
    /// With a key that is published under another id.
    OtherId,
    /// With a key of somebody else's, under the id of one that is published.
    OtherKey,
}

struct Granted {
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

pub(super) struct Said {
    /// Claims of the ID token beside the usual ones; `null` takes one away.
    pub(super) claims: Value,
    pub(super) userinfo: Value,
    pub(super) signed: Signed,
    /// Answers with nothing but 503.
    pub(super) down: bool,
    /// Says that every answer names its issuer.
    pub(super) names_issuer: bool,
    granted: BTreeMap<String, Granted>,
    now: i64,
    es256: rcgen::KeyPair,
    other: rcgen::KeyPair,
    rs256: rcgen::KeyPair,
}

#[derive(Clone)]
pub(super) struct Provider {
    pub(super) url: String,
    said: Arc<Mutex<Said>>,
    serving: Arc<Serving>,
}

struct Serving(tokio::task::JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Shared = (String, Arc<Mutex<Said>>);

fn locked(said: &Mutex<Said>) -> MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let key = || rcgen::KeyPair::generate().expect("a key");
        let rs256 = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048);
        let said = Arc::new(Mutex::new(Said {
            claims: json!({}),
            userinfo: json!({"sub": "subject-1"}),
            signed: Signed::Es256,
            down: false,
            names_issuer: false,
            granted: BTreeMap::new(),
            now: 0,
            es256: key(),
            other: key(),
            rs256: rs256.expect("a key"),
        }));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(userinfo))
            .with_state((url.clone(), Arc::clone(&said)));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self {
            url,
            said,
            serving: Arc::new(Serving(serving)),
        }
    }

    /// Changes what it says from now on.
    pub(super) fn say(&self, change: impl FnOnce(&mut Said)) {
        change(&mut locked(&self.said));
    }

    /// Lets somebody in who came with that request, at that time: the code.
    pub(super) fn let_in(&self, request: &BTreeMap<String, String>, now: i64) -> String {
        let mut said = locked(&self.said);
        said.now = now;
        let code = format!("code-{}", said.granted.len());
        let field = |name: &str| request.get(name).cloned().unwrap_or_default();
        let granted = Granted {
            nonce: field("nonce"),
            challenge: field("code_challenge"),
            redirect_uri: field("redirect_uri"),
        };
        said.granted.insert(code.clone(), granted);
        code
    }

    /// Nobody answers there any more.
    pub(super) fn stop(&self) {
        self.serving.0.abort();
    }
}

async fn metadata(State((url, said)): State<Shared>) -> Response {
    let said = locked(&said);
    if said.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    Json(json!({
        "issuer": url, "jwks_uri": format!("{url}/keys"), "authorization_endpoint": format!("{url}/authorize?tenant=a%20b"),
        "token_endpoint": format!("{url}/token"), "userinfo_endpoint": format!("{url}/me"),
        "authorization_response_iss_parameter_supported": said.names_issuer,
    }))
    .into_response()
}

fn encoding_key(key: &rcgen::KeyPair, algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        // PKCS #1 inside of PKCS #8: what goes before it is as long for every key of this size.
        Algorithm::RS256 => EncodingKey::from_rsa_der(&key.serialize_der()[26..]),
        _ => EncodingKey::from_ec_der(&key.serialize_der()),
    }
}

async fn keys(State((_, said)): State<Shared>) -> Json<Value> {
    let said = locked(&said);
    let published = |id: &str, key, algorithm| {
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&encoding_key(key, algorithm), algorithm);
        let mut jwk = serde_json::to_value(jwk.expect("a public key")).expect("JSON");
        jwk["kid"] = json!(id);
        jwk
    };
    Json(json!({"keys": [
        published("es", &said.es256, Algorithm::ES256), published("rs", &said.rs256, Algorithm::RS256),
        {"kty": "oct", "kid": "sym", "k": "c2VjcmV0"},
    ]}))
}

impl Said {
    fn sign(&self, claims: &Value) -> String {
        let (algorithm, key, id) = match self.signed {
            Signed::Nobody => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                return format!("{}.{}.", part(&json!({"alg": "none"})), part(claims));
            }
            Signed::Es256 => (Algorithm::ES256, &self.es256, "es"),
            Signed::Rs256 => (Algorithm::RS256, &self.rs256, "rs"),
            Signed::OtherId => (Algorithm::ES256, &self.es256, "unknown"),
            Signed::OtherKey => (Algorithm::ES256, &self.other, "es"),
        };
        let mut header = Header::new(algorithm);
        header.kid = Some(id.to_owned());
        jsonwebtoken::encode(&header, claims, &encoding_key(key, algorithm)).expect("a signature")
    }
}

/// Who we say that we are, in either way (RFC 6749 §2.3.1).
fn client(headers: &HeaderMap, form: &BTreeMap<String, String>) -> Option<(String, String)> {
    if let Some(id) = form.get("client_id") {
        return Some((id.clone(), form.get("client_secret")?.clone()));
    }
    let basic = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        let pair = format!("x={text}");
        url::form_urlencoded::parse(pair.as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

async fn token(
    State((url, said)): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let mut said = locked(&said);
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if client(&headers, &form) != Some((CLIENT.to_owned(), SECRET.to_owned())) {
        return refuse("invalid_client");
    }
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        field("code_verifier").as_bytes(),
    ));
    let granted = said
        .granted
        .remove(&field("code"))
        .filter(|granted| granted.challenge == challenge && granted.redirect_uri == field("redirect_uri"));
    let Some(granted) = granted else {
        return refuse("invalid_grant");
    };
    let mut claims = json!({
        "iss": url, "sub": "subject-1", "aud": CLIENT, "exp": said.now + 300, "iat": said.now, "nonce": granted.nonce,
        "preferred_username": "alice@corp.example", "name": "Alice Adams", "groups": [],
    });
    if let (Some(known), Some(change)) = (claims.as_object_mut(), said.claims.as_object()) {
        for (name, value) in change {
            known.insert(name.clone(), value.clone());
        }
        known.retain(|_, value| !value.is_null());
    }
    Json(json!({"access_token": "opaque", "token_type": "Bearer", "id_token": said.sign(&claims)})).into_response()
}

async fn userinfo(State((_, said)): State<Shared>, headers: HeaderMap) -> Response {
    if headers
        .get("authorization")
        .is_none_or(|value| value != "Bearer opaque")
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(locked(&said).userinfo.clone()).into_response()
}
