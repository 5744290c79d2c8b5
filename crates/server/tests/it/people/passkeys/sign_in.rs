//! Signing in with one.

use wharf_testkit::{Authenticator, Browser, TestServer};

use super::{ALICE, HALF_WAY, alone};
use crate::people::{authorize, told};

#[tokio::test]
async fn a_passkey_alone_signs_somebody_in_without_a_name_or_a_password() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let browser = Browser::new(&server);
    let page = browser.get("/sign-in").await.expect(200);
    let before = browser.cookie("__Host-wharf-session");
    let given = device.get(&page);
    let fields = [&given.fields()[..], &[("return_to", "/device")]].concat();
    let answer = browser.submit("/sign-in/passkey", &fields).await.expect(303);
    assert_eq!(answer.header("location"), "/device");
    assert_ne!(browser.cookie("__Host-wharf-session"), before);
    // As fresh as a second factor, and as good as one for clients.
    browser.get("/device").await.expect(200);
    let page = browser.get("/account").await.expect(200).text();
    assert!(page.contains(&alice.name), "{page}");
    let answer = browser.get(&authorize(&server, &[])).await.expect(303);
    assert!(told(&answer).iter().any(|(name, _)| name == "code"));
}

#[tokio::test]
async fn a_passkey_is_the_second_step_after_the_password() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let browser = Browser::new(&server);
    let page = alice.half_way(&browser, "/account").await;
    assert!(
        browser
            .get("/account")
            .await
            .expect(303)
            .header("location")
            .starts_with("/sign-in?")
    );
    let half_way = browser.cookie("__Host-wharf-session");
    browser.submit(HALF_WAY, &device.get(&page).fields()).await.expect(303);
    assert_ne!(browser.cookie("__Host-wharf-session"), half_way);
    browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn a_passkey_shows_that_somebody_is_still_there() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    server.clock().advance(std::time::Duration::from_secs(5 * 60));
    let asked = alice.browser.get("/account/password").await.expect(303);
    let page = alice.browser.get(asked.header("location")).await.expect(200);
    let given = device.get(&page);
    let fields = [&given.fields()[..], &[("return_to", "/account/password")]].concat();
    alice.browser.submit(HALF_WAY, &fields).await.expect(303);
    alice.browser.get("/account/password").await.expect(200);
}

#[tokio::test]
async fn without_the_passkey_a_recovery_code_opens_once() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    assert_eq!(alice.recovery_codes.len(), 8);
    for status in [303, 401] {
        let browser = Browser::new(&server);
        alice.half_way(&browser, "/account").await;
        let code = [("code", alice.recovery_codes[2].as_str())];
        browser.submit("/sign-in/factor", &code).await.expect(status);
    }
}

#[tokio::test]
async fn a_name_that_is_locked_lets_its_passkey_in() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let elsewhere = Browser::new(&server).from("192.0.2.66".parse().expect("an address"));
    for _ in 0..10 {
        elsewhere.get("/sign-in").await.expect(200);
        let wrong = [("name", ALICE), ("password", "not the right one")];
        elsewhere.submit("/sign-in", &wrong).await.expect(401);
    }
    let browser = Browser::new(&server);
    browser.get("/sign-in").await.expect(200);
    let right = [("name", ALICE), ("password", alice.password.as_str())];
    browser.submit("/sign-in", &right).await.expect(401);
    alone(&browser, &mut device).await.expect(303);
    // Nor does it open the name for whoever guesses.
    elsewhere.get("/sign-in").await.expect(200);
    elsewhere.submit("/sign-in", &right).await.expect(401);
}

#[tokio::test]
async fn any_node_goes_on_with_what_another_one_asked() {
    let server = TestServer::start().await;
    let other = server.another_node().await;
    let mut device = Authenticator::new(&server);
    server.person_with_passkey(ALICE, &mut device).await;
    let (here, there) = (Browser::new(&server), Browser::new(&other));
    let given = device.get(&here.get("/sign-in").await.expect(200));
    there.set_cookie("__Host-wharf-form", &here.cookie("__Host-wharf-form"));
    there.get("/sign-in").await.expect(200);
    there.submit("/sign-in/passkey", &given.fields()).await.expect(303);
    there.get("/account").await.expect(200);
    // And what was answered there is answered here as well.
    here.submit("/sign-in/passkey", &given.fields()).await.expect(401);
}

#[tokio::test]
async fn a_device_that_does_not_count_signs_in_again() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    device.counts = false;
    server.person_with_passkey(ALICE, &mut device).await;
    for _ in 0..2 {
        alone(&Browser::new(&server), &mut device).await.expect(303);
    }
}
