//! What ends in the middle of something: sessions, rights, credentials, registries.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, TestRegistry, TestServer, digest, image};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn an_upload_ends_a_day_after_its_last_chunk() {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    let (idle, busy) = (
        web.upload(&owner).await.expect(202),
        web.upload(&owner).await.expect(202),
    );
    server.advance(23 * HOUR);
    web.go_on(&owner, Method::PATCH, &busy)
        .body("application/octet-stream", "0123")
        .send()
        .await
        .expect(202);
    server.run(Job::Expire).await;
    web.go_on(&owner, Method::GET, &idle).send().await.expect(204);
    server.advance(2 * HOUR);
    server.run(Job::Expire).await;
    web.go_on(&owner, Method::GET, &idle)
        .send()
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    web.finish(&owner, &idle, &digest(""), "")
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    assert_eq!(
        web.go_on(&owner, Method::GET, &busy)
            .send()
            .await
            .expect(204)
            .header("range"),
        "0-3"
    );
    web.finish(&owner, &busy, &digest("0123"), "").await.expect(201);
}

#[tokio::test]
async fn an_upload_ends_a_week_after_its_start_whatever_is_sent() {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    let started = web.upload(&owner).await.expect(202);
    for _ in 0..7 {
        server.advance(23 * HOUR);
        let ask = web
            .go_on(&owner, Method::PATCH, &started)
            .body("application/octet-stream", "more");
        ask.send().await.expect(202);
        server.run(Job::Expire).await;
    }
    server.advance(8 * HOUR);
    server.run(Job::Expire).await;
    web.go_on(&owner, Method::GET, &started)
        .send()
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}

/// Tries each step of a push that began; none of them may work.
async fn cannot_go_on(registry: &TestRegistry, owner: &Actor, actors: &[&Actor], location: &str, refused: &[u16]) {
    let web = registry.repository("web");
    for actor in actors {
        let manifest = image("layer").to_string();
        let put = format!("{location}?digest={}", digest("secret"));
        for (method, path) in [
            (Method::GET, location),
            (Method::PATCH, location),
            (Method::PUT, &put),
            (Method::POST, "/v2/web/blobs/uploads/"),
            (Method::PUT, "/v2/web/manifests/late"),
        ] {
            let ask = actor.ask(method, path).at(&web.host);
            let ask = ask.body(wharf_testkit::IMAGE, manifest.clone());
            let answer = ask.send().await;
            assert!(
                refused.contains(&answer.status.as_u16()),
                "{}: {}",
                answer.asked,
                answer.text()
            );
        }
    }
    web.head(owner, "manifests/late").await.expect(404);
    web.head(owner, &format!("blobs/{}", digest("secret")))
        .await
        .expect(404);
}

#[tokio::test]
async fn a_right_taken_away_ends_a_push_in_its_middle() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (owner, robot) = (server.owner(), server.robot("robot").await);
    let given = owner.give("AcrPush", &robot, &registry).await.expect(201).at("/id");
    let web = registry.repository("web");
    web.push_blob(&robot, "layer").await;
    let token = web.bearer(&robot, &[&web.scope("pull,push")]).await;
    let started = web.upload(&token).await.expect(202);
    web.go_on(&token, Method::PATCH, &started)
        .body("application/octet-stream", "sec")
        .send()
        .await
        .expect(202);
    owner.delete(&given).await.expect(200);
    cannot_go_on(
        &registry,
        &owner,
        &[&token, &robot],
        started.header("location"),
        &[401, 403],
    )
    .await;
    // Given back, it goes on where it was.
    owner.give("AcrPush", &robot, &registry).await.expect(201);
    web.finish(&token, &started, &digest("secret"), "ret").await.expect(201);
}

#[tokio::test]
async fn a_principal_that_is_disabled_or_deleted_ends_with_its_tokens() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let robot = server.robot_with("AcrPush", &registry).await;
    let web = registry.repository("web");
    web.push_blob(&robot, "layer").await;
    let token = web.bearer(&robot, &[&web.scope("pull,push")]).await;
    let started = web.upload(&token).await.expect(202);
    let principal = format!("/v1.0/servicePrincipals/{}", robot.object_id);
    owner
        .patch(&principal, json!({"accountEnabled": false}))
        .await
        .expect(204);
    cannot_go_on(&registry, &owner, &[&token, &robot], started.header("location"), &[401]).await;
    owner
        .patch(&principal, json!({"accountEnabled": true}))
        .await
        .expect(204);
    web.go_on(&token, Method::GET, &started).send().await.expect(204);
    owner.delete(&principal).await.expect(204);
    cannot_go_on(&registry, &owner, &[&token, &robot], started.header("location"), &[401]).await;
}

