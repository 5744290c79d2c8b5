//! Role definitions and assignments. A `scope` is a resource id; the empty one is the tenant.

use reqwest::{Method, StatusCode};
use wharf_types::arm::{Page, RoleAssignment, RoleDefinition, role_assignment::RoleAssignmentPut};

use super::{ResourceManager, version};
use crate::{ClientError, api::quoted};

const PROVIDER: &str = "providers/Microsoft.Authorization";

impl ResourceManager {
    /// The roles that can be assigned at `scope`; of that name only, when one is given (the server ignores case).
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn role_definition_list(
        &self,
        scope: &str,
        role_name: Option<&str>,
    ) -> Result<Vec<RoleDefinition>, ClientError> {
        let path = format!("{scope}/{PROVIDER}/roleDefinitions");
        let filter = role_name.map(|name| format!("roleName eq {}", quoted(name)));
        let mut query = vec![("api-version", version::ROLE_DEFINITION)];
        query.extend(filter.as_deref().map(|filter| ("$filter", filter)));
        self.api.list::<_, Page<_>>(&path, &query).await
    }

    /// Assignments at `scope` that match `filter`: `atScope()` for that scope and above, `principalId eq '…'`, or none.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn role_assignment_list(
        &self,
        scope: &str,
        filter: Option<&str>,
    ) -> Result<Vec<RoleAssignment>, ClientError> {
        let path = format!("{scope}/{PROVIDER}/roleAssignments");
        let mut query = vec![("api-version", version::ROLE_ASSIGNMENT)];
        query.extend(filter.map(|filter| ("$filter", filter)));
        self.api.list::<_, Page<_>>(&path, &query).await
    }

    /// Makes an assignment under a GUID of the caller's choice.
    ///
    /// # Errors
    /// What calls can fail with; `RoleAssignmentExists` (409) when the principal has that role there already.
    pub async fn role_assignment_put(
        &self,
        scope: &str,
        name: &str,
        body: &RoleAssignmentPut,
    ) -> Result<RoleAssignment, ClientError> {
        let path = format!("{scope}/{PROVIDER}/roleAssignments/{name}");
        self.api
            .send(Method::PUT, &path, &[("api-version", version::ROLE_ASSIGNMENT)], body)
            .await
    }

    /// Deletes an assignment by its full id. One that does not exist is deleted already; `false` says so.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn role_assignment_delete(&self, id: &str) -> Result<bool, ClientError> {
        let url = self.api.base().at(id, &[("api-version", version::ROLE_ASSIGNMENT)]);
        let answer = self.api.call(Method::DELETE, url, None).await?.success()?;
        Ok(answer.status != StatusCode::NO_CONTENT)
    }
}
