//! Applications: what a service principal is the instance of in a tenant.

use serde::{Deserialize, Serialize};
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
}

/// Body of POST and PATCH.
///
/// Unknown fields are **not** refused here: `az ad app create` and `update` have two dozen flags (redirect URIs, app roles, optional claims …)
/// whose properties other tools send with their empty defaults. None of them gives a right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationInput {
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
