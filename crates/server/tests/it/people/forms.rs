//! What answers to browsers say, and which forms are heard.

use wharf_app::PublicAddress;
use wharf_testkit::{Browser, TestServer};

const ALICE: &str = "alice@example.com";

#[tokio::test]
async fn a_form_of_another_page_is_not_heard() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    alice.browser.get("/account").await.expect(200);
    let token = alice.browser.form_token();
    let ours = "https://wharf.test";
    for (fields, origin) in [
        (vec![("form_token", token.as_str())], "https://evil.example"),
        (vec![("form_token", token.as_str())], "null"),
        (vec![("form_token", "0")], ours),
        (vec![], ours),
    ] {
        alice
            .browser
            .post("/account/end-all", &fields, origin)
            .await
            .expect(403);
    }
    // Another browser's token is not ours either.
    let other = Browser::new(&server);
    other.get("/sign-in").await.expect(200);
    let stranger = other.form_token();
    alice
        .browser
        .post("/account/end-all", &[("form_token", &stranger)], ours)
        .await
        .expect(403);
    alice.browser.get("/account").await.expect(200);
    alice
        .browser
        .post("/account/end-all", &[("form_token", &token)], ours)
        .await
        .expect(200);
    alice.browser.get("/account").await.expect(303);
}

#[tokio::test]
async fn pages_and_cookies_are_for_this_host_alone() {
    let server = TestServer::start().await;
    let page = server.anonymous().get("/sign-out").await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(
        !policy.contains("script") && !page.text().contains("<script"),
        "{policy}"
    );
    // Where a passkey may be used, there is one script of ours, and none within the page.
    let page = server.anonymous().get("/sign-in").await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self';"),
        "{policy}"
    );
    assert_eq!(page.text().matches("<script").count(), 1);
    assert!(
        page.text()
            .contains("<script src=\"/sign-in/passkey.js\" defer></script>")
    );
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    let cookie = page.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-wharf-form=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    server.anonymous().get("/sign-in/style.css").await.expect(200);
    let script = server.anonymous().get("/sign-in/passkey.js").await.expect(200);
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn a_first_try_without_tls_has_cookies_that_browsers_take() {
    let plain = PublicAddress {
        scheme: "http",
        domain: "wharf.test".to_owned(),
        port: None,
    };
    let server = TestServer::start_with(|settings| settings.public = plain).await;
    let alice = server.person(ALICE).await;
    assert!(!alice.browser.cookie("wharf-session").is_empty());
    alice.browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn after_signing_in_one_goes_to_no_other_site() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    for foreign in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let browser = Browser::new(&server);
        let answer = alice.sign_in(&browser, foreign).await.expect(303);
        assert_eq!(answer.header("location"), "/account", "{foreign}");
    }
}

#[tokio::test]
async fn what_people_type_is_shown_as_text() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    browser.get("/sign-in").await.expect(200);
    let fields = [("name", "\"><script>alert(1)</script>"), ("password", "x")];
    let page = browser.submit("/sign-in", &fields).await.expect(401).text();
    assert!(!page.contains("<script>"), "{page}");
}
