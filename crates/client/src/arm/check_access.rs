//! Why somebody may or may not do something.

use reqwest::Method;
use wharf_types::arm::check_access::{AccessAnswer, AccessCheck};

use super::{ResourceManager, version};
use crate::ClientError;

impl ResourceManager {
    /// Whether a principal may do something at `scope` (a resource id; the empty one is the tenant), and why.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn access_check(&self, scope: &str, check: &AccessCheck) -> Result<AccessAnswer, ClientError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/checkAccess");
        let query = [("api-version", version::ROLE_ASSIGNMENT)];
        self.api.send(Method::POST, &path, &query, check).await
    }
}
