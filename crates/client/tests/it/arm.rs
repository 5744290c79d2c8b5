//! The requests of the resource manager's operations.

use insta::assert_snapshot;
use serde_json::{Value, json};
use wharf_client::arm::ActivityFilter;
use wharf_types::arm::{
    alias::AliasPut,
    credential::{PasswordName, RegenerateCredential},
    name_check::NameCheck,
    registry::{REGISTRY_TYPE, RegistryPatch, RegistryPut, Sku, SkuName},
    resource_group::ResourceGroupPut,
    role_assignment::{PrincipalType, RoleAssignmentPut, RoleAssignmentPutProperties},
};

use crate::{StandIn, resource_manager};

const R: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/web";

fn registry() -> Value {
    json!({"id": R, "name": "web", "type": REGISTRY_TYPE, "location": "westus", "sku": {"name": "Standard", "tier": "Standard"},
           "properties": {"loginServer": "web.example", "provisioningState": "Succeeded", "adminUserEnabled": true}})
}

#[tokio::test]
async fn groups_are_made_shown_listed_tested_and_deleted() {
    let server = StandIn::start().await;
    let group = json!({"id": "/subscriptions/s/resourceGroups/g", "name": "g", "type": "Microsoft.Resources/resourceGroups",
                       "location": "westus", "properties": {"provisioningState": "Succeeded"}});
    let at = "/subscriptions/s/resourcegroups";
    server.on(&format!("PUT {at}/g?api-version=2024-11-01"), 201, group.clone());
    server.on(&format!("GET {at}/g?api-version=2024-11-01"), 200, group.clone());
    server.on(
        &format!("GET {at}?api-version=2024-11-01"),
        200,
        json!({"value": [group]}),
    );
    server.on(&format!("HEAD {at}/g?api-version=2024-11-01"), 204, Value::Null);
    server.on(&format!("DELETE {at}/g?api-version=2024-11-01"), 200, Value::Null);
    let arm = resource_manager(&server);

    let put = ResourceGroupPut {
        location: "westus".into(),
        tags: None,
        managed_by: None,
    };
    assert_eq!(
        arm.group_put("s", "g", &put)
            .await
            .unwrap()
            .properties
            .provisioning_state,
        "Succeeded"
    );
    assert_eq!(arm.group_show("s", "g").await.unwrap().location, "westus");
    assert_eq!(arm.group_list("s").await.unwrap().len(), 1);
    assert!(arm.group_exists("s", "g").await.unwrap());
    assert!(!arm.group_exists("s", "none").await.unwrap());
    arm.group_delete("s", "g", true).await.unwrap();

    assert!(
        server
            .asked()
            .iter()
            .all(|asked| asked.authorization == "Bearer token-1")
    );
}

