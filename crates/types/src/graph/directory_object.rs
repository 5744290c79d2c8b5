//! Objects of any kind by id: `POST /directoryObjects/getByIds`. Gives names to the principals of a list of assignments.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::arm::{input::InputBody, role_assignment::PrincipalType};

/// Most ids in one request.
pub const GET_BY_IDS_MAX: usize = 1000;

/// Body of the POST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetByIds {
    /// At most [`GET_BY_IDS_MAX`]. Ids that name nothing are left out of the answer.
    pub ids: Vec<String>,
    /// Kinds wanted. `az` sends `user`, `group`, `servicePrincipal` and one that nothing here is.
    #[serde(default)]
    pub types: Vec<String>,
}

impl InputBody for GetByIds {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// What can be said of a user, a group or a service principal alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryObject {
    /// `#microsoft.graph.user`, `#microsoft.graph.servicePrincipal` or `#microsoft.graph.group`.
    #[serde(rename = "@odata.type")]
    pub odata_type: String,
    /// Object id.
    pub id: Uuid,
    /// For people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Of users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_principal_name: Option<String>,
    /// Of service principals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<Uuid>,
    /// Of service principals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_principal_names: Option<Vec<String>>,
}

impl DirectoryObject {
    /// Kind of principal; none for an `@odata.type` that cannot hold roles.
    pub fn principal_type(&self) -> Option<PrincipalType> {
        match self.odata_type.as_str() {
            "#microsoft.graph.user" => Some(PrincipalType::User),
            "#microsoft.graph.group" => Some(PrincipalType::Group),
            "#microsoft.graph.servicePrincipal" => Some(PrincipalType::ServicePrincipal),
            _ => None,
        }
    }

    /// The name that `az role assignment list` shows.
    pub fn principal_name(&self) -> &str {
        let first_name = self.service_principal_names.as_ref().and_then(|names| names.first());
        self.user_principal_name
            .as_ref()
            .or(first_name)
            .or(self.display_name.as_ref())
            .map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_principal_is_called_by_its_first_name() {
        let body = r##"{"@odata.type":"#microsoft.graph.servicePrincipal","id":"7f951dda-4ed3-4680-a7ca-43fe172d538d","displayName":"ci","servicePrincipalNames":["8311e382-0749-4cb8-b61a-304f252e45ec"]}"##;
        let object: DirectoryObject = serde_json::from_str(body).unwrap();
        assert_eq!(object.principal_name(), "8311e382-0749-4cb8-b61a-304f252e45ec");
        assert_eq!(object.principal_type(), Some(PrincipalType::ServicePrincipal));
    }
}
