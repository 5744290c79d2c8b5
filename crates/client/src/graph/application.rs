//! Applications and their secrets.

use reqwest::Method;
use uuid::Uuid;
use wharf_types::graph::{
    Application, GraphPage, PasswordCredential,
    application::ApplicationInput,
    credential::{AddPassword, RemovePassword},
    federated_credential::{FederatedCredential, FederatedCredentialPost},
};

use super::{Graph, filter_query};
use crate::{ClientError, api::quoted};

impl Graph {
    /// Applications whose name begins so.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_list(&self, name_start: &str) -> Result<Vec<Application>, ClientError> {
        let filter = format!("startswith(displayName,{})", quoted(name_start));
        self.api
            .list::<_, GraphPage<_>>("/v1.0/applications", &filter_query(Some(&filter)))
            .await
    }

    /// Applications that a filter admits, or all.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_list_by(&self, filter: Option<&str>) -> Result<Vec<Application>, ClientError> {
        self.api
            .list::<_, GraphPage<_>>("/v1.0/applications", &filter_query(filter))
            .await
    }

    /// The application with that identifier URI.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_by_identifier_uri(&self, uri: &str) -> Result<Option<Application>, ClientError> {
        let filter = format!("identifierUris/any(s:s eq {})", quoted(uri));
        let found = self.application_list_by(Some(&filter)).await?;
        Ok(found.into_iter().next())
    }

    /// The application with that app id.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_by_app_id(&self, app_id: &str) -> Result<Option<Application>, ClientError> {
        let filter = format!("appId eq {}", quoted(app_id));
        let found = self
            .api
            .list::<_, GraphPage<_>>("/v1.0/applications", &filter_query(Some(&filter)))
            .await?;
        Ok(found.into_iter().next())
    }

    /// Makes an application.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_create(&self, body: &ApplicationInput) -> Result<Application, ClientError> {
        self.api.send(Method::POST, "/v1.0/applications", &[], body).await
    }

    /// Changes an application.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_update(&self, id: Uuid, body: &ApplicationInput) -> Result<(), ClientError> {
        self.api
            .send_only(Method::PATCH, &format!("/v1.0/applications/{id}"), body)
            .await
    }

    /// One application by object id.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_show(&self, id: Uuid) -> Result<Application, ClientError> {
        self.api.get(&format!("/v1.0/applications/{id}"), &[]).await
    }

    /// Deletes an application and its service principal.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_delete(&self, id: Uuid) -> Result<(), ClientError> {
        let url = self.api.base().at(&format!("/v1.0/applications/{id}"), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }

    /// Makes a secret; the only answer that holds its text.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_add_password(
        &self,
        id: Uuid,
        body: &AddPassword,
    ) -> Result<PasswordCredential, ClientError> {
        self.api
            .send(Method::POST, &format!("/v1.0/applications/{id}/addPassword"), &[], body)
            .await
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn application_remove_password(&self, id: Uuid, key_id: Uuid) -> Result<(), ClientError> {
        let path = format!("/v1.0/applications/{id}/removePassword");
        self.api
            .send_only(Method::POST, &path, &RemovePassword { key_id })
            .await
    }

    /// An application's federated credentials.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn federated_credential_list(&self, id: Uuid) -> Result<Vec<FederatedCredential>, ClientError> {
        self.api.list::<_, GraphPage<_>>(&federated(id, ""), &[]).await
    }

    /// One of them, by id or name.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn federated_credential_show(&self, id: Uuid, which: &str) -> Result<FederatedCredential, ClientError> {
        self.api.get(&federated(id, which), &[]).await
    }

    /// Has an application accept the tokens of an issuer's subject.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn federated_credential_create(
        &self,
        id: Uuid,
        body: &FederatedCredentialPost,
    ) -> Result<FederatedCredential, ClientError> {
        self.api.send(Method::POST, &federated(id, ""), &[], body).await
    }

    /// Ends that.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn federated_credential_delete(&self, id: Uuid, which: &str) -> Result<(), ClientError> {
        let url = self.api.base().at(&federated(id, which), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }
}

fn federated(id: Uuid, which: &str) -> String {
    format!("/v1.0/applications/{id}/federatedIdentityCredentials/{which}")
}
