//! `wharf ad sp …`.

use insta::{allow_duplicates, assert_snapshot};
use serde_json::{Value, json};

use crate::{SUBSCRIPTION, User};

const OBJECT: &str = "55555555-5555-5555-5555-555555555555";
const CI: &str = "66666666-6666-6666-6666-666666666666";
const PRINCIPAL: &str = "77777777-7777-7777-7777-777777777777";
const OLD: &str = "88888888-8888-8888-8888-888888888888";
const NEW: &str = "99999999-9999-9999-9999-999999999999";
const ROLE: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";

fn application(passwords: &Value) -> Value {
    json!({"id": OBJECT, "appId": CI, "displayName": "ci", "identifierUris": [], "passwordCredentials": passwords, "keyCredentials": []})
}

fn principal(passwords: &Value) -> Value {
    json!({"id": PRINCIPAL, "appId": CI, "displayName": "ci", "accountEnabled": true, "servicePrincipalNames": [CI],
           "passwordCredentials": passwords, "keyCredentials": []})
}

fn old_password() -> Value {
    json!([{"keyId": OLD, "displayName": "rbac", "hint": "abc", "endDateTime": "2027-01-01T00:00:00Z"}])
}

fn new_password() -> Value {
    json!({"keyId": NEW, "secretText": "s3cret-made-by-the-server"})
}

fn scope() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/myregistry"
    )
}

impl User {
    fn expect_role(&self, scope: &str, name: &str) {
        let id = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}");
        let role =
            json!({"id": id, "name": ROLE, "type": "t", "properties": {"roleName": "Owner", "type": "BuiltInRole"}});
        let path = format!("GET {scope}/providers/Microsoft.Authorization/roleDefinitions");
        let request = format!("{path}?api-version=2022-05-01-preview&$filter=roleName eq '{name}'");
        self.server.on(&request, 200, json!({"value": [role]}));
    }

    fn expect_by_name(&self, found: &[Value]) {
        let request = format!("GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{CI}')");
        self.server.on(&request, 200, json!({"value": found}));
    }

    /// An application called `ci` with one password, and its service principal.
    fn expect_existing_application(&self) {
        let principals = json!({"value": [principal(&old_password())]});
        self.server.on(
            "GET /v1.0/servicePrincipals?$filter=displayName eq 'ci'",
            200,
            principals,
        );
        let applications = json!({"value": [application(&json!([]))]});
        self.server.on(
            "GET /v1.0/applications?$filter=startswith(displayName,'ci')",
            200,
            applications,
        );
        self.server
            .on(&format!("PATCH /v1.0/applications/{OBJECT}"), 204, Value::Null);
        self.server.on(
            &format!("GET /v1.0/applications/{OBJECT}"),
            200,
            application(&old_password()),
        );
    }

    fn steady_requests(&self) -> String {
        let lines = self.requests().lines().map(steady).collect::<Vec<_>>();
        lines.join("\n").replace(&scope().replace(SUBSCRIPTION, "{S}"), "{R}")
    }
}

/// A request without the times and GUIDs that the client made.
fn steady(line: &str) -> String {
    let (path, body) = line
        .split_once(" {")
        .map_or((line, None), |(path, body)| (path, Some(body)));
    let path = match path.split_once("roleAssignments/") {
        Some((scope, rest)) => format!("{scope}roleAssignments/{{NEW}}{}", &rest[36..]),
        None => path.to_owned(),
    };
    let Some(body) = body else { return path };
    let mut body: Value = serde_json::from_str(&format!("{{{body}")).unwrap();
    if let Some(password) = body.get_mut("passwordCredential").and_then(Value::as_object_mut) {
        let year = |time: &Value| time.as_str().unwrap()[..4].parse::<i32>().unwrap();
        let years = year(&password["endDateTime"]) - year(&password["startDateTime"]);
        password.insert("startDateTime".to_owned(), "now".into());
        password.insert("endDateTime".to_owned(), format!("in {years} years").into());
    }
    format!("{path} {body}")
}

