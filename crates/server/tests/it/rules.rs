//! What nobody may get by going round a rule: rights that grow, tokens at the wrong place, limits that lock the wrong one out.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use http::Method;
use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, Answer, TestRegistry, TestServer};

const ARM: &str = "https://management.azure.com";
const CHOSEN: &str = "violet tangent harbour 9";
const NIL_USER: &str = "00000000-0000-0000-0000-000000000000";

/// Asks the registry's token endpoint by POST, with the actor's secret.
async fn registry_token(actor: &Actor, host: &str, scope: &str) -> Answer {
    let (username, password) = actor.user_and_secret();
    let form = [
        ("grant_type", "password"),
        ("username", username),
        ("password", password),
        ("service", host),
        ("scope", scope),
        ("access_type", "offline"),
    ];
    let asked = actor.ask(Method::POST, "/oauth2/token").at(host).form(&form);
    asked.header("authorization", "").send().await
}

/// A refresh token for the registry, of a principal that may pull from every registry.
async fn refresh_token(server: &TestServer, registry: &TestRegistry) -> String {
    let robot = server.robot_with("AcrPull", server.subscription()).await;
    let answer = registry_token(&robot, &registry.login_server, "repository:web:pull").await;
    answer.expect(200).at("/refresh_token")
}

#[tokio::test]
async fn a_refresh_token_opens_its_own_registry_and_no_other_one() {
    let server = TestServer::start().await;
    let (here, there) = (server.registry("here1").await, server.registry("there1").await);
    let token = refresh_token(&server, &here).await;
    let bearer_of_it = server.basic(NIL_USER, &token);
    // At the base host the path names the registry.
    bearer_of_it
        .get("/v2/here1/web/tags/list")
        .await
        .expect_error(404, "NAME_UNKNOWN");
    bearer_of_it
        .get("/v2/there1/web/tags/list")
        .await
        .expect_error(401, "UNAUTHORIZED");
    bearer_of_it.get("/v2/").await.expect(200);
    let own = bearer_of_it
        .ask(Method::GET, "/v2/web/tags/list")
        .at(&here.login_server)
        .send()
        .await;
    own.expect_error(404, "NAME_UNKNOWN");
    let other = bearer_of_it
        .ask(Method::GET, "/v2/web/tags/list")
        .at(&there.login_server)
        .send()
        .await;
    other.expect_error(401, "UNAUTHORIZED");
    // Nor does it make a token for another one.
    for (scope, status) in [("repository:here1/web:pull", 200), ("repository:there1/web:pull", 401)] {
        let by_basic = bearer_of_it
            .get(&format!("/oauth2/token?service=wharf.test&scope={scope}"))
            .await;
        by_basic.expect(status);
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str()),
            ("scope", scope),
        ];
        let anonymous = server.anonymous();
        anonymous
            .ask(Method::POST, "/oauth2/token")
            .form(&form)
            .send()
            .await
            .expect(status);
    }
}

#[tokio::test]
async fn a_refresh_token_makes_no_other_refresh_token() {
    let server = TestServer::start().await;
    let registry = server.registry("here1").await;
    let token = refresh_token(&server, &registry).await;
    let by_grant = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
        ("access_type", "offline"),
        ("scope", "repository:web:pull"),
    ];
    let by_password = [
        ("grant_type", "password"),
        ("username", NIL_USER),
        ("password", token.as_str()),
        ("access_type", "offline"),
    ];
    for form in [by_grant.as_slice(), by_password.as_slice()] {
        let asked = server.anonymous();
        let asked = asked
            .ask(Method::POST, "/oauth2/token")
            .at(&registry.login_server)
            .form(form);
        let answer = asked.send().await.expect(200);
        assert_eq!(answer.json()["refresh_token"], Value::Null);
    }
}

