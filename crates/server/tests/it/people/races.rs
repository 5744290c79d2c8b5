//! What is good once is good once, however many bring it at one moment, at two nodes of one installation.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use http::Method;
use wharf_app::DeviceCodeFlow;
use wharf_testkit::{Answer, Browser, Person, TestServer};

use super::{CLIENT, code, redeem, refresh, token, tokens};

const ALICE: &str = "alice@example.com";

/// Two nodes, and somebody who enrolled at the first.
async fn cluster() -> ([TestServer; 2], Person) {
    let server = TestServer::start_with(|settings| {
        settings.shared_database = true;
        settings.device_code = DeviceCodeFlow::Everybody;
    })
    .await;
    let other = server.another_node().await;
    let alice = server.person(ALICE).await;
    ([server, other], alice)
}

/// What eight got that asked at one moment, by turns at each node.
async fn race<F: Future<Output = Answer> + Send + 'static>(
    nodes: &[TestServer; 2],
    ask: impl Fn(TestServer) -> F,
) -> Vec<Answer> {
    let racers: Vec<_> = (0..8).map(|turn| tokio::spawn(ask(nodes[turn % 2].clone()))).collect();
    let mut answers = Vec::new();
    for racer in racers {
        answers.push(racer.await.expect("nobody fails"));
    }
    answers
}

/// The one that got something; the others were refused.
fn only_winner(answers: Vec<Answer>) -> Answer {
    let (mut won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status.is_success());
    for answer in lost {
        answer.expect_error(400, "invalid_grant");
    }
    assert_eq!(won.len(), 1, "one wins");
    won.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_that_eight_redeem_is_one_clients_and_then_nobodys() {
    let (nodes, alice) = cluster().await;
    let code = code(&nodes[0], &alice.browser).await;
    let won = only_winner(
        race(&nodes, |node| {
            let code = code.clone();
            async move { redeem(&node, &code).await }
        })
        .await,
    );
    // Somebody else had the code as well: what came of it is no longer trusted.
    nodes[0].advance(Duration::from_secs(4));
    for node in &nodes {
        node.bearer(&won.at("/access_token"))
            .get("/subscriptions")
            .await
            .expect(401);
    }
    refresh(&nodes[1], &won.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_device_code_that_eight_poll_is_one_devices() {
    let (nodes, alice) = cluster().await;
    let path = format!("/{}/oauth2/v2.0/devicecode", nodes[0].tenant());
    let form = [("client_id", CLIENT), ("scope", super::ARM)];
    let codes = nodes[0]
        .anonymous()
        .ask(Method::POST, &path)
        .form(&form)
        .send()
        .await
        .expect(200);
    let user_code = codes.at("/user_code").replace('-', "");
    alice.browser.get("/device").await.expect(200);
    for (path, decision) in [("/device", ""), ("/device/decide", "approve")] {
        let form = [("user_code", user_code.as_str()), ("decision", decision)];
        alice.browser.submit(path, &form).await.expect(200);
    }
    let won = only_winner(
        race(&nodes, |node| {
            let device_code = codes.at("/device_code");
            async move {
                let grant = "urn:ietf:params:oauth:grant-type:device_code";
                token(&node, &[("grant_type", grant), ("device_code", &device_code)]).await
            }
        })
        .await,
    );
    nodes[1]
        .bearer(&won.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_token_that_eight_bring_has_one_successor() {
    let (nodes, alice) = cluster().await;
    let held = tokens(&nodes[0], &alice.browser).await.at("/refresh_token");
    let answers = race(&nodes, |node| {
        let held = held.clone();
        async move { refresh(&node, &held).await }
    })
    .await;
    let next: BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(200).at("/refresh_token"))
        .collect();
    assert_eq!(next.len(), 1, "all that ask within the grace get the same next one");
}

/// How many of eight browsers, which were shown the page for a code, come in with the same one.
async fn come_in_with(nodes: &[TestServer; 2], alice: &Person, code: &str) -> usize {
    let mut racers = Vec::new();
    for turn in 0..8 {
        let browser = Browser::new(&nodes[turn % 2]);
        browser.get("/sign-in").await.expect(200);
        let form = [("name", ALICE), ("password", alice.password.as_str())];
        browser.submit("/sign-in", &form).await.expect(303);
        browser.get("/sign-in/factor").await.expect(200);
        let code = code.to_owned();
        racers.push(async move { browser.submit("/sign-in/factor", &[("code", &code)]).await });
    }
    let racers: Vec<_> = racers.into_iter().map(tokio::spawn).collect();
    let mut inside = 0;
    for racer in racers {
        let answer = racer.await.expect("nobody fails");
        assert!([303, 401].contains(&answer.status.as_u16()), "{}", answer.text());
        inside += usize::from(answer.status == 303);
    }
    inside
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_of_the_authenticator_or_of_the_paper_lets_one_of_eight_browsers_in() {
    let (nodes, alice) = cluster().await;
    let code = alice.next_code();
    assert_eq!(come_in_with(&nodes, &alice, &code).await, 1);
    // Wrong tries count: the right one that follows does not reset them, time does.
    nodes[0].advance(Duration::from_secs(24 * 3600));
    assert_eq!(come_in_with(&nodes, &alice, &alice.recovery_codes[0]).await, 1);
}
