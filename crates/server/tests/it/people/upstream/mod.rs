//! Signing in by an OpenID Connect provider.

mod accounts;
mod answers;
mod factors;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::{Answer, Authenticator, Browser, TestServer, between, code_of};
use wharf_types::time::Clock;

use super::provider::{CLIENT, Provider, SECRET, Signed};
use super::{code, tokens};

const PROVIDERS: &str = "/v1.0/identity/identityProviders";
const ALICE: &str = "alice@corp.example";

/// A server with a provider that is trusted with the second factor and adds people.
struct Corp {
    server: TestServer,
    provider: Provider,
    id: String,
}

impl Corp {
    async fn start() -> Self {
        Self::start_with(json!({"secondFactor": "trusted", "createUsers": true})).await
    }

    async fn start_with(change: Value) -> Self {
        let server = TestServer::start_with(|settings| settings.issuers.private_network = true).await;
        let provider = Provider::start().await;
        let now = server.clock().now().unix_seconds();
        provider.say(|said| said.claims = json!({"auth_time": now}));
        let mut body = json!({
            "@odata.type": "#microsoft.graph.openIdConnectProvider", "displayName": "Corp <3", "domains": ["Corp.example"],
            "issuer": provider.url, "clientId": CLIENT, "clientSecret": SECRET,
        });
        merge(&mut body, &change);
        let id = server.owner().post(PROVIDERS, body).await.expect(201).at("/id");
        Self { server, provider, id }
    }

    async fn change(&self, change: Value) {
        let path = format!("{PROVIDERS}/{}", self.id);
        self.server.owner().patch(&path, change).await.expect(200);
    }

    /// Sends a browser to the provider: what the provider is asked.
    async fn go(&self, browser: &Browser, return_to: &str) -> BTreeMap<String, String> {
        let page = browser.get("/sign-in").await.expect(200).text();
        assert!(page.contains("Continue with Corp &#60;3"), "{page}");
        let fields = [("return_to", return_to)];
        let path = format!("/sign-in/upstream/{}", self.id);
        let page = browser.submit(&path, &fields).await.expect(200).text();
        let address = between(&page, "<a href=\"", "\"").replace("&#38;", "&");
        let (endpoint, query) = address.split_once('?').expect("a query");
        assert_eq!(endpoint, format!("{}/authorize", self.provider.url));
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    fn now(&self) -> i64 {
        self.server.clock().now().unix_seconds()
    }

    /// Where the provider sends a browser back to whom it lets in.
    fn back(&self, asked: &BTreeMap<String, String>) -> String {
        let code = self.provider.let_in(asked, self.now());
        format!("/sign-in/callback/{}?state={}&code={code}", self.id, asked["state"])
    }

    /// The whole road of a browser; the answer to its coming back.
    async fn sign_in(&self, browser: &Browser) -> Answer {
        let asked = self.go(browser, "/account").await;
        browser.get(&self.back(&asked)).await
    }

    /// The same, for a new browser that is let in.
    async fn browser(&self) -> Browser {
        let browser = Browser::new(&self.server);
        let answer = self.sign_in(&browser).await.expect(303);
        assert_eq!(answer.header("location"), "/account");
        browser
    }

    /// The same, for a new browser that is not: what it is told.
    async fn refused(&self, status: u16) -> String {
        let browser = Browser::new(&self.server);
        let page = self.sign_in(&browser).await.expect(status).text();
        browser.get("/account").await.expect(303);
        page
    }

    fn say(&self, claims: Value) {
        self.provider.say(|said| merge(&mut said.claims, &claims));
    }

    async fn user(&self, name: &str) -> Value {
        self.server
            .owner()
            .get(&format!("/v1.0/users/{name}"))
            .await
            .expect(200)
            .json()
    }
}

fn merge(into: &mut Value, change: &Value) {
    if let (Some(known), Some(change)) = (into.as_object_mut(), change.as_object()) {
        known.extend(change.clone());
    }
}
