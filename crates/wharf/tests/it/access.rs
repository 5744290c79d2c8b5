//! `wharf role …`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{SUBSCRIPTION, User};

const ASSIGNMENT: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
const PRINCIPAL: &str = "77777777-7777-7777-7777-777777777777";
const CI: &str = "66666666-6666-6666-6666-666666666666";
const PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const AUTHORIZATION: &str = "providers/Microsoft.Authorization";

fn scope() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/web")
}

fn role_id() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{PULL}")
}

fn role() -> Value {
    json!({"id": role_id(), "name": PULL, "type": "Microsoft.Authorization/roleDefinitions", "properties": {
        "roleName": "AcrPull", "type": "BuiltInRole", "description": "acr pull", "assignableScopes": ["/"],
        "permissions": [{"actions": ["Microsoft.ContainerRegistry/registries/pull/read"], "notActions": [], "dataActions": [], "notDataActions": []}]}})
}

fn assignment(scope: &str) -> Value {
    json!({"id": format!("{scope}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT}"), "name": ASSIGNMENT, "type": "Microsoft.Authorization/roleAssignments",
        "properties": {"scope": scope, "roleDefinitionId": role_id(), "principalId": PRINCIPAL, "principalType": "ServicePrincipal",
            "createdOn": "2026-11-21T10:00:00Z"}})
}

impl User {
    fn expect_principal(&self, name: &str) {
        let principal = json!({"id": PRINCIPAL, "appId": CI, "displayName": "ci", "servicePrincipalNames": [CI]});
        let request = format!("GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{name}')");
        self.server.on(&request, 200, json!({"value": [principal]}));
    }

    fn expect_definitions(&self, scope: &str, filter: &str) {
        let request = format!("GET {scope}/{AUTHORIZATION}/roleDefinitions?api-version=2022-05-01-preview{filter}");
        self.server.on(&request, 200, json!({"value": [role()]}));
    }

    fn expect_assignments(&self, scope: &str, filter: &str, found: &[Value]) {
        let request = format!("GET {scope}/{AUTHORIZATION}/roleAssignments?api-version=2022-04-01{filter}");
        self.server.on(&request, 200, json!({"value": found}));
    }

    fn seen(&self) -> String {
        self.requests().replace(&scope().replace(SUBSCRIPTION, "{S}"), "{R}")
    }
}

