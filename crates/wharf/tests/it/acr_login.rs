//! `wharf acr login` and the credential helper.

use insta::assert_snapshot;
use serde_json::json;

use crate::{SUBSCRIPTION, TENANT, User};

/// A token that ends at the end of the day of 2026-11-22.
fn refresh_token() -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"exp":1795391940}"#))
}

impl User {
    fn expect_no_registry_to_see(&self) {
        let list = format!(
            "GET /subscriptions/{SUBSCRIPTION}/resources?$filter=resourceType eq 'Microsoft.ContainerRegistry/registries'&api-version=2024-11-01"
        );
        self.server.on(&list, 200, json!({"value": []}));
    }

    fn docker_config(&self) -> String {
        std::fs::read_to_string(self.home.path().join("docker/config.json")).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_token_is_printed_and_nothing_is_written() {
    let user = User::signed_in().await;
    user.expect_no_registry_to_see();
    user.server
        .on("POST /oauth2/exchange", 200, json!({"refresh_token": refresh_token()}));

    let ran = user.run("acr login -n MyRegistry.local --expose-token").await;

    assert_snapshot!(ran.transcript().replace(&refresh_token(), "{TOKEN}"), @r#"
    exit 0
    out| {
    out|   "accessToken": "{TOKEN}",
    out|   "loginServer": "myregistry.local",
    out|   "refreshToken": "{TOKEN}",
    out|   "username": "00000000-0000-0000-0000-000000000000"
    out| }
    err| WARNING: the token is a password until 2026-11-22 23:59 UTC: docker login myregistry.local -u 00000000-0000-0000-0000-000000000000 -p TOKEN
    "#);
    let asked = user.server.asked();
    let exchange = asked
        .iter()
        .find(|asked| asked.request == "POST /oauth2/exchange")
        .unwrap();
    assert_eq!(
        exchange.body,
        format!("grant_type=access_token&service=myregistry.local&tenant={TENANT}&access_token=the-access-token")
    );
    assert_eq!(user.docker_config(), "");
}

#[tokio::test]
async fn a_login_is_written_for_docker_and_podman() {
    let user = User::signed_in().await;
    user.expect_no_registry_to_see();
    user.server
        .on("POST /oauth2/exchange", 200, json!({"refresh_token": refresh_token()}));

    let ran = user.run("acr login -n myregistry").await;

    let local = user.server.url().replace("http://", "");
    assert_snapshot!(ran.transcript().replace(&local, "{LOCAL}"), @r"
    exit 0
    err| Login Succeeded
    err| myregistry.local and {LOCAL}: good until 2026-11-22 23:59 UTC; run this again to go on
    ");
    let docker: serde_json::Value = serde_json::from_str(&user.docker_config()).unwrap();
    let podman = std::fs::read_to_string(user.home.path().join("run/containers/auth.json")).unwrap();
    assert_eq!(docker, serde_json::from_str::<serde_json::Value>(&podman).unwrap());
    for host in ["myregistry.local", &local] {
        let auth = docker["auths"][host]["auth"].as_str().unwrap();
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let auth = String::from_utf8(STANDARD.decode(auth).unwrap()).unwrap();
        assert_eq!(
            auth,
            format!("00000000-0000-0000-0000-000000000000:{}", refresh_token())
        );
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let user = User::signed_in().await;
    user.expect_no_registry_to_see();
    let body = json!({"errors": [{"code": "DENIED", "message": "you hold no role"}]});
    user.server.on("POST /oauth2/exchange", 403, body);

    let ran = user.run("acr login -n myregistry").await;

    assert_snapshot!(ran.transcript(), @r"
    exit 1
    err| ERROR: (DENIED) you hold no role
    err| hint: someone with the right to assign roles there can give you one: wharf role assignment create --role AcrPull --assignee YOU --scope ID_OF_myregistry.local
    ");
    assert_eq!(user.docker_config(), "");
}

#[tokio::test]
async fn a_token_cannot_be_exposed_of_a_password() {
    let user = User::new().await;
    let ran = user.run("acr login -n myregistry --expose-token -u a -p b").await;
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
