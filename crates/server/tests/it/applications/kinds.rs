//! Servers, pages and programs: each fetches tokens in its own way.

use std::time::Duration;

use http::Method;
use serde_json::json;
use wharf_testkit::{Answer, Browser, TestServer};

use super::{Fields, NATIVE, SPA, Shop, VERIFIER, told};

const ALICE: &str = "alice@example.com";
const PAGE: &str = "https://page.example";

/// As a page's script asks: with the page's origin, and without a secret.
async fn from_page(shop: &Shop, origin: &str, fields: &Fields<'_>) -> Answer {
    let nobody = shop.server.anonymous();
    let ask = nobody.ask(Method::POST, &shop.path("token")).header("origin", origin);
    ask.form(fields).send().await
}

#[tokio::test]
async fn a_server_shows_its_secret_or_gets_nothing_and_its_code_stays_good() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let code = shop.code(&alice.browser, &[]).await;
    let without = shop.redeem(&code, &[("client_secret", "")]).await;
    let without = without.expect_error(401, "invalid_client");
    assert_eq!(without.at("/error_codes"), "[7000218]");
    shop.redeem(&code, &[("client_secret", "wrong")])
        .await
        .expect_error(401, "invalid_client");
    // By Basic it is as good.
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", super::WEB),
        ("code_verifier", VERIFIER),
    ];
    let basic = server.basic(&shop.app_id, &shop.secret);
    let tokens = basic
        .ask(Method::POST, &shop.path("token"))
        .form(&fields)
        .send()
        .await
        .expect(200);
    // What came of it needs the secret too.
    let refresh_token = tokens.at("/refresh_token");
    let without = shop.refresh(&refresh_token, &[("client_secret", "")]).await;
    without.expect_error(401, "invalid_client");
    shop.refresh(&refresh_token, &[]).await.expect(200);
}

#[tokio::test]
async fn a_secret_of_another_application_opens_nothing() {
    let server = TestServer::start().await;
    let (alice, shop, other) = (
        server.person(ALICE).await,
        Shop::new(&server).await,
        Shop::present(&server).await,
    );
    let code = shop.code(&alice.browser, &[]).await;
    let theirs = [("client_id", other.app_id.as_str()), ("client_secret", &other.secret)];
    shop.redeem(&code, &theirs).await.expect_error(400, "invalid_grant");
    let tokens = shop.tokens(&alice.browser, "openid offline_access").await;
    let refused = shop.refresh(&tokens.at("/refresh_token"), &theirs).await;
    refused.expect_error(400, "invalid_grant");
    shop.refresh(&tokens.at("/refresh_token"), &[]).await.expect(200);
}

