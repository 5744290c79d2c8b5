//! People: added, found, changed, disabled, deleted; and who may do that.

use serde_json::{Value, json};
use wharf_testkit::TestServer;

const PASSWORD: &str = "violet tangent harbour 9";

/// What `az ad user create` sends.
fn body(name: &str, password: &str) -> Value {
    json!({
        "userPrincipalName": name, "displayName": "Alice Adams", "mailNickname": "alice", "accountEnabled": true,
        "passwordProfile": {"password": password, "forceChangePasswordNextSignIn": false},
    })
}

#[tokio::test]
async fn a_person_is_added_found_changed_and_deleted() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let added = owner
        .post("/v1.0/users", body("Alice@Example.com", PASSWORD))
        .await
        .expect(201);
    assert_eq!(added.at("/userPrincipalName"), "Alice@Example.com");
    assert!(!added.text().contains("violet"), "{}", added.text());
    let id = added.at("/id");
    for path in [
        format!("/v1.0/users/{id}"),
        "/v1.0/users/alice@example.COM".to_owned(),
        "/v1.0/users/alice%40example.com".to_owned(),
    ] {
        assert_eq!(owner.get(&path).await.expect(200).json(), added.json(), "{path}");
    }
    server.user("bob@example.com").await;
    for (filter, count) in [
        (format!("id eq '{id}'"), 1),
        ("userPrincipalName eq 'ALICE@example.com'".to_owned(), 1),
        ("userPrincipalName eq 'carol@example.com'".to_owned(), 0),
        ("userPrincipalName eq 'not a name'".to_owned(), 0),
        (
            "userPrincipalName eq 'alice@example.com' and displayName eq 'Bob'".to_owned(),
            0,
        ),
        ("displayName eq 'alice adams'".to_owned(), 1),
        ("startswith(displayName,'ALICE')".to_owned(), 1),
        ("startswith(userPrincipalName,'b')".to_owned(), 1),
        ("accountEnabled eq true".to_owned(), 2),
        ("accountEnabled eq false".to_owned(), 0),
    ] {
        let found = owner.get(&format!("/v1.0/users?$filter={filter}")).await.expect(200);
        assert_eq!(found.entries().len(), count, "{filter}");
    }
    let unknown = owner.get("/v1.0/users?$filter=jobTitle eq 'x'").await;
    unknown.expect_error(400, "Request_UnsupportedQuery");
    let path = format!("/v1.0/users/{id}");
    let change = json!({"displayName": "Alice B.", "mail": "alice@example.org", "accountEnabled": false});
    owner.patch(&path, change).await.expect(204);
    let changed = owner.get(&path).await.expect(200);
    assert_eq!(changed.at("/displayName"), "Alice B.");
    assert_eq!(changed.at("/mail"), "alice@example.org");
    assert_eq!(changed.at("/accountEnabled"), "false");
    owner.patch(&path, json!({"mail": null})).await.expect(204);
    let changed = owner.get(&path).await.expect(200);
    assert_eq!(
        (changed.json()["mail"].clone(), changed.at("/displayName")),
        (Value::Null, "Alice B.".to_owned())
    );
    owner.delete("/v1.0/users/alice@example.com").await.expect(204);
    owner.get(&path).await.expect_error(404, "Request_ResourceNotFound");
    owner.delete(&path).await.expect_error(404, "Request_ResourceNotFound");
    // The name is free again, and its next bearer is somebody else.
    let again = owner
        .post("/v1.0/users", body("alice@example.com", PASSWORD))
        .await
        .expect(201);
    assert_ne!(again.at("/id"), id);
}

