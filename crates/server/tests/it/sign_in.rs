//! Secrets that are wrong, old, or tried too often.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http::Method;
use serde_json::json;
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, TestServer};

const ARM: &str = "https://management.azure.com";
const CHOSEN: &str = "violet tangent harbour 9";
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn an_expired_secret_opens_nothing_and_its_token_ends_with_it() {
    let server = TestServer::start().await;
    let robot = server.robot("robot").await;
    let path = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let soon = json!({"passwordCredential": {"endDateTime": "2026-11-21T10:10:00Z"}});
    let secret = server.owner().post(&path, soon).await.expect(200).at("/secretText");
    let short = server.principal(robot.user_and_secret().0, &secret);
    let token = server.bearer(&short.arm_token().await);
    token.get("/subscriptions").await.expect(200);
    server.advance(Duration::from_secs(601));
    token
        .get("/subscriptions")
        .await
        .expect_error(401, "AuthenticationFailed");
    short.sign_in(ARM).await.expect_error(401, "invalid_client");
    robot.sign_in(ARM).await.expect(200);
}

#[tokio::test]
async fn a_token_lives_an_hour_and_a_minute_of_tolerance() {
    let server = TestServer::start().await;
    let token = server.bearer(&server.owner().arm_token().await);
    server.advance(Duration::from_secs(3600 + 59));
    token.get("/subscriptions").await.expect(200);
    server.advance(Duration::from_secs(2));
    token
        .get("/subscriptions")
        .await
        .expect_error(401, "AuthenticationFailed");
}

#[tokio::test]
async fn a_secret_that_was_right_before_opens_nothing_once_it_is_not() {
    let server = TestServer::start_with(|settings| settings.shared_database = true).await;
    let node = server.another_node().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let log_in = async |robot: &Actor, at: &TestServer| {
        let (user, secret) = robot.user_and_secret();
        let ask = at.basic(user, secret);
        ask.ask(Method::GET, "/v2/")
            .at(&registry.login_server)
            .send()
            .await
            .status
            .as_u16()
    };
    let (removed, disabled, expiring) = (
        server.robot("removed").await,
        server.robot("disabled").await,
        server.robot("expiring").await,
    );
    for robot in [&removed, &disabled, &expiring] {
        for at in [&server, &server, &node, &node] {
            assert_eq!(log_in(robot, at).await, 200);
        }
    }
    let principal = |robot: &Actor| format!("/v1.0/servicePrincipals/{}", robot.object_id);
    let shown = owner.get(&principal(&removed)).await.expect(200).json();
    let key = json!({"keyId": shown["passwordCredentials"][0]["keyId"]});
    let remove = format!("{}/removePassword", principal(&removed));
    owner.post(&remove, key).await.expect(204);
    let disable = json!({"accountEnabled": false});
    owner.patch(&principal(&disabled), disable).await.expect(204);
    assert_eq!(
        (log_in(&removed, &server).await, log_in(&disabled, &server).await),
        (401, 401)
    );
    server.advance(Duration::from_secs(4));
    assert_eq!(
        (log_in(&removed, &node).await, log_in(&disabled, &node).await),
        (401, 401)
    );
    // What is disabled comes back as it was.
    let enable = json!({"accountEnabled": true});
    owner.patch(&principal(&disabled), enable).await.expect(204);
    assert_eq!(log_in(&disabled, &server).await, 200);
    server.advance(366 * DAY);
    assert_eq!(
        (log_in(&expiring, &server).await, log_in(&expiring, &node).await),
        (401, 401)
    );
}

