//! Why somebody may or may not do something, and the refusals that lead to the question.

use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, Answer, TestServer};

const PUSH: &str = "Microsoft.ContainerRegistry/registries/push/write";
const PULL: &str = "Microsoft.ContainerRegistry/registries/pull/read";

async fn ask(actor: &Actor, scope: &str, body: Value) -> Answer {
    let path = format!("{scope}/providers/Microsoft.Authorization/checkAccess");
    actor.post(&path, body).await
}

#[tokio::test]
async fn the_role_that_permits_is_named_with_where_it_was_given() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry.group).await;
    let question = json!({"principalId": robot.object_id, "action": PUSH, "repository": "team/web"});
    let answer = ask(&server.owner(), &registry.id, question).await.expect(200);
    assert_eq!(answer.at("/accessDecision"), "Allowed");
    assert_eq!(answer.at("/grant/roleName"), "AcrPush");
    assert_eq!(answer.at("/grant/scope"), registry.group);
    assert_eq!(answer.at("/scope"), format!("{}/repositories/team/web", registry.id));
    assert!(answer.json()["leastGrant"].is_null());
    let id = answer.at("/grant/roleAssignmentId");
    let assignment = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/{id}",
        registry.group
    );
    server.owner().get(&assignment).await.expect(200);
}

#[tokio::test]
async fn what_is_not_permitted_comes_with_the_least_role_that_would() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPull", &registry).await;
    let question = json!({"principalId": robot.object_id, "action": PUSH});
    let answer = ask(&server.owner(), &registry.id, question.clone()).await.expect(200);
    assert_eq!(answer.at("/accessDecision"), "NotAllowed");
    assert!(answer.json()["grant"].is_null());
    assert_eq!(answer.at("/leastGrant/roleName"), "AcrPush");
    assert_eq!(answer.at("/leastGrant/scope"), registry.id);
    let command = format!(
        "wharf role assignment create --assignee {} --role \"AcrPush\" --scope {}",
        robot.object_id, registry.id
    );
    assert!(answer.at("/message").contains(&command), "{}", answer.at("/message"));
    // The newer family's name of the same right.
    let newer = "Microsoft.ContainerRegistry/registries/repositories/content/read";
    let question = json!({"principalId": robot.object_id, "action": newer});
    let answer = ask(&server.owner(), &registry.id, question).await.expect(200);
    assert_eq!(answer.at("/grant/roleName"), "AcrPull");
    assert_eq!(answer.at("/action"), PULL);
}

#[tokio::test]
async fn everybody_may_ask_about_themself_and_who_sees_assignments_about_others() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPull", &registry).await;
    let other = server.robot_with("AcrPush", &registry).await;
    let about = |actor: &Actor| json!({"principalId": actor.object_id, "action": PULL});
    let answer = ask(&robot, &registry.id, about(&robot)).await.expect(200);
    assert_eq!(answer.at("/accessDecision"), "Allowed");
    ask(&robot, &registry.id, about(&other))
        .await
        .expect_error(403, "AuthorizationFailed");
    let reader = server.robot_with("Reader", &registry).await;
    ask(&reader, &registry.id, about(&other)).await.expect(200);
    ask(&reader, &registry.group, about(&other))
        .await
        .expect_error(403, "AuthorizationFailed");
}