#[tokio::test]
async fn a_name_that_is_taken_or_none_and_a_password_that_is_weak_add_nobody() {
    let server = TestServer::start().await;
    let owner = server.owner();
    server.user("alice@example.com").await;
    let before = server.stored().await;
    let taken = owner.post("/v1.0/users", body("ALICE@example.com", PASSWORD)).await;
    taken.expect_error(409, "Request_MultipleObjectsWithSameKeyValue");
    for name in [
        "bob",
        "bob@",
        "@example.com",
        "b ob@example.com",
        "bob@example.com@x",
        "",
    ] {
        let answer = owner.post("/v1.0/users", body(name, PASSWORD)).await;
        answer.expect_error(400, "Request_BadRequest");
    }
    for weak in ["short", "password12345678", "bob@example.com", &"x".repeat(1025)] {
        let answer = owner.post("/v1.0/users", body("bob@example.com", weak)).await;
        let answer = answer.expect_error(400, "Request_BadRequest");
        assert!(weak.len() < 10 || !answer.text().contains(weak), "{}", answer.text());
    }
    for (field, value) in [
        ("displayName", json!(" ")),
        ("mail", json!("nowhere")),
        ("mail", json!("a b@c")),
        ("jobTitle", json!("x")),
        ("accountEnabled", json!("yes")),
    ] {
        let mut body = body("bob@example.com", PASSWORD);
        body[field] = value;
        owner
            .post("/v1.0/users", body)
            .await
            .expect_error(400, "Request_BadRequest");
    }
    assert_eq!(server.stored().await, before);
}

#[tokio::test]
async fn people_come_in_pages() {
    let server = TestServer::start().await;
    let owner = server.owner();
    for n in 0..3 {
        server.user(&format!("user{n}@example.com")).await;
    }
    let (mut path, mut seen) = ("/v1.0/users?$top=2".to_owned(), Vec::new());
    loop {
        let page = owner.get(&path).await.expect(200);
        assert!(page.entries().len() <= 2);
        seen.extend(page.entries().iter().map(|entry| entry["userPrincipalName"].clone()));
        let Some(next) = page.json()["@odata.nextLink"].as_str().map(str::to_owned) else {
            break;
        };
        next.strip_prefix("https://wharf.test")
            .expect("the configured address")
            .clone_into(&mut path);
    }
    seen.sort_by_key(ToString::to_string);
    assert_eq!(seen, ["user0@example.com", "user1@example.com", "user2@example.com"]);
}

#[tokio::test]
async fn whoever_may_give_roles_finds_people_and_adds_none_and_others_find_nobody() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let id = server.user("alice@example.com").await;
    let lead = server.robot_with("Owner", &registry.group).await;
    let stranger = server.robot_with("AcrPush", &registry).await;
    lead.get("/v1.0/users/alice@example.com").await.expect(200);
    lead.give_to("AcrPull", &id, "User", &registry).await.expect(201);
    for (path, change) in [
        ("/v1.0/users".to_owned(), body("bob@example.com", PASSWORD)),
        (format!("/v1.0/users/{id}"), json!({"accountEnabled": false})),
        (
            format!("/v1.0/users/{id}"),
            json!({"passwordProfile": {"password": PASSWORD}}),
        ),
    ] {
        let answer = if path == "/v1.0/users" {
            lead.post(&path, change).await
        } else {
            lead.patch(&path, change).await
        };
        answer.expect_error(403, "Authorization_RequestDenied");
    }
    lead.delete(&format!("/v1.0/users/{id}"))
        .await
        .expect_error(403, "Authorization_RequestDenied");
    assert_eq!(stranger.get("/v1.0/users").await.expect(200).entries().len(), 0);
    stranger
        .get(&format!("/v1.0/users/{id}"))
        .await
        .expect_error(404, "Request_ResourceNotFound");
    for nothing in [json!({}), json!({"mailNickname": "x"}), json!({"passwordProfile": {}})] {
        let answer = lead.patch(&format!("/v1.0/users/{id}"), nothing).await;
        answer.expect_error(403, "Authorization_RequestDenied");
    }
    // `Contributor` on everything is not enough.
    let contributor = server.robot_with("Contributor", "/").await;
    contributor.get(&format!("/v1.0/users/{id}")).await.expect(200);
    contributor
        .post("/v1.0/users", body("bob@example.com", PASSWORD))
        .await
        .expect_error(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn a_user_administrator_manages_people_but_not_those_who_hold_more() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let admin = server.robot_with("User Administrator", "/").await;
    let alice = admin
        .post("/v1.0/users", body("alice@example.com", PASSWORD))
        .await
        .expect(201)
        .at("/id");
    let alice = format!("/v1.0/users/{alice}");
    admin
        .patch(&alice, json!({"mail": "alice@example.org"}))
        .await
        .expect(204);
    admin
        .patch(&alice, json!({"passwordProfile": {"password": PASSWORD}}))
        .await
        .expect(204);
    let bob = server.user("bob@example.com").await;
    let team = server.team("pushers", &[&bob]).await;
    owner.give_to("AcrPush", &team, "Group", &registry).await.expect(201);
    let bob = format!("/v1.0/users/{bob}");
    for change in [
        json!({"mail": "admin@example.org"}),
        json!({"displayName": "x"}),
        json!({"accountEnabled": false}),
        json!({"passwordProfile": {"password": PASSWORD}}),
    ] {
        let refused = admin
            .patch(&bob, change)
            .await
            .expect_error(403, "Authorization_RequestDenied");
        assert!(
            refused.text().contains("AcrPush") && refused.text().contains("through a group"),
            "{}",
            refused.text()
        );
    }
    admin
        .delete(&bob)
        .await
        .expect_error(403, "Authorization_RequestDenied");
    assert_eq!(owner.get(&bob).await.expect(200).at("/accountEnabled"), "true");
    // Whoever holds as much may.
    owner.give("AcrPush", &admin, &registry).await.expect(201);
    admin.patch(&bob, json!({"accountEnabled": false})).await.expect(204);
    admin.delete(&bob).await.expect(204);
}

