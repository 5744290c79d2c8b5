//! Registries and their admin account.

use reqwest::Method;
use wharf_types::arm::{
    Page, Registry,
    credential::{RegenerateCredential, RegistryCredentials},
    name_check::{NameCheck, NameStatus},
    registry::{RegistryPatch, RegistryPut},
    usage::RegistryUsages,
};

use super::{ResourceManager, version};
use crate::ClientError;

const QUERY: &[(&str, &str)] = &[("api-version", version::REGISTRY)];
const PROVIDER: &str = "providers/Microsoft.ContainerRegistry";

fn path(subscription: &str, group: &str, registry: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}/{PROVIDER}/registries/{registry}")
}

impl ResourceManager {
    /// Whether a registry may be called so.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_check_name(&self, subscription: &str, body: &NameCheck) -> Result<NameStatus, ClientError> {
        let path = format!("/subscriptions/{subscription}/{PROVIDER}/checkNameAvailability");
        self.api.send(Method::POST, &path, QUERY, body).await
    }

    /// Makes a registry, or sets all of its settings.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_put(
        &self,
        subscription: &str,
        group: &str,
        registry: &str,
        body: &RegistryPut,
    ) -> Result<Registry, ClientError> {
        self.api
            .send_and_finish(Method::PUT, &path(subscription, group, registry), QUERY, body)
            .await
    }

    /// Changes some settings.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_patch(
        &self,
        subscription: &str,
        group: &str,
        registry: &str,
        body: &RegistryPatch,
    ) -> Result<Registry, ClientError> {
        self.api
            .send_and_finish(Method::PATCH, &path(subscription, group, registry), QUERY, body)
            .await
    }

    /// One registry.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_show(
        &self,
        subscription: &str,
        group: &str,
        registry: &str,
    ) -> Result<Registry, ClientError> {
        self.api.get(&path(subscription, group, registry), QUERY).await
    }

    /// The registries that the caller may see, of one group or of all.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_list(&self, subscription: &str, group: Option<&str>) -> Result<Vec<Registry>, ClientError> {
        let path = match group {
            Some(group) => path(subscription, group, ""),
            None => format!("/subscriptions/{subscription}/{PROVIDER}/registries"),
        };
        self.api.list::<_, Page<_>>(&path, QUERY).await
    }

    /// Deletes a registry and all its content.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_delete(&self, subscription: &str, group: &str, registry: &str) -> Result<(), ClientError> {
        let url = self.api.base().at(&path(subscription, group, registry), QUERY);
        let answer = self.api.call(Method::DELETE, url.clone(), None).await?.success()?;
        self.api.finish(answer, &url).await.map(drop)
    }

    /// Limits, and how much of them is used.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_usages(
        &self,
        subscription: &str,
        group: &str,
        registry: &str,
    ) -> Result<RegistryUsages, ClientError> {
        self.api
            .get(&format!("{}/listUsages", path(subscription, group, registry)), QUERY)
            .await
    }

    /// The admin account's name and passwords.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_credentials(
        &self,
        subscription: &str,
        group: &str,
        registry: &str,
    ) -> Result<RegistryCredentials, ClientError> {
        let path = format!("{}/listCredentials", path(subscription, group, registry));
        // An empty body, not `{}`: what the official client sends.
        self.api
            .call(Method::POST, self.api.base().at(&path, QUERY), None)
            .await?
            .success()?
            .json()
    }

    /// Replaces one password of the admin account; answers both.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn registry_credential_renew(
        &self,
        subscription: &str,
        group: &str,
        registry: &str,
        body: &RegenerateCredential,
    ) -> Result<RegistryCredentials, ClientError> {
        let path = format!("{}/regenerateCredential", path(subscription, group, registry));
        self.api.send(Method::POST, &path, QUERY, body).await
    }
}
