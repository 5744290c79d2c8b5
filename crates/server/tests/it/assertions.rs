//! Applications that sign in without a secret: with the key of a certificate, and with tokens of issuers that they trust.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use wharf_testkit::{Actor, Answer, TestServer};

const ARM: &str = "https://management.azure.com/.default";
const GRAPH: &str = "https://graph.microsoft.com/.default";
const JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The test clock's year, and some around it.
pub(crate) fn certificate() -> (rcgen::Certificate, rcgen::KeyPair) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2040, 1, 1);
    (params.self_signed(&key).expect("a certificate"), key)
}

fn now(server: &TestServer) -> i64 {
    server.app().environment().clock.now().unix_seconds()
}

struct Workload {
    server: TestServer,
    app_id: String,
    robot: Actor,
    application: String,
}

impl Workload {
    async fn new(server: TestServer) -> Self {
        let robot = server.robot_with("Reader", "/").await;
        let app_id = robot.user_and_secret().0.to_owned();
        let found = server
            .owner()
            .get(&format!("/v1.0/applications(appId='{app_id}')"))
            .await
            .expect(200);
        let application = format!("/v1.0/applications/{}", found.at("/id"));
        Self {
            server,
            app_id,
            robot,
            application,
        }
    }

    fn endpoint(&self) -> String {
        format!("https://wharf.test/{}/oauth2/v2.0/token", self.server.tenant())
    }

    /// What MSAL sends: fractions of a second, and a jti.
    fn claims(&self, jti: &str) -> Value {
        let now = now(&self.server);
        json!({
            "iss": self.app_id, "sub": self.app_id, "aud": self.endpoint(), "jti": jti,
            "iat": now as f64 + 0.25, "exp": now as f64 + 600.25,
        })
    }

    async fn ask(&self, assertion: &str, scope: &str) -> Answer {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.app_id.as_str()),
            ("client_assertion_type", JWT),
            ("client_assertion", assertion),
            ("scope", scope),
        ];
        let path = format!("/{}/oauth2/v2.0/token", self.server.tenant());
        self.server
            .anonymous()
            .ask(Method::POST, &path)
            .form(&form)
            .send()
            .await
    }

    async fn refused(&self, assertion: &str, words: &str) {
        let answer = self.ask(assertion, ARM).await.expect_error(401, "invalid_client");
        let said = answer.at("/error_description");
        assert!(said.contains(words), "{said}");
    }
}

pub(crate) fn sign(key: &rcgen::KeyPair, certificate: &rcgen::Certificate, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::ES256);
    let sum = aws_sha1(certificate.der());
    // MSAL keeps the padding.
    header.x5t = Some(URL_SAFE.encode(sum));
    let key = EncodingKey::from_ec_der(&key.serialize_der());
    jsonwebtoken::encode(&header, claims, &key).expect("a signature")
}

fn aws_sha1(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes)
        .as_ref()
        .to_vec()
}

#[tokio::test]
async fn a_certificate_signs_an_application_in_until_it_is_removed() {
    let work = Workload::new(TestServer::start().await).await;
    let owner = work.server.owner();
    let (certificate, key) = certificate();
    // In lines, as `az` sends what it has read from a PEM file.
    let mut key_text = STANDARD.encode(certificate.der());
    key_text.insert(64, '\n');
    let body = json!({"keyCredentials": [{
        "displayName": "ci", "type": "AsymmetricX509Cert", "usage": "Verify", "key": key_text,
    }]});
    owner.patch(&work.application, body).await.expect(204);
    let shown = owner.get(&work.application).await.expect(200);
    assert_eq!(shown.at("/keyCredentials/0/displayName"), "ci");
    assert_eq!(shown.json()["keyCredentials"][0].get("key"), None);
    let assertion = sign(&key, &certificate, &work.claims("1"));
    let token = work.ask(&assertion, ARM).await.expect(200).at("/access_token");
    let signed_in = work.server.bearer(&token);
    signed_in.get("/subscriptions").await.expect(200);
    // One of each resource, and no more: MSAL asks for several with one assertion.
    work.ask(&assertion, GRAPH).await.expect(200);
    work.refused(&assertion, "used before").await;
    // By its secret it signs in as before.
    work.robot.sign_in("https://management.azure.com").await.expect(200);
    let keep = json!({"keyCredentials": []});
    owner.patch(&work.application, keep).await.expect(204);
    signed_in.get("/subscriptions").await.expect(401);
    work.refused(
        &sign(&key, &certificate, &work.claims("2")),
        "not signed with a certificate",
    )
    .await;
}

