//! Applications that act for people: registered, agreed to, and held to what was agreed.

mod consent;
mod core;
mod kinds;
mod logout;
mod owners_consent;
mod prompts;
mod registration;

use http::Method;
use serde_json::{Value, json};
use wharf_testkit::{Actor, Answer, Browser, TestServer, between};

pub(crate) const WEB: &str = "https://app.example/back";
pub(crate) const SPA: &str = "https://page.example/";
pub(crate) const NATIVE: &str = "http://localhost/done";
/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An application with an address of each kind and a secret.
pub(crate) struct Shop {
    pub(crate) server: TestServer,
    pub(crate) app_id: String,
    pub(crate) object_id: String,
    pub(crate) secret: String,
}

pub(crate) type Fields<'a> = [(&'a str, &'a str)];

/// Some fields, others of which take their place; an empty one takes it away.
pub(crate) fn changed<'a>(usual: &Fields<'a>, other: &Fields<'a>) -> Vec<(&'a str, &'a str)> {
    let kept = usual
        .iter()
        .filter(|(name, _)| !other.iter().any(|(changed, _)| changed == name));
    kept.chain(other)
        .filter(|(_, value)| !value.is_empty())
        .copied()
        .collect()
}

impl Shop {
    pub(crate) async fn new(server: &TestServer) -> Self {
        let body = json!({
            "displayName": "Shop", "isFallbackPublicClient": true,
            "web": {"redirectUris": [WEB]}, "spa": {"redirectUris": [SPA]}, "publicClient": {"redirectUris": [NATIVE]},
        });
        let owner = server.owner();
        let made = owner.post("/v1.0/applications", body).await.expect(201);
        let path = format!("/v1.0/applications/{}/addPassword", made.at("/id"));
        let secret = owner
            .post(&path, json!({"passwordCredential": {"displayName": "rbac"}}))
            .await;
        Self {
            server: server.clone(),
            app_id: made.at("/appId"),
            object_id: made.at("/id"),
            secret: secret.expect(200).at("/secretText"),
        }
    }

    /// The same, which has a service principal before anybody agreed to it.
    pub(crate) async fn present(server: &TestServer) -> Self {
        let shop = Self::new(server).await;
        let principal = json!({"appId": shop.app_id, "accountEnabled": true});
        server
            .owner()
            .post("/v1.0/servicePrincipals", principal)
            .await
            .expect(201);
        shop
    }

    pub(crate) fn path(&self, name: &str) -> String {
        format!("/{}/oauth2/v2.0/{name}", self.server.tenant())
    }

    pub(crate) async fn change(&self, body: Value) -> Answer {
        let path = format!("/v1.0/applications/{}", self.object_id);
        self.server.owner().patch(&path, body).await
    }

    /// The path of an authorization request, with some fields otherwise.
    pub(crate) fn authorize(&self, other: &Fields<'_>) -> String {
        let usual = [
            ("client_id", self.app_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", WEB),
            ("scope", "openid profile offline_access"),
            ("state", "the state"),
            ("nonce", "the nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(changed(&usual, other))
            .finish();
        format!("{}?{query}", self.path("authorize"))
    }

    /// Opens a request with a browser, and agrees where that is asked for. The answer leads to the client.
    pub(crate) async fn agreed(&self, browser: &Browser, other: &Fields<'_>) -> Answer {
        let path = self.authorize(other);
        let answer = browser.get(&path).await;
        if !answer.text().contains("action=\"/consent\"") {
            return answer;
        }
        let page = answer.text();
        decide(browser, &page, "yes").await.expect(200);
        let asked = request_of(&page);
        browser.get(&asked).await
    }

    /// A code for somebody who is signed in with that browser.
    pub(crate) async fn code(&self, browser: &Browser, other: &Fields<'_>) -> String {
        let answer = self.agreed(browser, other).await.expect(303);
        let code = told(&answer, "code");
        assert_ne!(code, "", "{}", answer.header("location"));
        code
    }

    /// Asks an endpoint, without a secret.
    pub(crate) async fn ask(&self, endpoint: &str, fields: &Fields<'_>) -> Answer {
        let nobody = self.server.anonymous();
        nobody.ask(Method::POST, &self.path(endpoint)).form(fields).send().await
    }

    /// Fetches tokens for a code as the server that the application is, with some fields otherwise.
    pub(crate) async fn redeem(&self, code: &str, other: &Fields<'_>) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", self.app_id.as_str()),
            ("client_secret", self.secret.as_str()),
            ("code", code),
            ("redirect_uri", WEB),
            ("code_verifier", VERIFIER),
        ];
        self.ask("token", &changed(&usual, other)).await
    }

    pub(crate) async fn refresh(&self, token: &str, other: &Fields<'_>) -> Answer {
        let usual = [
            ("grant_type", "refresh_token"),
            ("client_id", self.app_id.as_str()),
            ("client_secret", self.secret.as_str()),
            ("refresh_token", token),
        ];
        self.ask("token", &changed(&usual, other)).await
    }

    /// The tokens of somebody who is signed in with that browser, for that scope.
    pub(crate) async fn tokens(&self, browser: &Browser, scope: &str) -> Answer {
        let code = self.code(browser, &[("scope", scope)]).await;
        self.redeem(&code, &[]).await.expect(200)
    }

    pub(crate) async fn user_info(&self, token: &str) -> Answer {
        self.server.bearer(token).get(&self.path("userinfo")).await
    }

    /// Whoever brings this token.
    pub(crate) fn with(&self, tokens: &Answer) -> Actor {
        self.server.bearer(&tokens.at("/access_token"))
    }
}

/// The request that a page would come back with.
pub(crate) fn request_of(page: &str) -> String {
    between(page, "name=\"request\" value=\"", "\"")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

/// Answers a page that asks for agreement.
pub(crate) async fn decide(browser: &Browser, page: &str, decision: &str) -> Answer {
    let (session, request) = (between(page, "name=\"session\" value=\"", "\""), request_of(page));
    let fields = [("session", session), ("request", &request), ("decision", decision)];
    browser.submit("/consent", &fields).await
}

/// What a client is told at its address; empty where it is not.
pub(crate) fn told(answer: &Answer, name: &str) -> String {
    let location = answer.header("location");
    let query = location.split_once(['?', '#']).map_or("", |(_, query)| query);
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    fields
        .find(|(key, _)| key == name)
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

/// The claims of a token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let body = token.split('.').nth(1).expect("a token has three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body);
    serde_json::from_slice(&bytes.expect("it is base64url")).expect("it is JSON")
}
