//! Objects of any kind by id.

use reqwest::Method;
use wharf_types::graph::{
    DirectoryObject, GraphPage,
    directory_object::{GET_BY_IDS_MAX, GetByIds},
};

use super::Graph;
use crate::ClientError;

impl Graph {
    /// The objects with these ids; ids that name nothing are left out.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn objects_by_id(&self, ids: &[String]) -> Result<Vec<DirectoryObject>, ClientError> {
        let mut objects = Vec::new();
        for ids in ids.chunks(GET_BY_IDS_MAX) {
            let types = ["user", "group", "servicePrincipal"].map(str::to_owned).to_vec();
            let body = GetByIds {
                ids: ids.to_vec(),
                types,
            };
            let page: GraphPage<DirectoryObject> = self
                .api
                .send(Method::POST, "/v1.0/directoryObjects/getByIds", &[], &body)
                .await?;
            objects.extend(page.value);
        }
        Ok(objects)
    }
}
