//! What an owner agrees to for everybody (`az ad app permission grant`).

use serde_json::json;
use wharf_testkit::TestServer;

use super::{Shop, told};

const ALICE: &str = "alice@example.com";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const MANAGER: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

#[tokio::test]
async fn what_an_owner_agreed_to_for_everybody_nobody_is_asked() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let owner = server.owner();
    let principal = json!({"appId": shop.app_id, "accountEnabled": true});
    let principal = owner
        .post("/v1.0/servicePrincipals", principal)
        .await
        .expect(201)
        .at("/id");
    let grant = json!({"clientId": principal, "consentType": "AllPrincipals", "principalId": null,
        "resourceId": GRAPH, "scope": "openid profile offline_access"});
    let made = owner.post("/v1.0/oauth2PermissionGrants", grant).await.expect(201);
    assert_eq!(made.json()["consentType"], "AllPrincipals");
    let tokens = shop.tokens(&alice.browser, "openid offline_access").await;
    assert_ne!(
        told(&alice.browser.get(&shop.authorize(&[])).await.expect(303), "code"),
        ""
    );
    // A person's own consent stands beside it.
    shop.code(&alice.browser, &[("scope", "openid email")]).await;
    let filter = format!("/v1.0/oauth2PermissionGrants?$filter=clientId eq '{principal}'");
    let mut kinds: Vec<(String, String)> = Vec::new();
    for one in owner.get(&filter).await.expect(200).entries() {
        let text = |name: &str| one[name].as_str().unwrap_or("").to_owned();
        kinds.push((text("consentType"), text("principalId")));
    }
    kinds.sort();
    let wanted = [
        ("AllPrincipals".to_owned(), String::new()),
        ("Principal".to_owned(), alice.object_id.clone()),
    ];
    assert_eq!(kinds, wanted);
    // Taking it back ends what came of it.
    owner
        .delete(&format!("/v1.0/oauth2PermissionGrants/{}", made.at("/id")))
        .await
        .expect(204);
    shop.refresh(&tokens.at("/refresh_token"), &[])
        .await
        .expect_error(400, "invalid_grant");
    alice.browser.get(&shop.authorize(&[])).await.expect(200);
}

#[tokio::test]
async fn nobody_agrees_for_others_who_may_not_give_them_roles() {
    let server = TestServer::start().await;
    let shop = Shop::new(&server).await;
    let alice = server.person(ALICE).await;
    shop.code(&alice.browser, &[]).await;
    let owner = server.owner();
    let principal = owner
        .get(&format!("/v1.0/servicePrincipals(appId='{}')", shop.app_id))
        .await
        .expect(200)
        .at("/id");
    let grant = |resource: &str, scope: &str, kind: &str| json!({"clientId": principal, "consentType": kind, "resourceId": resource, "scope": scope});
    let good = grant(MANAGER, "user_impersonation", "AllPrincipals");
    // Whoever registered an application has not got everybody's word.
    let contributor = server.robot_with("Contributor", "/").await;
    contributor
        .post("/v1.0/oauth2PermissionGrants", good.clone())
        .await
        .expect(403);
    server
        .robot("stranger")
        .await
        .get("/v1.0/oauth2PermissionGrants")
        .await
        .expect(403);
    for wrong in [
        grant(MANAGER, "user_impersonation", "Principal"),
        grant("00000000-0000-0000-0000-000000000001", "openid", "AllPrincipals"),
        grant(MANAGER, "openid", "AllPrincipals"),
        grant(GRAPH, "User.Read", "AllPrincipals"),
        grant(GRAPH, "", "AllPrincipals"),
    ] {
        owner
            .post("/v1.0/oauth2PermissionGrants", wrong.clone())
            .await
            .expect(400);
    }
    owner.post("/v1.0/oauth2PermissionGrants", good).await.expect(201);
}