#[tokio::test]
async fn a_role_is_given_by_the_words_of_the_founding_documents() {
    let user = User::signed_in().await;
    user.expect_principal(CI);
    user.expect_definitions(&scope(), "&$filter=roleName eq 'acrpull'");
    let put = format!(
        "PUT {}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT}?api-version=2022-04-01",
        scope()
    );
    user.server.on(&put, 201, assignment(&scope()));

    let ran = user
        .run(&format!(
            "role assignment create --scope {} --role acrpull --assignee {CI} --name {ASSIGNMENT}",
            scope()
        ))
        .await;

    assert_snapshot!(ran.transcript().replace(SUBSCRIPTION, "{S}"), @r#"
    exit 0
    out| {
    out|   "createdOn": "2026-11-21T10:00:00+00:00",
    out|   "id": "/subscriptions/{S}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/web/providers/Microsoft.Authorization/roleAssignments/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
    out|   "name": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
    out|   "principalId": "77777777-7777-7777-7777-777777777777",
    out|   "principalType": "ServicePrincipal",
    out|   "resourceGroup": "g",
    out|   "roleDefinitionId": "/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d",
    out|   "scope": "/subscriptions/{S}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/web",
    out|   "type": "Microsoft.Authorization/roleAssignments"
    out| }
    "#);
    assert_snapshot!(user.seen(), @r#"
    GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '66666666-6666-6666-6666-666666666666')
    GET {R}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-05-01-preview&$filter=roleName eq 'acrpull'
    PUT {R}/providers/Microsoft.Authorization/roleAssignments/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa?api-version=2022-04-01 {"properties":{"roleDefinitionId":"/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d","principalId":"77777777-7777-7777-7777-777777777777","principalType":"ServicePrincipal"}}
    "#);
}

#[tokio::test]
async fn a_role_by_id_for_an_object_id_needs_no_look_up() {
    let user = User::signed_in().await;
    let put = format!(
        "PUT {}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT}?api-version=2022-04-01",
        scope()
    );
    user.server.on(&put, 201, assignment(&scope()));
    let who = format!("--assignee-object-id {PRINCIPAL} --assignee-principal-type serviceprincipal");
    let ran = user
        .run(&format!(
            "role assignment create --scope {} --role {PULL} {who} --name {ASSIGNMENT} -o none",
            scope()
        ))
        .await;
    assert_eq!(ran.transcript(), "exit 0\n");
    assert_snapshot!(user.seen(), @r#"PUT {R}/providers/Microsoft.Authorization/roleAssignments/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa?api-version=2022-04-01 {"properties":{"roleDefinitionId":"/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d","principalId":"77777777-7777-7777-7777-777777777777","principalType":"ServicePrincipal"}}"#);
}

#[tokio::test]
async fn a_role_that_is_held_already_is_no_error() {
    let user = User::signed_in().await;
    let put = format!(
        "PUT {}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT}?api-version=2022-04-01",
        scope()
    );
    let there = json!({"error": {"code": "RoleAssignmentExists", "message": "The role assignment already exists."}});
    user.server.on(&put, 409, there);
    user.expect_assignments(&scope(), "&$filter=atScope()", &[assignment(&scope())]);
    let who = format!("--assignee-object-id {PRINCIPAL} --name {ASSIGNMENT}");
    let ran = user
        .run(&format!(
            "role assignment create --scope {} --role {PULL} {who} --query name -o tsv",
            scope()
        ))
        .await;
    assert_eq!(ran.transcript(), format!("exit 0\nout| {ASSIGNMENT}\n"));
}

#[tokio::test]
async fn nobody_of_that_name_is_said_plainly() {
    let user = User::signed_in().await;
    user.server.on(
        "GET /v1.0/users?$filter=userPrincipalName eq 'a@b'",
        200,
        json!({"value": []}),
    );
    user.server.on(
        "GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq 'a@b')",
        200,
        json!({"value": []}),
    );
    let ran = user
        .run(&format!(
            "role assignment create --scope {} --role {PULL} --assignee a@b",
            scope()
        ))
        .await;
    assert_snapshot!(ran.transcript(), @r"
    exit 1
    err| ERROR: Cannot find user or service principal in graph database for 'a@b'.
    err| hint: wharf ad sp list -o table shows the service principals that you may see; one that you may not see can be named by its object id: --assignee-object-id
    ");
}

#[tokio::test]
async fn assignments_at_a_scope_are_listed_with_names() {
    let user = User::signed_in().await;
    let above = format!("/subscriptions/{SUBSCRIPTION}");
    user.expect_assignments(
        &scope(),
        "&$filter=atScope()",
        &[assignment(&scope()), assignment(&above)],
    );
    user.expect_definitions(&scope(), "");
    let object = json!({"@odata.type": "#microsoft.graph.servicePrincipal", "id": PRINCIPAL, "displayName": "ci", "servicePrincipalNames": [CI]});
    user.server
        .on("POST /v1.0/directoryObjects/getByIds", 200, json!({"value": [object]}));
    let ran = user
        .run(&format!("role assignment list --scope {} -o table", scope()))
        .await;
    assert_snapshot!(ran.stdout.replace(SUBSCRIPTION, "{S}"), @r"
    Principal                             Role     Scope
    ------------------------------------  -------  -------------------------------------------------------------------------------------------------------------------------
    66666666-6666-6666-6666-666666666666  AcrPull  /subscriptions/{S}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/web
    ");
    assert_snapshot!(user.seen(), @r#"
    GET {R}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()
    GET {R}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-05-01-preview
    POST /v1.0/directoryObjects/getByIds {"ids":["77777777-7777-7777-7777-777777777777"],"types":["user","group","servicePrincipal"]}
    "#);
}

#[tokio::test]
async fn assignments_are_taken_away_by_principal_role_and_scope() {
    let user = User::signed_in().await;
    user.expect_principal(CI);
    user.expect_assignments(&scope(), "&$filter=atScope()", &[assignment(&scope())]);
    user.expect_definitions(&scope(), "&$filter=roleName eq 'AcrPull'");
    let delete = format!(
        "DELETE {}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT}?api-version=2022-04-01",
        scope()
    );
    user.server.on(&delete, 200, assignment(&scope()));
    let ran = user
        .run(&format!(
            "role assignment delete --scope {} --role AcrPull --assignee {CI}",
            scope()
        ))
        .await;
    assert_eq!(ran.transcript(), "exit 0\n");
    assert_snapshot!(user.seen(), @r"
    GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '66666666-6666-6666-6666-666666666666')
    GET {R}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()
    GET {R}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-05-01-preview&$filter=roleName eq 'AcrPull'
    DELETE {R}/providers/Microsoft.Authorization/roleAssignments/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa?api-version=2022-04-01
    ");

    user.expect_assignments(&scope(), "&$filter=atScope()", &[]);
    let ran = user
        .run(&format!("role assignment delete --scope {} --role AcrPull", scope()))
        .await;
    assert_snapshot!(ran.transcript(), @r"
    exit 1
    err| ERROR: No matched assignments were found to delete
    err| hint: wharf role assignment list --all -o table shows all; --scope must be the one that it was given on
    ");
    assert_eq!(user.run("role assignment delete").await.code, 2);
}

#[tokio::test]
async fn all_assignments_of_a_principal_are_asked_for_by_principal() {
    let user = User::signed_in().await;
    user.expect_principal(CI);
    let above = format!("/subscriptions/{SUBSCRIPTION}");
    user.expect_assignments(&above, &format!("&$filter=principalId eq '{PRINCIPAL}'"), &[]);
    let ran = user.run(&format!("role assignment list --all --assignee {CI}")).await;
    assert_eq!(ran.transcript(), "exit 0\nout| []\n");
}

#[tokio::test]
async fn roles_are_listed_as_az_prints_them() {
    let user = User::signed_in().await;
    let subscription = format!("/subscriptions/{SUBSCRIPTION}");
    user.expect_definitions(&subscription, "&$filter=roleName eq 'AcrPull'");
    assert_snapshot!(user.run("role definition list --name AcrPull").await.stdout.replace(SUBSCRIPTION, "{S}"), @r#"
    [
      {
        "assignableScopes": [
          "/"
        ],
        "createdBy": null,
        "createdOn": null,
        "description": "acr pull",
        "id": "/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "name": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "permissions": [
          {
            "actions": [
              "Microsoft.ContainerRegistry/registries/pull/read"
            ],
            "condition": null,
            "conditionVersion": null,
            "dataActions": [],
            "notActions": [],
            "notDataActions": []
          }
        ],
        "roleName": "AcrPull",
        "roleType": "BuiltInRole",
        "type": "Microsoft.Authorization/roleDefinitions",
        "updatedBy": null,
        "updatedOn": null
      }
    ]
    "#);
    user.expect_definitions(&subscription, "");
    assert_snapshot!(user.run("role definition list -o table").await.stdout, @r"
    Name     Type                                     Description
    -------  ---------------------------------------  -------------
    AcrPull  Microsoft.Authorization/roleDefinitions  acr pull
    ");
}
