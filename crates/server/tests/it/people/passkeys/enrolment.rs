//! Enrolling one.

use wharf_app::PublicAddress;
use wharf_testkit::{Authenticator, Browser, TestServer};

use super::{ALICE, alone};

#[tokio::test]
async fn an_invited_person_enrols_a_passkey_in_the_place_of_an_authenticator() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    assert_eq!(alice.recovery_codes.len(), 8);
    alice.browser.get("/account").await.expect(200);
    // They have a second factor: the password leads to it, and not to another enrolment.
    let browser = Browser::new(&server);
    let page = alice.half_way(&browser, "/account").await.text();
    assert!(
        page.contains("Recovery code") && !page.contains("Code from your authenticator"),
        "{page}"
    );
}

#[tokio::test]
async fn who_chose_no_password_yet_enrols_nothing() {
    let server = TestServer::start().await;
    let (alice, page) = server.invited(ALICE).await;
    let mut device = Authenticator::new(&server);
    let given = device.create(&page);
    let (link, _) = server.invitation(ALICE).await;
    let browser = Browser::new(&server);
    browser.get(&link).await.expect(200);
    browser.submit(&link, &[]).await.expect(303);
    browser.get("/enrol/password").await.expect(200);
    browser.submit("/enrol/passkey", &given.fields()).await.expect(404);
    browser.get("/account").await.expect(303);
    // The link of the other browser was replaced meanwhile.
    alice
        .browser
        .submit("/enrol/passkey", &given.fields())
        .await
        .expect(409);
    alone(&browser, &mut device).await.expect(401);
}

#[tokio::test]
async fn another_invitation_ends_what_was_enrolled_before() {
    let server = TestServer::start().await;
    let mut lost = Authenticator::new(&server);
    let before = server.person_with_passkey(ALICE, &mut lost).await;
    server.person(ALICE).await;
    alone(&Browser::new(&server), &mut lost).await.expect(401);
    before.browser.get("/account").await.expect(303);
    // And an authenticator when a passkey takes its place.
    let mut found = Authenticator::new(&server);
    let after = server.person_with_passkey(ALICE, &mut found).await;
    let page = after.browser.get("/account").await.expect(200).text();
    assert!(!page.contains("Authenticator app"), "{page}");
    alone(&Browser::new(&server), &mut found).await.expect(303);
}

#[tokio::test]
async fn a_device_is_not_asked_for_a_second_passkey_of_an_account_unless_it_begins_anew() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let page = alice.browser.get("/account/passkey").await.expect(200).text();
    assert!(page.contains("excludeCredentials&#34;:[{"), "{page}");
    let (_, page) = server.invited(ALICE).await;
    assert!(!page.text().contains("excludeCredentials&#34;:[{"), "{}", page.text());
}

#[tokio::test]
async fn a_server_without_a_name_asks_for_authenticators_alone() {
    let address = PublicAddress {
        scheme: "http",
        domain: "127.0.0.1".to_owned(),
        port: Some(5000),
    };
    let server = TestServer::start_with(|settings| settings.public = address).await;
    let page = server.anonymous().get("/sign-in").await;
    assert!(!page.header("content-security-policy").contains("script"));
    assert!(!page.text().contains("passkey"), "{}", page.text());
}
