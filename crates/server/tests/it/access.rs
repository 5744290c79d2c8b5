//! Who may do what: where rights reach, and what ends them.

use http::Method;
use serde_json::{Value, json};
use wharf_testkit::TestServer;

fn assignments(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments")
}

#[tokio::test]
async fn a_role_holds_where_it_was_given_and_below() {
    let server = TestServer::start().await;
    let (here, there) = (server.registry("prod1").await, server.registry("prod2").await);
    for (scope, sees_there) in [
        (here.id.as_str(), false),
        (&here.group, false),
        (&server.subscription(), true),
        ("/", true),
    ] {
        let reader = server.robot_with("Reader", scope).await;
        reader.get(&here.id).await.expect(200);
        reader.get(&there.id).await.expect(if sees_there { 200 } else { 404 });
        let listed = format!(
            "{}/providers/Microsoft.ContainerRegistry/registries",
            server.subscription()
        );
        let listed = reader.get(&listed).await.expect(200).entries();
        assert_eq!(listed.len(), if sees_there { 2 } else { 1 }, "{scope}");
        // A reader reads.
        let answer = reader.patch(&here.id, json!({"tags": {"a": "b"}})).await;
        let answer = answer.expect_error(403, "AuthorizationFailed");
        for named in [
            &reader.object_id,
            "Microsoft.ContainerRegistry/registries/write",
            &here.id,
        ] {
            assert!(answer.text().contains(named), "{}", answer.text());
        }
    }
    assert_eq!(server.owner().get(&here.id).await.expect(200).at("/tags"), "{}");
}

#[tokio::test]
async fn a_principal_with_one_role_finds_its_subscription_and_nothing_else() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPull", &registry).await;
    assert_eq!(robot.get("/subscriptions").await.expect(200).entries().len(), 1);
    robot.get(&server.subscription()).await.expect(200);
    robot.get(&registry.id).await.expect_error(404, "ResourceNotFound");
    robot
        .get(&registry.group)
        .await
        .expect_error(404, "ResourceGroupNotFound");
    robot
        .post(&registry.path("listCredentials"), Value::Null)
        .await
        .expect_error(404, "ResourceNotFound");
    let stranger = server.robot("stranger").await;
    assert_eq!(stranger.get("/subscriptions").await.expect(200).entries().len(), 0);
    stranger
        .get(&server.subscription())
        .await
        .expect_error(404, "SubscriptionNotFound");
}

#[tokio::test]
async fn a_right_that_is_taken_away_is_gone_with_the_next_request() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let robot = server.robot("robot").await;
    let given = owner.give("Reader", &robot, &registry).await.expect(201);
    robot.get(&registry.id).await.expect(200);
    owner.delete(&given.at("/id")).await.expect(200);
    robot.get(&registry.id).await.expect(404);
    owner.delete(&given.at("/id")).await.expect(204);
}

#[tokio::test]
async fn the_token_of_a_principal_that_was_deleted_disabled_or_lost_its_secret_fails_at_once() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    for way in ["delete", "delete application", "disable", "remove secret"] {
        let robot = server.robot_with("Reader", &registry).await;
        let (arm, graph) = (
            server.bearer(&robot.arm_token().await),
            server.bearer(&robot.graph_token().await),
        );
        arm.get(&registry.id).await.expect(200);
        graph.get("/v1.0/servicePrincipals").await.expect(200);
        let principal = format!("/v1.0/servicePrincipals/{}", robot.object_id);
        match way {
            "delete" => owner.delete(&principal).await.expect(204),
            "delete application" => {
                let application = format!("/v1.0/applications(appId='{}')", robot.user_and_secret().0);
                owner.delete(&application).await.expect(204)
            }
            "disable" => owner
                .patch(&principal, json!({"accountEnabled": false}))
                .await
                .expect(204),
            _ => {
                let key = owner.get(&principal).await.at("/passwordCredentials/0/keyId");
                owner
                    .post(&format!("{principal}/removePassword"), json!({"keyId": key}))
                    .await
                    .expect(204)
            }
        };
        let refused = arm.get(&registry.id).await.expect_error(401, "AuthenticationFailed");
        assert!(
            refused.header("www-authenticate").contains("insufficient_claims"),
            "{way}"
        );
        graph
            .get("/v1.0/servicePrincipals")
            .await
            .expect_error(401, "InvalidAuthenticationToken");
        robot
            .sign_in("https://management.azure.com")
            .await
            .expect_error(401, "invalid_client");
        robot
            .ask(Method::GET, "/v2/")
            .at(&registry.login_server)
            .send()
            .await
            .expect(401);
    }
}

#[tokio::test]
async fn the_last_owner_stays() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let (app_id, principal) = (
        owner.user_and_secret().0,
        format!("/v1.0/servicePrincipals/{}", owner.object_id),
    );
    let held = owner
        .get(&format!(
            "{}?$filter=principalId eq '{}'",
            assignments(""),
            owner.object_id
        ))
        .await
        .expect(200);
    let role = held.at("/value/0/id");
    owner.delete(&role).await.expect_error(409, "LastOwner");
    owner.delete(&principal).await.expect_error(409, "LastOwner");
    owner
        .delete(&format!("/v1.0/applications(appId='{app_id}')"))
        .await
        .expect_error(409, "LastOwner");
    owner
        .patch(&principal, json!({"accountEnabled": false}))
        .await
        .expect_error(409, "LastOwner");
    owner.get(&role).await.expect(200);
    owner.sign_in("https://management.azure.com").await.expect(200);
    let second = server.robot_with("Owner", "/").await;
    second.delete(&principal).await.expect(204);
    second.get("/subscriptions").await.expect(200);
}

#[tokio::test]
async fn a_group_takes_its_registries_and_roles_along_and_its_name_brings_none_back() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server
        .registry_with("myregistry", json!({"adminUserEnabled": true}))
        .await;
    let admin = server.admin_of(&registry).await;
    let (on_group, on_registry) = (
        server.robot_with("Reader", &registry.group).await,
        server.robot_with("Owner", &registry).await,
    );
    owner.delete(&registry.group).await.expect(200);
    owner.get(&registry.id).await.expect(404);
    let again = server.registry("myregistry").await;
    assert_eq!(again.id, registry.id);
    for robot in [on_group, on_registry] {
        assert_eq!(robot.get("/subscriptions").await.expect(200).entries().len(), 0);
        robot.get(&again.id).await.expect(404);
        let held = format!(
            "{}?$filter=principalId eq '{}'",
            assignments(&server.subscription()),
            robot.object_id
        );
        assert_eq!(owner.get(&held).await.expect(200).entries().len(), 0);
    }
    owner
        .patch(&again.id, json!({"properties": {"adminUserEnabled": true}}))
        .await
        .expect(200);
    admin
        .ask(Method::GET, "/v2/")
        .at(&again.login_server)
        .send()
        .await
        .expect(401);
}

#[tokio::test]
async fn a_registry_that_is_made_again_has_no_old_rights() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("Reader", &registry).await;
    owner.delete(&registry.id).await.expect(200);
    server.registry("myregistry").await;
    robot.get(&registry.id).await.expect(404);
}