#[tokio::test]
async fn a_statement_has_to_be_right_in_every_part() {
    let work = Workload::new(TestServer::start().await).await;
    let (certificate, key) = certificate();
    let body = json!({"keyCredentials": [{"key": STANDARD.encode(certificate.der())}]});
    work.server.owner().patch(&work.application, body).await.expect(204);
    let (other, other_key) = self::certificate();
    work.refused(
        &sign(&other_key, &other, &work.claims("1")),
        "not signed with a certificate",
    )
    .await;
    work.refused(
        &sign(&other_key, &certificate, &work.claims("1")),
        "not signed with a certificate",
    )
    .await;
    let with = |field: &str, value: Value| {
        let mut claims = work.claims("1");
        claims[field] = value;
        sign(&key, &certificate, &claims)
    };
    let now = now(&work.server);
    work.refused(
        &with("aud", json!("https://elsewhere.example/token")),
        "another audience",
    )
    .await;
    work.refused(
        &with("aud", json!([work.endpoint(), "https://elsewhere.example"])),
        "another audience",
    )
    .await;
    work.refused(&with("exp", json!(now - 61)), "valid time range").await;
    work.refused(&with("exp", json!(now + 100_000)), "valid time range")
        .await;
    work.refused(&with("nbf", json!(now + 120)), "valid time range").await;
    work.refused(&with("jti", json!("")), "no jti").await;
    work.refused(&with("exp", json!("soon")), "no exp").await;
    work.refused("garbage", "three parts").await;
    let good = with("jti", json!("1"));
    let tampered = good.replace('.', ".e").replacen(".e", ".", 1);
    assert_ne!(work.ask(&tampered, ARM).await.status, 200);
    // Nothing of it was used up.
    work.ask(&good, ARM).await.expect(200);
    // An assertion does not stand beside a secret.
    let form = [
        ("grant_type", "client_credentials"),
        ("client_secret", "x"),
        ("client_assertion_type", JWT),
        ("client_assertion", good.as_str()),
        ("scope", ARM),
    ];
    let path = format!("/{}/oauth2/v2.0/token", work.server.tenant());
    let ask = work
        .server
        .anonymous()
        .ask(Method::POST, &path)
        .form(&form)
        .send()
        .await;
    ask.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn what_is_no_certificate_is_not_taken_for_one() {
    let work = Workload::new(TestServer::start().await).await;
    let owner = work.server.owner();
    for key in ["!", "", "AAAA"] {
        let body = json!({"keyCredentials": [{ "key": key }]});
        owner
            .patch(&work.application, body)
            .await
            .expect_error(400, "Request_BadRequest");
    }
    // Who may not give the application's roles may not become it.
    let stranger = work.server.robot("stranger").await;
    let (certificate, _) = certificate();
    let body = json!({"keyCredentials": [{"key": STANDARD.encode(certificate.der())}]});
    stranger
        .patch(&work.application, body)
        .await
        .expect_error(404, "Request_ResourceNotFound");
    assert_eq!(
        owner.get(&work.application).await.expect(200).json()["keyCredentials"],
        json!([])
    );
}

/// An issuer of tokens, as a build service is one.
pub(crate) struct Issuer {
    pub(crate) url: String,
    keys: Arc<Mutex<Vec<(String, rcgen::KeyPair)>>>,
    asked: Arc<Mutex<u32>>,
    serving: tokio::task::JoinHandle<()>,
}

type Published = (String, Arc<Mutex<Vec<(String, rcgen::KeyPair)>>>, Arc<Mutex<u32>>);

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let keys: Arc<Mutex<Vec<(String, rcgen::KeyPair)>>> = Arc::default();
        let asked: Arc<Mutex<u32>> = Arc::default();
        let state: Published = (url.clone(), Arc::clone(&keys), Arc::clone(&asked));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(key_set))
            .with_state(state);
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        let issuer = Self {
            url,
            keys,
            asked,
            serving,
        };
        issuer.rotate("one");
        issuer
    }

    fn rotate(&self, id: &str) {
        let key = rcgen::KeyPair::generate().expect("a key");
        *self.keys.lock().expect("the keys") = vec![(id.to_owned(), key)];
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        let keys = self.keys.lock().expect("the keys");
        let (id, key) = keys.first().expect("a key");
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(id.clone());
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(&key.serialize_der())).expect("a signature")
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().expect("the count")
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn metadata(State((url, ..)): State<Published>) -> Json<Value> {
    Json(json!({"issuer": url, "jwks_uri": format!("{url}/keys")}))
}

async fn key_set(State((_, keys, asked)): State<Published>) -> Json<Value> {
    *asked.lock().expect("the count") += 1;
    let keys = keys.lock().expect("the keys");
    let jwk = |(id, key): &(String, rcgen::KeyPair)| {
        let key = EncodingKey::from_ec_der(&key.serialize_der());
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a public key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        jwk["kid"] = json!(id);
        jwk
    };
    Json(json!({"keys": keys.iter().map(jwk).collect::<Vec<_>>()}))
}

async fn with_issuer() -> (Workload, Issuer) {
    let server = TestServer::start_with(|settings| settings.issuers.private_network = true).await;
    let (work, issuer) = (Workload::new(server).await, Issuer::start().await);
    let body = json!({
        "name": "main", "issuer": issuer.url, "subject": "repo:web:main", "audiences": ["wharf"], "description": "builds",
    });
    let path = format!("{}/federatedIdentityCredentials", work.application);
    let made = work.server.owner().post(&path, body).await.expect(201);
    assert_eq!(made.at("/audiences/0"), "wharf");
    (work, issuer)
}

