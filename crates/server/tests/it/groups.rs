//! Groups: who is in them, what their members hold through them, and who may choose the members.

use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, TestServer};

fn body(name: &str) -> Value {
    json!({"displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true})
}

fn group(id: &str) -> String {
    format!("/v1.0/groups/{id}")
}

async fn ids(actor: &Actor, path: &str) -> Vec<String> {
    let mut ids: Vec<String> = actor
        .get(path)
        .await
        .expect(200)
        .entries()
        .iter()
        .map(|entry| entry["id"].as_str().expect("an object has an id").to_owned())
        .collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_group_is_made_found_changed_and_deleted() {
    let server = TestServer::start().await;
    let owner = server.owner();
    // `az ad group create` looks first, then makes it.
    let wanted = "/v1.0/groups?$filter=displayName eq 'team' and mailNickname eq 'team'";
    assert_eq!(owner.get(wanted).await.expect(200).json(), json!({"value": []}));
    let made = owner.post("/v1.0/groups", body("team")).await.expect(201);
    let path = group(&made.at("/id"));
    assert_eq!(owner.get(wanted).await.expect(200).json()["value"][0], made.json());
    assert_eq!(owner.get(&path).await.expect(200).json(), made.json());
    assert_eq!(
        ids(&owner, "/v1.0/groups?$filter=startswith(displayName,'TE')")
            .await
            .len(),
        1
    );
    assert_eq!(
        ids(&owner, &format!("{path}/owners")).await,
        std::slice::from_ref(&owner.object_id)
    );
    owner
        .patch(&path, json!({"displayName": "crew", "description": "ships"}))
        .await
        .expect(204);
    let changed = owner.get(&path).await.expect(200);
    assert_eq!(
        (changed.at("/displayName"), changed.at("/description")),
        ("crew".to_owned(), "ships".to_owned())
    );
    owner.patch(&path, json!({"description": null})).await.expect(204);
    assert_eq!(owner.get(&path).await.expect(200).json()["description"], Value::Null);
    for (field, value) in [
        ("displayName", json!("")),
        ("mailNickname", json!("a b")),
        ("mailEnabled", json!(true)),
        ("securityEnabled", json!(false)),
        ("groupTypes", json!(["Unified"])),
        ("isAssignableToRole", json!(true)),
    ] {
        let mut body = body("other");
        body[field] = value;
        owner
            .post("/v1.0/groups", body)
            .await
            .expect_error(400, "Request_BadRequest");
    }
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect_error(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn people_service_principals_and_groups_are_members_directly_and_through_groups() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let alice = server.user("alice@example.com").await;
    let robot = server.robot("robot").await;
    let inner = server.team("inner", &[&alice]).await;
    let outer = server.team("outer", &[&inner, &robot.object_id]).await;
    let members = owner
        .get(&format!("{}/members", group(&outer)))
        .await
        .expect(200)
        .entries();
    let mut kinds: Vec<_> = members
        .iter()
        .map(|entry| entry["@odata.type"].as_str().unwrap())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["#microsoft.graph.group", "#microsoft.graph.servicePrincipal"]);
    let mut both = vec![inner.clone(), outer.clone()];
    both.sort();
    for path in [
        format!("/v1.0/users/{alice}/getMemberGroups"),
        "/v1.0/users/alice@example.com/getMemberGroups".to_owned(),
        format!("/v1.0/directoryObjects/{alice}/getMemberGroups"),
    ] {
        let groups = owner
            .post(&path, json!({"securityEnabledOnly": false}))
            .await
            .expect(200);
        assert_eq!(groups.json()["value"], json!(both), "{path}");
    }
    for path in [
        format!("{}/getMemberGroups", group(&inner)),
        format!("/v1.0/servicePrincipals/{}/getMemberGroups", robot.object_id),
    ] {
        let groups = owner
            .post(&path, json!({"securityEnabledOnly": true}))
            .await
            .expect(200);
        assert_eq!(groups.json()["value"], json!([outer]), "{path}");
    }
    let check = format!("/v1.0/directoryObjects/{alice}/checkMemberGroups");
    let asked = json!({"groupIds": [outer, server.uuid()]});
    assert_eq!(
        owner.post(&check, asked).await.expect(200).json()["value"],
        json!([outer])
    );
    assert_eq!(
        ids(&owner, &format!("/v1.0/users/{alice}/memberOf")).await,
        std::slice::from_ref(&inner)
    );
    owner.join(&inner, &alice).await.expect_error(400, "Request_BadRequest");
    let nobody = server.uuid().to_string();
    owner
        .join(&inner, &nobody)
        .await
        .expect_error(404, "Request_ResourceNotFound");
    owner
        .part(&inner, &nobody)
        .await
        .expect_error(404, "Request_ResourceNotFound");
    let nonsense = owner
        .post(&format!("{}/members/$ref", group(&inner)), json!({"@odata.id": "x"}))
        .await;
    nonsense.expect_error(400, "Request_BadRequest");
    owner.part(&inner, &alice).await.expect(204);
    assert_eq!(
        ids(&owner, &format!("{}/members", group(&inner))).await,
        Vec::<String>::new()
    );
    // A member that is deleted is one no longer.
    owner.delete(&group(&inner)).await.expect(204);
    assert_eq!(
        ids(&owner, &format!("{}/members", group(&outer))).await,
        std::slice::from_ref(&robot.object_id)
    );
}

#[tokio::test]
async fn members_come_in_pages() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let (a, b, c) = (
        server.user("a@example.com").await,
        server.user("b@example.com").await,
        server.user("c@example.com").await,
    );
    let team = server.team("team", &[&a, &b, &c]).await;
    let first = owner.get(&format!("{}/members?$top=2", group(&team))).await.expect(200);
    assert_eq!(first.entries().len(), 2);
    let next = first.at("/@odata.nextLink");
    let rest = owner
        .get(next.strip_prefix("https://wharf.test").unwrap())
        .await
        .expect(200);
    assert_eq!(rest.entries().len(), 1);
    assert_eq!(rest.json()["@odata.nextLink"], Value::Null);
}

#[tokio::test]
async fn no_group_becomes_a_member_of_itself_nor_of_too_long_a_chain() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let mut chain = vec![server.team("g0", &[]).await];
    for n in 1..16 {
        let below = chain[n - 1].clone();
        chain.push(server.team(&format!("g{n}"), &[&below]).await);
    }
    let (lowest, highest) = (&chain[0], &chain[15]);
    for (outer, inner) in [(lowest, highest), (lowest, lowest), (lowest, &chain[1])] {
        let refused = owner.join(outer, inner).await.expect_error(400, "Request_BadRequest");
        assert!(refused.text().contains("member of itself"), "{}", refused.text());
    }
    let above = server.team("g16", &[]).await;
    let refused = owner
        .join(&above, highest)
        .await
        .expect_error(400, "Request_BadRequest");
    assert!(refused.text().contains("at most 16 deep"), "{}", refused.text());
    owner.join(&above, &chain[14]).await.expect(204);
}

#[tokio::test]
async fn what_a_group_holds_its_members_hold_until_they_are_taken_out_on_every_node() {
    let server = TestServer::start().await;
    let node = server.another_node().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let robot = server.robot("robot").await;
    let inner = server.team("inner", &[&robot.object_id]).await;
    let outer = server.team("outer", &[&inner]).await;
    let tags = async |robot: &Actor| {
        let ask = robot
            .ask(http::Method::GET, "/v2/web/tags/list")
            .at(&registry.login_server);
        ask.send().await.status.as_u16()
    };
    let elsewhere = robot.at_node(&node);
    assert_eq!(
        (robot.get(&registry.id).await.status.as_u16(), tags(&robot).await),
        (404, 403)
    );
    owner
        .give_to("Reader", &outer, "Group", &registry.group)
        .await
        .expect(201);
    node.run(Job::SealJournal).await;
    let subscriptions = robot.get("/subscriptions").await.expect(200);
    assert_eq!(subscriptions.entries().len(), 1);
    for (what, change) in [
        ("taken out", 0),
        ("the group leaves the other", 1),
        ("the outer group is deleted", 2),
    ] {
        for robot in [&robot, &elsewhere] {
            robot.get(&registry.id).await.expect(200);
            // There is no such repository: that is for those who may look.
            assert_eq!(tags(robot).await, 404, "{what}");
        }
        match change {
            0 => owner.part(&inner, &robot.object_id).await.expect(204),
            1 => owner.part(&outer, &inner).await.expect(204),
            _ => owner.delete(&group(&outer)).await.expect(204),
        };
        node.run(Job::SealJournal).await;
        for robot in [&robot, &elsewhere] {
            robot.get(&registry.id).await.expect(404);
            assert_eq!(tags(robot).await, 403, "{what}");
        }
        match change {
            0 => owner.join(&inner, &robot.object_id).await.expect(204),
            1 => owner.join(&outer, &inner).await.expect(204),
            _ => break,
        };
        node.run(Job::SealJournal).await;
    }
    let listed = format!("{}/providers/Microsoft.Authorization/roleAssignments", registry.group);
    assert!(!owner.get(&listed).await.expect(200).text().contains(&outer));
}

#[tokio::test]
async fn assignments_are_listed_with_those_of_the_groups_when_that_is_asked_for() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let alice = server.user("alice@example.com").await;
    let inner = server.team("inner", &[&alice]).await;
    let outer = server.team("outer", &[&inner]).await;
    owner.give_to("AcrPull", &alice, "User", &registry).await.expect(201);
    owner.give_to("AcrPush", &outer, "Group", &registry).await.expect(201);
    let list = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments?$filter=",
        server.subscription()
    );
    let own = owner
        .get(&format!("{list}principalId eq '{alice}'"))
        .await
        .expect(200)
        .entries();
    assert_eq!(own.len(), 1);
    let all = owner
        .get(&format!("{list}assignedTo('{alice}')"))
        .await
        .expect(200)
        .entries();
    let mut kinds: Vec<_> = all
        .iter()
        .map(|entry| entry["properties"]["principalType"].as_str().unwrap())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["Group", "User"]);
}