#[tokio::test]
async fn an_application_is_no_person() {
    let server = TestServer::start().await;
    for path in ["/v1.0/me", "/v1.0/me/memberOf"] {
        server.owner().get(path).await.expect_error(400, "Request_BadRequest");
    }
}

#[tokio::test]
async fn roles_are_given_to_people_and_go_with_them() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let alice = server.user("alice@example.com").await;
    owner
        .give_to("AcrPull", &alice, "Group", &registry)
        .await
        .expect_error(400, "UnmatchedPrincipalType");
    let given = owner.give_to("AcrPull", &alice, "User", &registry).await.expect(201);
    assert_eq!(given.at("/properties/principalType"), "User");
    let listed = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments?$filter=principalId eq '{alice}'",
        server.subscription()
    );
    assert_eq!(
        owner
            .get(&listed)
            .await
            .expect(200)
            .at("/value/0/properties/principalType"),
        "User"
    );
    let ids = json!({"ids": [alice], "types": ["user", "group", "servicePrincipal"]});
    let named = owner.post("/v1.0/directoryObjects/getByIds", ids).await.expect(200);
    assert_eq!(named.at("/value/0/@odata.type"), "#microsoft.graph.user");
    assert_eq!(named.at("/value/0/userPrincipalName"), "alice@example.com");
    let groups_only = json!({"ids": [alice], "types": ["group"]});
    let none = owner
        .post("/v1.0/directoryObjects/getByIds", groups_only)
        .await
        .expect(200);
    assert_eq!(none.entries().len(), 0);
    owner.delete(&format!("/v1.0/users/{alice}")).await.expect(204);
    assert_eq!(owner.get(&listed).await.expect(200).entries().len(), 0);
    owner
        .give_to("AcrPull", &alice, "User", &registry)
        .await
        .expect_error(400, "PrincipalNotFound");
}

#[tokio::test]
async fn what_is_done_to_people_is_in_the_journal_without_their_passwords() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let id = server.user("alice@example.com").await;
    let path = format!("/v1.0/users/{id}");
    owner
        .patch(&path, json!({"passwordProfile": {"password": PASSWORD}}))
        .await
        .expect(204);
    owner.delete(&path).await.expect(204);
    let events = owner
        .get("/providers/Microsoft.Insights/eventtypes/management/values?$top=1000")
        .await
        .expect(200);
    let operations: Vec<_> = events
        .entries()
        .iter()
        .filter(|event| event["resourceId"].as_str().unwrap().contains(&id))
        .map(|event| event["operationName"]["value"].as_str().unwrap().to_owned())
        .collect();
    for operation in ["create", "update", "delete"] {
        assert!(
            operations.contains(&format!("Microsoft.Directory/users/{operation}")),
            "{operations:?}"
        );
    }
    assert!(!events.text().contains("violet"));
}