#[tokio::test]
async fn a_secret_that_is_removed_ends_its_own_tokens_and_not_those_of_another() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (owner, robot) = (server.owner(), server.robot_with("AcrPush", &registry).await);
    let principal = format!("/v1.0/servicePrincipals/{}", robot.object_id);
    let added = owner
        .post(&format!("{principal}/addPassword"), json!({"passwordCredential": {}}))
        .await
        .expect(200);
    let second = server.basic(robot.user_and_secret().0, &added.at("/secretText"));
    let web = registry.repository("web");
    web.push_image(&robot, "v1", "layer").await;
    let (token, other) = (
        web.bearer(&second, &[&web.scope("pull")]).await,
        web.bearer(&robot, &[&web.scope("pull")]).await,
    );
    let removed = json!({"keyId": added.at("/keyId")});
    owner
        .post(&format!("{principal}/removePassword"), removed)
        .await
        .expect(204);
    for actor in [&second, &token] {
        web.get(actor, "manifests/v1").await.expect_error(401, "UNAUTHORIZED");
    }
    for actor in [&robot, &other] {
        web.get(actor, "manifests/v1").await.expect(200);
    }
}

#[tokio::test]
async fn the_admin_account_switched_off_ends_in_the_middle_of_a_push() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (owner, admin) = (server.owner(), server.admin_of(&registry).await);
    let web = registry.repository("web");
    web.push_blob(&admin, "layer").await;
    let token = web.bearer(&admin, &[&web.scope("pull,push")]).await;
    let started = web.upload(&token).await.expect(202);
    owner
        .patch(&registry.id, json!({"properties": {"adminUserEnabled": false}}))
        .await
        .expect(200);
    cannot_go_on(&registry, &owner, &[&token, &admin], started.header("location"), &[401]).await;
}

#[tokio::test]
async fn a_regenerated_password_ends_its_own_tokens_and_not_the_other_ones() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (owner, first) = (server.owner(), server.admin_of(&registry).await);
    let shown = owner
        .post(&registry.path("listCredentials"), Value::Null)
        .await
        .expect(200);
    let second = server.basic(&shown.at("/username"), &shown.at("/passwords/1/value"));
    let web = registry.repository("web");
    web.push_image(&first, "v1", "layer").await;
    let scope = web.scope("pull,push");
    let (token, other) = (
        web.bearer(&first, &[&scope]).await,
        web.bearer(&second, &[&scope]).await,
    );
    let started = web.upload(&token).await.expect(202);
    let renewed = owner
        .post(&registry.path("regenerateCredential"), json!({"name": "password"}))
        .await
        .expect(200);
    for actor in [&first, &token] {
        web.get(actor, "manifests/v1").await.expect_error(401, "UNAUTHORIZED");
    }
    for actor in [&second, &other] {
        web.get(actor, "manifests/v1").await.expect(200);
    }
    // The same account goes on with the push, by the other password or the new one.
    web.go_on(&other, Method::GET, &started).send().await.expect(204);
    let renewed = server.basic(&shown.at("/username"), &renewed.at("/passwords/0/value"));
    web.finish(&renewed, &started, &digest("x"), "x").await.expect(201);
}

#[tokio::test]
async fn the_tokens_of_a_deleted_registry_open_nothing_and_one_of_the_same_name_starts_empty() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (owner, admin) = (server.owner(), server.admin_of(&registry).await);
    let robot = server.robot_with("AcrPush", &registry).await;
    let web = registry.repository("web");
    web.push_image(&robot, "v1", "layer").await;
    let token = web.bearer(&robot, &[&web.scope("pull,push")]).await;
    owner.delete(&registry.id).await.expect(200);
    for actor in [&token, &robot, &admin] {
        let answer = web.get(actor, "manifests/v1").await;
        assert!([401, 404].contains(&answer.status.as_u16()), "{}", answer.text());
    }
    server.advance(31 * 24 * HOUR);
    let again = server
        .registry_in(&registry.group, "myregistry", json!({"adminUserEnabled": true}))
        .await;
    assert_eq!(again.login_server, registry.login_server);
    web.get(&owner, "manifests/v1")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    web.get(&owner, "tags/list").await.expect_error(404, "NAME_UNKNOWN");
    for (actor, refused) in [(&token, 401), (&admin, 401), (&robot, 403)] {
        web.get(actor, "manifests/v1").await.expect(refused);
    }
}