fn job(work: &Workload, issuer: &Issuer) -> Value {
    let now = now(&work.server);
    json!({"iss": issuer.url, "sub": "repo:web:main", "aud": ["other", "wharf"], "exp": now + 600, "nbf": now, "iat": now})
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_signs_an_application_in_until_the_trust_ends() {
    let (work, issuer) = with_issuer().await;
    let token = issuer.token(&job(&work, &issuer));
    let mut signed_in = None;
    // A build uses its token as often as it needs to.
    for scope in [ARM, GRAPH, ARM] {
        let access = work.ask(&token, scope).await.expect(200).at("/access_token");
        signed_in = Some(work.server.bearer(&access));
    }
    assert_eq!(issuer.asked(), 1, "keys are remembered");
    let signed_in = signed_in.expect("somebody");
    signed_in.get("/subscriptions").await.expect(200);
    // To docker, too.
    let path = format!("{}/federatedIdentityCredentials", work.application);
    let owner = work.server.owner();
    let listed = owner.get(&path).await.expect(200);
    assert_eq!(listed.at("/value/0/name"), "main");
    owner.delete(&format!("{path}/main")).await.expect(204);
    signed_in.get("/subscriptions").await.expect(401);
    work.refused(&token, "No matching federated identity record").await;
}

#[tokio::test]
async fn a_token_has_to_be_of_that_issuer_for_that_subject_and_that_audience() {
    let (work, issuer) = with_issuer().await;
    let with = |field: &str, value: Value| {
        let mut claims = job(&work, &issuer);
        claims[field] = value;
        issuer.token(&claims)
    };
    for (field, value) in [
        ("sub", json!("repo:web:other")),
        ("sub", json!("repo:web:main2")),
        ("aud", json!("another")),
        ("iss", json!("http://127.0.0.1:1")),
        ("iss", json!(format!("{}/", issuer.url))),
    ] {
        work.refused(&with(field, value), "No matching federated identity record")
            .await;
    }
    assert_eq!(issuer.asked(), 0, "nobody is asked who is not trusted");
    let now = now(&work.server);
    work.refused(&with("exp", json!(now - 61)), "valid time range").await;
    let stranger = Issuer::start().await;
    work.refused(
        &stranger.token(&job(&work, &issuer)),
        "not signed with a key that its issuer publishes",
    )
    .await;
}

#[tokio::test]
async fn the_issuers_keys_rotate_and_its_absence_ends_nothing_at_once() {
    let (work, issuer) = with_issuer().await;
    work.ask(&issuer.token(&job(&work, &issuer)), ARM).await.expect(200);
    let old = issuer.token(&job(&work, &issuer));
    issuer.rotate("two");
    let new = issuer.token(&job(&work, &issuer));
    // Whoever makes up key ids makes no flood of requests.
    work.refused(&new, "not signed with a key").await;
    assert_eq!(issuer.asked(), 1);
    work.server.advance(Duration::from_secs(31));
    work.ask(&new, ARM).await.expect(200);
    assert_eq!(issuer.asked(), 2);
    work.refused(&old, "not signed with a key").await;
    issuer.serving.abort();
    work.server.advance(Duration::from_secs(2 * 3600));
    let later = issuer.token(&job(&work, &issuer));
    work.ask(&later, ARM).await.expect(200);
    work.server.advance(Duration::from_secs(25 * 3600));
    work.refused(&issuer.token(&job(&work, &issuer)), "cannot be fetched")
        .await;
}

#[tokio::test]
async fn an_issuer_is_of_the_public_network_unless_it_is_configured_otherwise() {
    let work = Workload::new(TestServer::start().await).await;
    let path = format!("{}/federatedIdentityCredentials", work.application);
    let owner = work.server.owner();
    for issuer in [
        "http://ci.example",
        "https://127.0.0.1",
        "https://169.254.169.254",
        "https://[::1]",
        "ci",
    ] {
        let body = json!({"name": "main", "issuer": issuer, "subject": "s", "audiences": ["a"]});
        owner.post(&path, body).await.expect_error(400, "Request_BadRequest");
    }
    for bad in [
        json!({"name": "main", "issuer": "https://ci.example", "subject": "s", "audiences": []}),
        json!({"name": "main", "issuer": "https://ci.example", "subject": "s", "audiences": ["a", "b"]}),
        json!({"name": "no blanks", "issuer": "https://ci.example", "subject": "s", "audiences": ["a"]}),
        json!({"name": "main", "issuer": "https://ci.example", "subject": "", "audiences": ["a"]}),
    ] {
        owner.post(&path, bad).await.expect_error(400, "Request_BadRequest");
    }
    let good = json!({"name": "main", "issuer": "https://ci.example", "subject": "s", "audiences": ["a"]});
    owner.post(&path, good.clone()).await.expect(201);
    owner
        .post(&path, good)
        .await
        .expect_error(409, "Request_MultipleObjectsWithSameKeyValue");
}
