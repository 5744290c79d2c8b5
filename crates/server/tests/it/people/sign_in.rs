//! Name, password, code.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use wharf_testkit::{Browser, TestServer};

use super::without_challenge;

const ALICE: &str = "alice@example.com";

async fn try_password(browser: &Browser, name: &str, password: &str) -> u16 {
    browser.get("/sign-in").await.expect(200);
    let answer = browser
        .submit("/sign-in", &[("name", name), ("password", password)])
        .await;
    answer.status.as_u16()
}

#[tokio::test]
async fn a_person_signs_in_with_password_and_code_in_any_case_of_the_name() {
    let server = TestServer::start().await;
    let mut alice = server.person(ALICE).await;
    alice.name = "Alice@Example.com".to_owned();
    let browser = Browser::new(&server);
    let answer = alice.sign_in(&browser, "/account").await.expect(303);
    assert_eq!(answer.header("location"), "/account");
    browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn a_password_alone_opens_nothing_and_each_step_changes_the_cookie() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let browser = Browser::new(&server);
    assert_eq!(try_password(&browser, ALICE, &alice.password).await, 303);
    let half_way = browser.cookie("__Host-wharf-session");
    assert!(
        browser
            .get("/account")
            .await
            .expect(303)
            .header("location")
            .starts_with("/sign-in?")
    );
    let authorize = super::authorize(&server, &[]);
    assert!(
        browser
            .get(&authorize)
            .await
            .expect(303)
            .header("location")
            .starts_with("/sign-in?")
    );
    browser.get("/sign-in/factor").await.expect(200);
    browser
        .submit("/sign-in/factor", &[("code", &alice.next_code())])
        .await
        .expect(303);
    let complete = browser.cookie("__Host-wharf-session");
    assert_ne!(half_way, complete);
    let old = Browser::new(&server);
    old.set_cookie("__Host-wharf-session", &half_way);
    old.get("/account").await.expect(303);
}

#[tokio::test]
async fn unknown_wrong_and_locked_are_one_answer() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let browser = Browser::new(&server);
    let mut pages = Vec::new();
    for (name, password) in [
        (ALICE, "not the right one"),
        ("nobody@example.com", alice.password.as_str()),
    ] {
        browser.get("/sign-in").await.expect(200);
        let answer = browser
            .submit("/sign-in", &[("name", name), ("password", password)])
            .await
            .expect(401);
        pages.push(without_challenge(&answer.text()).replace(name, ""));
    }
    for _ in 0..5 {
        assert_eq!(try_password(&browser, ALICE, "not the right one").await, 401);
    }
    browser.get("/sign-in").await.expect(200);
    let locked = browser
        .submit("/sign-in", &[("name", ALICE), ("password", &alice.password)])
        .await
        .expect(401);
    pages.push(without_challenge(&locked.text()).replace(ALICE, ""));
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[1], pages[2]);
    // A session that exists goes on, and the account opens again after the wait.
    alice.browser.get("/account").await.expect(200);
    server.clock().advance(Duration::from_secs(60));
    assert_eq!(try_password(&browser, ALICE, &alice.password).await, 303);
}

#[tokio::test]
async fn wrong_codes_count_like_wrong_passwords_and_the_right_password_does_not_reset_them() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let browser = Browser::new(&server);
    for _ in 0..5 {
        assert_eq!(try_password(&browser, ALICE, &alice.password).await, 303);
        browser.get("/sign-in/factor").await.expect(200);
        browser
            .submit("/sign-in/factor", &[("code", "000000")])
            .await
            .expect(401);
    }
    assert_eq!(try_password(&browser, ALICE, &alice.password).await, 401);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let code = alice.next_code();
    let browsers = [Browser::new(&server), Browser::new(&server)];
    let mut statuses = Vec::new();
    for browser in &browsers {
        assert_eq!(try_password(browser, ALICE, &alice.password).await, 303);
        browser.get("/sign-in/factor").await.expect(200);
        statuses.push(
            browser
                .submit("/sign-in/factor", &[("code", &code)])
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(statuses, [303, 401]);
}

#[tokio::test]
async fn a_recovery_code_replaces_the_authenticator_once() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let code = alice.recovery_codes[3].to_lowercase();
    for expected in [303, 401] {
        let browser = Browser::new(&server);
        assert_eq!(try_password(&browser, ALICE, &alice.password).await, 303);
        browser.get("/sign-in/factor").await.expect(200);
        browser
            .submit("/sign-in/factor", &[("code", &code)])
            .await
            .expect(expected);
    }
    let page = alice.browser.get("/account").await.expect(200).text();
    assert!(page.contains("7 recovery codes left"), "{page}");
}

#[tokio::test]
async fn an_address_that_fails_too_often_waits_and_others_do_not() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let browser = Browser::new(&server).from(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66)));
    let mut last = 0;
    for number in 0..31 {
        last = try_password(&browser, &format!("nobody{number}@example.com"), "whatever it is").await;
    }
    assert_eq!(last, 429);
    let elsewhere = Browser::new(&server);
    assert_eq!(try_password(&elsewhere, ALICE, &alice.password).await, 303);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_after_twelve_hours() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    alice.browser.get("/account").await.expect(200);
    for _ in 0..25 {
        server.clock().advance(Duration::from_secs(28 * 60));
        alice.browser.get("/account").await.expect(200);
    }
    server.clock().advance(Duration::from_secs(28 * 60));
    alice.browser.get("/account").await.expect(303);
    let browser = Browser::new(&server);
    alice.sign_in(&browser, "/account").await.expect(303);
    browser.get("/account").await.expect(200);
    server.clock().advance(Duration::from_secs(31 * 60));
    browser.get("/account").await.expect(303);
}
