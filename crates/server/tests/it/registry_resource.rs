//! Registries and their admin accounts, at the resource manager.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::TestServer;

#[tokio::test]
async fn a_registry_lives_and_ends() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let group = server.group("demo").await;
    let path = format!("{group}/providers/Microsoft.ContainerRegistry/registries/MyRegistry");
    owner.get(&path).await.expect_error(404, "ResourceNotFound");
    let body = json!({"location": "westus", "sku": {"name": "Basic"}, "properties": {"adminUserEnabled": false}});
    let made = owner.put(&path, body.clone()).await.expect(201);
    assert_eq!(
        made.at("/id"),
        format!("{group}/providers/Microsoft.ContainerRegistry/registries/myregistry")
    );
    assert_eq!(made.at("/properties/loginServer"), "myregistry.wharf.test");
    assert_eq!(made.at("/properties/provisioningState"), "Succeeded");
    assert_eq!(made.at("/properties/creationDate"), "2026-11-21T10:00:00Z");
    assert_eq!(
        (made.at("/sku/name"), made.at("/sku/tier")),
        ("Basic".into(), "Basic".into())
    );
    // What was read can be written back.
    assert_eq!(owner.put(&path, made.json()).await.expect(200).json(), made.json());
    let patched = owner
        .patch(&path, json!({"sku": {"name": "Premium"}, "tags": {"a": "b"}}))
        .await
        .expect(200);
    assert_eq!(
        (patched.at("/sku/name"), patched.at("/tags/a")),
        ("Premium".into(), "b".into())
    );
    // A PUT sets everything: what it leaves out is its default.
    owner
        .patch(&path, json!({"properties": {"adminUserEnabled": true}}))
        .await
        .expect(200);
    let put = json!({"location": "westus", "sku": {"name": "Premium"}});
    assert_eq!(
        owner
            .put(&path, put)
            .await
            .expect(200)
            .at("/properties/adminUserEnabled"),
        "false"
    );
    let usages = owner.get(&format!("{path}/listUsages")).await.expect(200);
    assert_eq!(
        usages.json()["value"],
        json!([{"name": "Size", "currentValue": 0, "unit": "Bytes"}])
    );
    let moved = json!({"location": "eastus", "sku": {"name": "Basic"}});
    owner
        .put(&path, moved)
        .await
        .expect_error(409, "InvalidResourceLocation");
    owner.delete(&path).await.expect(200);
    owner.get(&path).await.expect_error(404, "ResourceNotFound");
    owner.delete(&path).await.expect_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_setting_that_does_not_exist_here_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let before = owner.get(&registry.id).await.expect(200);
    for properties in [
        json!({"publicNetworkAccess": "Disabled", "adminUserEnabled": true}),
        json!({"policies": {"retentionPolicy": {"status": "enabled", "days": 7}}, "adminUserEnabled": true}),
        json!({"roleAssignmentMode": "AbacRepositoryPermissions"}),
    ] {
        let answer = owner.patch(&registry.id, json!({ "properties": properties })).await;
        answer.expect_error(400, "FeatureNotSupported");
    }
    let misspelt = owner
        .patch(&registry.id, json!({"properties": {"adminUser": true}}))
        .await;
    assert!(
        misspelt
            .expect_error(400, "InvalidRequestContent")
            .text()
            .contains("adminUser")
    );
    assert_eq!(owner.get(&registry.id).await.json(), before.json());
    // As `az acr config` does: everything that was read, with nothing changed.
    let policies = json!({"properties": {"policies": before.json()["properties"]["policies"]}});
    owner.patch(&registry.id, policies).await.expect(200);
}

#[tokio::test]
async fn both_admin_passwords_open_and_regenerating_one_leaves_the_other() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server
        .registry_with("myregistry", json!({"adminUserEnabled": true}))
        .await;
    let shown = owner
        .post(&registry.path("listCredentials"), Value::Null)
        .await
        .expect(200);
    assert_eq!(shown.at("/username"), "myregistry");
    assert_eq!(shown.header("cache-control"), "no-store");
    let [first, second] = ["/passwords/0/value", "/passwords/1/value"].map(|at| shown.at(at));
    let try_it = |password: &str| {
        let admin = server.basic("myregistry", password);
        let host = registry.login_server.clone();
        async move { admin.ask(Method::GET, "/v2/").at(&host).send().await.status.as_u16() }
    };
    assert_eq!((try_it(&first).await, try_it(&second).await), (200, 200));
    let renewed = owner
        .post(&registry.path("regenerateCredential"), json!({"name": "password"}))
        .await
        .expect(200);
    assert_ne!(renewed.at("/passwords/0/value"), first);
    assert_eq!(renewed.at("/passwords/1/value"), second);
    assert_eq!((try_it(&first).await, try_it(&second).await), (401, 200));
    assert_eq!(try_it(&renewed.at("/passwords/0/value")).await, 200);
    let third = owner
        .post(&registry.path("regenerateCredential"), json!({"name": "password3"}))
        .await;
    third.expect_error(400, "InvalidRequestContent");
}

