//! From a password that somebody else chose to an account.

use serde_json::json;
use wharf_testkit::{Answer, Browser, TestServer, between, code_of};

const ALICE: &str = "alice@example.com";
/// What testkit's users begin with.
const FIRST: &str = "violet tangent harbour 9";
const OWN: &str = "quiet lantern 7";

pub(super) async fn sign_in(browser: &Browser, password: &str) -> Answer {
    browser.get("/sign-in").await.expect(200);
    browser
        .submit("/sign-in", &[("name", ALICE), ("password", password)])
        .await
}

/// Chooses a password and enrols a factor; the seed.
pub(super) async fn enrol(server: &TestServer, browser: &Browser) -> String {
    browser.get("/enrol/password").await.expect(200);
    let fields = [("password", OWN), ("again", OWN)];
    browser.submit("/enrol/password", &fields).await.expect(303);
    let page = browser.get("/enrol/factor").await.expect(200).text();
    let seed = between(&page, "Key: <code>", "</code>").to_owned();
    let code = code_of(server, &seed);
    browser.submit("/enrol/factor", &[("code", &code)]).await.expect(200);
    seed
}

#[tokio::test]
async fn the_first_password_leads_to_an_own_one_and_a_factor_and_then_opens_nothing() {
    let server = TestServer::start().await;
    server.user(ALICE).await;
    let browser = Browser::new(&server);
    let answer = sign_in(&browser, FIRST).await.expect(303);
    assert_eq!(answer.header("location"), "/enrol/password");
    // Half-way is nobody.
    browser.get("/account").await.expect(303);
    enrol(&server, &browser).await;
    let page = browser.get("/account").await.expect(200);
    assert!(page.text().contains(ALICE));
    let other = Browser::new(&server);
    sign_in(&other, FIRST).await.expect(401);
    let answer = sign_in(&other, OWN).await.expect(303);
    assert!(answer.header("location").starts_with("/sign-in/factor"), "{answer:?}");
}

#[tokio::test]
async fn of_two_who_know_the_first_password_one_enrols() {
    let server = TestServer::start().await;
    server.user(ALICE).await;
    let browsers = [Browser::new(&server), Browser::new(&server)];
    for browser in &browsers {
        sign_in(browser, FIRST).await.expect(303);
    }
    let late = &browsers[0];
    late.get("/enrol/password").await.expect(200);
    late.submit(
        "/enrol/password",
        &[("password", "another 4 words"), ("again", "another 4 words")],
    )
    .await
    .expect(303);
    let page = late.get("/enrol/factor").await.expect(200).text();
    let seed = between(&page, "Key: <code>", "</code>").to_owned();
    enrol(&server, &browsers[1]).await;
    let refused = late
        .submit("/enrol/factor", &[("code", &code_of(&server, &seed))])
        .await;
    assert!(!refused.status.is_success(), "{}", refused.text());
    late.get("/account").await.expect(303);
    browsers[1].get("/account").await.expect(200);
}

#[tokio::test]
async fn a_password_that_is_reset_ends_what_was_signed_in_and_the_factor_stays() {
    let server = TestServer::start().await;
    let id = server.user(ALICE).await;
    let browser = Browser::new(&server);
    sign_in(&browser, FIRST).await.expect(303);
    enrol(&server, &browser).await;
    let reset = json!({"passwordProfile": {"password": "copper meadow lattice 3"}});
    server
        .owner()
        .patch(&format!("/v1.0/users/{id}"), reset)
        .await
        .expect(204);
    browser.get("/account").await.expect(303);
    sign_in(&browser, OWN).await.expect(401);
    let answer = sign_in(&browser, "copper meadow lattice 3").await.expect(303);
    assert!(answer.header("location").starts_with("/sign-in/factor"), "{answer:?}");
}

#[tokio::test]
async fn who_is_disabled_does_not_sign_in_and_is_signed_out() {
    let server = TestServer::start().await;
    let id = server.user(ALICE).await;
    let browser = Browser::new(&server);
    sign_in(&browser, FIRST).await.expect(303);
    enrol(&server, &browser).await;
    browser.get("/account").await.expect(200);
    let path = format!("/v1.0/users/{id}");
    server
        .owner()
        .patch(&path, json!({"accountEnabled": false}))
        .await
        .expect(204);
    browser.get("/account").await.expect(303);
    sign_in(&Browser::new(&server), OWN).await.expect(401);
}

#[tokio::test]
async fn who_lost_everything_gets_a_link_from_somebody_who_holds_as_much() {
    let server = TestServer::start().await;
    let alice = server.user(ALICE).await;
    let browser = Browser::new(&server);
    sign_in(&browser, FIRST).await.expect(303);
    enrol(&server, &browser).await;
    let wanted = json!({"invitedUserEmailAddress": ALICE});
    let robot = server.robot_with("Reader", "/").await;
    robot.post("/v1.0/invitations", wanted.clone()).await.expect(403);
    let made = server.owner().post("/v1.0/invitations", wanted).await.expect(201);
    assert_eq!(made.at("/invitedUser/id"), alice);
    let link = made.at("/inviteRedeemUrl");
    let path = &link[link.find("/invitation/").expect("it is a link")..];
    // Until it is used, nothing has changed.
    browser.get("/account").await.expect(200);
    let other = Browser::new(&server);
    other.get(path).await.expect(200);
    other.submit(path, &[]).await.expect(303);
    enrol(&server, &other).await;
    other.get("/account").await.expect(200);
    browser.get("/account").await.expect(303);
    let unknown = json!({"invitedUserEmailAddress": "nobody@example.com"});
    server.owner().post("/v1.0/invitations", unknown).await.expect(404);
}
