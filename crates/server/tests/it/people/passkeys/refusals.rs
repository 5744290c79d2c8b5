//! What is refused (rule 9).

use std::time::Duration;

use serde_json::json;
use wharf_testkit::{Authenticator, Browser, TestServer};

use super::{ALICE, BOB, HALF_WAY, alone, recorded};

const SUSPECT: &str = "Microsoft.Directory/users/passkeys/suspect";

/// Does something wrong with a device.
type Wrong = fn(&mut Authenticator);

fn elsewhere(device: &mut Authenticator) {
    device.origin = "https://wharf.test.evil.example".to_owned();
}

fn for_another_party(device: &mut Authenticator) {
    device.party = Some("evil.example".to_owned());
}

fn unverified(device: &mut Authenticator) {
    device.verifies = false;
}

const WRONGS: [(&str, Wrong); 3] = [
    ("another origin", elsewhere),
    ("another party", for_another_party),
    ("nobody verified", unverified),
];

#[tokio::test]
async fn a_sign_in_from_another_origin_for_another_party_or_of_somebody_unverified() {
    let server = TestServer::start().await;
    for (number, (what, wrong)) in WRONGS.into_iter().enumerate() {
        let mut device = Authenticator::new(&server);
        let alice = server
            .person_with_passkey(&format!("u{number}@example.com"), &mut device)
            .await;
        wrong(&mut device);
        let browser = Browser::new(&server);
        let refused = alone(&browser, &mut device).await;
        assert_eq!(refused.status, 401, "{what}");
        browser.get("/account").await.expect(303);
        let page = alice.half_way(&browser, "/account").await;
        let refused = browser.submit(HALF_WAY, &device.get(&page).fields()).await;
        assert_eq!(refused.status, 401, "{what}");
        browser.get("/account").await.expect(303);
    }
}

#[tokio::test]
async fn an_enrolment_from_another_origin_for_another_party_or_of_somebody_unverified() {
    let server = TestServer::start().await;
    for (number, (what, wrong)) in WRONGS.into_iter().enumerate() {
        let mut device = Authenticator::new(&server);
        wrong(&mut device);
        let (alice, page) = server.invited(&format!("u{number}@example.com")).await;
        let refused = alice
            .browser
            .submit("/enrol/passkey", &device.create(&page).fields())
            .await;
        assert_eq!(refused.status, 400, "{what}");
        alice.browser.get("/account").await.expect(303);
    }
}

#[tokio::test]
async fn a_key_of_a_kind_that_was_not_asked_for() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    device.foreign_keys = true;
    let (alice, page) = server.invited(ALICE).await;
    alice
        .browser
        .submit("/enrol/passkey", &device.create(&page).fields())
        .await
        .expect(400);
    alice.browser.get("/account").await.expect(303);
}

#[tokio::test]
async fn an_answer_that_was_changed() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    server.person_with_passkey(ALICE, &mut device).await;
    let browser = Browser::new(&server);
    let given = device.get(&browser.get("/sign-in").await.expect(200));
    browser
        .submit("/sign-in/passkey", &given.forged().fields())
        .await
        .expect(401);
    // It was not used up by that.
    browser.submit("/sign-in/passkey", &given.fields()).await.expect(303);
}

#[tokio::test]
async fn an_answer_that_comes_twice() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    device.counts = false;
    server.person_with_passkey(ALICE, &mut device).await;
    let browser = Browser::new(&server);
    let given = device.get(&browser.get("/sign-in").await.expect(200));
    browser.submit("/sign-in/passkey", &given.fields()).await.expect(303);
    let again = Browser::new(&server);
    again.set_cookie("__Host-wharf-form", &browser.cookie("__Host-wharf-form"));
    again.get("/sign-in").await.expect(200);
    again.submit("/sign-in/passkey", &given.fields()).await.expect(401);
    again.get("/account").await.expect(303);
    assert_eq!(recorded(&server, SUSPECT).await, 0);
}

#[tokio::test]
async fn an_enrolment_that_comes_twice() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let mut device = Authenticator::new(&server);
    let given = device.create(&alice.browser.get("/account/passkey").await.expect(200));
    alice
        .browser
        .submit("/account/passkey", &given.fields())
        .await
        .expect(303);
    alice.browser.get("/account/passkey").await.expect(200);
    alice
        .browser
        .submit("/account/passkey", &given.fields())
        .await
        .expect(400);
    let page = alice.browser.get("/account").await.expect(200).text();
    assert_eq!(page.matches("never used").count(), 1, "{page}");
}

