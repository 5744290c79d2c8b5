//! `wharf ad app …`, `wharf ad sp create`, `--create-cert`.

use serde_json::{Value, json};

use super::{User, mode};

const OBJECT: &str = "55555555-5555-5555-5555-555555555555";
const APP: &str = "66666666-6666-6666-6666-666666666666";
const PRINCIPAL: &str = "77777777-7777-7777-7777-777777777777";
const KEY: &str = "88888888-8888-8888-8888-888888888888";

fn application() -> Value {
    json!({"id": OBJECT, "appId": APP, "displayName": "shop", "identifierUris": ["api://shop"],
        "passwordCredentials": [{"keyId": KEY, "displayName": "old"}], "keyCredentials": [{"keyId": KEY}],
        "web": {"redirectUris": ["https://shop.example/back"]}})
}

fn principal() -> Value {
    json!({"id": PRINCIPAL, "appId": APP, "displayName": "shop", "accountEnabled": true, "servicePrincipalNames": [APP]})
}

impl User {
    fn expect_application(&self) {
        let found = json!({"value": [application()]});
        let by_app_id = format!("GET /v1.0/applications?$filter=appId eq '{APP}'");
        self.server.on(&by_app_id, 200, found.clone());
        let by_uri = "GET /v1.0/applications?$filter=identifierUris/any(s:s eq 'api://shop')";
        self.server.on(by_uri, 200, found);
        self.server
            .on(&format!("PATCH /v1.0/applications/{OBJECT}"), 204, Value::Null);
    }

    fn expect_shop(&self) {
        let by_name = format!("GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{APP}')");
        self.server.on(&by_name, 200, json!({"value": [principal()]}));
        self.server
            .on(&format!("GET /v1.0/servicePrincipals/{PRINCIPAL}"), 200, principal());
    }
}

#[tokio::test]
async fn an_application_is_registered_with_the_addresses_of_its_kinds() {
    let user = User::signed_in().await;
    let by_name = "GET /v1.0/applications?$filter=startswith(displayName,'shop')";
    user.server.on(by_name, 200, json!({"value": []}));
    user.server.on("POST /v1.0/applications", 201, application());
    let words = "ad app create --display-name shop --web-redirect-uris https://shop.example/back https://shop.example/ \
                 --spa-redirect-uris https://page.example/ --public-client-redirect-uris http://localhost \
                 --is-fallback-public-client --sign-in-audience AzureADMyOrg --enable-id-token-issuance false";
    let ran = user.run(words).await;
    assert_eq!(ran.json()["appId"], APP, "{}", ran.transcript());
    let sent = user.requests();
    for part in [
        r#""web":{"redirectUris":["https://shop.example/back","https://shop.example/"]"#,
        r#""spa":{"redirectUris":["https://page.example/"]}"#,
        r#""publicClient":{"redirectUris":["http://localhost"]}"#,
        r#""isFallbackPublicClient":true"#,
        r#""enableIdTokenIssuance":false"#,
    ] {
        let plain: String = sent.chars().filter(|c| !c.is_whitespace()).collect();
        let known = part.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert!(plain.contains(&known), "{part}: {sent}");
    }
}