#[tokio::test]
async fn a_team_lead_makes_a_group_for_the_team_and_gives_it_what_the_lead_holds() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let elsewhere = server.registry("elsewhere").await;
    let alice = server.user("alice@example.com").await;
    let lead = server.robot_with("Owner", &registry.group).await;
    let team = lead.post("/v1.0/groups", body("team")).await.expect(201).at("/id");
    lead.join(&team, &alice).await.expect(204);
    lead.give_to("AcrPush", &team, "Group", &registry).await.expect(201);
    lead.give_to("AcrPush", &team, "Group", &elsewhere).await.expect(403);
    lead.part(&team, &alice).await.expect(204);
    // Groups of others are to be seen, and not to be touched.
    let other = server.team("other", &[]).await;
    lead.get(&group(&other)).await.expect(200);
    lead.join(&other, &alice)
        .await
        .expect_error(403, "Authorization_RequestDenied");
    lead.patch(&group(&other), json!({"displayName": "mine"}))
        .await
        .expect_error(403, "Authorization_RequestDenied");
    // Once an owner gave the group more than the lead holds, the lead no longer chooses who has it.
    server
        .owner()
        .give_to("AcrPull", &team, "Group", &elsewhere)
        .await
        .expect(201);
    let refused = lead
        .join(&team, &lead.object_id)
        .await
        .expect_error(403, "Authorization_RequestDenied");
    assert!(refused.text().contains("AcrPull"), "{}", refused.text());
    lead.delete(&group(&team))
        .await
        .expect_error(403, "Authorization_RequestDenied");
    // Whoever may give no roles makes no groups.
    let pusher = server.robot_with("AcrPush", &registry).await;
    pusher
        .post("/v1.0/groups", body("mine"))
        .await
        .expect_error(403, "Authorization_RequestDenied");
    pusher
        .get(&group(&team))
        .await
        .expect_error(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn nobody_chooses_the_members_of_a_group_that_holds_more_than_they_do() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let admin = server.robot_with("Groups Administrator", "/").await;
    let alice = server.user("alice@example.com").await;
    let inner = server.team("inner", &[]).await;
    let owners = server.team("owners", &[&inner, &alice]).await;
    admin.join(&inner, &admin.object_id).await.expect(204);
    admin.part(&inner, &admin.object_id).await.expect(204);
    owner.give_to("Owner", &owners, "Group", "/").await.expect(201);
    // Through the outer group, the inner one holds it as well.
    for id in [&inner, &owners] {
        admin
            .join(id, &admin.object_id)
            .await
            .expect_error(403, "Authorization_RequestDenied");
        admin
            .patch(&group(id), json!({"displayName": "x"}))
            .await
            .expect_error(403, "Authorization_RequestDenied");
        admin
            .delete(&group(id))
            .await
            .expect_error(403, "Authorization_RequestDenied");
    }
    let refused = admin
        .part(&owners, &alice)
        .await
        .expect_error(403, "Authorization_RequestDenied");
    assert!(
        refused.text().contains("owners holds the role Owner on /"),
        "{}",
        refused.text()
    );
    let mine = admin.post("/v1.0/groups", body("mine")).await.expect(201).at("/id");
    admin
        .join(&owners, &mine)
        .await
        .expect_error(403, "Authorization_RequestDenied");
    assert_eq!(ids(&owner, &format!("{}/members", group(&owners))).await.len(), 2);
    admin.get("/subscriptions").await.expect(200);
    let create = admin
        .put(
            &format!("{}/resourceGroups/x", server.subscription()),
            json!({"location": "westus"}),
        )
        .await;
    create.expect(403);
}

