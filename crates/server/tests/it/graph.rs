//! The graph: applications, service principals, secrets.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::TestServer;

const CHOSEN: &str = "violet tangent harbour 9";

#[tokio::test]
async fn create_for_rbac_goes_through_step_by_step() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let none = owner
        .get("/v1.0/servicePrincipals?$filter=displayName%20eq%20%27ci%27")
        .await
        .expect(200);
    assert_eq!(none.json(), json!({"value": []}));
    let none = owner
        .get("/v1.0/applications?$filter=startswith%28displayName%2C%27ci%27%29")
        .await
        .expect(200);
    assert_eq!(none.entries().len(), 0);
    let application = owner
        .post("/v1.0/applications", json!({"displayName": "ci", "keyCredentials": []}))
        .await
        .expect(201);
    let path = format!("/v1.0/applications/{}", application.at("/id"));
    let asked = json!({"passwordCredential": {
        "displayName": "rbac", "startDateTime": "2026-11-21T10:00:00Z", "endDateTime": "2027-11-21T10:00:00Z",
    }});
    let secret = owner.post(&format!("{path}/addPassword"), asked).await.expect(200);
    assert_eq!(secret.at("/endDateTime"), "2027-11-21T10:00:00Z");
    let app_id = application.at("/appId");
    let post = json!({"appId": app_id, "accountEnabled": true});
    let principal = owner.post("/v1.0/servicePrincipals", post.clone()).await.expect(201);
    assert_eq!(principal.at("/servicePrincipalNames/0"), app_id);
    owner
        .post("/v1.0/servicePrincipals", post)
        .await
        .expect_error(409, "Request_MultipleObjectsWithSameKeyValue");
    // The secret is on both objects, and its text on neither.
    for path in [path, format!("/v1.0/servicePrincipals/{}", principal.at("/id"))] {
        let shown = owner.get(&path).await.expect(200);
        assert_eq!(shown.at("/passwordCredentials/0/keyId"), secret.at("/keyId"));
        assert!(!shown.text().contains(&secret.at("/secretText")));
    }
    let robot = server.principal(&app_id, &secret.at("/secretText"));
    assert_eq!(robot.get("/subscriptions").await.expect(200).entries().len(), 0);
    let mut robot = robot;
    robot.object_id = principal.at("/id");
    owner.give("acrpull", &robot, &registry).await.expect(201);
    assert_eq!(robot.get("/subscriptions").await.expect(200).entries().len(), 1);
}

#[tokio::test]
async fn an_object_is_found_in_every_way_that_clients_look() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let robot = server.robot("O'Neil's robot").await;
    let app_id = robot.user_and_secret().0;
    for path in [
        format!("/v1.0/servicePrincipals/{}", robot.object_id),
        format!("/v1.0/servicePrincipals(appId='{app_id}')"),
    ] {
        assert_eq!(owner.get(&path).await.expect(200).at("/appId"), app_id, "{path}");
    }
    for filter in [
        format!("servicePrincipalNames/any(c:c eq '{app_id}')"),
        format!("appId eq '{app_id}'"),
        "displayName eq 'O''Neil''s robot'".to_owned(),
        "startswith(displayName,'o''neil')".to_owned(),
    ] {
        let found = owner
            .get(&format!("/v1.0/servicePrincipals?$filter={filter}"))
            .await
            .expect(200);
        assert_eq!(found.entries().len(), 1, "{filter}");
        assert_eq!(found.at("/value/0/id"), robot.object_id);
    }
    let found = owner
        .get(&format!("/v1.0/applications?$filter=appId eq '{app_id}'"))
        .await
        .expect(200);
    assert_eq!(found.at("/value/0/displayName"), "O'Neil's robot");
    let nobody = owner
        .get("/v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq 'http://ci')")
        .await;
    assert_eq!(nobody.expect(200).entries().len(), 0);
    let person = owner
        .get("/v1.0/users?$filter=userPrincipalName eq 'a@b.example'")
        .await;
    assert_eq!(person.expect(200).entries().len(), 0);
    for filter in ["displayName ne 'x'", "tags/any(t:t eq 'x')", "x"] {
        let answer = owner.get(&format!("/v1.0/servicePrincipals?$filter={filter}")).await;
        answer.expect_error(400, "Request_UnsupportedQuery");
    }
    let ids = json!({"ids": [robot.object_id, server.uuid()], "types": ["user", "group", "servicePrincipal"]});
    let found = owner.post("/v1.0/directoryObjects/getByIds", ids).await.expect(200);
    assert_eq!(found.entries().len(), 1);
    assert_eq!(found.at("/value/0/@odata.type"), "#microsoft.graph.servicePrincipal");
}