#[tokio::test]
async fn a_name_that_is_in_use_is_that_of_the_application() {
    let user = User::signed_in().await;
    let by_name = "GET /v1.0/applications?$filter=startswith(displayName,'shop')";
    user.server.on(by_name, 200, json!({"value": [application()]}));
    user.expect_application();
    user.server
        .on(&format!("GET /v1.0/applications/{OBJECT}"), 200, application());
    let ran = user.run("ad app create --display-name shop").await;
    assert!(
        ran.stderr.contains("Found an existing application instance"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.json()["id"], OBJECT);
}

#[tokio::test]
async fn an_application_is_found_by_app_id_and_by_identifier_uri_and_changed() {
    let user = User::signed_in().await;
    user.expect_application();
    for id in [APP, "api://shop"] {
        assert_eq!(user.run(&format!("ad app show --id {id}")).await.json()["id"], OBJECT);
    }
    user.expect_application();
    let words = format!("ad app update --id {APP} --web-redirect-uris --display-name store");
    let ran = user.run(&words).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.transcript());
    assert!(user.requests().contains(r#""redirectUris":[]"#));
    let nobody = "GET /v1.0/applications?$filter=identifierUris/any(s:s eq 'api://nobody')";
    user.server.on(nobody, 200, json!({"value": []}));
    let ran = user.run("ad app show --id api://nobody").await;
    assert_eq!(ran.code, 3, "{}", ran.transcript());
    assert!(
        ran.stderr
            .contains("Application with identifier URI 'api://nobody' doesn't exist")
    );
}

#[tokio::test]
async fn an_applications_password_takes_the_place_of_the_old_ones() {
    let user = User::signed_in().await;
    user.expect_application();
    let path = format!("POST /v1.0/applications/{OBJECT}");
    let made = json!({"keyId": KEY, "secretText": "s3cret"});
    user.server.on(&format!("{path}/addPassword"), 200, made);
    user.server.on(&format!("{path}/removePassword"), 204, Value::Null);
    let ran = user.run(&format!("ad app credential reset --id {APP}")).await;
    assert_eq!(ran.json()["password"], "s3cret", "{}", ran.transcript());
    assert!(ran.stderr.contains("you must protect"), "{}", ran.stderr);
    assert!(user.requests().contains("/removePassword"));
    user.expect_application();
    let listed = user.run(&format!("ad app credential list --id {APP} --cert")).await;
    assert_eq!(listed.json()[0]["keyId"], KEY);
    user.expect_application();
    let ran = user
        .run(&format!("ad app credential delete --id {APP} --key-id {OBJECT} --cert"))
        .await;
    assert_eq!(ran.code, 3, "{}", ran.transcript());
    assert!(ran.stderr.contains("No key credential found"), "{}", ran.stderr);
    user.expect_application();
    let ran = user
        .run(&format!(
            "ad app credential reset --id {APP} --create-cert --keyvault v"
        ))
        .await;
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("there is no key vault here"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_certificate_is_written_where_nobody_else_reads_it() {
    let user = User::signed_in().await;
    let by_name = "GET /v1.0/applications?$filter=startswith(displayName,'ci')";
    let empty = json!({"value": []});
    user.server.on(by_name, 200, empty.clone());
    user.server
        .on("GET /v1.0/servicePrincipals?$filter=displayName eq 'ci'", 200, empty);
    let mut new = application();
    new["passwordCredentials"] = json!([]);
    user.server.on("POST /v1.0/applications", 201, new);
    user.expect_application();
    user.server.on("POST /v1.0/servicePrincipals", 201, principal());
    let ran = user.run("ad sp create-for-rbac --name ci --create-cert").await;
    let shown = ran.json();
    assert_eq!(
        (&shown["appId"], &shown["password"]),
        (&json!(APP), &Value::Null),
        "{}",
        ran.transcript()
    );
    let file = shown["fileWithCertAndPrivateKey"].as_str().expect("the file is named");
    let pem = std::fs::read_to_string(file).expect("it was written");
    assert!(pem.contains("PRIVATE KEY") && pem.contains("BEGIN CERTIFICATE"));
    assert_eq!(mode(std::path::Path::new(file)), 0o600);
    assert!(
        ran.stderr.contains(&format!("Please copy {file} to a safe place")),
        "{}",
        ran.stderr
    );
    assert!(!user.requests().contains("PRIVATE"), "the key stays here");
}

#[tokio::test]
async fn a_service_principal_is_made_disabled_and_agreed_to_for_everybody() {
    let user = User::signed_in().await;
    user.expect_application();
    user.expect_shop();
    user.server.on("POST /v1.0/servicePrincipals", 201, principal());
    let made = user.run("ad sp create --id api://shop").await;
    assert_eq!(made.json()["id"], PRINCIPAL, "{}", made.transcript());
    user.server
        .on(&format!("PATCH /v1.0/servicePrincipals/{PRINCIPAL}"), 204, Value::Null);
    user.expect_shop();
    let ran = user
        .run(&format!("ad sp update --id {APP} --set accountEnabled=false"))
        .await;
    assert_eq!(ran.code, 0, "{}", ran.transcript());
    assert!(user.requests().contains(r#"{"accountEnabled":false}"#));
    user.expect_shop();
    let ran = user.run(&format!("ad sp update --id {APP} --set displayName=x")).await;
    assert!(ran.stderr.contains("accountEnabled=true"), "{}", ran.stderr);
    let graph = "00000003-0000-0000-c000-000000000000";
    let grant = json!({"id": KEY, "clientId": PRINCIPAL, "consentType": "AllPrincipals", "principalId": null,
        "resourceId": graph, "scope": "openid profile"});
    user.server.on("POST /v1.0/oauth2PermissionGrants", 201, grant.clone());
    user.expect_shop();
    let words = format!("ad app permission grant --id {APP} --api {graph} --scope openid profile");
    assert_eq!(user.run(&words).await.json()["scope"], "openid profile");
    let list = format!("GET /v1.0/oauth2PermissionGrants?$filter=clientId eq '{PRINCIPAL}'");
    user.server.on(&list, 200, json!({"value": [grant]}));
    user.expect_shop();
    let listed = user.run(&format!("ad app permission list-grants --id {APP}")).await;
    assert_eq!(
        listed.json()[0]["consentType"],
        "AllPrincipals",
        "{}",
        listed.transcript()
    );
}
