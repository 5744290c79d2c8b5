//! The requests of Graph's operations.

use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;
use wharf_types::graph::{
    application::ApplicationInput, credential::AddPassword, service_principal::ServicePrincipalPost,
};

use crate::{StandIn, graph};

const APP: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const APP_ID: &str = "8311e382-0749-4cb8-b61a-304f252e45ec";
const PRINCIPAL: &str = "c2f4ef07-c644-48eb-af81-4b1b4947fb11";
const KEY: &str = "6cef56e8-d556-48e5-a04f-b8e64114680f";

fn id(text: &str) -> Uuid {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_application_gets_a_secret_and_a_service_principal() {
    let server = StandIn::start().await;
    let application = json!({"id": APP, "appId": APP_ID, "displayName": "ci", "identifierUris": [], "passwordCredentials": [], "keyCredentials": []});
    let principal = json!({"id": PRINCIPAL, "appId": APP_ID, "displayName": "ci", "servicePrincipalNames": [APP_ID], "passwordCredentials": [], "keyCredentials": []});
    server.on(
        "GET /v1.0/applications?$filter=startswith(displayName,'ci')",
        200,
        json!({"value": []}),
    );
    server.on("POST /v1.0/applications", 201, application);
    server.on(
        &format!("POST /v1.0/applications/{APP}/addPassword"),
        200,
        json!({"keyId": KEY, "secretText": "s3cret"}),
    );
    server.on(
        &format!("POST /v1.0/applications/{APP}/removePassword"),
        204,
        Value::Null,
    );
    server.on("POST /v1.0/servicePrincipals", 201, principal.clone());
    server.on(
        &format!("GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{APP_ID}')"),
        200,
        json!({"value": [principal]}),
    );
    let graph = graph(&server);

    assert_eq!(graph.application_list("ci").await.unwrap(), []);
    let input = ApplicationInput {
        display_name: Some("ci".into()),
        key_credentials: Some(vec![]),
        ..Default::default()
    };
    let application = graph.application_create(&input).await.unwrap();
    let password = graph
        .application_add_password(application.id, &AddPassword::default())
        .await
        .unwrap();
    assert_eq!(password.secret_text.unwrap().expose(), "s3cret");
    graph
        .application_remove_password(application.id, password.key_id)
        .await
        .unwrap();
    let post = ServicePrincipalPost {
        app_id: application.app_id,
        account_enabled: true,
    };
    assert_eq!(graph.service_principal_create(&post).await.unwrap().id, id(PRINCIPAL));
    assert!(graph.service_principal_by_name(APP_ID).await.unwrap().is_some());

    assert_snapshot!(server.transcript(), @r#"
    GET /v1.0/applications?$filter=startswith(displayName,'ci')
    POST /v1.0/applications {"displayName":"ci","keyCredentials":[]}
    POST /v1.0/applications/7f951dda-4ed3-4680-a7ca-43fe172d538d/addPassword {"passwordCredential":{}}
    POST /v1.0/applications/7f951dda-4ed3-4680-a7ca-43fe172d538d/removePassword {"keyId":"6cef56e8-d556-48e5-a04f-b8e64114680f"}
    POST /v1.0/servicePrincipals {"appId":"8311e382-0749-4cb8-b61a-304f252e45ec","accountEnabled":true}
    GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '8311e382-0749-4cb8-b61a-304f252e45ec')
    "#);
}

#[tokio::test]
async fn lists_follow_their_next_link_and_names_are_found_by_id() {
    let server = StandIn::start().await;
    let principal = |name: &str| json!({"id": PRINCIPAL, "appId": APP_ID, "displayName": name});
    let next = "https://another.name.example/v1.0/servicePrincipals?$skiptoken=x";
    server.on(
        "GET /v1.0/servicePrincipals",
        200,
        json!({"value": [principal("a")], "@odata.nextLink": next}),
    );
    server.on(
        "GET /v1.0/servicePrincipals?$skiptoken=x",
        200,
        json!({"value": [principal("b")]}),
    );
    let object = json!({"@odata.type": "#microsoft.graph.servicePrincipal", "id": PRINCIPAL, "displayName": "a"});
    server.on("POST /v1.0/directoryObjects/getByIds", 200, json!({"value": [object]}));
    server.on(
        "GET /v1.0/users?$filter=userPrincipalName eq 'a@b'",
        200,
        json!({"value": []}),
    );
    let graph = graph(&server);

    let names: Vec<_> = graph
        .service_principal_list(None)
        .await
        .unwrap()
        .into_iter()
        .map(|p| p.display_name)
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        graph.objects_by_id(&[PRINCIPAL.to_owned()]).await.unwrap()[0].principal_name(),
        "a"
    );
    assert_eq!(graph.user_by_principal_name("a@b").await.unwrap(), None);
}
