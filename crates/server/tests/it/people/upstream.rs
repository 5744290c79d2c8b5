//! Signing in by an OpenID Connect provider.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::{Answer, Browser, TestServer, between, code_of};
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

#[tokio::test]
async fn somebody_new_is_added_enrols_a_factor_here_and_comes_in_by_it_from_then_on() {
    let corp = Corp::start_with(json!({"createUsers": true})).await;
    let browser = Browser::new(&corp.server);
    let asked = corp.go(&browser, "/device").await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
        ("tenant", "a b"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    assert_eq!(
        asked["redirect_uri"],
        format!("https://wharf.test/sign-in/callback/{}", corp.id)
    );
    let answer = browser.get(&corp.back(&asked)).await.expect(303);
    let enrol = answer.header("location").to_owned();
    assert_eq!(enrol, "/enrol/factor?return_to=%2Fdevice");
    // Nothing is theirs yet, and there is no password to choose.
    browser.get("/account").await.expect(303);
    let chosen = [("password", "violet tangent 9"), ("again", "violet tangent 9")];
    browser.submit("/enrol/password", &chosen).await.expect(403);
    let page = browser.get(&enrol).await.expect(200).text();
    let seed = between(&page, "Key: <code>", "</code>").to_owned();
    let code = code_of(&corp.server, &seed);
    let fields = [("code", code.as_str()), ("return_to", "/device")];
    let page = browser.submit("/enrol/factor", &fields).await.expect(200).text();
    assert!(page.contains("href=\"/device\""), "{page}");
    browser.get("/device").await.expect(200);
    assert_eq!(corp.user(ALICE).await["displayName"], "Alice Adams");

    let browser = Browser::new(&corp.server);
    let answer = corp.sign_in(&browser).await.expect(303);
    assert_eq!(answer.header("location"), "/sign-in/factor?return_to=%2Faccount");
    browser.get(answer.header("location")).await.expect(200);
    corp.server.clock().advance(Duration::from_secs(30));
    let code = code_of(&corp.server, &seed);
    browser.submit("/sign-in/factor", &[("code", &code)]).await.expect(303);
    browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn the_word_of_a_trusted_provider_on_the_second_factor_suffices_where_it_gives_it() {
    let corp = Corp::start().await;
    corp.provider.say(|said| said.signed = Signed::Rs256);
    let browser = corp.browser().await;
    browser.get("/account").await.expect(200);
    tokens(&corp.server, &browser).await;
    // Asked for a method that says so, its silence is no word.
    corp.change(json!({"secondFactorMethods": ["mfa"], "clientAuthentication": "client_secret_post"}))
        .await;
    let asks = corp.sign_in(&Browser::new(&corp.server)).await.expect(303);
    assert!(asks.header("location").starts_with("/enrol/factor"), "{}", asks.text());
    corp.say(json!({"amr": ["pwd", "mfa"]}));
    corp.browser().await;
}

#[tokio::test]
async fn an_id_token_has_to_be_right_in_every_part() {
    let corp = Corp::start().await;
    let usual = json!({"auth_time": corp.now()});
    for (change, word) in [
        (json!({"nonce": "other"}), "nonce"),
        (json!({"nonce": null}), "nonce"),
        (json!({"aud": "other"}), "aud"),
        (json!({"aud": [CLIENT, "other"]}), "azp"),
        (json!({"iss": "https://other.example"}), "iss"),
        (json!({"exp": corp.now() - 61}), "exp"),
        (json!({"iat": corp.now() - 3600}), "iat"),
        (json!({"iat": null}), "iat"),
        (json!({"sub": null}), "cannot be read"),
        (json!({"exp": "soon"}), "cannot be read"),
    ] {
        corp.provider.say(|said| said.claims = usual.clone());
        corp.say(change.clone());
        let page = corp.refused(502).await;
        assert!(page.contains(word), "{change}: {page}");
    }
    corp.provider.say(|said| said.claims = usual.clone());
    for (signed, word) in [
        (Signed::Nobody, "cannot be read"),
        (Signed::OtherId, "none of its own"),
        (Signed::OtherKey, "none of its own"),
    ] {
        corp.provider.say(|said| said.signed = signed);
        let page = corp.refused(502).await;
        assert!(page.contains(word), "{signed:?}: {page}");
    }
    corp.provider.say(|said| said.signed = Signed::Es256);
    // What is missing in the token is asked for, and is to be of the same person.
    corp.say(json!({"name": null}));
    corp.provider
        .say(|said| said.userinfo = json!({"sub": "subject-2", "name": "Mallory"}));
    assert!(corp.refused(502).await.contains("somebody else"));
    corp.server
        .owner()
        .get(&format!("/v1.0/users/{ALICE}"))
        .await
        .expect(404);
    corp.provider
        .say(|said| said.userinfo = json!({"sub": "subject-1", "name": "Alice Anders"}));
    corp.browser().await;
    assert_eq!(corp.user(ALICE).await["displayName"], "Alice Anders");
}

#[tokio::test]
async fn an_answer_is_taken_once_in_time_and_from_the_browser_that_began() {
    let corp = Corp::start().await;
    let (alice, mallory) = (Browser::new(&corp.server), Browser::new(&corp.server));
    let asked = corp.go(&alice, "/account").await;
    let back = corp.back(&asked);
    // Mallory's browser cannot take it, and it stays hers.
    mallory.get("/sign-in").await.expect(200);
    mallory.get(&back).await.expect(400);
    Browser::new(&corp.server).get(&back).await.expect(400);
    alice.get(&back).await.expect(303);
    let page = alice.get(&back).await.expect(400).text();
    assert!(
        page.contains("finished already") && page.contains("href=\"/sign-in?"),
        "{page}"
    );
    alice.get("/account").await.expect(200);
    let asked = corp.go(&mallory, "/account").await;
    corp.server.advance(Duration::from_secs(601));
    mallory.get(&corp.back(&asked)).await.expect(400);
    corp.server.run(Job::Expire).await;
    // A code of somebody else's attempt does not fit the verifier of this one.
    let (one, two) = (corp.go(&alice, "/").await, corp.go(&mallory, "/").await);
    let stolen = corp.provider.let_in(&one, corp.now());
    let path = format!("/sign-in/callback/{}?state={}&code={stolen}", corp.id, two["state"]);
    let page = mallory.get(&path).await.expect(502).text();
    assert!(page.contains("does not redeem"), "{page}");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_not_taken_for_this_one() {
    let corp = Corp::start().await;
    let other = json!({
        "@odata.type": "#microsoft.graph.openIdConnectProvider", "displayName": "Evil", "domains": ["corp.example"],
        "issuer": format!("{}/evil", corp.provider.url), "clientId": CLIENT, "clientSecret": "x",
    });
    let evil = corp.server.owner().post(PROVIDERS, other).await.expect(201).at("/id");
    let browser = Browser::new(&corp.server);
    let asked = corp.go(&browser, "/account").await;
    let back = corp.back(&asked);
    browser.get(&back.replace(&corp.id, &evil)).await.expect(400);
    let page = browser
        .get(&format!("{back}&iss=https%3A%2F%2Fevil.example"))
        .await
        .expect(502)
        .text();
    assert!(page.contains("another provider"), "{page}");
    // Where it says that it always names itself, silence is another's.
    corp.provider.say(|said| said.names_issuer = true);
    corp.server.advance(Duration::from_secs(3601));
    let asked = corp.go(&browser, "/account").await;
    browser.get(&corp.back(&asked)).await.expect(502);
    corp.say(json!({"auth_time": corp.now()}));
    let asked = corp.go(&browser, "/account").await;
    let issuer: String = url::form_urlencoded::byte_serialize(corp.provider.url.as_bytes()).collect();
    browser
        .get(&format!("{}&iss={issuer}", corp.back(&asked)))
        .await
        .expect(303);
}

#[tokio::test]
async fn nobody_comes_in_under_a_name_that_the_provider_does_not_speak_for() {
    let corp = Corp::start().await;
    corp.say(json!({"preferred_username": "owner@example.com"}));
    assert!(corp.refused(403).await.contains("corp.example"));
    corp.say(json!({"preferred_username": "alice@evilcorp.example"}));
    corp.refused(403).await;
    corp.say(json!({"preferred_username": "alice"}));
    assert!(corp.refused(403).await.contains("cannot be one here"));
    // By mail only when it is verified.
    corp.change(json!({"claimsMapping": {"userPrincipalName": "email"}}))
        .await;
    corp.say(json!({"email": ALICE}));
    assert!(corp.refused(403).await.contains("verified"));
    corp.say(json!({"email": ALICE, "email_verified": true}));
    corp.browser().await;
    // A known subject stays who they are, whatever they are called now; and out, when their domain is not the provider's any more.
    corp.say(json!({"email": "bob@corp.example"}));
    corp.browser().await;
    corp.server
        .owner()
        .get("/v1.0/users/bob%40corp.example")
        .await
        .expect(404);
    corp.change(json!({"domains": ["other.example"]})).await;
    corp.refused(403).await;
    // Where nobody is added, nobody is.
    corp.change(json!({"domains": ["corp.example"], "createUsers": false}))
        .await;
    corp.say(json!({"sub": "subject-3", "email": "carol@corp.example"}));
    assert!(corp.refused(403).await.contains("no account carol@corp.example"));
}

#[tokio::test]
async fn an_account_that_was_there_is_taken_over_only_when_somebody_who_may_links_it() {
    let corp = Corp::start().await;
    let alice = corp.server.person(ALICE).await;
    let page = corp.refused(403).await;
    assert!(page.contains("wharf ad user identity add"), "{page}");
    let path = format!("/v1.0/users/{}/identities", alice.object_id);
    // Alice owns everything: who holds less cannot make somebody her.
    let manager = corp.server.robot_with("User Administrator", "/").await;
    let link = json!({"issuer": corp.id});
    manager
        .post(&path, link.clone())
        .await
        .expect_error(403, "Authorization_RequestDenied");
    corp.server.owner().post(&path, link).await.expect(201);
    let browser = corp.browser().await;
    tokens(&corp.server, &browser).await;
    let shown = corp.server.owner().get(&path).await.expect(200);
    assert_eq!(shown.at("/value/0/issuerAssignedId"), "subject-1");
    // The link was for one: the next who bears the name is somebody else.
    corp.say(json!({"sub": "subject-2"}));
    corp.refused(403).await;
    corp.say(json!({"sub": "subject-1"}));
    let remove = format!("{path}/{}", corp.id);
    corp.server.owner().delete(&remove).await.expect(204);
    browser.get("/account").await.expect(303);
    corp.refused(403).await;
    // By a subject, and not one that is somebody else's already.
    let by_subject = json!({"issuer": corp.id, "issuerAssignedId": "subject-1"});
    corp.server.owner().post(&path, by_subject.clone()).await.expect(201);
    corp.browser().await;
    let bob = corp.server.user("bob@corp.example").await;
    let bobs = format!("/v1.0/users/{bob}/identities");
    corp.server.owner().post(&bobs, by_subject).await.expect(409);
    let outside = corp.server.user("eve@elsewhere.example").await;
    let outsides = format!("/v1.0/users/{outside}/identities");
    corp.server
        .owner()
        .post(&outsides, json!({"issuer": corp.id}))
        .await
        .expect(400);
}

#[tokio::test]
async fn who_is_disabled_is_refused_and_a_provider_that_is_switched_off_lets_nobody_in_and_ends_what_it_gave() {
    let corp = Corp::start().await;
    let browser = corp.browser().await;
    let alice = format!("/v1.0/users/{ALICE}");
    let owner = corp.server.owner();
    owner.patch(&alice, json!({"accountEnabled": false})).await.expect(204);
    assert!(corp.refused(403).await.contains("cannot sign in"));
    browser.get("/account").await.expect(303);
    owner.patch(&alice, json!({"accountEnabled": true})).await.expect(204);
    let browser = corp.browser().await;
    let refresh = tokens(&corp.server, &browser).await.at("/refresh_token");
    let code = code(&corp.server, &browser).await;
    // Somebody is at the provider when it is switched off.
    let late = Browser::new(&corp.server);
    let asked = corp.go(&late, "/account").await;
    corp.change(json!({"enabled": false})).await;
    late.get(&corp.back(&asked)).await.expect(404);
    browser.get("/account").await.expect(303);
    super::refresh(&corp.server, &refresh).await.expect(400);
    super::redeem(&corp.server, &code).await.expect(400);
    let page = late.get("/sign-in").await.expect(200).text();
    assert!(!page.contains("Continue with"), "{page}");
    late.submit(&format!("/sign-in/upstream/{}", corp.id), &[])
        .await
        .expect(404);
    corp.change(json!({"enabled": true})).await;
    corp.browser().await;
    let path = format!("{PROVIDERS}/{}", corp.id);
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
    assert_eq!(
        owner.get(&format!("{alice}/identities")).await.expect(200).entries(),
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn a_provider_that_is_down_or_says_no_leaves_accounts_of_our_own_and_live_tokens_alone() {
    let corp = Corp::start().await;
    let local = corp.server.person("local@example.com").await;
    let browser = corp.browser().await;
    let token = tokens(&corp.server, &browser).await.at("/access_token");
    let asked = corp.go(&Browser::new(&corp.server), "/account").await;
    let declined = Browser::new(&corp.server);
    let state = corp.go(&declined, "/device").await["state"].clone();
    let path = format!(
        "/sign-in/callback/{}?state={state}&error=access_denied&error_description=%3Cscript%3E",
        corp.id
    );
    let page = declined.get(&path).await.expect(403).text();
    assert!(page.contains("access_denied") && !page.contains("script"), "{page}");
    assert!(page.contains("/sign-in?return_to=%2Fdevice"), "{page}");
    assert_eq!(asked["client_id"], CLIENT);
    // What is remembered of it goes on for a while; then it has to answer.
    corp.provider.say(|said| said.down = true);
    corp.server.bearer(&token).get("/subscriptions").await.expect(200);
    corp.server.clock().advance(Duration::from_secs(24 * 3600));
    let late = Browser::new(&corp.server);
    late.get("/sign-in").await.expect(200);
    let page = late
        .submit(&format!("/sign-in/upstream/{}", corp.id), &[])
        .await
        .expect(502)
        .text();
    assert!(page.contains("accounts with a password here can sign in"), "{page}");
    let fresh = Browser::new(&corp.server);
    local.sign_in(&fresh, "/account").await.expect(303);
    fresh.get("/account").await.expect(200);
    corp.provider.stop();
    late.get("/sign-in").await.expect(200);
    corp.server.clock().advance(Duration::from_secs(31));
    late.submit(&format!("/sign-in/upstream/{}", corp.id), &[])
        .await
        .expect(502);
}

#[tokio::test]
async fn groups_give_and_take_access_at_once_and_leave_alone_what_was_given_by_hand() {
    let corp = Corp::start().await;
    let registry = corp.server.registry("myregistry").await;
    let owner = corp.server.owner();
    let (readers, others, by_hand) = (
        corp.server.team("readers", &[]).await,
        corp.server.team("others", &[]).await,
        corp.server.team("by-hand", &[]).await,
    );
    owner.give_to("Reader", &readers, "Group", &registry).await.expect(201);
    corp.change(json!({"groupMappings": [
        {"value": "/corp/readers", "groupId": readers}, {"value": "o", "groupId": others}, {"value": "h", "groupId": by_hand},
    ]}))
    .await;
    corp.say(json!({"groups": ["/corp/readers", "o", "unknown"]}));
    let browser = corp.browser().await;
    let token = tokens(&corp.server, &browser).await.at("/access_token");
    let alice = corp.server.bearer(&token);
    alice.get(&registry.id).await.expect(200);
    let id = corp.user(ALICE).await["id"].as_str().unwrap_or("").to_owned();
    owner.join(&by_hand, &id).await.expect(204);
    let members = async |group: &str| {
        let shown = owner.get(&format!("/v1.0/groups/{group}/members")).await.expect(200);
        shown.entries().len()
    };
    assert_eq!((members(&readers).await, members(&others).await), (1, 1));
    // Too many to be told: what there is stays.
    corp.say(json!({"groups": null, "_claim_names": {"groups": "src1"}}));
    corp.browser().await;
    alice.get(&registry.id).await.expect(200);
    // One is gone, the one given by hand is left alone, and access goes with the next sign-in, also of tokens that there are.
    corp.say(json!({"groups": ["o"], "_claim_names": null}));
    corp.browser().await;
    alice.get(&registry.id).await.expect(404);
    assert_eq!(
        (members(&readers).await, members(&others).await, members(&by_hand).await),
        (0, 1, 1)
    );
    // Given by hand as well, it stays when the provider takes it away.
    owner.join(&others, &id).await.expect(204);
    corp.say(json!({"groups": []}));
    corp.browser().await;
    assert_eq!((members(&others).await, members(&by_hand).await), (1, 1));
    corp.say(json!({"groups": ["/corp/readers"]}));
    corp.browser().await;
    assert_eq!(members(&readers).await, 1);
    corp.change(json!({"groupMappings": []})).await;
    assert_eq!(members(&readers).await, 0);
}

#[tokio::test]
async fn who_came_by_a_trusted_provider_proves_there_again_what_needs_a_fresh_factor() {
    let corp = Corp::start().await;
    let browser = corp.browser().await;
    browser.get("/device").await.expect(200);
    corp.server.clock().advance(Duration::from_secs(301));
    let to = browser.get("/device").await.expect(303);
    let page = browser.get(to.header("location")).await.expect(200).text();
    assert!(
        page.contains("Confirm that it is you") && page.contains("Corp &#60;3"),
        "{page}"
    );
    let again = [("return_to", "/device"), ("again", "yes")];
    let path = format!("/sign-in/upstream/{}", corp.id);
    let ask = async || {
        let page = browser.submit(&path, &again).await.expect(200).text();
        let address = between(&page, "<a href=\"", "\"").replace("&#38;", "&");
        let query = address.split_once('?').expect("a query").1.to_owned();
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect::<BTreeMap<String, String>>()
    };
    let asked = ask().await;
    assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "0"));
    // It did not ask: the proof is of five minutes ago.
    browser.get(&corp.back(&asked)).await.expect(502);
    browser.get(to.header("location")).await.expect(200);
    corp.say(json!({"auth_time": corp.now()}));
    let asked = ask().await;
    let answer = browser.get(&corp.back(&asked)).await.expect(303);
    assert_eq!(answer.header("location"), "/device");
    browser.get("/device").await.expect(200);
}

#[tokio::test]
async fn only_an_owner_of_everything_says_who_may_sign_in_and_nobody_reads_the_secret() {
    let corp = Corp::start().await;
    let path = format!("{PROVIDERS}/{}", corp.id);
    for role in ["User Administrator", "Contributor", "Groups Administrator"] {
        let manager = corp.server.robot_with(role, "/").await;
        let answer = manager.patch(&path, json!({"issuer": "https://evil.example"})).await;
        assert!(
            [403, 404].contains(&answer.status.as_u16()),
            "{role}: {}",
            answer.text()
        );
    }
    let owner = corp.server.owner();
    let shown = owner.get(&path).await.expect(200);
    assert!(!shown.text().contains("s3cret"));
    assert_eq!(shown.json()["hasSecret"], true);
    assert_eq!(shown.at("/issuer"), corp.provider.url);
    owner.patch(&path, json!({"displayName": "Renamed"})).await.expect(200);
    let journal = "/providers/Microsoft.Insights/eventtypes/management/values?$top=1000";
    let written = owner.get(journal).await.expect(200).text();
    assert!(written.contains("identityProviders/write") && !written.contains("s3cret"));
    for bad in [
        json!({"domains": []}),
        json!({"domains": ["not a domain"]}),
        json!({"issuer": "ftp://x.example"}),
        json!({"scope": "profile"}),
        json!({"clientSecret": ""}),
        json!({"clientSecret": 7}),
        json!({"colour": "red"}),
        json!({"@odata.type": "#microsoft.graph.socialIdentityProvider"}),
    ] {
        let answer = owner.patch(&path, bad.clone()).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text());
    }
    owner
        .patch(
            &path,
            json!({"groupMappings": [{"value": "g", "groupId": corp.server.uuid()}]}),
        )
        .await
        .expect(404);
}

#[tokio::test]
async fn the_last_owner_does_not_shut_their_own_way_in() {
    let corp = Corp::start().await;
    let browser = corp.browser().await;
    let alice = corp.user(ALICE).await["id"].as_str().unwrap_or("").to_owned();
    let owner = corp.server.owner();
    owner.give_to("Owner", &alice, "User", "/").await.expect(201);
    let refresh = tokens(&corp.server, &browser).await.at("/refresh_token");
    let graph = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let token = super::token(&corp.server, &graph).await.expect(200).at("/access_token");
    let alice = corp.server.bearer(&token);
    let first = format!("/v1.0/servicePrincipals/{}", owner.object_id);
    alice.patch(&first, json!({"accountEnabled": false})).await.expect(204);
    let path = format!("{PROVIDERS}/{}", corp.id);
    alice
        .patch(&path, json!({"enabled": false}))
        .await
        .expect_error(409, "LastOwner");
    alice.delete(&path).await.expect_error(409, "LastOwner");
    // Nothing of it was done: she is still signed in.
    browser.get("/account").await.expect(200);
    alice.patch(&first, json!({"accountEnabled": true})).await.expect(204);
    alice.patch(&path, json!({"enabled": false})).await.expect(200);
    browser.get("/account").await.expect(303);
}

#[tokio::test]
async fn another_node_takes_the_answer() {
    let corp = Corp::start().await;
    let browser = Browser::new(&corp.server);
    let asked = corp.go(&browser, "/account").await;
    let elsewhere = Corp {
        server: corp.server.another_node().await,
        provider: corp.provider.clone(),
        id: corp.id.clone(),
    };
    let moved = Browser::new(&elsewhere.server);
    moved.set_cookie("__Host-wharf-form", &browser.cookie("__Host-wharf-form"));
    moved.get(&elsewhere.back(&asked)).await.expect(303);
    moved.get("/account").await.expect(200);
}
