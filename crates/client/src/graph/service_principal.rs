//! Service principals and their secrets.

use reqwest::Method;
use uuid::Uuid;
use wharf_types::graph::{
    GraphPage, PasswordCredential, ServicePrincipal,
    credential::{AddPassword, RemovePassword},
    service_principal::{ServicePrincipalPatch, ServicePrincipalPost},
};

use super::{Graph, filter_query};
use crate::{ClientError, api::quoted};

const PATH: &str = "/v1.0/servicePrincipals";

impl Graph {
    /// Service principals that match a `$filter`; all without one.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_list(&self, filter: Option<&str>) -> Result<Vec<ServicePrincipal>, ClientError> {
        self.api.list::<_, GraphPage<_>>(PATH, &filter_query(filter)).await
    }

    /// The first `entries_max` service principals.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_list_first(&self, entries_max: usize) -> Result<Vec<ServicePrincipal>, ClientError> {
        self.api
            .list_at::<_, GraphPage<_>>(self.api.base().at(PATH, &[]), entries_max)
            .await
    }

    /// Service principals of exactly that display name.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_by_display_name(&self, name: &str) -> Result<Vec<ServicePrincipal>, ClientError> {
        self.service_principal_list(Some(&format!("displayName eq {}", quoted(name))))
            .await
    }

    /// The service principal that has `name` among its names: its app id is one.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_by_name(&self, name: &str) -> Result<Option<ServicePrincipal>, ClientError> {
        let found = self
            .service_principal_list(Some(&Self::service_principal_name_filter(name)))
            .await?;
        Ok(found.into_iter().next())
    }

    /// The `$filter` of [`Self::service_principal_by_name`].
    pub fn service_principal_name_filter(name: &str) -> String {
        format!("servicePrincipalNames/any(c:c eq {})", quoted(name))
    }

    /// The `$filter` for display names that begin so.
    pub fn display_name_start_filter(start: &str) -> String {
        format!("startswith(displayName,{})", quoted(start))
    }

    /// Makes the service principal of an application.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_create(&self, body: &ServicePrincipalPost) -> Result<ServicePrincipal, ClientError> {
        self.api.send(Method::POST, PATH, &[], body).await
    }

    /// One service principal by object id.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_show(&self, id: Uuid) -> Result<ServicePrincipal, ClientError> {
        self.api.get(&format!("{PATH}/{id}"), &[]).await
    }

    /// Deletes a service principal, and with it its assignments.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_delete(&self, id: Uuid) -> Result<(), ClientError> {
        let url = self.api.base().at(&format!("{PATH}/{id}"), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }

    /// Makes a secret; the only answer that holds its text.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_add_password(
        &self,
        id: Uuid,
        body: &AddPassword,
    ) -> Result<PasswordCredential, ClientError> {
        self.api
            .send(Method::POST, &format!("{PATH}/{id}/addPassword"), &[], body)
            .await
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_remove_password(&self, id: Uuid, key_id: Uuid) -> Result<(), ClientError> {
        self.api
            .send_only(
                Method::POST,
                &format!("{PATH}/{id}/removePassword"),
                &RemovePassword { key_id },
            )
            .await
    }

    /// Changes a service principal: whether it may sign in, and its certificates.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn service_principal_update(&self, id: Uuid, body: &ServicePrincipalPatch) -> Result<(), ClientError> {
        self.api.send_only(Method::PATCH, &format!("{PATH}/{id}"), body).await
    }
}
