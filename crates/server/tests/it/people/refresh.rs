//! Refresh tokens of people, and the end of what clients were given.

use std::time::Duration;

use http::Method;
use serde_json::json;
use wharf_testkit::TestServer;

use super::{CLIENT, claims, refresh, token, tokens};

const ALICE: &str = "alice@example.com";

#[tokio::test]
async fn one_refresh_token_serves_every_resource_and_is_replaced_at_each_use() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let mut held = tokens(&server, &alice.browser).await.at("/refresh_token");
    for (scope, audience) in [
        ("https://graph.microsoft.com/.default", "https://graph.microsoft.com"),
        (
            "https://containerregistry.azure.net/.default openid",
            "https://containerregistry.azure.net",
        ),
        (
            "https://management.core.windows.net//.default",
            "https://management.azure.com",
        ),
    ] {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", held.as_str()),
            ("scope", scope),
        ];
        let answer = token(&server, &fields).await.expect(200);
        assert_eq!(claims(&answer.at("/access_token"))["aud"], audience);
        assert!(answer.at("/scope").contains(scope));
        assert_ne!(answer.at("/refresh_token"), held);
        held = answer.at("/refresh_token");
        server.clock().advance(Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn a_lost_answer_may_be_asked_for_again_and_an_old_token_ends_the_family() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let first = tokens(&server, &alice.browser).await.at("/refresh_token");
    let second = refresh(&server, &first).await.expect(200).at("/refresh_token");
    server.clock().advance(Duration::from_secs(10));
    assert_eq!(refresh(&server, &first).await.expect(200).at("/refresh_token"), second);
    let third = refresh(&server, &second).await.expect(200);
    let client = server.bearer(&third.at("/access_token"));
    client.get("/subscriptions").await.expect(200);
    server.clock().advance(Duration::from_secs(11));
    refresh(&server, &second).await.expect_error(400, "invalid_grant");
    refresh(&server, &third.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
    client.get("/subscriptions").await.expect(401);
}

#[tokio::test]
async fn two_requests_at_one_moment_get_the_same_next_token() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let held = tokens(&server, &alice.browser).await.at("/refresh_token");
    let (one, other) = tokio::join!(refresh(&server, &held), refresh(&server, &held));
    assert_eq!(
        one.expect(200).at("/refresh_token"),
        other.expect(200).at("/refresh_token")
    );
}

#[tokio::test]
async fn a_family_ends_after_thirty_days_and_a_changed_token_is_none() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let held = tokens(&server, &alice.browser).await.at("/refresh_token");
    let middle = held.len() / 2;
    let other = if &held[middle..=middle] == "A" { "B" } else { "A" };
    let mut changed = held.clone();
    changed.replace_range(middle..=middle, other);
    for wrong in [changed.as_str(), "", "whrt_", "whrt_AAAA", "x"] {
        let answer = refresh(&server, wrong).await;
        assert_eq!(answer.status.as_u16(), 400, "{wrong}: {}", answer.text());
    }
    server.clock().advance(Duration::from_secs(30 * 24 * 3600 - 1));
    let next = refresh(&server, &held).await.expect(200).at("/refresh_token");
    server.clock().advance(Duration::from_secs(2));
    refresh(&server, &next).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_right_that_was_taken_away_is_gone_from_tokens_at_once() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let held = tokens(&server, &alice.browser).await;
    let client = server.bearer(&held.at("/access_token"));
    client.get("/subscriptions").await.expect(200);
    let filter = format!("$filter=principalId%20eq%20'{}'", alice.object_id);
    let roles = format!("/providers/Microsoft.Authorization/roleAssignments?{filter}");
    let assignment = server.owner().get(&roles).await.expect(200).at("/value/0/id");
    server.owner().delete(&assignment).await.expect(200);
    // Whoever holds nothing sees nothing.
    assert_eq!(
        client.get("/subscriptions").await.expect(200).entries(),
        Vec::<serde_json::Value>::new()
    );
}

#[tokio::test]
async fn a_client_gives_back_what_it_has() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let held = tokens(&server, &alice.browser).await;
    let path = format!("/{}/oauth2/v2.0/revoke", server.tenant());
    let revoke = async |token: &str| {
        let fields = [("client_id", CLIENT), ("token", token)];
        server.anonymous().ask(Method::POST, &path).form(&fields).send().await
    };
    revoke("nothing of ours").await.expect(200);
    server
        .bearer(&held.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(200);
    revoke(&held.at("/refresh_token")).await.expect(200);
    server
        .bearer(&held.at("/access_token"))
        .get("/subscriptions")
        .await
        .expect(401);
    refresh(&server, &held.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_service_principal_learns_whether_a_token_is_good() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let held = tokens(&server, &alice.browser).await.at("/access_token");
    let robot = server.robot("robot").await;
    let (id, secret) = robot.user_and_secret();
    let path = format!("/{}/oauth2/v2.0/introspect", server.tenant());
    let ask = async |id: &str, secret: &str, token: &str| {
        let fields = [("client_id", id), ("client_secret", secret), ("token", token)];
        server.anonymous().ask(Method::POST, &path).form(&fields).send().await
    };
    let good = ask(id, secret, &held).await.expect(200);
    assert_eq!(
        (good.at("/active"), good.at("/username")),
        ("true".into(), ALICE.into())
    );
    assert_eq!(ask(id, secret, "x").await.expect(200).json(), json!({"active": false}));
    ask(id, "wrong", &held).await.expect_error(401, "invalid_client");
    alice.browser.get("/account").await.expect(200);
    alice.browser.submit("/account/end-all", &[]).await.expect(200);
    assert_eq!(
        ask(id, secret, &held).await.expect(200).json(),
        json!({"active": false})
    );
}

#[tokio::test]
async fn userinfo_says_who_a_token_of_the_graph_is_for() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let held = tokens(&server, &alice.browser).await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &held.at("/refresh_token")),
        ("scope", "openid"),
    ];
    let graph = token(&server, &fields).await.expect(200).at("/access_token");
    let path = format!("/{}/oauth2/v2.0/userinfo", server.tenant());
    let info = server.bearer(&graph).get(&path).await.expect(200);
    assert_eq!(
        (info.at("/sub"), info.at("/preferred_username")),
        (alice.object_id.clone(), ALICE.into())
    );
    for other in [held.at("/access_token"), held.at("/id_token")] {
        server
            .bearer(&other)
            .get(&path)
            .await
            .expect_error(401, "invalid_token");
    }
    server.anonymous().get(&path).await.expect_error(401, "invalid_token");
    let realm = server
        .anonymous()
        .get("/common/userrealm/alice@example.com?api-version=1.0")
        .await
        .expect(200);
    assert_eq!(realm.at("/account_type"), "Managed");
}