#[tokio::test]
async fn the_last_owner_who_can_sign_in_stays_one() {
    let server = TestServer::start().await;
    let first = server.owner();
    let (second, third) = (server.robot("second").await, server.robot("third").await);
    let disabled = server.user("alice@example.com").await;
    let owners = server.team("owners", &[&second.object_id, &disabled]).await;
    let given = first
        .give_to("Owner", &owners, "Group", "/")
        .await
        .expect(201)
        .at("/id");
    let held = second
        .get("/providers/Microsoft.Authorization/roleAssignments")
        .await
        .expect(200)
        .entries();
    let direct = held
        .iter()
        .find(|entry| entry["properties"]["principalId"] == first.object_id.as_str())
        .unwrap();
    second
        .patch(&format!("/v1.0/users/{disabled}"), json!({"accountEnabled": false}))
        .await
        .expect(204);
    second.delete(direct["id"].as_str().unwrap()).await.expect(200);
    // The group is what is left, and one of its members can sign in.
    let principal = format!("/v1.0/servicePrincipals/{}", second.object_id);
    for answer in [
        second.part(&owners, &second.object_id).await,
        second.delete(&group(&owners)).await,
        second.delete(&given).await,
        second.delete(&principal).await,
        second.patch(&principal, json!({"accountEnabled": false})).await,
    ] {
        let answer = answer.expect_error(409, "LastOwner");
        assert!(
            answer.text().contains("give somebody else the role Owner on / first"),
            "{}",
            answer.text()
        );
    }
    // A person who can sign in is an owner to go on with, and then the last one in turn.
    let alice = format!("/v1.0/users/{disabled}");
    second.patch(&alice, json!({"accountEnabled": true})).await.expect(204);
    second
        .give_to("User Administrator", &third.object_id, "ServicePrincipal", "/")
        .await
        .expect(201);
    third
        .patch(&alice, json!({"accountEnabled": false}))
        .await
        .expect_error(403, "Authorization_RequestDenied");
    second.part(&owners, &second.object_id).await.expect(204);
    second.get(&alice).await.expect(404);
}