#[tokio::test]
async fn an_answer_to_what_another_browser_or_session_was_asked() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let (one, other) = (Browser::new(&server), Browser::new(&server));
    let given = device.get(&one.get("/sign-in").await.expect(200));
    other.get("/sign-in").await.expect(200);
    other.submit("/sign-in/passkey", &given.fields()).await.expect(401);
    let given = device.get(&alice.half_way(&one, "/account").await);
    alice.half_way(&other, "/account").await;
    other.submit(HALF_WAY, &given.fields()).await.expect(401);
    one.submit(HALF_WAY, &given.fields()).await.expect(303);
}

#[tokio::test]
async fn an_answer_to_what_was_asked_for_another_purpose() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let browser = Browser::new(&server);
    let alone = device.get(&browser.get("/sign-in").await.expect(200));
    let second = device.get(&alice.half_way(&browser, "/account").await);
    browser.submit(HALF_WAY, &alone.fields()).await.expect(401);
    browser.submit("/sign-in/passkey", &second.fields()).await.expect(401);
    let add = alice.browser.get("/account/passkey").await.expect(200);
    let mut with = device.get(&alice.half_way(&browser, "/account").await);
    with.ceremony = device.create(&add).ceremony;
    browser.submit(HALF_WAY, &with.fields()).await.expect(401);
    browser.get("/account").await.expect(303);
}

#[tokio::test]
async fn an_answer_after_ten_minutes() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    server.person_with_passkey(ALICE, &mut device).await;
    for (seconds, status) in [(599, 303), (600, 401)] {
        let browser = Browser::new(&server);
        let given = device.get(&browser.get("/sign-in").await.expect(200));
        server.clock().advance(Duration::from_secs(seconds));
        browser.submit("/sign-in/passkey", &given.fields()).await.expect(status);
    }
}

#[tokio::test]
async fn a_passkey_of_somebody_else() {
    let server = TestServer::start().await;
    let (mut hers, mut his) = (Authenticator::new(&server), Authenticator::new(&server));
    let alice = server.person_with_passkey(ALICE, &mut hers).await;
    let bob = server.person_with_passkey(BOB, &mut his).await;
    let browser = Browser::new(&server);
    let page = alice.half_way(&browser, "/account").await;
    browser.submit(HALF_WAY, &his.get(&page).fields()).await.expect(401);
    // Nor when the device says that it is hers.
    let handle: uuid::Uuid = alice.object_id.parse().expect("an object id");
    his.claims = Some(handle.as_bytes().to_vec());
    browser.submit(HALF_WAY, &his.get(&page).fields()).await.expect(401);
    alone(&Browser::new(&server), &mut his).await.expect(401);
    his.claims = None;
    alone(&Browser::new(&server), &mut his).await.expect(303);
    assert_ne!(alice.object_id, bob.object_id);
}

#[tokio::test]
async fn a_passkey_that_counts_back_and_it_is_recorded() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    *device.count() = 5;
    alone(&Browser::new(&server), &mut device).await.expect(303);
    for count in [5, 2] {
        *device.count() = count;
        let browser = Browser::new(&server);
        alone(&browser, &mut device).await.expect(401);
        browser.get("/account").await.expect(303);
        let page = alice.half_way(&browser, "/account").await;
        *device.count() = count;
        browser.submit(HALF_WAY, &device.get(&page).fields()).await.expect(401);
    }
    assert_eq!(recorded(&server, SUSPECT).await, 4);
}

#[tokio::test]
async fn a_passkey_of_somebody_who_is_disabled_or_gone() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let path = format!("/v1.0/users/{}", alice.object_id);
    let owner = server.owner();
    for (enabled, status) in [(false, 401), (true, 303)] {
        owner.patch(&path, json!({"accountEnabled": enabled})).await.expect(204);
        alone(&Browser::new(&server), &mut device).await.expect(status);
    }
    owner.delete(&path).await.expect(204);
    alone(&Browser::new(&server), &mut device).await.expect(401);
}

#[tokio::test]
async fn what_is_no_answer_at_all() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for credential in ["", "{}", "null", "\u{1f511}"] {
        browser.get("/sign-in").await.expect(200);
        let fields = [("ceremony", "AAAA"), ("credential", credential)];
        browser.submit("/sign-in/passkey", &fields).await.expect(401);
    }
    let (alice, _) = server.invited(ALICE).await;
    alice.browser.submit("/enrol/passkey", &[]).await.expect(400);
}
