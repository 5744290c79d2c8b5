//! Giving roles, and listing who holds which.
use serde_json::{Value, json};
use wharf_testkit::{Actor, TestServer};

fn assignments(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments")
}

#[tokio::test]
async fn roles_are_found_by_name_and_named_alike_everywhere() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let roles = format!("{}/providers/Microsoft.Authorization/roleDefinitions", registry.id);
    let found = owner
        .get(&format!("{roles}?$filter=roleName eq 'acrPULL'"))
        .await
        .expect(200);
    assert_eq!(found.entries().len(), 1);
    let id = found.at("/value/0/id");
    let expected = "/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d";
    assert_eq!(id, format!("{}{expected}", server.subscription()));
    assert_eq!(owner.get(&id).await.expect(200).json(), found.json()["value"][0]);
    let robot = server.robot_with("AcrPull", &registry).await;
    let listed = owner
        .get(&format!("{}?$filter=atScope()", assignments(&registry.id)))
        .await
        .expect(200)
        .entries();
    let mine = listed
        .iter()
        .find(|entry| entry["properties"]["principalId"] == robot.object_id.as_str())
        .unwrap();
    assert_eq!(mine["properties"]["roleDefinitionId"], id.as_str());
    assert_eq!(mine["properties"]["scope"], registry.id.as_str());
    assert_eq!(owner.get(mine["id"].as_str().unwrap()).await.expect(200).json(), *mine);
    let unknown = format!("{roles}?$filter=roleName eq 'nothing'");
    assert_eq!(owner.get(&unknown).await.expect(200).entries().len(), 0);
    let everything = owner.get(&roles).await.expect(200).entries();
    assert!(everything.len() > 15, "{}", everything.len());
}