#[tokio::test]
async fn a_disabled_principal_may_nothing_whatever_it_holds() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPull", &registry).await;
    let path = format!("/v1.0/servicePrincipals/{}", robot.object_id);
    server
        .owner()
        .patch(&path, json!({"accountEnabled": false}))
        .await
        .expect(204);
    let question = json!({"principalId": robot.object_id, "action": PULL});
    let answer = ask(&server.owner(), &registry.id, question).await.expect(200);
    assert_eq!(answer.at("/accessDecision"), "NotAllowed");
    assert_eq!(answer.json()["principalEnabled"], false);
    assert!(answer.at("/message").contains("disabled"), "{}", answer.at("/message"));
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_with_what_is_wrong() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let nobody = "00000000-0000-4000-8000-000000000001";
    for (scope, question, code) in [
        (
            &registry.id,
            json!({"principalId": "ann", "action": PULL}),
            "InvalidPrincipalId",
        ),
        (
            &registry.id,
            json!({"principalId": nobody, "action": "pull everything"}),
            "InvalidAction",
        ),
        (
            &registry.group,
            json!({"principalId": nobody, "action": PULL, "repository": "web"}),
            "InvalidScope",
        ),
        (
            &registry.id,
            json!({"principalId": nobody, "action": PULL, "repository": "../web"}),
            "InvalidRepository",
        ),
        (
            &registry.id,
            json!({"principalId": nobody, "action": PULL, "as": "owner"}),
            "InvalidRequestContent",
        ),
    ] {
        ask(&owner, scope, question).await.expect_error(400, code);
    }
    let question = json!({"principalId": nobody, "action": PULL});
    ask(&owner, &registry.id, question)
        .await
        .expect_error(404, "ResourceNotFound");
}

/// The id that a refusal names.
fn refusal_id(answer: &Answer) -> String {
    let message = answer.text();
    let id = message
        .split("wharf acr explain ")
        .nth(1)
        .and_then(|rest| rest.split([' ', '`']).next());
    id.unwrap_or_else(|| panic!("{message} names no id")).to_owned()
}

#[tokio::test]
async fn a_refusal_bears_an_id_under_which_the_journal_has_it_also_one_of_several() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPull", &registry).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (user, secret) = robot.user_and_secret();
        let basic = server.basic(user, secret);
        let answer = basic.post("/v2/myregistry/web/blobs/uploads/", Value::Null).await;
        ids.push(refusal_id(&answer.expect_error(403, "DENIED")));
    }
    server.run(Job::FlushCounters).await;
    for id in ids {
        let path = format!(
            "{}/providers/Microsoft.Insights/eventtypes/management/values?$filter=correlationId eq '{id}'",
            server.subscription()
        );
        let found = server.owner().get(&path).await.expect(200).entries();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0]["operationName"]["value"],
            "Microsoft.Authorization/refusals/record"
        );
        assert_eq!(found[0]["properties"]["action"], PUSH);
        assert_eq!(found[0]["properties"]["count"], "3");
        let principal = found[0]["claims"]["principal"].clone();
        assert_eq!(principal, format!("servicePrincipal/{}", robot.object_id));
        let question = json!({"principalId": principal, "action": PUSH, "repository": "web"});
        let answer = ask(&server.owner(), &registry.id, question).await.expect(200);
        assert_eq!(answer.at("/leastGrant/roleName"), "AcrPush");
    }
}

#[tokio::test]
async fn refusals_of_the_resource_manager_and_the_graph_are_found_by_their_ids_too() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("Reader", &registry).await;
    let managed = robot.patch(&registry.id, json!({"tags": {"a": "b"}})).await;
    let managed = refusal_id(&managed.expect_error(403, "AuthorizationFailed"));
    let person = json!({"displayName": "Ann", "userPrincipalName": "ann@example.com", "accountEnabled": true});
    let people = robot.post("/v1.0/users", person).await;
    let people = refusal_id(&people.expect_error(403, "Authorization_RequestDenied"));
    server.run(Job::FlushCounters).await;
    let log = "/providers/Microsoft.Insights/eventtypes/management/values";
    // What belongs to no subscription is in the directory's own log.
    for (id, place, scope) in [
        (managed, server.subscription(), registry.id.as_str()),
        (people, String::new(), "/"),
    ] {
        let path = format!("{place}{log}?$filter=correlationId eq '{id}'");
        let found = server.owner().get(&path).await.expect(200).entries();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0]["resourceId"], scope);
        let question =
            json!({"principalId": found[0]["claims"]["principal"], "action": found[0]["properties"]["action"]});
        let answer = ask(&server.owner(), scope.trim_end_matches('/'), question)
            .await
            .expect(200);
        assert_eq!(answer.at("/accessDecision"), "NotAllowed");
        assert_eq!(robot.get(&path).await.status, 403, "{place}");
    }
}
