//! The resource manager: metadata, subscriptions, groups, lists, and what it says of requests that are wrong.

use http::Method;
use serde_json::{Value, json};
use wharf_testkit::TestServer;

#[tokio::test]
async fn metadata_tell_anybody_where_to_sign_in() {
    let server = TestServer::start().await;
    let shown = server
        .anonymous()
        .get("/metadata/endpoints?api-version=2022-09-01")
        .await
        .expect(200);
    assert_eq!(
        shown.json(),
        json!({
            "name": "Wharf",
            "authentication": {
                "loginEndpoint": "https://wharf.test/adfs",
                "audiences": ["https://management.azure.com"],
                "tenant": server.tenant(),
            },
            "resourceManager": "https://wharf.test",
            "microsoftGraphResourceId": "https://wharf.test",
            "suffixes": {"acrLoginServer": ".wharf.test", "storage": "wharf.test"},
        })
    );
    // As `az cloud register` asks when the address that it was given ends with a slash; and as ARM_CLOUD_METADATA_URL needs it.
    let array = server
        .anonymous()
        .get("//metadata/endpoints?api-version=2022-09-01&list=1")
        .await
        .expect(200);
    assert_eq!(array.json(), json!([shown.json()]));
}

#[tokio::test]
async fn whoever_brings_no_token_is_challenged_and_an_old_token_is_asked_to_be_replaced() {
    let server = TestServer::start().await;
    let nobody = server
        .anonymous()
        .get("/subscriptions")
        .await
        .expect_error(401, "AuthenticationFailed");
    assert_eq!(
        nobody.header("www-authenticate"),
        "Bearer authorization_uri=\"https://wharf.test/organizations\""
    );
    let stranger = server
        .bearer("x.y.z")
        .get("/subscriptions")
        .await
        .expect_error(401, "AuthenticationFailed");
    let challenge = stranger.header("www-authenticate");
    assert!(
        challenge.contains("error=\"insufficient_claims\", claims=\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn a_subscription_is_made_under_an_alias_once() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let path = "/providers/Microsoft.Subscription/aliases/team";
    let body = json!({"properties": {"displayName": "Team", "workload": "Production", "billingScope": "/x"}});
    let made = owner.put(path, body.clone()).await.expect(201);
    let again = owner.put(path, body).await.expect(200);
    assert_eq!(
        made.at("/properties/subscriptionId"),
        again.at("/properties/subscriptionId")
    );
    assert_eq!(owner.get(path).await.expect(200).json(), again.json());
    let listed = owner
        .get("/subscriptions?api-version=2022-12-01")
        .await
        .expect(200)
        .entries();
    let names: Vec<_> = listed
        .iter()
        .map(|entry| entry["displayName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Default", "Team"]);
    assert_eq!(
        (&listed[0]["state"], &listed[0]["tenantId"]),
        (&json!("Enabled"), &json!(server.tenant()))
    );
    owner
        .get("/providers/Microsoft.Subscription/aliases/other")
        .await
        .expect(404);
    let existing = json!({"properties": {"subscriptionId": listed[0]["subscriptionId"]}});
    owner
        .put("/providers/Microsoft.Subscription/aliases/third", existing)
        .await
        .expect_error(400, "FeatureNotSupported");
}

#[tokio::test]
async fn a_resource_group_lives_and_ends() {
    let server = TestServer::start().await;
    let (owner, subscription) = (server.owner(), server.subscription());
    let path = format!("{subscription}/resourcegroups/Demo");
    owner.head(&path).await.expect(404);
    owner.get(&path).await.expect_error(404, "ResourceGroupNotFound");
    let body = json!({"location": "West US", "tags": {"team": "web"}});
    let made = owner.put(&path, body.clone()).await.expect(201);
    assert_eq!(made.at("/id"), format!("{subscription}/resourceGroups/Demo"));
    assert_eq!(made.at("/location"), "westus");
    assert_eq!(made.at("/properties/provisioningState"), "Succeeded");
    // A name in other case is the same group, and is shown as it was first written.
    let lower = format!("{subscription}/resourceGroups/demo");
    assert_eq!(
        owner
            .put(&lower, json!({"location": "westus"}))
            .await
            .expect(200)
            .json(),
        made.json()
    );
    owner
        .put(&path, json!({"location": "eastus"}))
        .await
        .expect_error(409, "InvalidResourceGroupLocation");
    let patched = owner.patch(&path, json!({"tags": {}})).await.expect(200);
    assert_eq!(patched.at("/tags"), "{}");
    owner
        .patch(&format!("{subscription}/resourceGroups/other"), json!({}))
        .await
        .expect(404);
    owner.head(&path).await.expect(204);
    let location = owner.get(&format!("{subscription}/locations")).await.expect(200);
    assert_eq!(location.at("/value/0/name"), "westus");
    owner.delete(&path).await.expect(200);
    owner.head(&path).await.expect(404);
    owner.delete(&path).await.expect_error(404, "ResourceGroupNotFound");
}

#[tokio::test]
async fn a_name_is_looked_up_by_listing_and_compared_without_regard_to_case() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let filter = "$filter=resourceType%20eq%20%27Microsoft.ContainerRegistry%2Fregistries%27";
    let path = format!("{}/resources?api-version=2024-11-01&{filter}", server.subscription());
    let found = server.owner().get(&path).await.expect(200);
    assert_eq!(found.at("/value/0/id"), registry.id);
    assert_eq!(found.at("/value/0/type"), "Microsoft.ContainerRegistry/registries");
    let other = path.replace("registries", "somethingElse");
    assert_eq!(server.owner().get(&other).await.expect(200).entries().len(), 0);
    // A principal that may only pull sees an empty list, and not a refusal: `az acr login` goes on from there.
    let robot = server.robot_with("AcrPull", &registry).await;
    assert_eq!(robot.get(&path).await.expect(200).entries().len(), 0);
    let shouted = registry
        .id
        .replace("myregistry", "MYREGISTRY")
        .replace("resourceGroups", "RESOURCEGROUPS");
    assert_eq!(server.owner().get(&shouted).await.expect(200).at("/id"), registry.id);
    let doubled = registry.id.replace("/providers", "//providers");
    server.owner().get(&format!("/{doubled}")).await.expect(200);
}

#[tokio::test]
async fn lists_come_in_pages_whose_links_name_the_configured_address() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let group = server.group("demo").await;
    for name in ["alpha", "bravo", "charlie"] {
        server.registry_in(&group, name, json!({})).await;
    }
    for list in [
        format!(
            "{}/providers/Microsoft.ContainerRegistry/registries?api-version=x&$top=2",
            server.subscription()
        ),
        format!("{group}/providers/Microsoft.ContainerRegistry/registries?$top=2"),
        format!(
            "{}/resources?$filter=resourceType%20eq%20%27Microsoft.ContainerRegistry/registries%27&$top=2",
            server.subscription()
        ),
    ] {
        let first = owner
            .ask(Method::GET, &list)
            .at("127.0.0.1:5000")
            .send()
            .await
            .expect(200);
        assert_eq!(first.entries().len(), 2, "{list}");
        let next = first.at("/nextLink");
        let next = next.strip_prefix("https://wharf.test").expect("the configured address");
        let second = owner.get(next).await.expect(200);
        assert_eq!(second.entries().len(), 1, "{next}");
        assert_eq!(second.entries()[0]["name"], "charlie");
        assert_eq!(second.json()["nextLink"], Value::Null);
    }
    owner
        .get(&format!("{}/resourcegroups?$top=0", server.subscription()))
        .await
        .expect_error(400, "InvalidSkipToken");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_arms_words() {
    let server = TestServer::start().await;
    let (owner, subscription) = (server.owner(), server.subscription());
    owner
        .get("/subscriptions/x/resourcegroups")
        .await
        .expect_error(400, "InvalidSubscriptionId");
    owner
        .get(&format!("{subscription}/nothing"))
        .await
        .expect_error(404, "InvalidResourceType");
    let unknown = "/subscriptions/11111111-1111-4111-8111-111111111111";
    owner.get(unknown).await.expect_error(404, "SubscriptionNotFound");
    owner
        .get(&format!("{subscription}/providers/Microsoft.Web"))
        .await
        .expect_error(404, "ResourceNotFound");
    let method = owner
        .delete("/subscriptions")
        .await
        .expect_error(405, "MethodNotAllowed");
    assert_eq!(method.header("allow"), "GET");
    let path = format!("{subscription}/resourcegroups/demo");
    let ask = owner.ask(Method::PUT, &path).body("application/json", "{");
    ask.send().await.expect_error(400, "InvalidRequestContent");
    let large = owner
        .ask(Method::PUT, &path)
        .body("application/json", " ".repeat(1024 * 1024 + 1));
    large.send().await.expect_error(413, "RequestContentTooLarge");
    let squeezed = owner
        .ask(Method::PUT, &path)
        .header("content-encoding", "gzip")
        .body("application/json", "{}");
    squeezed.send().await.expect_error(415, "UnsupportedMediaType");
    let filter = format!("{subscription}/resources?$filter=tagName%20eq%20%27x%27");
    owner.get(&filter).await.expect_error(400, "InvalidFilter");
    let registry =
        format!("{subscription}/resourceGroups/none/providers/Microsoft.ContainerRegistry/registries/myregistry");
    let body = json!({"location": "westus", "sku": {"name": "Basic"}});
    owner
        .put(&registry, body)
        .await
        .expect_error(404, "ResourceGroupNotFound");
    let provider = owner
        .get(&format!("{subscription}/providers/microsoft.containerregistry"))
        .await
        .expect(200);
    assert_eq!(provider.at("/registrationState"), "Registered");
}