#[tokio::test]
async fn who_registered_an_application_cannot_bring_it_back_with_more_than_they_hold() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registrar = server.robot_with("Application Developer", "/").await;
    let application = registrar
        .post("/v1.0/applications", json!({"displayName": "shared"}))
        .await
        .expect(201);
    let post = json!({"appId": application.at("/appId"), "accountEnabled": true});
    let principal = registrar.post("/v1.0/servicePrincipals", post).await.expect(201);
    let path = format!("/v1.0/servicePrincipals/{}", principal.at("/id"));
    // As long as it holds nothing, whoever registered it switches it off and on.
    registrar
        .patch(&path, json!({"accountEnabled": false}))
        .await
        .expect(204);
    registrar
        .patch(&path, json!({"accountEnabled": true}))
        .await
        .expect(204);
    let mut shared = server.principal(&application.at("/appId"), "");
    shared.object_id = principal.at("/id");
    owner
        .give("Contributor", &shared, server.subscription())
        .await
        .expect(201);
    owner.patch(&path, json!({"accountEnabled": false})).await.expect(204);
    let refused = registrar.patch(&path, json!({"accountEnabled": true})).await;
    refused.expect_error(403, "Authorization_RequestDenied");
    assert_eq!(owner.get(&path).await.expect(200).at("/accountEnabled"), "false");
    // That it was tried is in the journal.
    server.run(Job::FlushCounters).await;
    let log = format!(
        "{}/providers/Microsoft.Insights/eventtypes/management/values",
        server.subscription()
    );
    assert!(owner.get(&log).await.expect(200).text().contains(&registrar.object_id));
}

#[tokio::test]
async fn a_request_whose_body_comes_after_its_right_ended_is_refused() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("Owner", &registry).await;
    let token = robot.arm_token().await;
    let (late, robot_id) = (server.clone(), robot.object_id.clone());
    let body = Body::from_stream(stream::once(async move {
        late.owner()
            .delete(&format!("/v1.0/servicePrincipals/{robot_id}"))
            .await
            .expect(204);
        Ok::<_, Infallible>(r#"{"properties":{"anonymousPullEnabled":true}}"#)
    }));
    let bearer = server.bearer(&token);
    let asked = bearer.ask(Method::PATCH, &registry.id).body("application/json", body);
    asked.send().await.expect_error(401, "AuthenticationFailed");
    let shown = server.owner().get(&registry.id).await.expect(200);
    assert_eq!(shown.at("/properties/anonymousPullEnabled"), "false");
}

#[tokio::test]
async fn a_manifest_that_comes_after_its_right_ended_is_refused() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let (late, robot_id) = (server.clone(), robot.object_id.clone());
    let index = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let body = Body::from_stream(stream::once(async move {
        late.owner()
            .delete(&format!("/v1.0/servicePrincipals/{robot_id}"))
            .await
            .expect(204);
        Ok::<_, Infallible>(index.as_slice())
    }));
    let asked = robot
        .ask(Method::PUT, "/v2/web/manifests/v1")
        .at(&registry.login_server);
    let asked = asked.body("application/vnd.oci.image.index.v1+json", body);
    asked.send().await.expect_error(401, "UNAUTHORIZED");
    let admin = server.admin_of(&registry).await;
    let read = admin
        .ask(Method::GET, "/v2/web/manifests/v1")
        .at(&registry.login_server)
        .send()
        .await;
    read.expect(404);
}

#[tokio::test]
async fn many_wrong_tries_at_once_do_not_lock_a_chosen_secret_for_good() {
    let server = TestServer::start().await;
    let robot = server.robot("robot").await;
    let path = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let chosen = json!({"passwordCredential": {"secretText": CHOSEN}});
    server.owner().post(&path, chosen).await.expect(200);
    let app_id = robot.user_and_secret().0;
    // Some that look generated and some that do not, from many addresses within a moment.
    for number in 0..130_u8 {
        let address = IpAddr::from(Ipv4Addr::new(203, 0, 113, number));
        let of_another = server.robot(&format!("other{number}")).await;
        let secret = if number % 2 == 0 {
            "no such secret at all"
        } else {
            of_another.user_and_secret().1
        };
        let guess = server.principal(app_id, secret).from(address);
        guess.sign_in(ARM).await.expect_error(401, "invalid_client");
    }
    server.advance(Duration::from_secs(16 * 60));
    server.principal(app_id, CHOSEN).sign_in(ARM).await.expect(200);
}

