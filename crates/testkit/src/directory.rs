//! People and groups, made by the owner.

use serde_json::json;

use crate::TestServer;

impl TestServer {
    /// A person without any role. Returns the object id.
    pub async fn user(&self, name: &str) -> String {
        let body = json!({
            "userPrincipalName": name, "displayName": name, "mailNickname": "x", "accountEnabled": true,
            "passwordProfile": {"password": "violet tangent harbour 9", "forceChangePasswordNextSignIn": false},
        });
        self.owner().post("/v1.0/users", body).await.expect(201).at("/id")
    }

    /// A group with these members. Returns the object id.
    pub async fn team(&self, name: &str, members: &[&str]) -> String {
        let body = json!({"displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true});
        let id = self.owner().post("/v1.0/groups", body).await.expect(201).at("/id");
        for member in members {
            self.owner().join(&id, member).await.expect(204);
        }
        id
    }
}