#[tokio::test]
async fn a_password_says_who_used_it_last_and_when_it_is_safe_to_regenerate() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server
        .registry_with("myregistry", json!({"adminUserEnabled": true}))
        .await;
    let show = || async {
        server.run(Job::FlushCounters).await;
        owner
            .post(&registry.path("listCredentials"), Value::Null)
            .await
            .expect(200)
            .json()["passwords"]
            .clone()
    };
    let new = show().await;
    let [first, second] = [0, 1].map(|index| new[index]["value"].as_str().unwrap().to_owned());
    assert_eq!(
        (&new[0]["lastUsed"], &new[0]["rotation"]),
        (&Value::Null, &json!("neverUsed"))
    );
    let use_it = async |password: &str| {
        let admin = server.basic("myregistry", password).from("192.0.2.7".parse().unwrap());
        let request = admin.ask(Method::GET, "/v2/").at(&registry.login_server);
        request
            .header("user-agent", "docker/28.2.2 go/go1.24")
            .send()
            .await
            .expect(200);
    };
    use_it(&first).await;
    let used = show().await;
    assert_eq!(used[0]["lastUsed"]["ipAddress"], "192.0.2.7");
    assert_eq!(used[0]["lastUsed"]["client"], "docker/28.2.2");
    assert_eq!(
        (&used[0]["rotation"], &used[0]["safeToRegenerate"]),
        (&json!("inUse"), &json!(false))
    );
    assert_eq!(
        (&used[1]["rotation"], &used[1]["safeToRegenerate"]),
        (&json!("neverUsed"), &json!(true))
    );
    // Nobody came for a week: whoever had the first may have gone, or not.
    server.advance(Duration::from_secs(8 * 24 * 3600));
    assert_eq!(show().await[0]["rotation"], "notReplaced");
    // The second is used instead: the first has served.
    use_it(&second).await;
    let moved = show().await;
    assert_eq!(
        (&moved[0]["rotation"], &moved[0]["safeToRegenerate"]),
        (&json!("replaced"), &json!(true))
    );
    assert_eq!(moved[1]["rotation"], "inUse");
}

#[tokio::test]
async fn a_disabled_admin_account_shows_no_passwords_and_opens_nothing() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    for operation in ["listCredentials", "regenerateCredential"] {
        let answer = owner.post(&registry.path(operation), json!({"name": "password"})).await;
        answer.expect_error(400, "AdminUserDisabled");
    }
    let admin = server.admin_of(&registry).await;
    admin
        .ask(Method::GET, "/v2/")
        .at(&registry.login_server)
        .send()
        .await
        .expect(200);
    owner
        .patch(&registry.id, json!({"properties": {"adminUserEnabled": false}}))
        .await
        .expect(200);
    admin
        .ask(Method::GET, "/v2/")
        .at(&registry.login_server)
        .send()
        .await
        .expect(401);
}

#[tokio::test]
async fn the_name_of_a_deleted_registry_is_held_back_from_other_subscriptions() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server.registry("myregistry").await;
    let check = json!({
        "name": "myregistry", "type": "Microsoft.ContainerRegistry/registries", "autoGeneratedDomainNameLabelScope": "Unsecure",
    });
    let check_in = |subscription: &str| {
        let path = format!("{subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability");
        let (owner, check) = (owner.clone(), check.clone());
        async move { owner.post(&path, check).await.expect(200).json() }
    };
    let other = owner
        .put("/providers/Microsoft.Subscription/aliases/other", json!({}))
        .await
        .expect(201);
    let other = format!("/subscriptions/{}", other.at("/properties/subscriptionId"));
    assert_eq!(check_in(&server.subscription()).await["reason"], "AlreadyExists");
    owner.delete(&registry.id).await.expect(200);
    assert_eq!(check_in(&server.subscription()).await["nameAvailable"], true);
    assert_eq!(check_in(&other).await["nameAvailable"], false);
    let group = format!("{other}/resourceGroups/thief");
    owner.put(&group, json!({"location": "westus"})).await.expect(201);
    let body = json!({"location": "westus", "sku": {"name": "Basic"}});
    let path = format!("{group}/providers/Microsoft.ContainerRegistry/registries/myregistry");
    owner.put(&path, body.clone()).await.expect_error(409, "AlreadyInUse");
    // The first subscription may have it again at once; others when the time is over.
    owner.put(&registry.id, body.clone()).await.expect(201);
    owner.delete(&registry.id).await.expect(200);
    server.advance(server.app().settings().name_hold * 2);
    server
        .principal(owner.user_and_secret().0, owner.user_and_secret().1)
        .put(&path, body)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_name_that_cannot_be_a_registrys_is_said_to_be_invalid() {
    let server = TestServer::start().await;
    let path = format!(
        "{}/providers/Microsoft.ContainerRegistry/checkNameAvailability",
        server.subscription()
    );
    let body = json!({"name": "no-dashes", "type": "Microsoft.ContainerRegistry/registries"});
    let answer = server.owner().post(&path, body).await.expect(200);
    assert_eq!(
        (answer.at("/nameAvailable"), answer.at("/reason")),
        ("false".into(), "Invalid".into())
    );
    let group = server.group("demo").await;
    let path = format!("{group}/providers/Microsoft.ContainerRegistry/registries/no-dashes");
    let body = json!({"location": "westus", "sku": {"name": "Basic"}});
    server
        .owner()
        .put(&path, body)
        .await
        .expect_error(400, "InvalidRegistryName");
}
