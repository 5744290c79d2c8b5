//! Identity providers, and people's identities there.

use reqwest::Method;
use uuid::Uuid;
use wharf_types::graph::{
    GraphPage, IdentityProvider,
    identity_provider::{IdentityProviderBody, ObjectIdentity},
};

use super::Graph;
use crate::ClientError;

const PATH: &str = "/v1.0/identity/identityProviders";

impl Graph {
    /// All providers.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn identity_provider_list(&self) -> Result<Vec<IdentityProvider>, ClientError> {
        self.api.list::<_, GraphPage<_>>(PATH, &[]).await
    }

    /// One provider.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn identity_provider_show(&self, id: Uuid) -> Result<IdentityProvider, ClientError> {
        self.api.get(&format!("{PATH}/{id}"), &[]).await
    }

    /// Makes a provider.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn identity_provider_create(&self, body: &IdentityProviderBody) -> Result<IdentityProvider, ClientError> {
        self.api.send(Method::POST, PATH, &[], body).await
    }

    /// Changes a provider.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn identity_provider_update(
        &self,
        id: Uuid,
        body: &IdentityProviderBody,
    ) -> Result<IdentityProvider, ClientError> {
        self.api.send(Method::PATCH, &format!("{PATH}/{id}"), &[], body).await
    }

    /// Deletes a provider with what it gave.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn identity_provider_delete(&self, id: Uuid) -> Result<(), ClientError> {
        let url = self.api.base().at(&format!("{PATH}/{id}"), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }

    /// What providers call a person.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_identity_list(&self, user: &str) -> Result<Vec<ObjectIdentity>, ClientError> {
        let path = format!("/v1.0/users/{user}/identities");
        self.api.list::<_, GraphPage<_>>(&path, &[]).await
    }

    /// Links a person with what a provider calls them.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_identity_add(&self, user: &str, body: &ObjectIdentity) -> Result<ObjectIdentity, ClientError> {
        let path = format!("/v1.0/users/{user}/identities");
        self.api.send(Method::POST, &path, &[], body).await
    }

    /// Removes such a link.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_identity_remove(&self, user: &str, provider: Uuid) -> Result<(), ClientError> {
        let url = self
            .api
            .base()
            .at(&format!("/v1.0/users/{user}/identities/{provider}"), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }
}
