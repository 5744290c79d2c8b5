//! The account page.

use std::time::Duration;

use wharf_testkit::{Browser, TestServer, between, code_of};

use super::{refresh, tokens};

const ALICE: &str = "alice@example.com";

#[tokio::test]
async fn one_session_is_ended_and_the_others_go_on() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let client = tokens(&server, &alice.browser).await;
    let page = alice.browser.get("/account").await.expect(200).text();
    let (_, programs) = page.split_once("Programs that act for you").unwrap();
    let id = between(programs, "name=\"session\" value=\"", "\"").to_owned();
    alice
        .browser
        .submit("/account/end", &[("session", &id)])
        .await
        .expect(303);
    server
        .bearer(&client.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(401);
    refresh(&server, &client.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
    alice.browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_browser_and_every_program_at_once_on_every_node() {
    let server = TestServer::start_with(|settings| settings.shared_database = true).await;
    let alice = server.person(ALICE).await;
    let client = tokens(&server, &alice.browser).await;
    let other = Browser::new(&server);
    alice.sign_in(&other, "/account").await.expect(303);
    let node = server.another_node().await;
    let there = server.bearer(&client.at("/access_token")).at_node(&node);
    there.get("/subscriptions").await.expect(200);
    alice.browser.get("/account").await.expect(200);
    alice.browser.submit("/account/end-all", &[]).await.expect(200);
    server
        .bearer(&client.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(401);
    server.clock().advance(Duration::from_secs(4));
    there.get("/subscriptions").await.expect(401);
    other.get("/account").await.expect(303);
    alice.browser.get("/account").await.expect(303);
}

#[tokio::test]
async fn nobody_ends_a_strangers_session() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.person(ALICE).await, server.person("bob@example.com").await);
    let page = alice.browser.get("/account").await.expect(200).text();
    let id = between(&page, "name=\"session\" value=\"", "\"").to_owned();
    bob.browser.get("/account").await.expect(200);
    bob.browser
        .submit("/account/end", &[("session", &id)])
        .await
        .expect(303);
    alice.browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn signing_out_ends_this_browser_alone() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let client = tokens(&server, &alice.browser).await;
    let kept = alice.browser.cookie("__Host-wharf-session");
    let path = format!("/{}/oauth2/v2.0/logout", server.tenant());
    // A link alone does nothing: it asks.
    let asked = alice.browser.get(&path).await.expect(200);
    assert!(asked.text().contains("action=\"/sign-out\""));
    alice.browser.get("/account").await.expect(200);
    alice.browser.get("/sign-out").await.expect(200);
    alice.browser.submit("/sign-out", &[]).await.expect(200);
    let thief = Browser::new(&server);
    thief.set_cookie("__Host-wharf-session", &kept);
    thief.get("/account").await.expect(303);
    server
        .bearer(&client.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(200);
}

#[tokio::test]
async fn another_password_needs_a_fresh_factor_and_ends_the_rest() {
    let server = TestServer::start().await;
    let mut alice = server.person(ALICE).await;
    let client = tokens(&server, &alice.browser).await;
    let other = Browser::new(&server);
    alice.sign_in(&other, "/account").await.expect(303);
    server.clock().advance(Duration::from_secs(5 * 60));
    assert!(
        alice
            .browser
            .get("/account/password")
            .await
            .expect(303)
            .header("location")
            .starts_with("/sign-in/factor?")
    );
    alice.browser.get("/sign-in/factor").await.expect(200);
    alice
        .browser
        .submit("/sign-in/factor", &[("code", &alice.next_code())])
        .await
        .expect(303);
    alice.browser.get("/account/password").await.expect(200);
    let chosen = "orange lantern 4";
    let fields = |current| [("current", current), ("password", chosen), ("again", chosen)];
    alice
        .browser
        .submit("/account/password", &fields("wrong"))
        .await
        .expect(400);
    alice
        .browser
        .submit("/account/password", &fields("violet tangent 9"))
        .await
        .expect(303);
    alice.browser.get("/account").await.expect(200);
    other.get("/account").await.expect(303);
    server
        .bearer(&client.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(401);
    let again = Browser::new(&server);
    again.get("/sign-in").await.expect(200);
    let old = [("name", ALICE), ("password", "violet tangent 9")];
    again.submit("/sign-in", &old).await.expect(401);
    alice.password = chosen.to_owned();
    alice.sign_in(&again, "/account").await.expect(303);
}

#[tokio::test]
async fn another_authenticator_replaces_the_one_before() {
    let server = TestServer::start().await;
    let mut alice = server.person(ALICE).await;
    alice.browser.get("/account").await.expect(200);
    alice.browser.submit("/account/factor", &[]).await.expect(303);
    let page = alice.browser.get("/enrol/factor").await.expect(200).text();
    let seed = between(&page, "Key: <code>", "</code>").to_owned();
    assert_ne!(seed, alice.seed);
    alice
        .browser
        .submit("/enrol/factor", &[("code", &code_of(&server, &seed))])
        .await
        .expect(200);
    let old = Browser::new(&server);
    alice.sign_in(&old, "/account").await.expect(401);
    alice.seed = seed;
    let new = Browser::new(&server);
    alice.sign_in(&new, "/account").await.expect(303);
}

#[tokio::test]
async fn new_recovery_codes_replace_the_old_ones() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    alice.browser.get("/account").await.expect(200);
    let page = alice
        .browser
        .submit("/account/recovery-codes", &[])
        .await
        .expect(200)
        .text();
    let new = between(&page, "<li>", "</li>").to_owned();
    for (code, status) in [(alice.recovery_codes[0].as_str(), 401), (new.as_str(), 303)] {
        let browser = Browser::new(&server);
        browser.get("/sign-in").await.expect(200);
        browser
            .submit("/sign-in", &[("name", ALICE), ("password", &alice.password)])
            .await
            .expect(303);
        browser.get("/sign-in/factor").await.expect(200);
        browser
            .submit("/sign-in/factor", &[("code", code)])
            .await
            .expect(status);
    }
}
