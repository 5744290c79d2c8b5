//! Applications: what a service principal is the instance of in a tenant.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{PasswordCredential, credential::KeyCredential};
use crate::arm::input::InputBody;

/// An application as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Object id; in paths.
    pub id: Uuid,
    /// App id, also called client id: the user name at sign-in.
    pub app_id: Uuid,
    /// For people; need not be unique.
    pub display_name: String,
    /// When it was made.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub created_date_time: Option<OffsetDateTime>,
    /// URIs that name it.
    #[serde(default)]
    pub identifier_uris: Vec<String>,
    /// `AzureADMyOrg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_audience: Option<String>,
    /// Its secrets.
    #[serde(default)]
    pub password_credentials: Vec<PasswordCredential>,
    /// Its certificates.
    #[serde(default)]
    pub key_credentials: Vec<KeyCredential>,
    /// What it is as a server.
    #[serde(default)]
    pub web: Web,
    /// What it is as a page with a script.
    #[serde(default)]
    pub spa: RedirectUris,
    /// What it is as a program at somebody's machine.
    #[serde(default)]
    pub public_client: RedirectUris,
    /// Whether a device may use it without a secret.
    #[serde(default)]
    pub is_fallback_public_client: bool,
    /// What it says that it needs.
    #[serde(default)]
    pub required_resource_access: Vec<RequiredResourceAccess>,
}

/// Addresses that answers may be sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedirectUris {
    /// Compared as they are written.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

/// An application that runs at a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Web {
    /// Where people find it.
    #[serde(default)]
    pub home_page_url: Option<String>,
    /// Compared as they are written.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Both are off, always (RFC 9700 §2.1.2).
    #[serde(default)]
    pub implicit_grant_settings: ImplicitGrantSettings,
}

/// Tokens in the answer of the authorization endpoint, which this directory does not give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImplicitGrantSettings {
    /// Access tokens.
    #[serde(default)]
    pub enable_access_token_issuance: bool,
    /// ID tokens.
    #[serde(default)]
    pub enable_id_token_issuance: bool,
}

/// What an application says that it needs of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequiredResourceAccess {
    /// The resource's application.
    pub resource_app_id: String,
    /// Its permissions.
    pub resource_access: Vec<ResourceAccess>,
}

/// One permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceAccess {
    /// Its id at the resource.
    pub id: Uuid,
    /// `Scope` or `Role`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// `web` of a PATCH: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebInput {
    /// Where people find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_page_url: Option<String>,
    /// Replaces the addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// Accepted when both are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implicit_grant_settings: Option<ImplicitGrantSettings>,
}

/// `api`, of which nothing is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiInput {
    /// Permissions of its own: an application here has none to give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth2_permission_scopes: Option<Vec<Value>>,
}

/// Body of POST and PATCH.
///
/// Unknown fields are **not** refused here: other tools send two dozen properties with their empty defaults. None of them gives a right. Those that `az`
/// has a flag for and that would change what an application is are read, so that what is not to be had is refused and not forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationInput {
    /// Addresses of a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<WebInput>,
    /// Addresses of pages with a script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spa: Option<RedirectUris>,
    /// Addresses of programs at people's machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_client: Option<RedirectUris>,
    /// Whether a device may use it without a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_fallback_public_client: Option<bool>,
    /// Replaces what it says that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_resource_access: Option<Vec<RequiredResourceAccess>>,
    /// Accepted when it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_roles: Option<Vec<Value>>,
    /// Accepted when it asks for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional_claims: Option<Value>,
    /// Accepted when it offers nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<ApiInput>,
    /// Required by POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// URIs that name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier_uris: Option<Vec<String>>,
    /// `AzureADMyOrg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_audience: Option<String>,
    /// Replaces the certificates. `az` always sends it with POST, mostly empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_credentials: Option<Vec<KeyCredential>>,
}

impl InputBody for ApplicationInput {
    const READ_ONLY: &'static [&'static str] = &[];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_body_of_create_for_rbac_is_accepted() {
        let input = parse::<ApplicationInput>(br#"{"displayName":"ci","keyCredentials":[]}"#).unwrap();
        assert_eq!(input.display_name.as_deref(), Some("ci"));
    }

    #[test]
    fn what_other_tools_add_is_no_error() {
        assert!(parse::<ApplicationInput>(br#"{"displayName":"ci","web":{"redirectUris":[]},"appRoles":[]}"#).is_ok());
    }
}
