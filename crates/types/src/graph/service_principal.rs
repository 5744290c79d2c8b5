//! Service principals: applications as principals of a tenant, to which roles are given.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{PasswordCredential, credential::KeyCredential};
use crate::arm::input::InputBody;

/// A service principal as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    /// `#microsoft.graph.servicePrincipal`; required where types are mixed.
    #[serde(rename = "@odata.type", default, skip_serializing_if = "Option::is_none")]
    pub odata_type: Option<String>,
    /// Object id; what role assignments name.
    pub id: Uuid,
    /// App id: the user name at sign-in.
    pub app_id: Uuid,
    /// For people.
    pub display_name: String,
    /// Whether it may sign in.
    #[serde(default = "enabled")]
    pub account_enabled: bool,
    /// When it was made.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub created_date_time: Option<OffsetDateTime>,
    /// Names that `--assignee` and `--id` find; the app id is always among them, and first.
    #[serde(default)]
    pub service_principal_names: Vec<String>,
    /// `Application`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_principal_type: Option<String>,
    /// Home tenant of its application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_owner_organization_id: Option<Uuid>,
    /// Its secrets, and those of its application.
    #[serde(default)]
    pub password_credentials: Vec<PasswordCredential>,
    /// Its certificates.
    #[serde(default)]
    pub key_credentials: Vec<KeyCredential>,
}

fn enabled() -> bool {
    true
}

/// Body of POST: exactly what `az` sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePrincipalPost {
    /// An application of this tenant.
    pub app_id: Uuid,
    /// Whether it may sign in.
    #[serde(default = "enabled")]
    pub account_enabled: bool,
}

impl InputBody for ServicePrincipalPost {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// Body of PATCH. `az` sends the changed properties only; `keyCredentials` comes from `credential reset --cert`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePrincipalPatch {
    /// Whether it may sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_enabled: Option<bool>,
    /// Replaces the certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_credentials: Option<Vec<KeyCredential>>,
}

impl InputBody for ServicePrincipalPatch {
    const READ_ONLY: &'static [&'static str] = &[];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_body_that_az_sends_is_accepted() {
        let body = br#"{"appId":"7f951dda-4ed3-4680-a7ca-43fe172d538d","accountEnabled":true}"#;
        assert!(parse::<ServicePrincipalPost>(body).unwrap().account_enabled);
    }

    #[test]
    fn the_least_that_a_service_principal_shows_is_enough() {
        let body = r#"{"id":"7f951dda-4ed3-4680-a7ca-43fe172d538d","appId":"8311e382-0749-4cb8-b61a-304f252e45ec","displayName":"ci"}"#;
        let principal: ServicePrincipal = serde_json::from_str(body).unwrap();
        assert!(principal.account_enabled && principal.password_credentials.is_empty());
    }
}
