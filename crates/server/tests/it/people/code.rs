//! Authorization code with PKCE.

use std::time::Duration;

use wharf_testkit::{Browser, TestServer, between};

use super::{CHALLENGE, CLIENT, REDIRECT, VERIFIER, authorize, claims, code, field, redeem, token, tokens, told};

const ALICE: &str = "alice@example.com";

#[tokio::test]
async fn a_client_gets_tokens_with_which_it_acts_for_the_person() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let answer = tokens(&server, &alice.browser).await;
    assert!(
        answer
            .at("/scope")
            .starts_with("https://management.azure.com/.default ")
    );
    assert_eq!(
        (answer.at("/token_type"), answer.at("/expires_in")),
        ("Bearer".into(), "3600".into())
    );
    let id = claims(&answer.at("/id_token"));
    assert_eq!(id["preferred_username"], ALICE);
    assert_eq!(
        (&id["tid"], &id["sub"]),
        (&server.tenant().into(), &alice.object_id.clone().into())
    );
    assert_eq!((&id["nonce"], &id["aud"]), (&"the nonce".into(), &CLIENT.into()));
    let access = claims(&answer.at("/access_token"));
    assert_eq!(
        (&access["upn"], &access["oid"]),
        (&ALICE.into(), &alice.object_id.clone().into())
    );
    assert_eq!(access["sub"], format!("user/{}", alice.object_id));
    let client = server.bearer(&answer.at("/access_token"));
    assert_eq!(client.get("/subscriptions").await.expect(200).entries().len(), 1);
    assert_eq!(client.get("/tenants").await.expect(200).entries().len(), 1);
    // An ID token opens nothing.
    server
        .bearer(&answer.at("/id_token"))
        .get("/subscriptions")
        .await
        .expect(401);
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_first_and_comes_back() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let browser = Browser::new(&server);
    let path = authorize(&server, &[("prompt", "select_account")]);
    let to = browser.get(&path).await.expect(303).header("location").to_owned();
    let return_to = between(&to, "return_to=", "&name=").to_owned();
    let return_to: String = url::form_urlencoded::parse(format!("x={return_to}").as_bytes())
        .next()
        .unwrap()
        .1
        .into_owned();
    // No form leads to a client's address: a page goes on to it.
    let page = alice.sign_in(&browser, &return_to).await.expect(200);
    assert!(page.text().contains("http-equiv=\"refresh\""));
    let answer = browser.get(&return_to).await.expect(303);
    assert_eq!(field(&told(&answer), "state"), "the state");
    redeem(&server, field(&told(&answer), "code")).await.expect(200);
}

#[tokio::test]
async fn the_answer_names_its_issuer_and_comes_as_it_was_asked_for() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let answer = alice.browser.get(&authorize(&server, &[])).await.expect(303);
    let issuer = format!("https://wharf.test/{}/v2.0", server.tenant());
    assert_eq!(field(&told(&answer), "iss"), issuer);
    let path = authorize(&server, &[("response_mode", "form_post"), ("client_info", "1")]);
    let page = alice.browser.get(&path).await.expect(200);
    let text = page.text();
    assert!(
        text.contains(&format!("action=\"{REDIRECT}\"")) && text.contains("name=\"client_info\""),
        "{text}"
    );
    assert!(
        page.header("content-security-policy")
            .contains(&format!("form-action {REDIRECT};"))
    );
    assert!(page.header("content-security-policy").contains("script-src 'sha256-"));
    redeem(&server, between(&text, "name=\"code\" value=\"", "\""))
        .await
        .expect(200);
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_the_clients() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    for other in [
        ("redirect_uri", "https://evil.example"),
        ("redirect_uri", "http://localhost:43210/other"),
        ("redirect_uri", ""),
        ("client_id", "00000000-0000-0000-0000-000000000001"),
        ("client_id", ""),
    ] {
        let answer = alice.browser.get(&authorize(&server, &[other])).await.expect(400);
        assert_eq!(answer.header("location"), "", "{other:?}");
    }
    // Two of a kind: which one would the client mean?
    let twice = format!("{}&redirect_uri=http%3A%2F%2Flocalhost%3A1", authorize(&server, &[]));
    alice.browser.get(&twice).await.expect(400);
}

#[tokio::test]
async fn a_client_is_told_what_is_wrong_with_its_request() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    for (other, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("scope", "repository:web:pull"), "invalid_scope"),
        (("request", "x"), "request_not_supported"),
    ] {
        let answer = alice.browser.get(&authorize(&server, &[other])).await.expect(303);
        assert_eq!(field(&told(&answer), "error"), error, "{other:?}");
        assert_eq!(field(&told(&answer), "state"), "the state");
    }
    let nobody = Browser::new(&server);
    let answer = nobody.get(&authorize(&server, &[("prompt", "none")])).await.expect(303);
    assert_eq!(field(&told(&answer), "error"), "login_required");
    let answer = alice
        .browser
        .get(&authorize(&server, &[("prompt", "none")]))
        .await
        .expect(303);
    assert_ne!(field(&told(&answer), "code"), "");
}

#[tokio::test]
async fn prompts_are_heeded() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let again = alice
        .browser
        .get(&authorize(&server, &[("prompt", "login")]))
        .await
        .expect(303);
    assert!(again.header("location").starts_with("/sign-in?"));
    let choose = alice
        .browser
        .get(&authorize(&server, &[("prompt", "select_account")]))
        .await
        .expect(200);
    assert!(choose.text().contains(ALICE));
    server.clock().advance(Duration::from_secs(100));
    let old = alice
        .browser
        .get(&authorize(&server, &[("max_age", "60")]))
        .await
        .expect(303);
    assert!(old.header("location").starts_with("/sign-in?"));
}

#[tokio::test]
async fn a_code_is_bound_to_client_address_and_challenge() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    for (redirect_uri, verifier) in [
        ("http://localhost:43211", VERIFIER),
        (REDIRECT, CHALLENGE),
        (REDIRECT, "short"),
    ] {
        let code = code(&server, &alice.browser).await;
        let fields = |redirect_uri, verifier| {
            [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", redirect_uri),
                ("code_verifier", verifier),
            ]
        };
        token(&server, &fields(redirect_uri, verifier))
            .await
            .expect_error(400, "invalid_grant");
        // Whoever has the code and not the proof is not let try again.
        token(&server, &fields(REDIRECT, VERIFIER))
            .await
            .expect_error(400, "invalid_grant");
    }
    let code = code(&server, &alice.browser).await;
    let without = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
    ];
    token(&server, &without).await.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let code = code(&server, &alice.browser).await;
    server.clock().advance(Duration::from_secs(60));
    redeem(&server, &code).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_what_it_became() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let code = code(&server, &alice.browser).await;
    let first = redeem(&server, &code).await.expect(200);
    let client = server.bearer(&first.at("/access_token"));
    client.get("/subscriptions").await.expect(200);
    redeem(&server, &code).await.expect_error(400, "invalid_grant");
    client.get("/subscriptions").await.expect(401);
    super::refresh(&server, &first.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn the_password_grant_is_not_for_people() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let fields = [
        ("grant_type", "password"),
        ("username", ALICE),
        ("password", &alice.password),
        ("scope", super::ARM),
    ];
    token(&server, &fields)
        .await
        .expect_error(400, "unsupported_grant_type");
}
