//! Role definitions: `{scope}/providers/Microsoft.Authorization/roleDefinitions`.
//!
//! The id is the same string everywhere, `/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/{guid}`: `az` compares
//! it as text.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A role as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDefinition {
    /// Full id; see the module's text.
    pub id: String,
    /// The GUID.
    pub name: String,
    /// `Microsoft.Authorization/roleDefinitions`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the role is.
    pub properties: RoleDefinitionProperties,
}

/// What a role is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDefinitionProperties {
    /// `AcrPull`; clients filter by it without regard to case.
    pub role_name: String,
    /// `BuiltInRole` or `CustomRole`.
    #[serde(rename = "type")]
    pub role_type: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// What it allows.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// Where it can be assigned; `/` for built-in roles.
    #[serde(default)]
    pub assignable_scopes: Vec<String>,
    /// When it was made.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub created_on: Option<OffsetDateTime>,
    /// When it was changed last.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub updated_on: Option<OffsetDateTime>,
    /// Object id of the maker; absent for built-in roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Object id of whoever changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

/// Actions on resources, and data actions on their content, each with exceptions. `*` matches any run of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Permission {
    /// Allowed actions.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Exceptions from `actions`.
    #[serde(default)]
    pub not_actions: Vec<String>,
    /// Allowed data actions.
    #[serde(default)]
    pub data_actions: Vec<String>,
    /// Exceptions from `data_actions`.
    #[serde(default)]
    pub not_data_actions: Vec<String>,
    /// Condition that is part of the role; built-in roles here have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Version of the condition's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_version: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_in_role_reads_back_as_written() {
        let body = r#"{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d","name":"7f951dda-4ed3-4680-a7ca-43fe172d538d","type":"Microsoft.Authorization/roleDefinitions","properties":{"roleName":"AcrPull","type":"BuiltInRole","description":"acr pull","permissions":[{"actions":["Microsoft.ContainerRegistry/registries/pull/read"],"notActions":[],"dataActions":[],"notDataActions":[]}],"assignableScopes":["/"]}}"#;
        let role: RoleDefinition = serde_json::from_str(body).unwrap();
        assert_eq!(serde_json::to_string(&role).unwrap(), body);
    }
}