#[tokio::test]
async fn addresses_of_one_network_are_one_source() {
    let server = TestServer::start().await;
    let nobody = server.uuid().to_string();
    let wrong = server.robot("robot").await;
    let mut last = None;
    for host in 1..=31_u16 {
        let address = IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host));
        let guess = server.principal(&nobody, wrong.user_and_secret().1).from(address);
        last = Some(guess.sign_in(ARM).await);
    }
    assert_eq!(last.unwrap().status.as_u16(), 429);
    let elsewhere = IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1));
    let guess = server.principal(&nobody, wrong.user_and_secret().1).from(elsewhere);
    guess.sign_in(ARM).await.expect(401);
}

#[tokio::test]
async fn a_secret_that_only_looks_generated_is_not_taken_for_one() {
    let server = TestServer::start().await;
    let (robot, other) = (server.robot("robot").await, server.robot("other").await);
    let path = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let chosen = json!({"passwordCredential": {"secretText": other.user_and_secret().1}});
    server
        .owner()
        .post(&path, chosen)
        .await
        .expect_error(400, "Request_BadRequest");
}

#[tokio::test]
async fn notes_have_a_longest_length() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let uris: Vec<String> = (0..101).map(|number| format!("api://{number}")).collect();
    for body in [
        json!({"displayName": "x".repeat(257)}),
        json!({"displayName": "x", "identifierUris": uris}),
        json!({"displayName": "x", "identifierUris": ["x".repeat(257)]}),
    ] {
        owner
            .post("/v1.0/applications", body)
            .await
            .expect_error(400, "Request_BadRequest");
    }
    let robot = server.robot("robot").await;
    let path = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let long = json!({"passwordCredential": {"displayName": "x".repeat(257)}});
    owner.post(&path, long).await.expect_error(400, "Request_BadRequest");
}

#[tokio::test]
async fn a_head_larger_than_32_kib_is_refused() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let long = "x".repeat(33 * 1024);
    owner
        .ask(Method::GET, "/subscriptions")
        .header("x-note", &long)
        .send()
        .await
        .expect(431);
    owner.get(&format!("/subscriptions?note={long}")).await.expect(431);
    let short = "x".repeat(16 * 1024);
    owner
        .ask(Method::GET, "/subscriptions")
        .header("x-note", &short)
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn behind_a_chain_of_trusted_proxies_the_first_untrusted_address_counts() {
    let proxies = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
    let server = TestServer::start_with(|settings| settings.trusted_proxies = proxies.to_vec()).await;
    let (nobody, wrong) = (server.uuid().to_string(), server.robot("robot").await);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", nobody.as_str()),
        ("client_secret", wrong.user_and_secret().1),
        ("scope", "https://management.azure.com/.default"),
    ];
    let path = format!("/{}/oauth2/v2.0/token", server.tenant());
    let try_from = async |forwarded: &str| {
        let anonymous = server.anonymous();
        let asked = anonymous.ask(Method::POST, &path).form(&form);
        asked.header("x-forwarded-for", forwarded).send().await.status.as_u16()
    };
    // What stands before the first address that no trusted proxy wrote is the client's own invention.
    for number in 0..30 {
        assert_eq!(
            try_from(&format!("10.0.0.{number}, 198.51.100.7, 192.0.2.2")).await,
            401
        );
    }
    assert_eq!(try_from("10.0.0.99, 198.51.100.7, 192.0.2.2").await, 429);
    assert_eq!(try_from("198.51.100.8, 192.0.2.2").await, 401);
}

#[tokio::test]
async fn without_the_database_every_surface_refuses_and_says_when_to_come_back() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let (arm, graph) = (owner.arm_token().await, owner.graph_token().await);
    server.app().close().await;
    let mut answers = vec![
        server.bearer(&arm).get("/subscriptions").await,
        server.bearer(&graph).get("/v1.0/applications").await,
        owner.sign_in(ARM).await,
    ];
    let asked = owner.ask(Method::GET, "/v2/web/tags/list").at(&registry.login_server);
    answers.push(asked.send().await);
    for answer in answers {
        let answer = answer.expect(503);
        assert_eq!(answer.header("retry-after"), "1", "{}", answer.asked);
    }
    server.anonymous().get("/readyz").await.expect(503);
    server.anonymous().get("/healthz").await.expect(200);
}
