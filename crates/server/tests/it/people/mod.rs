//! People: enrolment, sign-in, and what clients are given on their behalf.

mod account;
mod code;
mod device;
mod enrolment;
mod first_password;
mod forms;
mod ldap;
mod passkeys;
mod provider;
mod races;
mod refresh;
mod registry;
mod sign_in;
mod upstream;

use http::Method;
use serde_json::Value;
use wharf_testkit::{Answer, Browser, TestServer, between};

/// The client of `az` and `wharf`.
const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const ARM: &str = "https://management.azure.com/.default offline_access openid profile";
const REDIRECT: &str = "http://localhost:43210";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The path of an authorization request, with some fields otherwise.
fn authorize(server: &TestServer, other: &[(&str, &str)]) -> String {
    let usual = [
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", ARM),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual
        .iter()
        .filter(|(name, _)| !other.iter().any(|(changed, _)| changed == name));
    let fields: Vec<_> = kept.chain(other).filter(|(_, value)| !value.is_empty()).collect();
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.iter().map(|(name, value)| (name, value)))
        .finish();
    format!("/{}/oauth2/v2.0/authorize?{query}", server.tenant())
}

/// What a client is told at its own address.
fn told(answer: &Answer) -> Vec<(String, String)> {
    let location = answer.header("location");
    let query = location
        .strip_prefix(&format!("{REDIRECT}?"))
        .unwrap_or_else(|| panic!("{location}: {}", answer.text()));
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields
        .iter()
        .find(|(key, _)| key == name)
        .map_or("", |(_, value)| value)
}

/// Asks a token endpoint.
async fn token(server: &TestServer, fields: &[(&str, &str)]) -> Answer {
    let fields = [&[("client_id", CLIENT)], fields].concat();
    let path = format!("/{}/oauth2/v2.0/token", server.tenant());
    server.anonymous().ask(Method::POST, &path).form(&fields).send().await
}

async fn redeem(server: &TestServer, code: &str) -> Answer {
    token(
        server,
        &[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("scope", ARM),
        ],
    )
    .await
}

async fn refresh(server: &TestServer, refresh_token: &str) -> Answer {
    token(
        server,
        &[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("scope", ARM),
        ],
    )
    .await
}

/// A code for somebody who is signed in with that browser.
async fn code(server: &TestServer, browser: &Browser) -> String {
    let answer = browser.get(&authorize(server, &[])).await.expect(303);
    field(&told(&answer), "code").to_owned()
}

/// The tokens of somebody who is signed in with that browser.
async fn tokens(server: &TestServer, browser: &Browser) -> Answer {
    redeem(server, &code(server, browser).await).await.expect(200)
}

/// The claims of a token, unchecked.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let body = token.split('.').nth(1).expect("a token has three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(body)
        .expect("it is base64url");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

/// A page without what is random in it: the challenge for a passkey.
fn without_challenge(page: &str) -> String {
    let options = between(page, "data-options=\"", "\"");
    let ceremony = between(page, "name=\"ceremony\" value=\"", "\"");
    page.replace(options, "").replace(ceremony, "")
}
