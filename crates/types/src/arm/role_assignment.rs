//! Role assignments: `{scope}/providers/Microsoft.Authorization/roleAssignments/{guid}`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::input::InputBody;

/// Kind of principal that holds an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrincipalType {
    /// A person.
    User,
    /// A directory group.
    Group,
    /// An application in this tenant.
    ServicePrincipal,
    /// A group of another tenant.
    ForeignGroup,
}

/// Body of the PUT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignmentPut {
    /// Who gets what.
    pub properties: RoleAssignmentPutProperties,
}

impl InputBody for RoleAssignmentPut {
    const READ_ONLY: &'static [&'static str] = &[
        "id",
        "name",
        "type",
        "properties.scope",
        "properties.createdOn",
        "properties.updatedOn",
        "properties.createdBy",
        "properties.updatedBy",
    ];
}

/// Who gets what. The scope is in the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleAssignmentPutProperties {
    /// Full id of the role definition.
    pub role_definition_id: String,
    /// Object id of the principal.
    pub principal_id: String,
    /// Kind of principal; the server checks it when given and finds it when not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_type: Option<PrincipalType>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Restricts the assignment, for example to repositories by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// `2.0` when there is a condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_version: Option<String>,
    /// Not used here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_managed_identity_resource_id: Option<String>,
}

/// An assignment as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    /// Full id.
    pub id: String,
    /// The GUID that the maker chose.
    pub name: String,
    /// `Microsoft.Authorization/roleAssignments`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who has what, where.
    pub properties: RoleAssignmentProperties,
}

/// Who has what, where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignmentProperties {
    /// Resource id; `az` drops the row when it differs from the asked scope in more than case.
    pub scope: String,
    /// Full id of the role definition, the same string as in the definition.
    pub role_definition_id: String,
    /// Object id of the principal.
    pub principal_id: String,
    /// Kind of principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_type: Option<PrincipalType>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Version of the condition's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_version: Option<String>,
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
    /// Object id of the maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Object id of whoever changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn az_leaves_the_principal_type_out_when_it_does_not_know_it() {
        let body = br#"{"properties":{"roleDefinitionId":"/r","principalId":"p"}}"#;
        assert_eq!(
            parse::<RoleAssignmentPut>(body).unwrap().properties.principal_type,
            None
        );
    }

    #[test]
    fn a_principal_type_is_spelt_as_az_sends_it() {
        let body = br#"{"properties":{"roleDefinitionId":"/r","principalId":"p","principalType":"ServicePrincipal"}}"#;
        let put = parse::<RoleAssignmentPut>(body).unwrap();
        assert_eq!(put.properties.principal_type, Some(PrincipalType::ServicePrincipal));
        assert!(
            parse::<RoleAssignmentPut>(br#"{"properties":{"roleDefinitionId":"/r","principalId":"p","role":"x"}}"#)
                .is_err()
        );
    }
}
