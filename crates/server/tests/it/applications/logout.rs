//! Signing out for a client (OpenID Connect RP-Initiated Logout 1.0).

use wharf_testkit::{Browser, TestServer};

use super::{Fields, Shop, WEB};

const ALICE: &str = "alice@example.com";

fn logout(shop: &Shop, fields: &Fields<'_>) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    format!("{}?{query}", shop.path("logout"))
}

#[tokio::test]
async fn a_person_is_asked_signs_out_and_comes_back_to_the_client() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let hint = shop.tokens(&alice.browser, "openid").await.at("/id_token");
    let fields = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", WEB),
        ("state", "a&b"),
    ];
    let page = alice.browser.get(&logout(&shop, &fields)).await.expect(200).text();
    assert!(page.contains("Sign out?"), "{page}");
    // GET has changed nothing.
    alice.browser.get("/account").await.expect(200);
    alice.browser.get(&logout(&shop, &fields)).await.expect(200);
    let form = [
        ("client_id", shop.app_id.as_str()),
        ("post_logout_redirect_uri", WEB),
        ("state", "a&b"),
    ];
    let done = alice.browser.submit("/sign-out", &form).await.expect(200).text();
    assert!(done.contains("https://app.example/back?state=a%26b"), "{done}");
    alice.browser.get("/account").await.expect(303);
    // Who is signed out already goes back at once.
    let back = alice.browser.get(&logout(&shop, &fields)).await.expect(303);
    assert_eq!(back.header("location"), "https://app.example/back?state=a%26b");
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_the_clients() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let other = Shop::new(&server).await;
    let hint = shop.tokens(&alice.browser, "openid").await.at("/id_token");
    let app_id = shop.app_id.as_str();
    let evil = ("post_logout_redirect_uri", "https://evil.example/");
    let good = ("post_logout_redirect_uri", WEB);
    for fields in [
        vec![("client_id", app_id), evil],
        vec![("id_token_hint", &hint), evil],
        vec![good],
        vec![("id_token_hint", "a.b.c"), good],
        vec![("id_token_hint", &hint), ("client_id", &other.app_id), good],
    ] {
        let answer = alice.browser.get(&logout(&shop, &fields)).await.expect(400);
        assert_eq!(answer.header("location"), "", "{fields:?}");
    }
    Browser::new(&server)
        .get(&logout(&shop, &[("client_id", app_id), evil]))
        .await
        .expect(400);
    // The form is believed no more than the link.
    alice.browser.get(&logout(&shop, &[])).await.expect(200);
    let done = alice
        .browser
        .submit("/sign-out", &[("client_id", app_id), evil])
        .await
        .expect(200)
        .text();
    assert!(!done.contains("evil.example"), "{done}");
}