#[tokio::test]
async fn create_for_rbac_makes_application_password_and_principal() {
    let user = User::signed_in().await;
    user.server.on(
        "GET /v1.0/servicePrincipals?$filter=displayName eq 'ci'",
        200,
        json!({"value": []}),
    );
    user.server.on(
        "GET /v1.0/applications?$filter=startswith(displayName,'ci')",
        200,
        json!({"value": []}),
    );
    user.server.on("POST /v1.0/applications", 201, application(&json!([])));
    user.server.on(
        &format!("POST /v1.0/applications/{OBJECT}/addPassword"),
        200,
        new_password(),
    );
    user.server
        .on("POST /v1.0/servicePrincipals", 201, principal(&json!([])));

    let ran = user.run("ad sp create-for-rbac --name ci --years 2").await;

    assert_snapshot!(ran.transcript(), @r#"
    exit 0
    out| {
    out|   "appId": "66666666-6666-6666-6666-666666666666",
    out|   "displayName": "ci",
    out|   "password": "s3cret-made-by-the-server",
    out|   "tenant": "22222222-2222-2222-2222-222222222222"
    out| }
    err| WARNING: The output includes credentials that you must protect. Be sure that you do not include these credentials in your code or check the credentials into your source control.
    "#);
    assert_snapshot!(user.steady_requests(), @r#"
    GET /v1.0/servicePrincipals?$filter=displayName eq 'ci'
    GET /v1.0/applications?$filter=startswith(displayName,'ci')
    POST /v1.0/applications {"displayName":"ci","keyCredentials":[]}
    POST /v1.0/applications/55555555-5555-5555-5555-555555555555/addPassword {"passwordCredential":{"displayName":"rbac","endDateTime":"in 2 years","startDateTime":"now"}}
    POST /v1.0/servicePrincipals {"accountEnabled":true,"appId":"66666666-6666-6666-6666-666666666666"}
    "#);
}

#[tokio::test]
async fn the_older_form_with_a_password_of_one_s_own_still_works() {
    let user = User::signed_in().await;
    user.expect_existing_application();
    user.server.on(
        &format!("POST /v1.0/applications/{OBJECT}/addPassword"),
        200,
        json!({"keyId": NEW}),
    );
    user.server.on(
        &format!("POST /v1.0/applications/{OBJECT}/removePassword"),
        204,
        Value::Null,
    );

    let ran = user
        .run("ad sp create-for-rbac --name ci --password a-password-of-my-own --query password -o tsv")
        .await;

    assert_eq!(ran.stdout, "a-password-of-my-own\n", "{}", ran.stderr);
    assert_snapshot!(user.steady_requests(), @r#"
    GET /v1.0/servicePrincipals?$filter=displayName eq 'ci'
    GET /v1.0/applications?$filter=startswith(displayName,'ci')
    PATCH /v1.0/applications/55555555-5555-5555-5555-555555555555 {"displayName":"ci"}
    GET /v1.0/applications/55555555-5555-5555-5555-555555555555
    POST /v1.0/applications/55555555-5555-5555-5555-555555555555/addPassword {"passwordCredential":{"displayName":"rbac","endDateTime":"in 1 years","secretText":"a-password-of-my-own","startDateTime":"now"}}
    POST /v1.0/applications/55555555-5555-5555-5555-555555555555/removePassword {"keyId":"88888888-8888-8888-8888-888888888888"}
    "#);
}

#[tokio::test]
async fn when_a_role_cannot_be_given_what_was_made_is_taken_back() {
    // The stand-in knows no PUT of an assignment, since its GUID is made anew each time, and refuses it.
    let user = User::signed_in().await;
    let line = format!("ad sp create-for-rbac --name ci --scopes {} --role Owner", scope());
    user.expect_role(&scope(), "Owner");
    user.expect_existing_application();
    user.server.on(
        &format!("POST /v1.0/applications/{OBJECT}/addPassword"),
        200,
        new_password(),
    );
    user.server.on(
        &format!("POST /v1.0/applications/{OBJECT}/removePassword"),
        204,
        Value::Null,
    );
    let ran = user.run(&line).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert_snapshot!(user.steady_requests(), @r#"
    GET {R}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-05-01-preview&$filter=roleName eq 'Owner'
    GET /v1.0/servicePrincipals?$filter=displayName eq 'ci'
    GET /v1.0/applications?$filter=startswith(displayName,'ci')
    PATCH /v1.0/applications/55555555-5555-5555-5555-555555555555 {"displayName":"ci"}
    GET /v1.0/applications/55555555-5555-5555-5555-555555555555
    POST /v1.0/applications/55555555-5555-5555-5555-555555555555/addPassword {"passwordCredential":{"displayName":"rbac","endDateTime":"in 1 years","startDateTime":"now"}}
    PUT {R}/providers/Microsoft.Authorization/roleAssignments/{NEW}?api-version=2022-04-01 {"properties":{"principalId":"77777777-7777-7777-7777-777777777777","principalType":"ServicePrincipal","roleDefinitionId":"/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"}}
    POST /v1.0/applications/55555555-5555-5555-5555-555555555555/removePassword {"keyId":"99999999-9999-9999-9999-999999999999"}
    "#);

    user.expect_role(&scope(), "Owner");
    user.server.on(
        "GET /v1.0/servicePrincipals?$filter=displayName eq 'ci'",
        200,
        json!({"value": []}),
    );
    user.server.on(
        "GET /v1.0/applications?$filter=startswith(displayName,'ci')",
        200,
        json!({"value": []}),
    );
    user.server.on("POST /v1.0/applications", 201, application(&json!([])));
    user.server.on(
        &format!("POST /v1.0/applications/{OBJECT}/addPassword"),
        200,
        new_password(),
    );
    user.server
        .on("POST /v1.0/servicePrincipals", 201, principal(&json!([])));
    user.server
        .on(&format!("DELETE /v1.0/applications/{OBJECT}"), 204, Value::Null);
    assert_eq!(user.run(&line).await.code, 3);
    assert!(
        user.requests()
            .ends_with(&format!("DELETE /v1.0/applications/{OBJECT}"))
    );
}

#[tokio::test]
async fn a_role_that_does_not_exist_is_found_out_before_anything_is_made() {
    let user = User::signed_in().await;
    let path = format!("GET {}/providers/Microsoft.Authorization/roleDefinitions", scope());
    user.server.on(
        &format!("{path}?api-version=2022-05-01-preview&$filter=roleName eq 'Admiral'"),
        200,
        json!({"value": []}),
    );
    let ran = user
        .run(&format!(
            "ad sp create-for-rbac --name ci --scopes {} --role Admiral",
            scope()
        ))
        .await;
    assert_snapshot!(ran.transcript(), @r#"
    exit 1
    err| ERROR: Role 'Admiral' doesn't exist.
    err| hint: wharf role definition list -o table --query "[].roleName" shows the roles
    "#);
    assert_eq!(user.requests().lines().count(), 1);
}

#[tokio::test]
async fn a_reset_replaces_the_old_passwords_and_append_keeps_them() {
    let user = User::signed_in().await;
    for flags in ["", " --append --display-name next --years 3"] {
        user.expect_by_name(&[principal(&json!([]))]);
        user.server.on(
            &format!("GET /v1.0/servicePrincipals/{PRINCIPAL}"),
            200,
            principal(&old_password()),
        );
        user.server.on(
            &format!("POST /v1.0/servicePrincipals/{PRINCIPAL}/removePassword"),
            204,
            Value::Null,
        );
        user.server.on(
            &format!("POST /v1.0/servicePrincipals/{PRINCIPAL}/addPassword"),
            200,
            new_password(),
        );
        let ran = user
            .run(&format!("ad sp credential reset --id {CI}{flags} --only-show-errors"))
            .await;
        allow_duplicates! { assert_snapshot!(ran.transcript(), @r#"
        exit 0
        out| {
        out|   "appId": "66666666-6666-6666-6666-666666666666",
        out|   "password": "s3cret-made-by-the-server",
        out|   "tenant": "22222222-2222-2222-2222-222222222222"
        out| }
        "#); }
    }
    assert_snapshot!(user.steady_requests(), @r#"
    GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '66666666-6666-6666-6666-666666666666')
    GET /v1.0/servicePrincipals/77777777-7777-7777-7777-777777777777
    POST /v1.0/servicePrincipals/77777777-7777-7777-7777-777777777777/addPassword {"passwordCredential":{"endDateTime":"in 1 years","startDateTime":"now"}}
    POST /v1.0/servicePrincipals/77777777-7777-7777-7777-777777777777/removePassword {"keyId":"88888888-8888-8888-8888-888888888888"}
    GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '66666666-6666-6666-6666-666666666666')
    GET /v1.0/servicePrincipals/77777777-7777-7777-7777-777777777777
    POST /v1.0/servicePrincipals/77777777-7777-7777-7777-777777777777/addPassword {"passwordCredential":{"displayName":"next","endDateTime":"in 3 years","startDateTime":"now"}}
    "#);
}

#[tokio::test]
async fn passwords_are_listed_without_their_text_and_deleted_by_id() {
    let user = User::signed_in().await;
    for _ in 0..2 {
        user.expect_by_name(&[principal(&json!([]))]);
        user.server.on(
            &format!("GET /v1.0/servicePrincipals/{PRINCIPAL}"),
            200,
            principal(&old_password()),
        );
    }
    user.server.on(
        &format!("POST /v1.0/servicePrincipals/{PRINCIPAL}/removePassword"),
        204,
        Value::Null,
    );
    assert_snapshot!(user.run(&format!("ad sp credential list --id {CI}")).await.transcript(), @r#"
    exit 0
    out| [
    out|   {
    out|     "customKeyIdentifier": null,
    out|     "displayName": "rbac",
    out|     "endDateTime": "2027-01-01T00:00:00Z",
    out|     "hint": "abc",
    out|     "keyId": "88888888-8888-8888-8888-888888888888",
    out|     "startDateTime": null
    out|   }
    out| ]
    "#);
    let ran = user
        .run(&format!("ad sp credential delete --id {CI} --key-id {OLD}"))
        .await;
    assert_eq!(ran.transcript(), "exit 0\n");
}

#[tokio::test]
async fn service_principals_are_listed_shown_and_deleted() {
    let user = User::signed_in().await;
    user.server.on(
        "GET /v1.0/servicePrincipals",
        200,
        json!({"value": [principal(&json!([]))]}),
    );
    assert_snapshot!(user.run("ad sp list -o table").await.transcript(), @r"
    exit 0
    out| DisplayName    Id                                    AppId
    out| -------------  ------------------------------------  ------------------------------------
    out| ci             77777777-7777-7777-7777-777777777777  66666666-6666-6666-6666-666666666666
    ");
    user.server.on(
        "GET /v1.0/servicePrincipals?$filter=startswith(displayName,'c')",
        200,
        json!({"value": []}),
    );
    assert_eq!(
        user.run("ad sp list --display-name c").await.transcript(),
        "exit 0\nout| []\n"
    );
    user.expect_by_name(&[principal(&json!([]))]);
    user.server
        .on(&format!("DELETE /v1.0/servicePrincipals/{PRINCIPAL}"), 204, Value::Null);
    assert_eq!(
        user.run(&format!("ad sp delete --id {CI}")).await.transcript(),
        "exit 0\n"
    );
    user.server.on(
        "GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq 'http://none')",
        200,
        json!({"value": []}),
    );
    assert_snapshot!(user.run("ad sp show --id http://none").await.transcript(), @r"
    exit 3
    err| ERROR: Service principal 'http://none' doesn't exist
    err| hint: wharf ad sp list -o table shows the service principals and their app ids
    ");
}
