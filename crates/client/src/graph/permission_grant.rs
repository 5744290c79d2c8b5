//! What clients were agreed to be given on people's behalf.

use reqwest::Method;
use uuid::Uuid;
use wharf_types::graph::{
    GraphPage,
    permission_grant::{PermissionGrant, PermissionGrantPost},
};

use super::{Graph, filter_query};
use crate::ClientError;

impl Graph {
    /// What was agreed to, for one client's service principal or for all.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn permission_grant_list(&self, client: Option<Uuid>) -> Result<Vec<PermissionGrant>, ClientError> {
        let filter = client.map(|client| format!("clientId eq '{client}'"));
        self.api
            .list::<_, GraphPage<_>>("/v1.0/oauth2PermissionGrants", &filter_query(filter.as_deref()))
            .await
    }

    /// Agrees for everybody.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn permission_grant_create(&self, body: &PermissionGrantPost) -> Result<PermissionGrant, ClientError> {
        self.api
            .send(Method::POST, "/v1.0/oauth2PermissionGrants", &[], body)
            .await
    }
}
