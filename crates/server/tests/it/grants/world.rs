//! What the table's requests are about: an application with all that it can show, somebody who agreed to it, and another application.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use wharf_app::DeviceCodeFlow;
use wharf_testkit::{Answer, Person, TestServer};

use super::{Before, Row, Sent};
use crate::applications::{NATIVE, Shop, VERIFIER, WEB, told};
use crate::assertions::{Issuer, certificate, sign};

/// A way to tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// A code that was sent to a server.
    Code,
    /// A code that was sent to a program.
    PublicCode,
    Refresh,
    Device,
    Secret,
    Certificate,
    Federated,
}

/// What may be written when a request is refused: failures that are counted, and what a wrong proof uses up.
const BOOKKEEPING: [&str; 4] = [
    "authorization_codes",
    "sign_in_failures",
    "used_assertions",
    "sqlite_sequence",
];

pub(super) struct World {
    server: TestServer,
    shop: Shop,
    other: Shop,
    key: (rcgen::Certificate, rcgen::KeyPair),
    issuer: Issuer,
    /// Whom most rows are about: to enrol somebody takes its time.
    alice: Arc<Person>,
}

impl World {
    pub(super) async fn new() -> Self {
        let server = TestServer::start_with(|settings| {
            settings.device_code = DeviceCodeFlow::Everybody;
            settings.issuers.private_network = true;
        })
        .await;
        let (shop, other) = (Shop::present(&server).await, Shop::present(&server).await);
        let (key, issuer) = (certificate(), Issuer::start().await);
        let certificate = json!({"keyCredentials": [{"key": STANDARD.encode(key.0.der())}]});
        shop.change(certificate).await.expect(204);
        let trust = json!({"name": "main", "issuer": issuer.url, "subject": "main", "audiences": ["wharf"]});
        let path = format!("/v1.0/applications/{}/federatedIdentityCredentials", shop.object_id);
        server.owner().post(&path, trust).await.expect(201);
        Self {
            shop,
            other,
            key,
            issuer,
            alice: Arc::new(server.person("alice@example.com").await),
            server,
        }
    }

    fn now(&self) -> i64 {
        self.server.app().environment().clock.now().unix_seconds()
    }

