//! What a client wants a person to be asked (OpenID Connect Core 1.0 §3.1.2).

use std::time::Duration;

use wharf_testkit::{Browser, TestServer, between};

use super::{Fields, Shop, claims, decide, request_of, told};

const ALICE: &str = "alice@example.com";

/// What the client is told of its request.
async fn error(shop: &Shop, browser: &Browser, other: &Fields<'_>) -> String {
    let answer = browser.get(&shop.authorize(other)).await.expect(303);
    assert_eq!(told(&answer, "state"), "the state", "{}", answer.header("location"));
    // Errors name their directory as codes do (RFC 9207).
    assert_eq!(
        told(&answer, "iss"),
        format!("https://wharf.test/{}/v2.0", shop.server.tenant())
    );
    told(&answer, "error")
}

#[tokio::test]
async fn with_no_prompt_at_all_the_client_is_told_what_would_have_to_be_asked() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let none = [("prompt", "none")];
    assert_eq!(error(&shop, &Browser::new(&server), &none).await, "login_required");
    assert_eq!(error(&shop, &alice.browser, &none).await, "consent_required");
    shop.code(&alice.browser, &[]).await;
    assert_eq!(error(&shop, &alice.browser, &none).await, "");
    assert_eq!(
        error(&shop, &alice.browser, &[("prompt", "none"), ("scope", "email")]).await,
        "consent_required"
    );
    server.clock().advance(Duration::from_secs(100));
    assert_eq!(
        error(&shop, &alice.browser, &[("prompt", "none"), ("max_age", "60")]).await,
        "login_required"
    );
    assert_eq!(
        error(&shop, &alice.browser, &[("prompt", "none"), ("max_age", "1000")]).await,
        ""
    );
    for wrong in ["none login", "create"] {
        assert_eq!(
            error(&shop, &alice.browser, &[("prompt", wrong)]).await,
            "invalid_request",
            "{wrong}"
        );
    }
    assert_eq!(
        error(&shop, &alice.browser, &[("max_age", "soon")]).await,
        "invalid_request"
    );
}

#[tokio::test]
async fn consent_is_asked_for_again_where_the_client_wants_that() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    shop.code(&alice.browser, &[]).await;
    let page = alice
        .browser
        .get(&shop.authorize(&[("prompt", "consent")]))
        .await
        .expect(200)
        .text();
    decide(&alice.browser, &page, "yes").await.expect(200);
    let answer = alice.browser.get(&request_of(&page)).await.expect(303);
    assert_ne!(told(&answer, "code"), "");
    // After a sign-in it is still to be asked.
    let both = alice
        .browser
        .get(&shop.authorize(&[("prompt", "login consent")]))
        .await
        .expect(303);
    let to = both.header("location").to_owned();
    assert!(
        to.starts_with("/sign-in?") && to.contains("prompt%3Dconsent") && !to.contains("login%2B"),
        "{to}"
    );
}

#[tokio::test]
async fn whoever_the_client_takes_the_person_for_has_to_be_the_one_who_answers() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let bob = server.person("bob@example.com").await;
    let hint = shop
        .tokens(&alice.browser, "openid profile offline_access")
        .await
        .at("/id_token");
    shop.code(&bob.browser, &[]).await;
    let hinted = [("prompt", "none"), ("id_token_hint", hint.as_str())];
    assert_eq!(error(&shop, &alice.browser, &hinted).await, "");
    assert_eq!(error(&shop, &bob.browser, &hinted).await, "login_required");
    // A hint may be old, and not somebody else's.
    server.clock().advance(Duration::from_secs(25 * 60));
    alice.browser.get("/account").await.expect(200);
    server.clock().advance(Duration::from_secs(25 * 60));
    alice.browser.get("/account").await.expect(200);
    server.clock().advance(Duration::from_secs(25 * 60));
    assert_eq!(error(&shop, &alice.browser, &hinted).await, "");
    let access = shop
        .tokens(&alice.browser, "openid profile offline_access")
        .await
        .at("/access_token");
    for wrong in ["a.b.c", &access] {
        assert_eq!(
            error(&shop, &alice.browser, &[("id_token_hint", wrong)]).await,
            "invalid_request"
        );
    }
    // A name to sign in with is put where one types it.
    let sent = Browser::new(&server)
        .get(&shop.authorize(&[("login_hint", "carol@example.com")]))
        .await
        .expect(303);
    let form = Browser::new(&server)
        .get(sent.header("location"))
        .await
        .expect(200)
        .text();
    assert!(form.contains("carol@example.com"), "{form}");
}

#[tokio::test]
async fn what_a_client_sends_along_and_is_not_here_is_said_or_ignored_as_the_standard_has_it() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    shop.code(&alice.browser, &[]).await;
    for (name, value) in [
        ("acr_values", "1 2"),
        ("claims", "{\"id_token\":{\"name\":{\"essential\":true}}}"),
        ("ui_locales", "se"),
        ("claims_locales", "se"),
        ("display", "popup"),
        ("extra", "foobar"),
        ("login_hint", ALICE),
    ] {
        assert_eq!(error(&shop, &alice.browser, &[(name, value)]).await, "", "{name}");
    }
    for (name, wanted) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        assert_eq!(error(&shop, &alice.browser, &[(name, "x")]).await, wanted);
    }
    for (name, value, wanted) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "id_token", "unsupported_response_type"),
        ("scope", "", "invalid_request"),
        ("scope", "User.Read", "invalid_scope"),
        ("scope", "https://vault.example/.default", "invalid_target"),
        ("code_challenge", "", "invalid_request"),
    ] {
        assert_eq!(
            error(&shop, &alice.browser, &[(name, value)]).await,
            wanted,
            "{name}={value}"
        );
    }
}

#[tokio::test]
async fn a_request_by_a_form_is_the_same_request() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    shop.code(&alice.browser, &[]).await;
    let asked = shop.authorize(&[]);
    let (path, query) = asked.split_once('?').unwrap();
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    // From the client's own site, whose forms come without cookies.
    let client = Browser::new(&server);
    let sent = client.post(path, &fields, "https://app.example").await.expect(303);
    let answer = alice.browser.get(sent.header("location")).await.expect(303);
    assert_ne!(told(&answer, "code"), "");
}

#[tokio::test]
async fn the_answer_keeps_what_the_address_already_says() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let there = "https://app.example/back?shop=1";
    shop.change(serde_json::json!({"web": {"redirectUris": [there]}}))
        .await
        .expect(204);
    let answer = shop
        .agreed(&alice.browser, &[("redirect_uri", there)])
        .await
        .expect(303);
    assert!(
        answer
            .header("location")
            .starts_with("https://app.example/back?shop=1&code=")
    );
    // The address of before is not one any more.
    alice.browser.get(&shop.authorize(&[])).await.expect(400);
    let form = [("redirect_uri", there), ("response_mode", "form_post")];
    let page = alice.browser.get(&shop.authorize(&form)).await.expect(200);
    let code = between(&page.text(), "name=\"code\" value=\"", "\"").to_owned();
    let tokens = shop.redeem(&code, &[("redirect_uri", there)]).await.expect(200);
    assert_eq!(claims(&tokens.at("/id_token"))["nonce"], "the nonce");
}
