//! Devices without a browser (RFC 8628).

use std::time::Duration;

use http::Method;
use wharf_app::DeviceCodeFlow;
use wharf_testkit::{Answer, Browser, TestServer};

use super::{ARM, CLIENT, token};

const ALICE: &str = "alice@example.com";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn start() -> TestServer {
    TestServer::start_with(|settings| settings.device_code = DeviceCodeFlow::Everybody).await
}

async fn ask(server: &TestServer) -> Answer {
    let path = format!("/{}/oauth2/v2.0/devicecode", server.tenant());
    let ask = server.anonymous();
    let ask = ask.ask(Method::POST, &path).header("user-agent", "toaster/1.0");
    ask.form(&[("client_id", CLIENT), ("scope", ARM)]).send().await
}

async fn poll(server: &TestServer, device_code: &str) -> Answer {
    // As MSAL sends it: the same value twice.
    token(
        server,
        &[
            ("grant_type", GRANT),
            ("device_code", device_code),
            ("code", device_code),
        ],
    )
    .await
}

async fn decide(browser: &Browser, user_code: &str, decision: &str) -> Answer {
    browser.get("/device").await.expect(200);
    let page = browser
        .submit("/device", &[("user_code", user_code)])
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("toaster/1.0") && page.contains("192.0.2.1") && page.contains(ALICE),
        "{page}"
    );
    let plain = user_code.replace('-', "");
    browser
        .submit("/device/decide", &[("user_code", &plain), ("decision", decision)])
        .await
}

#[tokio::test]
async fn somebody_lets_a_device_in_and_one_of_many_polls_gets_its_tokens() {
    let server = start().await;
    let alice = server.person(ALICE).await;
    let codes = ask(&server).await.expect(200);
    assert_eq!(codes.at("/verification_uri"), "https://wharf.test/device");
    assert!(codes.at("/message").contains(&codes.at("/user_code")));
    let device_code = codes.at("/device_code");
    poll(&server, &device_code)
        .await
        .expect_error(400, "authorization_pending");
    decide(&alice.browser, &codes.at("/user_code").to_lowercase(), "approve")
        .await
        .expect(200);
    let polls = tokio::join!(
        poll(&server, &device_code),
        poll(&server, &device_code),
        poll(&server, &device_code)
    );
    let statuses = [
        polls.0.status.as_u16(),
        polls.1.status.as_u16(),
        polls.2.status.as_u16(),
    ];
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    let got = [polls.0, polls.1, polls.2]
        .into_iter()
        .find(|answer| answer.status == 200)
        .unwrap();
    // The device does not say the scope again: it is remembered.
    assert!(got.at("/scope").starts_with("https://management.azure.com/.default "));
    server
        .bearer(&got.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(200);
    poll(&server, &device_code).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_device_that_polls_too_often_is_slowed_down_for_good() {
    let server = start().await;
    let device_code = ask(&server).await.expect(200).at("/device_code");
    let after = async |seconds| {
        server.clock().advance(Duration::from_secs(seconds));
        poll(&server, &device_code).await.expect(400).code()
    };
    assert_eq!(after(0).await, "authorization_pending");
    assert_eq!(after(5).await, "authorization_pending");
    assert_eq!(after(4).await, "slow_down");
    assert_eq!(after(9).await, "slow_down");
    assert_eq!(after(15).await, "authorization_pending");
}

#[tokio::test]
async fn a_device_is_told_when_somebody_says_no_or_nobody_says_anything() {
    let server = start().await;
    let alice = server.person(ALICE).await;
    let codes = ask(&server).await.expect(200);
    decide(&alice.browser, &codes.at("/user_code"), "deny")
        .await
        .expect(200);
    poll(&server, &codes.at("/device_code"))
        .await
        .expect_error(400, "access_denied");
    let codes = ask(&server).await.expect(200);
    server.clock().advance(Duration::from_secs(15 * 60));
    poll(&server, &codes.at("/device_code"))
        .await
        .expect_error(400, "expired_token");
    poll(&server, "whdc_nothing").await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn nobody_lets_a_device_in_without_a_fresh_factor_and_a_click() {
    let server = start().await;
    let alice = server.person(ALICE).await;
    let codes = ask(&server).await.expect(200);
    let nobody = Browser::new(&server);
    assert!(
        nobody
            .get("/device")
            .await
            .expect(303)
            .header("location")
            .starts_with("/sign-in?")
    );
    server.clock().advance(Duration::from_secs(5 * 60));
    let stale = alice.browser.get("/device").await.expect(303);
    assert!(stale.header("location").starts_with("/sign-in/factor?"));
    alice
        .browser
        .get("/sign-in/factor?return_to=%2Fdevice")
        .await
        .expect(200);
    let shown = alice
        .browser
        .submit(
            "/sign-in/factor",
            &[("code", &alice.next_code()), ("return_to", "/device")],
        )
        .await;
    assert_eq!(shown.expect(303).header("location"), "/device");
    alice.browser.get("/device").await.expect(200);
    alice
        .browser
        .submit("/device", &[("user_code", &codes.at("/user_code"))])
        .await
        .expect(200);
    server.clock().advance(Duration::from_secs(10));
    poll(&server, &codes.at("/device_code"))
        .await
        .expect_error(400, "authorization_pending");
}

#[tokio::test]
async fn nobody_finds_a_strangers_device_by_trying() {
    let server = start().await;
    let alice = server.person(ALICE).await;
    let codes = ask(&server).await.expect(200);
    alice.browser.get("/device").await.expect(200);
    for _ in 0..6 {
        alice
            .browser
            .submit("/device", &[("user_code", "BBBB-BBBB")])
            .await
            .expect(404);
    }
    alice
        .browser
        .submit("/device", &[("user_code", &codes.at("/user_code"))])
        .await
        .expect(404);
    server.clock().advance(Duration::from_secs(60));
    alice
        .browser
        .submit("/device", &[("user_code", &codes.at("/user_code"))])
        .await
        .expect(200);
}

#[tokio::test]
async fn by_default_owners_do_not_let_devices_in() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let codes = ask(&server).await.expect(200);
    alice.browser.get("/device").await.expect(200);
    let fields = [
        ("user_code", codes.at("/user_code")),
        ("decision", "approve".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    alice.browser.submit("/device", &fields).await.expect(403);
    alice.browser.submit("/device/decide", &fields).await;
    server.clock().advance(Duration::from_secs(10));
    poll(&server, &codes.at("/device_code"))
        .await
        .expect_error(400, "access_denied");
    let off = TestServer::start_with(|settings| settings.device_code = DeviceCodeFlow::Off).await;
    ask(&off).await.expect_error(400, "access_denied");
}

#[tokio::test]
async fn one_source_gets_only_so_many_codes_a_minute() {
    let server = start().await;
    for _ in 0..30 {
        ask(&server).await.expect(200);
    }
    ask(&server).await.expect_error(429, "temporarily_unavailable");
    server.clock().advance(Duration::from_secs(60));
    ask(&server).await.expect(200);
}