    /// An assertion, with some claims otherwise.
    fn assertion(&self, federated: bool, other: &Value) -> String {
        let now = self.now();
        let mut claims = match federated {
            true => json!({"iss": self.issuer.url, "sub": "main", "aud": "wharf", "exp": now + 600}),
            false => json!({
                "iss": self.shop.app_id, "sub": self.shop.app_id, "jti": self.server.uuid(), "exp": now + 600,
                "aud": format!("https://wharf.test{}", self.shop.path("token")),
            }),
        };
        for (name, value) in other.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(claims.as_object_mut().map(|claims| claims.remove(name))),
                value => claims[name] = value.clone(),
            }
        }
        match federated {
            true => self.issuer.token(&claims),
            false => sign(&self.key.1, &self.key.0, &claims),
        }
    }

    /// What a name in braces stands for.
    fn meant(&self, text: &str) -> String {
        let now = self.now();
        let made = |federated, other: Value| self.assertion(federated, &other);
        match text {
            "{tenant}" => self.server.tenant().to_owned(),
            "{id}" => self.shop.app_id.clone(),
            "{secret}" => self.shop.secret.clone(),
            "{other}" => self.other.app_id.clone(),
            "{other secret}" => self.other.secret.clone(),
            "{long}" => "x".repeat(9_000),
            "{many}" => "openid ".repeat(101),
            "{assertion}" => made(false, json!({})),
            "{expired}" => made(false, json!({"exp": now - 61})),
            "{early}" => made(false, json!({"nbf": now + 61})),
            "{for long}" => made(false, json!({"exp": now + 90_000})),
            "{elsewhere}" => made(false, json!({"aud": "https://elsewhere.example/token"})),
            "{here and elsewhere}" => {
                let here = format!("https://wharf.test{}", self.shop.path("token"));
                made(false, json!({"aud": [here, "https://elsewhere.example"]}))
            }
            "{no jti}" => made(false, json!({"jti": null})),
            "{foreign key}" => {
                let (certificate, key) = certificate();
                let claims = json!({
                    "iss": self.shop.app_id, "sub": self.shop.app_id, "jti": "x", "exp": now + 600,
                    "aud": format!("https://wharf.test{}", self.shop.path("token")),
                });
                sign(&key, &certificate, &claims)
            }
            "{token}" => made(true, json!({})),
            "{token of another subject}" => made(true, json!({"sub": "other"})),
            "{token for another audience}" => made(true, json!({"aud": "other"})),
            "{token of another issuer}" => made(true, json!({"iss": "https://other.example"})),
            "{expired token}" => made(true, json!({"exp": now - 61})),
            "{changed token}" => {
                let token = made(true, json!({}));
                format!("{}AA", &token[..token.len() - 2])
            }
            plain => plain.to_owned(),
        }
    }

    /// A request that is good, and whoever it is for.
    async fn request(&self, grant: Grant, before: Before) -> (Vec<(String, String)>, Arc<Person>) {
        let text = |fields: &[(&str, &str)]| {
            let meant = |(name, value): &(&str, &str)| ((*name).to_owned(), self.meant(value));
            fields.iter().map(meant).collect::<Vec<_>>()
        };
        const JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        const ARM: &str = "https://management.azure.com/.default";
        let machine = [
            ("grant_type", "client_credentials"),
            ("client_id", "{id}"),
            ("scope", ARM),
        ];
        // What happens to somebody, or to their session, does not happen to those of the rows after.
        let person = match before {
            Before::Nothing | Before::Declined | Before::Undecided | Before::Polled => Arc::clone(&self.alice),
            _ => {
                let name = format!("u{}@example.com", self.server.uuid().simple());
                Arc::new(self.server.person(&name).await)
            }
        };
        let decided = match before {
            Before::Declined => Some("deny"),
            Before::Undecided | Before::Polled => None,
            _ => Some("approve"),
        };
        match grant {
            Grant::Secret => return (text(&[&machine[..], &[("client_secret", "{secret}")]].concat()), person),
            Grant::Certificate | Grant::Federated => {
                let what = if grant == Grant::Certificate {
                    "{assertion}"
                } else {
                    "{token}"
                };
                let shown = [("client_assertion_type", JWT), ("client_assertion", what)];
                return (text(&[&machine[..], &shown].concat()), person);
            }
            _ => {}
        }
        let secret = [("client_id", "{id}"), ("client_secret", "{secret}")];
        let fields = match grant {
            Grant::Code | Grant::PublicCode => {
                let (to, shown) = match grant {
                    Grant::Code => (WEB, &secret[..]),
                    _ => (NATIVE, &secret[..1]),
                };
                let code = self.shop.code(&person.browser, &[("redirect_uri", to)]).await;
                let rest = [
                    ("grant_type", "authorization_code"),
                    ("code", &code),
                    ("redirect_uri", to),
                    ("code_verifier", VERIFIER),
                ];
                text(&[shown, &rest].concat())
            }
            Grant::Refresh => {
                let tokens = self.shop.tokens(&person.browser, "openid profile offline_access").await;
                let token = tokens.at("/refresh_token");
                text(
                    &[
                        &secret[..],
                        &[("grant_type", "refresh_token"), ("refresh_token", &token)],
                    ]
                    .concat(),
                )
            }
            _ => {
                let asked = [("client_id", self.shop.app_id.as_str()), ("scope", "openid")];
                let codes = self.shop.ask("devicecode", &asked).await.expect(200);
                if let Some(decision) = decided {
                    let typed = codes.at("/user_code").replace('-', "");
                    person.browser.get("/device").await.expect(200);
                    let fields = [("user_code", typed.as_str()), ("decision", decision)];
                    person.browser.submit("/device/decide", &fields).await.expect(200);
                }
                let code = codes.at("/device_code");
                let kind = "urn:ietf:params:oauth:grant-type:device_code";
                text(&[("grant_type", kind), ("client_id", "{id}"), ("device_code", &code)])
            }
        };
        (fields, person)
    }

    async fn send(&self, tenant: &str, sent: Sent, fields: &[(String, String)]) -> Answer {
        let path = format!("/{tenant}/oauth2/v2.0/token");
        // From somewhere else each time, so that no row is slowed because of those before it.
        let id = self.server.uuid().as_u128();
        let from = std::net::Ipv6Addr::from((0x2001_0db8 << 96) | (id >> 32));
        let actor = match sent {
            Sent::Basic => self.server.basic(&self.shop.app_id, &self.shop.secret),
            Sent::WrongBasic => self.server.basic(&self.shop.app_id, "wrong"),
            Sent::Bearer => self.server.bearer("a.b.c"),
            _ => self.server.anonymous(),
        };
        let actor = actor.from(from.into());
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let large = "x".repeat(1024 * 1024);
        let ask = match sent {
            Sent::Get => actor.ask(Method::GET, &path),
            Sent::Json => actor
                .ask(Method::POST, &path)
                .json(&json!({"grant_type": "client_credentials"})),
            Sent::Large => actor
                .ask(Method::POST, &path)
                .form(&[&fields[..], &[("more", &large)]].concat()),
            Sent::Compressed => {
                let ask = actor.ask(Method::POST, &path).header("content-encoding", "gzip");
                ask.form(&fields)
            }
            _ => actor.ask(Method::POST, &path).form(&fields),
        };
        ask.send().await
    }

    /// The request without the change.
    pub(super) async fn good(&self, grant: Grant) {
        let (fields, _) = self.request(grant, Before::Nothing).await;
        let answer = self.send(self.server.tenant(), Sent::Form, &fields).await.expect(200);
        assert_eq!(answer.header("cache-control"), "no-store");
    }

    async fn prepare(&self, before: Before, fields: &[(String, String)], person: &Person) {
        let owner = self.server.owner();
        match before {
            Before::Nothing | Before::Declined | Before::Undecided => {}
            Before::Wait(seconds) => self.server.advance(Duration::from_secs(seconds)),
            Before::Used => {
                self.send(self.server.tenant(), Sent::Form, fields).await.expect(200);
                // Past the grace of refresh tokens.
                self.server.advance(Duration::from_secs(11));
            }
            Before::Polled => drop(self.send(self.server.tenant(), Sent::Form, fields).await.expect(400)),
            Before::Disabled => {
                let path = format!("/v1.0/users/{}", person.object_id);
                owner.patch(&path, json!({"accountEnabled": false})).await.expect(204);
            }
            Before::TakenBack => {
                let app = [("application", self.shop.app_id.as_str())];
                let browser = &person.browser;
                browser.get("/account").await.expect(200);
                browser.submit("/account/consents/remove", &app).await.expect(303);
            }
            Before::SignedOut => {
                let browser = &person.browser;
                browser.get("/sign-out").await.expect(200);
                browser.submit("/sign-out", &[]).await.expect(200);
            }
        }
    }

    /// The request with the row's change is answered as the row says, and nothing comes of it.
    pub(super) async fn refuses(&self, grant: Grant, row: &Row) {
        let (good, person) = self.request(grant, row.before).await;
        self.prepare(row.before, &good, &person).await;
        let changed = |name: &str| row.fields.iter().any(|(known, _)| *known == name);
        let mut fields: Vec<(String, String)> = good.iter().filter(|(name, _)| !changed(name)).cloned().collect();
        for (name, value) in row.fields.iter().filter(|(_, value)| !value.is_empty()) {
            fields.push(((*name).to_owned(), self.meant(value)));
        }
        if let Some(again) = fields.iter().find(|(name, _)| name == row.twice).cloned() {
            fields.push(again);
        }
        let before = self.server.stored().await;
        let answer = self.send(&self.meant(row.tenant), row.sent, &fields).await;
        let what = format!("{grant:?}: {}: {}", row.what, answer.text());
        assert_eq!(answer.status.as_u16(), row.status, "{what}");
        assert_eq!(answer.at("/error"), row.error, "{what}");
        assert_eq!(answer.at("/error_codes"), format!("[{}]", row.number), "{what}");
        let description = answer.at("/error_description");
        assert!(description.starts_with(&format!("AADSTS{}: ", row.number)), "{what}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        assert_eq!(
            answer.header("content-type"),
            "application/json; charset=utf-8",
            "{what}"
        );
        let challenged = answer.header("www-authenticate").starts_with("Basic ");
        assert_eq!(challenged, row.status == 401 && row.sent == Sent::WrongBasic, "{what}");
        for (name, value) in &fields {
            let is_secret = [
                "client_secret",
                "code",
                "device_code",
                "refresh_token",
                "client_assertion",
                "password",
            ];
            let is_long = value.len() > 5 && is_secret.contains(&name.as_str());
            assert!(!is_long || !answer.text().contains(value.as_str()), "{name}: {what}");
        }
        let after = self.server.stored().await;
        for (table, count) in before {
            let ended = match table.as_str() {
                "refresh_families" if row.ends => -1,
                "journal" if row.ends => 1,
                _ => 0,
            };
            if !BOOKKEEPING.contains(&table.as_str()) {
                assert_eq!(after[&table], count + ended, "{table}: {what}");
            }
        }
        assert_eq!(told(&answer, "code"), "");
    }
}