#[tokio::test]
async fn assignments_are_listed_at_a_scope_above_and_below_it_and_by_principal() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let low = server.robot_with("AcrPull", &registry).await;
    let high = server.robot_with("Reader", server.subscription()).await;
    let principals = |path: String| {
        let owner = owner.clone();
        async move {
            let entries = owner.get(&path).await.expect(200).entries();
            entries
                .iter()
                .map(|entry| entry["properties"]["principalId"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    let group = assignments(&registry.group);
    let at_scope = principals(format!("{group}?$filter=atScope()")).await;
    assert!(
        at_scope.contains(&high.object_id) && !at_scope.contains(&low.object_id),
        "{at_scope:?}"
    );
    let all = principals(group.clone()).await;
    assert!(all.contains(&high.object_id) && all.contains(&low.object_id), "{all:?}");
    for filter in ["principalId eq", "assignedTo"] {
        let quoted = if filter == "assignedTo" {
            format!("('{}')", low.object_id)
        } else {
            format!(" '{}'", low.object_id)
        };
        let path = format!("{}?$filter={filter}{quoted}", assignments(&server.subscription()));
        assert_eq!(principals(path).await, std::slice::from_ref(&low.object_id));
    }
    let paged = format!("{}?$top=1", assignments(&server.subscription()));
    assert!(
        owner
            .get(&paged)
            .await
            .expect(200)
            .at("/nextLink")
            .starts_with("https://wharf.test/subscriptions/")
    );
}

#[tokio::test]
async fn giving_a_role_twice_is_a_conflict_and_giving_a_wrong_one_gives_nothing() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPull", &registry).await;
    owner
        .give("AcrPull", &robot, &registry)
        .await
        .expect_error(409, "RoleAssignmentExists");
    let shouted = registry.id.replace("myregistry-group", "MYREGISTRY-GROUP");
    owner
        .give("AcrPull", &robot, &shouted)
        .await
        .expect_error(409, "RoleAssignmentExists");
    let put = |properties: Value| {
        let path = format!("{}/{}", assignments(&registry.id), server.uuid());
        let owner = owner.clone();
        async move { owner.put(&path, json!({ "properties": properties })).await }
    };
    let role = "/providers/Microsoft.Authorization/roleDefinitions/8311e382-0749-4cb8-b61a-304f252e45ec";
    let id = robot.object_id.as_str();
    let nobody = put(json!({"roleDefinitionId": role, "principalId": server.uuid()})).await;
    let nobody = nobody.expect_error(400, "PrincipalNotFound");
    // `az` would try 36 times, 5 seconds apart, if it read these words.
    assert!(!nobody.text().contains("does not exist in the directory"));
    let unknown = role.replace("8311", "9311");
    put(json!({"roleDefinitionId": unknown, "principalId": id}))
        .await
        .expect_error(404, "RoleDefinitionDoesNotExist");
    put(json!({"roleDefinitionId": "x", "principalId": id}))
        .await
        .expect_error(400, "InvalidRoleDefinitionId");
    let condition = json!({"roleDefinitionId": role, "principalId": id, "condition": "x", "conditionVersion": "2.0"});
    put(condition).await.expect_error(400, "FeatureNotSupported");
    let user = json!({"roleDefinitionId": role, "principalId": id, "principalType": "User"});
    put(user).await.expect_error(400, "UnmatchedPrincipalType");
    let foreign = json!({"roleDefinitionId": role, "principalId": id, "principalType": "ForeignGroup"});
    put(foreign).await.expect_error(400, "FeatureNotSupported");
    let nowhere = registry.id.replace("myregistry", "elsewhere");
    owner.give("AcrPush", &robot, &nowhere).await.expect(404);
    let held = format!("{}?$filter=principalId eq '{id}'", assignments(&server.subscription()));
    assert_eq!(owner.get(&held).await.expect(200).entries().len(), 1);
}

#[tokio::test]
async fn nobody_gives_more_than_they_hold_nor_elsewhere() {
    let server = TestServer::start().await;
    let (here, there) = (server.registry("prod1").await, server.registry("prod2").await);
    let friend = server.robot("friend").await;
    let giver = server.robot_with("User Access Administrator", &here.group).await;
    giver.give("Reader", &friend, &here).await.expect(201);
    giver.give("AcrPull", &friend, &here).await.expect(201);
    for role in ["AcrPush", "Contributor", "Owner"] {
        giver
            .give(role, &friend, &here)
            .await
            .expect_error(403, "RoleAssignmentExceedsCaller");
        giver
            .give(role, &giver, &here)
            .await
            .expect_error(403, "RoleAssignmentExceedsCaller");
    }
    giver
        .give("Reader", &friend, &there)
        .await
        .expect_error(403, "AuthorizationFailed");
    giver
        .give("Reader", &friend, server.subscription())
        .await
        .expect_error(403, "AuthorizationFailed");
    let contributor = server.robot_with("Contributor", &here.group).await;
    contributor
        .give("Reader", &friend, &here)
        .await
        .expect_error(403, "AuthorizationFailed");
    friend.get(&here.id).await.expect(200);
    friend.get(&there.id).await.expect(404);
    friend
        .patch(&here.id, json!({"tags": {}}))
        .await
        .expect_error(403, "AuthorizationFailed");
}

#[tokio::test]
async fn nobody_takes_over_a_principal_that_holds_more_than_they_do() {
    let server = TestServer::start().await;
    let (owner, registry) = (server.owner(), server.registry("myregistry").await);
    let admin = server.robot_with("Application Administrator", "/").await;
    let strong = server.robot_with("Owner", &registry).await;
    let weak = server.robot("weak").await;
    let add = |of: &Actor| format!("/v1.0/servicePrincipals/{}/addPassword", of.object_id);
    admin.post(&add(&weak), json!({})).await.expect(200);
    admin
        .post(&add(&strong), json!({}))
        .await
        .expect_error(403, "Authorization_RequestDenied");
    let strong = owner
        .get(&format!("/v1.0/servicePrincipals/{}", strong.object_id))
        .await
        .expect(200);
    assert_eq!(strong.json()["passwordCredentials"].as_array().unwrap().len(), 1);
}
