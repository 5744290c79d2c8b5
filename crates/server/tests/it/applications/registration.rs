//! What an application is registered with, in Graph's shape.

use serde_json::json;
use wharf_testkit::TestServer;

use super::{NATIVE, SPA, Shop, WEB};

#[tokio::test]
async fn an_application_shows_what_it_was_registered_with() {
    let server = TestServer::start().await;
    let shop = Shop::new(&server).await;
    let path = format!("/v1.0/applications/{}", shop.object_id);
    let shown = server.owner().get(&path).await.expect(200).json();
    assert_eq!(
        shown["web"],
        json!({"homePageUrl": null, "redirectUris": [WEB],
            "implicitGrantSettings": {"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false}})
    );
    assert_eq!(shown["spa"], json!({"redirectUris": [SPA]}));
    assert_eq!(shown["publicClient"], json!({"redirectUris": [NATIVE]}));
    assert_eq!(
        (&shown["isFallbackPublicClient"], &shown["signInAudience"]),
        (&json!(true), &json!("AzureADMyOrg"))
    );
    // What is left out of a change stays as it is.
    let needs = json!([{"resourceAppId": "00000003-0000-0000-c000-000000000000",
        "resourceAccess": [{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"}]}]);
    let change = json!({"web": {"homePageUrl": "https://app.example"}, "identifierUris": ["api://shop"],
        "requiredResourceAccess": needs, "isFallbackPublicClient": false});
    shop.change(change).await.expect(204);
    let shown = server.owner().get(&path).await.expect(200).json();
    assert_eq!(shown["web"]["redirectUris"], json!([WEB]));
    assert_eq!(shown["web"]["homePageUrl"], "https://app.example");
    assert_eq!(
        (&shown["identifierUris"], &shown["requiredResourceAccess"]),
        (&json!(["api://shop"]), &needs)
    );
    assert_eq!(shown["isFallbackPublicClient"], false);
    assert_eq!(shown["displayName"], "Shop");
}

#[tokio::test]
async fn what_there_is_not_is_refused_and_not_forgotten() {
    let server = TestServer::start().await;
    let shop = Shop::new(&server).await;
    for (body, words) in [
        (json!({"web": {"redirectUris": ["http://app.example/"]}}), "https"),
        (json!({"web": {"redirectUris": ["https://*.app.example/"]}}), "wildcard"),
        (json!({"spa": {"redirectUris": ["https://app.example/#x"]}}), "fragment"),
        (json!({"spa": {"redirectUris": [WEB]}}), "twice"),
        (
            json!({"publicClient": {"redirectUris": ["javascript:alert(1)"]}}),
            "scheme",
        ),
        (
            json!({"web": {"implicitGrantSettings": {"enableIdTokenIssuance": true}}}),
            "PKCE",
        ),
        (json!({"signInAudience": "AzureADMultipleOrgs"}), "AzureADMyOrg"),
        (json!({"appRoles": [{"id": "x"}]}), "appRoles"),
        (
            json!({"optionalClaims": {"idToken": [{"name": "x"}]}}),
            "optionalClaims",
        ),
        (
            json!({"api": {"oauth2PermissionScopes": [{"id": "x"}]}}),
            "oauth2PermissionScopes",
        ),
    ] {
        let answer = shop.change(body.clone()).await.expect(400);
        assert!(answer.text().contains(words), "{body}: {}", answer.text());
        let mut whole = body;
        whole["displayName"] = json!("Other");
        if words != "twice" {
            server.owner().post("/v1.0/applications", whole).await.expect(400);
        }
    }
    // What other tools send with empty defaults is no error.
    let empty = json!({"web": {"implicitGrantSettings": {"enableIdTokenIssuance": false}}, "appRoles": [],
        "api": {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": []}, "signInAudience": "AzureADMyOrg"});
    shop.change(empty).await.expect(204);
    assert_eq!(
        server
            .owner()
            .get("/v1.0/applications?$filter=displayName eq 'Other'")
            .await
            .expect(200)
            .entries()
            .len(),
        0
    );
}

#[tokio::test]
async fn whoever_does_not_own_an_application_changes_nothing_of_it() {
    let server = TestServer::start().await;
    let shop = Shop::new(&server).await;
    let change = json!({"web": {"redirectUris": ["https://evil.example/"]}});
    let path = format!("/v1.0/applications/{}", shop.object_id);
    let reader = server.robot_with("Reader", "/").await;
    reader.patch(&path, change.clone()).await.expect(403);
    server.robot("stranger").await.patch(&path, change).await.expect(404);
    let shown = server.owner().get(&path).await.expect(200).json();
    assert_eq!(shown["web"]["redirectUris"], json!([WEB]));
}