#[tokio::test]
async fn unknown_wrong_and_disabled_are_one_answer() {
    let server = TestServer::start().await;
    let (robot, disabled) = (server.robot("robot").await, server.robot("disabled").await);
    let principal = format!("/v1.0/servicePrincipals/{}", disabled.object_id);
    server
        .owner()
        .patch(&principal, json!({"accountEnabled": false}))
        .await
        .expect(204);
    let mut answers = Vec::new();
    for actor in [
        server.principal(robot.user_and_secret().0, disabled.user_and_secret().1),
        server.principal(&server.uuid().to_string(), robot.user_and_secret().1),
        disabled,
    ] {
        let mut body = actor.sign_in(ARM).await.expect(401).json();
        let correlation = body["correlation_id"].take();
        let text = body["error_description"]
            .as_str()
            .unwrap()
            .replace(correlation.as_str().unwrap(), "");
        body["error_description"] = text.into();
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
}

#[tokio::test]
async fn a_chosen_secret_is_slowed_after_failures_and_a_generated_one_is_never_locked_out() {
    let server = TestServer::start().await;
    let robot = server.robot("robot").await;
    let path = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let chosen = json!({"passwordCredential": {"secretText": CHOSEN}});
    server.owner().post(&path, chosen).await.expect(200);
    let app_id = robot.user_and_secret().0;
    let (right, wrong) = (
        server.principal(app_id, CHOSEN),
        server.principal(app_id, "not the right one"),
    );
    for _ in 0..5 {
        wrong.sign_in(ARM).await.expect_error(401, "invalid_client");
    }
    // Even the right one has to wait now, and is told no more than a wrong one.
    right.sign_in(ARM).await.expect_error(401, "invalid_client");
    robot.sign_in(ARM).await.expect(200);
    server.advance(Duration::from_secs(3));
    right.sign_in(ARM).await.expect(200);
    // Success starts the count anew.
    wrong.sign_in(ARM).await.expect_error(401, "invalid_client");
    right.sign_in(ARM).await.expect(200);
}

#[tokio::test]
async fn an_address_that_fails_too_often_is_told_when_to_come_back() {
    let server = TestServer::start().await;
    let (robot, other) = (server.robot("robot").await, server.robot("other").await);
    let guess = server.principal(robot.user_and_secret().0, other.user_and_secret().1);
    for _ in 0..30 {
        guess.sign_in(ARM).await.expect_error(401, "invalid_client");
    }
    let throttled = guess.sign_in(ARM).await.expect_error(429, "temporarily_unavailable");
    assert_eq!(throttled.header("retry-after"), "60");
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    guess
        .clone()
        .from(elsewhere)
        .sign_in(ARM)
        .await
        .expect_error(401, "invalid_client");
    server.advance(Duration::from_secs(60));
    guess.sign_in(ARM).await.expect_error(401, "invalid_client");
}

#[tokio::test]
async fn sign_ins_and_refusals_are_counted_into_the_journal() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (robot, other) = (
        server.robot_with("Reader", &registry).await,
        server.robot("other").await,
    );
    let guess = server.principal(robot.user_and_secret().0, other.user_and_secret().1);
    for _ in 0..3 {
        guess.sign_in(ARM).await.expect(401);
        robot.delete(&registry.id).await.expect(403);
    }
    server.run(Job::FlushCounters).await;
    let log = "/providers/Microsoft.Insights/eventtypes/management/values?$top=1000";
    let events = server.owner().get(log).await.expect(200).entries();
    let count = |operation: &str, caller: &str| {
        let is = |event: &&serde_json::Value| {
            event["operationName"]["value"] == operation && event["caller"].as_str().unwrap().contains(caller)
        };
        let counts = events
            .iter()
            .filter(is)
            .map(|event| event["properties"]["count"].as_str().unwrap().to_owned());
        counts.collect::<Vec<_>>()
    };
    assert_eq!(
        count("Microsoft.Directory/signIns/failure", robot.user_and_secret().0),
        ["3"]
    );
    assert_eq!(
        count("Microsoft.Authorization/refusals/record", &robot.object_id),
        ["3"]
    );
    server.advance(DAY);
    server.run(Job::Expire).await;
    robot.sign_in(ARM).await.expect(200);
}