#[tokio::test]
async fn a_list_of_principals_comes_in_pages() {
    let server = TestServer::start().await;
    let owner = server.owner();
    for name in ["a", "b"] {
        server.robot(name).await;
    }
    let (mut path, mut seen) = ("/v1.0/servicePrincipals?$top=2".to_owned(), Vec::new());
    loop {
        let page = owner.get(&path).await.expect(200);
        seen.extend(
            page.entries()
                .iter()
                .map(|entry| entry["displayName"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page.json()["@odata.nextLink"].as_str().map(str::to_owned) else {
            break;
        };
        next.strip_prefix("https://wharf.test")
            .expect("the configured address")
            .clone_into(&mut path);
    }
    seen.sort();
    assert_eq!(seen, ["a", "b", "owner"]);
}

#[tokio::test]
async fn a_chosen_secret_opens_is_not_repeated_and_has_to_be_a_good_one() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let robot = server.robot("ci").await;
    let path = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let choose = |text: &str| json!({"passwordCredential": {"secretText": text}});
    for weak in ["short", "password12345678", &"x".repeat(1025)] {
        owner
            .post(&path, choose(weak))
            .await
            .expect_error(400, "Request_BadRequest");
    }
    let added = owner.post(&path, choose(CHOSEN)).await.expect(200);
    assert!(!added.text().contains("violet"), "{}", added.text());
    assert_eq!(added.json()["hint"], Value::Null);
    server
        .principal(robot.user_and_secret().0, CHOSEN)
        .get("/subscriptions")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_principal_sees_itself_and_no_other() {
    let server = TestServer::start().await;
    let (robot, other) = (server.robot("robot").await, server.robot("other").await);
    let itself = robot
        .get(&format!("/v1.0/servicePrincipals/{}", robot.object_id))
        .await
        .expect(200);
    assert_eq!(itself.at("/passwordCredentials"), "[]");
    let answer = robot.get(&format!("/v1.0/servicePrincipals/{}", other.object_id)).await;
    answer.expect_error(404, "Request_ResourceNotFound");
    let listed = robot.get("/v1.0/servicePrincipals").await.expect(200).entries();
    assert_eq!(listed.len(), 1);
    assert_eq!(robot.get("/v1.0/applications").await.expect(200).entries().len(), 0);
    robot
        .post("/v1.0/applications", json!({"displayName": "x"}))
        .await
        .expect_error(403, "Authorization_RequestDenied");
    robot.get("/v1.0/me").await.expect_error(400, "Request_BadRequest");
}

#[tokio::test]
async fn an_application_is_renamed_with_its_principal_and_deleted_with_it() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let robot = server.robot("ci").await;
    let app_id = robot.user_and_secret().0.to_owned();
    let application = format!("/v1.0/applications(appId='{app_id}')");
    owner
        .patch(&application, json!({"displayName": "builds"}))
        .await
        .expect(204);
    let principal = format!("/v1.0/servicePrincipals/{}", robot.object_id);
    assert_eq!(owner.get(&principal).await.expect(200).at("/displayName"), "builds");
    owner
        .patch(&application, json!({"displayName": " "}))
        .await
        .expect_error(400, "Request_BadRequest");
    let certificate = json!({"keyCredentials": [{"key": "AAAA", "type": "AsymmetricX509Cert", "usage": "Verify"}]});
    owner
        .patch(&application, certificate.clone())
        .await
        .expect_error(400, "Request_BadRequest");
    owner
        .patch(&principal, certificate)
        .await
        .expect_error(400, "Request_BadRequest");
    owner.delete(&application).await.expect(204);
    owner
        .get(&principal)
        .await
        .expect_error(404, "Request_ResourceNotFound");
    owner
        .get(&application)
        .await
        .expect_error(404, "Request_ResourceNotFound");
    robot
        .sign_in("https://graph.microsoft.com")
        .await
        .expect_error(401, "invalid_client");
}

#[tokio::test]
async fn a_secret_that_would_never_be_valid_is_refused_and_so_is_one_too_many() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let robot = server.robot("ci").await;
    let path = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let past = json!({"passwordCredential": {"endDateTime": "2026-11-20T10:00:00Z"}});
    owner.post(&path, past).await.expect_error(400, "Request_BadRequest");
    for _ in 1..20 {
        owner.post(&path, json!({})).await.expect(200);
    }
    owner
        .post(&path, json!({}))
        .await
        .expect_error(400, "Directory_QuotaExceeded");
    let remove = format!("/v1.0/servicePrincipals/{}/removePassword", robot.object_id);
    let unknown = json!({"keyId": server.uuid()});
    owner
        .post(&remove, unknown)
        .await
        .expect_error(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn a_secret_says_when_its_users_have_moved_to_another_one() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let robot = server.robot("ci").await;
    let principal = format!("/v1.0/servicePrincipals/{}", robot.object_id);
    server.advance(Duration::from_secs(60));
    let added = owner
        .post(&format!("{principal}/addPassword"), json!({}))
        .await
        .expect(200);
    let new = server.principal(robot.user_and_secret().0, &added.at("/secretText"));
    // The newest first.
    let rotations = async || {
        server.run(Job::FlushCounters).await;
        let shown = owner.get(&principal).await.expect(200).json();
        [0, 1].map(|index| {
            shown["passwordCredentials"][index]["rotation"]
                .as_str()
                .unwrap()
                .to_owned()
        })
    };
    robot.arm_token().await;
    assert_eq!(rotations().await, ["neverUsed", "inUse"]);
    server.advance(Duration::from_secs(8 * 24 * 3600));
    assert_eq!(rotations().await, ["neverUsed", "notReplaced"]);
    new.arm_token().await;
    assert_eq!(rotations().await, ["inUse", "replaced"]);
}
