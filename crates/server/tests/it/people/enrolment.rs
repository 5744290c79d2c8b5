//! From a link to an account.

use std::time::Duration;

use wharf_testkit::{Browser, TestServer, between, code_of};

const ALICE: &str = "alice@example.com";

#[tokio::test]
async fn an_invited_person_chooses_a_password_enrols_a_factor_and_is_signed_in() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    assert_eq!(alice.recovery_codes.len(), 8);
    let page = alice.browser.get("/account").await.expect(200);
    assert!(page.text().contains(ALICE));
}

#[tokio::test]
async fn a_link_is_good_once_and_for_three_days() {
    let server = TestServer::start().await;
    let (link, _) = server.invitation(ALICE).await;
    let browser = Browser::new(&server);
    browser.get(&link).await.expect(200);
    server.clock().advance(Duration::from_secs(72 * 3600));
    browser.get(&link).await.expect(404);
    browser.submit(&link, &[]).await.expect(404);
    // A new one takes the place of an older one.
    let (older, _) = server.invitation(ALICE).await;
    let (newer, _) = server.invitation(ALICE).await;
    browser.get(&older).await.expect(404);
    browser.get(&newer).await.expect(200);
    let alice = server.person("bob@example.com").await;
    assert_eq!(alice.recovery_codes.len(), 8);
}

#[tokio::test]
async fn of_two_who_opened_one_link_one_enrols() {
    let server = TestServer::start().await;
    let (link, _) = server.invitation(ALICE).await;
    let browsers = [Browser::new(&server), Browser::new(&server)];
    let mut seeds = Vec::new();
    for browser in &browsers {
        browser.get(&link).await.expect(200);
        browser.submit(&link, &[]).await.expect(303);
        browser.get("/enrol/password").await.expect(200);
        let fields = [("password", "violet tangent 9"), ("again", "violet tangent 9")];
        browser.submit("/enrol/password", &fields).await.expect(303);
        let page = browser.get("/enrol/factor").await.expect(200).text();
        seeds.push(between(&page, "Key: <code>", "</code>").to_owned());
    }
    let code = |seed| code_of(&server, seed);
    browsers[0]
        .submit("/enrol/factor", &[("code", &code(&seeds[0]))])
        .await
        .expect(200);
    let late = browsers[1].submit("/enrol/factor", &[("code", &code(&seeds[1]))]).await;
    assert!(
        late.status.is_client_error() || late.status.is_redirection(),
        "{}",
        late.text()
    );
    // The one who was late is nobody.
    browsers[1].get("/account").await.expect(303);
    browsers[0].get("/account").await.expect(200);
}

#[tokio::test]
async fn a_weak_password_is_refused_with_a_reason() {
    let server = TestServer::start().await;
    let (link, _) = server.invitation(ALICE).await;
    let browser = Browser::new(&server);
    browser.get(&link).await.expect(200);
    browser.submit(&link, &[]).await.expect(303);
    browser.get("/enrol/password").await.expect(200);
    let long = "x1".repeat(513);
    for (password, again, reason) in [
        ("short 7", "short 7", "8 characters"),
        ("password123", "password123", "try first"),
        ("alice-example-2026", "alice-example-2026", "try first"),
        (long.as_str(), long.as_str(), "1,024"),
        ("violet tangent 9", "violet tangent 8", "not the same"),
    ] {
        let fields = [("password", password), ("again", again)];
        let refused = browser.submit("/enrol/password", &fields).await.expect(400);
        assert!(refused.text().contains(reason), "{password}: {}", refused.text());
    }
    // No step was taken: there is no factor to enrol yet.
    browser.get("/enrol/factor").await.expect(404);
}

#[tokio::test]
async fn nothing_counts_before_a_code_was_shown() {
    let server = TestServer::start().await;
    let (link, _) = server.invitation(ALICE).await;
    let browser = Browser::new(&server);
    browser.get(&link).await.expect(200);
    browser.submit(&link, &[]).await.expect(303);
    browser.get("/enrol/password").await.expect(200);
    let fields = [("password", "violet tangent 9"), ("again", "violet tangent 9")];
    browser.submit("/enrol/password", &fields).await.expect(303);
    browser.get("/enrol/factor").await.expect(200);
    browser.submit("/enrol/factor", &[("code", "000000")]).await.expect(400);
    browser.get("/account").await.expect(303);
    let other = Browser::new(&server);
    other.get("/sign-in").await.expect(200);
    let fields = [("name", ALICE), ("password", "violet tangent 9")];
    other.submit("/sign-in", &fields).await.expect(401);
}
