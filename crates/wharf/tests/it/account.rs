//! `wharf account …`.

use insta::assert_snapshot;
use serde_json::json;

use crate::{SUBSCRIPTION, TENANT, User};

const SECOND: &str = "44444444-4444-4444-4444-444444444444";

#[tokio::test]
async fn the_subscription_in_use_is_shown_and_changed_without_asking_the_server() {
    let user = User::signed_in().await;
    assert_snapshot!(user.run("account show").await.transcript(), @r#"
    exit 0
    out| {
    out|   "environmentName": "Wharf",
    out|   "homeTenantId": "22222222-2222-2222-2222-222222222222",
    out|   "id": "33333333-3333-3333-3333-333333333333",
    out|   "isDefault": true,
    out|   "managedByTenants": [],
    out|   "name": "Main",
    out|   "state": "Enabled",
    out|   "tenantId": "22222222-2222-2222-2222-222222222222",
    out|   "user": {
    out|     "name": "11111111-1111-1111-1111-111111111111",
    out|     "type": "servicePrincipal"
    out|   }
    out| }
    "#);
    assert_snapshot!(user.run("account list -o table").await.transcript(), @r"
    exit 0
    out| Name    CloudName    SubscriptionId                        TenantId                              State    IsDefault
    out| ------  -----------  ------------------------------------  ------------------------------------  -------  -----------
    out| Main    Wharf        33333333-3333-3333-3333-333333333333  22222222-2222-2222-2222-222222222222  Enabled  True
    ");
    assert_snapshot!(user.run("account set --subscription other").await.transcript(), @r"
    exit 1
    err| ERROR: there is no subscription 'other' among those that you can use.
    err| hint: wharf account list --refresh shows them
    ");
    assert_eq!(user.run("account set -n main").await.transcript(), "exit 0\n");
    assert!(user.server.asked().is_empty());
}

#[tokio::test]
async fn a_new_subscription_can_be_used_at_once() {
    let user = User::signed_in().await;
    let alias = json!({"id": "/providers/Microsoft.Subscription/aliases/team-a", "name": "team-a", "type": "Microsoft.Subscription/aliases",
        "properties": {"subscriptionId": SECOND, "provisioningState": "Succeeded"}});
    user.server.on(
        "PUT /providers/Microsoft.Subscription/aliases/team-a?api-version=2021-10-01",
        201,
        alias,
    );
    user.expect_subscriptions(&[(SUBSCRIPTION, "Main"), (SECOND, "team-a")]);

    let ran = user.run("account alias create --name team-a").await;

    assert_eq!(ran.json()["properties"]["subscriptionId"], SECOND);
    assert_snapshot!(user.requests(), @r#"
    PUT /providers/Microsoft.Subscription/aliases/team-a?api-version=2021-10-01 {"properties":{"displayName":"team-a"}}
    GET /subscriptions?api-version=2022-12-01
    "#);
    assert_eq!(user.run("account show --query name -o tsv").await.stdout, "Main\n");
    user.server.on(
        &format!("GET /subscriptions/{SECOND}/resourcegroups?api-version=2024-11-01"),
        200,
        json!({"value": []}),
    );
    assert_eq!(
        user.run("group list --subscription TEAM-A").await.transcript(),
        "exit 0\nout| []\n"
    );
}

#[tokio::test]
async fn an_access_token_can_be_had_for_any_audience() {
    let user = User::signed_in().await;
    let ran = user
        .run("account get-access-token --resource https://containerregistry.azure.net")
        .await;
    let token = ran.json();
    assert_eq!(
        (&token["accessToken"], &token["tenant"]),
        (&json!("the-access-token"), &json!(TENANT))
    );
    assert_eq!(
        (&token["subscription"], &token["tokenType"]),
        (&json!(SUBSCRIPTION), &json!("Bearer"))
    );
    let scope = "scope=https%3A%2F%2Fcontainerregistry.azure.net%2F.default";
    assert!(user.server.asked().iter().any(|asked| asked.body.ends_with(scope)));
}
