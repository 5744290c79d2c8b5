//! People sign in with a browser, and later commands come back with a refresh token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{SUBSCRIPTION, TENANT, User, mode};

const ALICE: &str = "alice@example.com";

impl User {
    fn expect_directory(&self, tenant: &str) {
        let url = self.server.url();
        let discovery = json!({
            "token_endpoint": format!("{url}/{tenant}/oauth2/v2.0/token"),
            "authorization_endpoint": format!("{url}/{tenant}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{url}/{tenant}/oauth2/v2.0/devicecode"),
            "revocation_endpoint": format!("{url}/{tenant}/oauth2/v2.0/revoke"),
        });
        let path = format!("GET /{tenant}/v2.0/.well-known/openid-configuration");
        self.server.on(&path, 200, discovery);
    }

    fn expect_person_token(&self, tenant: &str, refresh_token: &str) {
        let path = format!("POST /{tenant}/oauth2/v2.0/token");
        self.server.on(&path, 200, person_token(refresh_token));
    }

    /// Signed in with a device code.
    async fn with_device_code(&self) -> super::Ran {
        self.expect_metadata();
        self.expect_directory("organizations");
        let codes = json!({
            "device_code": "the-device-code", "user_code": "BCDF-GHJK", "verification_uri": "https://x/device", "expires_in": 900,
            "interval": 1, "message": "To sign in, open https://x/device and enter BCDF-GHJK.",
        });
        self.server.on("POST /organizations/oauth2/v2.0/devicecode", 200, codes);
        self.expect_person_token("organizations", "first-refresh-token");
        self.expect_subscriptions(&[(SUBSCRIPTION, "Main")]);
        self.run(&format!("login --use-device-code --server {}", self.server.url()))
            .await
    }
}

fn person_token(refresh_token: &str) -> Value {
    let claims = json!({"preferred_username": ALICE, "tid": TENANT}).to_string();
    json!({
        "access_token": "the-access-token", "expires_in": 3600, "token_type": "Bearer", "refresh_token": refresh_token,
        "id_token": format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)),
    })
}

#[tokio::test]
async fn a_person_signs_in_with_a_device_code_and_is_shown_what_to_do() {
    let user = User::new().await;
    let ran = user.with_device_code().await;
    assert_eq!(ran.code, 0, "{}", ran.transcript());
    assert!(
        ran.stderr.contains("open https://x/device and enter BCDF-GHJK"),
        "{}",
        ran.stderr
    );
    let shown = ran.json();
    assert_eq!(shown[0]["user"], json!({"name": ALICE, "type": "user"}));
    assert_eq!(shown[0]["tenantId"], TENANT);
    assert!(user.profile_file("credentials.json").contains("first-refresh-token"));
    assert_eq!(mode(&user.profile().join("credentials.json")), 0o600);
}

#[tokio::test]
async fn a_later_command_comes_back_with_the_refresh_token_and_keeps_the_next_one() {
    let user = User::new().await;
    user.with_device_code().await;
    user.expect_directory(TENANT);
    user.expect_person_token(TENANT, "second-refresh-token");
    let ran = user.run("account get-access-token").await;
    assert_eq!(ran.json()["accessToken"], "the-access-token", "{}", ran.transcript());
    let sent = user.server.transcript();
    assert!(
        sent.contains("grant_type=refresh_token") && sent.contains("first-refresh-token"),
        "{sent}"
    );
    let kept = user.profile_file("credentials.json");
    assert!(
        kept.contains("second-refresh-token") && !kept.contains("first-refresh-token"),
        "{kept}"
    );
}

#[tokio::test]
async fn signing_out_gives_the_refresh_token_back_and_forgets_it() {
    let user = User::new().await;
    user.with_device_code().await;
    user.server.asked();
    user.expect_directory(TENANT);
    user.server
        .on(&format!("POST /{TENANT}/oauth2/v2.0/revoke"), 200, json!({}));
    let ran = user.run("logout").await;
    assert_eq!(ran.code, 0, "{}", ran.transcript());
    assert!(user.server.transcript().contains("/revoke"));
    assert!(!user.profile_file("credentials.json").contains("refresh-token"));
}

#[tokio::test]
async fn a_persons_password_is_not_taken_on_the_command_line() {
    let user = User::new().await;
    let ran = user
        .run(&format!("login -u {ALICE} -p secret --server {}", user.server.url()))
        .await;
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("and nowhere else"), "{}", ran.stderr);
    assert_eq!(user.requests(), "");
}