#[tokio::test]
async fn a_registry_s_life() {
    let server = StandIn::start().await;
    let v = "api-version=2026-09-01-preview";
    server.on(&format!("PUT {R}?{v}"), 201, registry());
    server.on(&format!("PATCH {R}?{v}"), 200, registry());
    server.on(&format!("GET {R}?{v}"), 200, registry());
    server.on(
        &format!("GET {R}/listUsages?{v}"),
        200,
        json!({"value": [{"name": "Size", "limit": 1, "currentValue": 0, "unit": "Bytes"}]}),
    );
    let passwords = json!({"username": "web", "passwords": [{"name": "password", "value": "a"}, {"name": "password2", "value": "b"}]});
    server.on(&format!("POST {R}/listCredentials?{v}"), 200, passwords.clone());
    server.on(&format!("POST {R}/regenerateCredential?{v}"), 200, passwords);
    server.on(&format!("DELETE {R}?{v}"), 200, Value::Null);
    let check = format!("POST /subscriptions/s/providers/Microsoft.ContainerRegistry/checkNameAvailability?{v}");
    server.on(&check, 200, json!({"nameAvailable": true}));
    let arm = resource_manager(&server);

    let put = RegistryPut {
        location: "westus".into(),
        sku: Sku {
            name: SkuName::Standard,
            tier: None,
        },
        properties: Default::default(),
        tags: None,
        identity: None,
    };
    arm.registry_put("s", "g", "web", &put).await.unwrap();
    let mut patch = RegistryPatch::default();
    patch.properties.admin_user_enabled = Some(true);
    arm.registry_patch("s", "g", "web", &patch).await.unwrap();
    assert_eq!(
        arm.registry_show("s", "g", "web")
            .await
            .unwrap()
            .properties
            .login_server,
        "web.example"
    );
    assert_eq!(
        arm.registry_usages("s", "g", "web").await.unwrap().value[0].limit,
        Some(1)
    );
    assert_eq!(
        arm.registry_credentials("s", "g", "web").await.unwrap().passwords[1]
            .value
            .expose(),
        "b"
    );
    let renew = RegenerateCredential {
        name: PasswordName::Password2,
    };
    arm.registry_credential_renew("s", "g", "web", &renew).await.unwrap();
    arm.registry_delete("s", "g", "web").await.unwrap();
    let check = NameCheck {
        name: "web".into(),
        kind: REGISTRY_TYPE.into(),
        resource_group_name: None,
        auto_generated_domain_name_label_scope: Some("Unsecure".into()),
    };
    assert!(arm.registry_check_name("s", &check).await.unwrap().name_available);

    assert_snapshot!(server.transcript().replace(R, "{R}"), @r#"
    PUT {R}?api-version=2026-09-01-preview {"location":"westus","sku":{"name":"Standard"},"properties":{}}
    PATCH {R}?api-version=2026-09-01-preview {"properties":{"adminUserEnabled":true}}
    GET {R}?api-version=2026-09-01-preview
    GET {R}/listUsages?api-version=2026-09-01-preview
    POST {R}/listCredentials?api-version=2026-09-01-preview
    POST {R}/regenerateCredential?api-version=2026-09-01-preview {"name":"password2"}
    DELETE {R}?api-version=2026-09-01-preview
    POST /subscriptions/s/providers/Microsoft.ContainerRegistry/checkNameAvailability?api-version=2026-09-01-preview {"name":"web","type":"Microsoft.ContainerRegistry/registries","autoGeneratedDomainNameLabelScope":"Unsecure"}
    "#);
}

#[tokio::test]
async fn roles_are_found_given_and_taken() {
    let server = StandIn::start().await;
    let authorization = "providers/Microsoft.Authorization";
    let role = json!({"id": "/role", "name": "guid", "type": "t", "properties": {"roleName": "AcrPull", "type": "BuiltInRole"}});
    let assignment = json!({"id": format!("{R}/{authorization}/roleAssignments/a"), "name": "a", "type": "t",
        "properties": {"scope": R, "roleDefinitionId": "/role", "principalId": "p", "principalType": "ServicePrincipal"}});
    server.on(
        &format!(
            "GET {R}/{authorization}/roleDefinitions?api-version=2022-05-01-preview&$filter=roleName eq 'acrpull'"
        ),
        200,
        json!({"value": [role]}),
    );
    server.on(
        &format!("PUT {R}/{authorization}/roleAssignments/a?api-version=2022-04-01"),
        201,
        assignment.clone(),
    );
    server.on(
        &format!("GET {R}/{authorization}/roleAssignments?api-version=2022-04-01&$filter=atScope()"),
        200,
        json!({"value": [assignment.clone()]}),
    );
    server.on(
        &format!("DELETE {R}/{authorization}/roleAssignments/a?api-version=2022-04-01"),
        200,
        assignment,
    );
    server.on(
        &format!("DELETE {R}/{authorization}/roleAssignments/a?api-version=2022-04-01"),
        204,
        Value::Null,
    );
    let arm = resource_manager(&server);

    assert_eq!(
        arm.role_definition_list(R, Some("acrpull")).await.unwrap()[0].id,
        "/role"
    );
    let properties = RoleAssignmentPutProperties {
        role_definition_id: "/role".into(),
        principal_id: "p".into(),
        principal_type: Some(PrincipalType::ServicePrincipal),
        description: None,
        condition: None,
        condition_version: None,
        delegated_managed_identity_resource_id: None,
    };
    let made = arm
        .role_assignment_put(R, "a", &RoleAssignmentPut { properties })
        .await
        .unwrap();
    assert_eq!(
        arm.role_assignment_list(R, Some("atScope()")).await.unwrap(),
        std::slice::from_ref(&made)
    );
    assert!(arm.role_assignment_delete(&made.id).await.unwrap());
    assert!(!arm.role_assignment_delete(&made.id).await.unwrap());

    let put = server
        .asked()
        .into_iter()
        .find(|asked| asked.request.starts_with("PUT"))
        .unwrap();
    assert_snapshot!(put.body, @r#"{"properties":{"roleDefinitionId":"/role","principalId":"p","principalType":"ServicePrincipal"}}"#);
}

#[tokio::test]
async fn subscriptions_are_listed_and_made_by_alias() {
    let server = StandIn::start().await;
    let subscription =
        json!({"id": "/subscriptions/s", "subscriptionId": "s", "displayName": "Main", "state": "Enabled"});
    server.on(
        "GET /subscriptions?api-version=2022-12-01",
        200,
        json!({"value": [subscription]}),
    );
    let alias = json!({"id": "/a", "name": "team", "type": "t", "properties": {"subscriptionId": "s2", "provisioningState": "Succeeded"}});
    server.on(
        "PUT /providers/Microsoft.Subscription/aliases/team?api-version=2021-10-01",
        201,
        alias,
    );
    let arm = resource_manager(&server);

    assert_eq!(arm.subscription_list().await.unwrap()[0].display_name, "Main");
    assert_eq!(
        arm.alias_put("team", &AliasPut::default())
            .await
            .unwrap()
            .properties
            .subscription_id,
        "s2"
    );
}

#[tokio::test]
async fn the_activity_log_is_asked_for_a_time_and_read_no_further_than_wanted() {
    let server = StandIn::start().await;
    let event = |id: &str| {
        json!({"eventDataId": id, "eventTimestamp": "2026-11-21T10:00:00Z", "operationName": {"value": "o"},
        "status": {"value": "Succeeded"}, "resourceId": R, "correlationId": "c"})
    };
    let path = "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=eventTimestamp ge 'a' and eventTimestamp le 'b'";
    let page = json!({"value": [event("1"), event("2")], "nextLink": format!("{}/more", server.url())});
    server.on(&format!("GET /subscriptions/s{path}"), 200, page);
    let arm = resource_manager(&server);

    let filter = ActivityFilter {
        from: "a".into(),
        to: "b".into(),
        ..ActivityFilter::default()
    };
    assert_eq!(arm.activity_list(Some("s"), &filter, 2).await.unwrap().len(), 2);
    assert_eq!(server.asked().len(), 1, "no page beyond the wanted events");
}