#[tokio::test]
async fn a_page_fetches_tokens_from_where_it_is_and_keeps_them_for_a_day() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let at_page = [("redirect_uri", SPA), ("response_mode", "fragment")];
    let sent = shop.agreed(&alice.browser, &at_page).await.expect(303);
    assert!(
        sent.header("location").starts_with("https://page.example/#"),
        "{}",
        sent.header("location")
    );
    let code = told(&sent, "code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", shop.app_id.as_str()),
        ("code", &code),
        ("redirect_uri", SPA),
        ("code_verifier", VERIFIER),
    ];
    for other in [
        "https://evil.example",
        "https://app.example",
        "http://page.example",
        "null",
    ] {
        let refused = from_page(&shop, other, &fields)
            .await
            .expect_error(400, "invalid_request");
        assert_eq!(refused.at("/error_codes"), "[9002327]");
        assert_eq!(refused.header("access-control-allow-origin"), "", "{other}");
    }
    shop.ask("token", &fields).await.expect_error(400, "invalid_request");
    let tokens = from_page(&shop, PAGE, &fields).await.expect(200);
    assert_eq!(
        (tokens.header("access-control-allow-origin"), tokens.header("vary")),
        (PAGE, "Origin")
    );
    assert_eq!(tokens.header("access-control-allow-credentials"), "");
    let refresh = async |token: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", shop.app_id.as_str()),
            ("refresh_token", token),
        ];
        from_page(&shop, PAGE, &fields).await
    };
    server.clock().advance(Duration::from_secs(23 * 3600));
    let tokens = refresh(&tokens.at("/refresh_token")).await.expect(200);
    // The day does not begin anew.
    server.clock().advance(Duration::from_secs(3600));
    let ended = refresh(&tokens.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
    // Its own page may read why.
    assert_eq!(ended.header("access-control-allow-origin"), PAGE);
    // What anybody may know, every page may read.
    let path = format!("/{}/v2.0/.well-known/openid-configuration", server.tenant());
    let document = server.anonymous().get(&path).await.expect(200);
    assert_eq!(document.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_program_listens_at_whichever_port_and_has_no_secret() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let there = "http://localhost:41234/done";
    let code = shop.code(&alice.browser, &[("redirect_uri", there)]).await;
    let public = [("client_secret", ""), ("redirect_uri", there)];
    let tokens = shop.redeem(&code, &public).await.expect(200);
    shop.refresh(&tokens.at("/refresh_token"), &[("client_secret", "")])
        .await
        .expect(200);
    // A code is for the address that it was sent to.
    let code = shop.code(&alice.browser, &[("redirect_uri", there)]).await;
    let elsewhere = [("client_secret", ""), ("redirect_uri", NATIVE)];
    shop.redeem(&code, &elsewhere).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_device_uses_an_application_that_allows_it_and_is_agreed_to_by_letting_it_in() {
    let server = TestServer::start_with(|settings| settings.device_code = wharf_app::DeviceCodeFlow::Everybody).await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let ask = async || {
        let fields = [
            ("client_id", shop.app_id.as_str()),
            ("scope", "openid profile offline_access"),
        ];
        shop.ask("devicecode", &fields).await
    };
    let poll = async |code: &str| {
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", shop.app_id.as_str()),
            ("device_code", code),
        ];
        shop.ask("token", &fields).await
    };
    let codes = ask().await.expect(200);
    alice.browser.get("/device").await.expect(200);
    let page = alice
        .browser
        .submit("/device", &[("user_code", &codes.at("/user_code"))])
        .await
        .expect(200)
        .text();
    assert!(page.contains("Shop") && page.contains("See your name"), "{page}");
    assert!(!page.contains("everything that you may do"), "{page}");
    let typed = codes.at("/user_code").replace('-', "");
    let fields = [("user_code", typed.as_str()), ("decision", "approve")];
    alice.browser.submit("/device/decide", &fields).await.expect(200);
    let tokens = poll(&codes.at("/device_code")).await.expect(200);
    shop.user_info(&tokens.at("/access_token")).await.expect(200);
    shop.with(&tokens).get("/subscriptions").await.expect(401);
    assert!(alice.browser.get("/account").await.expect(200).text().contains("Shop"));
    // One that does not allow it is told so, also in the middle.
    let codes = ask().await.expect(200);
    shop.change(json!({"isFallbackPublicClient": false})).await.expect(204);
    ask().await.expect_error(401, "invalid_client");
    let page = alice
        .browser
        .submit("/device", &[("user_code", &codes.at("/user_code"))])
        .await;
    page.expect(403);
}

#[tokio::test]
async fn an_application_acts_for_people_of_its_own_directory_alone() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    // Whatever directory the request names, or none.
    let path = shop.authorize(&[]).replacen(server.tenant(), "organizations", 1);
    alice.browser.get(&path).await.expect(200);
    let path = shop
        .authorize(&[])
        .replacen(server.tenant(), "00000000-0000-0000-0000-000000000009", 1);
    alice.browser.get(&path).await.expect(404);
    Browser::new(&server).get(&shop.authorize(&[])).await.expect(303);
}
